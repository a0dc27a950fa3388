import numpy as np
import pytest

from chereme.augment import AugmentConfig, augment_frames, augment_points, mask_spans, mirror_clips, mixup, swap_hands
from chereme.errors import RecipeError
from chereme.features import FeatureConfig, FeaturePlan
from chereme.layout import UPPER_BODY_55
from chereme.preprocess import PreprocessConfig, preprocess

STILL = dict.fromkeys(
    [
        "crop",
        "warp",
        "rotate",
        "scale",
        "shift",
        "noise",
        "hand_rotate",
        "hand_scale",
        "hand_shift",
        "head_shift",
        "drop_finger",
        "drop_hand",
        "drop_left_hand",
        "mask_time",
        "mixup",
        "mirror",
    ],
    0.0,
)


@pytest.fixture
def points(signing):
    aligned = preprocess(signing, PreprocessConfig(layout="upper_body_55")).points
    return np.stack([aligned] * 8)


def augmented(points, seed=0, **changes):
    config = AugmentConfig(rate=1.0, **(STILL | changes))
    rng = np.random.default_rng(seed)
    return mirror_clips(augment_points(points, UPPER_BODY_55, config, rng), UPPER_BODY_55, config, rng)[0]


def test_nothing_asked_nothing_changed(points):
    np.testing.assert_allclose(augmented(points), points, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "strength"),
    [
        ("rotate", 10.0), ("scale", 0.2), ("shift", 0.1), ("noise", 0.01), ("hand_rotate", 20.0), ("hand_scale", 0.2),
        ("hand_shift", 0.1), ("head_shift", 0.1), ("drop_finger", 1.0), ("drop_hand", 1.0),
        ("drop_left_hand", 1.0), ("mirror", 1.0),
    ],
)  # fmt: skip
def test_each_change_reaches_the_model(points, name, strength):
    plan = FeaturePlan(UPPER_BODY_55, FeatureConfig())
    before, after = plan.compute(points), plan.compute(augmented(points, **{name: strength}))
    assert np.abs(before - after).max() > 0.005


def test_the_same_seed_gives_the_same_clips(points):
    config = AugmentConfig()
    runs = [augment_points(points, UPPER_BODY_55, config, np.random.default_rng(s)) for s in (3, 3, 4)]
    np.testing.assert_array_equal(runs[0], runs[1])
    assert not np.array_equal(runs[0], runs[2])


def test_the_input_is_not_changed(points):
    before = points.copy()
    for change in (augment_points, mirror_clips):
        change(points, UPPER_BODY_55, AugmentConfig(mirror=1.0), np.random.default_rng(0))
    np.testing.assert_array_equal(points, before)


def test_a_turn_is_one_for_the_clip_and_keeps_lengths(points):
    turned = augmented(points, rotate=20.0)
    arm = UPPER_BODY_55.indices(["pose/left_elbow", "pose/left_wrist"])
    before, after = (np.linalg.norm(np.diff(p[:, :, arm], axis=2), axis=-1) for p in (points, turned))
    np.testing.assert_allclose(before, after, rtol=1e-4)


def test_a_dropped_finger_is_gone_from_the_whole_clip(points):
    gone = np.isnan(augmented(points, drop_finger=1.0)[..., 0])
    assert gone.any(1).sum(1).tolist() == [8] * 8  # four joints in each hand
    assert (gone.any(1) == gone.all(1)).all()


def test_borrowed_handshapes_stand_on_their_own_wrists(points):
    partner = points + np.float32(3)
    partner[:, :, UPPER_BODY_55.groups["right_hand"]] *= 2
    swapped = swap_hands(points, partner, UPPER_BODY_55, AugmentConfig(swap_hands=1.0), np.random.default_rng(0))
    hand = UPPER_BODY_55.groups["right_hand"]
    np.testing.assert_array_equal(swapped[:, :, hand.start], points[:, :, hand.start])
    borrowed = np.abs(swapped[:, :, hand] - points[:, :, hand]).max(axis=(1, 2, 3)) > 0.01
    assert 0 < borrowed.sum() < 8
    shape = points[borrowed][:, :, hand] - points[borrowed][:, :, hand.start : hand.start + 1]
    mine = swapped[borrowed][:, :, hand] - swapped[borrowed][:, :, hand.start : hand.start + 1]
    np.testing.assert_allclose(mine, shape * 2, atol=1e-5)
    np.testing.assert_array_equal(swapped[:, :, :13], points[:, :, :13])


def test_mirrored_clips_swap_sides(points):
    mirrored = augmented(points, mirror=1.0)
    left, right = (UPPER_BODY_55.groups[g] for g in ("left_hand", "right_hand"))
    np.testing.assert_allclose(mirrored[:, :, left, 0], -points[:, :, right, 0], atol=1e-5)


def test_clips_that_either_hand_may_lead_are_mirrored_alone(points):
    either = np.arange(8) < 4
    config = AugmentConfig(mirror_either=1.0)
    rng = np.random.default_rng(0)
    made, mirrored = mirror_clips(points, UPPER_BODY_55, config, rng, either)
    np.testing.assert_array_equal(mirrored, either)
    whole, _ = mirror_clips(points, UPPER_BODY_55, AugmentConfig(mirror=1.0), rng)
    np.testing.assert_array_equal(made, np.where(either[:, None, None, None], whole, points))
    assert not mirror_clips(points, UPPER_BODY_55, config, rng)[1].any()


def test_frames_stay_in_the_clip_and_in_order():
    places = np.linspace(0, 29, 40)[None].repeat(64, axis=0)
    lengths = np.full(64, 30)
    moved = augment_frames(places, lengths, AugmentConfig(crop=0.3, warp=0.5), np.random.default_rng(0))
    assert (moved.min(), moved.max()) >= (0, 20)
    assert moved.max() <= 29.0001
    assert (np.diff(moved, axis=1) > 0).all()
    assert np.unique(moved[:, 0]).size > 10


def test_hidden_spans_are_zero_and_bounded():
    values, mask = np.ones((200, 50, 3), np.float32), np.ones((200, 50), bool)
    hidden = (mask_spans(values, mask, AugmentConfig(mask_time=0.5), np.random.default_rng(0)) == 0).all(2)
    assert 0.3 < hidden.any(1).mean() < 0.6
    assert hidden.sum(1).max() <= 16


def test_mixup_blends_inputs_and_targets_alike():
    values = np.arange(4, dtype=np.float32)[:, None, None].repeat(5, axis=1)
    targets = np.eye(4, dtype=np.float32)
    mixed, _, blended = mixup(values, np.ones((4, 5), bool), targets, AugmentConfig(mixup=1), np.random.default_rng(1))
    np.testing.assert_allclose(blended.sum(1), 1, rtol=1e-6)
    np.testing.assert_allclose(mixed[:, 0, 0], blended @ np.arange(4), rtol=1e-5)
    assert not np.array_equal(blended, targets)


@pytest.mark.parametrize("wrong", [{"rate": 0.5}, {"mixup": 1.5}, {"drop_hand": -0.1}])
def test_settings_out_of_range(wrong):
    with pytest.raises(RecipeError, match=next(iter(wrong))):
        AugmentConfig(**wrong)
