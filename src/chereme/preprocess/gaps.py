"""Fill short gaps in a landmark's track, and say where gaps were."""

import numpy as np

from chereme.types import Bools, Floats, PoseSequence

__all__ = ["fill_gaps", "gap_seconds", "unseen"]


def fill_gaps(sequence: PoseSequence, longest: float = 0.25, longest_end: float = 0.0) -> PoseSequence:
    """Draw a straight line through each short gap in a landmark's track.

    Longer gaps stay NaN, and so do the two ends: a hand out of view has no position to guess.

    Args:
        sequence: T frames of J landmarks.
        longest: longest gap to fill, in seconds.
        longest_end: longest run of unseen frames at either end over which the nearest place seen is held, in seconds.

    Returns:
        A new sequence with the same T, J and fps; `filled` marks what was drawn.
    """
    seen = sequence.seen
    if seen.all():
        return sequence
    frames = len(sequence)
    time = np.arange(frames, dtype=np.int32)[:, None]
    before = np.maximum.accumulate(np.where(seen, time, -1), axis=0)  # last seen frame at or before t
    after = np.minimum.accumulate(np.where(seen, time, frames)[::-1], axis=0)[::-1]  # next seen frame
    gap = after - before - 1
    inside = (before >= 0) & (after < frames)
    fill = ~seen & inside & (gap <= round(longest * sequence.fps))
    if longest_end:
        at_end = ~inside & (gap < frames) & (gap <= round(longest_end * sequence.fps))
        fill |= ~seen & at_end
        before, after = (
            np.where(at_end & (before < 0), after, before),
            np.where(at_end & (after == frames), before, after),
        )
    t, j = np.nonzero(fill)
    if not len(t):
        return sequence
    start, end = before[t, j], after[t, j]
    share = ((t - start) / np.maximum(end - start, 1)).astype(np.float32)[:, None]
    points = sequence.points.copy()
    points[t, j] = points[start, j] * (1 - share) + points[end, j] * share
    return sequence.with_points(points, filled=fill)


def unseen(sequence: PoseSequence, group: str) -> Bools:
    """(T,): frames in which no landmark of a group was seen; those filled in later count as unseen."""
    at = sequence.layout.groups[group]
    seen = sequence.seen[:, at]
    if sequence.filled is not None:
        seen = seen & ~sequence.filled[:, at]
    return np.asarray(~seen.any(1))


def gap_seconds(sequence: PoseSequence, group: str, ends: bool = True) -> Floats:
    """How long the gap lasts that a frame lies in, for a group that is seen as a whole or not at all: a hand.

    Args:
        sequence: T frames, filled or not.
        group: `left_hand`.
        ends: False: a hand not yet raised or already lowered makes no gap.

    Returns:
        (T,) seconds; 0 where the group was seen.
    """
    gone = unseen(sequence, group)
    edges = np.flatnonzero(np.diff(gone, prepend=False, append=False))
    lengths = np.zeros(len(gone), np.float32)
    for start, stop in edges.reshape(-1, 2):
        if ends or (start > 0 and stop < len(gone)):
            lengths[start:stop] = (stop - start) / sequence.fps
    return lengths
