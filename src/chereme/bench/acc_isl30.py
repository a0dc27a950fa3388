"""`acc-isl30`: 30 Indian signs from Kinect skeletons, one of ten signers left out in turn."""

from pathlib import Path

from chereme.bench import BenchResult
from chereme.bench.accuracy import measure_accuracy
from chereme.dataset.protocols import isl30


def measure(data: str | Path | None = None) -> BenchResult:
    """Mean top-1 over the ten folds and three seeds; about 80 minutes on one core."""
    return measure_accuracy(
        "acc-isl30",
        data,
        "isl30_kinect",
        isl30,
        "isl30",
        seeds=(0, 1, 2),
        described="isl30: one signer out, ten folds",
        by_signer=True,
    )
