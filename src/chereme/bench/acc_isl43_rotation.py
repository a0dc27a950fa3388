"""`acc-isl43-rotation`: the same 43 words, each recording block held out in turn, so that no one block decides."""

from pathlib import Path

from chereme.bench import BenchResult
from chereme.bench.accuracy import measure_accuracy
from chereme.dataset.protocols import isl43_rotation


def measure(data: str | Path | None = None) -> BenchResult:
    """Mean top-1 over the four turns, one seed; about 20 minutes on one core."""
    return measure_accuracy(
        "acc-isl43-rotation",
        data,
        "isl_include43_poses",
        isl43_rotation,
        "isl43",
        seeds=(0,),
        described="isl43-turn0 to -turn3: each block of each word in turn",
    )
