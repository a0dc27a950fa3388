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
_FROM, _TO = np.array(_PAIRS).T
_JOINTS = tuple(j for j in range(21) if _PARENT[j])
_LEAN = (4, 8, 12, 16, 20, 3, 7, 11, 15, 19)


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
    edges = np.array(HAND_84_EDGES)
    lengths = np.linalg.norm(scaled[:, edges[:, 0]] - scaled[:, edges[:, 1]], axis=-1)
    return np.asarray(np.concatenate([scaled.reshape(len(scaled), 63), lengths], 1), np.float32)


def hand_geometry(points: Floats) -> Floats:
    """Our own numbers of a hand: places, directions of bones, bends, distances between fingers, facing of the palm.

    Places and distances come a second time in the plane of the picture, for engines guess depth badly.

    Args:
        points: (N, 21, 3); NaN stays NaN.

    Returns:
        (N, F) float32, named by `hand_feature_names("geometry")`.
    """
    scaled = _scaled(points)
    bones = _unit(scaled - scaled[:, _PARENT])
    joints = np.array(_JOINTS)
    bends = (bones[:, _PARENT[joints]] * bones[:, joints]).sum(-1)
    leans = (bones[:, _LEAN] * bones[:, 9:10]).sum(-1)
    between = scaled[:, _FROM] - scaled[:, _TO]
    facing = _unit(np.cross(scaled[:, 5], scaled[:, 17]))
    heights = np.concatenate(
        [((scaled[:, tip, None] - scaled[:, _KNUCKLES]) * facing[:, None]).sum(-1) for tip in _TIPS], 1
    )
    plane = scaled[..., :2] / _reach(scaled[..., :2])
    apart = np.linalg.norm(plane[:, _FROM] - plane[:, _TO], axis=-1)
    across = (between[:, :10] * (scaled[:, 5] - scaled[:, 17])[:, None]).sum(-1)
    parts = (
        scaled[:, 1:].reshape(len(scaled), -1),
        bones[:, 1:].reshape(len(scaled), -1),
        bends,
        leans,
        np.linalg.norm(between, axis=-1),
        facing,
        2 * heights,
        4 * across,
        plane[:, 1:].reshape(len(scaled), -1),
        apart,
    )
    return np.asarray(np.concatenate(parts, 1), np.float32)


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


def _scaled(points: Floats) -> Floats:
    about = points - points[:, :1]
    return np.asarray(about / _reach(about), np.float32)


def _reach(about: Floats) -> Floats:
    """Largest distance from the wrist, (N, 1, 1); 1 where all points are one."""
    reach = np.linalg.norm(about, axis=-1).max(1)[:, None, None]
    return np.asarray(np.where(reach == 0, 1, reach), np.float32)


def _unit(vectors: Floats) -> Floats:
    return np.asarray(vectors / (np.linalg.norm(vectors, axis=-1, keepdims=True) + 1e-6), np.float32)
