"""`train-cost`: processor minutes of one training of the sign encoder, beside its multiplications alone."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from chereme.bench import BenchResult
from chereme.bench.embeddings import WORK, encoder, one_shot_encoders, sequences_of, wlasl_store
from chereme.bench.infer_roofline import count_flops, gemm_rate
from chereme.dataset.protocols import one_shot_train

__all__ = ["measure"]

PASSES = 3
"""A training step costs a pass forwards and about two backwards."""


def measure(
    data: str | Path | None = None,
    only: str | None = None,
    changes: Sequence[str] = (),
    work: Path = WORK,
) -> BenchResult:
    """CPU minutes of a seed of `one-shot`, as they were counted when it was trained; median of three.

    Loading, augmentation and features are in it, reading and preprocessing the clips before the first epoch are not.
    The peer is not another system: it is what the FLOPs of all steps would take at the rate at which this machine
    multiplies float32 matrices on one thread now, so the ratio says how much is spent on other things. In bfloat16
    matrices may be multiplied faster.

    Args:
        data: folder of the public data sets.
        only: see `train_all`.
        changes: to the recipe.
        work: folder in which trainings are kept.
    """
    store, folder = wlasl_store(data, work)
    runs = one_shot_encoders(store, folder, work, only, changes)
    train = sorted(one_shot_train(store.clips, folder))
    reads = encoder(runs[0])
    some = sequences_of(store, train[:: max(1, len(train) // 200)])
    flops = []
    for sequence in some.values():
        values = reads.features(sequence).values[None]
        flops.append(count_flops(reads.bundle.onnx_path, values, np.ones(values.shape[:2], bool)))
    minutes = float(np.median([run.cpu_seconds for run in runs])) / 60
    epochs = int(np.median([run.epochs for run in runs]))
    work_done = PASSES * float(np.mean(flops)) * len(train) * epochs
    rate = gemm_rate()
    least = work_done / rate / 60
    return BenchResult(
        "train-cost",
        round(minutes, 2),
        "CPU minutes",
        "no other system: the FLOPs of its steps at the float32 matrix product rate of one thread",
        round(least, 2),
        round(minutes / least, 4),
        len(runs),
        {
            "goal": "<= 30 CPU minutes",
            "split": "one-shot",
            "cpu_minutes_each": [round(run.cpu_seconds / 60, 2) for run in runs],
            "seeds": [run.seed for run in runs],
            "recipe": runs[0].recipe,
            "epochs": epochs,
            "clips": len(train),
            "parameters": runs[0].parameters,
            "gflop_per_clip_forwards": round(float(np.mean(flops)) / 1e9, 5),
            "gflop_per_second_matrices": round(rate / 1e9, 2),
            "gflop_per_second_trained": round(work_done / (60 * minutes) / 1e9, 2),
        },
    )
