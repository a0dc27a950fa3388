"""Solid shapes seen straight from the front: capsules, triangles and ellipsoids in a depth buffer.

Pixels, x right, y down, z away from the viewer. A `Layer` collects shapes, then paints itself over a picture
with light, an outline round the whole and a contour where one part stands before another.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from chereme.types import Floats

__all__ = ["Colour", "Layer", "Picture"]

Picture = NDArray[np.uint8]
"""(H, W, 3), red green blue."""
Colour = tuple[int, int, int]

_FAR = np.float32(1e6)
_LIGHT = np.array([-0.35, -0.55, -0.76], np.float32)
_LIGHT /= np.linalg.norm(_LIGHT)
_HALFWAY = _LIGHT + np.array([0, 0, -1], np.float32)
_HALFWAY /= np.linalg.norm(_HALFWAY)
_AMBIENT, _DIFFUSE, _RIM = 0.58, 0.5, 0.35
_OUTLINE_SHADE, _CONTOUR_SHADE = 0.35, 0.45


@dataclass(frozen=True)
class _Window:
    """The pixels that a shape can reach, and their coordinates."""

    rows: slice
    columns: slice
    x: Floats
    y: Floats


class Layer:
    """A depth buffer over one part of a picture.

    Args:
        picture: (width, height) in pixels.
        around: (N, 2) points that the layer has to hold.
        margin: pixels round those points, at least the largest radius.
    """

    def __init__(self, picture: tuple[int, int], around: Floats, margin: float) -> None:
        low = np.clip(np.floor(around.min(0) - margin - 3), 0, np.array(picture) - 1).astype(int)
        high = np.clip(np.ceil(around.max(0) + margin + 4), low + 1, picture).astype(int)
        self.left, self.top = int(low[0]), int(low[1])
        width, height = (int(n) for n in high - low)
        self.depth = np.full((height, width), _FAR, np.float32)
        self.normal = np.zeros((height, width, 3), np.float32)
        self.part = np.zeros((height, width), np.int16)
        self.inside = np.full((height, width), -9, np.float32)
        """How many pixels a pixel's centre lies inside the silhouette; negative outside."""

    def capsule(self, start: Floats, end: Floats, radii: tuple[float, float], part: int) -> None:
        """A sphere that moves from `start` to `end` (x, y, z) while its radius changes."""
        reach = max(radii) + 3
        window = self._window(np.minimum(start, end)[:2] - reach, np.maximum(start, end)[:2] + reach)
        if window is None:
            return
        axis = np.asarray(end, np.float32) - np.asarray(start, np.float32)
        length = max(float(np.hypot(axis[0], axis[1])), 1e-3)
        ux, uy = axis[0] / length, axis[1] / length
        dx, dy = window.x - start[0], window.y - start[1]
        along, across = dx * ux + dy * uy, dy * ux - dx * uy
        nearest = np.clip(along, 0, length)
        radius = radii[0] + (radii[1] - radii[0]) / length * nearest
        inside = radius - np.sqrt(across**2 + (along - nearest) ** 2)
        # along a tilted axis the sphere that shows at a pixel is not the one beside it, but one nearer to us
        slope = axis[2] / length
        wide = np.sqrt(np.maximum(radius**2 - across**2, 0))
        shown = np.clip(along - wide * np.float32(slope / np.hypot(1, slope)), 0, length)
        height = np.sqrt(np.maximum(radius**2 - across**2 - (along - shown) ** 2, 0))
        off = along - shown
        normal = np.stack([off * ux - across * uy, off * uy + across * ux, -height], -1) / radius[..., None]
        self._put(window, start[2] + slope * shown - height, normal, inside, part)

    def ellipsoid(self, centre: Floats, radii: tuple[float, float, float], across: Floats, part: int) -> None:
        """An ellipsoid whose first axis points along `across` (a unit vector in the picture)."""
        reach = max(radii[:2]) + 3
        window = self._window(centre[:2] - reach, centre[:2] + reach)
        if window is None:
            return
        dx, dy = window.x - centre[0], window.y - centre[1]
        u = (dx * across[0] + dy * across[1]) / radii[0]
        v = (dy * across[0] - dx * across[1]) / radii[1]
        distance = np.sqrt(u**2 + v**2)
        height = np.sqrt(np.maximum(1 - distance**2, 0))
        gu, gv = u / radii[0], v / radii[1]
        normal = np.stack(
            [gu * across[0] - gv * across[1], gu * across[1] + gv * across[0], -np.maximum(height, 0.05) / radii[2]], -1
        )
        normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
        inside = (1 - distance) * min(radii[:2])
        self._put(window, centre[2] - height * radii[2], normal, inside, part)

    def triangle(self, a: Floats, b: Floats, c: Floats, thickness: float, part: int) -> None:
        """A flat triangle brought `thickness` nearer; its edges are meant to be covered by capsules."""
        corners = np.stack([a, b, c])
        area = (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])
        window = self._window(corners[:, :2].min(0) - 1, corners[:, :2].max(0) + 1)
        if window is None or abs(area) < 1:
            return
        u = ((b[0] - window.x) * (c[1] - window.y) - (c[0] - window.x) * (b[1] - window.y)) / area
        v = ((c[0] - window.x) * (a[1] - window.y) - (a[0] - window.x) * (c[1] - window.y)) / area
        w = 1 - u - v
        normal: Floats = np.cross(b - a, c - a)
        normal = (normal / (np.linalg.norm(normal) + 1e-9) * (-1 if normal[2] > 0 else 1)).astype(np.float32)
        inside = np.where((u >= 0) & (v >= 0) & (w >= 0), np.float32(1), np.float32(-9))
        depth = u * a[2] + v * b[2] + w * c[2] - thickness
        self._put(window, depth, np.broadcast_to(normal, (*depth.shape, 3)), inside, part)

    def paint(
        self,
        picture: Picture,
        colours: list[Colour],
        *,
        outline: float = 1.2,
        contour: float = np.inf,
        gloss: float = 0.03,
    ) -> None:
        """Light the shapes and lay them over `picture`, in place.

        Args:
            picture: what is behind.
            colours: colour of each part; index 0 is not used.
            outline: width in pixels of the dark line round the silhouette.
            contour: depth difference in pixels from which a part throws a contour on the part behind it.
            gloss: strength of the highlight.
        """
        height, width = self.part.shape
        behind = picture[self.top : self.top + height, self.left : self.left + width]
        reached = self.inside > -0.5 - outline
        inside, normal = self.inside[reached], self.normal[reached]
        colour = np.asarray(colours, np.float32)[self.part[reached]]
        lit = np.maximum(normal @ _LIGHT, 0)
        rim = 1 + normal[:, 2]
        colour *= ((_AMBIENT + _DIFFUSE * lit) * (1 - _RIM * rim**2) * self._contours(contour)[reached])[:, None]
        shine = np.maximum(normal @ _HALFWAY, 0)
        for _ in range(4):  # to the 16th power
            shine *= shine
        colour += (255 * gloss) * shine[:, None]
        line = np.clip(inside + 0.5 + outline, 0, 1) if outline else np.zeros_like(inside)
        mixed = behind[reached] * (1 - (1 - _OUTLINE_SHADE) * line)[:, None]
        mixed += (colour - mixed) * np.clip(inside + 0.5, 0, 1)[:, None]
        behind[reached] = np.clip(mixed, 0, 255)

    def _window(self, low: Floats, high: Floats) -> _Window | None:
        height, width = self.part.shape
        x0, y0 = max(0, int(low[0]) - self.left), max(0, int(low[1]) - self.top)
        x1, y1 = min(width, int(high[0]) + 2 - self.left), min(height, int(high[1]) + 2 - self.top)
        if x0 >= x1 or y0 >= y1:
            return None
        x = np.arange(x0 + self.left, x1 + self.left, dtype=np.float32)[None]
        y = np.arange(y0 + self.top, y1 + self.top, dtype=np.float32)[:, None]
        return _Window(slice(y0, y1), slice(x0, x1), x, y)

    def _put(self, window: _Window, depth: Floats, normal: Floats, inside: Floats, part: int) -> None:
        at = window.rows, window.columns
        held = self.inside[at]
        # the half-covered rim of a shape shows only where no other shape covers the pixel whole
        shown = (inside > -0.5) & ((depth < self.depth[at]) & (inside > 0) | (held < 0) & (inside > held))
        np.copyto(self.depth[at], depth, where=shown)
        np.copyto(self.normal[at], normal, where=shown[..., None])
        np.copyto(self.part[at], part, where=shown)
        np.maximum(held, inside, out=held)

    def _contours(self, least: float) -> Floats:
        """Shade factor (H, W): dark where another part stands before this one by more than `least`."""
        shade = np.ones(self.part.shape, np.float32)
        if not np.isfinite(least):
            return shade
        for part, depth, marked in ((self.part, self.depth, shade), (self.part.T, self.depth.T, shade.T)):
            differ = (part[:-1] != part[1:]) & (part[:-1] > 0) & (part[1:] > 0)
            ahead = depth[:-1] - depth[1:]
            marked[:-1][differ & (ahead > least)] = _CONTOUR_SHADE
            marked[1:][differ & (-ahead > least)] = _CONTOUR_SHADE
        return cv2.GaussianBlur(shade, (3, 3), 0.6).astype(np.float32)
