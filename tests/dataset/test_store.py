"""The packed store: what goes in comes out, and nothing is left of what went wrong."""

import json

import numpy as np
import pytest

from chereme.dataset.store import Store, pack
from chereme.errors import LayoutError, SplitError, StoreError
from chereme.layout import HAND_21, POINT_1, Layout
from chereme.types import Clip, PoseSequence

nan = float("nan")


def point_clip(id: str, *xs: float, gloss: str = "casa", layout: Layout = POINT_1, **more: str):
    """A clip of one landmark that moves along x."""
    points = np.zeros((len(xs), len(layout), 3), np.float32)
    points[..., 0] = np.array(xs)[:, None]
    points[np.isnan(points[..., 0])] = nan
    return Clip(id, "", gloss, **more), PoseSequence(points, layout, 25.0, (640, 480))


@pytest.fixture
def store(tmp_path):
    return pack([point_clip("a", 0, 1, 2), point_clip("b", 10, nan, 12, 13, signer="s1")], tmp_path / "store")


def test_clips_come_back_as_they_were(store):
    assert [c.id for c in store.clips] == ["a", "b"]
    assert store.clips[1].signer == "s1"
    assert store.layout == POINT_1
    assert store.offsets.tolist() == [0, 3, 7]
    assert store.lengths.tolist() == [3, 4]
    second = store.sequence(1)
    np.testing.assert_array_equal(second.points[:, 0, 0], np.float32([10, nan, 12, 13]))
    assert (second.fps, second.size) == (25.0, (640, 480))


def test_points_are_read_in_place_and_cannot_be_changed(store):
    assert np.shares_memory(store.sequence(1).points, store.points)
    with pytest.raises(ValueError, match="read-only"):
        store.sequence(0).points[0] = 1


def test_a_batch_picks_frames_of_each_clip(store):
    batch = store.gather(np.array([1, 0]), np.array([[3, 0], [2, 2]]))
    assert batch.shape == (2, 2, 1, 3)
    assert batch[..., 0, 0].tolist() == [[13, 10], [2, 2]]
    batch[:] = 0  # the caller's own
    assert store.points[6, 0, 0] == 13


def test_a_batch_is_written_to_the_array_given(store):
    out = np.full((1, 2, 1, 3), -1, np.float32)
    assert store.gather(np.array([0]), np.array([[1, 2]]), out=out) is out
    assert out[..., 0, 0].tolist() == [[1, 2]]


@pytest.mark.parametrize("frame", [-1, 3])
def test_a_frame_of_the_neighbour_is_refused(store, frame):
    with pytest.raises(IndexError, match="outside"):
        store.gather(np.array([0]), np.array([[frame]]))


def test_equal_landmarks_have_equal_digests(tmp_path):
    packed = pack([point_clip("a", 0, nan), point_clip("b", 0, nan), point_clip("c", 0, 1)], tmp_path / "s")
    assert packed.digests[0] == packed.digests[1] != packed.digests[2]


def test_a_layout_we_do_not_know_keeps_its_names(tmp_path):
    own = Layout("two", ("arm/a", "arm/b"), ((0, 1),), ((0, 1),))
    pack([point_clip("a", 0, layout=own)], tmp_path / "s")
    layout = Store.open(tmp_path / "s").layout
    assert (layout.name, layout.names, layout.bones, layout.mirror) == ("two", own.names, own.bones, own.mirror)


@pytest.mark.parametrize(
    ("items", "says"),
    [
        pytest.param([], "no clips", id="nothing"),
        pytest.param([point_clip("a", 0), point_clip("a", 1)], "a: this id comes twice", id="an id twice"),
        pytest.param(
            [point_clip("a", 0), point_clip("b", 1, layout=HAND_21)], "b: layout hand_21 where", id="two layouts"
        ),
    ],
)
def test_what_cannot_be_packed(tmp_path, items, says):
    with pytest.raises(StoreError, match=says):
        pack(items, tmp_path / "store")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("x", [float("inf"), -float("inf")])
def test_infinite_points_are_refused(tmp_path, x):
    with pytest.raises(LayoutError, match="a: infinite"):
        pack([point_clip("a", x)], tmp_path / "store")


def test_a_clip_without_frames_is_refused(tmp_path):
    with pytest.raises(LayoutError, match="a: no frames"):
        pack([point_clip("a")], tmp_path / "store")


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_what_breaks_off_leaves_the_old_store(store, error):
    def broken():
        yield point_clip("new", 5)
        raise error

    with pytest.raises((KeyboardInterrupt, StoreError)) as raised:
        pack(broken(), store.folder)
    assert isinstance(raised.value, KeyboardInterrupt) or "No space left" in str(raised.value)
    assert [c.id for c in Store.open(store.folder).clips] == ["a", "b"]
    assert [p.name for p in store.folder.parent.iterdir()] == ["store"]


def test_somebodys_folder_is_not_replaced(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(StoreError, match="exists and is not a store"):
        pack([point_clip("a", 0)], tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_no_store(tmp_path):
    with pytest.raises(StoreError, match="no packed store here"):
        Store.open(tmp_path)


@pytest.mark.parametrize("name", ["frames.arrow", "clips.parquet"])
@pytest.mark.parametrize("damage", ["gone", "cut", "empty"])
def test_a_damaged_store_says_so(store, name, damage):
    path = store.folder / name
    data = path.read_bytes()
    path.unlink()
    if damage != "gone":
        path.write_bytes(data[: len(data) // 2] if damage == "cut" else b"")
    with pytest.raises(StoreError, match="damaged store"):
        Store.open(store.folder)


def test_frames_and_clips_that_do_not_fit(store, tmp_path):
    other = pack([point_clip("a", 0)], tmp_path / "other")
    (store.folder / "frames.arrow").write_bytes((other.folder / "frames.arrow").read_bytes())
    with pytest.raises(StoreError, match=r"3 values in frames\.arrow where clips\.parquet counts 7 frames"):
        Store.open(store.folder)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"version": 99}, "version 99"),
        ({"format": "something"}, "not written by chereme"),
        ({"landmarks": None}, "landmarks"),
    ],
)
def test_a_foreign_store_json(store, change, says):
    path = store.folder / "store.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(StoreError, match=says):
        Store.open(store.folder)


def test_a_split_is_read_by_name(store):
    (store.folder / "splits").mkdir()
    (store.folder / "splits" / "mine.csv").write_text("id,split\na,train\nb,test\n")
    assert store.split("mine") == {"a": "train", "b": "test"}
    with pytest.raises(SplitError, match=r"no split is called 'yours' \(there: mine\)"):
        store.split("yours")


@pytest.mark.parametrize(
    ("text", "says"),
    [("id,split\nz,train\n", "clip z is not in the store"), ("name\na\n", "not a split file")],
)
def test_a_split_that_does_not_fit(store, text, says):
    (store.folder / "splits").mkdir()
    (store.folder / "splits" / "bad.csv").write_text(text)
    with pytest.raises(SplitError, match=says):
        store.split("bad")
