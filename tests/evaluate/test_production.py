import numpy as np
import pytest

from chereme.errors import LayoutError, UnseenError
from chereme.evaluate.production import (
    COMPARED,
    SIGNATURE,
    bone_length_drift,
    compared,
    distances,
    dtw,
    hands_dtw,
    ndtw_mje,
    signature,
)
from chereme.layout import BODY_HANDS_75, HANDS_42
from chereme.types import PoseSequence


def track(*places):
    """One landmark that moves along x."""
    return np.array(places, np.float32)[:, None, None]


def plain_dtw(a, b):
    """The textbook, cell by cell, as (cost, steps)."""
    total = {(-1, -1): (0.0, 0)}
    for i in range(len(a)):
        for j in range(len(b)):
            before = [total[at] for at in ((i - 1, j - 1), (i - 1, j), (i, j - 1)) if at in total]
            cost, steps = min(before, key=lambda one: one[0])
            total[i, j] = cost + np.linalg.norm(a[i] - b[j], axis=-1).mean(), steps + 1
    cost, steps = total[len(a) - 1, len(b) - 1]
    return cost / steps


@pytest.mark.parametrize(
    ("made", "real", "distance"),
    [
        pytest.param([0, 1, 2], [0, 1, 2], 0, id="the same"),
        pytest.param([0, 1, 2], [0, 0, 1, 1, 1, 2], 0, id="slower is no error"),
        pytest.param([0, 0], [3, 3, 3], 3, id="beside"),
        pytest.param([0, 1], [0, 4], 1.5, id="the sum of a path divided by its pairs"),
        pytest.param([5], [5, 6, 7], 1, id="a single frame"),
    ],
)
def test_dtw_by_hand(made, real, distance):
    assert dtw(track(*made), [track(*real)])[0] == pytest.approx(distance)


def test_dtw_of_many_is_the_textbook_of_each(rng):
    made = rng.normal(size=(7, 3, 2)).astype(np.float32)
    many = [rng.normal(size=(n, 3, 2)).astype(np.float32) for n in (1, 4, 12, 7, 4)]
    np.testing.assert_allclose(dtw(made, many), [plain_dtw(made, one) for one in many], rtol=1e-5)


def test_place_and_size_of_the_signer_do_not_matter(signing):
    moved = signing.with_points(signing.points * 0.4 + 0.3)
    assert ndtw_mje(moved, signing) == pytest.approx(0, abs=1e-5)
    assert compared(moved).points.shape == (len(signing), len(COMPARED), 2)


def test_distance_is_in_shoulder_widths(signing):
    points = signing.points.copy()
    shoulders = compared(signing).points[:, 1:3]
    assert np.linalg.norm(shoulders[:, 0] - shoulders[:, 1], axis=-1).mean() == pytest.approx(1, rel=1e-5)
    width = np.linalg.norm((points[:, 11] - points[:, 12])[:, :2], axis=-1).mean()
    points[:, 33:75, 1] += 0.5 * width
    lowered = signing.with_points(points)
    assert distances(compared(lowered), compared(signing)).ape == pytest.approx(0.5 * 42 / 49, rel=1e-3)
    assert ndtw_mje(lowered, signing, ("body",)) == pytest.approx(0, abs=1e-5)
    assert 0.3 < hands_dtw(lowered, signing) <= 0.5 + 1e-4


def test_a_hand_never_seen_lies_at_its_wrist(signing):
    points = signing.points.copy()
    points[:, 33:54] = np.nan
    points[5:8, 54:75] = np.nan
    found = compared(signing.with_points(points))
    wrist = found.points[:, [COMPARED.index("pose/left_wrist")]]
    np.testing.assert_allclose(found.points[:, 7:28], np.broadcast_to(wrist, (len(points), 21, 2)), atol=1e-5)
    assert not found.seen[5:8, 28:].any()
    middle = (found.points[4, 28:] + found.points[8, 28:]) / 2
    np.testing.assert_allclose(found.points[6, 28:], middle, atol=1e-4)


def test_another_rate_is_the_same_signing(signing):
    doubled = signing.with_points(np.repeat(signing.points, 2, axis=0), fps=2 * signing.fps)
    found = compared(doubled, fps=signing.fps)
    assert len(found) == len(signing)
    assert found.fps == signing.fps
    assert distances(found, compared(signing)).length_error == 0


def test_a_frozen_pose_does_well_where_frames_are_padded_and_has_no_speed(signing):
    real = compared(signing)
    frozen = compared(signing.with_points(np.repeat(np.nanmean(signing.points, 0)[None], len(signing), 0)))
    found = distances(frozen, real)
    assert found.speed == pytest.approx(0, abs=1e-5)
    assert found.padded_mse < found.valid_mse
    same = distances(real, real)
    assert (same.ndtw_mje, same.ape, same.padded_mse, same.length_error, same.speed) == (0, 0, 0, 0, 1)


def test_bones_that_grow_drift(signing):
    still = signing.with_points(np.repeat(signing.points[:1], 10, axis=0))
    assert bone_length_drift(still) == pytest.approx(0, abs=1e-4)
    growing = still.points * np.linspace(1, 2, 10, dtype=np.float32)[:, None, None]
    scale = np.linspace(1, 2, 10)
    assert bone_length_drift(still.with_points(growing)) == pytest.approx(scale.std() / scale.mean(), rel=1e-3)
    assert np.isnan(bone_length_drift(still.with_points(np.full_like(still.points, np.nan))))


def test_what_cannot_be_compared_says_why(signing):
    hands = PoseSequence(np.zeros((3, 42, 3), np.float32), HANDS_42, 25, (640, 480))
    with pytest.raises(LayoutError, match="pose/nose"):
        compared(hands)
    nobody = PoseSequence(np.full((3, 75, 3), np.nan, np.float32), BODY_HANDS_75, 25, (640, 480))
    with pytest.raises(UnseenError, match="both shoulders"):
        compared(nobody)


def test_the_signature_says_what_a_figure_is():
    assert "points:49(body+left_hand+right_hand)" in SIGNATURE
    assert "points:42(left_hand+right_hand)" in signature(("left_hand", "right_hand"))
    assert "normaliser:path length" in SIGNATURE


def test_floors_are_those_of_the_data_folder(data):
    """The medoid clip of each word, hands in the file's order, as BASELINES_PRODUCTION.txt has it."""
    from chereme.dataset.importers import IMPORTERS
    from chereme.dataset.protocols import isl43

    folder = data / "isl_include43_poses"
    clips = [clip for clip, _ in IMPORTERS["isl_include43_poses"](folder)]
    packed = np.load(folder / "poses.npz")
    points = packed["X"] * np.array([16 / 9, 1, 16 / 9], np.float32)
    signed = [
        compared(PoseSequence(points[start:stop], BODY_HANDS_75, 25, (1920, 1080)))
        for start, stop in zip(packed["offsets"][:-1], packed["offsets"][1:], strict=True)
    ]
    part = isl43(clips)["isl43"]
    found = []
    for gloss in sorted({clip.gloss for clip in clips}):
        own = [i for i, clip in enumerate(clips) if clip.gloss == gloss]
        trained = [i for i in own if part[clips[i].id] != "test"]
        apart = [dtw(signed[i].points, [signed[j].points for j in trained]).sum() for i in trained]
        copied = signed[trained[int(np.argmin(apart))]]
        found += list(dtw(copied.points, [signed[i].points for i in own if part[clips[i].id] == "test"]))
    assert len(found) == 146
    assert round(float(np.mean(found)), 4) == 0.2489
