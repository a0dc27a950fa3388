"""Clips of signs from anywhere, brought to one body and one rate, so that they can be joined.

Inside this stage hands are loose: their points are kept relative to the wrist, which is the body's and the hand's at
once. A path can then be drawn for the wrist and a shape for the hand, each by its own rule, and whatever is done they
stay together.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from chereme.errors import ClipError, LayoutError
from chereme.layout import BODY_HANDS_75, HAND_POINTS, Layout
from chereme.preprocess import align_body, fill_gaps, fit_layout, sort_hands
from chereme.types import Bools, Floats, PoseSequence

__all__ = [
    "SHOULDERS_AT",
    "SHOULDER_WIDTH",
    "SIDES",
    "Material",
    "at_times",
    "common_layout",
    "material",
    "place_in_picture",
]

SIDES = ("left", "right")
_ALWAYS = 1e6
"""Seconds: longer than any clip."""
SHOULDER_WIDTH, SHOULDERS_AT = 0.25, 0.38
"""In picture heights: a signer who is seen from head to hips."""
_NEEDED = tuple(f"pose/{side}_{part}" for side in SIDES for part in ("shoulder", "wrist"))


@dataclass(frozen=True, eq=False)
class Material:
    """Signing in the body frame: shoulders one unit apart about the origin, y down, hands loose."""

    points: Floats
    """(T, J, 3); a hand's points are relative to the wrist of its side. NaN: nobody knows."""
    invented: Bools
    """(T, J): not seen in any clip."""
    layout: Layout
    fps: float

    def __len__(self) -> int:
        return len(self.points)

    def part(self, start: int, stop: int) -> "Material":
        """Some of the frames."""
        return replace(self, points=self.points[start:stop], invented=self.invented[start:stop])

    @property
    def wrists(self) -> Floats:
        """(T, 2, 3): left and right."""
        return self.points[:, self.layout.indices(f"pose/{side}_wrist" for side in SIDES)]

    @property
    def hands(self) -> tuple[slice, slice]:
        """Where the left and the right hand's points are."""
        left, right = (self.layout.groups[f"{side}_hand"] for side in SIDES)
        return left, right


def common_layout(layouts: list[Layout]) -> Layout:
    """The layout that signs of these can be joined in: their own when all have the same, else `body_hands_75`.

    Raises:
        LayoutError: one of them has no shoulders, wrists and hands; the text says which landmarks are lacking.
    """
    first = layouts[0]
    for layout in layouts:
        hands = [f"{side}_hand/{point}" for side in SIDES for point in HAND_POINTS]
        if missing := [name for name in (*_NEEDED, *hands) if not layout.has(name)]:
            raise LayoutError(
                f"signs are joined by their arms and hands, and a clip of {layout.name} has no {missing[0]}"
                f" ({len(missing)} such landmarks are lacking); extract its video with `chereme extract`"
            )
    return first if all(layout == first for layout in layouts) else BODY_HANDS_75


def material(sequence: PoseSequence, layout: Layout, fps: float) -> Material:
    """Bring a clip to the common body frame and rate, its gaps filled, its hands on its wrists.

    A landmark goes straight through its gaps and is held where it was last seen; so is the shape of a hand. A hand's
    wrist is measured better than the body's, so the body's moves to it. What a clip never shows stays NaN.

    Raises:
        LayoutError: the clip has not got the landmarks.
        ClipError: no shoulders or no hand in any frame.
    """
    sequence = fit_layout(sequence, layout) if sequence.layout != layout else sequence
    shoulders = sequence.points[:, layout.indices(_NEEDED[::2]), 0]
    if np.isnan(shoulders.sum(1)).all():
        raise ClipError(f"no shoulders in any of {len(sequence)} frames, so the sign cannot be put on a body")
    aligned = align_body(sort_hands(sequence))
    points = aligned.points.copy()
    loose: list[tuple[int, int]] = []
    for side in SIDES:
        root, wrist = layout.index(f"{side}_hand/wrist"), layout.index(f"pose/{side}_wrist")
        base = points[:, root].copy()
        points[:, layout.groups[f"{side}_hand"]] -= base[:, None]
        if np.isnan(points[:, wrist, 0]).all():
            points[:, wrist] = base
        # until gaps are filled, the hand's own wrist holds how far it lies from the body's in the picture's plane;
        # their depths are of two kinds
        points[:, root] = (base - points[:, wrist]) * np.array([1, 1, 0], np.float32)
        loose.append((root, wrist))
    filled = fill_gaps(aligned.with_points(points), _ALWAYS, _ALWAYS)
    points = filled.points
    if all(np.isnan(points[:, root]).all() for root, _ in loose):
        raise ClipError(f"no hand in any of {len(sequence)} frames, so there is no sign to join")
    for root, wrist in loose:
        points[:, wrist] += np.nan_to_num(points[:, root])
        points[:, root] *= 0
    invented = np.zeros(points.shape[:2], bool) if filled.filled is None else filled.filled
    times = np.arange(round(len(points) * fps / sequence.fps) or 1) * (sequence.fps / fps)
    return at_times(Material(points, invented, layout, fps), np.minimum(times, len(points) - 1), fps)


def at_times(signing: Material, times: NDArray[np.float64], fps: float) -> Material:
    """Frames at other moments, which are given in frames; between two frames on the straight line."""
    if len(times) == len(signing) and np.array_equal(times, np.arange(len(signing))):
        return signing
    before = np.clip(np.floor(times).astype(np.int64), 0, max(len(signing) - 2, 0))
    after = np.minimum(before + 1, len(signing) - 1)
    share = np.asarray(times - before, np.float32)[:, None, None]
    points = signing.points[before] * (1 - share) + signing.points[after] * share
    return Material(points, signing.invented[np.where(share[:, 0, 0] > 0.5, after, before)], signing.layout, fps)


def place_in_picture(signing: Material, size: tuple[int, int]) -> PoseSequence:
    """Hang the hands on their wrists and put the signer in the middle of a picture, seen from head to hips.

    Returns:
        In frame heights; the hand's wrist is the body's, in all three directions.
    """
    points = signing.points.copy()
    for side, wrist in enumerate(np.moveaxis(signing.wrists, 1, 0)):
        points[:, signing.hands[side]] += wrist[:, None]
    points *= SHOULDER_WIDTH
    points[..., :2] += np.array([size[0] / size[1] / 2, SHOULDERS_AT], np.float32)
    seen = ~np.isnan(points[..., 0])
    return PoseSequence(points, signing.layout, signing.fps, size, filled=signing.invented & seen)
