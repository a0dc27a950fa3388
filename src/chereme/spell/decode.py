"""From probabilities per frame to stretches that are each one letter."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chereme.types import Bools, Floats

__all__ = ["Held", "held_letters", "smooth", "stretch_ids"]


@dataclass(frozen=True)
class Held:
    """A stretch of frames that shows one class."""

    label: int
    start: int
    """First frame."""
    end: int
    """Last frame."""


def held_letters(gains: Floats, cost: float) -> list[Held]:
    """The stretches that gain most together, when each costs `cost` and what lies between gains nothing.

    A stretch therefore stands only where its gains add up to more than the cost, and falls in two only where the loss
    between is larger than the cost of another letter.

    Args:
        gains: (T, K) gain of each frame for each class: above 0 where it speaks for the class, -inf where it
            cannot be.
        cost: of each stretch; above 0.
    """
    frames, classes = gains.shape
    inside = np.full(classes, -np.inf)  # best sum with this class going on
    outside = 0.0  # best sum with no class going on
    entered = np.zeros((frames, classes), bool)
    came_from = np.full(frames, -1)  # which class went on in the frame before; -1: none
    for t in range(frames):
        best = int(np.argmax(inside))
        before, came_from[t] = (inside[best], best) if inside[best] > outside else (outside, -1)
        entered[t] = before - cost > inside
        inside = np.where(entered[t], before - cost, inside) + gains[t]
        outside = before
    label = int(np.argmax(inside)) if classes and inside.max() > outside else -1
    found: list[Held] = []
    end = frames - 1
    for t in range(frames - 1, -1, -1):
        if label < 0:
            label, end = int(came_from[t]), t - 1
        elif entered[t, label]:
            found.append(Held(label, t, end))
            label, end = int(came_from[t]), t - 1
    return found[::-1]


def smooth(values: Floats, groups: NDArray[np.int64], fps: float, seconds: float) -> Floats:
    """A weighted mean over about `seconds` round each frame, within frames of the same group.

    Args:
        values: (T, K); those of group -1 are not looked at and come out as 0.
        groups: (T,) whole numbers.
        fps: frames per second.
        seconds: width; the weights are a bell of a standard deviation of a quarter of it.
    """
    reach = int(np.ceil(seconds / 2 * fps))
    total, weights = np.zeros(values.shape), np.zeros(len(values))
    inside = groups >= 0
    known = np.where(inside[:, None], values, 0)
    for lag in range(-min(reach, len(values) - 1), min(reach, len(values) - 1) + 1):
        weight = np.exp(-0.5 * (lag / fps / (seconds / 4)) ** 2)
        to, source = slice(max(0, -lag), len(values) - max(0, lag)), slice(max(0, lag), len(values) + min(0, lag))
        same = weight * (inside[to] & (groups[to] == groups[source]))
        total[to] += same[:, None] * known[source]
        weights[to] += same
    return np.asarray(total / np.where(weights > 0, weights, 1)[:, None], np.float32)


def stretch_ids(present: Bools) -> NDArray[np.int64]:
    """A number for each run of true values, -1 where false."""
    starts = present & ~np.concatenate([[False], present[:-1]])
    return np.asarray(np.where(present, np.cumsum(starts), -1), np.int64)
