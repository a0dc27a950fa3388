import numpy as np
import pytest

from chereme.bench.features import loop_features
from chereme.errors import LayoutError
from chereme.features import (
    BLOCKS,
    FeatureConfig,
    FeaturePlan,
    SamplingConfig,
    features,
    frame_counts,
    frame_positions,
    sample_frames,
)
from chereme.layout import HANDS_42, KINECT_20, UPPER_BODY_55
from chereme.preprocess import PreprocessConfig, preprocess

UPPER = PreprocessConfig(layout="upper_body_55")
nan = float("nan")


@pytest.fixture
def aligned(signing):
    return preprocess(signing, UPPER)


@pytest.fixture(scope="module")
def plan() -> FeaturePlan:
    return FeaturePlan(UPPER_BODY_55, FeatureConfig())


def test_each_number_has_its_own_name(plan, aligned):
    values = plan.compute(aligned.points)
    assert values.shape == (50, len(plan.names))
    assert len(set(plan.names)) == len(plan.names)


def test_the_loop_over_frames_gives_the_same_numbers(plan, signing):
    points = signing.points.copy()
    points[10:30, signing.layout.groups["left_hand"]] = nan
    points[40:43, signing.layout.groups["right_hand"]] = nan
    clip = signing.with_points(points)
    ours = features(preprocess(clip, UPPER), plan, SamplingConfig()).values
    np.testing.assert_allclose(ours, loop_features(clip, SamplingConfig()), atol=1e-4)


def test_a_straight_finger_has_no_bend_and_a_right_angle_has_cosine_0():
    points = np.zeros((1, 55, 3), np.float32)
    hand = UPPER_BODY_55.groups["right_hand"]
    points[0, hand, 1] = -np.arange(21)
    points[0, hand.start + 8] = points[0, hand.start + 7] + np.float32([1, 0, 0])
    values = FeaturePlan(UPPER_BODY_55, FeatureConfig(("finger_bends",), ())).compute(points)[0]
    names = BLOCKS["finger_bends"].names(UPPER_BODY_55)
    bend = dict(zip(names, values, strict=True))
    assert bend["right_index_finger_pip_bend"] == pytest.approx(1)
    assert bend["right_index_finger_dip_bend"] == pytest.approx(0, abs=1e-6)


def test_a_hand_far_from_the_camera_has_the_same_shape(plan, aligned):
    points = aligned.points.copy()
    hand = UPPER_BODY_55.groups["right_hand"]
    wrist = points[:, hand.start : hand.start + 1].copy()
    points[:, hand] = (points[:, hand] - wrist) * 0.5 + wrist
    shape = [i for i, name in enumerate(plan.names) if name.startswith("hand_shape/right") and "@" not in name]
    np.testing.assert_allclose(plan.compute(points)[:, shape], plan.compute(aligned.points)[:, shape], atol=1e-4)


def test_what_is_unseen_is_0_and_says_so(plan, aligned):
    points = aligned.points.copy()
    points[:, UPPER_BODY_55.groups["left_hand"]] = nan
    values = plan.compute(points)
    assert np.isfinite(values).all()
    left = [
        i for i, name in enumerate(plan.names) if name.partition("/")[2].startswith("left_") and "hand_shape" in name
    ]
    assert (values[:, left] == 0).all()
    assert (values[:, plan.names.index("hand_seen/left_hand_seen")] == 0).all()
    assert (values[:, plan.names.index("hand_seen/right_hand_seen")] == 1).all()


def test_velocity_is_the_change_of_position(aligned):
    plan = FeaturePlan(UPPER_BODY_55, FeatureConfig(("wrist_places",), (1, 2), clip=100))
    values = plan.compute(aligned.points)
    np.testing.assert_allclose(values[1:, 4:8], np.diff(values[:, :4], axis=0) * 4, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(values[2:, 8:], (values[2:, :4] - values[:-2, :4]) * 2, rtol=1e-5, atol=1e-6)
    assert (values[0, 4:] == 0).all()


def test_wrist_paths_say_nothing_of_the_place(aligned):
    plan = FeaturePlan(UPPER_BODY_55, FeatureConfig(("wrist_places", "wrist_paths"), ()))
    places, paths = np.split(plan.compute(aligned.points), 2, axis=1)
    np.testing.assert_allclose(paths.reshape(-1, 2, 2).mean((0, 1)), 0, atol=1e-5)
    np.testing.assert_allclose(np.ptp(paths - places, axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(np.split(plan.compute(aligned.points + 1), 2, axis=1)[1], paths, atol=1e-5)


def test_wild_numbers_are_cut(plan, aligned):
    assert np.abs(plan.compute(aligned.points * 1e4)).max() <= 6


def test_a_batch_gives_what_each_clip_gives(plan, aligned):
    both = np.stack([aligned.points, aligned.points * np.float32(1.1)])
    batch = plan.compute(both)
    np.testing.assert_allclose(batch[1], plan.compute(both[1]), atol=1e-6)


def test_a_layout_without_the_landmarks_of_a_block_is_refused():
    with pytest.raises(LayoutError, match="feature block body_points cannot be computed on layout hands_42"):
        FeaturePlan(HANDS_42, FeatureConfig())


@pytest.mark.parametrize("blocks", [("body_depth_points", "arms_to_body", "limb_directions")])
def test_kinect_blocks(blocks):
    plan = FeaturePlan(KINECT_20, FeatureConfig(blocks))
    values = plan.compute(np.random.default_rng(0).normal(size=(3, 7, 20, 3)).astype(np.float32))
    assert values.shape == (3, 7, len(plan.names))
    assert np.isfinite(values).all()


@pytest.mark.parametrize(
    ("seconds", "frames"),
    [
        pytest.param(1.92, 48, id="a usual clip"),
        pytest.param(7.68, 64, id="four times as long: the most"),
        pytest.param(0.48, 24, id="a quarter: half the frames"),
        pytest.param(0.01, 24, id="hardly anything"),
    ],
)
def test_frame_counts_follow_the_duration(seconds, frames):
    assert frame_counts(np.array([seconds]), SamplingConfig())[0] == frames


def test_frame_rate_does_not_matter(aligned):
    from dataclasses import replace

    twice = replace(aligned, points=aligned.points.repeat(2, axis=0), fps=50.0, confidence=None, filled=None)
    ours, theirs = (sample_frames(s, SamplingConfig()) for s in (aligned, twice))
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() < 0.1


def test_positions_run_from_first_to_last_frame_then_pad():
    places, mask = frame_positions(np.array([10, 3]), np.array([4, 3]), 4)
    np.testing.assert_allclose(places, [[0, 3, 6, 9], [0, 1, 2, 2]])
    assert mask.tolist() == [[True] * 4, [True, True, True, False]]


def test_one_frame_is_enough(plan, aligned):
    picture = aligned.with_points(aligned.points[:1])
    assert features(picture, plan, SamplingConfig()).values.shape[0] >= 2
