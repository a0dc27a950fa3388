"""A producer scored on clips it was not taught, beside what needs no learning and what signers themselves reach."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from chereme.errors import CheremeError, SplitError, UnseenError
from chereme.evaluate.metrics import Interval
from chereme.evaluate.production import SIGNATURE, Compared, bone_length_drift, compared, distances, dtw
from chereme.types import Clip, Floats, PoseSequence, Prediction

__all__ = ["METRICS", "Production", "Signed", "evaluate_producer", "floor_signs", "gather_signed", "score_signs"]

METRICS = (
    "ndtw_mje", "hands_dtw", "ape", "padded_mse", "padded_mae", "valid_mse", "length_error", "speed",
    "retrieval1", "retrieval5",
)  # fmt: skip
"""Columns of the table, see `chereme.evaluate.production.Distance`; `retrieval1` is the share of references whose
word is the nearest of all words to the sign produced for it, `retrieval5` among the nearest five."""
_RESAMPLED = 2000


@dataclass(frozen=True, eq=False)
class Signed:
    """A recorded clip, ready to be compared."""

    id: str
    gloss: str
    source: str
    """Block or video; two clips of one are mostly of one signer."""
    clip: Compared


@dataclass(frozen=True, eq=False)
class Production:
    """What was found of one producer."""

    bundle: str
    split: str
    part: str
    n: int
    """References."""
    scores: Mapping[str, float]
    """`METRICS`, and `bone_drift`."""
    ndtw_mje_ci95: Interval
    """From resampling words: references of one word share the sign produced for it."""
    bone_drift_signed: float
    """The references' own, which MediaPipe makes for the most part."""
    floors: Mapping[str, Mapping[str, float]]
    """What needs no learning, and `another clip, same block`: the ceiling. Empty when not asked for."""
    failed: Mapping[str, str]
    """Gloss to why nothing was produced."""
    recognized: Mapping[str, str | None]
    """Gloss to what a recognizer read from the sign produced for it; None where it declined."""

    @property
    def back_recognition(self) -> float | None:
        """Share of the produced signs that a recognizer named; None where none was asked."""
        if not self.recognized:
            return None
        return float(np.mean([gloss == read for gloss, read in self.recognized.items()]))

    def as_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "task": "produce", "bundle": self.bundle, "split": self.split, "part": self.part, "n": self.n,
            **{name: _short(value) for name, value in self.scores.items()},
            "ndtw_mje_ci95": [_short(self.ndtw_mje_ci95.low), _short(self.ndtw_mje_ci95.high)],
            "bone_drift_signed": _short(self.bone_drift_signed),
            "signature": SIGNATURE,
            "floors": {name: {k: _short(v) for k, v in row.items()} for name, row in self.floors.items()},
            "failed": dict(self.failed),
        }  # fmt: skip
        if self.recognized:
            wrong = {gloss: read for gloss, read in self.recognized.items() if gloss != read}
            found |= {"back_recognition": self.back_recognition, "back_recognition_n": len(self.recognized)}
            found |= {"misread": wrong}
        return found

    def as_text(self) -> str:
        """The table that `chereme evaluate` prints."""
        width = max(len(name) for name in [*self.floors, self.bundle])
        lines = [f"{'':{width}}  " + "  ".join(f"{name:>12}" for name in METRICS)]
        for name, row in {self.bundle: self.scores, **self.floors}.items():
            shown = (f"{row[metric]:12.4f}" if metric in row else f"{'-':>12}" for metric in METRICS)
            lines.append(f"{name:{width}}  " + "  ".join(shown))
        low, high = self.ndtw_mje_ci95.low, self.ndtw_mje_ci95.high
        lines += ["", f"{self.n} references; nDTW-MJE 95 % interval {low:.3f} to {high:.3f}", SIGNATURE]
        lines.append(
            f"bones change by {self.scores['bone_drift']:.1%} (in the references by {self.bone_drift_signed:.1%})"
        )
        if self.back_recognition is not None:
            right = sum(gloss == read for gloss, read in self.recognized.items())
            lines.append(f"recognized back: {right} of {len(self.recognized)} ({self.back_recognition:.3f})")
        lines += [f"{gloss}: {reason}" for gloss, reason in self.failed.items()]
        return "\n".join([*lines, ""])


def gather_signed(items: Sequence[tuple[Clip, PoseSequence]]) -> list[Signed]:
    """Clips brought to the form that is compared; those that never show both shoulders are left out."""
    found = []
    for clip, sequence in items:
        try:
            found.append(Signed(clip.id, clip.gloss, clip.source, compared(sequence)))
        except UnseenError:
            continue
    return found


def evaluate_producer(
    produce: Callable[[str], PoseSequence],
    references: Sequence[tuple[Clip, PoseSequence]],
    training: Sequence[tuple[Clip, PoseSequence]] = (),
    *,
    name: str = "",
    split: str = "",
    part: str = "test",
    recognize: Callable[[PoseSequence], Prediction] | None = None,
    progress: bool = False,
) -> Production:
    """Produce every gloss of the references once and compare; the references' length and first frame are not given.

    Args:
        produce: gloss to sign, in a layout with the landmarks that are compared.
        references: clips that the producer was not taught.
        training: its training clips, for the floors; empty: no floors.
        name: of the producer, for the report.
        split: for the report.
        part: for the report.
        recognize: a recognizer that never saw the producer's training clips; None: no back-recognition.
        progress: draw a bar on stderr.

    Raises:
        SplitError: no reference that can be compared, or none whose gloss the producer signs.
    """
    signed = gather_signed(references)
    if not signed:
        raise SplitError(f"split {split!r}, part {part}: no clip that shows both shoulders")
    fps = signed[0].clip.fps
    made: dict[str, Compared] = {}
    failed: dict[str, str] = {}
    drifts, recognized = [], dict[str, str | None]()
    for gloss in tqdm(sorted({one.gloss for one in signed}), desc="produce", unit="sign", disable=not progress):
        try:
            sign = produce(gloss)
            made[gloss] = compared(sign, fps)
        except CheremeError as error:
            failed[gloss] = str(error)
            continue
        drifts.append(bone_length_drift(sign))
        if recognize is not None:
            prediction = recognize(sign)
            recognized[gloss] = None if prediction.unknown else prediction.ranked[0].gloss
    if not made:
        raise SplitError(
            f"none of the {len(failed)} glosses could be produced; the first: {next(iter(failed.values()))}"
        )
    kept = [one for one in signed if one.gloss in made]
    rows, scores = score_signs(made, kept)
    floors: dict[str, Mapping[str, float]] = {}
    if training:
        for floor, signs in floor_signs(gather_signed(training), sorted(made)).items():
            floors[floor] = score_signs(signs, [one for one in kept if one.gloss in signs])[1]
        if ceiling := _same_block(kept):
            floors["another clip, same block"] = ceiling
    drift_signed = float(np.nanmean([bone_length_drift(s) for c, s in references if c.gloss in made]))
    return Production(
        name, split, part, len(kept), {**scores, "bone_drift": float(np.nanmean(drifts))},
        _by_word(rows[:, 0], [one.gloss for one in kept]), drift_signed, floors, failed, recognized,
    )  # fmt: skip


def score_signs(
    made: Mapping[str, Compared], references: Sequence[Signed]
) -> tuple[NDArray[np.float64], dict[str, float]]:
    """Every reference against the sign made for its gloss.

    Args:
        made: a sign for every gloss of the references.
        references: all of them are ranked for retrieval; a word's place is its mean distance.

    Returns:
        (N, len(METRICS)) per reference, and the means.
    """
    words = sorted({one.gloss for one in references})
    glosses = np.array([one.gloss for one in references])
    rows = np.full((len(references), len(METRICS)), np.nan)
    ranked: dict[int, NDArray[np.float64]] = {}
    for word in words:
        sign = made[word]
        if id(sign) not in ranked:  # a floor that ignores the gloss makes one sign for all
            ranked[id(sign)] = dtw(sign.points, [one.clip.points for one in references])
        apart = ranked[id(sign)]
        means = np.array([apart[glosses == other].mean() for other in words])
        rank = int((means < means[words.index(word)]).sum())
        for i in np.flatnonzero(glosses == word):
            row = distances(sign, references[i].clip)
            rows[i] = (*row.as_json().values(), rank < 1, rank < 5)
    means_of = np.nanmean(rows, axis=0)
    return rows, dict(zip(METRICS, means_of.tolist(), strict=True))


def floor_signs(training: Sequence[Signed], words: Sequence[str]) -> dict[str, dict[str, Compared]]:
    """Signs that need no learning, for every word that has training clips.

    `mean pose`: the mean of all frames, held. `mean sequence`: all clips at one length, frame by frame. `gloss mean`:
    the same of a word's own clips. `medoid copy`: the clip of the word that is nearest to its others. `wrong gloss`:
    that of the next word.
    """
    own = {word: [one.clip for one in training if one.gloss == word] for word in words}
    own = {word: clips for word, clips in own.items() if clips}
    everything = [clip for clips in own.values() for clip in clips]
    fps, length = everything[0].fps, round(float(np.mean([len(clip) for clip in everything])))
    pose = np.concatenate([clip.points for clip in everything]).mean(0)
    still = _as_compared(np.repeat(pose[None], length, 0), fps)
    mean = _as_compared(np.mean([_at_length(clip.points, length) for clip in everything], axis=0), fps)
    gloss_mean, medoid = {}, {}
    for word, clips in own.items():
        usual = round(float(np.mean([len(clip) for clip in clips])))
        gloss_mean[word] = _as_compared(np.mean([_at_length(clip.points, usual) for clip in clips], axis=0), fps)
        apart = [dtw(clip.points, [other.points for other in clips]).sum() for clip in clips]
        medoid[word] = clips[int(np.argmin(apart))]
    known = sorted(own)
    wrong = {word: medoid[known[(known.index(word) + 1) % len(known)]] for word in known}
    return {
        "mean pose": dict.fromkeys(known, still),
        "mean sequence": dict.fromkeys(known, mean),
        "gloss mean": gloss_mean,
        "medoid copy": medoid,
        "wrong gloss": wrong,
    }


def _same_block(references: Sequence[Signed]) -> dict[str, float]:
    """Another clip of the same word and block, where there is one: how near a signer comes to her own signing."""
    rows = []
    for one in references:
        other = next((o for o in references if o is not one and (o.gloss, o.source) == (one.gloss, one.source)), None)
        if other is not None:
            rows.append(list(distances(other.clip, one.clip).as_json().values()))
    return dict(zip(METRICS, np.nanmean(rows, axis=0).tolist(), strict=False)) if rows else {}


def _by_word(values: NDArray[np.float64], words: Sequence[str]) -> Interval:
    """95 % interval of the mean, from resampling words with all of their references."""
    names, number = np.unique(words, return_inverse=True)
    sums, counts = np.bincount(number, values), np.bincount(number)
    drawn = np.random.default_rng(0).integers(len(names), size=(_RESAMPLED, len(names)))
    means = sums[drawn].sum(1) / counts[drawn].sum(1)
    low, high = np.percentile(means, [2.5, 97.5])
    return Interval(float(low), float(high))


def _as_compared(points: Floats, fps: float) -> Compared:
    return Compared(points.astype(np.float32), np.ones(points.shape[:2], bool), fps)


def _at_length(points: Floats, frames: int) -> Floats:
    at = np.linspace(0, len(points) - 1, frames)
    before = np.floor(at).astype(np.int64)
    after = np.minimum(before + 1, len(points) - 1)
    share = (at - before).astype(np.float32)[:, None, None]
    return np.asarray(points[before] * (1 - share) + points[after] * share, np.float32)


def _short(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 4)
