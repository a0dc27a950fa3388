"""Fill short gaps in a landmark's track."""

import numpy as np

from chereme.types import PoseSequence

__all__ = ["fill_gaps"]


def fill_gaps(sequence: PoseSequence, longest: float = 0.25) -> PoseSequence:
    """Draw a straight line through each short gap in a landmark's track.

    Longer gaps and the two ends stay NaN: a hand out of view has no position to guess.

    Args:
        sequence: T frames of J landmarks.
        longest: longest gap to fill, in seconds.

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
    fill = ~seen & (before >= 0) & (after < frames) & (gap <= round(longest * sequence.fps))
    t, j = np.nonzero(fill)
    if not len(t):
        return sequence
    start, end = before[t, j], after[t, j]
    share = ((t - start) / (end - start)).astype(np.float32)[:, None]
    points = sequence.points.copy()
    points[t, j] = points[start, j] * (1 - share) + points[end, j] * share
    return sequence.with_points(points, filled=fill)
