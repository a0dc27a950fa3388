"""A solid drawn signer: a person made of shaded shapes, whose hands MediaPipe finds again.

What had to be right for that was measured: head and hands fill the picture, the face has features, skin is the colour
of skin and the shirt is not, shapes are shaded and outlined, and the torso reaches the picture's lower edge.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from chereme.render.face import Head, SignerStyle, face_shapes
from chereme.render.figure import bulge, paint
from chereme.render.hand import FINGER_RADII, FINGERS, PALM_EDGES, PALM_FACES, PALM_INNER_EDGES, PALM_THICKNESS
from chereme.render.posture import Posture, pose_for_drawing
from chereme.render.shapes import Layer, Picture
from chereme.render.torso import Torso
from chereme.types import Floats, PoseSequence

__all__ = ["draw_signer"]

_SHIRT, _SKIN, _HAIR, _NECK = 1, 2, 3, 4

_BONES = np.array([*PALM_EDGES, *(bone for finger in FINGERS for bone in pairwise(finger))])
_BONE_PARTS = np.array([1] * len(PALM_EDGES) + [part for part in range(2, 7) for _ in range(3)], np.uint8)
_BONE_RADII = np.concatenate(
    [
        # those inside the palm stay below its surface
        [[PALM_THICKNESS * (0.8 if edge in PALM_INNER_EDGES else 1)] * 2 for edge in PALM_EDGES],
        np.array(FINGER_RADII)[_BONES[len(PALM_EDGES) :]],
    ]
).astype(np.float32)


def draw_signer(
    sequence: PoseSequence, size: int = 640, style: SignerStyle | None = None, frames: Sequence[int] | None = None
) -> Iterator[Picture]:
    """Draw each frame of a sign as a solid person in a square picture.

    A hand whose shape is not known is drawn as a plain round end of the arm: nothing is made up that a viewer or
    a recognizer could take for a handshape.

    Args:
        sequence: T frames with shoulders, elbows and wrists, named as in `body_hands_75`; in any unit. Hands and face
            are drawn as far as they are there.
        size: width and height of the pictures in pixels; from 320 on the hands can be read.
        style: colours.
        frames: numbers of those to draw; all when not given. The rest still count for sizes and framing.

    Returns:
        T pictures (size, size, 3), made as they are asked for.

    Raises:
        LayoutError: the layout has no arms.
        ClipError: no shoulders in any frame.

    Source: a probe of ours over 86 canonical signs; sizes of the body parts are its.
    """
    posture = pose_for_drawing(sequence, size)
    return _draw(posture, size, style or SignerStyle(), range(len(sequence)) if frames is None else frames)


def _draw(posture: Posture, size: int, style: SignerStyle, frames: Sequence[int]) -> Iterator[Picture]:
    head = Head.of(posture)
    empty: Picture = np.full((size, size, 3), style.background, np.uint8)
    for frame in frames:
        points, shown = posture.points[frame], posture.hand_shown[frame]
        picture = empty.copy()
        _torso_and_head(picture, points, posture.shoulder_width, head, style)
        for side in range(2):
            _arm(picture, points, side, bool(shown[side]), posture, style)
        # the hand whose wrist is farther away goes behind the other
        for side in sorted(range(2), key=lambda s: -points[15 + s, 2]):
            if shown[side]:
                hand = points[33 + 21 * side : 54 + 21 * side]
                _hand(picture, hand, posture.palm[side], style)
        yield picture


def _torso_and_head(picture: Picture, p: Floats, width: float, head: Head, style: SignerStyle) -> None:
    torso = Torso.of(p, width)
    line = _line(picture)
    bulge(picture, torso.trousers, style.trousers, 0.20 * width, line)
    bulge(picture, torso.shirt, style.shirt, 0.32 * width, line)
    centre, _, across, down = head.axes(p)
    high, wide = head.half_height, head.half_width
    layer = Layer(picture, np.stack([centre, torso.collar]), 1.3 * max(high, wide))
    layer.capsule(
        _at(centre + down * high * 0.72, -0.02 * width),
        _at(torso.collar, -0.10 * width),
        (0.135 * width, 0.125 * width),
        _NECK,
    )
    skull = _at(centre - down * 0.08 * high, -0.18 * width)
    layer.ellipsoid(skull, (wide * 1.12, high * 1.03, wide * 0.8), across, _HAIR)
    face = _at(centre + down * 0.03 * high, -0.32 * width)
    layer.ellipsoid(face, (wide, high * 0.97, wide), across, _SKIN)
    for side in (1, -1):
        ear = _at(centre + across * side * wide * 1.02 + down * 0.05 * high, -0.2 * width)
        layer.ellipsoid(ear, (0.12 * wide, 0.2 * high, 0.15 * wide), across, _SKIN)
    layer.paint(picture, _palette(style), outline=_line(picture), contour=0.05 * width)
    paint(picture, face_shapes(p, head, style))


def _arm(picture: Picture, p: Floats, side: int, has_hand: bool, posture: Posture, style: SignerStyle) -> None:
    width, palm = posture.shoulder_width, posture.palm[side]
    shoulder, elbow, wrist = p[11 + side, :2], p[13 + side, :2], p[15 + side, :2]
    top = _at(shoulder + np.array([0, 0.07 * width], np.float32))
    joint, end = _at(elbow, -0.02 * width), _at(wrist, -0.2 * width)
    limbs = [
        (top, top + (_at(elbow, -0.1 * width) - top) * 0.7, (0.125 * width, 0.11 * width), _SHIRT),
        (joint + (top - joint) * 0.25, joint, (0.088 * width, 0.088 * width), _SKIN),
        # a folded forearm lies before the sleeve, not half in it
        (_at(elbow, -0.12 * width), end, (0.088 * width, 0.058 * width), _SKIN),
    ]
    if not has_hand:
        along = end - joint
        along = along / (np.linalg.norm(along) + 1e-6)
        limbs.append((end + along * 0.2 * palm, end + along * 0.55 * palm, (0.3 * palm, 0.34 * palm), _SKIN))
    layer = Layer(picture, np.stack([shoulder, elbow, wrist]), 0.35 * width)
    starts, ends, radii, parts = (np.array(values) for values in zip(*limbs, strict=True))
    layer.capsules(starts, ends, radii, parts.astype(np.uint8))
    layer.paint(picture, _palette(style), outline=_line(picture), contour=0.05 * width)


def _hand(picture: Picture, hand: Floats, palm: float, style: SignerStyle) -> None:
    """One hand: palm, then fingers, each a part of its own so that contours fall between fingers only."""
    h = hand.copy()
    h[:, 2] -= h[0, 2]
    layer = Layer(picture, h[:, :2], 0.3 * palm)
    layer.capsules(h[_BONES[:, 0]], h[_BONES[:, 1]], _BONE_RADII * np.float32(palm), _BONE_PARTS)
    layer.surface(h, np.array(PALM_FACES), PALM_THICKNESS * palm, 1)
    layer.paint(
        picture,
        [style.skin] * 7,
        outline=_line(picture),
        contour=0.10 * palm,
        gloss=0.06,
        seamless=(h[0, :2], 1.2 * PALM_THICKNESS * palm),
    )


def _line(picture: Picture) -> float:
    """Width of outlines in pixels."""
    return float(np.clip(picture.shape[0] / 430, 0.6, 2.4))


def _palette(style: SignerStyle) -> list[tuple[int, int, int]]:
    return [(0, 0, 0), style.shirt, style.skin, style.hair, style.skin]


def _at(point: Floats, depth: float = 0) -> Floats:
    return np.array([point[0], point[1], depth], np.float32)
