"""`unknown`: can the encoder tell that a sign is none of those that it was trained on?"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from chereme.bench import BenchResult
from chereme.bench.embeddings import ENTRANT, WORK, embed_all, encoder, sequences_of, wlasl_store
from chereme.bench.recipes import train_all
from chereme.dataset.importers.wlasl import unseen_glosses
from chereme.dataset.protocols import one_shot_known
from chereme.evaluate.declining import auroc, auroc_interval, class_means, declining_scores
from chereme.types import Floats

__all__ = ["CHOSEN", "declined_at", "measure"]

CHOSEN = "nearest_mean"
"""Of the ways in `declining_scores`, the one that the figure is of."""
PEER = "max_probability"
KEPT = 0.95
"""Share of the known clips that are answered when it is asked how many of the unseen ones are declined."""


def measure(
    data: str | Path | None = None,
    only: str | None = None,
    changes: Sequence[str] = (),
    work: Path = WORK,
) -> BenchResult:
    """AUROC of test clips of known glosses against all clips of the 200 unseen ones; one seed.

    Args:
        data: folder of the public data sets.
        only: see `train_all`.
        changes: to the recipe.
        work: folder in which trainings are kept.
    """
    store, folder = wlasl_store(data, work)
    split = one_shot_known(store.clips, folder)
    entrant = replace(ENTRANT, seeds=(0,))
    found = train_all(store, {"one-shot-known": split}, (entrant,), work, only, changes, bundles=True)
    run = found[entrant.recipe][0]
    reads = encoder(run)
    train = [i for i, part in split.items() if part == "train"]
    outside = unseen_glosses(folder)
    unseen = [clip.id for clip in store.clips if clip.gloss in outside]
    learnt = embed_all(reads, sequences_of(store, train))
    classes = np.array([run.labels.index(store.clips[store.positions[i]].gloss) for i in train])
    means = class_means(np.stack([learnt[i] for i in train]), classes)
    scores: list[dict[str, Floats]] = []
    for ids in (run.clips, unseen):
        sequences = sequences_of(store, ids)
        logits = np.stack([reads.logits(sequence) for sequence in sequences.values()])
        embeddings = np.stack(list(embed_all(reads, sequences).values()))
        scores.append(declining_scores(logits, embeddings, means))
    known, others = scores
    areas = {name: round(auroc(known[name], others[name]), 4) for name in known}
    interval = auroc_interval(known[CHOSEN], others[CHOSEN])
    return BenchResult(
        "unknown",
        areas[CHOSEN],
        "AUROC",
        "the probability of the likeliest gloss, same model and clips",
        areas[PEER],
        round(areas[CHOSEN] / areas[PEER], 4),
        len(run.clips) + len(unseen),
        {
            "split": "one-shot-known: trained on official training and validation clips without the 200 unseen glosses"
            " and their twins; known: official test clips of the other glosses without a twin; unseen: all of the 200",
            "score": CHOSEN,
            "auroc_ci95": [round(interval.low, 4), round(interval.high, 4)],
            "resampled": "clips, known and unseen ones apart",
            "auroc_by_score": areas,
            "unseen_declined_with_95_percent_of_known_kept": {
                name: round(declined_at(known[name], others[name]), 4) for name in known
            },
            "known_clips": len(run.clips),
            "unseen_clips": len(unseen),
            "known_top1": round(float((run.logits.argmax(1) == run.truth).mean()), 4),
            "seeds": list(entrant.seeds),
            "recipe": entrant.recipe,
            "epochs": run.epochs,
            "cpu_minutes": round(run.cpu_seconds / 60, 2),
        },
    )


def declined_at(known: Floats, unseen: Floats, kept: float = KEPT) -> float:
    """Share of the unseen clips that are declined by the threshold that keeps a share of the known ones."""
    return float((unseen < np.quantile(known, 1 - kept)).mean())
