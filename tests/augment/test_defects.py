"""Changes of training clips against the defects of the two systems that they come from."""

import subprocess
import sys
from dataclasses import fields

import numpy as np
import pytest

from chereme.augment import AugmentConfig, augment_frames, augment_points, cutmix, mask_frames, mirror_clips, mixup
from chereme.errors import RecipeError
from chereme.features import FeatureConfig, FeaturePlan
from chereme.layout import UPPER_BODY_55
from chereme.preprocess import PreprocessConfig, preprocess

OFF = dict.fromkeys(
    "crop warp rotate scale shift noise hand_rotate hand_scale hand_shift head_shift swap_hands drop_finger drop_hand"
    " drop_left_hand mask_time mixup mirror".split(),
    0.0,
)
nan = float("nan")


def only(**settings):
    return AugmentConfig(**(OFF | settings))


def changed(points, seed=0, **settings):
    config, rng = only(**settings), np.random.default_rng(seed)
    return mirror_clips(augment_points(points, UPPER_BODY_55, config, rng), UPPER_BODY_55, config, rng)[0]


@pytest.fixture
def points(signing):
    aligned = preprocess(signing, PreprocessConfig(layout="upper_body_55")).points
    return np.stack([aligned] * 8)


@pytest.fixture
def still(points):
    """A signer who does not move: what then moves was moved by augmentation."""
    return points[:, :1].repeat(20, axis=1)


def shoulders(points):
    return points[:, :, UPPER_BODY_55.indices(["pose/left_shoulder", "pose/right_shoulder"])].mean(2)


@pytest.mark.parametrize(
    ("name", "strength"),
    [
        ("rotate", 20.0), ("scale", 0.3), ("shift", 0.3), ("hand_rotate", 20.0), ("hand_scale", 0.3),
        ("hand_shift", 0.3), ("head_shift", 0.3), ("drop_finger", 1.0), ("drop_left_hand", 1.0), ("mirror", 1.0),
    ],
)  # fmt: skip
def test_a_signer_who_holds_still_does_so_afterwards(still, name, strength):
    """Defect: the angle was drawn anew for every frame, so the signer shook."""
    made = changed(still, **{name: strength})
    assert not np.array_equal(made, still, equal_nan=True)
    np.testing.assert_allclose(made, made[:, :1].repeat(20, axis=1), atol=1e-5)


def test_clips_of_a_batch_are_turned_apart(still):
    made = changed(still, rotate=20.0)
    assert len(np.unique(made[:, 0, 10, 0].round(4))) == 8


def test_a_turn_leaves_the_middle_of_the_shoulders_in_place(points):
    """Defect: turned about the corner of the picture, the signer also moved away."""
    made = changed(points, rotate=25.0)
    np.testing.assert_allclose(shoulders(made), shoulders(points), atol=1e-3)


def test_a_turn_keeps_all_distances(points):
    """Defects: turned without the picture's aspect ratio; and coordinates taken in threes out of rows of four, so
    that visibilities were turned too."""
    made = changed(points, rotate=25.0)
    apart = [np.linalg.norm(p[:, :, :, None] - p[:, :, None], axis=-1) for p in (points, made)]
    np.testing.assert_allclose(apart[1], apart[0], atol=1e-4)


def test_a_turn_in_the_picture_alone_leaves_depth(points):
    made = changed(points, rotate=25.0, rotate_depth=0.0)
    np.testing.assert_allclose(made[..., 2], points[..., 2], atol=1e-6)
    assert np.abs(made[..., 0] - points[..., 0]).max() > 0.1


def test_uniform_turns_stay_within_their_bound(still):
    many = still[:, :1].repeat(40, axis=0)
    made = changed(many, rotate=10.0, rotate_depth=0.0, spread="uniform")
    ends = UPPER_BODY_55.indices(["pose/left_shoulder", "pose/right_shoulder"])
    across = [p[:, 0, ends[0], :2] - p[:, 0, ends[1], :2] for p in (many, made)]
    angles = np.degrees([np.arctan2(a[:, 1], a[:, 0]) for a in across])
    turned = angles[1] - angles[0]
    assert 9 < np.abs(turned).max() <= 10
    assert np.std(turned) == pytest.approx(10 / np.sqrt(3), rel=0.1)


def test_noise_is_smaller_than_a_finger(points):
    """Defect: a standard deviation of 5 % of the picture for each point in each frame, more than a finger's width."""
    noise = AugmentConfig().noise
    moved = changed(points, noise=noise) - points
    assert np.nanstd(moved) == pytest.approx(noise, rel=0.02)
    hand = points[:, :, UPPER_BODY_55.groups["right_hand"]]
    knuckles = np.linalg.norm(hand[:, :, 9] - hand[:, :, 5], axis=-1)  # neighbouring fingers
    assert 3 * noise < knuckles.min() / 2


@pytest.mark.parametrize("settings", [{"noise": 0.05}, {"rotate": 20.0}, {"scale": 0.3}, {"shift": 0.3}])
def test_what_was_not_seen_stays_unseen(points, settings):
    """Defect: noise on the zeros of absent hands made a hand of it."""
    left = UPPER_BODY_55.groups["left_hand"]
    points[:, :, left] = nan
    assert np.isnan(changed(points, **settings)[:, :, left]).all()


def test_masked_frames_are_unseen_not_at_zero(points):
    """Defects: masked frames were set to 0, which is a place, in the array that they came from."""
    before = points.copy()
    mask = np.ones(points.shape[:2], bool)
    mask[0, 20:] = False
    made = mask_frames(points, mask, only(mask_frames=0.1), np.random.default_rng(0))
    np.testing.assert_array_equal(points, before)
    gone = np.isnan(made).all((2, 3))
    assert gone.sum(1).tolist() == [2] + [5] * 7  # a tenth of the 20 frames of the first, of the 50 of others
    assert not gone[0, 20:].any()
    np.testing.assert_array_equal(made[~gone], points[~gone])
    plan = FeaturePlan(UPPER_BODY_55, FeatureConfig(("hand_seen",), ()))
    assert (plan.compute(made)[gone] == 0).all()
    assert (plan.compute(made)[~gone] == 1).all()


def test_a_short_clip_loses_at_least_a_frame(points):
    mask = np.ones((8, 12), bool)
    made = mask_frames(points[:, :12], mask, only(mask_frames=0.01), np.random.default_rng(0))
    assert np.isnan(made).all((2, 3)).sum(1).tolist() == [1] * 8


@pytest.fixture
def places():
    return np.linspace(0, 59, 60)[None].repeat(200, axis=0), np.full(200, 60)


def seen(places):
    """Frames that are taken."""
    return np.floor(places + 0.5).astype(int)


def test_warped_time_stays_warped(places):
    """Defect: the warp changed a clip's length, and an even resampling to 60 frames undid it."""
    made = augment_frames(*places, only(warp=0.5), np.random.default_rng(0))
    np.testing.assert_allclose(made[:, [0, -1]], places[0][:, [0, -1]])
    assert (np.diff(made, axis=1) > 0).all()
    assert ((seen(made) != seen(places[0])).any(1)).mean() > 0.8


def test_a_shifted_clip_holds_its_first_or_last_frame(places):
    made = augment_frames(*places, only(shift_time=0.1), np.random.default_rng(0))
    held = (made == 0).sum(1), (made == 59).sum(1)
    assert max(map(max, held)) in (6, 7)  # a tenth of 60, and the frame itself
    assert ((held[0] > 1) != (held[1] > 1)).mean() > 0.8
    inside = (made > 0) & (made < 59)
    early = np.where(inside, made - places[0], nan)
    assert np.nanmax(np.nanmax(early, 1) - np.nanmin(early, 1)) < 1e-9  # one shift a clip
    assert (made >= 0).all()
    assert (made <= 59).all()


def test_a_slower_camera_repeats_frames_evenly(places):
    made = augment_frames(*places, only(resample=1.0, resample_most=3.0), np.random.default_rng(0))
    frames = [np.unique(row) for row in seen(made)]
    counts = np.array([len(row) for row in frames])
    assert counts.min() >= 20
    assert counts.max() <= 60
    assert counts.std() > 5
    for row in frames:
        assert np.ptp(np.diff(row[1:-1])) <= 1


@pytest.mark.parametrize(
    ("part", "settings"),
    [
        ("rotate", {"rotate": 20.0}), ("scale", {"scale": 0.3}), ("noise", {"noise": 0.05}),
    ],
)  # fmt: skip
def test_a_share_of_the_clips_is_changed(points, part, settings):
    many = points.repeat(40, axis=0)[:, :2]
    made = changed(many, **settings, **{f"{part}_share": 0.3})
    touched = np.abs(made - many).max((1, 2, 3)) > 1e-3
    assert 0.2 < touched.mean() < 0.4
    assert changed(many, **settings, **{f"{part}_share": 0.0}) == pytest.approx(many, abs=1e-5)


@pytest.mark.parametrize("part", ["warp", "shift_time"])
def test_a_share_of_the_clips_has_other_times(places, part):
    made = augment_frames(*places, only(**{part: 0.4, f"{part}_share": 0.3}), np.random.default_rng(0))
    touched = np.abs(made - places[0]).max(1) > 0.01
    assert 0.2 < touched.mean() < 0.4


def test_mirrored_clips_have_mirrored_features(points):
    """Defect: angles with a sense of turning change sign in a mirror, so features may not be mirrored afterwards."""
    plan = FeaturePlan(UPPER_BODY_55, FeatureConfig(("finger_bends", "wrist_places"), ()))
    points[:, :, UPPER_BODY_55.groups["left_hand"]] += np.float32(0.05) * np.arange(21)[:, None] ** 1.5 / 21
    before, after = (plan.compute(p) for p in (points, changed(points, mirror=1.0)))
    index = {name: i for i, name in enumerate(plan.names)}
    pairs = [(i, index[name.replace("left_", "right_")]) for name, i in index.items() if "/left_" in name]
    left, right = (list(side) for side in zip(*pairs, strict=True))
    away = np.array([-1.0 if plan.names[i].endswith("x") else 1.0 for i in left])
    assert np.abs(before[..., left] - before[..., right]).max() > 0.1
    np.testing.assert_allclose(after[..., left], before[..., right] * away, atol=1e-4)
    np.testing.assert_allclose(changed(changed(points, mirror=1.0), mirror=1.0), points, atol=1e-5)


def batch_of_four():
    values = np.arange(4, dtype=np.float32)[:, None, None].repeat(10, axis=1)
    mask = np.ones((4, 10), bool)
    mask[3, 5:] = False
    values[3, 5:] = 0
    return values, mask, np.eye(4, dtype=np.float32)


def test_cutmix_shows_another_clip_for_a_stretch_and_says_how_long():
    values, mask, targets = batch_of_four()
    for seed in range(20):
        made, blended = cutmix(values, mask, targets, only(cutmix=1.0), np.random.default_rng(seed))
        np.testing.assert_allclose(blended.sum(1), 1, rtol=1e-6)
        for row in range(4):
            shown = made[row, mask[row], 0]
            share = np.bincount(shown.astype(int), minlength=4) / len(shown)
            np.testing.assert_allclose(blended[row], share, atol=1e-6)
            assert (np.diff(np.flatnonzero(shown != row)) == 1).all()  # in one stretch
        assert (made[~mask] == 0).all()
        np.testing.assert_array_equal(values, batch_of_four()[0])


def test_cutmix_takes_the_same_share_of_the_other_clips_time():
    values = np.linspace(0, 1, 10, dtype=np.float32)[None, :, None].repeat(2, axis=0)
    values[1, 5:] = 0
    values[1, :5, 0] = np.linspace(0, 1, 5)
    mask = np.array([[True] * 10, [True] * 5 + [False] * 5])
    made, _ = cutmix(values, mask, np.eye(2, dtype=np.float32), only(cutmix=1.0), np.random.default_rng(1))
    assert np.abs(made[mask] - values[mask]).max() <= 0.13  # half a step of the shorter clip


def test_mixup_of_a_small_alpha_keeps_mostly_one_clip():
    values, mask, targets = batch_of_four()
    shares = {}
    for alpha in (0.1, 1.0):
        config = only(mixup=1.0, mixup_alpha=alpha)
        blends = [mixup(values, mask, targets, config, np.random.default_rng(seed))[2] for seed in range(300)]
        shares[alpha] = np.mean([((b > 0.05) & (b < 0.95)).any() for b in blends])
    assert shares[0.1] < 0.4
    assert shares[1.0] > 0.6


def test_the_same_seed_changes_clips_alike_in_every_process():
    """Defect: seeded by Python's `hash` of a file name, which is another number in each process."""
    code = (
        "import numpy as np\n"
        "from chereme.augment import AugmentConfig, augment_points\n"
        "from chereme.layout import UPPER_BODY_55\n"
        "points = np.ones((3, 4, 55, 3), np.float32)\n"
        "made = augment_points(points, UPPER_BODY_55, AugmentConfig(), np.random.default_rng((1, 2, 3)))\n"
        "print(np.nansum(made), int(np.isnan(made).sum()))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1


@pytest.mark.parametrize("name", [f.name for f in fields(AugmentConfig) if f.name != "spread"])
def test_a_number_out_of_range_is_refused_by_name(name):
    with pytest.raises(RecipeError, match=rf"augment\.{name} "):
        AugmentConfig(**{name: -0.5})


def test_an_unknown_spread_is_refused():
    with pytest.raises(RecipeError, match="normal or uniform, got 'even'"):
        AugmentConfig(spread="even")
