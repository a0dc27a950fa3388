"""One hand for a whole film, whatever side the engine names in single frames."""

import numpy as np
import pytest

from chereme.errors import LayoutError
from chereme.layout import HAND_21, HANDS_42, KINECT_20
from chereme.spell import Speller
from chereme.spell.sides import spelling_hand
from chereme.types import PoseSequence
from made_up import made_up_hands, made_up_speller


def sequence(left, right):
    """Hands of which every point lies at the given x, or which are not seen."""
    points = np.full((len(left), 42, 3), np.nan, np.float32)
    for group, xs in (("left_hand", left), ("right_hand", right)):
        for frame, x in enumerate(xs):
            if x is not None:
                points[frame, HANDS_42.groups[group]] = x, 2, 3
    return PoseSequence(points, HANDS_42, 25.0, (640, 480))


@pytest.mark.parametrize(
    ("left", "right", "xs", "side"),
    [
        pytest.param([None], [1], [1], "right", id="right"),
        pytest.param([1], [None], [-1], "left", id="left, mirrored"),
        pytest.param([None, None], [None, None], [None, None], None, id="none"),
        pytest.param([1], [2], [2], "right", id="of both, the right one"),
        pytest.param([1, 1], [2, None], [-1, -1], "left", id="of both, the one seen in more frames"),
        pytest.param([None, 1, None], [1, None, 1], [1, 1, 1], "right", id="a right hand, once called left"),
        pytest.param([1, None, 1], [None, 1, None], [-1, -1, -1], "left", id="a left hand, once called right"),
        pytest.param([5, 5, 5], [1, 1, None], [-5, -5, -5], "left", id="the left one beside a right one"),
        pytest.param([5, 5, 1, None], [1, 1, None, 1], [1, 1, 1, 1], "right", id="seen alone, where the right one was"),
        pytest.param([5, 5, 5, None], [1, 1, None, 1], [1, 1, None, 1], "right", id="the other one, seen alone"),
    ],
)
def test_spelling_hand(left, right, xs, side):
    points, found = spelling_hand(sequence(left, right))
    assert found == side
    assert points.dtype == np.float32
    for hand, x in zip(points, xs, strict=True):
        expected = [np.nan] * 3 if x is None else [x, 2, 3]
        np.testing.assert_array_equal(hand, np.tile(np.float32(expected), (21, 1)))


def test_a_hand_without_a_side_is_right():
    hand = np.ones((2, 21, 3), np.float32)
    hand[1] = np.nan
    points, side = spelling_hand(PoseSequence(hand, HAND_21, 1.0, (10, 10)))
    assert side == "right"
    np.testing.assert_array_equal(points, hand)
    assert spelling_hand(PoseSequence(hand[1:], HAND_21, 1.0, (10, 10)))[1] is None


def test_a_layout_without_hands():
    with pytest.raises(LayoutError, match="kinect_20 has no hand; extract the film again"):
        spelling_hand(PoseSequence(np.zeros((1, 20, 3), np.float32), KINECT_20, 30.0, (640, 480)))


def test_a_held_letter_is_ranked_by_one_hand(tmp_path):
    made_up_speller(tmp_path / "made_up")
    speller = Speller.load(tmp_path / "made_up")
    points = np.full((10, 42, 3), np.nan, np.float32)
    points[:, 21:] = made_up_hands(1, np.random.default_rng(0))[0]
    shown = PoseSequence(points, HANDS_42, 25.0, (640, 480))
    flipped = points.copy()
    flipped[::3] = np.roll(flipped[::3], 21, axis=1)
    assert speller.recognize(shown.with_points(flipped)) == speller.recognize(shown)
