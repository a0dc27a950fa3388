"""How long each moment of signing lasts: holds are shortened, movements keep their time."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chereme.preprocess import smooth
from chereme.produce.material import Material
from chereme.types import Floats

__all__ = ["Pace", "moments", "steady"]

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Pace:
    """How dictionary signs, which are held for the reader, become running ones."""

    still: float = 0.75
    """Shoulder widths per second: hands slower than this are held still."""
    hold: float = 0.3
    """Share of its time that a perfectly still hold keeps."""
    shortest: float = 0.3
    """No sign becomes shorter than this by shortened holds, in seconds."""


def moments(signing: Material, spans: list[tuple[int, int]], pace: Pace) -> Doubles:
    """When each frame comes, in frames of the same rate: (T,), from 0.

    Args:
        signing: T frames.
        spans: start and stop of each sign in it; what lies between them is a way, and keeps its time.
        pace: how holds are shortened.
    """
    steps = np.ones(max(0, len(signing) - 1))
    if not len(steps):
        return np.zeros(len(signing))
    moving = np.minimum(1, np.maximum(pace.hold, _hand_speed(signing) / pace.still))
    for start, stop in spans:
        own = slice(start, stop - 1)
        kept = moving[own]
        if not len(kept):
            continue
        least = min(len(kept), pace.shortest * signing.fps)
        if kept.sum() < least:  # between its own time and the shortened one
            share = (least - kept.sum()) / max(len(kept) - kept.sum(), 1e-9)
            kept = kept + (1 - kept) * share
        steps[own] = kept
    return np.concatenate([[0.0], np.cumsum(steps)])


def _hand_speed(signing: Material) -> Floats:
    """(T - 1,) shoulder widths per second of the fastest point of wrists and hands, over three frames."""
    wrists = signing.wrists[..., :2]
    tracks = [np.nan_to_num(signing.points[:, hand, :2]) + wrists[:, [i]] for i, hand in enumerate(signing.hands)]
    steps = np.linalg.norm(np.diff(np.concatenate([wrists, *tracks], axis=1), axis=0), axis=-1)
    fastest = np.nan_to_num(steps).max(1) * np.float32(signing.fps)
    return smooth(np.asarray(fastest, np.float32), 3 / signing.fps, signing.fps)


_KERNEL = np.array([-3, 12, 17, 12, -3], np.float32) / 35
"""Savitzky and Golay's, of a parabola through five frames."""


def steady(signing: Material) -> Material:
    """Smooth the ways of body and wrists a little; hands keep the shapes that they have, frame by frame.

    A parabola is laid through each five frames, so a turn keeps its point, and only jitter goes.
    """
    if len(signing) < 5:
        return signing
    points = signing.points
    padded = np.concatenate([2 * points[:1] - points[2:0:-1], points, 2 * points[-1:] - points[-2:-4:-1]])
    smoothed = np.zeros_like(points)
    for i, weight in enumerate(_KERNEL):
        smoothed += weight * padded[i : i + len(points)]
    for hand in signing.hands:
        smoothed[:, hand] = points[:, hand]
    return Material(smoothed, signing.invented, signing.layout, signing.fps)
