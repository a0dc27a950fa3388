"""Clips that are the same recording: landmarks equal to the bit, nearly equal, or mirrored.

A clip is described by where chosen landmarks lie at sixteen moments, centred and scaled to length one, so
that another size, place, frame rate or a second extraction changes little. Two clips are twins when this
posture and, apart from it, the motion alone are close: takes of one sign by one person share the posture.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chereme.dataset.store import Store
from chereme.layout import Layout
from chereme.types import Floats

__all__ = [
    "MOTION_NEAR",
    "POSTURE_NEAR",
    "Twins",
    "centred",
    "find_twins",
    "mirrored",
    "steadied",
    "telling_landmarks",
    "tracks_of",
    "unit",
]

MOMENTS = 16
POSTURE_NEAR = 0.045
"""Largest distance between two clips' descriptions (each of length one) for the same recording."""
MOTION_NEAR = 0.15
"""The same for the motion alone, which is smaller and so noisier."""
_BLOCK = 1000

_TELLING = {
    "pose": "nose left_shoulder right_shoulder left_elbow right_elbow left_wrist right_wrist".split(),
    "left_hand": "wrist thumb_tip index_finger_tip middle_finger_tip ring_finger_tip pinky_tip".split(),
}
_TELLING["right_hand"] = _TELLING["hand"] = _TELLING["left_hand"]


@dataclass(frozen=True)
class Twins:
    """Two clips of one recording."""

    first: int
    second: int
    """Places in `Store.clips`, the first below the second."""
    kind: str
    """`identical` (to the bit), `near`, `mirrored`; `part` or `mirrored part`: one was cut from the other."""
    distance: float
    """Between the descriptions; 0 when identical."""


def find_twins(store: Store) -> list[Twins]:
    """All pairs of clips that show the same recording, nearest first.

    Of many identical clips, each is paired with the first of them only.
    """
    found: list[Twins] = []
    first_of: dict[str, int] = {}
    for i, digest in enumerate(store.digests):
        if digest in first_of:
            found.append(Twins(first_of[digest], i, "identical", 0.0))
        else:
            first_of[digest] = i
    distinct = np.array(list(first_of.values()))
    tracks = tracks_of(store, distinct)
    posture, motion = unit(centred(tracks)), unit(centred(tracks, over=1))
    for kind in ("near", "mirrored"):
        other = mirrored(tracks, store.layout) if kind == "mirrored" else tracks
        other_posture, other_motion = unit(centred(other)), unit(centred(other, over=1))
        for a, b, distance in _near_pairs(posture, other_posture):
            if np.linalg.norm(motion[a] - other_motion[b]) < MOTION_NEAR:
                found.append(Twins(int(distinct[a]), int(distinct[b]), kind, distance))
    return sorted(found, key=lambda twins: twins.distance)


def telling_landmarks(layout: Layout) -> list[NDArray[np.int64]]:
    """Per group, the landmarks that describe a clip; all of a small group that we know nothing of."""
    chosen = []
    for group, at in layout.groups.items():
        named = [f"{group}/{point}" for point in _TELLING.get(group, ())]
        own = [layout.index(name) for name in named if layout.has(name)]
        chosen.append(np.array(own or range(at.start, at.stop, max(1, (at.stop - at.start) // 16))))
    return chosen


def tracks_of(store: Store, clips: NDArray[np.int64]) -> Floats:
    """(N, moments, L, 2) x and y of the telling landmarks; NaN where a whole group is never seen."""
    groups = telling_landmarks(store.layout)
    tracks = np.full((len(clips), MOMENTS, sum(map(len, groups)), 2), np.nan, np.float32)
    for row, clip in enumerate(clips):
        points = store.points[store.offsets[clip] : store.offsets[clip + 1]]
        start = 0
        for at in groups:
            tracks[row, :, start : start + len(at)] = _at_moments(points[:, at, :2])
            start += len(at)
    return tracks


def _at_moments(track: Floats) -> Floats:
    """(T, L, 2) to (moments, L, 2), drawing lines between the frames in which all L are seen, steadied."""
    seen = np.flatnonzero(~np.isnan(track).any((1, 2)))
    if len(seen) == 0:
        return np.full((MOMENTS, *track.shape[1:]), np.nan, np.float32)
    track = steadied(track, len(track) // MOMENTS)
    moments = np.linspace(0, len(track) - 1, MOMENTS)
    after = np.searchsorted(seen, moments).clip(0, len(seen) - 1)
    before = (after - 1).clip(0)
    span = np.maximum(seen[after] - seen[before], 1)
    share = ((moments - seen[before]) / span).clip(0, 1).astype(np.float32)[:, None, None]
    line: Floats = track[seen[before]] * (1 - share) + track[seen[after]] * share
    return line


def steadied(track: Floats, frames: int) -> Floats:
    """(T, L, 2) with each point the mean of `frames` around it, fewer at the ends: each extraction trembles."""
    half = frames // 2
    seen = ~np.isnan(track)
    starts = np.maximum(np.arange(len(track)) - half, 0)
    ends = np.minimum(np.arange(len(track)) + half + 1, len(track))
    zero = np.zeros((1, *track.shape[1:]))
    total = np.concatenate([zero, np.nan_to_num(track.astype(np.float64)).cumsum(0)])
    count = np.concatenate([zero, seen.cumsum(0)])
    mean = (total[ends] - total[starts]) / np.maximum(count[ends] - count[starts], 1)
    steady: Floats = np.where(seen, mean, np.nan).astype(np.float32)
    return steady


def centred(tracks: Floats, over: int | tuple[int, int] = (1, 2)) -> Floats:
    """Tracks less their mean over landmarks and moments, or over moments alone (`over=1`); 0 where not seen."""
    seen = ~np.isnan(tracks)
    count = np.maximum(seen.sum(over, keepdims=True), 1)
    centre = np.nan_to_num(tracks).sum(over, keepdims=True) / count
    moved: Floats = np.where(seen, tracks - centre, 0).astype(np.float32)
    return moved


def mirrored(tracks: Floats, layout: Layout) -> Floats:
    """The telling landmarks' tracks as in a mirror."""
    groups = telling_landmarks(layout)
    chosen = np.concatenate(groups).tolist()
    order = layout.mirrored_order()
    place = {landmark: i for i, landmark in enumerate(chosen)}
    other = tracks[:, :, [place.get(order[landmark], i) for i, landmark in enumerate(chosen)]]
    return other * np.array([-1, 1], np.float32)


def unit(tracks: Floats) -> Floats:
    """(N, D) rows of length one; clips of no extent stay zero."""
    rows = tracks.reshape(len(tracks), -1)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: Floats = rows / np.maximum(length, 1e-12)
    return scaled


def _near_pairs(rows: Floats, others: Floats) -> Sequence[tuple[int, int, float]]:
    """(a, b, distance) of rows a < b closer than `POSTURE_NEAR`; a row of zeros is near nothing."""
    found = []
    least = 1 - POSTURE_NEAR**2 / 2
    for start in range(0, len(rows), _BLOCK):
        alike = rows[start : start + _BLOCK] @ others[start:].T
        for a, b in zip(*np.nonzero(alike > least), strict=True):
            if a < b:
                distance = float(np.linalg.norm(rows[start + a] - others[start + b]))
                found.append((start + int(a), start + int(b), distance))
    return found
