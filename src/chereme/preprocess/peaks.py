"""Peaks and slopes of a curve."""

import numpy as np
from numpy.typing import NDArray

from chereme.types import Floats

__all__ = ["find_peaks", "slopes"]


def find_peaks(values: Floats, height: float, width: float) -> NDArray[np.int64]:
    """Places of a curve's peaks that are high and wide enough; of a flat top, its middle.

    The width is taken half-way down a peak's prominence: its height above the higher of the two valleys that part
    it from higher ground, or from the end of the curve.

    Args:
        values: (N,).
        height: least value of a peak.
        width: least width, in steps of the curve.

    Returns:
        Indices, rising. A curve that only rises or falls has none.

    Source: the definitions of `scipy.signal.find_peaks`, which chereme does not need installed.
    """
    exact = values.astype(np.float64)  # a width that is just reached must not turn on rounding
    found = [top for top in _tops(exact) if exact[top] >= height and _width(exact, top) >= width]
    return np.array(found, np.int64)


def slopes(values: Floats, window: int) -> Floats:
    """Rise of the least-squares line through a window round each place, from the window's one end to its other.

    Args:
        values: (N,); the two ends are held beyond it.
        window: places in the window, odd.
    """
    if not len(values):
        return values
    along = np.linspace(-0.5, 0.5, window)
    padded = np.pad(values, window // 2, mode="edge")
    return np.correlate(padded, along / (along**2).sum(), mode="valid").astype(np.float32)


def _tops(values: NDArray[np.float64]) -> list[int]:
    """Middles of the stretches that are higher than what stands on either side."""
    if not len(values):
        return []
    edges = np.flatnonzero(np.diff(values)) + 1
    starts, stops = np.concatenate([[0], edges]), np.concatenate([edges, [len(values)]])
    levels = values[starts]
    higher = (levels[1:-1] > levels[:-2]) & (levels[1:-1] > levels[2:])
    return [int((starts[i] + stops[i] - 1) // 2) for i in np.flatnonzero(higher) + 1]


def _width(values: NDArray[np.float64], top: int) -> float:
    peak = float(values[top])
    above = np.flatnonzero(values > peak)
    left = int(above[above < top].max(initial=-1)) + 1
    right = int(above[above > top].min(initial=len(values)))
    base = max(float(values[left : top + 1].min()), float(values[top:right].min()))
    half = peak - (peak - base) / 2
    low = np.flatnonzero(values <= half)
    before, after = low[low < top].max(initial=left), low[low > top].min(initial=right - 1)
    return _crossing(values, int(after), -1, half) - _crossing(values, int(before), 1, half)


def _crossing(values: NDArray[np.float64], at: int, inwards: int, level: float) -> float:
    """Where the line from `at` to its neighbour inside the peak meets a level."""
    outside, inside = float(values[at]), float(values[at + inwards])
    return at + inwards * (level - outside) / (inside - outside) if outside < level else float(at)
