"""From one sign to the next: which frames meet best, and the way that the hands take between them."""

from dataclasses import dataclass, replace

import numpy as np

from chereme.preprocess import fill_gaps
from chereme.produce.material import Material
from chereme.types import Floats, PoseSequence

__all__ = ["Bridges", "best_meeting", "bridge_frames", "carry_shapes", "way_between"]

_PARENTS = np.array([0, 0, 1, 2, 3, 0, 5, 6, 7, 0, 9, 10, 11, 0, 13, 14, 15, 0, 17, 18, 19])
"""Of each of a hand's 21 points the one nearer to the wrist that a bone joins it to."""
_TIPS = (4, 8, 12, 16, 20)
_ALWAYS = 1e6


@dataclass(frozen=True)
class Bridges:
    """How long hands take from sign to sign, and how far into the signs they may start and arrive."""

    speed: float = 4.0
    """Of the hand that goes farther, in shoulder widths per second."""
    shortest: float = 0.12
    """In seconds."""
    longest: float = 0.4
    """In seconds."""
    window: float = 0.2
    """How much of a sign's end and of the next one's start may be left out for hands that meet better, in seconds."""
    share: float = 0.25
    """The same as a share of the sign's length; the lesser of the two counts."""
    momentum: float = 0.1
    """How much a difference of velocity counts beside one of place, in seconds."""


def best_meeting(before: Material, after: Material, config: Bridges) -> tuple[int, int]:
    """The last frame of one sign and the first of the next between which hands have the shortest, straightest way.

    Compared are wrists and fingertips, by the distance of their places and of their velocities.

    Returns:
        How many frames of `before` to keep, and the first frame of `after` to keep.
    """
    tail, head = (max(1, round(min(config.window * x.fps, config.share * len(x)))) for x in (before, after))
    last, last_speed = _ends(before, max(0, len(before) - tail - 1), len(before))
    first, first_speed = _ends(after, 0, min(len(after), head + 1))
    last, last_speed = last[-tail:], last_speed[-tail:]
    first, first_speed = first[:head], first_speed[:head]
    apart = np.linalg.norm(last[:, None] - first, axis=-1)
    turn = np.linalg.norm(last_speed[:, None] - first_speed, axis=-1) * config.momentum
    costs = np.nan_to_num(apart + turn).mean(-1)
    i, j = np.unravel_index(int(costs.argmin()), costs.shape)
    return len(before) - tail + int(i) + 1, int(j)


def _ends(signing: Material, start: int, stop: int) -> tuple[Floats, Floats]:
    """Places and velocities (T, 12, 2) of wrists and fingertips; a hand that nobody saw lies at its wrist."""
    part = signing.part(start, stop)
    wrists = part.wrists[..., :2]
    tips = [np.nan_to_num(part.points[:, hand, :2])[:, _TIPS, :] + wrists[:, [i]] for i, hand in enumerate(part.hands)]
    places = np.concatenate([wrists, *tips], axis=1)
    speeds = np.gradient(places, axis=0) * part.fps if len(places) > 1 else np.zeros_like(places)
    return places, np.asarray(speeds, np.float32)


def bridge_frames(before: Material, after: Material, config: Bridges) -> int:
    """How many frames to put between two signs: as many as the farther hand needs at a signer's speed."""
    way = np.nanmax(np.linalg.norm(after.wrists[0] - before.wrists[-1], axis=-1), initial=0)
    seconds = float(np.clip(way / config.speed, config.shortest, config.longest))
    return max(1, round(seconds * before.fps) - 1)


def way_between(before: Material, after: Material, count: int) -> Material:
    """The frames between two signs: each joint on a curve that leaves and arrives with the speed that it has there.

    Hands keep no shape here: `carry_shapes` gives it to them.
    """
    gap = count + 1
    start, end = before.points[-1], after.points[0]
    leave, arrive = _speed(before.points[-3:]) * gap, _speed(after.points[:3]) * gap
    # what leaves fast must not swing farther than the way itself is long
    limit = np.linalg.norm(end - start, axis=-1, keepdims=True) + 0.05
    leave, arrive = (
        v * np.minimum(1, limit / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-6)) for v in (leave, arrive)
    )
    t = (np.arange(1, gap, dtype=np.float32) / gap)[:, None, None]
    points = (
        (2 * t**3 - 3 * t**2 + 1) * start
        + (t**3 - 2 * t**2 + t) * leave
        + (3 * t**2 - 2 * t**3) * end
        + (t**3 - t**2) * arrive
    )
    for hand in before.hands:
        points[:, hand] = np.nan
    return replace(before, points=np.asarray(points, np.float32), invented=np.ones(points.shape[:2], bool))


def _speed(points: Floats) -> Floats:
    """(J, 3) per frame, of up to three frames."""
    return np.asarray((points[-1] - points[0]) / max(1, len(points) - 1), np.float32)


def carry_shapes(signing: Material) -> Material:
    """Give hands a shape where they have none: from the one before to the one after, with bones of true length.

    A hand that no clip shows stays without.
    """
    sequence = PoseSequence(signing.points, signing.layout, signing.fps, (1, 1))
    filled = fill_gaps(sequence, _ALWAYS, _ALWAYS)
    points = signing.points.copy()
    for hand in signing.hands:
        gone = np.isnan(points[:, hand.start, 0])
        if not gone.any() or gone.all():
            continue
        shape = filled.points[:, hand].copy()
        bones = shape[:, 1:] - shape[:, _PARENTS[1:]]
        known = np.flatnonzero(~gone)
        lengths = np.linalg.norm(bones, axis=-1)
        at = np.flatnonzero(gone)
        for bone in range(bones.shape[1]):
            wanted = np.interp(at, known, lengths[known, bone])
            bones[at, bone] *= (wanted / np.maximum(lengths[at, bone], 1e-6))[:, None]
        for point in range(1, 21):
            shape[at, point] = shape[at, _PARENTS[point]] + bones[at, point - 1]
        points[gone, hand] = shape[gone]
    return replace(
        signing,
        points=points,
        invented=signing.invented | (~np.isnan(points[..., 0]) & np.isnan(signing.points[..., 0])),
    )
