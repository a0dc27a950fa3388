"""Running landmarks are cut into signs where the hands rest."""

from dataclasses import replace

import numpy as np
import pytest

from chereme.errors import LayoutError
from chereme.layout import HAND_21
from chereme.segment import Cut, Rest, Segmenter
from chereme.types import Floats, PoseSequence
from made_up import made_up_signer

FPS = 25
STILL, MOVES = 1.5, 1.2
"""Seconds."""


@pytest.fixture
def stands() -> PoseSequence:
    """One frame of a signer."""
    signer = made_up_signer(1, np.random.default_rng(0))
    return replace(signer, fps=FPS)


def moving(stands: PoseSequence, heights: Floats) -> Floats:
    """Frames in which the right arm is so many shoulder widths higher."""
    layout = stands.layout
    arm = [layout.index("pose/right_wrist"), *range(*layout.groups["right_hand"].indices(75))]
    points = np.repeat(stands.points, len(heights), axis=0)
    points[:, arm, 1] -= 0.26 * heights[:, None]  # shoulders are .26 picture heights apart
    return points


def up_and_down(times: int, reach: float = 1.0) -> Floats:
    """Rest, then `times` movements with rests after them."""
    rest, move = np.zeros(round(STILL * FPS)), np.sin(np.linspace(0, np.pi, round(MOVES * FPS)))
    return np.concatenate([rest, *[part for _ in range(times) for part in (reach * move, rest)]])


def cuts(segmenter: Segmenter, points: Floats, fps: float = FPS) -> list[Cut]:
    found = [segmenter.push(frame, i / fps) for i, frame in enumerate(points)]
    return [cut for cut in found if cut is not None]


@pytest.mark.parametrize("times", [0, 1, 3])
def test_as_many_signs_as_movements(stands, times):
    segmenter = Segmenter(stands.layout)
    found = cuts(segmenter, moving(stands, up_and_down(times)))
    assert len(found) == times
    assert not segmenter.signing
    for number, cut in enumerate(found):
        begins = STILL + number * (MOVES + STILL)
        assert cut.times[0] == pytest.approx(begins, abs=0.5)
        assert cut.times[-1] == pytest.approx(begins + MOVES, abs=0.5)
        assert cut.times[0] <= begins
        sequence = cut.sequence(stands.layout, stands.size)
        assert sequence.fps == pytest.approx(FPS)
        assert len(sequence) == len(cut.times)


@pytest.mark.parametrize(
    ("heights", "rest"),
    [
        pytest.param(up_and_down(1, reach=0.2), Rest(moving=0.1), id="too small"),
        pytest.param(up_and_down(1), Rest(shortest=4), id="too short"),
        pytest.param(0.01 * np.random.default_rng(0).normal(size=100), Rest(), id="a tracker that trembles"),
    ],
)
def test_what_is_no_sign(stands, heights, rest):
    assert cuts(Segmenter(stands.layout, rest), moving(stands, heights)) == []


def test_no_hand_in_sight_is_no_sign(stands):
    points = moving(stands, up_and_down(1))
    points[:, 33:] = np.nan
    assert cuts(Segmenter(stands.layout), points) == []


def test_nobody_in_sight(stands):
    assert cuts(Segmenter(stands.layout), np.full((80, 75, 3), np.nan, np.float32)) == []


def test_a_long_one_is_cut_and_the_end_is_flushed(stands):
    waves = np.sin(np.arange(20 * FPS) / FPS * 6)
    segmenter = Segmenter(stands.layout, Rest(longest=2))
    found = cuts(segmenter, moving(stands, waves))
    assert 7 <= len(found) <= 10
    assert len(segmenter) <= 3 * FPS
    half = Segmenter(stands.layout)
    heights = up_and_down(1)[: round((STILL + MOVES) * FPS)]
    assert cuts(half, moving(stands, heights)) == []
    assert half.signing
    assert half.flush() is not None
    assert half.flush() is None


def test_while_nobody_signs_little_is_held(stands):
    segmenter = Segmenter(stands.layout)
    cuts(segmenter, moving(stands, np.zeros(2000)))
    assert len(segmenter) <= FPS


def test_time_that_goes_back_begins_anew(stands):
    segmenter = Segmenter(stands.layout)
    points = moving(stands, up_and_down(1))
    for i, frame in enumerate(points[: round((STILL + MOVES / 2) * FPS)]):
        segmenter.push(frame, i / FPS)
    assert segmenter.signing
    assert segmenter.push(points[0], 0.0) is None
    assert not segmenter.signing
    assert len(segmenter) == 1


def test_frames_at_an_uneven_rate_come_out_even(stands):
    heights = up_and_down(1)
    times = np.delete(np.arange(len(heights)) / FPS, slice(50, 60, 2))
    points = moving(stands, np.interp(times, np.arange(len(heights)) / FPS, heights))
    segmenter = Segmenter(stands.layout)
    (cut,) = [cut for frame, at in zip(points, times, strict=True) if (cut := segmenter.push(frame, at))]
    sequence = cut.sequence(stands.layout, stands.size)
    assert sequence.fps == pytest.approx(FPS, rel=0.01)
    assert sequence.filled is not None
    assert sequence.filled.any(1).sum() == 5


def test_landmarks_that_cannot_be_cut():
    with pytest.raises(LayoutError, match="shoulder"):
        Segmenter(HAND_21)
