from itertools import pairwise

import numpy as np
import pytest

from chereme.augment.hand import HandAugmentConfig, augment_hands
from chereme.errors import RecipeError
from chereme.features.hand import HAND_FEATURES
from made_up import made_up_hands

STILL = dict.fromkeys(vars(HandAugmentConfig()), 0.0)
CHAINS = [(0, *range(1 + 4 * finger, 5 + 4 * finger)) for finger in range(5)]


@pytest.fixture(scope="module")
def hands():
    return made_up_hands(300, np.random.default_rng(1))


def augmented(hands, seed=0, **changes):
    return augment_hands(hands, HandAugmentConfig(**(STILL | changes)), np.random.default_rng(seed))


def normalised(hands):
    about = hands - hands[:, :1]
    return about / np.linalg.norm(about, axis=-1).max(1)[:, None, None]


def bones(hands):
    """(B, 5, 4, 3): the four bones of each finger, from the wrist outwards."""
    return np.stack([np.stack([hands[:, b] - hands[:, a] for a, b in pairwise(chain)], 1) for chain in CHAINS], 1)


def lengths(hands):
    return np.linalg.norm(bones(hands), axis=-1)


def angles(before, after):
    """(B, 5, 4) degrees by which each bone has turned."""
    a, b = bones(before), bones(after)
    cosine = (a * b).sum(-1) / (np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1))
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


def test_nothing_asked_is_the_same_hand_about_its_wrist(hands):
    made = augmented(hands)
    np.testing.assert_allclose(made, normalised(hands), atol=1e-6)
    assert made.dtype == np.float32


@pytest.mark.parametrize(
    ("name", "strength"),
    [("bone", 0.06), ("finger", 0.08), ("joint", 6.0), ("turn", 14.0), ("roll", 11.0), ("depth", 0.25),
     ("aspect", 0.06), ("noise", 0.012), ("flatten", 1.0)],
)  # fmt: skip
@pytest.mark.parametrize("kind", HAND_FEATURES)
def test_each_change_reaches_the_model(hands, name, strength, kind):
    before, after = HAND_FEATURES[kind](hands), HAND_FEATURES[kind](augmented(hands, **{name: strength}))
    assert np.median(np.abs(before - after).max(1)) > 0.005


def test_the_wrist_stays_and_nothing_is_lost(hands):
    made = augmented(hands, **(vars(HandAugmentConfig()) | {"noise": 0.0}))
    assert (made[:, 0] == 0).all()
    reach = np.linalg.norm(made, axis=-1).max(1)
    assert 0.5 < reach.min() < 1 < reach.max() < 2
    assert np.isfinite(augment_hands(hands, HandAugmentConfig(), np.random.default_rng(0))).all()


def test_one_jitter_of_its_own_for_each_point(hands):
    off = augmented(hands, noise=0.02) - normalised(hands)
    np.testing.assert_allclose(off.std((0, 1)), [0.02, 0.02, 0.03], rtol=0.05)
    assert abs(np.corrcoef(off[:, 4, 0], off[:, 8, 0])[0, 1]) < 0.2


def test_the_same_seed_gives_the_same_hands(hands):
    made = [augment_hands(hands, HandAugmentConfig(), np.random.default_rng(seed)) for seed in (3, 3, 4)]
    np.testing.assert_array_equal(made[0], made[1])
    assert np.abs(made[0] - made[2]).max() > 0.1


def test_the_input_is_not_changed(hands):
    before = hands.copy()
    augment_hands(hands, HandAugmentConfig(), np.random.default_rng(0))
    np.testing.assert_array_equal(hands, before)


def test_size_and_place_in_the_picture_do_not_matter(hands):
    near = augmented(hands * 3 + 0.5, bone=0.06, joint=6.0, turn=10.0)
    np.testing.assert_allclose(near, augmented(hands, bone=0.06, joint=6.0, turn=10.0), atol=1e-4)


@pytest.mark.parametrize(("name", "strength"), [("turn", 20.0), ("roll", 15.0)])
def test_a_turn_is_of_the_whole_hand(hands, name, strength):
    made, plain = augmented(hands, **{name: strength}), normalised(hands)
    np.testing.assert_allclose(lengths(made), lengths(plain), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(made, axis=-1).max(1), 1, atol=1e-5)
    if name == "roll":
        np.testing.assert_allclose(made[..., 2], plain[..., 2], atol=1e-6)  # it stays in the picture's plane
        at, was = (np.arctan2(h[:, 9, 1], h[:, 9, 0]) for h in (made, plain))
        assert np.degrees(np.std((at - was + np.pi) % (2 * np.pi) - np.pi)) == pytest.approx(strength, rel=0.15)


def test_joints_turn_and_bones_keep_their_length(hands):
    made, plain = augmented(hands, joint=6.0), normalised(hands)
    np.testing.assert_allclose(lengths(made), lengths(plain), rtol=1e-4, atol=1e-6)
    turned = angles(plain, made)
    palm, tip = turned[:, :, 0].mean(), turned[:, :, 3].mean()
    assert 0 < palm < 0.5 * tip  # each joint turns all that lies beyond it
    assert tip < 30


def test_a_finger_stays_one_chain_whose_bones_point_as_before(hands):
    """Other lengths alone move no bone out of its direction; a longer bone carries the rest of its finger along."""
    made, plain = augmented(hands, bone=0.2, finger=0.2), normalised(hands)
    assert angles(plain, made).max() < 0.1
    ratio = lengths(made) / lengths(plain)
    assert np.log(ratio).std() == pytest.approx(np.hypot(0.2, 0.2), rel=0.05)
    shared = np.log(ratio).mean(2).std()  # a finger's own stretch is common to its bones
    assert shared == pytest.approx(np.hypot(0.2, 0.2 / 2), rel=0.07)


def test_depth_and_aspect_stretch_single_axes(hands):
    plain = normalised(hands)
    deep = augmented(hands, depth=0.3)
    np.testing.assert_allclose(deep[..., :2], plain[..., :2], atol=1e-6)
    factor = deep[:, 8, 2] / plain[:, 8, 2]
    np.testing.assert_allclose(deep[..., 2], plain[..., 2] * factor[:, None], atol=1e-5)
    assert (factor > 0).all()
    wide = augmented(hands, aspect=0.2)
    np.testing.assert_allclose(wide[..., 1:], plain[..., 1:], atol=1e-6)
    assert np.log(wide[:, 20, 0] / plain[:, 20, 0]).std() == pytest.approx(0.2, rel=0.15)


def test_a_hand_without_depth_stays_flat(hands):
    mixed = hands.copy()
    mixed[::2, :, 2] = 0.37  # an engine's constant is no depth either
    made = augment_hands(mixed, HandAugmentConfig(), np.random.default_rng(0))
    assert (made[::2, :, 2] == 0).all()
    assert (np.abs(made[1::2, :, 2]).max(1) > 0).all()
    assert np.isfinite(made).all()


def test_some_hands_lose_their_depth(hands):
    flat = (augmented(hands, flatten=0.3)[..., 2] == 0).all(1)
    assert flat.mean() == pytest.approx(0.3, abs=0.08)


@pytest.mark.parametrize("name", list(STILL))
def test_no_setting_is_below_nothing(name):
    with pytest.raises(RecipeError, match=f"hand_augment.{name} must not be below 0"):
        HandAugmentConfig(**{name: -0.1})
    with pytest.raises(RecipeError, match=r"a share from 0 to 1, got 1\.5"):
        HandAugmentConfig(flatten=1.5)
