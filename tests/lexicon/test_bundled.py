"""The lexicons that ship: what they are made of, that they are found, read and never changed."""

import sqlite3
import sys
import unicodedata
from itertools import product

import numpy as np
import pytest

from chereme.dataset.protocols import last_blocks
from chereme.errors import BundleError, KnownEntryError, LexiconError, ManifestError
from chereme.landmarks import extract_clip
from chereme.lexicon import Lexicon, Sign, bundled, find_lexicon, import_packed, list_lexicons, pack
from chereme.lexicon.bundled import BUNDLED, indian_examples, libras_examples, make_lexicon
from chereme.places import BUNDLES, LEXICONS
from chereme.recognize import DEFAULT_ENCODER, Recognizer
from chereme.types import Clip
from made_up import made_up_signer

CARD = BUNDLED["libras24"].card


@pytest.fixture
def examples(clips):
    """Two clips of `pai`, one of `casa`."""
    glosses = ("pai", "casa", "pai")
    return [(Clip(f"clip{i}", "", gloss, "bzs", source="a film"), clips[i]) for i, gloss in enumerate(glosses)]


@pytest.fixture
def shipped(examples, encoder, tmp_path, monkeypatch):
    """A folder of lexicons that ship, with one in it: `three`."""
    folder = tmp_path / "package" / "lexicons"
    monkeypatch.setattr("chereme.lexicon.ships.LEXICONS", folder)
    return make_lexicon(folder / "three.sqlite", CARD, examples, encoder)


def vectors(path):
    with sqlite3.connect(path) as file:
        return file.execute("SELECT space, vector FROM lexicon_embeddings ORDER BY id").fetchall()


class TestMaking:
    def test_two_runs_give_the_same_embeddings(self, shipped, examples, encoder, tmp_path):
        again = make_lexicon(tmp_path / "again.sqlite", CARD, examples, encoder)
        assert vectors(again) == vectors(shipped)
        assert len(vectors(again)) == 3

    def test_it_holds_embeddings_and_a_card_alone(self, shipped, encoder, examples):
        with Lexicon.open(shipped, encoder) as lexicon:
            entries = lexicon.entries()
            assert [str(entry.sign) for entry in entries] == ["casa (bzs)", "pai (bzs)", "pai (bzs)"]
            assert not any(entry.has_pose for entry in entries)
            assert {(e.about.source, e.about.licence) for e in entries} == {("libras25_videos: a film", CARD.licence)}
            assert lexicon.card == CARD
            best, second = lexicon.search(examples[1][1])
        assert (best.sign, second.sign) == (Sign("casa", "bzs"), Sign("pai", "bzs"))
        assert best.similarity == pytest.approx(1)
        assert [path.name for path in shipped.parent.iterdir()] == ["three.sqlite"]  # nothing was left beside it

    def test_a_clip_that_comes_twice_ends_it_and_leaves_what_was_there(self, shipped, examples, encoder):
        before = shipped.read_bytes()
        with pytest.raises(KnownEntryError, match="very clip already"):
            make_lexicon(shipped, CARD, [*examples, examples[0]], encoder)
        assert shipped.read_bytes() == before

    def test_the_command(self, small_bundle, examples, tmp_path, monkeypatch, capsys):
        monkeypatch.setitem(BUNDLED, "three", bundled.Bundled(CARD, "a set", lambda folder: iter(examples)))
        command = ["bundled", "three", "--data", str(tmp_path), "--bundle", str(small_bundle), "-o", str(tmp_path)]
        monkeypatch.setattr(sys, "argv", command)
        bundled.main()
        assert f"{tmp_path / 'three.sqlite'}: " in capsys.readouterr().out
        assert len(vectors(tmp_path / "three.sqlite")) == 3
        monkeypatch.setattr(sys, "argv", ["bundled", "four"])
        with pytest.raises(SystemExit, match="2"):
            bundled.main()
        assert "no lexicon four ships; libras24, isl43, three do" in capsys.readouterr().err


class TestFinding:
    def test_by_name(self, shipped):
        assert list_lexicons() == ["three"]
        assert find_lexicon("three") == shipped
        with Lexicon.open("three") as lexicon:
            assert (lexicon.name, len(lexicon.entries())) == ("three", 3)

    def test_a_path_wins_over_a_name(self, shipped, encoder, clips, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        with Lexicon.open("./three", encoder, create=True) as mine:
            mine.add("lar", clips[3])
        with Lexicon.open("three") as lexicon:
            assert [entry.sign.gloss for entry in lexicon.entries()] == ["lar"]

    @pytest.mark.parametrize("name", ["two", "", "../lexicons/three", "three.sqlite"])
    def test_what_is_neither(self, shipped, name, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        with pytest.raises(LexiconError, match=r"no such lexicon|a folder, no lexicon"):
            Lexicon.open(name)

    def test_without_its_encoder(self, shipped, clips, monkeypatch, tmp_path):
        monkeypatch.setattr("chereme.bundle.BUNDLES", tmp_path)
        with Lexicon.open("three") as lexicon, pytest.raises(BundleError) as told:
            lexicon.search(clips[0])
        assert str(told.value).startswith(
            "three: clips are looked up in it with bundle asl1700: asl1700: neither a bundle's folder nor one of those"
        )

    def test_with_an_encoder_that_was_trained_anew(self, shipped, clips, other_encoder):
        with Lexicon.open("three", other_encoder) as lexicon:
            assert lexicon.search(clips[0]) == []
            assert "three: no sign to compare with; 3 entries are left out: embeddings only, made by small-" in str(
                lexicon.nothing_found()
            )


class TestUnchanged:
    @pytest.mark.parametrize("by_name", [True, False])
    def test_nothing_is_added_or_removed(self, shipped, encoder, clips, by_name):
        before, where = shipped.read_bytes(), "three" if by_name else str(shipped)
        advice = rf"ships with chereme and is not changed.*chereme lexicon import {where} --lexicon mine.sqlite"
        with pytest.raises(LexiconError, match=advice):
            Lexicon.open(where, encoder, create=True)
        with Lexicon.open(where, encoder) as lexicon:
            assert not lexicon.place.writable
            for change in (
                lambda: lexicon.add("lar", clips[3]),
                lambda: lexicon.remove(Sign("casa", "bzs")),
                lambda: lexicon.describe(CARD),
            ):
                with pytest.raises(LexiconError, match=advice):
                    change()
        assert shipped.read_bytes() == before
        assert list(shipped.parent.iterdir()) == [shipped]

    def test_one_of_ones_own_is_made_of_it(self, shipped, lexicon, clips):
        assert import_packed(lexicon, "three").added == 3
        lexicon.add("lar", clips[3])
        assert [hit.sign.gloss for hit in lexicon.search(clips[3], 1)] == ["lar"]
        assert lexicon.search(clips[1], 1)[0].similarity == pytest.approx(1)

    def test_a_copy_keeps_the_card(self, shipped, encoder, clips, tmp_path):
        with Lexicon.open("three", encoder) as lexicon:
            pack(lexicon, tmp_path / "copy.lexicon")
        with Lexicon.open(tmp_path / "copy.lexicon", encoder) as copy:
            assert copy.card == CARD
            copy.add("lar", clips[3])
            assert len(copy.entries()) == 4


def test_a_lexicon_of_ones_own_has_no_card_until_it_is_given_one(lexicon):
    assert lexicon.card is None
    lexicon.describe(CARD)
    assert lexicon.card == CARD
    with lexicon.place.writing() as connection:
        connection.exec_driver_sql("""UPDATE lexicon_meta SET card = '{"title": 1}'""")
    with pytest.raises(LexiconError, match="its card is damaged"):
        _ = lexicon.card


class TestIndianExamples:
    """Of a made-up set of the form of `isl_include43_poses`."""

    @pytest.fixture
    def chosen(self, monkeypatch):
        def choose(blocks, handless=()):
            items = []
            for number, (gloss, block) in enumerate(blocks):
                sequence = made_up_signer(8, np.random.default_rng(number))
                if number in handless:
                    points = sequence.points.copy()
                    points[:, 33:] = np.nan
                    sequence = sequence.with_points(points)
                items.append((Clip(f"{gloss}/{number:02}", "", gloss, "ins", source=f"block{block}"), sequence))
            monkeypatch.setitem(bundled.IMPORTERS, "isl_include43_poses", lambda folder: iter(items))
            return [clip.id for clip, _ in indian_examples(LEXICONS)]

        return choose

    def test_blocks_take_turns_and_the_last_is_left_out(self, chosen):
        blocks = [("Pen", block) for block in (0, 0, 1, 1, 2, 3, 3)]
        assert chosen(blocks) == ["Pen/00", "Pen/02", "Pen/04"]

    def test_of_few_blocks_more_of_each(self, chosen):
        assert chosen([("Pen", 0)] * 5 + [("Pen", 1)] * 2) == ["Pen/00", "Pen/01", "Pen/02"]
        assert chosen([("Pen", block) for block in (0, 0, 1, 2)]) == ["Pen/00", "Pen/02", "Pen/01"]

    def test_of_one_block_all_but_the_last_clip(self, chosen):
        assert chosen([("Pen", 0)] * 3) == ["Pen/00", "Pen/01"]

    def test_a_clip_without_a_hand_is_passed_over(self, chosen):
        assert chosen([("Pen", block) for block in (0, 0, 1, 2)], handless=[0]) == ["Pen/01", "Pen/02"]

    def test_each_word_has_its_own(self, chosen):
        words = [(gloss, block) for gloss, block in product(("War", "Pen"), range(3))]
        assert chosen(words) == ["Pen/03", "Pen/04", "War/00", "War/01"]


def test_libras_examples(tmp_path, monkeypatch, clips):
    """Names on disk may be written with accents of their own; the dictionary is told in full."""
    seen = []
    monkeypatch.setattr(bundled, "extract_clip", lambda path: seen.append(path) or clips[0])
    (tmp_path / "videos").mkdir()
    for name in ("bebê_uf_3.mp4", "ajudar_ne_1.mp4"):
        (tmp_path / "videos" / unicodedata.normalize("NFD", name)).touch()
    found = [(clip.gloss, clip.language, clip.source) for clip, _ in libras_examples(tmp_path)]
    assert found == [("ajudar", "bzs", "INES"), ("bebê", "bzs", "UFV")]
    assert all(path.is_file() for path in seen)


def test_a_video_that_went_away(tmp_path, monkeypatch):
    monkeypatch.setitem(bundled.VIDEO_SETS, "libras25_videos", lambda folder: iter([Clip("x", "videos/x.mp4", "x")]))
    with pytest.raises(ManifestError, match="no such video"):
        next(libras_examples(tmp_path))


def test_no_indian_example_is_of_a_tested_block(data):
    folder = data / "isl_include43_poses"
    shown = [clip for clip, _ in indian_examples(folder)]
    clips = [clip for clip, _ in bundled.IMPORTERS["isl_include43_poses"](folder)]
    tested = {i for i, part in last_blocks(clips).items() if part == "test"}
    assert len(tested) == 146
    assert not tested & {clip.id for clip in shown}
    assert {clip.gloss for clip in shown} == {clip.gloss for clip in clips}
    assert max(sum(clip.gloss == gloss for clip in shown) for gloss in {clip.gloss for clip in shown}) == 3


def test_a_real_video_is_found_again(data, encoder, tmp_path):
    """The whole way, with an encoder that was never trained: two films in, the one that is looked up comes out."""
    folder = data / "libras25_videos"
    two = [clip for clip in bundled.VIDEO_SETS["libras25_videos"](folder) if clip.gloss in ("jovem", "sorvete")]
    films = [(clip, extract_clip(folder / clip.path)) for clip in two]
    path = make_lexicon(tmp_path / "two.sqlite", CARD, films, encoder)
    with Lexicon.open(path, encoder) as lexicon:
        best, other = lexicon.search(films[1][1])
    assert (best.sign.gloss, other.sign.gloss) == ("sorvete", "jovem")
    assert best.similarity == pytest.approx(1)


@pytest.mark.skipif(not (BUNDLES / DEFAULT_ENCODER).is_dir(), reason="the encoder that ships was not trained yet")
@pytest.mark.parametrize(("name", "signs", "most"), [("libras24", 24, 1), ("isl43", 43, 3)])
def test_those_that_ship(name, signs, most):
    """Made of the encoder that ships, without landmarks, for research only; `make models` makes them again."""
    path = LEXICONS / f"{name}.sqlite"
    assert path.stat().st_size < 1_000_000
    with Lexicon.open(name) as lexicon:
        assert lexicon.card == BUNDLED[name].card
        assert lexicon.card.use == "research"
        held = lexicon.signs()
        assert len(held) == signs
        assert max(map(len, held.values())) == most
        assert not any(entry.has_pose for entry in lexicon.entries())
        assert lexicon.encoder_name == DEFAULT_ENCODER
        assert {space for space, _ in vectors(path)} == {Recognizer.load(DEFAULT_ENCODER).bundle.space}
        lexicon.prepare()
        assert lexicon.remarks == []
