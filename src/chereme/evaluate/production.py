"""How far a produced sign is from a signed one: distances that time, length and padding cannot flatter.

Two sequences are compared in one body frame: the middle of the shoulders is the origin, the mean shoulder width
the unit, x and y alone (depth is MediaPipe's guess). A signer may be slower or begin later, so the main distance
follows the cheapest alignment in time and is divided by the length of its path. The usual errors on padded frames
stand beside it for comparison: they prefer a mean pose to a true sign.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from chereme.errors import UnseenError
from chereme.layout import HAND_BONES, HANDS_42
from chereme.preprocess.tracks import through_gaps
from chereme.types import Bools, Floats, PoseSequence

__all__ = [
    "COMPARED",
    "PADDED_FRAMES",
    "SIGNATURE",
    "Compared",
    "Distance",
    "Group",
    "bone_length_drift",
    "compared",
    "distances",
    "dtw",
    "hands_dtw",
    "ndtw_mje",
    "signature",
]

Group = Literal["body", "left_hand", "right_hand"]
GROUPS: tuple[Group, ...] = get_args(Group)
_BODY = tuple(
    f"pose/{name}" for name in "nose left_shoulder right_shoulder left_elbow right_elbow left_wrist right_wrist".split()
)
COMPARED = (*_BODY, *HANDS_42.names)
"""The 49 landmarks that are compared: nose, shoulders, elbows, wrists, two hands."""
_PLACES: dict[Group, slice] = {"body": slice(0, 7), "left_hand": slice(7, 28), "right_hand": slice(28, 49)}
_WRISTS: dict[Group, int] = {side: _BODY.index(f"pose/{side[:-5]}_wrist") for side in ("left_hand", "right_hand")}
PADDED_FRAMES = 96
"""Frames that the padded errors pad or cut to."""


def signature(groups: Sequence[Group] = GROUPS) -> str:
    """What stands behind an nDTW-MJE figure, in one line: two figures compare only where this is the same."""
    points = sum(_PLACES[group].stop - _PLACES[group].start for group in groups)
    return (
        f"nDTW-MJE|points:{points}({'+'.join(groups)})|dims:xy|origin:mid-shoulder,clip mean"
        "|unit:shoulder width,clip mean|gaps:linear,edges held,unseen hand at its wrist"
        "|steps:1-1,1-0,0-1|normaliser:path length"
    )


SIGNATURE = signature()


@dataclass(frozen=True, eq=False)
class Compared:
    """A sequence as it is compared."""

    points: Floats
    """(T, 49, 2) of `COMPARED` in shoulder widths from between the shoulders, without gaps."""
    seen: Bools
    """(T, 49): what was there before gaps were closed."""
    fps: float

    @property
    def hands(self) -> Floats:
        """(T, 42, 2)."""
        return self.points[:, len(_BODY) :]

    def __len__(self) -> int:
        return len(self.points)


def compared(sequence: PoseSequence, fps: float | None = None) -> Compared:
    """Bring a sequence to the form in which sequences are compared.

    A hand is drawn straight through the frames that do not show it and held at both ends; one that is never
    seen lies at its wrist.

    Args:
        sequence: any layout with the landmarks `COMPARED`; in frame heights or any unit of true proportions.
        fps: bring it to this rate, so that frames of two sequences stand for the same time; None: leave it.

    Raises:
        LayoutError: the layout lacks some of them.
        UnseenError: no frame shows both shoulders.
    """
    tracks = sequence.points[:, sequence.layout.indices(COMPARED), :2]
    seen = np.asarray(np.isfinite(tracks).all(-1))
    shoulders = tracks[seen[:, 1] & seen[:, 2]][:, 1:3]
    if not len(shoulders):
        raise UnseenError(f"no frame of {len(sequence)} shows both shoulders, so nothing gives the place and size")
    origin = shoulders.mean((0, 1))
    unit = np.linalg.norm(shoulders[:, 0] - shoulders[:, 1], axis=-1).mean()
    points = through_gaps((tracks - origin) / max(float(unit), 1e-6))
    for hand, wrist in _WRISTS.items():
        place = _PLACES[hand]
        points[:, place] = np.where(np.isnan(points[:, place]), points[:, [wrist]], points[:, place])
    points = np.nan_to_num(points.astype(np.float32))
    if fps is None or abs(fps - sequence.fps) < 1e-3 * fps:
        return Compared(points, seen, sequence.fps)
    at = np.linspace(0, len(points) - 1, max(2, round(len(points) / sequence.fps * fps)))
    before = np.minimum(at.astype(np.int64), max(0, len(points) - 2))
    after = np.minimum(before + 1, len(points) - 1)
    share = (at - before).astype(np.float32)[:, None, None]
    return Compared(points[before] * (1 - share) + points[after] * share, seen[np.rint(at).astype(np.int64)], fps)


def ndtw_mje(hypothesis: PoseSequence, reference: PoseSequence, groups: Sequence[Group] = GROUPS) -> float:
    """Mean joint distance along the cheapest alignment in time, in shoulder widths; see `SIGNATURE`.

    Args:
        hypothesis: what was produced.
        reference: what a person signed.
        groups: which of the body and the two hands count.

    Raises:
        LayoutError: landmarks of `COMPARED` are not in one of the layouts.
        UnseenError: one of the two never shows both shoulders.
    """
    at = np.concatenate([np.arange(len(COMPARED))[_PLACES[group]] for group in groups])
    return float(dtw(compared(hypothesis).points[:, at], [compared(reference).points[:, at]])[0])


def hands_dtw(hypothesis: PoseSequence, reference: PoseSequence) -> float:
    """The same over the 42 landmarks of the hands alone."""
    return ndtw_mje(hypothesis, reference, ("left_hand", "right_hand"))


def dtw(hypothesis: Floats, references: Sequence[Floats]) -> NDArray[np.float64]:
    """Dynamic time warping of one sequence with each of many, all at once.

    Steps of one frame in either or both, without a band; the distance of two frames is the mean Euclidean
    distance of their landmarks. Of paths that cost the same, the one with more steps in both counts.

    Args:
        hypothesis: (T, J, D) without NaN.
        references: N sequences (S, J, D).

    Returns:
        (N,) cost divided by the number of pairs on the path.
    """
    lengths = np.array([len(reference) for reference in references])
    local = _frame_distances(hypothesis, np.concatenate(references))
    many, frames, longest = len(references), len(hypothesis), int(lengths.max())
    laid = np.full((many, frames, longest), np.inf)
    for n, part in enumerate(np.split(local, np.cumsum(lengths)[:-1], axis=1)):
        laid[n, :, : lengths[n]] = part
    # one anti-diagonal after the other: its cells wait for those of the two before it alone
    cost = [np.full((many, frames + 1), np.inf) for _ in range(2)]
    steps = [np.zeros((many, frames + 1)) for _ in range(2)]
    cost[0][:, 0] = 0
    found = np.zeros(many)
    for diagonal in range(frames + longest - 1):
        rows = np.arange(max(0, diagonal - longest + 1), min(frames - 1, diagonal) + 1)
        best, count = cost[0][:, rows], steps[0][:, rows]  # a step in both; row r stands at place r + 1
        for shifted in (rows, rows + 1):
            other, counted = cost[1][:, shifted], steps[1][:, shifted]
            less = other < best
            best, count = np.where(less, other, best), np.where(less, counted, count)
        new_cost, new_steps = np.full((many, frames + 1), np.inf), np.zeros((many, frames + 1))
        new_cost[:, rows + 1] = best + laid[:, rows, diagonal - rows]
        new_steps[:, rows + 1] = count + 1
        cost, steps = [cost[1], new_cost], [steps[1], new_steps]
        ended = lengths == diagonal - frames + 2
        found[ended] = new_cost[ended, frames] / new_steps[ended, frames]
    return found


def _frame_distances(a: Floats, b: Floats) -> NDArray[np.float64]:
    """(T, S) mean Euclidean distance of the landmarks of every frame of `a` and every frame of `b`."""
    total = np.zeros((len(a), len(b)), np.float32)
    for mine, theirs in zip(np.moveaxis(a, 1, 0), np.moveaxis(b, 1, 0), strict=True):
        square = np.zeros_like(total)
        for x, y in zip(mine.T, theirs.T, strict=True):
            square += np.subtract.outer(x, y) ** 2
        total += np.sqrt(square)
    return total.astype(np.float64) / a.shape[1]


@dataclass(frozen=True)
class Distance:
    """One produced sign against one reference; distances in shoulder widths."""

    ndtw_mje: float
    """Over 49 landmarks along the cheapest alignment; see `SIGNATURE`."""
    hands_dtw: float
    """The same over the hands alone."""
    ape: float
    """Mean distance frame by frame, over the reference's frames; a shorter one is held at its last frame."""
    padded_mse: float
    """Both zero-padded or cut to `PADDED_FRAMES`, mean over all of them: what many reports give. Ignoring the gloss
    can beat copying the true sign here."""
    padded_mae: float
    valid_mse: float
    """Over the reference's frames alone."""
    length_error: float
    """Difference of the durations, as a share of the reference's."""
    speed: float
    """Mean landmark speed, produced through signed: a frozen pose has 0. NaN where nothing moves in the reference."""

    def as_json(self) -> Mapping[str, float]:
        return dict(vars(self))


def distances(hypothesis: Compared, reference: Compared) -> Distance:
    """All distances of one produced sign to one reference; both at the same rate."""
    made, real = hypothesis.points, reference.points
    held = made[np.minimum(np.arange(len(real)), len(made) - 1)]
    padded = _padded(made) - _padded(real)
    moved = _speed(real)
    return Distance(
        float(dtw(made, [real])[0]),
        float(dtw(hypothesis.hands, [reference.hands])[0]),
        float(np.linalg.norm(held - real, axis=-1).mean()),
        float((padded**2).mean()),
        float(np.abs(padded).mean()),
        float(((held - real) ** 2).mean()),
        abs(len(made) - len(real)) / len(real),
        _speed(made) / moved if moved else float("nan"),
    )


def _speed(points: Floats) -> float:
    """Shoulder widths per frame by which landmarks move, in the mean."""
    return float(np.linalg.norm(np.diff(points, axis=0), axis=-1).mean()) if len(points) > 1 else 0.0


def _padded(points: Floats) -> Floats:
    kept = points[:PADDED_FRAMES]
    return np.pad(kept, ((0, PADDED_FRAMES - len(kept)), (0, 0), (0, 0)))


def bone_length_drift(sequence: PoseSequence) -> float:
    """How much the bones of the hands change their length within a clip: standard deviation through mean.

    In space, depth included. MediaPipe's own tracks drift too, so compare with the references' figure rather than
    with 0. NaN where no hand is seen in two frames.
    """
    start, end = (list(joints) for joints in zip(*HAND_BONES, strict=True))
    found = []
    for side in ("left_hand", "right_hand"):
        hand = sequence.group(side)
        hand = hand[np.isfinite(hand).all((1, 2))]
        if len(hand) > 1:
            lengths = np.linalg.norm(hand[:, start] - hand[:, end], axis=-1)
            found.append(lengths.std(0) / np.maximum(lengths.mean(0), 1e-9))
    return float(np.mean(found)) if found else float("nan")
