"""A flat drawn signer: the solid one's outlines filled with plain colours; fast, and just as good as vectors."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from chereme.render.face import Head, SignerStyle, face_shapes
from chereme.render.figure import Shape, ellipse, hull, paint, shaded
from chereme.render.hand import FINGER_RADII, FINGERS, PALM_EDGES, PALM_THICKNESS
from chereme.render.posture import Posture, pose_for_drawing
from chereme.render.shapes import Picture
from chereme.render.torso import Torso
from chereme.types import Floats, PoseSequence

__all__ = ["draw_flat", "flat_shapes"]


def draw_flat(
    sequence: PoseSequence, size: int = 640, style: SignerStyle | None = None, frames: Sequence[int] | None = None
) -> Iterator[Picture]:
    """Draw each frame of a sign as a person of plain colours; arguments, pictures and errors are `draw_signer`'s."""
    style = style or SignerStyle()
    every = flat_shapes(sequence, size, style, frames)
    empty: Picture = np.full((size, size, 3), style.background, np.uint8)

    def pictures() -> Iterator[Picture]:
        for shapes in every:
            picture = empty.copy()
            paint(picture, shapes)
            yield picture

    return pictures()


def flat_shapes(
    sequence: PoseSequence, size: int, style: SignerStyle | None = None, frames: Sequence[int] | None = None
) -> Iterator[list[Shape]]:
    """The shapes that such a person is made of in each frame, in pixels of a square picture, the farthest first."""
    posture = pose_for_drawing(sequence, size)
    head, style = Head.of(posture), style or SignerStyle()
    chosen = range(len(sequence)) if frames is None else frames
    return (_person(posture, frame, head, style, max(1.0, size / 420)) for frame in chosen)


def _person(posture: Posture, frame: int, head: Head, style: SignerStyle, line: float) -> list[Shape]:
    p, shown, width = posture.points[frame], posture.hand_shown[frame], posture.shoulder_width
    torso = Torso.of(p, width)
    centre, _, across, down = head.axes(p)
    high, wide = head.half_height, head.half_width
    chin = centre + down * high * 0.72
    ears = tuple(
        ellipse(centre + across * side * wide * 1.02 + down * 0.05 * high, (0.12 * wide, 0.2 * high), across)
        for side in (1, -1)
    )
    shapes = [
        Shape(torso.trousers, style.trousers, line),
        Shape(torso.shirt, style.shirt, line),
        Shape((hull((chin, 0.135 * width), (torso.collar, 0.125 * width)),), shaded(style.skin, 0.88), line),
        Shape((ellipse(centre - down * 0.08 * high, (wide * 1.12, high * 1.03), across),), style.hair, line),
        Shape((ellipse(centre + down * 0.03 * high, (wide, high * 0.97), across), *ears), style.skin, line),
        *face_shapes(p, head, style),
    ]
    for side in range(2):
        shapes += _arm(p, side, bool(shown[side]), posture, style, line)
    # the hand whose wrist is farther away goes behind the other
    for side in sorted(range(2), key=lambda s: -p[15 + s, 2]):
        if shown[side]:
            shapes += _hand(p[33 + 21 * side : 54 + 21 * side], posture.palm[side], style, line)
    return shapes


def _arm(p: Floats, side: int, has_hand: bool, posture: Posture, style: SignerStyle, line: float) -> list[Shape]:
    width, palm = posture.shoulder_width, posture.palm[side]
    top = p[11 + side, :2] + np.array([0, 0.07 * width], np.float32)
    elbow, wrist = p[13 + side, :2], p[15 + side, :2]
    hem = top + (elbow - top) * 0.7
    along = (elbow - top) / (np.linalg.norm(elbow - top) + 1e-6)
    aside = np.array([-along[1], along[0]]) * width
    # both end straight at the hem, so neither bulges over the other
    sleeve = hull((top, 0.125 * width), (hem - 0.115 * aside, 0), (hem + 0.115 * aside, 0))
    skin = [
        hull((hem - 0.085 * aside, 0), (hem + 0.085 * aside, 0), (elbow, 0.088 * width)),
        hull((elbow, 0.088 * width), (wrist, 0.058 * width)),
    ]
    if not has_hand:
        along = (wrist - elbow) / (np.linalg.norm(wrist - elbow) + 1e-6)
        skin.append(hull((wrist + along * 0.2 * palm, 0.3 * palm), (wrist + along * 0.55 * palm, 0.34 * palm)))
    return [Shape((sleeve,), shaded(style.shirt, 1.12), line), Shape(tuple(skin), style.skin, line)]


def _hand(hand: Floats, palm: float, style: SignerStyle, line: float) -> list[Shape]:
    """Palm and fingers, the farthest first; a bone that is nearer than the wrist is lighter."""

    def skin(depth: float) -> tuple[int, int, int]:
        return shaded(style.skin, float(np.clip(1 - 0.22 * (depth - hand[0, 2]) / palm, 0.72, 1.12)))

    edges = tuple(hull(*((hand[i], PALM_THICKNESS * palm) for i in edge)) for edge in PALM_EDGES)
    inner = tuple(hand[[0, *pair], :2] for pair in ((1, 5), (5, 9), (9, 13), (13, 17)))
    knuckles = hand[[0, 5, 9, 13, 17], 2]
    parts = [(float(knuckles.mean()), [Shape((*edges, *inner), skin(float(knuckles.mean())), line)])]
    for finger in FINGERS:
        bones = [
            (float(hand[[a, b], 2].mean()), hull(*((hand[i], FINGER_RADII[i] * palm) for i in (a, b))))
            for a, b in pairwise(finger)
        ]
        # the line goes round the whole finger: lines between its bones would blotch a fist
        whole = Shape(tuple(polygon for _, polygon in bones), skin(float(hand[list(finger), 2].mean())), line)
        farthest_first = sorted(bones, key=lambda bone: -bone[0])
        shades = [Shape((polygon,), skin(depth)) for depth, polygon in farthest_first]
        parts.append((float(hand[list(finger[1:]), 2].mean()), [whole, *shades]))
    return [shape for _, shapes in sorted(parts, key=lambda part: -part[0]) for shape in shapes]
