"""Scores of a classifier from its probabilities, and how sure one may be of them.

A row of NaN in the probabilities is a clip that the recognizer could not answer (no hand seen, say): it
counts as wrong in every top-k and F1, and is left out of what only an answer has, calibration and
likelihood.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chereme.evaluate.calibration import expected_calibration_error
from chereme.types import Bools, Floats

__all__ = [
    "FEWEST_SIGNERS",
    "ClassScores",
    "Interval",
    "Scores",
    "averages",
    "bootstrap",
    "class_table",
    "confusion",
    "macro_f1_of",
    "predicted_classes",
    "score",
    "truth_ranks",
]

FEWEST_SIGNERS = 8
"""With fewer signers than this the bootstrap resamples clips: a handful of signers gives no interval worth naming."""

Ints = NDArray[np.int64]
Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A percentile bootstrap interval that holds 95 % of the resampled scores."""

    low: float
    high: float


@dataclass(frozen=True)
class Scores:
    """How well N clips of K glosses were recognized; all but `nll` run from 0 to 1."""

    n: int
    top1: float
    top2: float
    top3: float
    top5: float
    macro_precision: float
    macro_recall: float
    macro_f1: float
    """Mean F1 of the glosses that have at least one clip here; the absent ones have no F1 to average."""
    weighted_precision: float
    weighted_recall: float
    """The same as top-1."""
    weighted_f1: float
    """Mean F1 of the glosses, each counted as often as it has clips."""
    ece: float
    """Expected calibration error over 15 equal-mass bins; NaN when no clip was answered."""
    nll: float
    """Mean negative log likelihood of the true gloss, in nats; NaN when no clip was answered."""
    unanswered: int
    """Clips without an answer, counted as wrong."""
    absent: tuple[str, ...]
    """Glosses the recognizer knows that no clip here shows."""
    top1_ci95: Interval
    top5_ci95: Interval
    macro_f1_ci95: Interval
    resampled: str
    """What the intervals resample: `signers` or `clips`."""


@dataclass(frozen=True)
class ClassScores:
    """One gloss of the per-class table; precision, recall and F1 are NaN where they divide by zero clips."""

    gloss: str
    precision: float
    recall: float
    f1: float
    support: int
    """Clips that show this gloss."""
    predicted: int
    """Clips taken for this gloss."""
    unanswered: int
    """Clips of this gloss without an answer; they count against its recall."""


def score(
    probabilities: Floats,
    truth: Ints,
    labels: Sequence[str],
    signers: Sequence[str] = (),
    *,
    resamples: int = 2000,
    rng: np.random.Generator | None = None,
) -> Scores:
    """Score a recognizer's answers to N clips.

    Args:
        probabilities: (N, K), rows sum to 1; a row of NaN is a clip without an answer.
        truth: (N,) index of each clip's gloss in `labels`.
        labels: K glosses in class order.
        signers: who signs each clip. Where all N are named and there are at least `FEWEST_SIGNERS` of them,
            the interval resamples signers: clips of one person rise and fall together.
        resamples: bootstrap draws.
        rng: draws the resamples; seed 0 when not given, so the same answers give the same interval.
    """
    assert probabilities.shape == (len(truth), len(labels))
    assert len(truth)
    assert not signers or len(signers) == len(truth)
    answered = ~np.isnan(probabilities).any(1)
    ranks = truth_ranks(probabilities, truth)
    predicted = predicted_classes(probabilities)
    known = probabilities[answered].astype(np.float64)
    likelihood = known[np.arange(len(known)), truth[answered]]
    macro, weighted = averages(class_table(probabilities, truth, labels))
    weights, resampled = bootstrap(len(truth), signers, resamples, rng or np.random.default_rng(0))
    return Scores(
        n=len(truth),
        top1=float((ranks < 1).mean()),
        top2=float((ranks < 2).mean()),
        top3=float((ranks < 3).mean()),
        top5=float((ranks < 5).mean()),
        macro_precision=macro.precision,
        macro_recall=macro.recall,
        macro_f1=macro.f1,
        weighted_precision=weighted.precision,
        weighted_recall=weighted.recall,
        weighted_f1=weighted.f1,
        ece=expected_calibration_error(known.max(1), predicted[answered] == truth[answered]),
        nll=float(-np.log(np.maximum(likelihood, 1e-12)).mean()) if len(known) else float("nan"),
        unanswered=int((~answered).sum()),
        absent=tuple(labels[k] for k in np.setdiff1d(np.arange(len(labels)), truth)),
        top1_ci95=_interval(_share(weights, ranks < 1)),
        top5_ci95=_interval(_share(weights, ranks < 5)),
        macro_f1_ci95=_interval(macro_f1_of(weights, predicted, truth, len(labels))),
        resampled=resampled,
    )


def truth_ranks(probabilities: Floats, truth: Ints) -> Ints:
    """(N,) how many glosses stand before the true one; beyond any top-k where the clip has no answer.

    Of equal probabilities the earlier class stands first, as in a prediction's ranking.
    """
    n, classes = probabilities.shape
    own = probabilities[np.arange(n), truth][:, None]
    earlier = np.arange(classes)[None] < truth[:, None]
    before = (probabilities > own) | ((probabilities == own) & earlier)
    return np.where(np.isnan(own[:, 0]), np.iinfo(np.int64).max, before.sum(1))


def predicted_classes(probabilities: Floats) -> Ints:
    """(N,) the likeliest class, -1 where the clip has no answer."""
    without = np.isnan(probabilities).any(1)
    return np.where(without, -1, np.nan_to_num(probabilities, nan=0).argmax(1)).astype(np.int64)


def class_table(probabilities: Floats, truth: Ints, labels: Sequence[str]) -> list[ClassScores]:
    """Precision, recall, F1 and support of every gloss, in class order."""
    predicted = predicted_classes(probabilities)
    hits = np.bincount(truth[predicted == truth], minlength=len(labels))
    support = np.bincount(truth, minlength=len(labels))
    taken = np.bincount(predicted[predicted >= 0], minlength=len(labels))
    without = np.bincount(truth[predicted < 0], minlength=len(labels))
    with np.errstate(invalid="ignore"):
        precision, recall, f1 = hits / taken, hits / support, 2 * hits / (taken + support)
    return [
        ClassScores(
            label, float(precision[k]), float(recall[k]), float(f1[k]), int(support[k]), int(taken[k]), int(without[k])
        )
        for k, label in enumerate(labels)
    ]


def averages(table: Sequence[ClassScores]) -> tuple[ClassScores, ClassScores]:
    """Means over the glosses that have clips, each counted once (macro) and as often as it has clips (weighted).

    A gloss that no clip was taken for has a precision of 0 here: it was named by nobody, not always rightly.
    """
    present = [c for c in table if c.support]
    values = np.nan_to_num([[c.precision, c.recall, c.f1] for c in present])
    counts = [sum(getattr(c, name) for c in table) for name in ("support", "predicted", "unanswered")]
    return (
        ClassScores("macro average", *values.mean(0).tolist(), *counts),
        ClassScores("weighted average", *np.average(values, 0, [c.support for c in present]).tolist(), *counts),
    )


def confusion(probabilities: Floats, truth: Ints) -> Ints:
    """(K, K) counts: true gloss down, recognized gloss across; clips without an answer stand in no column."""
    classes = probabilities.shape[1]
    predicted = predicted_classes(probabilities)
    answered = predicted >= 0
    pairs = truth[answered] * classes + predicted[answered]
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def bootstrap(n: int, signers: Sequence[str], resamples: int, rng: np.random.Generator) -> tuple[Doubles, str]:
    """How often each clip is drawn in each resample, (resamples, n), and what was drawn: `signers` or `clips`.

    Signers are drawn with all their clips when every clip names one and there are at least `FEWEST_SIGNERS`.
    """
    if signers and all(signers) and len(set(signers)) >= FEWEST_SIGNERS:
        names, who = np.unique(np.asarray(signers), return_inverse=True)
        drawn = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=resamples)
        return drawn[:, who].astype(np.float64), "signers"
    return rng.multinomial(n, np.full(n, 1 / n), size=resamples).astype(np.float64), "clips"


def _share(weights: Doubles, right: Bools) -> Doubles:
    shares: Doubles = weights @ right / weights.sum(1)
    return shares


def macro_f1_of(weights: Doubles, predicted: Ints, truth: Ints, classes: int) -> Doubles:
    """(R,) mean F1 over the classes that each weighting (R, N) of the clips holds; -1 is no answer."""
    n = len(truth)
    is_true, is_taken = np.zeros((n, classes)), np.zeros((n, classes + 1))
    is_true[np.arange(n), truth] = 1
    is_taken[np.arange(n), predicted] = 1  # -1, no answer, falls into the last column
    taken = is_taken[:, :-1]
    support = weights @ is_true
    f1 = 2 * (weights @ (is_true * taken)) / np.maximum(support + weights @ taken, 1e-12)
    held = support > 0
    mean: Doubles = (f1 * held).sum(1) / held.sum(1)
    return mean


def _interval(values: Doubles) -> Interval:
    low, high = np.percentile(values, [2.5, 97.5])
    return Interval(float(low), float(high))
