"""`chereme produce` and `chereme gloss`: files, spans, what is missing, and nothing half written."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from chereme.cli import _cli
from chereme.errors import CheremeError
from chereme.layout import BODY_HANDS_75
from chereme.lexicon import About, Lexicon, Sign
from chereme.lexicon.rows import new_entry
from chereme.poses import read_pose
from made_up import made_up_signer


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Five signs of a made-up signer."""
    path = tmp_path_factory.mktemp("lexicon") / "signs.sqlite"
    with Lexicon.open(path, create=True) as lexicon:
        for i, gloss in enumerate(("casa", "dor", "onde", "A", "N")):
            clip = made_up_signer(14 + i, np.random.default_rng(i))
            lexicon.insert(new_entry(Sign(gloss, "bzs"), clip, About()))
    return path


def run(*words):
    return CliRunner().invoke(_cli, [str(word) for word in words], catch_exceptions=False)


def test_glosses_become_a_pose_with_spans(place, tmp_path):
    out = tmp_path / "out.pose"
    shown = run("produce", "CASA", "DOR", "--lexicon", place, "-o", out, "--fps", 30, "--seconds", 2, "--json")
    assert shown.exit_code == 0, shown.output
    told = json.loads(shown.stdout)
    assert told["seconds"] == pytest.approx(2, abs=0.04)
    assert [span["gloss"] for span in told["spans"]] == ["CASA", "DOR"]
    sequence = read_pose(out)
    assert (len(sequence), sequence.fps, sequence.layout) == (told["frames"], 30, BODY_HANDS_75)
    assert told["spans"][-1]["frames"][1] < len(sequence)
    wrist, hand = sequence.landmark("pose/left_wrist"), sequence.landmark("left_hand/wrist")
    np.testing.assert_allclose(wrist, hand, atol=1e-5)


def test_a_picture_is_drawn(place, tmp_path):
    shown = run("produce", "casa", "--lexicon", place, "-o", tmp_path / "out.png", "--size", 96)
    assert shown.exit_code == 0
    assert "casa" in shown.stdout
    with Image.open(tmp_path / "out.png") as picture:
        assert picture.height == 96


def test_a_sentence_is_signed_by_phrase_book_and_spelling(place, tmp_path):
    sentence = ["--text", "Onde dói? Ana?", "--phrases", "health"]
    shown = run("produce", *sentence, "--lexicon", place, "-o", tmp_path / "o.pose", "--json")
    assert shown.exit_code == 0, shown.output
    told = json.loads(shown.stdout)
    assert told["glosses"] == ["DOR", "ONDE", "A-N-A"]
    assert [one["by"] for one in told["sentences"]] == ["phrase book", "rules"]
    assert [span["spelled"] for span in told["spans"]] == [False, False, True]


def test_missing_glosses_are_named_and_no_file_is_left(place, tmp_path):
    out = tmp_path / "new" / "out.pose"
    words = ("produce", "casa", "caza", "--lexicon", place, "-o", out)
    with pytest.raises(CheremeError, match=r"no sign for caza \(near it: casa\)"):
        run(*words)
    told = run(*words, "--json")
    assert told.exit_code == 1
    assert json.loads(told.stdout)["missing"] == {"caza": ["casa"]}
    assert "error" in json.loads(told.stdout)
    assert not out.parent.exists()
    skipped = run(*words, "--skip-missing")
    assert skipped.exit_code == 1
    assert "left out, for want of a sign: caza" in skipped.stderr
    assert len(read_pose(out)) > 1


def test_missing_glosses_are_spelled_when_asked(place, tmp_path):
    shown = run("produce", "nana", "--lexicon", place, "--spell-missing", "-o", tmp_path / "o.pose", "--json")
    assert shown.exit_code == 0
    assert json.loads(shown.stdout)["spans"][0]["spelled"]


def test_a_trained_producer_signs_too(tmp_path):
    shown = run("produce", "book", "--bundle", "isl43_producer", "-o", tmp_path / "o.pose")
    assert shown.exit_code == 0
    assert len(read_pose(tmp_path / "o.pose")) > 10
    with pytest.raises(CheremeError, match="isl43_producer: signs ins, not bzs"):
        run("produce", "book", "--bundle", "isl43_producer", "--language", "bzs", "-o", tmp_path / "p.pose")


def test_what_is_missing_is_told_with_what_there_is_and_who_could_spell_it(tmp_path):
    words = ("produce", "hello", "--bundle", "isl43_producer", "-o", tmp_path / "o.pose")
    with pytest.raises(CheremeError, match=r"there are Afternoon, .* and 35 more\); add them, spell them with --spell"):
        run(*words)
    with pytest.raises(CheremeError, match="add them, name who signs their letters and digits with --letters, or"):
        run(*words, "--spell-missing")
    with pytest.raises(CheremeError, match=r"those that ship and can: .*isl43_producer"):
        run("produce", "book", "--bundle", "isl43", "-o", tmp_path / "o.pose")


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["casa", "-o", "x.pose"], id="nobody signs"),
        pytest.param(["--lexicon", "x", "-o", "x.pose"], id="nothing to sign"),
        pytest.param(["casa", "--text", "oi", "--lexicon", "x", "-o", "x.pose"], id="both"),
        pytest.param(["casa", "--lexicon", "x", "-o", "x.txt"], id="no such picture"),
        pytest.param(["casa", "--lexicon", "x", "-o", "x.pose", "--speed", "0"], id="no speed"),
    ],
)
def test_what_makes_no_sense_is_a_question_of_usage(words, monkeypatch):
    monkeypatch.delenv("CHEREME_LEXICON", raising=False)
    assert run("produce", *words).exit_code == 2


def test_a_lexicon_without_landmarks_is_refused(tmp_path):
    with pytest.raises(CheremeError, match="embeddings only, no landmarks"):
        run("produce", "casa", "--lexicon", "libras24", "-o", tmp_path / "o.pose")
    assert not list(tmp_path.iterdir())


def test_gloss_prints_a_line_for_each_sentence_and_coverage(place):
    shown = run("gloss", "Onde dói? Tenho febre.", "--phrases", "health", "--lexicon", place)
    assert shown.stdout.splitlines() == ["DOR ONDE", "TER FEBRE"]
    assert "50% of the glosses have a sign (2 have, 2 lack)" in shown.stderr
    told = json.loads(run("gloss", "Where does it hurt?", "--language", "en", "--json").stdout)
    assert told == {
        "language": "en",
        "sentences": [{"sentence": "Where does it hurt?", "glosses": ["HURT", "WHERE"], "by": "rules"}],
    }
    covered = json.loads(run("gloss", "dor", "--lexicon", place, "--json").stdout)["coverage"]
    assert covered["share"] == 1


def test_a_text_in_another_language_than_was_said_is_told(place, tmp_path):
    english = run("gloss", "Where does it hurt?")
    assert english.exit_code == 0
    assert "was read as pt and looks like en: if it is, say --language en" in english.stderr
    said = ["--text", "A dor da casa é onde?", "--spoken", "en", "--lexicon", place, "--skip-missing"]
    assert "say --spoken pt" in run("produce", *said, "-o", tmp_path / "o.pose").stderr
    assert run("gloss", "Where does it hurt?", "--language", "en").stderr == ""


def test_gloss_reads_standard_input_and_bundles():
    shown = CliRunner().invoke(
        _cli, ["gloss", "-", "--language", "en", "--lexicon", "isl43_producer"], input="a book\n"
    )
    assert shown.stdout == "BOOK\n"
    assert "100%" in shown.stderr


def test_gloss_copies_the_phrase_book(tmp_path):
    assert run("gloss", "--copy-phrases", tmp_path / "ours.csv").exit_code == 0
    assert (tmp_path / "ours.csv").read_text(encoding="utf-8").startswith("sentence,glosses,language\n")
    assert run("gloss", "x", "--copy-phrases", tmp_path / "b.csv").exit_code == 2
    assert run("gloss").exit_code == 2
