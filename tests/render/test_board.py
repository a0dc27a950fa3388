import numpy as np
import pytest

from chereme.errors import ClipError
from chereme.render.board import Board
from chereme.render.compare import beside, same_time


def part(sequence, frames, fps):
    return sequence.with_points(sequence.points[:frames], fps=fps)


def test_same_time_holds_the_last_frame_of_what_has_ended(signing):
    shown, rate = same_time([part(signing, 4, 10.0), part(signing, 16, 20.0)])
    assert rate == 20
    assert shown[0] == [0, 0, 1, 1, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3]
    assert shown[1] == list(range(16))


def test_same_time_at_some_moments(signing):
    shown, rate = same_time([part(signing, 10, 10.0), part(signing, 40, 20.0)], 4)
    assert shown == [[2, 7, 9, 9], [5, 15, 25, 35]]
    assert rate == 2


@pytest.mark.parametrize("empty", [True, False], ids=["none at all", "one without frames"])
def test_nothing_to_compare_is_said(signing, empty):
    with pytest.raises(ClipError, match="no frames"):
        same_time([] if empty else [signing, part(signing, 0, 25.0)])


def test_a_held_picture_stays_while_the_other_moves(signing):
    pictures, fps = beside([part(signing, 2, 25.0), part(signing, 6, 25.0)], ["a", "b"], "skeleton", 72)
    pictures = list(pictures)
    assert (len(pictures), fps) == (6, 25)
    half = pictures[0].shape[1] // 2
    assert not np.array_equal(pictures[0][:, :half], pictures[1][:, :half])
    for later in pictures[2:]:
        np.testing.assert_array_equal(later[:, :half], pictures[1][:, :half])
    assert not np.array_equal(pictures[4][:, half:], pictures[5][:, half:])


def test_a_board_puts_each_picture_in_its_place_over_its_words():
    reds = [np.full((60, 90, 3), (100 + i, 0, 0), np.uint8) for i in range(3)]
    board = Board(["one", "", "a very long caption that no picture of ninety pixels can hold"], [(90, 60)] * 3, 2)
    shown = board.show(reds)
    assert shown.shape == (2 * (60 + 16 + 6) + 6, 2 * (90 + 6) + 6, 3)
    assert tuple(shown[30, 30]) == (100, 0, 0)
    assert tuple(shown[30, 150]) == (101, 0, 0)
    assert tuple(shown[110, 30]) == (102, 0, 0)
    assert shown[66:82, :96].min() < 100  # words
    assert shown[66:82, 103:].min() == 248  # none
    assert shown[148:164, 6:96].min() < 100
    assert shown[148:164, 97:].min() == 248  # a long one was cut


def test_a_smaller_picture_stands_in_the_middle_of_its_place():
    shown = Board(["", ""], [(20, 60), (90, 60)]).show(
        [np.zeros((60, 20, 3), np.uint8), np.ones((60, 90, 3), np.uint8)]
    )
    assert np.flatnonzero(shown[30, :96, 0] == 0).tolist() == list(range(41, 61))
