"""The known sets, as their pages say they are; and one of each made by hand where the set is absent."""

import io
import lzma
import unicodedata
from collections import Counter

import numpy as np
import pytest

from chereme.dataset.importers import IMPORTERS, VIDEO_SETS
from chereme.dataset.importers.wlasl import twin_groups
from chereme.dataset.protocols import isl30, isl43, isl43_rotation, wlasl
from chereme.layout import BODY_HANDS_75, KINECT_20, POINT_1


def test_isl43(data):
    items = list(IMPORTERS["isl_include43_poses"](data / "isl_include43_poses"))
    clips = [clip for clip, _ in items]
    assert len({c.id for c in clips}) == 515
    assert len({c.gloss for c in clips}) == 43
    parts = isl43(clips)["isl43"]
    assert Counter(p == "test" for p in parts.values()) == {False: 369, True: 146}
    assert {c.gloss for c in clips if parts[c.id] == "validation"} == {c.gloss for c in clips}
    turns = isl43_rotation(clips)
    assert turns["isl43-turn0"] == parts
    wrists = [BODY_HANDS_75.index(f"pose/{side}_wrist") for side in ("left", "right")]
    for _, sequence in items:
        assert (sequence.size, sequence.fps) == ((1920, 1080), 25.0)
        hands = [sequence.group(f"{side}_hand")[:, 0, :2] for side in ("left", "right")]
        left, right = (sequence.points[:, at, :2] for at in wrists)
        own, other = (
            sum(np.nansum(np.linalg.norm(hand - at, axis=1)) for hand, at in zip(hands, pair, strict=True))
            for pair in ((left, right), (right, left))
        )
        assert own <= other  # each clip's hands lie at their own wrists
    points = np.concatenate([sequence.points for _, sequence in items])
    seen = points[~np.isnan(points[:, 33, 0]), 33]
    assert np.median(seen[:, 0]) > 16 / 18  # the signer's left hand lies right of the middle


def test_isl30(data):
    items = list(IMPORTERS["isl30_kinect"](data / "isl30_kinect"))
    clips = [clip for clip, _ in items]
    assert len(items) == 2700
    assert Counter(c.signer for c in clips) == {f"s{i:02d}": 270 for i in range(1, 11)}
    assert len({c.gloss for c in clips}) == 30
    splits = isl30(clips)
    assert Counter(splits["isl30-s10"].values()) == {"train": 2160, "validation": 270, "test": 270}
    assert splits["isl30-s10"]["afternoon_s01_1"] == "validation"
    points = np.concatenate([sequence.points for _, sequence in items])
    mean = dict(zip(KINECT_20.names, points.mean(0), strict=True))
    assert mean["body/head"][1] < mean["body/spine"][1] < mean["body/left_foot"][1]  # y down
    assert mean["body/left_shoulder"][0] > mean["body/right_shoulder"][0]  # as in a picture
    assert np.median(points[:, KINECT_20.index("body/right_hand"), 2]) < np.median(
        points[:, KINECT_20.index("body/spine"), 2]
    )  # hands before the body: z away from the camera


def test_wlasl(data):
    folder = data / "wlasl_hands"
    items = []
    unswapped = Counter()
    for clip, sequence in IMPORTERS["wlasl_hands"](folder):
        items.append(clip)
        if len(items) <= 512:
            for side in ("left_hand", "right_hand"):
                unswapped[side] += int((~np.isnan(sequence.group(side)[:, 0, 0])).sum())
    assert len({c.id for c in items}) == 9941
    assert len({c.gloss for c in items}) == 1700
    assert Counter(c.split for c in items) == {"train": 7067, "validation": 1911, "test": 963}
    assert unswapped["right_hand"] > unswapped["left_hand"]  # most people sign with the right hand
    assert len(twin_groups(folder)) == 1822
    distinct = wlasl(items, folder)["wlasl-distinct"]
    assert Counter(distinct.values())["test"] == 814


def test_libras_movement(data):
    items = list(IMPORTERS["uci_libras_movement"](data / "uci_libras_movement"))
    assert Counter(clip.gloss for clip, _ in items) == {f"movement-{k:02d}": 24 for k in range(1, 16)}
    assert len({sequence.points.tobytes() for _, sequence in items}) == 330
    assert all(sequence.layout == POINT_1 and len(sequence) == 45 for _, sequence in items)


@pytest.mark.parametrize(("name", "clips", "glosses"), [("asl24_videos", 120, 24), ("libras25_videos", 24, 24)])
def test_video_sets(data, name, clips, glosses):
    found = list(VIDEO_SETS[name](data / name))
    assert (len({c.id for c in found}), len({c.gloss for c in found})) == (clips, glosses)
    assert all((data / name / c.path).is_file() for c in found)


def test_file_names_with_accents_meet(tmp_path):
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / f"{unicodedata.normalize('NFD', 'mãe')}_ne_1.mp4").touch()
    [clip] = VIDEO_SETS["libras25_videos"](tmp_path)
    assert (clip.id, clip.gloss, clip.signer, clip.path) == ("mãe_ne_1", "mãe", "ne1", "videos/mãe_ne_1.mp4")


def test_one_wlasl_clip_by_hand(tmp_path):
    """Two frames: a hand in slot 0 on the right of the picture, then the same hand in slot 1."""
    hands = np.zeros((2, 21, 3), np.int64)
    hands[0, :, 0] = hands[1, :, 0] = 7500
    hands[..., 1] = 5000
    steps = np.diff(np.diff(hands, axis=0, prepend=0), axis=1, prepend=0).reshape(2, 63)
    coded = np.where(steps < 0, -2 * steps - 1, 2 * steps).astype(np.uint16)
    packed = io.BytesIO()
    np.savez(
        packed,
        lo=(coded & 255).astype(np.uint8),
        hi=(coded >> 8).astype(np.uint8),
        frame=np.uint8([0, 1]),
        slot=np.uint8([0, 1]),
    )
    (tmp_path / "hands.npz.xz").write_bytes(lzma.compress(packed.getvalue()))
    (tmp_path / "index.csv").write_text(
        "video_id,gloss,subset,signer_id,source,variation_id,n_frames,fps,same_video_group,start,stop\n"
        "00001,book,val,7,site,0,3,,4,0,2\n"
    )
    [(clip, sequence)] = IMPORTERS["wlasl_hands"](tmp_path)
    assert (clip.id, clip.gloss, clip.split, clip.signer) == ("00001", "book", "validation", "7")
    assert sequence.fps == 29.97
    np.testing.assert_allclose(sequence.group("left_hand")[:2, 0], [[1.0, 0.5, 0], [1.0, 0.5, 0]])  # 0.75 x 4/3
    assert np.isnan(sequence.group("right_hand")).all()
    assert np.isnan(sequence.points[2]).all()
    assert twin_groups(tmp_path) == {"00001": "4"}
