"""Manifests, class folders, and finding each clip's landmarks: bad ones are told in one line."""

import unicodedata

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from chereme.dataset.folder import read_folder
from chereme.dataset.load import Source, Unusable, find_source, load_poses
from chereme.dataset.manifest import find_file, read_manifest, write_manifest
from chereme.errors import ManifestError
from chereme.layout import HANDS_42, POINT_1
from chereme.poses import write_pose
from chereme.types import Clip, PoseSequence

NFC, NFD = "mãe", unicodedata.normalize("NFD", "mãe")


def write(tmp_path, content, name="manifest.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_there_and_back(tmp_path, suffix):
    clips = (
        Clip("a/1", "v/a, b.mp4", NFC, "bzs", "s1", start=0.5, end=2.0, split="test"),
        Clip("a/2", "v/2.mp4", "pai"),
    )
    write_manifest(clips, tmp_path / f"m{suffix}")
    assert read_manifest(tmp_path / f"m{suffix}") == clips


def test_empty_columns_are_left_out(tmp_path):
    write_manifest([Clip("1", "1.mp4", "casa", signer="s1")], tmp_path / "m.csv")
    assert (tmp_path / "m.csv").read_text() == "id,path,gloss,signer\n1,1.mp4,casa,s1\n"


def test_both_forms_of_an_accent_meet(tmp_path):
    clips = read_manifest(write(tmp_path, f"id,path,gloss\n1,{NFD}/1.mp4,{NFD}\n2,{NFC}/2.mp4,{NFC}\n"))
    assert {c.gloss for c in clips} == {NFC}
    assert clips[0].path == f"{NFC}/1.mp4"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\xef\xbb\xbfpath,gloss\n1.mp4,casa\n", id="byte order mark"),
        pytest.param("path;gloss\n1.mp4;casa\n", id="semicolons"),
        pytest.param("path,gloss\r\n1.mp4,casa\r\n", id="Windows line ends"),
        pytest.param('path, gloss\n"1.mp4", casa \n', id="spaces"),
    ],
)
def test_what_spreadsheets_write(tmp_path, content):
    assert read_manifest(write(tmp_path, content)) == (Clip("1.mp4", "1.mp4", "casa"),)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(
            "id,path,gloss\n1,a.mp4,casa\n1,b.mp4,pai\n",
            r"id '1' stands for two clips \(a.mp4, b.mp4\)",
            id="an id twice",
        ),
        pytest.param(
            "path,gloss,signr\na,b,c\n", r"unknown column 'signr'; did you mean 'signer'\?", id="unknown column"
        ),
        pytest.param("path,gloss,qqq\na,b,c\n", "unknown column 'qqq'; known: id, path", id="nothing near"),
        pytest.param("path,gloss,gloss\na,b,c\n", "'gloss' comes twice", id="a column twice"),
        pytest.param("id,path\n1,a\n", "no column gloss", id="no gloss"),
        pytest.param("path,gloss\n", "no clips in it", id="no rows"),
        pytest.param("", "no column path and no column gloss", id="empty file"),
        pytest.param("path,gloss\na.mp4\n", "line 2: not one value for each of the 2", id="short row"),
        pytest.param("path,gloss\na.mp4,b,c\n", "line 2: not one value for each of the 2", id="long row"),
        pytest.param("path,gloss\na.mp4,\n", "line 2: gloss is empty", id="empty gloss"),
        pytest.param("path,gloss,split\na,b,val\n", "split is 'val'; it can be train", id="unknown part"),
        pytest.param("path,gloss,start\na,b,soon\n", "line 2: start is 'soon'", id="no number"),
        pytest.param("path,gloss,start,end\na,b,2,1\n", "ends at 1.0 s, not after", id="backwards"),
        pytest.param('path,gloss\n"a,b\n', "after line 1: unexpected end of data", id="open quote"),
        pytest.param(
            "path,gloss\na,casa\nb,mãe\n".encode("latin-1"),
            r"line 3 is not UTF-8 after 'b,m' \(byte 0xe3\)",
            id="Latin-1",
        ),
        pytest.param("path,gloss\na,mãe\n".encode("utf-16"), "UTF-16; save it as UTF-8", id="UTF-16"),
    ],
)
def test_bad_manifests(tmp_path, content, says):
    with pytest.raises(ManifestError, match=says):
        read_manifest(write(tmp_path, content))


def test_bad_parquet(tmp_path):
    with pytest.raises(ManifestError, match="no Parquet file"):
        read_manifest(write(tmp_path, "path,gloss\n", "m.parquet"))
    pq.write_table(pa.table({"path": ["a"], "gloss": ["b"], "speaker": ["c"]}), tmp_path / "m.parquet")
    with pytest.raises(ManifestError, match="unknown column 'speaker'"):
        read_manifest(tmp_path / "m.parquet")
    with pytest.raises(ManifestError, match="cannot be read"):
        read_manifest(tmp_path / "none.csv")


@pytest.mark.parametrize("on_disk", [NFC, NFD])
@pytest.mark.parametrize("asked", [NFC, NFD])
def test_a_file_is_found_in_either_form(tmp_path, on_disk, asked):
    (tmp_path / on_disk).mkdir()
    file = tmp_path / on_disk / f"{on_disk}.pose"
    file.touch()
    assert find_file(tmp_path, f"{asked}/{asked}.pose").samefile(file)
    assert find_file(tmp_path, str(tmp_path / asked / f"{asked}.pose")).samefile(file)
    assert find_file(tmp_path, f"{asked}/other.pose") is None


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_class_folders(tmp_path):
    touch(tmp_path, "casa/1.mp4", f"{NFD}/1.MOV", f"{NFD}/takes/2.mp4", "casa/notes.txt", "casa/.1.mp4")
    assert read_folder(tmp_path) == (
        Clip("casa/1", "casa/1.mp4", "casa"),
        Clip(f"{NFC}/1", f"{NFC}/1.MOV", NFC),
        Clip(f"{NFC}/takes/2", f"{NFC}/takes/2.mp4", NFC),
    )


def test_files_that_differ_in_their_suffix_stay_apart(tmp_path):
    touch(tmp_path, "casa/1.mp4", "casa/1.mov")
    assert [c.id for c in read_folder(tmp_path)] == ["casa/1.mov", "casa/1.mp4"]


def test_a_video_beside_its_pose_counts_once(tmp_path):
    touch(tmp_path, "casa/1.mp4", "casa/1.pose")
    assert [c.path for c in read_folder(tmp_path)] == ["casa/1.pose"]


@pytest.mark.parametrize(
    ("names", "says"),
    [
        pytest.param(["1.mp4", "casa/2.mp4"], r"1 clips lie outside any class folder \(first: 1.mp4\)", id="loose"),
        pytest.param(["casa/readme.txt"], "no videos, pictures or .pose", id="nothing"),
        pytest.param([f"{NFC}/1.mp4", f"{NFD}/1.mp4"], "stands for two clips", id="two forms of one name"),
    ],
)
def test_bad_folders(tmp_path, names, says):
    touch(tmp_path, *names)
    with pytest.raises(ManifestError, match=says):
        read_folder(tmp_path)
    with pytest.raises(ManifestError, match="no such folder"):
        read_folder(tmp_path / "none")


def pose(path, frames=4, layout=HANDS_42):
    path.parent.mkdir(parents=True, exist_ok=True)
    points = np.zeros((frames, len(layout), 3), np.float32)
    points[..., 0] = np.arange(frames)[:, None] / 10
    write_pose(PoseSequence(points, layout, 10.0, (100, 100)), path)


def test_poses_of_a_folder_are_read_and_cut(tmp_path):
    pose(tmp_path / "casa" / "1.pose")
    source = Source("m", tmp_path, (Clip("1", "casa/1.pose", "casa", start=0.1, end=0.3),))
    [(clip, sequence)] = load_poses(source)
    assert clip.path == ""
    np.testing.assert_allclose(sequence.points[:, 0, 0], [0.1, 0.2], atol=1e-6)


def test_what_cannot_be_read_is_told_and_the_rest_goes_on(tmp_path):
    for name in ("good", "short"):
        pose(tmp_path / "casa" / f"{name}.pose")
    pose(tmp_path / "casa" / "point.pose", layout=POINT_1)
    touch(tmp_path, "casa/broken.pose")
    clips = [Clip(n, f"casa/{n}.pose", "casa") for n in ("broken", "good", "gone", "point")]
    clips.append(Clip("short", "casa/short.pose", "casa", start=9.0))
    items = list(load_poses(Source("m", tmp_path, tuple(clips)), HANDS_42))
    assert [i.clip.id if isinstance(i, Unusable) else i[0].id for i in items] == [c.id for c in clips]
    whys = [i.why for i in items if isinstance(i, Unusable)]
    for why, words in zip(whys, ("broken.pose", "no such .pose", "lacks 42 landmarks", "nothing between"), strict=True):
        assert words in why


def test_videos_find_the_poses_made_of_them(tmp_path):
    touch(tmp_path, f"videos/{NFC}/1.mp4", "videos/casa/1.mp4", "videos/casa/1.mov")
    for name in (f"{NFD}/1.pose", "casa/1.mp4.pose", "casa/1.mov.pose"):
        pose(tmp_path / "poses" / name)
    source = find_source(str(tmp_path / "videos"))
    with pytest.raises(ManifestError, match=r"3 of 3 clips are no .pose .*chereme extract"):
        list(load_poses(source))
    items = list(load_poses(source, poses=tmp_path / "poses"))
    assert [item[0].id for item in items] == ["casa/1.mov", "casa/1.mp4", f"{NFC}/1"]
    with pytest.raises(ManifestError, match="none of the 3 clips"):
        list(load_poses(source, poses=tmp_path / "videos"))


def test_two_videos_do_not_share_a_pose(tmp_path):
    pose(tmp_path / "poses" / "1.pose")
    source = Source("m", tmp_path, (Clip("a", "casa/1.mp4", "casa"), Clip("b", "pai/1.mp4", "pai")))
    with pytest.raises(ManifestError, match=r"would stand for casa/1.mp4 and for pai/1.mp4"):
        list(load_poses(source, poses=tmp_path / "poses"))


def test_a_source_is_a_manifest_a_folder_or_a_known_set(tmp_path):
    touch(tmp_path, "casa/1.mp4")
    assert find_source(str(tmp_path)).clips == (Clip("casa/1", "casa/1.mp4", "casa"),)
    write(tmp_path, "id,path,gloss\nmine,casa/1.mp4,home\n")
    assert find_source(str(tmp_path)).clips == find_source(str(tmp_path / "manifest.csv")).clips
    assert find_source(str(tmp_path)).clips[0].id == "mine"
    with pytest.raises(ManifestError, match="did you mean the set 'isl30_kinect'"):
        find_source("isl30_kinct")
    with pytest.raises(ManifestError, match="the set isl30_kinect is not there"):
        find_source("isl30_kinect", tmp_path)


def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path, monkeypatch):
    def full(self, rows):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("csv.DictWriter.writerows", full)
    with pytest.raises(ManifestError, match=r"m\.csv: cannot be written: No space left"):
        write_manifest([Clip("1", "1.mp4", "casa")], tmp_path / "m.csv")
    assert list(tmp_path.iterdir()) == []
