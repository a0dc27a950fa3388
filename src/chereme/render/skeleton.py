"""Landmarks as lines and dots, over any picture."""

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from chereme.errors import ClipError
from chereme.layout import Layout
from chereme.render.shapes import Colour, Picture
from chereme.types import Floats, PoseSequence

__all__ = ["LEFT", "MIDDLE", "RIGHT", "draw_skeleton", "in_view", "render_skeleton", "side_colour"]

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
            colour = side_colour(layout.names[a], layout.names[b])
            cv2.line(drawn, at[a].tolist(), at[b].tolist(), colour, thin * (2 if body else 1), cv2.LINE_AA, _FRACTION)
    radius = max(1.5, height / 240)
    for i in np.flatnonzero(seen):
        name = layout.names[i]
        size = radius * (0.5 if name.startswith("face/") else 1)
        cv2.circle(drawn, at[i].tolist(), round(size * (1 << _FRACTION)), side_colour(name), -1, cv2.LINE_AA, _FRACTION)
    return drawn


def render_skeleton(
    sequence: PoseSequence,
    size: int = 480,
    background: Colour = (24, 26, 32),
    frames: Sequence[int] | None = None,
) -> Iterator[Picture]:
    """The landmarks of each frame on a plain ground.

    Landmarks in another unit than frame heights (metres, shoulder widths, a hand alone) are brought into the picture.

    Args:
        sequence: T frames.
        size: height of the pictures in pixels; the width follows the source's proportions.
        background: colour behind the lines.
        frames: numbers of those to draw; all when not given.

    Raises:
        ClipError: no landmark was seen in any frame.
    """
    points, aspect = in_view(sequence)
    empty = np.full((size, max(2, round(size * aspect)), 3), background, np.uint8)
    chosen = range(len(points)) if frames is None else frames
    return (draw_skeleton(empty, points[frame], sequence.layout) for frame in chosen)


def in_view(sequence: PoseSequence) -> tuple[Floats, float]:
    """The points (T, J, 3) in heights of the picture that shows them best, and how many heights that is wide.

    Landmarks of which most lie outside the picture that they came from, or which fill less than half of it, are moved
    and scaled, all alike.

    Raises:
        ClipError: no landmark was seen in any frame.
    """
    seen = sequence.points[..., :2][np.isfinite(sequence.points).all(-1)]
    if not len(seen):
        raise ClipError(f"no landmark seen in any of {len(sequence)} frames, so there is nothing to draw")
    aspect = _aspect(sequence)
    picture = np.array([aspect, 1])
    elsewhere = ((seen < -0.02) | (seen > picture + 0.02)).any(-1).mean() > 0.5
    low, high = np.percentile(seen.astype(np.float64), [1, 99], axis=0)
    fit = elsewhere or bool((high - low < picture / 2).all())
    return (_into_picture(sequence.points, aspect) if fit else sequence.points), aspect


def _aspect(sequence: PoseSequence) -> float:
    # a header may say anything, and a picture of 1 x 10000 shows nobody
    return float(np.clip(sequence.size[0] / sequence.size[1], 0.25, 4))


def _into_picture(points: Floats, aspect: float) -> Floats:
    flat = points[..., :2].reshape(-1, 2).astype(np.float64)
    flat = flat[np.isfinite(flat).all(1)]
    if len(flat) == 0:
        return points
    # a landmark that was found far from all the others must not make them small
    centre = np.median(flat, axis=0)
    away = np.abs(flat - centre).max(1)
    flat = flat[away <= 10 * np.percentile(away, 90)]
    low, high = flat.min(0), flat.max(0)
    scale = 0.9 * min(np.array([aspect, 1]) / np.maximum(high - low, 1e-6))
    moved = points.astype(np.float64)
    moved[..., :2] = (moved[..., :2] - (low + high) / 2) * scale + np.array([aspect / 2, 0.5])
    # float32 has no room for the very far, and no picture either
    placed: Floats = np.clip(moved, -1e6, 1e6).astype(np.float32)
    return placed


def side_colour(*names: str) -> Colour:
    """Orange for landmarks of the signer's left, blue for the right, green for the middle or both."""
    sides = {part for name in names for part in name.replace("/", "_").split("_") if part in ("left", "right")}
    if sides == {"left"}:
        return LEFT
    return RIGHT if sides == {"right"} else MIDDLE
