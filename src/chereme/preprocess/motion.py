"""How much a signer moves from each frame to the next: the curve that the start and end of a sign are read off."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from chereme.preprocess.gaps import fill_gaps
from chereme.types import Floats, PoseSequence

__all__ = ["COMBINATIONS", "MEASURES", "Motion", "landmark_motion", "mix_motion", "scale_to_one", "smooth"]

MEASURES = ("landmarks", "difference", "background")
"""Displacement of landmarks; pixels that changed; pixels before the learnt background. The last two need a video."""

COMBINATIONS: Mapping[str, Callable[[Floats], Floats]] = {
    "mean": lambda steps: steps.mean(1),
    "median": lambda steps: np.median(steps, axis=1),
    "max": lambda steps: steps.max(1),
    "rms": lambda steps: np.sqrt((steps**2).mean(1)),
}
"""How the displacements of all landmarks (T-1, J) become one value a step."""

_LEGS = ("knee", "ankle", "heel", "foot")


@dataclass(frozen=True, eq=False)
class Motion:
    """How a clip of T frames moves; value i of each series is the step from frame i to frame i + 1."""

    curve: Floats
    """(T - 1,): the weighted mix, smoothed, from 0 to 1; all 0 when nothing moves."""
    measures: Mapping[str, Floats]
    """(T - 1,) each, from 0 to 1, before smoothing: those of `MEASURES` that went in."""
    weights: Mapping[str, float]
    """Share of each measure; they sum to 1."""
    left_out: tuple[str, ...] = ()
    """Measures that were asked for and could not be had: there were landmarks alone, no pixels."""


def landmark_motion(sequence: PoseSequence, combine: str = "mean") -> Floats:
    """How fast the landmarks of body and hands move, step by step.

    Always of the same landmarks, those that the clip ever shows, so that the value does not jump when a hand comes
    into view: a landmark not seen stands still. Over a gap of up to 0.25 s it moves along a straight line. The face
    is left out (it moves with the head), and so are the legs, which are guessed where a camera shows a signer to
    the hips.

    Args:
        sequence: T frames.
        combine: a key of `COMBINATIONS`.

    Returns:
        (T - 1,) in the sequence's unit per second, in the plane of the picture; 0 where no landmark was ever seen.
    """
    keep = [
        i
        for i, name in enumerate(sequence.layout.names)
        if not name.startswith("face/") and not any(leg in name for leg in _LEGS)
    ]
    points = fill_gaps(sequence).points[:, keep, :2]
    points = points[:, np.isfinite(points).all(2).any(0)]
    if not points.shape[1]:
        return np.zeros(max(0, len(sequence) - 1), np.float32)
    steps = np.linalg.norm(np.diff(points, axis=0), axis=-1)
    steps = np.nan_to_num(steps) * np.float32(sequence.fps)
    return COMBINATIONS[combine](steps).astype(np.float32)


def mix_motion(measures: Mapping[str, Floats], weights: Mapping[str, float], seconds: float, fps: float) -> Motion:
    """Scale each measure to 0 to 1, add them up by weight, smooth the sum and scale it to 0 to 1 again.

    Args:
        measures: by name, (T - 1,) each; landmarks at least.
        weights: by name; those of measures that are not there are shared out among the others. When none is left,
            landmarks alone count.
        seconds: length of the moving average.
        fps: steps per second.
    """
    wanted = {name: weight for name, weight in weights.items() if weight > 0}
    there = {name: weight for name, weight in wanted.items() if name in measures} or {"landmarks": 1.0}
    total = sum(there.values())
    shares = {name: weight / total for name, weight in there.items()}
    scaled = {name: scale_to_one(measures[name]) for name in shares}
    mixed = np.sum([share * scaled[name] for name, share in shares.items()], axis=0)
    return Motion(
        scale_to_one(smooth(mixed, seconds, fps)), scaled, shares, tuple(n for n in wanted if n not in measures)
    )


def scale_to_one(values: Floats) -> Floats:
    """From 0 at the least value to 1 at the greatest; 0 throughout where all are equal."""
    if not len(values):
        return values
    span = float(np.ptp(values))
    if span <= 1e-9:
        return np.zeros_like(values)
    return np.asarray((values - values.min()) / span, np.float32)


def smooth(values: Floats, seconds: float, fps: float) -> Floats:
    """A centred moving average over so many seconds, at any frame rate; as long as what came in.

    The window is exact: where it reaches half into a step, that step counts half. At the two ends it shrinks to
    what lies in the clip, so motion there is neither damped nor given more weight than it has.
    """
    window = seconds * fps
    if window <= 1 or not len(values):
        return values
    reach = int(np.ceil(window / 2 - 0.5))
    weights = np.clip(window / 2 + 0.5 - np.abs(np.arange(-reach, reach + 1)), 0, 1)
    inside = slice(reach, reach + len(values))
    total = np.convolve(values, weights)[inside]
    return np.asarray(total / np.convolve(np.ones(len(values)), weights)[inside], np.float32)
