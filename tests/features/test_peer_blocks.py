"""Landmarks as two known recognizers read them, on a body whose numbers are worked by hand."""

import numpy as np
import pytest

from chereme.errors import LayoutError
from chereme.features import FeatureConfig, FeaturePlan
from chereme.layout import HAND_POINTS, HANDS_42, KINECT_20, UPPER_BODY_55

nan = np.nan


def upper_body(frames=2, seed=0):
    """Shoulders one apart about the origin, eyes 0.8 above them, everything else anywhere."""
    points = np.random.default_rng(seed).normal(0, 0.5, (frames, 55, 3)).astype(np.float32)
    for name, place in {
        "left_shoulder": (0.5, 0, 0),
        "right_shoulder": (-0.5, 0, 0),
        "left_eye": (0.1, -0.8, 0),
        "right_eye": (-0.1, -0.8, 0),
    }.items():
        points[:, UPPER_BODY_55.index(f"pose/{name}")] = place
    return points


def computed(points, layout, *blocks):
    plan = FeaturePlan(layout, FeatureConfig(blocks=blocks, velocities=()))
    return dict(zip(plan.names, np.moveaxis(plan.measure(points), -1, 0), strict=True))


def test_spoters_body_in_a_space_of_six_shoulder_widths():
    points = upper_body()
    found = computed(points, UPPER_BODY_55, "spoter_body")
    assert len(found) == 24
    # x: of 6 widths about the neck. y: the space begins half a width above the eyes, at -1.3, so its middle is at 1.7.
    np.testing.assert_allclose(found["spoter_body/left_shoulder.x"], 0.5 / 6, atol=1e-6)
    np.testing.assert_allclose(found["spoter_body/left_eye.y"], -0.5 + 0.5 / 6, atol=1e-6)
    np.testing.assert_allclose(found["spoter_body/neck.y"], -1.7 / 6, atol=1e-6)
    wrist = points[:, UPPER_BODY_55.index("pose/left_wrist")]
    np.testing.assert_allclose(found["spoter_body/left_wrist.x"], wrist[:, 0] / 6, atol=1e-6)


def test_spoters_hands_fill_their_squares():
    points = upper_body()
    hand = UPPER_BODY_55.groups["left_hand"]
    points[:, hand] = 0
    points[:, hand.start + 8, :2] = (0.6, 0.3)  # 0.6 wide, 0.3 tall: a square of 0.72 about (0.3, 0.15)
    points[1, UPPER_BODY_55.groups["right_hand"]] = nan
    found = computed(points, UPPER_BODY_55, "spoter_hands")
    assert len(found) == 84
    np.testing.assert_allclose(found["spoter_hands/left_hand/index_finger_tip.x"], 0.3 / 0.72, atol=1e-6)
    np.testing.assert_allclose(found["spoter_hands/left_hand/index_finger_tip.y"], 0.15 / 0.72, atol=1e-6)
    np.testing.assert_allclose(found["spoter_hands/left_hand/wrist.x"], -0.3 / 0.72, atol=1e-6)
    right = np.stack([found[f"spoter_hands/right_hand/{point}.y"] for point in HAND_POINTS])
    assert np.isnan(right[:, 1]).all()
    assert np.abs(right[:, 0]).max() == pytest.approx(0.5 / 1.2, abs=1e-6) or np.abs(right[:, 0]).max() < 0.5 / 1.2


def test_the_contests_points_stand_about_the_nose_in_their_own_spread():
    points = upper_body(frames=6)
    nose = UPPER_BODY_55.index("pose/nose")
    points[2, nose] = nan
    points[3, UPPER_BODY_55.groups["left_hand"]] = nan
    found = computed(points, UPPER_BODY_55, "islr_points")
    assert len(found) == 2 * (42 + 5)
    about_nose = np.nanmean(found["islr_points/pose/nose.x"]), np.nanmean(found["islr_points/pose/nose.y"])
    np.testing.assert_allclose(about_nose, 0, atol=1e-5)
    for axis in "xy":
        values = np.stack([v for name, v in found.items() if name.endswith(f".{axis}")])
        assert np.nanmean(values**2) == pytest.approx(1, abs=1e-4)
    moved = computed(points * np.float32(3) + np.float32(7), UPPER_BODY_55, "islr_points")
    for name, values in found.items():
        np.testing.assert_allclose(moved[name], values, atol=1e-4, err_msg=name)


def test_without_a_nose_they_stand_about_the_middle_of_the_hands():
    points = np.random.default_rng(1).normal(2, 0.5, (4, 42, 3)).astype(np.float32)
    points[0] = nan
    values = np.stack([*computed(points, HANDS_42, "islr_points").values()])
    assert values.shape == (84, 4)
    assert np.nanmean(values[::2]) == pytest.approx(0, abs=1e-5)
    assert np.isnan(values[:, 0]).all()


@pytest.mark.parametrize("blocks", [("islr_points",), ("spoter_body", "spoter_hands")])
def test_a_clip_is_the_same_alone_and_in_a_batch_with_padding(blocks):
    points = upper_body(frames=10)
    points[7:] = nan
    plan = FeaturePlan(UPPER_BODY_55, FeatureConfig(blocks=blocks))
    batch = np.stack([points, upper_body(frames=10, seed=2)])
    np.testing.assert_allclose(plan.compute(batch)[0, :7], plan.compute(points[:7]), atol=1e-6)
    assert np.isfinite(plan.compute(np.full((1, 5, 55, 3), nan, np.float32))).all()


@pytest.mark.parametrize(
    ("block", "layout"), [("spoter_body", HANDS_42), ("spoter_hands", KINECT_20), ("islr_points", KINECT_20)]
)
def test_a_layout_without_the_landmarks_is_named(block, layout):
    with pytest.raises(LayoutError, match=f"{block} cannot be computed on layout {layout.name}"):
        FeaturePlan(layout, FeatureConfig(blocks=(block,)))
