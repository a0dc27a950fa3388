"""`chereme spell`: the agreed JSON for pictures and films, what fails beside what does not, the webcam's live line."""

import json
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from chereme.cli.spell import _line, command
from chereme.errors import ClipError
from chereme.layout import HANDS_42, KINECT_20
from chereme.poses import write_pose
from chereme.render import write_video
from chereme.spell import Speller
from chereme.types import PoseSequence
from made_up import drawn_hand, made_up_hands, made_up_speller

PICTURE = {"file", "letter", "probability", "handedness", "verdict", "ranked", "bundle"}
FILM = {"file", "word", "letters", "handedness", "bundle"}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundles") / "made_up"
    made_up_speller(folder)
    return folder


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """A drawn person with a hand up, and a plain wall."""
    folder = tmp_path_factory.mktemp("pictures")
    Image.fromarray(drawn_hand("right")).save(folder / "hand.png")
    Image.new("RGB", (320, 240), "grey").save(folder / "wall.jpg")
    return folder


def held(letter="A", frames=30, hand=True):
    points = np.full((frames, 42, 3), np.nan, np.float32)
    if hand:
        points[:, HANDS_42.groups["right_hand"]] = made_up_hands(1, np.random.default_rng(0))[0]
    return PoseSequence(points, HANDS_42, 30.0, (640, 480))


@pytest.fixture
def sure(monkeypatch):
    """The untrained speller answers A, and is quite sure of it."""

    def probabilities(self, points, *, still=False):
        answers = np.full((len(points), 26), 0.002, np.float32)
        answers[:, 0] = 0.95
        return answers

    monkeypatch.setattr(Speller, "probabilities", probabilities)


def spell(*arguments):
    return CliRunner().invoke(command, [str(a) for a in arguments])


def answers(*arguments):
    return json.loads(spell(*arguments, "--json").stdout)


def test_pictures(pictures, bundle, sure):
    run = spell(pictures, "--bundle", bundle, "--top", 2, "--json")
    assert run.exit_code == 0
    hand, wall = json.loads(run.stdout)
    assert set(hand) == set(wall) == PICTURE
    assert (hand["file"], hand["letter"], hand["handedness"]) == (str(pictures / "hand.png"), "A", "right")
    assert hand["probability"] == pytest.approx(0.95)
    assert [r["letter"] for r in hand["ranked"]] == ["A", "B"]
    assert (wall["letter"], wall["probability"], wall["handedness"]) == (None, None, None)
    assert (wall["verdict"], wall["ranked"], wall["bundle"]) == ("no hand", [], "made_up")


def test_a_mirrored_picture_is_a_mirrored_hand(pictures, bundle, sure, tmp_path):
    Image.open(pictures / "hand.png").transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(tmp_path / "selfie.png")
    (plain,) = answers(tmp_path / "selfie.png", "--bundle", bundle)
    (flipped,) = answers(tmp_path / "selfie.png", "--bundle", bundle, "--mirrored")
    assert (plain["handedness"], flipped["handedness"]) == ("left", "right")


def test_where_nothing_is_said_the_recipe_says_whether_pictures_are_mirrored(pictures, sure, tmp_path):
    bundle = made_up_speller(tmp_path / "selfies", more="[hands]\nmirrored = true").folder
    said = {option: answers(pictures / "hand.png", "--bundle", bundle, *option) for option in ((), ("--not-mirrored",))}
    assert [answer["handedness"] for (answer,) in said.values()] == ["left", "right"]


def test_pictures_for_people(pictures, bundle, sure):
    run = spell(pictures / "wall.jpg", pictures / "hand.png", "--bundle", bundle)
    assert run.exit_code == 0
    assert run.stdout.splitlines() == [
        f"{pictures / 'wall.jpg'}: no hand",
        f"{pictures / 'hand.png'}: A 95 %  [right hand]",
    ]


def test_a_film_of_pictures(bundle, sure, tmp_path):
    path = tmp_path / "film.mp4"
    write_video([drawn_hand("right")] * 12, path, 25.0)
    (film,) = answers(path, "--bundle", bundle)
    assert set(film) == FILM
    assert (film["word"], film["handedness"]) == ("A", "right")
    (letter,) = film["letters"]
    assert (letter["letter"], letter["start"]) == ("A", pytest.approx(0, abs=0.1))
    assert letter["end"] == pytest.approx(12 / 25, abs=0.1)
    assert letter["probability"] == pytest.approx(0.95, abs=0.01)
    (still,) = answers(path, "--bundle", bundle, "--still")
    assert set(still) == PICTURE
    assert still["letter"] == "A"


def test_a_pose(bundle, sure, tmp_path):
    write_pose(held(), tmp_path / "a.pose")
    (film,) = answers(tmp_path / "a.pose", "--bundle", bundle)
    assert film["word"] == "A"
    assert spell(tmp_path / "a.pose", "--bundle", bundle).stdout == f"{tmp_path / 'a.pose'}: A  [right hand]\n"
    write_pose(held(frames=1), tmp_path / "one.pose")
    (picture,) = answers(tmp_path / "one.pose", "--bundle", bundle)
    assert (set(picture), picture["letter"]) == (PICTURE, "A")


def test_how_long_a_letter_must_be_held(bundle, sure, tmp_path):
    write_pose(held(frames=30), tmp_path / "a.pose")
    said = [answers(tmp_path / "a.pose", "--bundle", bundle, "--hold", hold)[0]["word"] for hold in (0.1, 0.8, 1.5)]
    assert said == ["A", "A", ""]


def test_a_film_without_a_hand_is_an_answer(bundle, tmp_path):
    write_pose(held(hand=False), tmp_path / "none.pose")
    run = spell(tmp_path / "none.pose", "--bundle", bundle, "--json")
    assert run.exit_code == 0
    (film,) = json.loads(run.stdout)
    assert (film["word"], film["letters"], film["handedness"]) == ("", [], None)
    assert spell(tmp_path / "none.pose", "--bundle", bundle).stdout.endswith("none.pose: no hand\n")


def test_words(bundle, sure, tmp_path):
    write_pose(held(), tmp_path / "a.pose")
    (tmp_path / "words.txt").write_text("be\nah\na\n")
    (film,) = answers(tmp_path / "a.pose", "--bundle", bundle, "--words", tmp_path / "words.txt", "--top", 2)
    assert film["word"] == "A"
    assert film["nearest"] == [{"word": "a", "score": 1.0}, {"word": "ah", "score": 0.5}]
    run = spell(tmp_path / "a.pose", "--bundle", bundle, "--words", tmp_path / "words.txt", "--top", 2)
    assert run.stdout.endswith("A → a 100 %, ah 50 %  [right hand]\n")


def test_a_word_list_that_is_not_there(bundle, tmp_path):
    run = spell("a.pose", "--bundle", bundle, "--words", tmp_path / "none.txt")
    assert run.exit_code == 1
    assert "none.txt: cannot be read" in str(run.exception)


def test_the_rest_goes_on(pictures, bundle, tmp_path):
    (tmp_path / "broken.png").write_bytes((pictures / "hand.png").read_bytes()[:300])
    (tmp_path / "broken.mp4").write_text("not a video")
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    write_pose(PoseSequence(np.ones((5, 20, 3), np.float32), KINECT_20, 30.0, (640, 480)), tmp_path / "kinect.pose")
    names = ["broken.png", "broken.mp4", "empty.jpg", "missing.png", "missing", "folder", "kinect.pose", "x" * 5000]
    files = [tmp_path / name for name in names]
    run = spell(*files, pictures / "wall.jpg", "--bundle", bundle, "--json")
    assert run.exit_code == 1
    shown = json.loads(run.stdout)
    assert [a["file"] for a in shown] == [str(p) for p in (*files, pictures / "wall.jpg")]
    assert [set(a) == {"file", "error"} for a in shown] == [True] * len(files) + [False]
    assert all("\n" not in a["error"] for a in shown[:-1])


def test_a_failed_file_is_one_line_on_stderr(pictures, bundle, tmp_path):
    run = spell(tmp_path / "missing.png", pictures / "wall.jpg", "--bundle", bundle)
    assert run.exit_code == 1
    assert len(run.stdout.splitlines()) == 1
    (line,) = run.stderr.splitlines()
    assert line.startswith("error: ")
    assert line.count("missing.png") == 1


def test_a_bundle_that_does_not_spell(small_bundle, pictures):
    run = spell(pictures / "wall.jpg", "--bundle", small_bundle)
    assert run.exit_code == 1
    assert "small" in str(run.exception)


def test_not_sure_for_people():
    ranked = [{"letter": "M", "probability": 0.4}, {"letter": "N", "probability": 0.3}]
    answer = {"file": "x.png", "letter": None, "probability": 0.4, "handedness": "left", "ranked": ranked}
    assert _line(answer) == "x.png: not sure (perhaps M 40 %, N 30 %)  [left hand]"
    assert _line({"file": "x.mp4", "word": "", "letters": [], "handedness": "left"}) == "x.mp4: no letter  [left hand]"


def test_webcam(bundle, sure, monkeypatch):
    seen = []

    def track_webcam(camera, seconds, config, onlooker):
        seen.append((camera, seconds, config.mirrored, onlooker))
        return held()

    monkeypatch.setattr("chereme.landmarks.hand_film.track_webcam", track_webcam)
    run = spell("--webcam", "--seconds", 4, "--mirrored", "--bundle", bundle, "--json")
    (answer,) = json.loads(run.stdout)
    assert (answer["file"], answer["word"]) == ("webcam 0", "A")
    assert seen == [(0, 4.0, True, None)]
    assert "watching webcam 0 for 4 s" in run.stderr


def test_the_live_line(bundle, sure, monkeypatch):
    """What was spelled so far is written over and over, and the word at last on a line of its own."""

    def track_webcam(camera, seconds, config, onlooker):
        for frames in (3, 30):
            onlooker(held(frames=frames))
        return held()

    monkeypatch.setattr("chereme.landmarks.hand_film.track_webcam", track_webcam)
    monkeypatch.setattr("chereme.cli.spell.shown_live", lambda: True)
    run = spell("--webcam", "/dev/video7", "--bundle", bundle)
    assert (
        run.stderr == "watching webcam /dev/video7 for 10 s …\n\r …\rA …\n"
    )  # click takes out what only a terminal reads
    assert run.stdout == "webcam /dev/video7: A  [right hand]\n"


def test_webcam_that_is_not_there(bundle, monkeypatch):
    def absent(*_):
        raise ClipError("webcam 0: cannot be opened; is it plugged in, allowed, and free?")

    monkeypatch.setattr("chereme.landmarks.hand_film.track_webcam", absent)
    run = spell("--webcam", "--bundle", bundle)
    assert run.exit_code == 1
    assert "error: webcam 0: cannot be opened" in run.stderr


@pytest.mark.parametrize("arguments", [(), ("a.mp4", "--webcam"), ("a.png", "--top", "0"), ("a.png", "--seconds", "0")])
def test_usage(arguments):
    assert spell(*arguments).exit_code == 2


def test_nothing_heavy_is_loaded_for_a_pose(bundle, tmp_path):
    write_pose(held(), tmp_path / "a.pose")
    code = (
        "import sys\n"
        "from chereme.cli.spell import command\n"
        f"command([{str(tmp_path / 'a.pose')!r}, '--bundle', {str(bundle)!r}], standalone_mode=False)\n"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(run.stdout.splitlines()[-1].split())
    assert "onnxruntime" in loaded
    heavy = {"torch", "lightning", "mediapipe", "av", "cv2", "matplotlib", "pandas", "pyarrow", "scipy", "sklearn"}
    assert loaded & heavy == set()
