"""How well a recognizer can tell that a clip shows none of its glosses: ways to score it, and what they are worth."""

from collections.abc import Sequence

import numpy as np
from sklearn.metrics import roc_auc_score

from chereme.bundle import Calibration
from chereme.evaluate.metrics import Interval
from chereme.types import Floats

__all__ = ["auroc", "auroc_interval", "declining_scores", "mean_auroc"]


def declining_scores(logits: Floats, distances: Floats) -> dict[str, Floats]:
    """Scores by which N clips may be taken for known glosses; each is large for what is known.

    - `max_probability`: of the likeliest gloss.
    - `max_logit`: before the softmax, which says nothing of how far all glosses are.
    - `nearness`: the distance to the nearest gloss, negative.

    Args:
        logits: (N, K).
        distances: (N,), see `chereme.bundle.Familiar`.
    """
    return {
        "max_probability": Calibration().probabilities(logits).max(1),
        "max_logit": logits.max(1),
        "nearness": -distances,
    }


def auroc(known: Floats, unseen: Floats) -> float:
    """The chance that a clip of a known gloss scores above one of an unseen gloss; ties count half.

    Args:
        known: (N,) scores of clips of known glosses.
        unseen: (M,) scores of clips of other glosses.
    """
    truth = np.repeat([1, 0], [len(known), len(unseen)])
    return float(roc_auc_score(truth, np.concatenate([known, unseen])))


def mean_auroc(turns: Sequence[tuple[Floats, Floats]]) -> float:
    """Mean over turns, each with (N,) scores of its known and (M,) of its unseen clips; see `auroc`."""
    return float(np.mean([auroc(known, unseen) for known, unseen in turns]))


def auroc_interval(turns: Sequence[tuple[Floats, Floats]], resamples: int = 1000) -> Interval:
    """95 % percentile bootstrap interval of `mean_auroc`: within each turn clips of each kind are drawn; seed 0."""
    rng = np.random.default_rng(0)
    drawn = [
        mean_auroc([(rng.choice(known, len(known)), rng.choice(unseen, len(unseen))) for known, unseen in turns])
        for _ in range(resamples)
    ]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Interval(float(low), float(high))
