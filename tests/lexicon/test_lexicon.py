"""Adding, listing, removing; what is alike and what is kept apart; what is no lexicon."""

import sqlite3
import unicodedata

import numpy as np
import pytest

from chereme.errors import BundleError, KnownEntryError, LayoutError, LexiconError, UnseenError
from chereme.lexicon import About, Lexicon, Sign
from chereme.lexicon.sign import cut, landmark_digest
from chereme.poses import pose_from_bytes, pose_to_bytes
from chereme.recognize import DEFAULT_ENCODER
from made_up import hung


def test_a_sign_is_shown_once_and_known(lexicon, clips):
    lexicon.add(Sign("casa", "bzs"), clips[0])
    lexicon.add(Sign("pai", "bzs"), clips[1])
    best, other = lexicon.search(clips[1])
    assert best.sign == Sign("pai", "bzs")
    assert best.similarity == pytest.approx(1, abs=1e-5)
    assert other.sign.gloss == "casa"
    assert other.similarity < best.similarity


def test_an_entry_tells_all_that_was_said(lexicon, clips):
    about = About("a film", "CC0", "ana", "the house", "en", 2)
    entry = lexicon.add(Sign("casa", "bzs", "north", "building"), clips[0], about)
    assert lexicon.entries() == [entry]
    assert entry.sign == Sign("casa", "bzs", "north", "building")
    assert entry.about == about
    assert entry.seconds == pytest.approx(clips[0].seconds)
    assert entry.has_pose is True
    assert entry.added.endswith("+00:00")


def test_the_landmarks_come_back(lexicon, clips):
    entry = lexicon.add("casa", clips[0])
    back = lexicon.pose(entry.id)
    np.testing.assert_allclose(back.points, clips[0].points, atol=1e-6)
    assert (back.layout, back.fps, back.size) == (clips[0].layout, clips[0].fps, clips[0].size)


def test_glosses_that_look_alike_are_alike(lexicon, clips):
    lexicon.add(unicodedata.normalize("NFD", "  água "), clips[0])
    lexicon.add(unicodedata.normalize("NFC", "água"), clips[1])
    (sign,) = lexicon.signs()
    assert sign.gloss == unicodedata.normalize("NFC", "água")
    assert len(lexicon.entries(gloss=unicodedata.normalize("NFD", "água"))) == 2


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        pytest.param(("  ",), "needs a gloss", id="only space"),
        pytest.param(("a\x00b",), "cannot be written", id="a character that is none"),
        pytest.param(("a\ud800",), "cannot be written", id="half a character"),
        pytest.param(("casa", "Portuguese"), "no ISO 639-3 code", id="a language by its name"),
        pytest.param(("casa", "pt"), "no ISO 639-3 code", id="two letters"),
    ],
)
def test_what_is_no_sign(parts, message):
    with pytest.raises(LexiconError, match=message):
        Sign(*parts)


def test_languages_variants_and_senses_are_kept_apart(lexicon, clips):
    signs = [
        Sign("bank", "ase", "", "money"),
        Sign("bank", "ase", "", "river"),
        Sign("bank", "ase", "north", "money"),
        Sign("bank", "bfi", "", "money"),
        Sign("bank"),
    ]
    for sign, clip in zip(signs, clips, strict=False):
        lexicon.add(sign, clip)
    lexicon.add(signs[0], clips[5])
    found = lexicon.signs("bank")
    assert set(found) == set(signs)
    assert [len(found[sign]) for sign in signs] == [2, 1, 1, 1, 1]
    assert {sign.language for sign in lexicon.signs(language="ASE")} == {"ase"}
    assert {hit.sign for hit in lexicon.search(clips[0], language="bfi")} == {signs[3]}
    assert lexicon.search(clips[0], language="gsg") == []


def test_the_same_clip_is_refused_by_name(lexicon, clips):
    entry = lexicon.add("casa", clips[0])
    read_again = pose_from_bytes(pose_to_bytes(clips[0]))
    with pytest.raises(KnownEntryError, match=f"casa: has this very clip already, as entry {entry.id}"):
        lexicon.add("casa", read_again)
    lexicon.add("lar", clips[0])  # as an example of another sign it may stand
    assert len(lexicon.entries()) == 2


def test_digest_is_of_landmarks_alone(clips):
    made = landmark_digest(clips[0])
    assert made == landmark_digest(pose_from_bytes(pose_to_bytes(clips[0])))
    moved = clips[0].points.copy()
    moved[3, 5, 0] += 0.01
    assert made != landmark_digest(clips[0].with_points(moved))


def test_a_clip_without_hands_shows_no_sign(lexicon, clips):
    points = clips[0].points.copy()
    points[:, 33:] = np.nan
    with pytest.raises(UnseenError, match="no hand seen in any of 12 frames"):
        lexicon.add("casa", clips[0].with_points(points))
    with pytest.raises(UnseenError, match="no hand seen in any of 12 frames, unless at rest"):
        lexicon.add("casa", hung(clips[0], slice(None)))
    assert lexicon.entries() == []


def test_landmarks_that_the_encoder_cannot_read(lexicon, clips):
    from chereme.layout import HANDS_42

    with pytest.raises(LayoutError, match="left_shoulder"):
        lexicon.add("casa", clips[0].pick(HANDS_42))
    assert lexicon.entries() == []


def test_removing(lexicon, clips):
    first = lexicon.add(Sign("casa", "bzs"), clips[0])
    lexicon.add(Sign("casa", "bzs"), clips[1])
    lexicon.add(Sign("casa", "ase"), clips[2])
    assert lexicon.remove(id=first.id) == 1
    assert lexicon.remove(Sign("casa", "ase")) == 1
    assert lexicon.remove(Sign("casa", "ase")) == 0
    assert [hit.examples for hit in lexicon.search(clips[1])] == [1]
    assert lexicon.remove(Sign("casa", "bzs")) == 1
    assert lexicon.search(clips[1]) == []
    assert lexicon.add("new", clips[0]).id > first.id + 2  # a number is never given again


def test_embeddings_only_cannot_be_drawn(lexicon, clips):
    entry = lexicon.add("casa", clips[0], keep_pose=False)
    assert not entry.has_pose
    assert lexicon.search(clips[0])[0].sign.gloss == "casa"
    with pytest.raises(LexiconError, match="embeddings only, no landmarks to draw"):
        lexicon.pose(entry.id)
    with pytest.raises(LexiconError, match="no entry 99"):
        lexicon.pose(99)


def test_the_encoder_is_named(lexicon, clips, small_bundle, tmp_path):
    assert lexicon.encoder_name == ""
    lexicon.add("casa", clips[0])
    assert lexicon.encoder_name == str(small_bundle.resolve())
    with Lexicon.open(tmp_path / "signs.sqlite") as again:
        assert again.search(clips[0])[0].sign.gloss == "casa"


def test_an_encoder_that_is_not_here(clips, tmp_path, monkeypatch):
    monkeypatch.setattr("chereme.lexicon.lexicon.DEFAULT_ENCODER", "nowhere")
    with Lexicon.open(tmp_path / "x.sqlite", create=True) as lexicon, pytest.raises(BundleError, match="nowhere"):
        lexicon.add("casa", clips[0])
    assert DEFAULT_ENCODER


@pytest.mark.parametrize("damaged", ["x'00'", "x''", "substr(pose, 1, 500)"])
def test_a_damaged_pose_is_named(lexicon, clips, damaged):
    entry = lexicon.add("casa", clips[0])
    with lexicon.place.writing() as connection:
        connection.exec_driver_sql(f"UPDATE lexicon_entries SET pose = {damaged}")
    with pytest.raises(LexiconError, match=f"the pose of entry {entry.id} is damaged"):
        lexicon.pose(entry.id)


def test_cut_takes_milliseconds(clips):
    clip = clips[0]  # 12 frames at 25 per second
    assert len(cut(clip, 0, 0)) == 12
    part = cut(clip, 120, 200)
    np.testing.assert_array_equal(part.points, clip.points[3:5])
    assert part.confidence.shape == (2, 75)
    np.testing.assert_array_equal(cut(clip, 130, 0).points, clip.points[3:])
    for start, end in [(480, 0), (200, 200), (300, 200), (-40, 0)]:
        with pytest.raises(Exception, match="nothing lies from"):
            cut(clip, start, end)


class TestOpening:
    def test_there_is_none(self, tmp_path):
        with pytest.raises(
            LexiconError, match=r"no such lexicon; make one with `chereme lexicon add.*one that ships: isl43, libras24"
        ):
            Lexicon.open(tmp_path / "x.sqlite")
        assert not (tmp_path / "x.sqlite").exists()

    def test_a_text_is_none(self, tmp_path):
        (tmp_path / "x.sqlite").write_text("casa\n" * 100)
        for create in (False, True):
            with pytest.raises(LexiconError, match="no lexicon: not an SQLite file"):
                Lexicon.open(tmp_path / "x.sqlite", create=create)
        assert (tmp_path / "x.sqlite").read_text() == "casa\n" * 100

    def test_a_database_of_something_else_is_none(self, tmp_path):
        with sqlite3.connect(tmp_path / "x.sqlite") as other:
            other.execute("CREATE TABLE mine (a)")
        for create in (False, True):
            with pytest.raises(LexiconError, match="an SQLite file, but no lexicon"):
                Lexicon.open(tmp_path / "x.sqlite", create=create)

    def test_an_empty_file_is_one_that_was_not_finished(self, encoder, clips, tmp_path):
        (tmp_path / "x.sqlite").touch()
        with pytest.raises(LexiconError, match="holds no lexicon"):
            Lexicon.open(tmp_path / "x.sqlite")
        with Lexicon.open(tmp_path / "x.sqlite", encoder, create=True) as lexicon:
            assert lexicon.add("casa", clips[0]).id == 1

    def test_a_folder_is_none(self, tmp_path):
        with pytest.raises(LexiconError, match="a folder, no lexicon"):
            Lexicon.open(tmp_path)

    def test_of_a_newer_chereme(self, lexicon):
        with lexicon.place.writing() as connection:
            connection.exec_driver_sql("UPDATE lexicon_meta SET format = 2")
        with pytest.raises(LexiconError, match=r"written by a newer chereme \(format 2\); update chereme"):
            Lexicon.open(lexicon.place.path)

    @pytest.mark.parametrize(
        ("url", "message"),
        [
            pytest.param("nosuch://x", "no address of a database", id="a dialect that is none"),
            pytest.param("sqlite://", "names no file", id="in memory"),
            pytest.param("mysql+mysqldb://me:secret@nowhere/x", "needs its driver: pip install", id="no driver"),
        ],
    )
    def test_addresses(self, url, message):
        with pytest.raises(LexiconError, match=message) as told:
            Lexicon.open(url)
        assert "secret" not in str(told.value)

    def test_an_address_of_a_file(self, encoder, clips, tmp_path):
        with Lexicon.open(f"sqlite:///{tmp_path}/with space.sqlite", encoder, create=True) as lexicon:
            lexicon.add("casa", clips[0])
        with Lexicon.open(tmp_path / "with space.sqlite", encoder) as lexicon:
            assert [entry.sign.gloss for entry in lexicon.entries()] == ["casa"]

    def test_a_name_that_looks_like_an_option(self, encoder, clips, tmp_path):
        with Lexicon.open(tmp_path / "a?mode=ro#b%41.sqlite", encoder, create=True) as lexicon:
            lexicon.add("casa", clips[0])
        assert (tmp_path / "a?mode=ro#b%41.sqlite").is_file()

    def test_one_that_may_not_be_written_is_read(self, lexicon, encoder, clips, tmp_path):
        entry = lexicon.add("casa", clips[0])
        lexicon.close()
        closed = tmp_path / "closed"
        closed.mkdir()
        path = (tmp_path / "signs.sqlite").rename(closed / "signs.sqlite")
        path.chmod(0o444)
        closed.chmod(0o555)
        try:
            with Lexicon.open(path, encoder, create=True) as reader:
                assert reader.search(clips[0])[0].entry == entry.id
                assert list(closed.iterdir()) == [path]
                with pytest.raises(LexiconError, match="may not be written"):
                    reader.add("pai", clips[1])
                with pytest.raises(LexiconError, match="may not be written"):
                    reader.remove(Sign("casa"))
        finally:
            closed.chmod(0o755)
