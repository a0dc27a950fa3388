"""`acc-isl43`: 43 Indian words from body and hand landmarks, the last recording block of each word held out."""

from pathlib import Path

from chereme.bench import BenchResult
from chereme.bench.accuracy import measure_accuracy
from chereme.dataset.protocols import isl43


def measure(data: str | Path | None = None) -> BenchResult:
    """Mean top-1 of three seeds; about 15 minutes on one core."""
    return measure_accuracy(
        "acc-isl43",
        data,
        "isl_include43_poses",
        isl43,
        "isl43",
        seeds=(0, 1, 2),
        described="isl43: the last block of each word",
    )
