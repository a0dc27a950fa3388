"""Lexicons that ship, on the command line: named, listed with their card, searched, and never changed."""

import json
import shutil

import numpy as np
import pytest
from click.testing import CliRunner

from chereme.bundle import Card
from chereme.cli import doctor, recognize
from chereme.cli import lexicon as verb
from chereme.errors import LexiconError
from chereme.lexicon.bundled import make_lexicon
from chereme.poses import write_pose
from chereme.recognize import Recognizer
from chereme.types import Clip
from made_up import made_up_signer

CARD = Card(
    "Two words; unmeasured: one clip per word", "Made up.", ("made up",), "CC0", "research", ("No interpreter.",)
)


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "casa.pose"
    write_pose(made_up_signer(12, np.random.default_rng(0)), path)
    return path


@pytest.fixture
def ship(small_bundle, tmp_path, monkeypatch):
    """A package with the encoder `small` and the lexicon `two` of two words; gives both their places."""
    bundles, lexicons = tmp_path / "package" / "bundles", tmp_path / "package" / "lexicons"
    shutil.copytree(small_bundle, bundles / "small")
    monkeypatch.setattr("chereme.bundle.BUNDLES", bundles)
    monkeypatch.setattr("chereme.lexicon.lexicon.BUNDLES", bundles)
    monkeypatch.setattr("chereme.lexicon.ships.LEXICONS", lexicons)
    monkeypatch.chdir(tmp_path)
    signs = [
        (Clip(gloss, "", gloss, "bzs", source="a film"), made_up_signer(12 + i, np.random.default_rng(i)))
        for i, gloss in enumerate(("casa", "pai"))
    ]
    make_lexicon(lexicons / "two.sqlite", CARD, signs, Recognizer.load("small"))
    return bundles / "small", lexicons / "two.sqlite"


def run(command, *arguments, code=0):
    done = CliRunner().invoke(command, [str(a) for a in arguments])
    assert done.exit_code == code, done.output + repr(done.exception)
    return done


def test_recognized_and_searched_by_name(ship, clip):
    (answer,) = json.loads(run(recognize.command, clip, "--lexicon", "two", "--json").stdout)
    assert (answer["bundle"], answer["lexicon"]) == ("small", "two")
    best = answer["predictions"][0]
    assert (best["gloss"], best["language"]) == ("casa", "bzs")
    (found,) = json.loads(run(verb.command, "search", clip, "--lexicon", "two", "--json").stdout)
    assert (found["signs"][0]["gloss"], found["signs"][0]["similarity"]) == ("casa", pytest.approx(1))


def test_listed_with_what_it_may_be_used_for(ship):
    listed = run(verb.command, "list", "--lexicon", "two")
    assert listed.stdout.splitlines() == ["casa (bzs): 1 example (1)", "pai (bzs): 1 example (2)"]
    assert listed.stderr.splitlines() == [
        "two: Two words; unmeasured: one clip per word; research and demonstration only",
        "2 signs, 2 examples",
    ]
    assert len(json.loads(run(verb.command, "list", "--lexicon", "two", "--json").stdout)) == 2


def test_its_card_is_shown(ship):
    assert run(verb.command, "show", "--lexicon", "two").stdout.splitlines() == [
        "two: Two words; unmeasured: one clip per word",
        "  Made up.",
        "  2 signs of bzs, 2 examples; looked up with the bundle small",
        "  use: research and demonstration only; made from made up",
        "  licence of the data: CC0",
        "  limit: No interpreter.",
    ]
    found = json.loads(run(verb.command, "show", "--lexicon", "two", "--json").stdout)
    assert (found["use"], found["limits"]) == ("research", ["No interpreter."])
    assert (found["languages"], found["signs"], found["examples"], found["bundle"]) == (["bzs"], 2, 2, "small")


def test_one_of_ones_own_is_shown_without_a_card(ship, clip):
    run(verb.command, "add", "lar", clip, "--bundle", "small", "--lexicon", "mine.sqlite")
    assert run(verb.command, "show", "--lexicon", "mine.sqlite").stdout == (
        "mine.sqlite: 1 sign, 1 example; looked up with the bundle small\n"
    )
    assert "name the picture to write with -o" in run(verb.command, "show", "lar", code=2).stderr


def test_nothing_is_drawn(ship):
    done = run(verb.command, "show", "casa", "-o", "casa.png", "--lexicon", "two", code=1)
    assert "embeddings only" in str(done.exception)


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["add", "lar", "casa.pose"], id="add"),
        pytest.param(["import", "folder"], id="import"),
        pytest.param(["remove", "casa", "--yes"], id="remove"),
    ],
)
def test_nothing_is_changed(ship, clip, arguments):
    before = ship[1].read_bytes()
    done = run(verb.command, *arguments, "--lexicon", "two", code=1)
    assert isinstance(done.exception, LexiconError)
    assert "two: ships with chereme and is not changed; make one of yours" in str(done.exception)
    assert ship[1].read_bytes() == before


def test_what_the_refusal_advises_works(ship, clip):
    (told,) = json.loads(
        run(verb.command, "import", "two", "--bundle", "small", "--lexicon", "mine.sqlite", "--json").stdout
    )
    assert (told["added"], told["failed"]) == (2, [])
    run(verb.command, "add", "lar", clip, "--lexicon", "mine.sqlite")
    assert "3 signs, 3 examples" in run(verb.command, "list", "--lexicon", "mine.sqlite").stderr


class TestDoctor:
    def test_lists_it_with_its_use(self, ship):
        (found,) = json.loads(run(doctor.command, "--json").stdout)["lexicons"]
        assert (found["lexicon"], found["use"], found["data"], found["bundle"]) == (
            "two",
            "research",
            ["made up"],
            "small",
        )
        assert (
            "Lexicons\n"
            "  two: Two words; unmeasured: one clip per word\n"
            "    2 signs, 2 examples, language bzs, looked up with the bundle small\n"
            "    use: research and demonstration only; made from made up\n"
        ) in run(doctor.command).stdout

    def test_without_its_encoder(self, ship):
        shutil.rmtree(ship[0])
        assert "cannot be used: two: clips are looked up in it with bundle small: small: neither" in (
            run(doctor.command, code=1).stdout
        )

    def test_with_an_encoder_trained_anew(self, ship):
        index = json.loads((ship[0] / "bundle.json").read_text())
        index["name"] = "other"
        (ship[0] / "bundle.json").write_text(json.dumps(index))
        assert "cannot be used: two: 2 entries are left out: embeddings only, made by small-" in (
            run(doctor.command, code=1).stdout
        )

    def test_none(self, ship):
        ship[1].unlink()
        assert "none that ship; show signs: chereme lexicon add" in run(doctor.command).stdout
