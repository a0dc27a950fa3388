import numpy as np
import pytest

from chereme.layout import HANDS_42, POINT_1
from chereme.preprocess import fill_gaps, gap_seconds, unseen
from chereme.types import PoseSequence

nan = np.nan


def track(*x: float) -> PoseSequence:
    points = np.array(x, np.float32)[:, None, None].repeat(3, axis=2)
    return PoseSequence(points, POINT_1, 10.0, (100, 100))


def hands(left: str) -> PoseSequence:
    """Both hands at 10 frames a second; the left is seen in the frames that are written x."""
    points = np.ones((len(left), 42, 3), np.float32)
    points[[c != "x" for c in left], :21] = nan
    return PoseSequence(points, HANDS_42, 10.0, (100, 100))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param([nan, 1, 2, nan, nan], [1, 1, 2, 2, 2], id="the nearest place is held"),
        pytest.param([nan, nan, nan, 1], [nan, nan, nan, 1], id="a long run stays"),
        pytest.param([nan, nan], [nan, nan], id="never seen stays"),
        pytest.param([nan, 1, nan, 3, nan], [1, 1, 2, 3, 3], id="with a gap inside"),
    ],
)
def test_ends_are_held_when_asked_for(before, after):
    filled = fill_gaps(track(*before), longest=0.2, longest_end=0.2)
    np.testing.assert_allclose(filled.points[:, 0, 0], after)
    marked = np.zeros(len(before), bool) if filled.filled is None else filled.filled[:, 0]
    assert marked.tolist() == (np.isnan(before) & ~np.isnan(after)).tolist()


def test_defect_gaps_of_any_length_were_bridged():
    """At 60 frames a second the same 15 frames are a quarter of a second, at 12 more than one."""
    fast, slow = (PoseSequence(track(*[0, *[nan] * 15, 1]).points, POINT_1, fps, (9, 9)) for fps in (60.0, 12.0))
    assert not np.isnan(fill_gaps(fast, 0.25).points).any()
    assert np.isnan(fill_gaps(slow, 0.25).points[1:16]).all()


def test_gap_lengths_of_a_hand():
    clip = hands("..xx...x.")
    np.testing.assert_allclose(gap_seconds(clip, "left_hand"), [0.2, 0.2, 0, 0, 0.3, 0.3, 0.3, 0, 0.1], atol=1e-6)
    np.testing.assert_allclose(gap_seconds(clip, "left_hand", ends=False), [0, 0, 0, 0, 0.3, 0.3, 0.3, 0, 0], atol=1e-6)
    assert gap_seconds(clip, "right_hand").tolist() == [0] * 9


def test_what_was_filled_is_still_a_gap():
    clip = hands("xx.xx...x")
    filled = fill_gaps(clip, 0.25)
    assert unseen(filled, "left_hand").tolist() == unseen(clip, "left_hand").tolist()
    np.testing.assert_array_equal(gap_seconds(filled, "left_hand"), gap_seconds(clip, "left_hand"))
    assert filled.filled[2, :21].all()
    assert not filled.filled[5:8].any()
