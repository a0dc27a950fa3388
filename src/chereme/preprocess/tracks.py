"""Landmark tracks without gaps, where a picture or a comparison needs a value in every frame."""

import numpy as np

from chereme.types import Floats

__all__ = ["through_gaps"]


def through_gaps(track: Floats) -> Floats:
    """Straight lines through every gap of a track, its ends held at the first and last value seen.

    For drawing and aligning only: a recognizer is never shown points that nobody saw over a long gap
    (`fill_gaps` is what it gets).

    Args:
        track: (T, ...) with NaN where not seen.

    Returns:
        The same shape; columns that are NaN throughout stay so.
    """
    filled = track.reshape(len(track), -1).copy()
    time = np.arange(len(track))
    for column in filled.T:
        seen = np.isfinite(column)
        if seen.any() and not seen.all():
            column[:] = np.interp(time, time[seen], column[seen])
    return filled.reshape(track.shape)
