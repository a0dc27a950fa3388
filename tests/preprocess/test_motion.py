import numpy as np
import pytest

from chereme.layout import BODY_HANDS_75
from chereme.preprocess.motion import landmark_motion, mix_motion, scale_to_one, smooth
from chereme.types import PoseSequence

nan = np.nan


def moving(**tracks: list[float]) -> PoseSequence:
    """Landmarks of a body and hands at 10 frames a second, all unseen but those with a track along x."""
    frames = len(next(iter(tracks.values())))
    points = np.full((frames, 75, 3), nan, np.float32)
    for name, x in tracks.items():
        at = BODY_HANDS_75.index(name.replace("__", "/"))
        points[:, at] = np.array(x, np.float32)[:, None] * [1, 0, 0]
    return PoseSequence(points, BODY_HANDS_75, 10.0, (100, 100))


@pytest.mark.parametrize(
    ("combine", "expected"),
    [
        pytest.param("mean", [1, 2], id="mean"),
        pytest.param("median", [0, 0], id="median"),
        pytest.param("max", [3, 6], id="max"),
        pytest.param("rms", [3 / 3**0.5, 6 / 3**0.5], id="rms"),
    ],
)
def test_displacement_of_three_landmarks(combine, expected):
    clip = moving(pose__nose=[0, 0, 0], pose__left_wrist=[1, 1, 1], pose__right_wrist=[0, 0.3, 0.9])
    np.testing.assert_allclose(landmark_motion(clip, combine), expected, rtol=1e-5)


def test_defect_motion_mean_over_a_changing_set():
    """The source's mean ran over what was seen in both frames, and so jumped when a hand came into view."""
    clip = moving(pose__right_wrist=[0, 0.1, 0.2, 0.3, 0.4], left_hand__wrist=[nan, nan, 5, 5, 5])
    np.testing.assert_allclose(landmark_motion(clip), [0.5] * 4, rtol=1e-5)  # (1 + 0) / 2 all along


def test_a_short_gap_does_not_stop_the_motion_and_a_long_one_invents_none():
    short = moving(pose__right_wrist=[0, nan, nan, 0.3, 0.3])
    np.testing.assert_allclose(landmark_motion(short), [1, 1, 1, 0], atol=1e-5)
    long = moving(pose__right_wrist=[0, nan, nan, nan, 0.3])
    np.testing.assert_allclose(landmark_motion(long), 0)


def test_legs_and_face_have_no_part():
    clip = moving(pose__right_wrist=[0, 0, 0], pose__left_knee=[0, 1, 5], pose__left_foot_index=[0, 1, 5])
    np.testing.assert_allclose(landmark_motion(clip), 0)


def test_nothing_seen_does_not_move():
    assert landmark_motion(moving(pose__nose=[nan, nan, nan])).tolist() == [0, 0]
    assert landmark_motion(moving(pose__nose=[1.0])).tolist() == []


@pytest.mark.parametrize(
    "fps", [pytest.param(12.0, id="12 fps"), pytest.param(29.97, id="29.97 fps"), pytest.param(59.94, id="59.94 fps")]
)
def test_smoothing_spans_seconds_not_frames(fps):
    """A pulse is spread over 0.334 s whatever the rate; the source cut the window to whole frames (4 of 12 fps)."""
    pulse = np.zeros(101, np.float32)
    pulse[50] = 1
    smoothed = smooth(pulse, 0.334, fps)
    np.testing.assert_allclose(smoothed.max(), 1 / (0.334 * fps), rtol=1e-4)
    np.testing.assert_allclose((smoothed * np.arange(101)).sum(), 50, atol=1e-3)  # stays where it was


def test_defect_zero_padding_damps_the_ends():
    """Motion at the two ends of a clip that is cut tight counts in full."""
    np.testing.assert_allclose(smooth(np.ones(20, np.float32), 0.334, 30), 1, rtol=1e-6)


def test_defect_a_clip_shorter_than_the_window_gave_a_longer_series():
    values = np.array([0.0, 1.0, 0.5], np.float32)
    smoothed = smooth(values, 0.334, 59.94)
    assert len(smoothed) == 3
    np.testing.assert_allclose(smoothed, 0.5, rtol=1e-6)


def test_mix_of_measures_by_weight():
    measures = {
        "landmarks": np.float32([0, 1, 2]),
        "difference": np.float32([4, 2, 0]),
        "background": np.float32([1, 1, 1]),
    }
    mixed = mix_motion(measures, {"landmarks": 1, "difference": 3, "background": 0}, 0.0, 10)
    assert mixed.weights == {"landmarks": 0.25, "difference": 0.75}
    np.testing.assert_allclose(mixed.curve, [1, 0.5, 0])
    assert mixed.left_out == ()


@pytest.mark.parametrize(
    ("weights", "shares"),
    [
        pytest.param({"landmarks": 2, "difference": 6, "background": 2}, {"landmarks": 1.0}, id="shared out anew"),
        pytest.param({"landmarks": 0, "difference": 3, "background": 7}, {"landmarks": 1.0}, id="none is left"),
    ],
)
def test_without_pixels_the_landmarks_take_over(weights, shares):
    mixed = mix_motion({"landmarks": np.float32([0, 1, 2])}, weights, 0.0, 10)
    assert mixed.weights == shares
    assert mixed.left_out == ("difference", "background")
    np.testing.assert_allclose(mixed.curve, [0, 0.5, 1])


def test_scale_to_one():
    assert scale_to_one(np.float32([3, 5, 4])).tolist() == [0, 1, 0.5]
    assert scale_to_one(np.float32([3, 3])).tolist() == [0, 0]
    assert scale_to_one(np.float32([])).tolist() == []
