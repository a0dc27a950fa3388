"""Solid shapes seen straight from the front: capsules, triangles and ellipsoids in a depth buffer.

Pixels, x right, y down, z away from the viewer. A `Layer` collects shapes, then paints itself over a picture
with light, an outline round the whole and a contour where one part stands before another.

A hand is some thirty small shapes, so shapes of a kind are worked out all at once: their pixels stand in one long row,
each with its shape's number. One by one, calls to NumPy would take longer than what they compute.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from chereme.types import Bools, Floats

__all__ = ["Colour", "Layer", "Picture", "lit"]

Picture = NDArray[np.uint8]
"""(H, W, 3), red green blue."""
Colour = tuple[int, int, int]
Indices = NDArray[np.int32]

_LIGHT = np.array([-0.35, -0.55, -0.76], np.float32)
_LIGHT /= np.linalg.norm(_LIGHT)
_HALFWAY = _LIGHT + np.array([0, 0, -1], np.float32)
_HALFWAY /= np.linalg.norm(_HALFWAY)
_AMBIENT, _DIFFUSE, _RIM = 0.58, 0.5, 0.35
_OUTLINE_SHADE, _CONTOUR_SHADE = 0.35, 0.45
_DEEP = np.float32(1e5)
"""Beyond any depth: where the half-covered rims of shapes compete."""
_OUTSIDE = np.float32(-3)
"""Pixels farther outside a shape than this matter to nobody: the widest outline ends before."""


def lit(x: Floats, y: Floats, z: Floats) -> Floats:
    """How bright a surface is whose normals these are: light from the upper left, dimmer towards the rim."""
    light = x * _LIGHT[0] + y * _LIGHT[1] + z * _LIGHT[2]
    rim = 1 + z
    bright: Floats = (_AMBIENT + _DIFFUSE * np.maximum(light, 0)) * (1 - _RIM * rim * rim)
    return bright


class Layer:
    """A depth buffer over one part of a picture.

    Args:
        picture: that it will be painted over.
        around: (N, 2) points that the layer has to hold.
        margin: pixels round those points, at least the largest radius.
    """

    def __init__(self, picture: Picture, around: Floats, margin: float) -> None:
        size = np.array([picture.shape[1], picture.shape[0]])
        low = np.clip(np.floor(around.min(0) - margin - 3), 0, size - 1).astype(int)
        high = np.clip(np.ceil(around.max(0) + margin + 4), low + 1, size).astype(int)
        self.left, self.top = int(low[0]), int(low[1])
        self.width, self.height = (int(n) for n in high - low)
        count = self.width * self.height
        # one row of pixels; `depth`, `part` and `inside` look at it as a picture
        self._order = np.full(count, np.inf, np.float32)
        self._normal = np.zeros((count, 3), np.float32)
        self._depth = np.zeros(count, np.float32)
        self._part = np.zeros(count, np.uint8)
        self._inside = np.full(count, -9, np.float32)

    @property
    def depth(self) -> Floats:
        """(H, W): of the nearest shape; means nothing where there is none."""
        return self._depth.reshape(self.height, self.width)

    @property
    def normal(self) -> Floats:
        """(H, W, 3): where that surface faces."""
        return self._normal.reshape(self.height, self.width, 3)

    @property
    def part(self) -> NDArray[np.uint8]:
        """(H, W): which part it belongs to; 0 for none."""
        return self._part.reshape(self.height, self.width)

    @property
    def inside(self) -> Floats:
        """(H, W): how many pixels a pixel's centre lies inside the silhouette; negative outside."""
        return self._inside.reshape(self.height, self.width)

    def capsules(self, starts: Floats, ends: Floats, radii: Floats, parts: NDArray[np.uint8]) -> None:
        """Spheres that move from `starts` to `ends` (N, 3) while their radii (N, 2) change."""
        starts, ends, radii = (np.asarray(a, np.float32) for a in (starts, ends, radii))
        axis = ends - starts
        length = np.maximum(np.hypot(axis[:, 0], axis[:, 1]), np.float32(1e-3))
        ux, uy, slope = axis[:, 0] / length, axis[:, 1] / length, axis[:, 2] / length
        lean, grow = slope / np.hypot(1, slope), (radii[:, 1] - radii[:, 0]) / length
        reach = radii.max(1, keepdims=True) + 3
        of, at, x, y = self._pixels(
            np.minimum(starts, ends)[:, :2] - reach, np.maximum(starts, ends)[:, :2] + reach, starts
        )
        along, across = x * ux[of] + y * uy[of], y * ux[of] - x * uy[of]
        nearest = np.minimum(np.maximum(along, 0), length[of])
        radius = radii[:, 0][of] + grow[of] * nearest
        inside: Floats = radius - np.sqrt(across * across + (along - nearest) ** 2)
        near = np.flatnonzero(inside > _OUTSIDE)
        of, at, inside = of[near], at[near], inside[near]
        along, across, radius = along[near], across[near], radius[near]
        # along a tilted axis the sphere that shows at a pixel is not the one beside it, but one nearer to us
        half = np.maximum(radius * radius - across * across, 0)
        shown = np.minimum(np.maximum(along - np.sqrt(half) * lean[of], 0), length[of])
        off = along - shown
        high = np.sqrt(np.maximum(half - off * off, 0))
        normal = np.empty((len(of), 3), np.float32)
        normal[:, 0] = (off * ux[of] - across * uy[of]) / radius
        normal[:, 1] = (off * uy[of] + across * ux[of]) / radius
        normal[:, 2] = -high / radius
        depth = np.asarray(starts[:, 2][of] + slope[of] * shown - high, np.float32)
        self._put(at, depth, normal, inside, parts[of])

    def capsule(self, start: Floats, end: Floats, radii: tuple[float, float], part: int) -> None:
        """One of them."""
        self.capsules(
            np.asarray(start)[None], np.asarray(end)[None], np.array([radii], np.float32), np.array([part], np.uint8)
        )

    def ellipsoid(self, centre: Floats, radii: tuple[float, float, float], across: Floats, part: int) -> None:
        """An ellipsoid whose first axis points along `across` (a unit vector in the picture)."""
        centre = np.asarray(centre, np.float32)[None]
        reach = max(radii[:2]) + 3
        _, at, x, y = self._pixels(centre[:, :2] - reach, centre[:, :2] + reach, centre)
        u, v = (x * across[0] + y * across[1]) / radii[0], (y * across[0] - x * across[1]) / radii[1]
        distance = np.sqrt(u * u + v * v)
        high = np.sqrt(np.maximum(1 - distance * distance, 0))
        gu, gv = u / radii[0], v / radii[1]
        normal = np.stack(
            [gu * across[0] - gv * across[1], gu * across[1] + gv * across[0], -np.maximum(high, 0.05) / radii[2]], -1
        ).astype(np.float32)
        normal /= np.sqrt((normal * normal).sum(1, keepdims=True))
        inside = ((1 - distance) * min(radii[:2])).astype(np.float32)
        depth = (centre[0, 2] - high * radii[2]).astype(np.float32)
        self._put(at, depth, normal, inside, np.full(len(at), part, np.uint8))

    def surface(self, points: Floats, faces: NDArray[np.int64], thickness: float, part: int) -> None:
        """Triangles (N, 3) between `points` (M, 3), brought `thickness` outwards on the side that we see.

        They are shaded as one round surface; their outer edges are meant to be covered by capsules.
        """
        points = np.asarray(points, np.float32)
        flat = points[faces]
        facing = np.cross(flat[:, 1] - flat[:, 0], flat[:, 2] - flat[:, 0])
        facing *= np.where(facing[:, 2:] > 0, -1, 1) / (np.linalg.norm(facing, axis=1, keepdims=True) + 1e-9)
        smooth = np.zeros_like(points)
        for corner in range(3):
            np.add.at(smooth, faces[:, corner], facing)
        smooth /= np.linalg.norm(smooth, axis=1, keepdims=True) + 1e-9
        # moved corner by corner, neighbours stay joined: no crack opens along a fold
        corners, smooth = (points + thickness * smooth)[faces], smooth[faces]
        (ax, ay), (bx, by) = (corners[:, i, :2].T - corners[:, 0, :2].T for i in (1, 2))
        area = ax * by - ay * bx
        wide = np.flatnonzero(np.abs(area) >= 1)
        corners, area, smooth = corners[wide], area[wide], smooth[wide]
        of, at, x, y = self._pixels(corners[..., :2].min(1) - 1, corners[..., :2].max(1) + 1)
        a, b, c = (corners[:, i][of] for i in range(3))
        u = ((b[:, 0] - x) * (c[:, 1] - y) - (c[:, 0] - x) * (b[:, 1] - y)) / area[of]
        v = ((c[:, 0] - x) * (a[:, 1] - y) - (a[:, 0] - x) * (c[:, 1] - y)) / area[of]
        within = np.flatnonzero((u >= 0) & (v >= 0) & (u + v <= 1))
        of, weights = of[within], np.stack([u, v, 1 - u - v], 1)[within]
        normal = np.einsum("pc,pcd->pd", weights, smooth[of])
        normal /= np.sqrt((normal * normal).sum(1, keepdims=True)) + np.float32(1e-9)
        depth = (weights * corners[..., 2][of]).sum(1)
        self._put(at[within], depth, normal, np.ones(len(of), np.float32), np.full(len(of), part, np.uint8))

    def paint(
        self,
        picture: Picture,
        colours: list[Colour],
        *,
        outline: float = 1.2,
        contour: float = np.inf,
        gloss: float = 0.03,
        seamless: tuple[Floats, float] | None = None,
    ) -> None:
        """Light the shapes and lay them over `picture`, in place.

        Args:
            picture: what is behind.
            colours: colour of each part; index 0 is not used.
            outline: width in pixels of the dark line round the silhouette.
            contour: depth difference in pixels from which a part throws a contour on the part behind it.
            gloss: strength of the highlight.
            seamless: a place (x, y) and a radius in pixels within which no outline is drawn: there the shapes go on
                in what is behind.
        """
        behind = picture[self.top : self.top + self.height, self.left : self.left + self.width]
        reached = np.flatnonzero(self._inside > -0.5 - outline)
        rows, columns = np.divmod(reached, self.width)
        inside, normal = self._inside[reached], self._normal[reached]
        edges, shade = self._contours(contour)
        shine = np.maximum(normal @ _HALFWAY, 0)
        for _ in range(4):  # to the 16th power
            shine *= shine
        bright = lit(normal[:, 0], normal[:, 1], normal[:, 2]) * shade.reshape(-1)[reached]
        colour = np.asarray(colours, np.float32)[self._part[reached]] * bright[:, None]
        colour += (255 * gloss) * shine[:, None]
        line = np.clip(inside + 0.5 + outline, 0, 1) if outline else np.zeros_like(inside)
        if seamless is not None:
            (x, y), radius = seamless
            away = np.hypot(columns + (self.left - x), rows + (self.top - y))
            line *= np.clip(2 * (away / radius - 1), 0, 1)
        mixed = behind[rows, columns] * (1 - (1 - _OUTLINE_SHADE) * line)[:, None]
        mixed += (colour - mixed) * np.clip(inside + 0.5, 0, 1)[:, None]
        behind[rows, columns] = np.clip(mixed, 0, 255)
        if edges.any():
            # between two parts no pixel is half covered, so the steps are smoothed there, and only there
            soft = cv2.GaussianBlur(behind, (3, 3), 0.7)
            behind[edges] = soft[edges]

    def _pixels(
        self, low: Floats, high: Floats, origin: Floats | None = None
    ) -> tuple[Indices, Indices, Floats, Floats]:
        """The layer's pixels in each of N boxes, one after the other: box, index, x and y, from an origin if any."""
        size = np.array([self.width, self.height], np.float32)
        corner = np.array([self.left, self.top], np.float32)
        first = np.clip(np.floor(low) - corner, 0, size).astype(np.int32)
        span = np.maximum(np.clip(np.floor(high) + 2 - corner, 0, size).astype(np.int32) - first, 0)
        count = span[:, 0] * span[:, 1]
        of = np.repeat(np.arange(len(count), dtype=np.int32), count)
        place = np.arange(len(of), dtype=np.int32) - np.repeat(np.cumsum(count) - count, count).astype(np.int32)
        across = span[:, 0][of]
        row = place // np.maximum(across, 1)
        column = place - row * across + first[:, 0][of]
        row += first[:, 1][of]
        start = np.broadcast_to(corner if origin is None else corner - origin[:, :2], (len(count), 2))
        x, y = column.astype(np.float32) + start[:, 0][of], row.astype(np.float32) + start[:, 1][of]
        return of, row * self.width + column, x, y

    def _put(self, at: Indices, depth: Floats, normal: Floats, inside: Floats, part: NDArray[np.uint8]) -> None:
        held = np.flatnonzero(inside > -0.5)
        np.maximum.at(self._inside, at, inside)
        at, depth, inside = at[held], depth[held].astype(np.float32), inside[held]
        # the half-covered rim of a shape shows only where no other shape covers the pixel whole
        order = np.where(inside > 0, np.clip(depth, -_DEEP, _DEEP), _DEEP * (1 - inside)).astype(np.float32)
        np.minimum.at(self._order, at, order)
        won = np.flatnonzero(order == self._order[at])
        at, held = at[won], held[won]
        self._depth[at] = depth[won]
        self._normal[at] = normal[held]
        self._part[at] = part[held]

    def _contours(self, least: float) -> tuple[Bools, Floats]:
        """Where two parts meet (H, W), and a shade: dark where one stands before the other by more than `least`."""
        edges = np.zeros(self.part.shape, bool)
        shade = np.ones(self.part.shape, np.float32)
        for part, depth, met, marked in (
            (self.part, self.depth, edges, shade),
            (self.part.T, self.depth.T, edges.T, shade.T),
        ):
            at = np.nonzero((part[:-1] != part[1:]) & (part[:-1] > 0) & (part[1:] > 0))
            after = (at[0] + 1, at[1])
            met[at] = met[after] = True
            ahead = depth[at] - depth[after]
            marked[at] = np.where(ahead > least, np.float32(_CONTOUR_SHADE), marked[at])
            marked[after] = np.where(-ahead > least, np.float32(_CONTOUR_SHADE), marked[after])
        return edges, cv2.GaussianBlur(shade, (3, 3), 0.6).astype(np.float32) if edges.any() else shade
