"""Data sets written in others' forms and read back."""

import csv
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from chereme.dataset.exchange.asl_signs import SIGNS, read_asl_signs, write_asl_signs
from chereme.dataset.exchange.elan import read_elan, write_elan
from chereme.dataset.exchange.huggingface import read_huggingface, write_huggingface
from chereme.dataset.jobs import write_pose_folder
from chereme.dataset.load import find_source, load_usable
from chereme.dataset.manifest import read_manifest
from chereme.dataset.store import Store, pack
from chereme.errors import LayoutError, ManifestError
from chereme.layout import BODY_HANDS_75, HOLISTIC_543, KINECT_20
from chereme.types import Clip, PoseSequence


@pytest.fixture
def store(tmp_path, rng) -> Store:
    """Three clips of two words, in 16:9, with a hand that is not seen at first."""

    def items():
        for i, (gloss, signer) in enumerate((("mãe", "Ana"), ("mãe", "Bo"), ("pai", "Ana"))):
            points = rng.random((4 + i, 75, 3)).astype(np.float32)
            points[:2, BODY_HANDS_75.groups["left_hand"]] = np.nan
            clip = Clip(f"{gloss}/{i}", "", gloss, "bzs", signer, "ines", licence="CC0", start=1.0 + i, end=2.0 + i)
            yield clip, PoseSequence(points, BODY_HANDS_75, 29.97, (1280, 720))

    return pack(items(), tmp_path / "store")


def same(found, store, layout=BODY_HANDS_75, **but):
    """Clips and landmarks are those of the store, in its order."""
    found = list(found)
    assert len(found) == len(store)
    for i, (clip, sequence) in enumerate(found):
        for name in ("id", "gloss", "language", "signer", "source", "licence"):
            assert getattr(clip, name) == getattr(store.clips[i], name)
        sequence = sequence.pick(layout)
        np.testing.assert_allclose(sequence.points, store.sequence(i).points, **but)
        assert sequence.size == (1280, 720)
        assert sequence.fps == pytest.approx(29.97)


def test_poses_there_and_back(store, tmp_path):
    items = ((clip, store.sequence(i)) for i, clip in enumerate(store.clips))
    assert write_pose_folder(items, tmp_path / "poses") == 3
    same(load_usable(find_source(str(tmp_path / "poses"))), store, atol=1e-4)


def test_huggingface_there_and_back(store, tmp_path):
    parts = {"mãe/0": "train", "mãe/1": "validation", "pai/2": "test"}
    assert write_huggingface(store, tmp_path / "hf", parts) == {"train": 1, "validation": 1, "test": 1}
    found = {clip.id: (clip, sequence) for clip, sequence in read_huggingface(tmp_path / "hf")}
    same([found[clip.id] for clip in store.clips], store, rtol=0)
    assert {id: clip.split for id, (clip, _) in found.items()} == parts
    table = pq.read_table(tmp_path / "hf" / "data" / "test-00000-of-00001.parquet")
    assert table["gloss"].to_pylist() == ["pai"]
    assert table.schema.field("points").type == pa.list_(pa.list_(pa.list_(pa.float32())))
    head = (tmp_path / "hf" / "README.md").read_text(encoding="utf-8").split("---\n")[1]
    assert "  - split: validation\n    path: data/validation-*.parquet" in head
    assert "language:\n- bzs" in head


def test_the_library_of_huggingface_reads_it(store, tmp_path):
    datasets = pytest.importorskip("datasets", reason="the library `datasets` is not installed")
    write_huggingface(store, tmp_path / "hf")
    found = datasets.load_dataset(str(tmp_path / "hf"), cache_dir=str(tmp_path / "cache"))["train"]
    assert found["gloss"] == ["mãe", "mãe", "pai"]
    np.testing.assert_array_equal(np.array(found[2]["points"], np.float32), store.sequence(2).points)


def test_asl_signs_there_and_back(store, tmp_path):
    assert write_asl_signs(store, tmp_path / "kaggle") == 3
    same(read_asl_signs(tmp_path / "kaggle"), store, rtol=1e-6)


def test_asl_signs_is_laid_out_as_there(store, tmp_path):
    write_asl_signs(store, tmp_path / "kaggle")
    with (tmp_path / "kaggle" / "train.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert list(rows[0]) == ["path", "participant_id", "sequence_id", "sign"]
    assert [row["participant_id"] for row in rows] == ["0", "1", "0"]
    assert json.loads((tmp_path / "kaggle" / SIGNS).read_text(encoding="utf-8")) == {"mãe": 0, "pai": 1}
    table = pq.read_table(tmp_path / "kaggle" / rows[0]["path"]).to_pandas()
    assert list(table) == ["frame", "row_id", "type", "landmark_index", "x", "y", "z"]
    assert len(table) == 4 * 543
    assert table.type[:543].value_counts().to_dict() == {"face": 468, "pose": 33, "left_hand": 21, "right_hand": 21}
    assert table.row_id[468] == "0-left_hand-0"
    assert table.x[:489].isna().all()  # no face in this store, and no left hand yet
    nose = table[(table.frame == 0) & (table.type == "pose") & (table.landmark_index == 0)]
    first = store.sequence(0).landmark("pose/nose")[0]
    np.testing.assert_allclose(nose[["x", "y"]].to_numpy()[0], [first[0] * 720 / 1280, first[1]], rtol=1e-6)


def test_asl_signs_of_others_needs_a_rate_and_a_shape(store, tmp_path):
    write_asl_signs(store, tmp_path / "kaggle")
    (tmp_path / "kaggle" / "chereme.json").unlink()
    (first, *_) = read_asl_signs(tmp_path / "kaggle", fps=25.0, size=(16, 9))
    clip, sequence = first
    assert (clip.gloss, clip.signer, clip.language, sequence.fps) == ("mãe", "0", "ase", 25.0)
    assert sequence.layout == HOLISTIC_543
    np.testing.assert_allclose(sequence.pick(BODY_HANDS_75).points, store.sequence(0).points, rtol=1e-6)


MANIFEST = """id,path,gloss,signer,start,end
1,films/one.mp4,CASA,Ana,0.5,1.25
2,films/one.mp4,PAI,Ana,1.25,2
3,films/one.mp4,CASA,Bo,0.6,1.4
4,films/two.mp4,MÃE,,0,0.8
"""


def test_elan_there_and_back(tmp_path):
    (tmp_path / "films").mkdir()
    for name in ("one", "two"):
        (tmp_path / "films" / f"{name}.mp4").touch()
    (tmp_path / "clips.csv").write_text(MANIFEST, encoding="utf-8")
    clips = read_manifest(tmp_path / "clips.csv")
    assert write_elan(clips, tmp_path, tmp_path / "eaf") == 2
    assert sorted(p.name for p in (tmp_path / "eaf").rglob("*.eaf")) == ["one.mp4.eaf", "two.mp4.eaf"]
    found = read_elan(tmp_path / "eaf")
    key = lambda clip: (clip.path.rpartition("films/")[2], clip.start, clip.end, clip.gloss, clip.signer)  # noqa: E731
    assert sorted(map(key, found)) == sorted(map(key, clips))
    assert {clip.path for clip in found} == {"../films/one.mp4", "../films/two.mp4"}
    assert len({clip.id for clip in found}) == 4


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        pytest.param([Clip("1", "a.mp4", "casa")], "says no end", id="no times"),
        pytest.param(
            [Clip("1", "a.mp4", "casa", start=0, end=1), Clip("2", "a.mp4", "pai", start=0.5, end=2)],
            "'casa' and 'pai' of signer unnamed overlap at 500 ms",
            id="overlap",
        ),
        pytest.param(
            [Clip("1", "a/a.mp4", "casa", start=0, end=1), Clip("2", "../a/a.mp4", "pai", start=0.5, end=2)],
            "would stand for two films",
            id="one name",
        ),
    ],
)
def test_what_elan_cannot_hold(tmp_path, rows, message):
    with pytest.raises(ManifestError, match=message):
        write_elan(rows, tmp_path, tmp_path / "eaf")
    assert not (tmp_path / "eaf").exists()


def test_what_cannot_be_read(store, tmp_path):
    with pytest.raises(ManifestError, match=r"no \.eaf there"):
        read_elan(tmp_path / "nothing.eaf")
    (tmp_path / "bad.eaf").write_text("<no xml")
    with pytest.raises(ManifestError, match="cannot be read as ELAN's"):
        read_elan(tmp_path / "bad.eaf")
    write_elan([Clip("1", "a.mp4", "casa", start=0, end=1)], tmp_path, tmp_path / "eaf", "signs")
    with pytest.raises(ManifestError, match="no tier 'gloss'; it has signs"):
        read_elan(tmp_path / "eaf")
    with pytest.raises(ManifestError, match="which landmarks"):
        list(read_huggingface(tmp_path))
    with pytest.raises(ManifestError, match="not in the layout of asl-signs"):
        list(read_asl_signs(tmp_path))
    (tmp_path / "train.csv").write_text("path,sign\na,b\n")
    with pytest.raises(ManifestError, match="no column participant_id"):
        list(read_asl_signs(tmp_path))
    with pytest.raises(ManifestError, match="not empty"):
        write_huggingface(store, tmp_path)
    kinect = pack([(Clip("1", "", "a"), PoseSequence(np.zeros((2, 20, 3)), KINECT_20, 30.0, (4, 3)))], tmp_path / "k")
    with pytest.raises(LayoutError, match="no landmark of asl-signs"):
        write_asl_signs(kinect, tmp_path / "kaggle")


def test_a_damaged_parquet_is_named(store, tmp_path):
    write_huggingface(store, tmp_path / "hf")
    (file,) = (tmp_path / "hf" / "data").iterdir()
    file.write_bytes(b"PAR1 no more")
    with pytest.raises(ManifestError, match=r"train-00000-of-00001\.parquet"):
        list(read_huggingface(tmp_path / "hf"))
    write_asl_signs(store, tmp_path / "kaggle")
    (tmp_path / "kaggle" / "train_landmark_files" / "0" / "0.parquet").unlink()
    with pytest.raises(ManifestError, match=r"0\.parquet"):
        list(read_asl_signs(tmp_path / "kaggle"))
