"""The head of a drawn signer: its sizes, where its face looks, and the face as flat shapes."""

from dataclasses import dataclass

import numpy as np

from chereme.render.figure import Shape, ellipse, shaded, stroke
from chereme.render.posture import Posture
from chereme.render.shapes import Colour
from chereme.types import Floats

__all__ = ["Head", "SignerStyle", "face_shapes"]


@dataclass(frozen=True)
class SignerStyle:
    """Colours of the drawn person, red green blue."""

    skin: Colour = (224, 170, 135)
    hair: Colour = (52, 38, 32)
    shirt: Colour = (52, 78, 110)
    trousers: Colour = (64, 66, 70)
    iris: Colour = (70, 50, 40)
    lips: Colour = (190, 100, 95)
    background: Colour = (212, 218, 222)


@dataclass(frozen=True, eq=False)
class Head:
    """Half axes of the head and the distance between the eyes: one head for the whole clip."""

    half_width: float
    half_height: float
    eyes: float
    mouth: float
    brow: float
    """From the middle of the eyes to the middle of the mouth."""

    @classmethod
    def of(cls, posture: Posture) -> "Head":
        def distance(a: Floats, b: Floats) -> float:
            return float(np.median(np.linalg.norm((a - b)[:, :2], axis=-1)))

        p, width = posture.points, posture.shoulder_width
        brow = max(distance((p[:, 2] + p[:, 5]) / 2, (p[:, 9] + p[:, 10]) / 2), 0.19 * width)
        half_height = 1.65 * brow
        half_width = max(0.54 * distance(p[:, 7], p[:, 8]), 0.70 * half_height)
        eyes = max(distance(p[:, 2], p[:, 5]), 0.13 * width)
        mouth = max(distance(p[:, 9], p[:, 10]) / 2, 0.25 * eyes)
        return cls(half_width, half_height, eyes, mouth, brow)

    def axes(self, points: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Middle of the head and of the mouth, unit vectors towards the signer's left and down, in one frame."""
        eyes, mouth = (points[2, :2] + points[5, :2]) / 2, (points[9, :2] + points[10, :2]) / 2
        across = points[2, :2] - points[5, :2]
        across = across / (np.linalg.norm(across) + 1e-6)
        down = np.array([-across[1], across[0]], np.float32)
        if down @ (mouth - eyes) < 0:
            down = -down
        return eyes + down * 0.10 * self.brow, mouth, across, down


def face_shapes(points: Floats, head: Head, style: SignerStyle) -> list[Shape]:
    """Hairline, eyes, brows, nose and lips: without them MediaPipe finds the body less often.

    Args:
        points: (75, 3) of one frame, in pixels.
        head: its sizes.
        style: colours.
    """
    centre, mouth, across, down = head.axes(points)
    wide, high, eyes = head.half_width, head.half_height, head.eyes
    upright = across if np.cross(across, down) > 0 else -across  # so that 180 to 360 degrees is the upper half

    def oval(at: Floats, radii: tuple[float, float], start: float = 0, end: float = 360) -> Floats:
        return ellipse(at, radii, upright, start, end)

    hairline = centre - down * 0.50 * high
    shapes = [
        Shape(
            (oval(hairline, (wide * 0.93, high * 0.50), 180, 360), oval(hairline, (wide * 0.93, high * 0.07))),
            style.hair,
        )
    ]
    for i in (2, 5):
        eye = points[i, :2]
        brow = eye - down * 0.20 * eyes
        shapes += [
            Shape((oval(eye, (0.24 * eyes, 0.13 * eyes)),), (245, 245, 245)),
            Shape((oval(eye, (0.115 * eyes, 0.115 * eyes)),), style.iris),
            Shape((oval(eye, (0.05 * eyes, 0.05 * eyes)),), (10, 10, 10)),
            Shape((stroke(oval(eye, (0.25 * eyes, 0.15 * eyes), 180, 360), 0.06 * eyes),), (45, 35, 30)),
            Shape((stroke(oval(brow, (0.29 * eyes, 0.13 * eyes), 200, 340), 0.09 * eyes),), style.hair),
        ]
    nose = points[0, :2]
    bridge = (points[2, :2] + points[5, :2]) / 2 + down * 0.15 * eyes
    smile = mouth - down * 0.07 * eyes
    shapes += [
        Shape((stroke(np.stack([bridge, nose + down * 0.08 * eyes]), 0.07 * eyes),), shaded(style.skin, 0.82)),
        Shape((oval(nose + down * 0.12 * eyes, (0.2 * eyes, 0.1 * eyes), 0, 180),), shaded(style.skin, 0.62)),
        Shape((oval(mouth, (head.mouth, 0.13 * eyes)),), style.lips),
        Shape((stroke(oval(smile, (head.mouth, 0.10 * eyes), 10, 170), 0.05 * eyes),), shaded(style.lips, 0.58)),
    ]
    return shapes
