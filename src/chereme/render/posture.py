"""From landmarks to something that can be drawn: gaps filled, sizes fixed, all of it inside the picture."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from chereme.errors import ClipError
from chereme.layout import BODY_HANDS_75
from chereme.preprocess.tracks import through_gaps
from chereme.types import Bools, Floats, PoseSequence

__all__ = ["Posture", "pose_for_drawing"]

_BODY = (*range(17), 23, 24)

_REST = {
    0: (0, -0.62), 1: (0.06, -0.74), 2: (0.11, -0.74), 3: (0.16, -0.74), 4: (-0.06, -0.74), 5: (-0.11, -0.74),
    6: (-0.16, -0.74), 7: (0.25, -0.68), 8: (-0.25, -0.68), 9: (0.09, -0.49), 10: (-0.09, -0.49),
    13: (0.66, 0.72), 14: (-0.66, 0.72), 15: (0.62, 1.40), 16: (-0.62, 1.40), 23: (0.32, 1.6), 24: (-0.32, 1.6),
}  # fmt: skip
"""Where a landmark that is never seen is drawn, in shoulder widths from between the shoulders."""
_NEEDED = tuple(f"pose/{side}_{joint}" for joint in ("shoulder", "elbow", "wrist") for side in ("left", "right"))
_FARTHEST = 12
"""A landmark farther from the body, in shoulder widths, is an error of whoever found it."""


@dataclass(frozen=True, eq=False)
class Posture:
    """A clip's body in pixels of the picture to draw."""

    points: Floats
    """(T, 75, 3); body landmarks 0 to 16 and the hips in every frame, a hand's only where `hand_shown`."""
    hand_shown: Bools
    """(T, 2): whether the shape of the left and right hand is known."""
    shoulder_width: float
    palm: tuple[float, float]
    """Wrist to middle knuckle, left and right."""


def pose_for_drawing(sequence: PoseSequence, size: int, longest_gap: float = 0.25) -> Posture:
    """Fill what cannot be left out of a drawing and fit head and hands into a square picture.

    A body landmark goes straight through its gaps; one that is never seen takes a resting place. A hand's shape
    is filled only through short gaps: where nobody saw it, it has no shape to draw. Sizes and the picture's frame are
    constants of the clip, so nothing breathes or jumps.

    Args:
        sequence: T frames that hold shoulders, elbows and wrists; the rest of `body_hands_75` as far as it is there.
        size: width and height of the picture in pixels.
        longest_gap: longest gap in a hand's shape to fill, in seconds.

    Raises:
        LayoutError: the layout has no arms.
        ClipError: no shoulders in any frame.
    """
    sequence.layout.indices(_NEEDED)
    points = _in_shoulder_widths(sequence.with_missing(BODY_HANDS_75).points)
    _fill_body(points)
    shown = np.stack([_fill_hand(points, side, round(longest_gap * sequence.fps)) for side in range(2)], 1)
    scale, offset = _frame(points, shown, size)
    points[..., :2] -= offset
    points *= scale
    points[..., :2] += size / 2
    palms = [_palm(points[:, 33 + 21 * side : 54 + 21 * side], shown[:, side]) for side in range(2)]
    known = [palm for palm in palms if palm is not None]
    default = known[0] if known else 0.27 * scale
    left, right = (default if palm is None else palm for palm in palms)
    return Posture(points, shown, scale, (left, right))


def _in_shoulder_widths(points: Floats) -> Floats:
    """A copy whose origin lies between the shoulders; NaN for what cannot belong to this body."""
    with np.errstate(invalid="ignore"):
        exact = np.where(np.isfinite(points).all(-1, keepdims=True), points, np.nan).astype(np.float64)
    widths = np.linalg.norm(exact[:, 11, :2] - exact[:, 12, :2], axis=-1)
    if not (widths > 1e-4).any():
        raise ClipError(
            f"no shoulders seen in any of {len(points)} frames, so there is no body to draw; use --style skeleton"
        )
    middle = (exact[:, 11] + exact[:, 12]) / 2
    exact = (exact - np.nanmedian(middle, axis=0)) / np.nanmedian(widths[widths > 1e-4])
    exact[(np.abs(exact[..., :2]) > _FARTHEST).any(-1)] = np.nan
    exact[..., 2] = np.clip(exact[..., 2], -_FARTHEST, _FARTHEST)
    scaled: Floats = exact.astype(np.float32)
    return scaled


def _fill_body(points: Floats) -> None:
    for i in (11, 12):
        points[:, i] = through_gaps(points[:, i])
    middle = (points[:, 11] + points[:, 12]) / 2
    for i in _BODY:
        if np.isfinite(points[:, i, 0]).any():
            points[:, i] = through_gaps(points[:, i])
        else:
            points[:, i] = middle
            points[:, i, :2] += np.array(_REST[i], np.float32)


def _fill_hand(points: Floats, side: int, longest: int) -> Bools:
    """Carry a hand's shape through short gaps, hung on the body's wrist; tell in which frames it has one."""
    hand = points[:, 33 + 21 * side : 54 + 21 * side]
    wrist = points[:, 15 + side]
    seen: Bools = np.isfinite(hand).all((1, 2))
    if not seen.any():
        return seen
    shape = through_gaps(np.where(seen[:, None, None], hand - hand[:, :1], np.nan))
    offset = through_gaps(np.where(seen[:, None], hand[:, 0] - wrist, np.nan))
    at = np.flatnonzero(seen)
    shown = seen.copy()
    for before, after in pairwise(at):
        if after - before <= longest + 1:
            shown[before:after] = True
    # the arm ends at the hand's own wrist, also where only the body's was seen
    wrist[:, :2] += offset[:, :2]
    depth = hand[:, :1, 2].copy()
    hand[:] = shape
    hand[..., :2] += wrist[:, None, :2]
    hand[..., 2] += np.nan_to_num(depth)
    hand[~shown] = np.nan
    return shown


def _frame(points: Floats, shown: Bools, size: int) -> tuple[float, Floats]:
    """Scale and centre that let head, shoulders and both hands fill 92 % of the picture."""
    wanted = [points[:, i, :2] for i in (0, 11, 12, 13, 14, 15, 16)]
    wanted += [points[shown[:, s], i, :2] for s in range(2) for i in range(33 + 21 * s, 54 + 21 * s)]
    flat = np.concatenate(wanted)
    middle = np.median((points[:, 11, :2] + points[:, 12, :2]) / 2, axis=0)
    low = np.minimum(flat.min(0), middle - np.array([0.75, 1.22]))
    high = np.maximum(flat.max(0), middle + np.array([0.75, 1.0]))
    scale = min(0.92 * size / float((high - low).max()), 0.36 * size)
    return scale, ((low + high) / 2).astype(np.float32)


def _palm(hand: Floats, shown: Bools) -> float | None:
    if not shown.any():
        return None
    # a palm seen from its edge is short: take it nearly as long as it ever shows
    return float(np.percentile(np.linalg.norm(hand[shown, 9] - hand[shown, 0], axis=-1), 70))
