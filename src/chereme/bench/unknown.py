"""`unknown`: can a recognizer tell that a sign is none of the words that it was trained on?"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from chereme.bench import BenchResult
from chereme.bench.embeddings import encoder, sequences_of
from chereme.bench.recipes import Entrant, Training, packed, train_all
from chereme.dataset.protocols import isl43_words_out
from chereme.dataset.split import Split
from chereme.dataset.store import Store
from chereme.evaluate.declining import auroc, auroc_interval, declining_scores, mean_auroc
from chereme.types import Floats

__all__ = ["CHOSEN", "declined_at", "measure"]

CHOSEN = "nearness"
"""Of the ways in `declining_scores`, the one that the figure is of; chosen on validation blocks, see LOG.md."""
PEER = "max_probability"
KEPT = 0.95
"""Share of the known clips that are answered when it is asked how many of the unseen ones are declined."""
ENTRANT = Entrant("isl43", seeds=(0,), ours=True)


def measure(
    data: str | Path | None = None,
    only: str | None = None,
    changes: Sequence[str] = (),
    work: Path = Path("runs/bench/unknown"),
) -> BenchResult:
    """AUROC of test clips of known words against all clips of words left out; four turns, one seed.

    Args:
        data: folder of the public data sets.
        only: see `train_all`.
        changes: to the recipe.
        work: folder in which trainings are kept.
    """
    store = packed(data, "isl_include43_poses", work)
    splits = isl43_words_out(store.clips)
    runs = train_all(store, splits, (ENTRANT,), work, only, changes, bundles=True)[ENTRANT.recipe]
    turns = [_scores(run, store, splits[run.split]) for run in runs]
    areas = {
        name: round(mean_auroc([(known[name], unseen[name]) for known, unseen in turns]), 4) for name in turns[0][0]
    }
    chosen = [(known[CHOSEN], unseen[CHOSEN]) for known, unseen in turns]
    interval = auroc_interval(chosen)
    right = np.concatenate([run.logits.argmax(1) == run.truth for run in runs])
    details: dict[str, Any] = {
        "split": "isl43-words0 to -words3: isl43 without a quarter of the words, in turn; known: the last block of each"
        " other word; unseen: all clips of the words left out",
        "score": CHOSEN,
        "auroc_ci95": [round(interval.low, 4), round(interval.high, 4)],
        "resampled": "clips, known and unseen ones apart, within each turn",
        "auroc_by_score": areas,
        "auroc_by_turn": [round(auroc(known, unseen), 4) for known, unseen in chosen],
        "unseen_declined_with_95_percent_of_known_kept": {
            name: round(float(np.mean([declined_at(known[name], unseen[name]) for known, unseen in turns])), 4)
            for name in areas
        },
        "known_clips": sum(len(known) for known, _ in chosen),
        "unseen_clips": sum(len(unseen) for _, unseen in chosen),
        "known_top1": round(float(right.mean()), 4),
        "seeds": list(ENTRANT.seeds),
        "recipe": ENTRANT.recipe,
        "cpu_minutes_each": [round(run.cpu_seconds / 60, 2) for run in runs],
    }
    return BenchResult(
        "unknown",
        areas[CHOSEN],
        "AUROC",
        "the probability of the likeliest word, same models and clips",
        areas[PEER],
        round(areas[CHOSEN] / areas[PEER], 4),
        details["known_clips"] + details["unseen_clips"],
        details,
    )


def _scores(run: Training, store: Store, split: Split) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """What `declining_scores` gives of the test clips, and of the clips whose words are not in the split."""
    reads = encoder(run)
    found = []
    for ids in (run.clips, [clip.id for clip in store.clips if clip.id not in split]):
        looks = [(reads.logits(clip), reads.distance(clip)) for clip in sequences_of(store, ids).values()]
        found.append(declining_scores(np.stack([logits for logits, _ in looks]), np.array([far for _, far in looks])))
    return found[0], found[1]


def declined_at(known: Floats, unseen: Floats, kept: float = KEPT) -> float:
    """Share of the unseen clips that are declined by the threshold that keeps a share of the known ones."""
    return float((unseen < np.quantile(known, 1 - kept)).mean())
