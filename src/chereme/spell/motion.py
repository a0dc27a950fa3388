"""Letters that move: J and Z of ASL, more in other alphabets."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chereme.errors import RecipeError
from chereme.layout import HAND_POINTS
from chereme.recipe import Recipe, settings
from chereme.types import Floats

__all__ = ["Motion", "Stroke", "best_apart", "even_path", "find_strokes", "read_motions", "resemblance"]

PLACES = 32
"""Places at which two lines are compared."""
SHORTEST, LONGEST = 0.2, 2.5
"""Seconds that a stroke takes."""
_REST = 0.15  # of a stroke's least size: less is no start of it
_SLOWEST_LOOK = 30.0  # frames per second; more add nothing to a stroke


@dataclass(frozen=True)
class Motion:
    """A letter that is drawn in the air with a handshape."""

    shapes: tuple[str, ...]
    """Labels of the handshapes with which it is drawn; its own label is added."""
    point: str
    """The landmark that draws, of `chereme.layout.HAND_POINTS`."""
    path: tuple[tuple[float, float], ...]
    """The line that it draws with the right hand, as the camera sees it, not mirrored: x right, y down, any unit."""
    about: str = ""
    """The landmark from which the point is measured, for a twist of the wrist; empty: its place in the picture."""
    least: float = 1.0
    """How large it must be drawn: diagonal of the box round the line, in palms (wrist to knuckles)."""

    def __post_init__(self) -> None:
        for name in (self.point, self.about or self.point):
            if name not in HAND_POINTS:
                raise RecipeError(f"motions: {name!r} is no point of a hand; known: {', '.join(HAND_POINTS)}")
        if not self.shapes:
            raise RecipeError("motions: shapes must name at least one label")
        if len(self.path) < 2:
            raise RecipeError(f"motions: a path needs at least two places, got {len(self.path)}")
        if len(set(self.path)) < 2 or not np.isfinite(self.path).all():
            raise RecipeError("motions: a path must lead from one place to another")
        if self.least <= 0:
            raise RecipeError(f"motions.least must be above 0, got {self.least}")


@dataclass(frozen=True)
class Stroke:
    """Where in a film a motion was drawn."""

    start: int
    """First frame."""
    end: int
    """Last frame."""
    resemblance: float
    """How much the line is like the motion's, -1 to 1."""


def read_motions(recipe: Recipe) -> dict[str, Motion]:
    """The table `motions` of a speller's recipe: a table per letter, empty where no letter moves.

    Raises:
        RecipeError: a key or value that is not known.
    """
    table = recipe.tables.get("motions", {})
    if not isinstance(table, Mapping):
        raise RecipeError(f"recipe {recipe.name}: [motions] must hold a table per letter")
    return {
        letter: settings(Motion, motion, f"recipe {recipe.name}, [motions.{letter}]")
        for letter, motion in table.items()
    }


def even_path(path: NDArray[np.floating[Any]]) -> Floats:
    """A line as `PLACES` places evenly along it, about their middle and of length 1 as one vector.

    Where and how large it was drawn, and how fast, is gone; its direction and the order of its turns stay.

    Args:
        path: (N, 2); a line of no length comes out as zeros.
    """
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    at = np.linspace(0, along[-1], PLACES)
    even = np.stack([np.interp(at, along, path[:, axis]) for axis in (0, 1)], 1)
    even -= even.mean(0)
    size = np.linalg.norm(even)
    return np.asarray(even / size if size > 0 else even, np.float32)


def resemblance(drawn: Floats, meant: Floats, turn: float = 0.35) -> float:
    """Cosine of two lines from `even_path`, the best over turns of up to `turn` radians either way.

    Source: Li, Protractor: a fast and accurate gesture recognizer (CHI 2010), whose best angle is cut off here.
    """
    same = float((drawn * meant).sum())
    across = float((drawn[:, 0] * meant[:, 1] - drawn[:, 1] * meant[:, 0]).sum())
    angle = min(max(math.atan2(across, same), -turn), turn)
    return same * math.cos(angle) + across * math.sin(angle)


def find_strokes(
    motion: Motion, points: Floats, shape: Floats, fps: float, palm: float, *, enough: float, alike: float, turn: float
) -> list[Stroke]:
    """Where a film draws a motion while the hand has its shape, in order, none overlapping another.

    Args:
        motion: what is looked for.
        points: (T, 21, 3) right hands, NaN where unseen.
        shape: (T,) probability that the hand has one of the motion's shapes.
        fps: frames per second.
        palm: length of the palm, in the unit of the points.
        enough: mean of `shape` that a stroke must have.
        alike: `resemblance` that it must have.
        turn: radians that it may be turned.
    """
    track = points[:, HAND_POINTS.index(motion.point), :2]
    if motion.about:
        track = track - points[:, HAND_POINTS.index(motion.about), :2]
    meant = even_path(np.array(motion.path, float))
    found: list[Stroke] = []
    for first, last in _stretches(~np.isnan(track[:, 0]) & (shape >= enough / 3), round(SHORTEST * fps)):
        step = max(1, round(fps / _SLOWEST_LOOK))
        for start in range(first, last, step):
            stop = min(last, start + round(LONGEST * fps))
            for end in range(start + max(2, round(SHORTEST * fps)), stop + 1, step):
                part = slice(start, end + 1)
                if np.hypot(*np.ptp(track[part], axis=0)) < motion.least * palm or shape[part].mean() < enough:
                    continue
                like = resemblance(even_path(track[part]), meant, turn)
                if like >= alike:
                    found.append(Stroke(start, end, like))
    return [_trimmed(stroke, track, palm * motion.least, round(SHORTEST * fps)) for stroke in best_apart(found)]


def best_apart(strokes: list[Stroke]) -> list[Stroke]:
    """Of strokes that overlap the one most alike, in order of time."""
    kept: list[Stroke] = []
    for stroke in sorted(strokes, key=lambda stroke: -stroke.resemblance):
        if all(stroke.end < other.start or other.end < stroke.start for other in kept):
            kept.append(stroke)
    return sorted(kept, key=lambda stroke: stroke.start)


def _trimmed(stroke: Stroke, track: Floats, size: float, shortest: int) -> Stroke:
    """The stroke without the rest before and after it, which no line shows."""
    part = track[stroke.start : stroke.end + 1]
    left = np.linalg.norm(part - part[0], axis=1) > _REST * size
    arrived = np.linalg.norm(part - part[-1], axis=1) > _REST * size
    start = stroke.start + max(int(np.argmax(left)) - 1, 0)
    end = stroke.end - max(int(np.argmax(arrived[::-1])) - 1, 0)
    return Stroke(start, end, stroke.resemblance) if end - start >= shortest else stroke


def _stretches(yes: NDArray[np.bool_], shortest: int) -> list[tuple[int, int]]:
    """First and last index of each run of true values that is longer than `shortest`."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], yes, [False]]).astype(int)))
    return [(int(a), int(b) - 1) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a > shortest]
