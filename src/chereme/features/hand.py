"""What one hand tells: its shape and how it is held, as numbers for a handshape model.

A hand is (21, 3) points in MediaPipe's order, right or mirrored to right, in any unit with true proportions.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from chereme.errors import RecipeError
from chereme.layout import HAND_BONES, HAND_POINTS
from chereme.types import Floats, PoseSequence

__all__ = [
    "HAND_84_EDGES",
    "HAND_FEATURES",
    "HandFeatureConfig",
    "hand_84",
    "hand_feature_names",
    "hand_features",
    "hand_geometry",
    "right_hands",
]

HAND_84_EDGES = (
    (3, 4), (0, 5), (17, 18), (0, 17), (13, 14), (13, 17), (18, 19),
    (5, 6), (5, 9), (14, 15), (0, 1), (9, 10), (1, 2), (9, 13),
    (10, 11), (19, 20), (6, 7), (15, 16), (2, 3), (11, 12), (7, 8),
)  # fmt: skip
"""Edges of features 63 to 83 of `hand_84`, in the order that the published checkpoints were trained with.

Frozen here: the portal reads MediaPipe's `HAND_CONNECTIONS`, a frozenset, whose order is this one on CPython 3.8 to
3.13 and another before. Source: alphabet-sign-recognition-portal, commit 84152b3.
"""

_TIPS = (4, 8, 12, 16, 20)
_KNUCKLES = (5, 9, 13, 17)
_PARENT = np.zeros(21, int)
for _start, _end in HAND_BONES:
    if (_start, _end) not in ((5, 9), (9, 13), (13, 17)):  # across the palm: no finger grows along these
        _PARENT[_end] = _start
_PAIRS = (
    *((a, b) for i, a in enumerate(_TIPS) for b in _TIPS[i + 1 :]),
    *((tip, base) for tip in _TIPS for base in (0, *_KNUCKLES)),
    *((4, joint) for joint in (6, 7, 10, 11, 14, 15, 18, 19)),
    (8, 11), (8, 10), (12, 6), (12, 7), (12, 14),
)  # fmt: skip
_JOINTS = tuple(j for j in range(21) if _PARENT[j])
_LEAN = (4, 8, 12, 16, 20, 3, 7, 11, 15, 19)

# One hand at a time is the usual case, where the number of NumPy's calls counts more than what they sum. So all
# differences of two points are made at once (places about the wrist, bones, pairs), and all products of two vectors.
_PLACES, _BONES, _APART = slice(20), slice(20, 40), slice(40, None)
_ENDS = np.array([*range(1, 21), *range(1, 21), *(a for a, _ in _PAIRS)])
_STARTS = np.array([*(0 for _ in range(20)), *_PARENT[1:], *(b for _, b in _PAIRS)])
_IN_PLANE_AND_SPACE = np.array([[1, 1], [1, 1], [0, 1]], np.float32)  # squares of x, y, z to two squared lengths
# what a cross product multiplies: of the index knuckle y z x z x y, of the little finger's z x y y z x
_CROSSED = np.array([3 * point + axis for point, axes in ((4, "120201"), (16, "201120")) for axis in map(int, axes)])
# vectors to multiply: bones by the number of their end, less one; then the pairs, the palm's facing and its width
_ABOVE = [20 + _PAIRS.index((tip, knuckle)) for tip in _TIPS for knuckle in _KNUCKLES]
_ACROSS = [*range(20, 30)]
_FACING, _WIDTH = 20 + len(_PAIRS), 21 + len(_PAIRS)
_TURNED = np.array([*(_PARENT[joint] - 1 for joint in _JOINTS), *(joint - 1 for joint in _LEAN), *_ABOVE, *_ACROSS])
_AGAINST = np.array(
    [*(joint - 1 for joint in _JOINTS), *(8 for _ in _LEAN), *(_FACING for _ in _ABOVE), *(_WIDTH for _ in _ACROSS)]
)
_TIMES = np.repeat(np.array([1, 2, 4], np.float32), [len(_JOINTS) + len(_LEAN), len(_ABOVE), len(_ACROSS)])
_ANGLES = slice(len(_JOINTS) + len(_LEAN))
_DEPTHS = slice(len(_JOINTS) + len(_LEAN), None)
_ONES = np.ones(3, np.float32)
_EDGE_FROM, _EDGE_TO = np.array(HAND_84_EDGES).T.copy()


def hand_84(points: Floats) -> Floats:
    """The alphabet portal's 84 numbers of a hand: places about the wrist, and lengths of the 21 edges.

    Both are in units of the largest distance from the wrist, so nothing depends on where the hand is or how near.
    Rotation is kept: it tells some letters apart.

    Args:
        points: (N, 21, 3); NaN stays NaN.

    Returns:
        (N, 84) float32: x, y, z of each point, then the edges of `HAND_84_EDGES`.

    Source: alphabet-sign-recognition-portal; we differ in that x and y come with true proportions.
    """
    scaled = _scaled(points)
    edges = scaled.take(_EDGE_FROM, 1) - scaled.take(_EDGE_TO, 1)
    return np.concatenate([scaled.reshape(len(scaled), 63), np.sqrt(_squares(edges))], 1)


def hand_geometry(points: Floats) -> Floats:
    """Our own numbers of a hand: places, directions of bones, bends, distances between fingers, facing of the palm.

    Places and distances come a second time in the plane of the picture, for engines guess depth badly.

    Args:
        points: (N, 21, 3); NaN stays NaN.

    Returns:
        (N, F) float32, named by `hand_feature_names("geometry")`.
    """
    hands = len(points)
    between = points.take(_ENDS, 1) - points.take(_STARTS, 1)
    lengths = np.sqrt((between * between) @ _IN_PLANE_AND_SPACE)  # (N, places and bones and pairs, 2)
    reach = np.maximum(np.maximum.reduce(lengths[:, _PLACES], 1, keepdims=True), _TINY)
    lengths /= reach
    plane = between[:, _PLACES, :2] / reach[..., :1]
    between /= reach[..., 1:]
    bones = between[:, _BONES] / (lengths[:, _BONES, 1:] + _LEAST)
    crossed = between.reshape(hands, 3 * len(_ENDS)).take(_CROSSED, 1)
    crossed = crossed[:, :6] * crossed[:, 6:]
    facing = crossed[:, :3] - crossed[:, 3:]
    facing /= np.sqrt(_squares(facing))[:, None] + _LEAST
    vectors = np.concatenate((bones, between[:, _APART], facing[:, None], between[:, 4:5] - between[:, 16:17]), 1)
    products = (vectors.take(_TURNED, 1) * vectors.take(_AGAINST, 1)) @ _ONES * _TIMES
    parts = (
        between[:, _PLACES].reshape(hands, 60),
        bones.reshape(hands, 60),
        products[:, _ANGLES],
        lengths[:, _APART, 1],
        facing,
        products[:, _DEPTHS],
        plane.reshape(hands, 40),
        lengths[:, _APART, 0],
    )
    return np.concatenate(parts, 1, dtype=np.float32)


HAND_FEATURES: dict[str, Callable[[Floats], Floats]] = {"hand-84": hand_84, "geometry": hand_geometry}
"""Name, as recipes say it, to the function of (N, 21, 3) points."""


@dataclass(frozen=True)
class HandFeatureConfig:
    """Which numbers describe a hand."""

    kind: str = "geometry"
    """`geometry` or `hand-84`, the alphabet portal's."""

    def __post_init__(self) -> None:
        if self.kind not in HAND_FEATURES:
            raise RecipeError(f"hand_features.kind: {self.kind!r} is not known; known: {', '.join(HAND_FEATURES)}")


def hand_features(points: Floats, config: HandFeatureConfig) -> Floats:
    """Features (N, F) of right hands (N, 21, 3)."""
    return HAND_FEATURES[config.kind](points)


def hand_feature_names(kind: str) -> tuple[str, ...]:
    """Names of the F features of a kind, in order."""
    places = [f"{point}/{axis}" for point in HAND_POINTS for axis in "xyz"]
    if kind == "hand-84":
        return (*places, *(f"{HAND_POINTS[a]}-{HAND_POINTS[b]}" for a, b in HAND_84_EDGES))
    tips = [HAND_POINTS[tip] for tip in _TIPS]
    return (
        *places[3:],
        *(f"{point}/direction_{axis}" for point in HAND_POINTS[1:] for axis in "xyz"),
        *(f"{HAND_POINTS[joint]}/bend" for joint in _JOINTS),
        *(f"{HAND_POINTS[joint]}/lean" for joint in _LEAN),
        *(f"{HAND_POINTS[a]}-{HAND_POINTS[b]}" for a, b in _PAIRS),
        *(f"palm/facing_{axis}" for axis in "xyz"),
        *(f"{tip}/above_{HAND_POINTS[knuckle]}" for tip in tips for knuckle in _KNUCKLES),
        *(f"{HAND_POINTS[a]}-{HAND_POINTS[b]}/across" for a, b in _PAIRS[:10]),
        *(f"{point}/plane_{axis}" for point in HAND_POINTS[1:] for axis in "xy"),
        *(f"{HAND_POINTS[a]}-{HAND_POINTS[b]}/plane" for a, b in _PAIRS),
    )


def right_hands(sequence: PoseSequence) -> tuple[Floats, tuple[str, ...]]:
    """The signing hand of every frame, left hands mirrored to right.

    Where both hands are seen, the one seen in more frames counts, then the right one. A layout with a single
    unsided hand (`hand_21`) is taken as right.

    Returns:
        points (T, 21, 3), NaN where no hand was seen, and T times `left`, `right` or empty.

    Raises:
        LayoutError: the layout has no whole hand.
    """
    if "hand" in sequence.layout.groups:
        points = sequence.group("hand").copy()
        return points, tuple("right" if seen else "" for seen in ~np.isnan(points[:, 0, 0]))
    right, left = sequence.group("right_hand"), sequence.group("left_hand")
    seen_right, seen_left = ~np.isnan(right[:, 0, 0]), ~np.isnan(left[:, 0, 0])
    take_left = seen_left & (~seen_right | (seen_left.sum() > seen_right.sum()))
    points = np.where(take_left[:, None, None], left * np.array([-1, 1, 1], np.float32), right).astype(np.float32)
    sides = tuple(
        "left" if is_left else "right" if is_right else ""
        for is_left, is_right in zip(take_left, seen_right, strict=True)
    )
    return points, sides


_LEAST = np.float32(1e-6)
"""Added to a length that is divided by: a bone of no length has no direction."""
_TINY = np.finfo(np.float32).tiny
"""Instead of the size of a hand that has none: all its places are then 0."""


def _scaled(points: Floats) -> Floats:
    about = points - points[:, :1]
    reach = np.sqrt(_squares(about).max(1))[:, None, None]
    return np.asarray(about / np.maximum(reach, _TINY), np.float32)


def _squares(vectors: Floats) -> Floats:
    """Squared lengths along the last axis, of three."""
    return np.asarray((vectors * vectors) @ _ONES, np.float32)
