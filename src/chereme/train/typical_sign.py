"""The typical way to make a sign, out of several clips of it by several signers.

A mean over time-normalised clips blurs: signers begin and end differently, and hold a sign for different times. So
the clips are warped onto the present estimate, each of its frames becomes the geometric median of the frames that
fall on it, and this is done again until it settles: a barycentre under time warping (Petitjean et al. 2011), with the
median in place of the mean, so that it lies near most signers rather than between two ways to sign.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chereme.errors import TrainingError
from chereme.evaluate.production import COMPARED, dtw
from chereme.layout import BODY_HANDS_75
from chereme.preprocess.tracks import through_gaps
from chereme.types import Floats, PoseSequence

__all__ = ["BODY_POINTS", "TypicalSign", "drop_ghosts", "typical_sign", "warping_path"]

BODY_POINTS = (*range(17), 23, 24)
"""Body landmarks that a decoder learns: face, shoulders, arms, hips; none below, none doubled by the hands."""

_WRISTS = (BODY_POINTS.index(15), BODY_POINTS.index(16))
_HANDS = (slice(19, 40), slice(40, 61))
_NAMES = (*(BODY_HANDS_75.names[i] for i in BODY_POINTS), *BODY_HANDS_75.names[33:75])
_COMPARED = [_NAMES.index(name) for name in COMPARED]
_GHOST = 0.6
"""Shoulder widths from its wrist at which a hand is not that wrist's."""
_ALIKE = 0.1
"""Shoulder widths: clips that are nearer to each other than this differ in nothing."""
_ROUNDS = 5


@dataclass(frozen=True, eq=False)
class TypicalSign:
    """One word as it is mostly signed: T frames at the rate of its clips, in shoulder widths."""

    body: Floats
    """(T, 19, 3) of `BODY_POINTS` from between the shoulders; a wrist lies where its hand says, when that is seen. NaN
    throughout for a landmark that no clip shows."""
    hands: Floats
    """(T, 2, 21, 3) from each hand's wrist, NaN where no clip shows it."""
    seen: Floats
    """(T, 2) share of the clips that show each hand at this moment."""
    seconds: float
    """Median duration of the clips."""
    clips: int
    """How many it is made of."""

    def __len__(self) -> int:
        return len(self.body)


def typical_sign(sequences: Sequence[PoseSequence], gloss: str = "") -> TypicalSign:
    """Bring clips of one word to one body and one clock, and take the middle of them.

    A clip much farther from the middle one than most (another variant, a broken extraction) is left out.

    Args:
        sequences: clips with the landmarks of `body_hands_75`.
        gloss: named in the error.

    Raises:
        TrainingError: no clip shows both shoulders and a hand.
    """
    pairs = [(clip, sequence) for sequence in sequences if (clip := _in_shoulder_widths(sequence)) is not None]
    if not pairs:
        raise TrainingError(f"{gloss or 'word'}: no clip among {len(sequences)} shows shoulders and a hand")
    clips, closed = [clip for clip, _ in pairs], [_closed(clip) for clip, _ in pairs]
    compared = [clip[:, _COMPARED, :2] for clip in closed]
    apart = np.array([dtw(one, compared) for one in compared])
    middle = int(apart.sum(1).argmin())
    kept = np.flatnonzero(apart[middle] <= 3 * max(float(np.median(apart[middle])), _ALIKE))
    seconds = float(np.median([len(clips[i]) / pairs[i][1].fps for i in kept]))
    estimate = closed[middle]
    for _ in range(_ROUNDS):
        falls = _frames_on(estimate[:, _COMPARED, :2], [compared[i] for i in kept])
        estimate = np.stack([_median(np.stack([closed[kept[i]][t] for i, t in frame])) for frame in falls])
    body, hands, seen = estimate[:, :19], np.full((len(estimate), 2, 21, 3), np.nan, np.float32), []
    body[:, np.all([np.isnan(clips[i][:, :19, 0]).all(0) for i in kept], axis=0)] = np.nan
    for t, frame in enumerate(falls):
        shown = np.stack([clips[kept[i]][j] for i, j in frame])
        there = np.stack([np.isfinite(shown[:, hand]).all((1, 2)) for hand in _HANDS], 1)
        seen.append(there.mean(0))
        for side, (hand, wrist) in enumerate(zip(_HANDS, _WRISTS, strict=True)):
            if there[:, side].any():
                placed = _median(shown[there[:, side]][:, hand])
                body[t, wrist, :2] = placed[0, :2] if there[:, side].mean() >= 0.5 else body[t, wrist, :2]
                hands[t, side] = placed - placed[:1]
    return TypicalSign(body.astype(np.float32), hands, np.asarray(seen, np.float32), seconds, len(kept))


def drop_ghosts(points: Floats) -> Floats:
    """Hands that lie far from their own wrist of the body become unseen: the other hand, found a second time.

    Args:
        points: (T, 75, 3) in shoulder widths.
    """
    points = points.copy()
    for hand, wrist in ((slice(33, 54), 15), (slice(54, 75), 16)):
        gap = np.linalg.norm(points[:, hand.start, :2] - through_gaps(points[:, wrist, :2]), axis=-1)
        points[~(gap < _GHOST), hand] = np.nan
    return points


def warping_path(local: NDArray[np.float64]) -> NDArray[np.int64]:
    """The cheapest path (P, 2) through distances (T, S) of all pairs of frames; steps of one in either or both."""
    total = np.full((local.shape[0] + 1, local.shape[1] + 1), np.inf)
    total[0, 0] = 0
    for i, row in enumerate(local.tolist()):
        above, left, line = total[i].tolist(), np.inf, [np.inf]
        for j, cost in enumerate(row):
            left = cost + min(above[j], above[j + 1], left)
            line.append(left)
        total[i + 1] = line
    i, j, path = *local.shape, []
    while i and j:
        path.append((i - 1, j - 1))
        i, j = min(((i - 1, j - 1), (i - 1, j), (i, j - 1)), key=lambda at: total[at])
    return np.array(path[::-1])


def _frames_on(estimate: Floats, clips: Sequence[Floats]) -> list[list[tuple[int, int]]]:
    """For every frame of the estimate: (clip, frame) of those that fall on it."""
    falls: list[list[tuple[int, int]]] = [[] for _ in estimate]
    for number, clip in enumerate(clips):
        local = np.linalg.norm(estimate[:, None] - clip[None], axis=-1).mean(-1)
        for here, there in warping_path(local):
            falls[here].append((number, int(there)))
    return falls


def _median(points: Floats, rounds: int = 8) -> Floats:
    """Geometric median in the picture of each landmark over N frames (N, J, 3), by Weiszfeld; depth's own median."""
    middle = np.median(points, axis=0)
    for _ in range(rounds):
        weight = 1 / np.maximum(np.linalg.norm((points - middle)[..., :2], axis=-1, keepdims=True), 1e-3)
        middle[:, :2] = ((points * weight).sum(0) / weight.sum(0))[:, :2]
    return middle.astype(np.float32)


def _in_shoulder_widths(sequence: PoseSequence) -> Floats | None:
    """(T, 61, 3) body and hands of one clip, depth of a hand from its wrist; None if it cannot be used."""
    points = sequence.pick(BODY_HANDS_75).points
    shoulders = points[:, [11, 12]]
    shoulders = shoulders[np.isfinite(shoulders).all((1, 2))]
    if not len(shoulders):
        return None
    width = np.linalg.norm((shoulders[:, 0] - shoulders[:, 1])[:, :2], axis=-1).mean()
    points = drop_ghosts((points - shoulders.mean((0, 1))) / max(float(width), 1e-6))
    found = np.concatenate([points[:, list(BODY_POINTS)], points[:, 33:75]], 1)
    for hand in _HANDS:
        found[:, hand, 2] -= found[:, hand.start : hand.start + 1, 2]
    return found.astype(np.float32) if np.isfinite(found[:, 19:]).any() else None


def _closed(clip: Floats) -> Floats:
    """Without gaps, as `chereme.evaluate.production.compared` closes them."""
    closed = through_gaps(clip)
    for hand, wrist in zip(_HANDS, _WRISTS, strict=True):
        at_wrist = closed[:, [wrist]] * np.array([1, 1, 0], np.float32)
        closed[:, hand] = np.where(np.isnan(closed[:, hand]), at_wrist, closed[:, hand])
    return np.nan_to_num(closed)
