"""Clips of one word by several signers, brought to one body and one clock.

The body: centred between the shoulders, in shoulder widths. The clock: the clip most like all others keeps its
own time, and every frame of the others is told which moment of it it shows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chereme.errors import TrainingError
from chereme.layout import BODY_HANDS_75
from chereme.preprocess.tracks import through_gaps
from chereme.types import Bools, Floats, PoseSequence

__all__ = ["BODY_POINTS", "AlignedSign", "SignFrames", "align_sign", "warping_path"]

BODY_POINTS = (*range(17), 23, 24)
"""Body landmarks that a decoder learns: face, shoulders, arms, hips; none below, none doubled by the hands."""

_WRISTS = (15, 16)
_REST_SECONDS = 0.25


@dataclass(frozen=True, eq=False)
class SignFrames:
    """One clip's signing in shoulder widths: T frames."""

    body: Floats
    """(T, 19, 3) from between the shoulders; a wrist lies where its hand says, when the hand is seen."""
    hands: Floats
    """(T, 2, 21, 3) from each hand's wrist, NaN where not seen."""
    fps: float

    def __len__(self) -> int:
        return len(self.body)

    @property
    def seen(self) -> Bools:
        return np.isfinite(self.hands).all((2, 3))

    @property
    def wrists(self) -> Floats:
        """(T, 2, 2), gaps closed: what two clips of a sign are compared by first."""
        at = [BODY_POINTS.index(i) for i in _WRISTS]
        return self.body[:, at, :2]


@dataclass(frozen=True, eq=False)
class AlignedSign:
    """All usable clips of one word on one clock."""

    clips: tuple[SignFrames, ...]
    times: tuple[Floats, ...]
    """For each clip (T,) from 0 to 1."""
    seconds: float
    """Median duration."""


def align_sign(sequences: Sequence[PoseSequence], gloss: str = "") -> AlignedSign:
    """Bring clips of one word together in body size, place and time.

    Clips much farther from the middle one than most (another variant, a broken extraction) are left out.

    Raises:
        TrainingError: no clip shows both shoulders and a raised hand.
    """
    clips = [c for c in map(_signing, sequences) if c is not None]
    if not clips:
        raise TrainingError(f"{gloss or 'word'}: no clip among {len(sequences)} shows shoulders and a raised hand")
    paths = {(i, j): warping_path(_compared(a), _compared(b)) for i, a in enumerate(clips) for j, b in enumerate(clips)}
    cost = np.array([[paths[i, j][1] for j in range(len(clips))] for i in range(len(clips))])
    medoid = int(cost.sum(0).argmin())
    near = [i for i in range(len(clips)) if cost[i, medoid] <= 1.6 * np.median(cost[:, medoid])]
    last = max(len(clips[medoid]) - 1, 1)
    times = []
    for i in near:
        path = paths[i, medoid][0]
        # a frame that stands for several of the middle clip stands for their middle
        shown = [path[path[:, 0] == t, 1].mean() for t in range(len(clips[i]))]
        times.append(np.asarray(shown, np.float32) / last)
    return AlignedSign(
        tuple(clips[i] for i in near), tuple(times), float(np.median([len(clips[i]) / clips[i].fps for i in near]))
    )


def warping_path(a: Floats, b: Floats) -> tuple[NDArray[np.int64], float]:
    """Dynamic time warping of (T, F) on (U, F): the path (P, 2) and its mean cost.

    Steps of one in either or both; Euclidean distance.
    """
    local = np.sqrt(np.maximum((a**2).sum(1)[:, None] + (b**2).sum(1)[None] - 2 * a @ b.T, 0))
    total = np.full((len(a) + 1, len(b) + 1), np.inf)
    total[0, 0] = 0
    for i in range(len(a)):
        row, above = total[i + 1], total[i]
        for j in range(len(b)):
            row[j + 1] = local[i, j] + min(above[j], above[j + 1], row[j])
    i, j, path = len(a), len(b), []
    while i and j:
        path.append((i - 1, j - 1))
        i, j = min(((i - 1, j - 1), (i - 1, j), (i, j - 1)), key=lambda at: total[at])
    return np.array(path[::-1]), float(total[-1, -1] / len(path))


def _compared(clip: SignFrames) -> Floats:
    """(T, F): where the wrists are, and with less weight how the fingers lie."""
    tips = clip.hands[:, :, [4, 8, 12, 16, 20], :2]
    filled = np.stack([through_gaps(tips[:, side]) for side in range(2)], 1)
    shape = np.nan_to_num(filled).reshape(len(clip), -1)
    return np.concatenate([clip.wrists.reshape(len(clip), -1), 0.5 * shape], 1).astype(np.float32)


def _signing(sequence: PoseSequence) -> SignFrames | None:
    """One clip in shoulder widths, without the rest before and after; None if it cannot be used."""
    points = sequence.pick(BODY_HANDS_75).points
    shoulders = points[:, [11, 12]]
    widths = np.linalg.norm((shoulders[:, 0] - shoulders[:, 1])[:, :2], axis=-1)
    if not (widths > 0).any():
        return None
    width = np.nanmedian(widths)
    points = _body_through_gaps((points - np.nanmedian(shoulders.mean(1), axis=0)) / width)
    body = points[:, list(BODY_POINTS)].copy()
    hands = np.stack([points[:, 33:54], points[:, 54:75]], 1)
    for side, wrist in enumerate(_WRISTS):
        offset = through_gaps(hands[:, side, 0, :2] - points[:, wrist, :2])
        body[:, BODY_POINTS.index(wrist), :2] += np.nan_to_num(offset)
    hands = hands - hands[:, :, :1]
    if not np.isfinite(body).all():
        return None
    clip = SignFrames(body, hands, sequence.fps)
    height = -clip.wrists[..., 1]
    raised = np.flatnonzero((height > np.percentile(height, 5, axis=0) + 0.25).any(1))
    if len(raised) == 0:
        return None
    margin = round(_REST_SECONDS * sequence.fps)
    span = slice(max(0, raised[0] - margin), raised[-1] + margin + 1)
    return SignFrames(body[span], hands[span], sequence.fps)


def _body_through_gaps(points: Floats) -> Floats:
    points = points.copy()
    points[:, :33] = through_gaps(points[:, :33])
    return points
