"""A solid drawn signer: a person made of shaded shapes, whose hands MediaPipe finds again.

What had to be right for that was measured: head and hands fill the picture, the face has features, skin is the colour
of skin and the shirt is not, shapes are shaded and outlined, and the torso reaches the picture's lower edge.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from chereme.render.posture import Posture, pose_for_drawing
from chereme.render.shapes import Colour, Layer, Picture
from chereme.types import Floats, PoseSequence

__all__ = ["SignerStyle", "draw_signer"]


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


_SHIRT, _SKIN, _HAIR, _TROUSERS = 1, 2, 3, 4

_FINGERS = ((1, 2, 3, 4), (5, 6, 7, 8), (9, 10, 11, 12), (13, 14, 15, 16), (17, 18, 19, 20))
_PALM_EDGES = ((0, 1), (0, 5), (0, 9), (0, 13), (0, 17), (5, 9), (9, 13), (13, 17), (1, 5))
_PALM_FACES = ((0, 1, 5), (0, 5, 9), (0, 9, 13), (0, 13, 17))
_RADII = (
    0.20, 0.19, 0.15, 0.125, 0.10, 0.14, 0.115, 0.10, 0.085, 0.14, 0.12, 0.105, 0.088, 0.135, 0.115, 0.10, 0.085, 0.12,
    0.10, 0.088, 0.075,
)  # fmt: skip
"""Radius at each of a hand's 21 landmarks, in palm lengths."""
_PALM_THICKNESS = 0.13
_FRACTION = 4


def draw_signer(sequence: PoseSequence, size: int = 640, style: SignerStyle | None = None) -> Iterator[Picture]:
    """Draw each frame of a sign as a solid person in a square picture.

    A hand whose shape is not known is drawn as a plain round end of the arm: nothing is made up that a viewer or
    a recognizer could take for a handshape.

    Args:
        sequence: T frames that hold the landmarks of `body_hands_75`, in frame heights or shoulder widths.
        size: width and height of the pictures in pixels; from 320 on the hands can be read.
        style: colours.

    Returns:
        T pictures (size, size, 3), made as they are asked for.

    Raises:
        LayoutError: the layout lacks landmarks that a body needs.
        ClipError: no shoulders in any frame.

    Source: a probe of ours over 86 canonical signs; sizes of the body parts are its.
    """
    posture = pose_for_drawing(sequence, size)
    return _draw(posture, size, style or SignerStyle())


def _draw(posture: Posture, size: int, style: SignerStyle) -> Iterator[Picture]:
    head = _HeadSizes.of(posture)
    for points, shown in zip(posture.points, posture.hand_shown, strict=True):
        picture: Picture = np.full((size, size, 3), style.background, np.uint8)
        _torso_and_head(picture, points, posture.shoulder_width, head, style)
        for side in range(2):
            _arm(picture, points, side, bool(shown[side]), posture, style)
        # the hand whose wrist is farther away goes behind the other
        for side in sorted(range(2), key=lambda s: -points[15 + s, 2]):
            if shown[side]:
                hand = points[33 + 21 * side : 54 + 21 * side]
                _hand(picture, hand, posture.palm[side], style)
        yield picture


@dataclass(frozen=True)
class _HeadSizes:
    """Half axes of the head and the distance between the eyes: one head for the whole clip."""

    half_width: float
    half_height: float
    eyes: float
    mouth: float
    brow: float
    """From the middle of the eyes to the middle of the mouth."""

    @classmethod
    def of(cls, posture: Posture) -> "_HeadSizes":
        def distance(a: Floats, b: Floats) -> float:
            return float(np.median(np.linalg.norm((a - b)[:, :2], axis=-1)))

        p, width = posture.points, posture.shoulder_width
        brow = max(distance((p[:, 2] + p[:, 5]) / 2, (p[:, 9] + p[:, 10]) / 2), 0.19 * width)
        half_height = 1.65 * brow
        half_width = max(0.54 * distance(p[:, 7], p[:, 8]), 0.70 * half_height)
        eyes = max(distance(p[:, 2], p[:, 5]), 0.13 * width)
        mouth = max(distance(p[:, 9], p[:, 10]) / 2, 0.25 * eyes)
        return cls(half_width, half_height, eyes, mouth, brow)


def _palette(style: SignerStyle) -> list[Colour]:
    return [(0, 0, 0), style.shirt, style.skin, style.hair, style.trousers]


def _flat(point: Floats, depth: float = 0) -> Floats:
    return np.array([point[0], point[1], depth], np.float32)


def _down(point: Floats, by: float, nearer: float = 0) -> Floats:
    return point + np.array([0, by, -nearer], np.float32)


def _torso_and_head(picture: Picture, p: Floats, width: float, head: _HeadSizes, style: SignerStyle) -> None:
    size = picture.shape[0]
    left, right = _flat(p[11]), _flat(p[12])
    middle = (left + right) / 2
    hips = _flat((p[23] + p[24]) / 2)
    hips[1] = max(hips[1], middle[1] + 1.35 * width)
    aside = np.array([0.30 * width, 0, 0], np.float32)
    left_hip, right_hip = hips + aside, hips - aside

    eyes, mouth, across, down = _face_axes(p)
    around = np.stack([left[:2], right[:2], left_hip[:2], right_hip[:2], np.array([hips[0], size], np.float32), eyes])
    layer = Layer((size, size), around, max(0.3 * width, 1.3 * head.half_height))
    for hip, inward in ((left_hip, -1), (right_hip, 1)):
        top = hip + np.array([0.08 * inward, -0.15, 0.3], np.float32) * width
        layer.capsule(top, _down(hip, 1.5 * width, -0.3 * width), (0.21 * width, 0.19 * width), _TROUSERS)
    chest = 0.13 * width
    left_top, right_top = _down(left, 0.11 * width), _down(right, 0.11 * width)
    layer.capsule(left_top, left_hip, (chest, 0.12 * width), _SHIRT)
    layer.capsule(right_top, right_hip, (chest, 0.12 * width), _SHIRT)
    layer.capsule(left_hip, right_hip, (chest, chest), _SHIRT)
    layer.capsule(left_top, right_top, (chest, chest), _SHIRT)
    layer.triangle(left_top, right_top, left_hip, 0.98 * chest, _SHIRT)
    layer.triangle(right_top, left_hip, right_hip, 0.98 * chest, _SHIRT)
    collar = _down(middle, -0.10 * width)
    for shoulder in (left, right):
        layer.capsule(collar, _down(shoulder, 0.03 * width), (0.11 * width, 0.10 * width), _SHIRT)

    centre = eyes + down * 0.10 * head.brow
    high, wide = head.half_height, head.half_width
    chin = _flat(centre + down * high * 0.72, -0.02 * width)
    layer.capsule(chin, _down(collar, 0, 0.10 * width), (0.135 * width, 0.125 * width), _SKIN)
    skull = _flat(centre - down * 0.08 * high, -0.18 * width)
    layer.ellipsoid(skull, (wide * 1.12, high * 1.03, wide * 0.8), across, _HAIR)
    face = _flat(centre + down * 0.03 * high, -0.32 * width)
    layer.ellipsoid(face, (wide, high * 0.97, wide), across, _SKIN)
    for side in (1, -1):
        ear = _flat(centre + across * side * wide * 1.02 + down * 0.05 * high, -0.2 * width)
        layer.ellipsoid(ear, (0.12 * wide, 0.2 * high, 0.15 * wide), across, _SKIN)
    layer.paint(picture, _palette(style), contour=0.05 * width)
    _face(picture, p, head, (centre, mouth, across, down), style)


def _face_axes(p: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Middle of the eyes, middle of the mouth, unit vectors towards the signer's left and down."""
    eyes, mouth = (p[2, :2] + p[5, :2]) / 2, (p[9, :2] + p[10, :2]) / 2
    across = p[2, :2] - p[5, :2]
    across = across / (np.linalg.norm(across) + 1e-6)
    down = np.array([-across[1], across[0]], np.float32)
    return eyes, mouth, across, down if down @ (mouth - eyes) > 0 else -down


def _face(
    picture: Picture,
    p: Floats,
    head: _HeadSizes,
    axes: tuple[Floats, Floats, Floats, Floats],
    style: SignerStyle,
) -> None:
    """Hairline, eyes, brows, nose and lips: without them the body is found less often."""
    centre, mouth, across, down = axes
    pen = _Pen(picture, float(np.degrees(np.arctan2(across[1], across[0]))))
    wide, high, eyes = head.half_width, head.half_height, head.eyes
    hairline = centre - down * 0.52 * high
    pen.ellipse(hairline, (wide * 0.90, high * 0.50), style.hair, start=180)
    pen.ellipse(hairline, (wide * 0.90, high * 0.05), style.hair)
    for i in (2, 5):
        eye = p[i, :2]
        pen.ellipse(eye, (0.24 * eyes, 0.13 * eyes), (245, 245, 245))
        pen.ellipse(eye, (0.115 * eyes, 0.115 * eyes), style.iris)
        pen.ellipse(eye, (0.05 * eyes, 0.05 * eyes), (10, 10, 10))
        pen.ellipse(eye, (0.25 * eyes, 0.15 * eyes), (45, 35, 30), start=180, thick=0.05 * eyes)
        brow = eye - down * 0.20 * eyes
        pen.ellipse(brow, (0.29 * eyes, 0.13 * eyes), style.hair, start=200, end=340, thick=0.09 * eyes)
    nose = p[0, :2]
    bridge = (p[2, :2] + p[5, :2]) / 2 + down * 0.15 * eyes
    pen.line(bridge, nose + down * 0.08 * eyes, _shaded(style.skin, 0.82), 0.07 * eyes)
    pen.ellipse(nose + down * 0.12 * eyes, (0.2 * eyes, 0.1 * eyes), _shaded(style.skin, 0.62), end=180)
    pen.ellipse(mouth, (head.mouth, 0.13 * eyes), style.lips)
    smile = mouth - down * 0.07 * eyes
    pen.ellipse(smile, (head.mouth, 0.10 * eyes), _shaded(style.lips, 0.58), start=10, end=170, thick=0.04 * eyes)


def _arm(picture: Picture, p: Floats, side: int, has_hand: bool, posture: Posture, style: SignerStyle) -> None:
    size, width = picture.shape[0], posture.shoulder_width
    shoulder, elbow, wrist = p[11 + side], p[13 + side], p[15 + side]
    layer = Layer((size, size), np.stack([shoulder, elbow, wrist])[:, :2], 0.35 * width)
    top, joint, end = _down(_flat(shoulder), 0.07 * width), _flat(elbow, -0.02 * width), _flat(wrist, -0.2 * width)
    hem = top + (_flat(elbow, -0.1 * width) - top) * 0.7
    layer.capsule(top, hem, (0.125 * width, 0.11 * width), _SHIRT)
    layer.capsule(joint + (top - joint) * 0.25, joint, (0.088 * width, 0.088 * width), _SKIN)
    layer.capsule(joint, end, (0.088 * width, 0.058 * width), _SKIN)
    if not has_hand:
        along = end - joint
        along = along / (np.linalg.norm(along) + 1e-6)
        palm = posture.palm[side]
        layer.capsule(end + along * 0.2 * palm, end + along * 0.55 * palm, (0.3 * palm, 0.34 * palm), _SKIN)
    layer.paint(picture, _palette(style), contour=0.05 * width)


def _hand(picture: Picture, hand: Floats, palm: float, style: SignerStyle) -> None:
    """One hand: palm, then fingers, each a part of its own so that contours fall between fingers only."""
    size = picture.shape[0]
    h = hand.copy()
    h[:, 2] -= h[0, 2]
    layer = Layer((size, size), h[:, :2], 0.3 * palm)
    thick = _PALM_THICKNESS * palm
    for a, b in _PALM_EDGES:
        layer.capsule(h[a], h[b], (thick, thick), 1)
    for a, b, c in _PALM_FACES:
        layer.triangle(h[a], h[b], h[c], thick, 1)
    for part, finger in enumerate(_FINGERS, 2):
        for a, b in pairwise(finger):
            layer.capsule(h[a], h[b], (_RADII[a] * palm, _RADII[b] * palm), part)
    layer.paint(picture, [style.skin] * (2 + len(_FINGERS)), contour=0.10 * palm, gloss=0.06)


def _shaded(colour: Colour, by: float) -> Colour:
    red, green, blue = colour
    return int(red * by), int(green * by), int(blue * by)


@dataclass(frozen=True)
class _Pen:
    """OpenCV's smooth lines and ellipses with fractional coordinates, turned with the head."""

    picture: Picture
    degrees: float

    def ellipse(
        self,
        centre: Floats,
        radii: tuple[float, float],
        colour: Colour,
        *,
        start: int = 0,
        end: int = 360,
        thick: float | None = None,
    ) -> None:
        line = -1 if thick is None else max(1, round(thick))
        cv2.ellipse(
            self.picture, _fixed(centre), _fixed(radii), self.degrees, start, end, colour, line, cv2.LINE_AA, _FRACTION
        )

    def line(self, a: Floats, b: Floats, colour: Colour, thick: float) -> None:
        cv2.line(self.picture, _fixed(a), _fixed(b), colour, max(1, round(thick)), cv2.LINE_AA, _FRACTION)


def _fixed(values: Floats | tuple[float, float]) -> tuple[int, int]:
    return round(float(values[0]) * (1 << _FRACTION)), round(float(values[1]) * (1 << _FRACTION))
