from dataclasses import replace

import numpy as np
import pytest

from chereme.errors import RecipeError
from chereme.layout import KINECT_20, UPPER_BODY_55
from chereme.preprocess import (
    AlignConfig,
    PreprocessConfig,
    Signing,
    TrimConfig,
    align_to_reference,
    explain,
    find_reference,
    in_picture,
)
from chereme.preprocess.average_hand import AVERAGE_HAND, hang_unseen_hands
from chereme.types import PoseSequence

nan = np.nan
CONFIG = AlignConfig()
SIGNING = Signing(10, 39)
"""Of the 50 made-up frames: ten before it and ten after it are still."""


def moved_while_signing(clip: PoseSequence) -> PoseSequence:
    """The signer leans far to the side and forward in the middle of the clip."""
    points = clip.points.copy()
    points[15:35] = points[15:35] * 1.5 + np.array([0.4, 0, 0], np.float32)
    return clip.with_points(points)


def middle(clip: PoseSequence, *names: str) -> np.ndarray:
    return np.median(np.mean([clip.landmark(f"pose/{name}") for name in names], axis=0), axis=0)


def test_the_signer_is_measured_while_standing_still(signing):
    reference = find_reference(moved_while_signing(signing), SIGNING, CONFIG)
    assert reference.shoulder_width == pytest.approx(0.26, abs=1e-3)  # 1.02 - 0.76 of the made-up signer
    assert reference.face_width == pytest.approx(0.10, abs=1e-3)
    assert reference.face_to_shoulders == pytest.approx(0.18, abs=2e-3)
    assert (reference.still_frames, reference.from_all) == (20, ())


def test_targets_are_met(signing):
    """By the largest of the scales: here the face's, 0.155 / 0.10; the shoulders' would be 0.35 / 0.26."""
    reference = find_reference(signing, SIGNING, CONFIG)
    placed = in_picture(align_to_reference(signing, reference, CONFIG), CONFIG)
    ears = middle(placed, "left_ear") - middle(placed, "right_ear")
    assert ears[0] == pytest.approx(0.155, abs=1e-3)
    shoulders, face = middle(placed, "left_shoulder", "right_shoulder"), middle(placed, "left_ear", "right_ear")
    assert shoulders[1] == pytest.approx(0.52, abs=1e-3)
    assert (shoulders[0] + face[0]) / 2 == pytest.approx(0.5, abs=1e-3)
    assert placed.size == (720, 720)


@pytest.mark.parametrize(
    ("by", "scale"),
    [
        pytest.param(("face_width",), 0.155 / 0.10, id="face"),
        pytest.param(("shoulder_width",), 0.35 / 0.26, id="shoulders"),
        pytest.param(("face_to_shoulders", "shoulder_width"), 0.275 / 0.18, id="the largest of two"),
    ],
)
def test_defect_one_scale_for_all_three_axes(signing, by, scale):
    """The source stretched x by one measure, y by another, and left z as it was."""
    config = AlignConfig(by=by)
    deep = signing.points + np.random.default_rng(3).normal(0, 0.05, signing.points.shape).astype(np.float32)
    aligned = align_to_reference(signing.with_points(deep), find_reference(signing, SIGNING, config), config)
    steps = np.diff(aligned.points, axis=0) / np.diff(deep, axis=0)
    np.testing.assert_allclose(np.median(steps, axis=(0, 1)), scale / 0.35, rtol=0.01)


def test_defect_size_depended_on_the_picture_s_proportions(signing):
    """The same person filmed 16:9 and 15:11: frame heights measure alike on both axes, so nothing changes."""
    narrow = replace(signing, size=(240, 176), points=signing.points - np.array([0.2, 0, 0], np.float32))
    wide, narrow = (align_to_reference(c, find_reference(c, SIGNING, CONFIG), CONFIG) for c in (signing, narrow))
    np.testing.assert_allclose(wide.points, narrow.points, atol=1e-5)


@pytest.mark.parametrize(
    "within",
    [
        pytest.param(Signing(0, 49), id="no frame outside the signing"),
        pytest.param(Signing(1, 49), id="a single one"),
    ],
)
def test_defect_no_usable_stationary_frame(signing, within):
    """The source failed, or measured one frame; here all frames count, and it is said."""
    reference = find_reference(signing, within, CONFIG)
    assert reference.shoulder_width == pytest.approx(0.26, abs=1e-3)
    assert reference.from_all == ("face", "shoulders", "face_width", "shoulder_width", "face_to_shoulders")


def test_still_frames_that_show_no_face_leave_it_to_all_frames(signing):
    points = signing.points.copy()
    points[:10, :11] = points[40:, :11] = nan
    reference = find_reference(signing.with_points(points), SIGNING, CONFIG)
    assert reference.from_all == ("face", "face_width", "face_to_shoulders")
    assert reference.face_width == pytest.approx(0.10, abs=1e-3)


@pytest.mark.parametrize(
    ("gone", "landmark", "expected"),
    [
        pytest.param(slice(0, 11), "right_shoulder", (-0.5, 0), id="never a face: half a shoulder width aside"),
        # scale 0.155 / 0.10 by the face; the shoulders are taken 0.275 / 1.55 below its middle, the nose 0.01
        pytest.param(slice(11, 13), "nose", (0, (0.01 - 0.275 / 1.55) * 1.55 / 0.35), id="never the shoulders"),
    ],
)
def test_what_is_never_seen_is_done_without(signing, gone, landmark, expected):
    points = signing.points.copy()
    points[:, gone] = nan
    clip = signing.with_points(points)
    aligned = align_to_reference(clip, find_reference(clip, SIGNING, CONFIG), CONFIG)
    np.testing.assert_allclose(middle(aligned, landmark)[:2], expected, atol=5e-3)


def test_nobody_seen_is_only_centred(signing):
    points = signing.points.copy()
    points[:, :13] = nan
    clip = signing.with_points(points)
    aligned = align_to_reference(clip, find_reference(clip, SIGNING, CONFIG), CONFIG)
    np.testing.assert_allclose(np.nanmedian(aligned.points, axis=(0, 1)), 0, atol=1e-3)
    np.testing.assert_allclose(
        np.ptp(aligned.landmark("left_hand/wrist"), 0), np.ptp(clip.landmark("left_hand/wrist"), 0), atol=1e-5
    )


def test_movement_inside_the_clip_is_kept(signing):
    """One place and one size for the whole clip: leaning stays visible."""
    clip = moved_while_signing(signing)
    aligned = align_to_reference(clip, find_reference(clip, SIGNING, CONFIG), CONFIG)
    nose = aligned.landmark("pose/nose")
    assert nose[25, 0] - nose[5, 0] > 1


def test_layouts_without_ears_go_by_their_shoulders(signing):
    reference = find_reference(signing.pick(UPPER_BODY_55), SIGNING, CONFIG)
    assert np.isnan(reference.face_width)
    assert reference.face[1] == pytest.approx(0.23, abs=1e-3)  # the eyes'
    body = PoseSequence(np.random.default_rng(0).random((9, 20, 3)), KINECT_20, 30.0, (9, 9))
    assert np.isfinite(find_reference(body, Signing(3, 6), CONFIG).face_to_shoulders)


def test_a_recipe_aligns_by_reference_points(signing):
    still = np.concatenate([signing.points[:1].repeat(20, 0), signing.points, signing.points[-1:].repeat(20, 0)])
    clip = PoseSequence(still, signing.layout, signing.fps, signing.size)
    done = explain(clip, PreprocessConfig(align="reference"), TrimConfig(kind="simple"))
    assert done.reference.from_all == ()
    assert done.reference.still_frames == len(clip) - done.signing.frames
    np.testing.assert_allclose(middle(done.after, "left_shoulder", "right_shoulder")[1:], 0, atol=2e-3)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param({"by": ()}, "align.by names one or more of face_width", id="by nothing"),
        pytest.param({"by": ("height",)}, "got height", id="by what is not measured"),
        pytest.param({"face_width": 0.0}, "align.face_width must be 0.01 to 1", id="no size"),
        pytest.param({"centre_x": 2.0}, "align.centre_x must be 0 to 1", id="out of the picture"),
        pytest.param({"least_still": -1.0}, "least_still must be 0 to 5", id="seconds"),
    ],
)
def test_settings_are_checked(settings, message):
    with pytest.raises(RecipeError, match=message):
        AlignConfig(**settings)


def without_hands(clip: PoseSequence, *sides: str) -> PoseSequence:
    points = clip.points.copy()
    for side in sides:
        points[:, clip.layout.groups[f"{side}_hand"]] = nan
    return clip.with_points(points)


def test_defect_hands_were_invented(signing):
    """A hand that is never seen stays NaN, unless a recipe asks for the average hand; then it is marked."""
    clip = without_hands(signing, "left")
    plain = explain(clip, PreprocessConfig()).after
    assert np.isnan(plain.group("left_hand")).all()
    assert plain.filled is None
    hung = explain(clip, PreprocessConfig(average_hands=True)).after
    at = hung.layout.groups["left_hand"]
    assert hung.filled[:, at].all()
    assert not np.delete(hung.filled, np.r_[at], axis=1).any()
    assert np.isfinite(hung.group("left_hand")).all()


def test_average_hands_hang_mirrored_at_either_side(signing):
    hung = hang_unseen_hands(without_hands(signing, "left", "right"))
    left, right = hung.group("left_hand")[0], hung.group("right_hand")[0]
    np.testing.assert_allclose(right - right[0], AVERAGE_HAND, atol=1e-6)
    np.testing.assert_allclose((left - left[0]) * [-1, 1, 1], AVERAGE_HAND, atol=1e-6)
    assert left[0, 0] > 0 > right[0, 0]  # as the camera sees the signer
    assert AVERAGE_HAND[1, 0] > AVERAGE_HAND[17, 0]  # thumbs inwards
    assert hang_unseen_hands(signing) is signing


def test_average_hands_need_a_body():
    with pytest.raises(RecipeError, match="average_hands hangs hands at a body"):
        PreprocessConfig(align="hands", average_hands=True)
