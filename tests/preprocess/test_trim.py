import numpy as np
import pytest

from chereme.errors import RecipeError
from chereme.layout import POINT_1
from chereme.preprocess import (
    Motion,
    PreprocessConfig,
    Signing,
    TrimConfig,
    clip_motion,
    explain,
    find_signing,
    trim_to_signing,
)
from chereme.types import PoseSequence

SIMPLE = TrimConfig(kind="simple")
COMPLEX = TrimConfig(kind="complex")


def curve(*values: float) -> Motion:
    return Motion(np.array(values, np.float32), {}, {"landmarks": 1.0})


def bumps(*centres: float, seconds: float = 4.0, fps: float = 30.0, width: float = 0.2) -> Motion:
    """A motion curve with a round bump at each centre, in seconds."""
    at = (np.arange(round(seconds * fps) - 1) + 0.5) / fps
    values = np.sum([np.exp(-(((at - c) / width) ** 2)) for c in centres], axis=0)
    return curve(*(values / values.max()))


def still_then_signing(signing: PoseSequence, before: int, after: int) -> PoseSequence:
    """The made-up signer, holding the first and last posture for so many frames."""
    points = np.concatenate(
        [signing.points[:1].repeat(before, 0), signing.points, signing.points[-1:].repeat(after, 0)]
    )
    return PoseSequence(points, signing.layout, signing.fps, signing.size)


def test_simple_start_and_end():
    found = find_signing(curve(0, 0.1, 0.5, 1, 0.3, 0.1), 10, SIMPLE)
    assert (found.start, found.end, found.frames) == (2, 5, 4)
    assert (found.start_by, found.end_by) == ("threshold", "threshold")


def test_defect_the_last_moving_frame_was_cut():
    """Step i leads to frame i + 1: when the last step of a clip moves, the last frame belongs to the sign."""
    found = find_signing(curve(0, 0.5, 1), 10, SIMPLE)
    assert (found.start, found.end) == (1, 3)


def test_a_clip_in_which_nothing_moves_is_kept_whole():
    found = find_signing(curve(0, 0, 0), 10, SIMPLE)
    assert found == Signing(0, 3)
    assert find_signing(curve(), 10, COMPLEX) == Signing(0, 0)


def test_complex_starts_before_the_steepest_rise_and_ends_after_the_steepest_fall():
    found = find_signing(bumps(1.2, 2.6), 30, COMPLEX)
    steepest = 0.2 / 2**0.5  # of a bell curve, from its middle
    assert found.start / 30 == pytest.approx(1.2 - steepest - 0.15, abs=0.05)
    assert found.end / 30 == pytest.approx(2.6 + steepest + 0.15, abs=0.07)
    assert (found.start_by, found.end_by) == ("peaks", "peaks")


@pytest.mark.parametrize("fps", [12.0, 29.97, 59.94])
def test_complex_finds_the_same_times_at_any_rate(fps):
    found = find_signing(bumps(1.2, 2.6, fps=fps), fps, COMPLEX)
    assert found.start / fps == pytest.approx(0.91, abs=0.1)
    assert found.end / fps == pytest.approx(2.9, abs=0.12)


def test_complex_falls_back_to_the_threshold_on_each_side_by_itself():
    falling = bumps(0.0, 2.6)  # begins at full motion: nothing rises before the first peak
    found = find_signing(falling, 30, TrimConfig(kind="complex", peak_height=0.9))
    assert (found.start_by, found.end_by) == ("peaks", "peaks")
    cut = Motion(falling.curve[70:], {}, {})
    found = find_signing(cut, 30, COMPLEX)
    assert (found.start_by, found.end_by) == ("threshold", "peaks")
    narrow = find_signing(curve(0, 0, 1, 0, 0, 0), 30, COMPLEX)  # a peak of a thirtieth of a second is none
    assert (narrow.start, narrow.end, narrow.start_by) == (2, 3, "threshold")


@pytest.mark.parametrize("kind", ["simple", "complex"])
def test_stillness_is_cut_off(signing, kind):
    clip = still_then_signing(signing, 30, 20)
    done = explain(clip, PreprocessConfig(), TrimConfig(kind=kind))
    assert 25 <= done.signing.start <= 35
    assert 74 <= done.signing.end <= 85
    assert len(done.after) == done.signing.frames


def test_defect_counts_disagree():
    """One rule everywhere: both the first and the last frame are kept."""
    points = np.arange(10, dtype=np.float32)[:, None, None].repeat(3, 2)
    clip = PoseSequence(points, POINT_1, 10.0, (9, 9), np.ones((10, 1), np.float32), np.zeros((10, 1), bool))
    signing = Signing(2, 6)
    cut = trim_to_signing(clip, signing)
    assert cut.points[:, 0, 0].tolist() == [2, 3, 4, 5, 6]
    assert len(cut) == len(cut.confidence) == len(cut.filled) == signing.frames == 5
    assert trim_to_signing(clip, Signing(0, 9)) is clip


def test_defect_moving_frames_were_skipped_instead_of_still_ones(signing):
    """`skip_stationary_frames` kept the wrong ones: what is left must move more than what is cut."""
    clip = still_then_signing(signing, 30, 20)
    done = explain(clip, PreprocessConfig(), SIMPLE)
    motion = done.motion.measures["landmarks"]
    inside = slice(done.signing.start, done.signing.end)
    assert motion[inside].mean() > 5 * np.delete(motion, np.r_[inside]).mean()


def test_frames_before_and_after_the_hands_are_cut(signing):
    points = signing.points.copy()
    hands = np.r_[signing.layout.groups["left_hand"], signing.layout.groups["right_hand"]]
    points[np.ix_(np.r_[0:7, 20, 41:50], hands)] = np.nan
    kept = explain(signing.with_points(points), PreprocessConfig(), TrimConfig(kind="hands"))
    assert (kept.signing.start, kept.signing.end, kept.signing.start_by) == (7, 40, "hands")
    assert len(kept.after) == 34
    assert kept.motion is None
    points[:, hands] = np.nan
    assert explain(signing.with_points(points), PreprocessConfig(), TrimConfig(kind="hands")).signing == Signing(0, 49)


def test_pixels_count_where_there_are_any(signing):
    weighty = TrimConfig(kind="simple", landmarks=1, difference=3)
    pixels = {"difference": np.linspace(0, 1, 49, dtype=np.float32), "background": np.zeros(49, np.float32)}
    assert clip_motion(signing, weighty, pixels).weights == {"landmarks": 0.25, "difference": 0.75}
    alone = clip_motion(signing, weighty)
    assert (alone.weights, alone.left_out) == ({"landmarks": 1.0}, ("difference",))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param({"kind": "peaks"}, "trim.kind must be one of none, hands, raised, simple, complex", id="kind"),
        pytest.param({"combine": "sum"}, "trim.combine must be one of mean", id="combine"),
        pytest.param({"landmarks": 0.0}, "not be below 0, and one above", id="no weight"),
        pytest.param({"difference": -1.0}, "not be below 0, and one above", id="a weight below 0"),
        pytest.param({"threshold": 1.0}, "trim.threshold must be from 0 to below 1", id="threshold"),
        pytest.param({"smoothing": 10.0}, "trim.smoothing must be 0 to 5 seconds", id="seconds"),
        pytest.param({"history": 0}, "history from 1", id="history"),
    ],
)
def test_settings_are_checked(settings, message):
    with pytest.raises(RecipeError, match=message):
        TrimConfig(**settings)
