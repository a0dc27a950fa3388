"""Landmarks of frames at any times, brought to a constant rate.

Phones and screen recorders film at a rate that varies, and a stride leaves frames out; a `PoseSequence` has one
rate. The frames of most files stand on an even grid already, and that is kept as it is. Otherwise the
grid's step is the usual distance of two frames, a grid point that a frame stands on (to a quarter of a step)
gets that frame's landmarks, and any other lies on the straight line between its neighbours and is marked filled.
"""

import numpy as np
from numpy.typing import NDArray

from chereme.errors import ClipError
from chereme.types import Bools, Floats

__all__ = ["even_times", "on_grid"]

_NEAR = 0.25  # of a step: a frame this close to a grid point stands on it
_FASTEST = 240.0  # frames per second; closer time stamps are a fault of the file


def even_times(times: NDArray[np.float64], rate: float, name: str) -> tuple[NDArray[np.float64], float]:
    """The evenly spaced times that stand for a clip's frames, and their rate.

    Args:
        times: (N,) seconds of all frames, looked at or not.
        rate: frames per second as the file's header says; kept where the frames agree with it to 1 %.
        name: the file, for errors.

    Returns:
        (T,) seconds; T = N where the frames were even already.

    Raises:
        ClipError: the times do not go forward, or leave gaps far longer than the clip.
    """
    if len(times) < 2:
        return times, rate
    if (np.diff(times) <= 0).any():
        raise ClipError(f"{name}: its time stamps run backwards; convert it to H.264 in mp4")
    step = (times[-1] - times[0]) / (len(times) - 1)
    even = times[0] + step * np.arange(len(times))
    if np.abs(times - even).max() >= _NEAR * step:
        steps = np.diff(times)
        middle = float(np.median(steps))
        usual = steps[np.abs(steps - middle) < _NEAR * middle]
        # of few frames the two middle steps may lie far apart, and no step near their mean: then the shorter one
        typical = usual.mean() if len(usual) else np.percentile(steps, 50, method="lower")
        step = max(float(typical), 1 / _FASTEST)
        count = round((times[-1] - times[0]) / step) + 1
        if count > 20 * len(times) + 100:
            raise ClipError(
                f"{name}: {len(times)} frames spread over {times[-1] - times[0]:.0f} s, so its time stamps are damaged;"
                " convert it to H.264 in mp4"
            )
        even = times[0] + step * np.arange(count)
    return even, rate if abs(rate * step - 1) < 0.01 else float(1 / step)


def on_grid(
    grid: NDArray[np.float64], times: NDArray[np.float64], points: Floats, confidence: Floats, near: float
) -> tuple[Floats, Floats, Bools]:
    """Landmarks at the grid's times from landmarks at others.

    Args:
        grid: (T,) seconds, evenly spaced.
        times: (N,) seconds of the frames that were looked at, rising.
        points: (N, J, 3); confidence: (N, J).
        near: seconds within which a frame stands on a grid point.

    Returns:
        points (T, J, 3), confidence (T, J) and filled (T, J): seen only on the line between two frames. A
        landmark that one of the two frames lacks stays NaN.
    """
    after = (
        np.clip(np.searchsorted(times, grid), 1, max(len(times) - 1, 1)) if len(times) > 1 else np.zeros(len(grid), int)
    )
    before = np.maximum(after - 1, 0)
    span = np.where(after > before, times[after] - times[before], 1.0)
    along = np.clip((grid - times[before]) / span, 0.0, 1.0)
    along = np.where(np.abs(grid - times[before]) <= near, 0.0, along)
    along = np.where(np.abs(grid - times[after]) <= near, 1.0, along)
    exact = (along == 0) | (along == 1)
    weight = along.astype(np.float32)[:, None]
    # times zero or one would still turn a frame's own landmark into NaN when the neighbour has none
    stands_on = np.where(along == 1, after, before)
    between = confidence[before] * (1 - weight) + confidence[after] * weight
    line = points[before] * (1 - weight[..., None]) + points[after] * weight[..., None]
    gridded = np.where(exact[:, None, None], points[stands_on], line)
    seen = ~np.isnan(gridded[..., 0])
    sure = np.where(exact[:, None], confidence[stands_on], np.where(seen, between, 0)).astype(np.float32)
    return gridded, sure, seen & ~exact[:, None]
