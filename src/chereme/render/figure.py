"""Flat figures: polygons with a colour and a dark line round them, painted into a picture or written as vectors."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from chereme.render.shapes import Colour, Picture, lit
from chereme.types import Floats

__all__ = ["Shape", "bulge", "ellipse", "hull", "paint", "shaded", "stroke"]

_FRACTION = 4
"""Bits after the point in OpenCV's coordinates: shapes move smoothly, not by whole pixels."""
_OUTLINE_SHADE = 0.35
_ROUND = np.stack([f(np.linspace(0, 2 * np.pi, 20, endpoint=False)) for f in (np.cos, np.sin)], 1).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Shape:
    """Polygons of one colour that count as one: the line goes round all of them together."""

    polygons: tuple[Floats, ...]
    """(N, 2) each, in pixels."""
    colour: Colour
    line: float = 0
    """Width in pixels of the line round the shape; 0 for none."""

    @property
    def line_colour(self) -> Colour:
        return shaded(self.colour, _OUTLINE_SHADE)


def shaded(colour: Colour, by: float) -> Colour:
    """A colour made darker, or lighter where `by` is above 1."""
    red, green, blue = (min(255, int(part * by)) for part in colour)
    return red, green, blue


def hull(*circles: tuple[Floats, float]) -> Floats:
    """The outline (N, 2) of circles (centre, radius) with a band stretched round them: two make a tapered limb."""
    rims = np.concatenate([np.asarray(centre)[:2] + radius * _ROUND for centre, radius in circles])
    around: Floats = np.asarray(cv2.convexHull(rims.astype(np.float32)), np.float32)[:, 0]
    return around


def ellipse(centre: Floats, radii: tuple[float, float], across: Floats, start: float = 0, end: float = 360) -> Floats:
    """An ellipse (N, 2), or the piece of it between two angles in degrees, its first axis along `across`."""
    corners = 24 if max(radii) < 25 else 48
    angles = np.radians(np.linspace(start, end, corners, endpoint=end - start < 360))
    turned = np.array([[across[0], across[1]], [-across[1], across[0]]], np.float32)
    round_it = np.stack([radii[0] * np.cos(angles), radii[1] * np.sin(angles)], 1)
    points: Floats = (np.asarray(centre)[:2] + round_it @ turned).astype(np.float32)
    return points


def stroke(points: Floats, width: float) -> Floats:
    """The outline of a line with a width through `points` (N, 2)."""
    points = np.asarray(points, np.float32)
    along = np.gradient(points, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True) + 1e-9
    aside = np.stack([-along[:, 1], along[:, 0]], 1) * (width / 2)
    return np.concatenate([points + aside, (points - aside)[::-1]])


def paint(picture: Picture, shapes: Iterable[Shape]) -> None:
    """Paint shapes over a picture, in place, the last one on top."""
    for shape in shapes:
        fixed = [_fixed(polygon) for polygon in shape.polygons]
        if shape.line:
            width = max(1, round(2 * shape.line))
            cv2.polylines(picture, fixed, True, shape.line_colour, width, cv2.LINE_AA, _FRACTION)
        for polygon in fixed:
            cv2.fillPoly(picture, [polygon], shape.colour, cv2.LINE_AA, _FRACTION)


def bulge(picture: Picture, polygons: Sequence[Floats], colour: Colour, rim: float, line: float = 1.2) -> None:
    """Paint polygons as one body that is round towards its edges, in place.

    Args:
        picture: what is behind.
        polygons: (N, 2) each, in pixels; together they are one silhouette.
        colour: of the body.
        rim: how far from the edge, in pixels, the roundness reaches.
        line: width in pixels of the dark line round it.
    """
    height, width = picture.shape[:2]
    every = np.concatenate(polygons)
    low = np.clip(np.floor(every.min(0)) - 4, 0, (width, height)).astype(int)
    high = np.clip(np.ceil(every.max(0)) + 5, 0, (width, height)).astype(int)
    if (low >= high).any():
        return
    behind = picture[low[1] : high[1], low[0] : high[0]]
    mask = np.zeros(behind.shape[:2], np.uint8)
    for polygon in polygons:
        cv2.fillPoly(mask, [_fixed(polygon - low)], (255,), cv2.LINE_AA, _FRACTION)
    # light changes slowly over a body, so a quarter of the pixels tells it
    small = cv2.resize(mask, (max(1, mask.shape[1] // 2), max(1, mask.shape[0] // 2)), interpolation=cv2.INTER_AREA)
    deep = 2 * cv2.distanceTransform((small > 127).astype(np.uint8), cv2.DIST_L2, 5)
    smooth = cv2.blur(deep, (5, 5))
    x, y = cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    lean = np.maximum(1 - deep / np.float32(rim), 0) ** 2
    scale = -lean / (np.sqrt(x * x + y * y) + np.float32(1e-3))
    bright = lit(x * scale, y * scale, -np.sqrt(np.maximum(1 - lean * lean, 0)))
    bright = cv2.resize(bright, mask.shape[1::-1], interpolation=cv2.INTER_LINEAR).astype(np.float32)
    outside = cv2.dilate(mask, np.ones((3, 3), np.uint8), iterations=max(1, round(line))) if line else mask
    share = mask.astype(np.float32) / 255
    around = 1 - (1 - _OUTLINE_SHADE) / 255 * outside.astype(np.float32)
    for channel in range(3):
        ground = behind[..., channel] * around
        behind[..., channel] = np.clip(ground + (bright * np.float32(colour[channel]) - ground) * share, 0, 255)


def _fixed(polygon: Floats) -> NDArray[np.integer[Any]]:
    # what lies far outside would overflow OpenCV's coordinates
    points: NDArray[np.integer[Any]] = np.round(np.clip(polygon, -8000, 8000) * (1 << _FRACTION)).astype(np.int32)
    return points
