import json
import subprocess
import sys

import av
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from chereme.bundle import list_bundles
from chereme.cli.demo import TEXT, _glosses, command
from chereme.poses import read_pose
from chereme.produce import Decoder
from chereme.recognize import DEFAULT_BUNDLE

ships = pytest.mark.skipif(
    DEFAULT_BUNDLE not in {p.name for p in list_bundles()}, reason=f"the bundle {DEFAULT_BUNDLE} is not built"
)
WORD = Decoder.load().demo[-1]


@pytest.fixture(scope="module")
def tour(tmp_path_factory):
    """One word's tour in a process of its own: its answer, its folder, and what it loaded."""
    folder = tmp_path_factory.mktemp("tour")
    code = (
        "import sys; from chereme.cli import _cli\n"
        "try: _cli(['demo', '--word', sys.argv[1].lower(), '-o', sys.argv[2], '--json'], prog_name='chereme')\n"
        "finally: print('torch' in sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, WORD, str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), folder, done.stderr


@ships
def test_it_ends_in_the_word_that_was_signed(tour):
    (word,) = tour[0]["words"]
    assert word["gloss"] == WORD
    assert word["recognized"] == WORD
    assert not word["unknown"]
    assert word["predictions"][0]["gloss"] == WORD
    assert word["predictions"][0]["probability"] > 0.5


@ships
def test_it_ends_in_a_picture(tour):
    with Image.open(tour[0]["sheet"]) as sheet:
        assert min(sheet.size) > 400
        assert np.asarray(sheet).std() > 20


@ships
def test_film_and_pose_are_there_and_of_one_length(tour):
    (word,) = tour[0]["words"]
    pose = read_pose(word["pose"])
    with av.open(word["video"]) as film:
        frames = sum(1 for _ in film.decode(video=0))
    assert frames == len(pose)
    assert {p.suffix for p in tour[1].iterdir()} == {".pose", ".mp4", ".png"}


@ships
def test_it_says_what_it_does_not_show(tour):
    assert "nobody was filmed" in tour[0]["does_not_show"]
    assert "trained on too" in tour[0]["does_not_show"]


@ships
def test_torch_is_not_loaded(tour):
    assert tour[2].strip().splitlines()[-1] == "False"


@ships
def test_every_step_has_its_time(tour):
    (word,) = tour[0]["words"]
    assert list(word["seconds"]) == ["produce", "render", "film", "extract", "recognize"]
    assert sum(word["seconds"].values()) <= tour[0]["seconds"] + 0.1


@ships
def test_a_word_it_does_not_sign_is_a_usage_error(tmp_path):
    result = CliRunner().invoke(command, ["--word", "Elephant", "-o", str(tmp_path / "x")])
    assert result.exit_code == 2
    assert WORD in result.output
    assert not (tmp_path / "x").exists()


def test_a_text_becomes_the_words_that_it_signs():
    known = {gloss.casefold(): gloss for gloss in Decoder.load().glosses}
    assert _glosses(TEXT, known) == (["Photograph", "Peace", "Newspaper"], [])
    assert _glosses("The books in the kitchen burn.", known) == (["Book", "Kitchen"], ["BURN"])


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["--text", "An elephant trumpets."], id="nothing that it signs"),
        pytest.param(["--text", "A book.", "--word", WORD], id="text and word"),
    ],
)
def test_texts_it_cannot_show_are_usage_errors(arguments, tmp_path):
    result = CliRunner().invoke(command, [*arguments, "-o", str(tmp_path / "x")])
    assert result.exit_code == 2
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("option", ["--bundle", "--decoder"])
def test_a_missing_bundle_is_said_before_any_work(tmp_path, option):
    done = subprocess.run(
        [sys.executable, "-m", "chereme", "demo", option, "nowhere", "-o", str(tmp_path / "x")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("error: nowhere: neither a bundle's folder nor one of those that ship")
    assert not (tmp_path / "x").exists()
