"""Landmarks as lines and dots, over any picture."""

from collections.abc import Iterator

import cv2
import numpy as np

from chereme.layout import Layout
from chereme.render.shapes import Colour, Picture
from chereme.types import Floats, PoseSequence

__all__ = ["LEFT", "MIDDLE", "RIGHT", "draw_skeleton", "render_skeleton"]

LEFT: Colour = (255, 140, 30)
"""Orange: the signer's own left."""
RIGHT: Colour = (40, 170, 255)
"""Blue: the signer's own right."""
MIDDLE: Colour = (120, 220, 120)

_FRACTION = 4
"""Bits after the point in OpenCV's coordinates: lines move smoothly, not by whole pixels."""


def draw_skeleton(image: Picture, points: Floats, layout: Layout) -> Picture:
    """Draw one frame's landmarks over a picture; what was not seen is left out.

    Args:
        image: (H, W, 3) picture, which is not changed.
        points: (J, 3) in frame heights, so that (W / H, 1) is the lower right corner.
        layout: names and bones of the J landmarks.

    Returns:
        A copy of the picture with the signer's left in orange and right in blue.
    """
    drawn: Picture = image.copy()
    height = image.shape[0]
    # a point far outside would overflow OpenCV's fixed-point coordinates
    seen = np.isfinite(points[:, :2]).all(1) & (np.abs(np.nan_to_num(points[:, :2])) < 8).all(1)
    at = np.round(np.where(seen[:, None], points[:, :2], 0) * height * (1 << _FRACTION)).astype(int)
    thin = max(1, round(height / 320))
    for a, b in layout.bones:
        if seen[a] and seen[b]:
            body = layout.names[a].startswith(("pose/", "body/"))
            colour = _colour(layout.names[a], layout.names[b])
            cv2.line(drawn, at[a].tolist(), at[b].tolist(), colour, thin * (2 if body else 1), cv2.LINE_AA, _FRACTION)
    radius = max(1.5, height / 240)
    for i in np.flatnonzero(seen):
        name = layout.names[i]
        size = radius * (0.5 if name.startswith("face/") else 1)
        cv2.circle(drawn, at[i].tolist(), round(size * (1 << _FRACTION)), _colour(name), -1, cv2.LINE_AA, _FRACTION)
    return drawn


def render_skeleton(
    sequence: PoseSequence, size: int = 480, background: Colour = (24, 26, 32), fit: bool = False
) -> Iterator[Picture]:
    """The landmarks of each frame on a plain ground.

    Args:
        sequence: T frames; in frame heights unless `fit`.
        size: height of the pictures in pixels; the width follows the source's proportions.
        background: colour behind the lines.
        fit: move and scale the whole sequence into the picture: for coordinates of another kind (metres,
            shoulder widths, a hand alone).
    """
    aspect = sequence.size[0] / sequence.size[1]
    width = max(2, round(size * aspect))
    points = _into_picture(sequence.points, aspect) if fit else sequence.points
    empty = np.full((size, width, 3), background, np.uint8)
    for frame in points:
        yield draw_skeleton(empty, frame, sequence.layout)


def _into_picture(points: Floats, aspect: float) -> Floats:
    flat = points[..., :2].reshape(-1, 2)
    flat = flat[np.isfinite(flat).all(1)]
    if len(flat) == 0:
        return points
    low, high = flat.min(0), flat.max(0)
    scale = 0.9 * min(np.array([aspect, 1]) / np.maximum(high - low, 1e-6))
    moved = points.copy()
    moved[..., :2] = (points[..., :2] - (low + high) / 2) * scale + np.array([aspect / 2, 0.5])
    return moved


def _colour(*names: str) -> Colour:
    sides = {part for name in names for part in name.replace("/", "_").split("_") if part in ("left", "right")}
    if sides == {"left"}:
        return LEFT
    return RIGHT if sides == {"right"} else MIDDLE
