"""Landmarks as two known recognizers read them: the first place of Google's ISLR contest (2023), and SPOTER (2022).

Their sources normalise pictures; here points are aligned before, so the middle and the size that each takes out are
found once for a clip, and NaN stays where nothing was seen.
"""

import numpy as np

from chereme.features.blocks import SIDES, Block, Frame
from chereme.layout import HAND_POINTS, Layout
from chereme.types import Floats

__all__ = ["PEER_BLOCKS"]

FACE = ("nose", "left_eye", "right_eye", "mouth_left", "mouth_right")
"""Points of the body's landmarks that stand for a face mesh's nose, eyes and lips."""
SPOTER_BODY = (
    "nose", "right_eye", "left_eye", "mouth_right", "mouth_left", "right_shoulder", "left_shoulder", "right_elbow",
    "left_elbow", "right_wrist", "left_wrist",
)  # fmt: skip
"""SPOTER's body without the neck, which is made of the shoulders; corners of the mouth stand for its ears."""
HANDS = tuple(f"{side}_hand/{point}" for side in SIDES for point in HAND_POINTS)
SPACE = 6.0
"""Shoulder widths across the space in which a signer moves."""


def _islr_points(frame: Frame) -> Floats:
    """x and y from the clip's mean place of the nose, or of all points without one, in the points' own spread."""
    points = frame.points[..., frame.layout.indices(_islr_names(frame.layout)), :2]
    centre = _mean(points, (-3, -2))
    if frame.layout.has("pose/nose"):
        nose = _mean(frame.body(["nose"])[..., :2], (-3, -2))
        centre = np.where(np.isnan(nose), centre, nose)
    points = points - centre
    spread = np.sqrt(_mean(points**2, (-3, -2)))
    return _flat(points / np.maximum(spread, np.float32(1e-3)))


def _islr_names(layout: Layout) -> list[str]:
    return [*HANDS, *(name for name in (f"pose/{point}" for point in FACE) if layout.has(name))]


def _spoter_body(frame: Frame) -> Floats:
    """x and y as shares of the space around a signer: six shoulders wide about the neck, and down from above the eyes.

    From -0.5 to 0.5.
    """
    body = frame.body(list(SPOTER_BODY))[..., :2]
    right, left = body[..., 5:6, :], body[..., 6:7, :]
    neck = (right + left) / 2
    width = np.maximum(_mean(np.linalg.norm(right - left, axis=-1, keepdims=True), (-3, -2)), np.float32(1e-3))
    eye = _mean(body[..., 2:3, :], (-3, -2))
    middle = np.concatenate([_mean(neck, (-3, -2))[..., :1], eye[..., 1:] + (SPACE - 1) / 2 * width], axis=-1)
    return _flat((np.concatenate([body, neck], axis=-2) - middle) / (SPACE * width))


def _spoter_hands(frame: Frame) -> Floats:
    """x and y of each hand in the square about it, a tenth wider on either side, anew in each frame; -0.5 to 0.5."""
    points = frame.points[..., frame.layout.indices(HANDS), :2]
    hands = points.reshape(*points.shape[:-2], 2, len(HAND_POINTS), 2)
    low, high = (ends.reduce(hands, axis=-2, keepdims=True) for ends in (np.fmin, np.fmax))
    side = np.float32(1.2) * (high - low).max(-1, keepdims=True)
    return _flat((hands - (low + high) / 2) / np.maximum(side, np.float32(1e-3)), 3)


def _mean(values: Floats, axes: tuple[int, ...]) -> Floats:
    """Mean of what was seen, axes kept; NaN where nothing was."""
    seen = ~np.isnan(values)
    count = seen.sum(axes, keepdims=True)
    total = np.where(seen, values, np.float32(0)).sum(axes, keepdims=True)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)


def _flat(values: Floats, axes: int = 2) -> Floats:
    return values.reshape(*values.shape[:-axes], -1)


def _axes(points: list[str]) -> list[str]:
    return [f"{point}.{axis}" for point in points for axis in "xy"]


PEER_BLOCKS: dict[str, Block] = {
    "islr_points": Block(_islr_points, lambda layout: _axes(_islr_names(layout)), moving=True),
    "spoter_body": Block(_spoter_body, lambda _: _axes([*SPOTER_BODY, "neck"]), moving=True),
    "spoter_hands": Block(_spoter_hands, lambda _: _axes(list(HANDS)), moving=True),
}
