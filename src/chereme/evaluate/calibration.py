"""Make a probability mean what it says: temperature, calibration error, and when to decline an answer."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from chereme.bundle import Calibration
from chereme.types import Bools, Floats

__all__ = [
    "BINS",
    "ReliabilityBin",
    "calibrate",
    "calibrate_similarity",
    "choose_unknown_threshold",
    "expected_calibration_error",
    "fit_temperature",
    "look_up",
    "reliability",
]

BINS = 15
"""Equal-mass bins of the calibration error: of a hundred clips, equal-width bins would leave most empty."""

DECLINED = 0.05
"""Share of right answers that a threshold may take back."""

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class ReliabilityBin:
    """Clips of like confidence: a calibrated recognizer is right as often as it says."""

    n: int
    confidence: float
    """Mean probability of the answers."""
    accuracy: float
    """Share of them that are right."""


def reliability(confidence: Doubles, right: Bools, bins: int = BINS) -> list[ReliabilityBin]:
    """Answers sorted by confidence into bins of (nearly) as many clips each; equal confidences stay together.

    Args:
        confidence: (N,) probability of each answer.
        right: (N,) whether the answer was the true gloss.
        bins: at most this many; fewer when there are fewer clips or many equal confidences.
    """
    if not len(confidence):
        return []
    shares = np.arange(1, min(bins, len(confidence))) / min(bins, len(confidence))
    edges = np.unique(np.quantile(confidence, shares, method="lower")) if len(shares) else np.empty(0)
    at = np.searchsorted(edges, confidence, side="left")
    return [
        ReliabilityBin(int((at == b).sum()), float(confidence[at == b].mean()), float(right[at == b].mean()))
        for b in np.unique(at)
    ]


def expected_calibration_error(confidence: Doubles, right: Bools, bins: int = BINS) -> float:
    """Mean gap between confidence and accuracy over equal-mass bins, weighted by their clips; NaN of no clip.

    Source: Naeini et al. 2015 with equal-width bins; ours hold equally many clips, see `BINS`.
    """
    if not len(confidence):
        return float("nan")
    gaps = [b.n * abs(b.confidence - b.accuracy) for b in reliability(confidence, right, bins)]
    return float(sum(gaps) / len(confidence))


def fit_temperature(logits: Floats, truth: Ints, *, low: float = 0.05, high: float = 20.0) -> float:
    """The divisor of the logits that makes held-out truth likeliest.

    Golden-section search over its logarithm: the likelihood has one peak along it. Above 1 the model was too
    sure of itself, below 1 too shy; the ranking of glosses stays as it is. With every answer right the best
    divisor is as small as one lets it be, so look at held-out clips, never at training clips.

    Args:
        logits: (N, K) of clips that training did not see.
        truth: (N,) their classes.
        low: smallest divisor allowed.
        high: largest divisor allowed.

    Source: Guo et al. 2017, On Calibration of Modern Neural Networks.
    """
    scores = logits.astype(np.float64)
    own = np.arange(len(truth)), truth

    def loss(log_temperature: float) -> float:
        scaled = scores / np.exp(log_temperature)
        scaled -= scaled.max(1, keepdims=True)
        return float((np.log(np.exp(scaled).sum(1)) - scaled[own]).mean())

    left, right = np.log(low), np.log(high)
    golden = (np.sqrt(5) - 1) / 2
    inner, outer = right - golden * (right - left), left + golden * (right - left)
    loss_inner, loss_outer = loss(inner), loss(outer)
    while right - left > 1e-5:
        if loss_inner <= loss_outer:
            right, outer, loss_outer = outer, inner, loss_inner
            inner = right - golden * (right - left)
            loss_inner = loss(inner)
        else:
            left, inner, loss_inner = inner, outer, loss_outer
            outer = left + golden * (right - left)
            loss_outer = loss(outer)
    return float(np.exp((left + right) / 2))


def choose_unknown_threshold(probabilities: Floats, truth: Ints, *, declined: float = DECLINED) -> float:
    """The probability below which an answer is called unknown.

    Without examples of other signing one can only fix what it costs: the largest threshold that takes at most
    a share `declined` of the right answers back. Pass calibrated probabilities of held-out clips.

    Returns:
        0, which never declines, when no answer is right.
    """
    right = probabilities.argmax(1) == truth
    if not right.any():
        return 0.0
    return float(np.quantile(probabilities[right].max(1).astype(np.float64), declined, method="lower"))


def calibrate(logits: Floats, truth: Ints, what: str, distances: Floats | None = None) -> Calibration:
    """Temperature and thresholds for a bundle.

    Args:
        logits: (N, K) of held-out clips.
        truth: (N,) their classes.
        what: the clips in words: `validation clips`.
        distances: (N,) to the nearest word, see `chereme.bundle.Familiar`; None: not known. Known ones take another
            twentieth of the right answers back.
    """
    # a few clips that are all right would ask for a temperature near 0, and so for certainty: not below 0.25
    temperature = fit_temperature(logits, truth, low=0.25)
    threshold = choose_unknown_threshold(Calibration(temperature).probabilities(logits), truth)
    right = logits.argmax(1) == truth
    beyond = 0.0
    if distances is not None and right.any():
        beyond = float(np.quantile(distances[right].astype(np.float64), 1 - DECLINED, method="higher"))
    # rounded away: the thresholds are some answers' own, and those answers are to be kept
    below, beyond = np.floor(threshold * 1e4) / 1e4, np.ceil(beyond * 1e4) / 1e4
    return Calibration(round(temperature, 4), below, f"{len(truth)} {what}", unknown_beyond=beyond)


def look_up(embeddings: Floats, classes: Ints, galleries: int = 5) -> tuple[Floats, Ints]:
    """Look clips up by one example of each gloss, drawn at random, several times over.

    Args:
        embeddings: (N, E) of length 1.
        classes: (N,) their glosses, 0 to G - 1, each with two clips or more.
        galleries: how often examples are drawn, with seeds 0, 1 and so on.

    Returns:
        Similarity to each gloss's example (galleries * (N - G), G), and which gloss is right.
    """
    similarities, truth = [], []
    for seed in range(galleries):
        rng = np.random.default_rng(seed)
        shown = np.array([rng.choice(np.flatnonzero(classes == k)) for k in range(int(classes.max()) + 1)])
        asking = np.setdiff1d(np.arange(len(classes)), shown)
        similarities.append(embeddings[asking] @ embeddings[shown].T)
        truth.append(classes[asking])
    return np.concatenate(similarities), np.concatenate(truth)


def calibrate_similarity(
    calibration: Calibration, embeddings: Floats, classes: Ints, *, galleries: int = 5, declined: float = DECLINED
) -> Calibration:
    """The same for looking signs up by one example each, as a lexicon does.

    The temperature makes the similarities of `look_up` likeliest; the threshold takes a share `declined` of the right
    answers back.

    Args:
        calibration: of the classifier; what it says of that is kept.
        embeddings: (N, E) of length 1, of clips whose glosses were not trained on.
        classes: (N,) their glosses.
        galleries: how often examples are drawn.
        declined: see `choose_unknown_threshold`.
    """
    scores, right = look_up(embeddings, classes, galleries)
    temperature = fit_temperature(scores, right, low=0.005, high=1.0)
    found = scores.argmax(1) == right
    threshold = np.quantile(scores[found].max(1).astype(np.float64), declined) if found.any() else 0.0
    return replace(
        calibration,
        similarity_temperature=round(temperature, 4),
        unknown_similarity=float(np.floor(threshold * 1e4) / 1e4),
    )
