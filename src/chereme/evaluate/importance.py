"""Which features a recognizer relies on: what it loses when one of them tells of another clip.

A feature is taken from another clip drawn at random, all frames of it, stretched to the same length, and everything
else stays. So the number keeps its usual values and its movement, but no longer belongs to the sign. Nothing is trained
again: this tells what this model reads, not what could be learnt without it.

Source: Breiman, Random Forests (2001), section 10; we permute whole tracks, since frames of a clip tell the same sign.
"""

import csv
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from chereme.dataset.store import Store
from chereme.errors import SplitError
from chereme.evaluate.metrics import Doubles, bootstrap
from chereme.evaluate.report import Evaluation
from chereme.features import average_samples
from chereme.types import Bools, Features, Floats, PoseSequence

__all__ = ["Importance", "ReadsFeatures", "feature_importance", "importance_text", "write_importance"]

FAMILY, FEATURE = "family", "feature"
AT_ONCE = 64
"""Samples scored in one call."""


class ReadsFeatures(Protocol):
    """What can be asked: `chereme.recognize.Recognizer`, or anything that shows what its model reads."""

    def samples(self, sequence: PoseSequence) -> list[Features]:
        """What the model reads of each sample of a clip."""
        ...

    def score(self, values: Floats, mask: Bools) -> Floats:
        """Raw scores (B, K) of features (B, T, F) whose frames (B, T) count."""
        ...


@dataclass(frozen=True)
class Importance:
    """What is lost without one family of features, or one feature."""

    kind: str
    """`family`: all features of a block, in a group of landmarks where it has several; `feature`: one of them."""
    name: str
    numbers: int
    """How many of the model's inputs it makes: a moving feature has velocities."""
    drop: float
    """Top-1 on the true features less mean top-1 on exchanged ones; below 0 by chance."""
    low: float
    high: float
    """95 % interval of the drop, by bootstrap over the same clips or signers as the scores."""


@dataclass(frozen=True, eq=False)
class _Samples:
    """Features of all samples of N clips, side by side."""

    values: Floats
    """(S, T, F), 0 after the last frame."""
    lengths: NDArray[np.int64]
    """(S,) frames."""
    first: NDArray[np.int64]
    """(N + 1,): the samples of clip i are those from first[i] to first[i + 1]."""


def feature_importance(
    recognizer: ReadsFeatures,
    store: Store,
    evaluation: Evaluation,
    *,
    repeats: int = 3,
    rng: np.random.Generator | None = None,
    progress: bool = False,
) -> list[Importance]:
    """Measure every family and every feature on the clips of an evaluation: families first, each the worst loss first.

    Args:
        recognizer: the one that was evaluated.
        store: that holds the clips.
        evaluation: says which clips, and what they show.
        repeats: how many times each is exchanged; the drops are averaged.
        rng: draws whose features are taken; seed 0 when not given.
        progress: draw a bar on stderr.

    Raises:
        SplitError: fewer than two clips can be recognized, so there is no other clip to take features from.
    """
    rng = rng or np.random.default_rng(0)
    answered = [n for n, clip_id in enumerate(evaluation.ids) if clip_id not in evaluation.failed]
    if len(answered) < 2:
        raise SplitError(f"importance needs two clips or more that can be recognized; there are {len(answered)}")
    place = {clip.id: i for i, clip in enumerate(store.clips)}
    made = [recognizer.samples(store.sequence(place[evaluation.ids[n]])) for n in answered]
    samples = _side_by_side([[one.values for one in each] for each in made])
    truth = evaluation.truth[answered]
    signers = tuple(evaluation.signers[n] for n in answered)
    weights, _ = bootstrap(len(truth), signers, 2000, np.random.default_rng(0))
    right = _right(recognizer, samples, samples.values, truth)
    groups = _groups(made[0][0].names)
    found = []
    for (kind, name), columns in tqdm(groups.items(), desc="importance", unit="feature", disable=not progress):
        lost = np.zeros(len(truth))
        for _ in range(repeats):
            values = samples.values.copy()
            values[..., columns] = _of_another(samples, columns, rng)
            lost += right - _right(recognizer, samples, values, truth)
        found.append(_with_interval(kind, name, len(columns), lost / repeats, weights))
    return sorted(found, key=lambda one: (one.kind, -one.drop))


def write_importance(found: Sequence[Importance], folder: Path) -> None:
    """Write importance.csv and importance.png into a report's folder."""
    from chereme.evaluate.plots import draw_importance  # matplotlib takes a second to load

    with (folder / "importance.csv").open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, [f.name for f in fields(Importance)])
        writer.writeheader()
        for one in found:
            rounded = {name: f"{getattr(one, name):.4f}" for name in ("drop", "low", "high")}
            writer.writerow(asdict(one) | rounded)
    draw_importance(found, folder / "importance.png")


def importance_text(found: Sequence[Importance], most: int = 10) -> str:
    """For people: a line for each of the families and features that are needed most."""
    lines = []
    for kind, title in ((FAMILY, "families"), (FEATURE, "features")):
        shown = [one for one in found if one.kind == kind]
        lines += ["", f"top-1 lost without {title}, the {min(most, len(shown))} most needed of {len(shown)}:"]
        lines += [f"  {one.drop:6.3f}  [{one.low:6.3f}, {one.high:6.3f}]  {one.name}" for one in shown[:most]]
    return "\n".join([*lines, "", ""])


def _groups(names: Sequence[str]) -> dict[tuple[str, str], list[int]]:
    """Columns of each family and of each feature; `body_points/nose.x@2` is one of feature `body_points/nose.x`."""
    groups: dict[tuple[str, str], list[int]] = {}
    for kind in (FAMILY, FEATURE):
        for column, name in enumerate(names):
            feature = name.partition("@")[0]
            key = feature.rpartition("/")[0] if kind == FAMILY else feature
            groups.setdefault((kind, key), []).append(column)
    return groups


def _side_by_side(clips: Sequence[Sequence[Floats]]) -> _Samples:
    every = [values for clip in clips for values in clip]
    lengths = np.array([len(values) for values in every], np.int64)
    padded = np.zeros((len(every), lengths.max(), every[0].shape[1]), np.float32)
    for row, values in zip(padded, every, strict=True):
        row[: len(values)] = values
    return _Samples(padded, lengths, np.cumsum([0, *(len(clip) for clip in clips)]))


def _of_another(samples: _Samples, columns: list[int], rng: np.random.Generator) -> Floats:
    """(S, T, columns): those of another clip's sample at the same share of its time, 0 after the last frame."""
    clips = len(samples.first) - 1
    order = rng.permutation(clips)
    other = np.empty(clips, np.int64)
    other[order] = np.roll(order, 1)  # one round through all clips: none keeps its own
    donors = np.concatenate([
        np.resize(np.arange(samples.first[o], samples.first[o + 1]), samples.first[c + 1] - samples.first[c])
        for c, o in enumerate(other)
    ])  # fmt: skip
    step = np.arange(samples.values.shape[1])[None]
    share = np.minimum(step / np.maximum(samples.lengths[:, None] - 1, 1), 1)
    frames = np.floor(share * (samples.lengths[donors, None] - 1) + 0.5).astype(np.int64)
    taken: Floats = samples.values[..., columns][donors[:, None], frames]
    taken[step >= samples.lengths[:, None]] = 0
    return taken


def _right(recognizer: ReadsFeatures, samples: _Samples, values: Floats, truth: NDArray[np.int64]) -> Doubles:
    """(N,) 1 where a clip is recognized."""
    mask = np.arange(values.shape[1])[None] < samples.lengths[:, None]
    scores = np.concatenate([
        recognizer.score(values[start : start + AT_ONCE], mask[start : start + AT_ONCE])
        for start in range(0, len(values), AT_ONCE)
    ])  # fmt: skip
    clips = [average_samples(scores[a:b]) for a, b in zip(samples.first[:-1], samples.first[1:], strict=True)]
    right: Doubles = (np.stack(clips).argmax(1) == truth).astype(np.float64)
    return right


def _with_interval(kind: str, name: str, numbers: int, lost: Doubles, weights: Doubles) -> Importance:
    low, high = np.percentile(weights @ lost / weights.sum(1), [2.5, 97.5])
    return Importance(kind, name, numbers, float(lost.mean()), float(low), float(high))
