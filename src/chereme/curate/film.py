"""What one film shows: does it decode, how long, how large, how many people, and a description to find copies by."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chereme.errors import ClipError
from chereme.landmarks.video import Video
from chereme.types import Floats

__all__ = ["Look", "look_at"]

MOMENTS = 16
SIDE = 16
PEOPLE_AT = (2, 5, 8, 11, 14)
"""At which of the moments faces are counted."""


@dataclass(frozen=True)
class Look:
    """What was seen in a film. One that cannot be decoded has an error and nothing else."""

    error: str = ""
    frames: int = 0
    fps: float = 0.0
    width: int = 0
    height: int = 0
    seconds: float = 0.0
    people: int = 0
    """Most faces that are in view at two moments at least: one alone may be a mistake of the detector."""
    thumbs: bytes = b""
    """`MOMENTS` grey pictures of `SIDE` x `SIDE`, whatever the film's shape: each the mean of its share of the time."""


def look_at(path: Path) -> Look:
    """Decode a film from begin to end."""
    try:
        with Video(path) as video:
            times: list[float] = []
            thumbs: list[NDArray[np.uint8]] = []
            size = (0, 0)
            for frame in video.frames():
                times.append(frame.time)
                size = frame.size
                thumbs.append(_thumb(frame.rgb()))
            rate = video.rate
        if not times:
            return Look(error="no frame in it")
        chosen = np.linspace(0, len(times) - 1, MOMENTS).round().astype(int)
        seconds = times[-1] + (times[-1] / (len(times) - 1) if len(times) > 1 else 1 / rate)
        return Look(
            frames=len(times),
            fps=round(len(times) / seconds, 3),
            width=size[0],
            height=size[1],
            seconds=round(seconds, 3),
            people=_people(path, set(chosen[list(PEOPLE_AT)].tolist())),
            thumbs=_moments(thumbs, np.array(times)).tobytes(),
        )
    except ClipError as error:
        return Look(error=str(error).removeprefix(f"{path}: "))


def _moments(thumbs: list[NDArray[np.uint8]], times: NDArray[np.float64]) -> NDArray[np.uint8]:
    """(MOMENTS, SIDE, SIDE): means over equal stretches of time, which differ little at another frame rate."""
    films = np.stack(thumbs).astype(np.float32)
    fine = np.linspace(times[0], times[-1], 8 * MOMENTS)
    after = np.searchsorted(times, fine).clip(1, len(times) - 1) if len(times) > 1 else np.zeros(len(fine), int)
    before = (after - 1).clip(0)
    share = ((fine - times[before]) / np.maximum(times[after] - times[before], 1e-9)).clip(0, 1)[:, None, None]
    lines = films[before] * (1 - share) + films[after] * share
    return np.asarray(lines.reshape(MOMENTS, 8, SIDE, SIDE).mean(1).round(), np.uint8)


def _people(path: Path, at: set[int]) -> int:
    from chereme.landmarks.people import count_faces  # loads the engine

    with Video(path) as video:
        pictures = [frame.rgb() for i, frame in enumerate(video.frames()) if i in at]
    counts = sorted(count_faces(pictures), reverse=True)
    return counts[min(1, len(counts) - 1)] if counts else 0


def _thumb(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture as means over a grid of cells."""
    grey = picture.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    means: Floats = grey
    for axis in (0, 1):
        length = means.shape[axis]
        edges = np.linspace(0, length, SIDE + 1).round().astype(int)[:-1].clip(0, length - 1)
        counts = np.diff(np.append(edges, length)).clip(1)
        shape = (-1, 1) if axis == 0 else (1, -1)
        means = np.add.reduceat(means, edges, axis) / counts.reshape(shape)
    return np.asarray(means.round().clip(0, 255), np.uint8)
