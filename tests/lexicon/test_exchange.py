"""Lexicons as folders and as single files, there and back; rows that cannot be used."""

import csv
import sqlite3

import numpy as np
import pytest

from chereme.errors import LexiconError
from chereme.lexicon import About, Lexicon, Sign, export_folder, import_folder, import_packed, pack
from chereme.lexicon.exchange import COLUMNS, safe_name
from chereme.poses import read_pose, write_pose


@pytest.fixture
def folder(tmp_path, clips):
    """A lexicon as spoken-to-signed translation lays it out."""
    folder = tmp_path / "spoken"
    for number, clip in enumerate(clips):
        write_pose(clip, folder / "gsg" / f"{number}.pose")
    return folder


def write_index(folder, *rows, columns=COLUMNS):
    lines = [",".join(columns), *rows]
    (folder / "index.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def everything(lexicon):
    """All that an entry is but its number, with its landmarks."""
    return sorted(
        (
            entry.sign,
            tuple(vars(entry.about).values()),
            round(entry.seconds, 4),
            lexicon.pose(entry.id).points.round(4).tobytes() if entry.has_pose else b"",
        )
        for entry in lexicon.entries()
    )


def test_a_spoken_to_signed_folder(lexicon, folder, clips):
    write_index(
        folder,
        "gsg/0.pose,de,gsg,0,0,Haus,HAUS,1",
        "gsg/1.pose,de,gsg,0,0,Vater,,0",
        "gsg/0.pose,fr,gsg,0,0,maison,HAUS,0",
        "gsg/2.pose,de,und,120,320,Wasser,WASSER,0",
    )
    report = import_folder(lexicon, folder, About(source="a list", licence="CC0"))
    assert (report.added, report.skipped, report.failed) == (4, 0, [])
    house = lexicon.signs("HAUS", "gsg")[Sign("HAUS", "gsg")]
    assert [(e.about.words, e.about.spoken_language, e.about.priority) for e in house] == [
        ("maison", "fr", 0),
        ("Haus", "de", 1),
    ]
    (father,) = lexicon.entries("Vater")
    assert (father.sign, father.about.source, father.about.licence) == (Sign("Vater", "gsg"), "a list", "CC0")
    (water,) = lexicon.entries("WASSER")
    assert water.sign.language == ""
    np.testing.assert_allclose(lexicon.pose(water.id).points, clips[2].points[3:8], atol=1e-5)
    again = import_folder(lexicon, folder)
    assert (again.added, again.skipped) == (0, 4)


def test_rows_that_cannot_be_used_are_named_and_the_others_go_on(lexicon, folder, tmp_path, clips):
    write_pose(clips[0], tmp_path / "outside.pose")
    (folder / "link.pose").symlink_to(tmp_path / "outside.pose")
    (folder / "bad.pose").write_bytes(b"no pose")
    points = clips[0].points.copy()
    points[:, 33:] = np.nan
    write_pose(clips[0].with_points(points), folder / "handless.pose")
    bad = {
        "../outside.pose,de,gsg,0,0,a,A,0": "leads out of the folder",
        f"{tmp_path}/outside.pose,de,gsg,0,0,a,A,0": "leads out of the folder",
        "link.pose,de,gsg,0,0,a,A,0": "leads out of the folder",
        "missing.pose,de,gsg,0,0,a,A,0": "cannot be read",
        "bad.pose,de,gsg,0,0,a,A,0": "not a .pose file",
        "handless.pose,de,gsg,0,0,a,A,0": "no hand seen",
        "gsg/0.pose,de,gsg,zero,0,a,A,0": "start 'zero' is no whole number",
        "gsg/0.pose,de,gsg,0,0,a,A,high": "priority 'high' is no whole number",
        "gsg/0.pose,de,gsg,9000,0,a,A,0": "nothing lies from 9000",
        "gsg/0.pose,de,gsg,0,0,,,0": "needs a gloss",
        "gsg/0.pose,de,German,0,0,a,A,0": "no ISO 639-3 code",
        ",de,gsg,0,0,a,A,0": "names no path",
        "gsg/0.pose,de,gsg,0,0,a,A,0,more,and more": "more cells than there are headings",
        "gsg": "cannot be read",
    }
    write_index(folder, "gsg/0.pose,de,gsg,0,0,a,A,0", *bad, "gsg/1.pose,de,gsg,0,0,b,B,0")
    report = import_folder(lexicon, folder)
    assert report.added == 2
    assert [failed.row for failed in report.failed] == list(range(3, 3 + len(bad)))
    for failed, message in zip(report.failed, bad.values(), strict=True):
        assert message in failed.why
    assert {entry.sign.gloss for entry in lexicon.entries()} == {"A", "B"}


def test_a_folder_that_is_none(lexicon, tmp_path):
    with pytest.raises(LexiconError, match=r"no index.csv in it"):
        import_folder(lexicon, tmp_path)
    write_index(tmp_path, "a.pose,casa", columns=("path", "word"))
    with pytest.raises(LexiconError, match="needs the columns path, spoken_language"):
        import_folder(lexicon, tmp_path)
    (tmp_path / "index.csv").write_bytes("path,words\na,água\n".encode("latin-1"))
    with pytest.raises(LexiconError, match="no table of comma-separated values in UTF-8"):
        import_folder(lexicon, tmp_path)


def test_an_import_that_was_interrupted_is_taken_up_again(lexicon, folder):
    write_index(folder, *(f"gsg/{i}.pose,de,gsg,0,0,w{i},,0" for i in range(6)))

    def stopped(rows):
        yield from rows[:3]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_folder(lexicon, folder, watch=stopped)
    assert len(lexicon.entries()) == 3
    report = import_folder(lexicon, folder)
    assert (report.added, report.skipped) == (3, 3)


@pytest.fixture
def filled(lexicon, clips):
    lexicon.add(Sign("bank", "ase", "north", "money"), clips[0], About("film", "CC0", "ana", "bank", "en", 3))
    lexicon.add(Sign("bank", "ase", "", "river"), clips[1])
    lexicon.add(Sign("a/b: c?", "bzs"), clips[2], About(words='a, "b"\nor c', spoken_language="pt"))
    lexicon.add(Sign("água"), clips[3])
    lexicon.add(Sign("água"), clips[4])
    return lexicon


def test_a_folder_there_and_back(filled, encoder, tmp_path):
    report = export_folder(filled, tmp_path / "out")
    assert (report.written, report.left_out) == (5, 0)
    with Lexicon.open(tmp_path / "back.sqlite", encoder, create=True) as back:
        assert import_folder(back, tmp_path / "out").added == 5
        assert everything(back) == everything(filled)
    with (tmp_path / "out" / "index.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0])[:8] == COLUMNS
    assert {row["signed_language"] for row in rows} == {"ase", "bzs", "und"}
    assert {(row["start"], row["end"]) for row in rows} == {("0", "0")}
    for row in rows:
        assert row["path"].startswith(row["signed_language"] + "/")
        assert len(read_pose(tmp_path / "out" / row["path"])) > 0
    assert "bzs/a_b_c-3.pose" in {row["path"] for row in rows}


def test_an_exported_folder_has_no_more_columns_than_it_needs(lexicon, clips, tmp_path):
    lexicon.add("casa", clips[0])
    export_folder(lexicon, tmp_path / "out")
    assert (tmp_path / "out" / "index.csv").read_text().splitlines()[0] == ",".join(COLUMNS)


def test_what_stands_somewhere_is_not_written_over(filled, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(LexiconError, match="holds something already"):
        export_folder(filled, tmp_path / "out")
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["mine.txt"]
    with pytest.raises(LexiconError, match="is the lexicon itself"):
        pack(filled, filled.place.path)


def test_entries_without_landmarks_are_left_out_of_a_folder(lexicon, clips, tmp_path):
    lexicon.add("casa", clips[0], keep_pose=False)
    with pytest.raises(LexiconError, match="no entry has landmarks"):
        export_folder(lexicon, tmp_path / "out")
    lexicon.add("pai", clips[1])
    report = export_folder(lexicon, tmp_path / "out")
    assert (report.written, report.left_out) == (1, 1)


def test_a_packed_file_there_and_back(filled, encoder, tmp_path):
    path = tmp_path / "signs.lexicon"
    assert pack(filled, path).written == 5
    assert not list(tmp_path.glob("signs.lexicon-*"))  # no log beside it
    with Lexicon.open(tmp_path / "back.sqlite", encoder, create=True) as back:
        assert import_packed(back, path).added == 5
        assert everything(back) == everything(filled)
        report = import_packed(back, path)
        assert (report.added, report.skipped) == (0, 5)


def test_embeddings_only_finds_as_before_and_draws_nothing(filled, encoder, clips, tmp_path):
    path = tmp_path / "signs.lexicon"
    whole = tmp_path / "whole.lexicon"
    pack(filled, whole)
    pack(filled, path, embeddings_only=True)
    assert path.stat().st_size < whole.stat().st_size
    with sqlite3.connect(whole) as file:
        poses = [row[0] for row in file.execute("SELECT pose FROM lexicon_entries")]
    for trace in (*(pose[100:150] for pose in poses), str(tmp_path).encode()):
        assert trace not in path.read_bytes()  # what was deleted lies in no gap either
    with Lexicon.open(path, encoder) as packed:
        assert packed.encoder_name == ""  # a bundle in somebody's folder is not named
        assert not any(entry.has_pose for entry in packed.entries())
        for clip in clips:
            theirs, ours = packed.search(clip), filled.search(clip)
            assert [(h.sign, h.similarity) for h in theirs] == [(h.sign, h.similarity) for h in ours]
        with pytest.raises(LexiconError, match="embeddings only"):
            packed.pose(1)
    with Lexicon.open(tmp_path / "back.sqlite", encoder, create=True) as back:
        assert import_packed(back, path).added == 5
        assert back.search(clips[1]) == filled.search(clips[1])


def test_a_packed_file_may_be_added_to(filled, encoder, clips, tmp_path):
    pack(filled, tmp_path / "signs.lexicon")
    with Lexicon.open(tmp_path / "signs.lexicon", encoder) as packed:
        packed.add("new", clips[5])
        assert packed.search(clips[5])[0].sign.gloss == "new"
    assert len(filled.entries()) == 5


def test_nothing_is_packed_away_that_has_nothing_left(lexicon, clips, tmp_path):
    from chereme.layout import HANDS_42
    from chereme.lexicon.rows import new_entry

    lexicon.insert(new_entry(Sign("casa"), clips[0].pick(HANDS_42), About()))
    with pytest.raises(LexiconError, match="entry 1 would have neither landmarks nor an embedding"):
        pack(lexicon, tmp_path / "x.lexicon", embeddings_only=True)
    assert not (tmp_path / "x.lexicon").exists()


def test_a_damaged_entry_of_a_packed_file_is_named(filled, encoder, tmp_path):
    path = tmp_path / "signs.lexicon"
    pack(filled, path)
    with sqlite3.connect(path) as file:
        file.execute("UPDATE lexicon_entries SET pose = x'0102' WHERE id = 2")
        file.execute("UPDATE lexicon_embeddings SET vector = zeroblob(64) WHERE entry = 3")
    with Lexicon.open(tmp_path / "back.sqlite", encoder, create=True) as back:
        report = import_packed(back, path)
    assert report.added == 3
    assert {bad.row: bad.path for bad in report.failed} == {2: "entry 2", 3: "entry 3"}


@pytest.mark.parametrize(
    ("text", "name"),
    [("água", "água"), ("a/b\\c", "a_b_c"), ("..", "_"), ("नमस्ते", "नमस्ते"), ("x" * 300, "x" * 80), ("CON", "CON")],
)
def test_safe_name(text, name):
    made = safe_name(text)
    assert made == name or (not text.isascii() and "/" not in made and made)


def test_one_that_is_not_in_sqlite_is_packed_by_copying(filled, encoder, tmp_path, monkeypatch):
    """No other database is here: the lexicon only says that it is one."""
    expected = everything(filled)
    monkeypatch.setattr(filled.place, "path", None)
    monkeypatch.setattr(filled.place, "reading", filled.place.writing)  # its way of reading is not SQLite's
    pack(filled, tmp_path / "signs.lexicon")
    with Lexicon.open(tmp_path / "signs.lexicon", encoder) as packed:
        assert everything(packed) == expected
