from dataclasses import replace

import numpy as np
import pytest

from chereme.bundle import Bundle, find_bundle
from chereme.errors import LayoutError, RecipeError
from chereme.features import FeaturePlan
from chereme.layout import BODY_HANDS_75, HANDS_42, KINECT_20, POINT_1, UPPER_BODY_55, Layout
from chereme.preprocess import (
    AlignConfig,
    PreprocessConfig,
    TrimConfig,
    align_body,
    align_hands,
    either_hand_leads,
    fill_gaps,
    fit_layout,
    mirror_to_dominant,
    preprocess,
    sort_hands,
)
from chereme.recipe import Recipe
from chereme.recognize import Recognizer
from chereme.train.batches import make_batch, prepare
from chereme.train.config import RecognizerRecipe
from chereme.types import PoseSequence

nan = float("nan")


def track(*x: float) -> PoseSequence:
    """One landmark at 10 frames a second, all three coordinates alike."""
    points = np.array(x, np.float32)[:, None, None].repeat(3, axis=2)
    return PoseSequence(points, POINT_1, 10.0, (100, 100))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param([0, nan, 2], [0, 1, 2], id="a short gap becomes a line"),
        pytest.param([0, nan, nan, 3, nan, 1], [0, 1, 2, 3, 2, 1], id="two gaps"),
        pytest.param([0, nan, nan, nan, 4], [0, nan, nan, nan, 4], id="a long gap stays"),
        pytest.param([nan, 1, nan], [nan, 1, nan], id="the ends stay"),
        pytest.param([nan, nan], [nan, nan], id="never seen"),
        pytest.param([5.0], [5.0], id="one frame"),
    ],
)
def test_fill_gaps(before, after):
    filled = fill_gaps(track(*before), longest=0.2)
    np.testing.assert_allclose(filled.points[:, 0, 0], after)


def test_filled_points_are_marked():
    filled = fill_gaps(track(0, nan, 2, nan, nan, nan, 3), longest=0.2)
    assert np.flatnonzero(filled.filled).tolist() == [1]


def test_alignment_undoes_place_and_distance(signing):
    far = replace(signing, points=signing.points * 0.5 + np.float32([0.3, 0.1, 2]))
    np.testing.assert_allclose(align_body(far).points, align_body(signing).points, atol=1e-4)
    aligned = align_body(signing)
    middle = (aligned.landmark("pose/left_shoulder") + aligned.landmark("pose/right_shoulder")) / 2
    np.testing.assert_allclose(np.median(middle, axis=0), 0, atol=1e-3)


def test_a_hand_filed_under_the_other_side_comes_back(signing):
    left, right = (signing.layout.groups[g] for g in ("left_hand", "right_hand"))
    wrong = signing.points.copy()
    wrong[10:20, left], wrong[10:20, right] = signing.points[10:20, right], signing.points[10:20, left]
    wrong[30, left] = signing.points[30, right]  # a lone right hand under the left's name
    wrong[30, right] = nan
    expected = signing.points.copy()
    expected[30, left] = nan
    np.testing.assert_array_equal(sort_hands(signing.with_points(wrong)).points, expected)
    assert sort_hands(signing) is signing


def test_hands_without_a_body_keep_their_sides(signing):
    hands = signing.pick(HANDS_42)
    assert sort_hands(hands) is hands


def test_a_body_without_shoulders_is_centred(signing):
    points = signing.points.copy()
    points[:, 11:13] = nan
    aligned = align_body(signing.with_points(points))
    np.testing.assert_allclose(np.nanmedian(aligned.points, axis=(0, 1)), 0, atol=1e-3)


def kinect(turn: float) -> PoseSequence:
    """A skeleton that faces the sensor, turned about its upright axis."""
    rng = np.random.default_rng(1)
    points = rng.normal(0, 0.2, (20, 3)) + np.zeros((5, 1, 1))
    points[:, 2] = (0.2, -0.4, 0)
    points[:, 3] = (-0.2, -0.4, 0)
    cos, sin = np.cos(turn), np.sin(turn)
    return PoseSequence(points @ np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]]), KINECT_20, 30.0, (640, 480))


def test_turning_faces_the_camera():
    straight = align_body(kinect(0), turn=True).points
    np.testing.assert_allclose(align_body(kinect(0.4), turn=True).points, straight, atol=1e-5)
    assert np.abs(align_body(kinect(0.4)).points - straight).max() > 0.1


def test_hands_are_placed_by_the_picture_where_that_is_asked(signing):
    hands = signing.pick(HANDS_42)
    width, height = hands.size
    middle = np.array([width / height / 2, 0.5], np.float32)
    placed = align_hands(hands, in_picture=True).points[..., :2]
    factor = placed[0, 0] / (hands.points[0, 0, :2] - middle)
    np.testing.assert_allclose(factor[0], factor[1], rtol=1e-4)
    np.testing.assert_allclose(placed, (hands.points[..., :2] - middle) * factor, atol=1e-4)
    lower = hands.with_points(hands.points + np.array([0, 0.1, 0], np.float32))
    assert not np.allclose(align_hands(lower, in_picture=True).points, align_hands(hands, in_picture=True).points)
    np.testing.assert_allclose(align_hands(lower).points, align_hands(hands).points, atol=1e-4)


def test_hands_without_a_body_are_brought_to_one_size(signing):
    hands = signing.pick(HANDS_42)
    bigger = replace(hands, points=hands.points * 3 + np.float32(1))
    np.testing.assert_allclose(align_hands(bigger).points[..., :2], align_hands(hands).points[..., :2], atol=1e-4)


def test_left_handed_signing_becomes_right_handed(signing):
    points = signing.points.copy()
    still = points[:1, signing.layout.groups["left_hand"]]
    points[:, signing.layout.groups["left_hand"]] = still
    points[:, signing.layout.index("pose/left_wrist")] = still[:, 0]
    right = align_body(signing.with_points(points))
    left = align_body(signing.with_points(points).mirrored())
    assert mirror_to_dominant(right) is right
    np.testing.assert_allclose(mirror_to_dominant(left).points, right.points, atol=1e-4)


@pytest.mark.parametrize(("lead", "either"), [(0.5, False), (0.9, True), (1.1, True), (2.0, False)])
def test_whether_either_hand_leads_is_whether_a_mirror_image_stays_one(signing, lead, either):
    points = signing.points.copy()
    left, right = (signing.layout.index(f"pose/{side}_wrist") for side in ("left", "right"))
    points[:, left] = points[:, right] * np.float32(lead)
    clip = align_body(signing.with_points(points))
    assert either_hand_leads(clip) == either
    turned = [mirror_to_dominant(one) is not one for one in (clip, mirrored_about_the_body(clip))]
    assert turned == [lead > 1.3, 1 / lead > 1.3]


def mirrored_about_the_body(clip):
    points = clip.points[:, clip.layout.mirrored_order()] * np.array([-1, 1, 1], np.float32)
    return clip.with_points(points)


def test_landmarks_that_can_be_done_without_stay_unseen(signing):
    keep = [n for n in BODY_HANDS_75.names if n not in ("pose/nose", "pose/left_hip")]
    reduced = signing.pick(Layout("reduced", tuple(keep)))
    fitted = fit_layout(reduced, UPPER_BODY_55)
    assert np.isnan(fitted.landmark("pose/nose")).all()
    assert not np.isnan(fitted.landmark("pose/left_wrist")).any()


@pytest.mark.parametrize("lead", [0.9, 1.0, 1.1, 1.25])
def test_a_clip_and_its_mirror_image_become_the_same_where_that_is_asked(signing, lead):
    points = signing.points.copy()
    wrist = signing.layout.index("pose/left_wrist")
    points[:, wrist] = points[:, wrist].mean(0) + (points[:, wrist] - points[:, wrist].mean(0)) * np.float32(lead)
    clip = signing.with_points(points)
    either = [preprocess(one, PreprocessConfig(clearly=1.0)).points for one in (clip, clip.mirrored())]
    np.testing.assert_allclose(*either, atol=1e-4)
    with pytest.raises(RecipeError, match=r"preprocess\.clearly is a factor from 1 to 10"):
        PreprocessConfig(clearly=0.5)


def test_landmarks_that_are_needed_are_named(signing):
    with pytest.raises(
        LayoutError, match=r"lacks 6 landmarks that upper_body_55 cannot do without: pose/left_shoulder"
    ):
        fit_layout(signing.pick(HANDS_42), UPPER_BODY_55)


def test_the_input_is_not_changed(signing):
    before = signing.points.copy()
    preprocess(signing, PreprocessConfig())
    np.testing.assert_array_equal(signing.points, before)


def test_recipes_without_trim_and_align_preprocess_as_ever(signing):
    """The bundle `isl43` was trained before there were those tables: not a bit may change for it."""
    points = signing.points.copy()
    points[10:14, signing.layout.groups["left_hand"]] = nan
    points[30:45, signing.layout.groups["right_hand"]] = nan
    clip = signing.with_points(points)
    recipe = Bundle.load(find_bundle("isl43")).recipe
    ours = preprocess(
        clip,
        recipe.stage("preprocess", PreprocessConfig),
        recipe.stage("trim", TrimConfig),
        recipe.stage("align", AlignConfig),
    )
    by_hand = mirror_to_dominant(align_body(fill_gaps(sort_hands(fit_layout(clip, UPPER_BODY_55)), 0.25)))
    assert ours.points.tobytes() == by_hand.points.tobytes()


def test_training_and_recognizing_trim_and_align_alike(signing, small_bundle):
    """What a recipe says reaches both sides."""
    still = np.concatenate([signing.points[:1].repeat(25, 0), signing.points, signing.points[-1:].repeat(25, 0)])
    clip = replace(signing, points=still, confidence=None)
    text = "[preprocess]\nalign = 'reference'\n[trim]\nkind = 'simple'\n[model]\nwidth = 16\n"
    recipe = RecognizerRecipe.read(Recipe.from_text(text))
    trained = prepare([clip], [0], recipe)
    bundle = replace(Bundle.load(small_bundle), recipe=recipe.source)
    assert 45 <= trained.lengths[0] <= 60
    values, _ = make_batch(trained, np.array([0]), recipe, FeaturePlan(BODY_HANDS_75, recipe.features), None)
    np.testing.assert_allclose(Recognizer(bundle).features(clip).values, values[0], atol=1e-6)
