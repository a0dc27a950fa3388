"""`acc-massey`: the same models as `acc-letters-cross`, tested on hands cut out on black."""

from pathlib import Path

from chereme.bench import BenchResult, acc_letters_cross

__all__ = ["measure"]


def measure(data: str | Path | None = None) -> BenchResult:
    """See `chereme.bench.acc_letters_cross`."""
    return acc_letters_cross.measure(data, "acc-massey")
