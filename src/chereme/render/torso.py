"""Shirt and trousers of a drawn signer as outlines, the same for the solid and the flat one."""

from dataclasses import dataclass

import numpy as np

from chereme.render.figure import hull
from chereme.types import Floats

__all__ = ["Torso"]


@dataclass(frozen=True, eq=False)
class Torso:
    """One frame's, in pixels."""

    trousers: tuple[Floats, Floats]
    shirt: tuple[Floats, Floats]
    """Trunk and shoulders: polygons that overlap."""
    collar: Floats
    """(2,): where the neck ends."""
    width: float
    """Between the shoulders, a constant of the clip."""

    @classmethod
    def of(cls, points: Floats, width: float) -> "Torso":
        """From the (75, 3) landmarks of a frame; the trousers reach below any picture."""
        left, right = points[11, :2], points[12, :2]
        middle = (left + right) / 2
        hips = (points[23, :2] + points[24, :2]) / 2
        hips = np.array([hips[0], max(hips[1], middle[1] + 1.35 * width)], np.float32)

        def beside(at: Floats, x: float, y: float) -> Floats:
            return at + np.array([x, y], np.float32) * width

        # one trouser leg on either side, whichever way the signer is turned
        legs = [
            hull((beside(hips, 0.22 * s, -0.15), 0.21 * width), (beside(hips, 0.30 * s, 1.5), 0.19 * width))
            for s in (1, -1)
        ]
        trunk = hull(
            (beside(left, 0, 0.11), 0.13 * width),
            (beside(right, 0, 0.11), 0.13 * width),
            (beside(hips, 0.30, 0), 0.12 * width),
            (beside(hips, -0.30, 0), 0.12 * width),
        )
        collar = beside(middle, 0, -0.10)
        shoulders = hull(
            (collar, 0.11 * width), (beside(left, 0, 0.03), 0.10 * width), (beside(right, 0, 0.03), 0.10 * width)
        )
        return cls((legs[0], legs[1]), (trunk, shoulders), collar, width)
