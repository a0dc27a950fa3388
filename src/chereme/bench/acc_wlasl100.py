"""`acc-wlasl100`: the models of `acc-wlasl1700`, told that a clip shows one of WLASL's first 100 glosses."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from chereme.bench import BenchResult
from chereme.bench.acc_wlasl1700 import accuracy_result, official_trainings, only_clips, peers_of
from chereme.bench.embeddings import WORK, wlasl_store
from chereme.bench.recipes import Training
from chereme.dataset.importers.wlasl import first_glosses
from chereme.dataset.protocols import wlasl

__all__ = ["measure", "only_glosses"]

CLASSES = 100


def measure(
    data: str | Path | None = None,
    only: str | None = None,
    changes: Sequence[str] = (),
    work: Path = WORK,
) -> BenchResult:
    """Top-1 and top-5 on the 100 test clips of those glosses; the trainings are shared with `acc-wlasl1700`.

    Half of WLASL100 is gone from the web and no body is seen, so published figures do not compare.

    Args:
        data: folder of the public data sets.
        only: see `train_all`.
        changes: to the recipe.
        work: folder in which trainings are kept.
    """
    store, folder = wlasl_store(data, work)
    runs = official_trainings(store, work, only, changes)
    first = first_glosses(folder, CLASSES)
    distinct = {i for i, part in wlasl(store.clips, folder)["wlasl-distinct"].items() if part == "test"}
    peers = {name: only_glosses(peer, first) for name, peer in peers_of(runs[0], store).items()}
    chosen = [only_glosses(run, first) for run in runs]
    twinless = accuracy_result(
        "acc-wlasl100",
        [only_clips(run, distinct) for run in chosen],
        {name: only_clips(peer, distinct) for name, peer in peers.items()},
        {},
    ).as_json()
    return accuracy_result(
        "acc-wlasl100",
        chosen,
        peers,
        {
            "split": f"WLASL's own, training and validation clips together; the test clips of its first {CLASSES}"
            " classes, no other answer allowed; trained on all glosses",
            "without_twins": {key: twinless[key] for key in ("n", "value", "top1_ci95", "top5", "top5_ci95", "peers")},
        },
    )


def only_glosses(run: Training, glosses: Collection[str]) -> Training:
    """The answers for clips of some glosses, when no other may be answered."""
    labels = tuple(label for label in run.labels if label in glosses)
    columns = np.array([run.labels.index(label) for label in labels])
    kept = only_clips(run, {i for i, k in zip(run.clips, run.truth, strict=True) if run.labels[k] in glosses})
    truth = np.array([labels.index(run.labels[k]) for k in kept.truth], np.int64)
    return replace(kept, logits=kept.logits[:, columns], truth=truth, labels=labels)
