"""`acc-wlasl1700`: all 1,700 glosses of the sign encoder, on the official test clips that have no twin in training."""

import warnings
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.preprocessing import StandardScaler

from chereme.bench import BenchResult
from chereme.bench.embeddings import ENTRANT, WORK, encoder, sequences_of, wlasl_store
from chereme.bench.recipes import Training, score_recipe, train_all
from chereme.dataset.protocols import wlasl, wlasl_all_glosses
from chereme.dataset.store import Store

__all__ = ["accuracy_result", "measure", "official_trainings", "only_clips", "peers_of"]


def measure(
    data: str | Path | None = None,
    only: str | None = None,
    changes: Sequence[str] = (),
    work: Path = WORK,
) -> BenchResult:
    """Top-1 and top-5 of three seeds, each trained on official training and validation clips to its last epoch.

    Args:
        data: folder of the public data sets.
        only: see `train_all`.
        changes: to the recipe.
        work: folder in which trainings are kept.
    """
    store, folder = wlasl_store(data, work)
    runs = official_trainings(store, work, only, changes)
    distinct = {i for i, part in wlasl(store.clips, folder)["wlasl-distinct"].items() if part == "test"}
    return accuracy_result(
        "acc-wlasl1700",
        [only_clips(run, distinct) for run in runs],
        {name: only_clips(peer, distinct) for name, peer in peers_of(runs[0], store).items()},
        {
            "split": "WLASL's own, training and validation clips together; test clips with a twin there are left out",
            "with_twins": _row(runs),
        },
    )


def official_trainings(store: Store, work: Path, only: str | None, changes: Sequence[str]) -> list[Training]:
    """The encoder on the official split, three seeds, and its answers for all official test clips; see `train_all`."""
    split = {"wlasl": wlasl_all_glosses(store.clips)}
    return train_all(store, split, (ENTRANT,), work, only, changes, bundles=True)[ENTRANT.recipe]


def only_clips(run: Training, ids: Collection[str]) -> Training:
    """The answers for some of the clips."""
    keep = np.array([i in ids for i in run.clips], bool)
    clips = tuple(i for i in run.clips if i in ids)
    return replace(run, logits=run.logits[keep], truth=run.truth[keep], clips=clips)


def accuracy_result(
    name: str, runs: Sequence[Training], peers: dict[str, Training], details: dict[str, Any]
) -> BenchResult:
    """The figure of a bench: mean top-1 of all seeds, beside the better of the peers on the same clips.

    Args:
        name: of the bench.
        runs: one per seed.
        peers: what each answered.
        details: what else to record.
    """
    row = score_recipe(ENTRANT, runs)
    rows = {peer: _row([run]) for peer, run in peers.items()}
    best = max(rows, key=lambda peer: float(rows[peer]["top1"]))
    theirs = float(rows[best]["top1"])
    together = np.log(np.mean([run.probabilities for run in runs], axis=0) + 1e-30)
    return BenchResult(
        name,
        row["top1"],
        "top-1",
        f"{best} on mean and spread over time of the same features, standardised, same clips; the better of two",
        theirs,
        round(row["top1"] / theirs, 4) if theirs else float("nan"),
        row["n"],
        {
            **{key: row[key] for key in ("top1_ci95", "top5", "top5_ci95", "macro_f1", "seeds", "recipe", "epochs")},
            **{key: row[key] for key in ("parameters", "inputs", "cpu_minutes", "cpu_minutes_each")},
            "resampled": "clips, each with its answers of all seeds",
            "top1_by_seed": next(iter(row["top1_per_split_and_seed"].values())),
            "ensemble": {
                **_row([replace(runs[0], logits=together)]),
                "of": f"the mean of the probabilities of {len(runs)} seeds",
            },
            "peers": rows,
            **details,
        },
    )


def _row(runs: Sequence[Training]) -> dict[str, Any]:
    row = score_recipe(ENTRANT, runs)
    return {key: row[key] for key in ("n", "top1", "top1_ci95", "top5", "top5_ci95")}


def peers_of(run: Training, store: Store) -> dict[str, Training]:
    """What two classics answer for the test clips of a training, from its features' mean and spread over time.

    Linear discriminants with a shared covariance shrunk towards the identity, and the nearest training clip by
    cosine. What usually stands beside ours, SVMs and trees, takes hours or a hundred gigabytes with 1,700 glosses.
    """
    reads = encoder(run)
    train = [i for i, part in wlasl_all_glosses(store.clips).items() if part != "test"]
    pooled = {}
    for i, sequence in sequences_of(store, [*train, *run.clips]).items():
        values = reads.features(sequence).values
        pooled[i] = np.concatenate([values.mean(0), values.std(0)])
    scale = StandardScaler().fit(np.stack([pooled[i] for i in train]))
    known, asked = (scale.transform(np.stack([pooled[i] for i in ids])) for ids in (train, run.clips))
    classes = np.array([run.labels.index(store.clips[store.positions[i]].gloss) for i in train])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of glosses with one clip, which say nothing of the spread
        linear = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.5).fit(known, classes)
    known /= np.linalg.norm(known, axis=1, keepdims=True)
    asked_length = np.linalg.norm(asked, axis=1, keepdims=True)
    nearest = np.full((len(run.labels), len(asked)), -1.0, np.float32)
    np.maximum.at(nearest, classes, (known @ (asked / asked_length).T).astype(np.float32))
    return {
        "LDA": replace(run, logits=np.asarray(linear.decision_function(asked), np.float32)),
        "1-NN by cosine": replace(run, logits=nearest.T),
    }
