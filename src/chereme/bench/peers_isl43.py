"""`peers-isl43`: ours and known recognizers on the last recording block of each of 43 Indian words."""

from collections.abc import Sequence
from pathlib import Path

from chereme.bench import BenchResult
from chereme.bench.peers import peers_result
from chereme.bench.recipes import Entrant, packed
from chereme.dataset.protocols import isl43

__all__ = ["ENTRANTS", "measure"]

_RAISED = ("preprocess.hide_resting=true", "trim.kind=raised")
_NO_REST = "hands at rest, and what lies before and after the arms are raised: hidden and cut off as for ours"

ENTRANTS = (
    Entrant("islr-first", _RAISED, _NO_REST),
    Entrant("spoter", _RAISED, _NO_REST),
    Entrant("knn", seeds=(0,)),
    Entrant("isl43", ours=True),
)


def measure(
    data: str | Path | None = None,
    only: str | None = None,
    changes: Sequence[str] = (),
    work: Path = Path("runs/bench/peers-isl43"),
) -> BenchResult:
    """Top-1 and top-5 of each, three seeds, and what it costs; hours on one core, see docs/benchmarks.md.

    Args:
        data: folder of the public data sets.
        only: see `train_all`.
        changes: to every recipe.
        work: folder in which trainings are kept.
    """
    store = packed(data, "isl_include43_poses", work)
    described = "isl43: the last block of each word"
    return peers_result("peers-isl43", ENTRANTS, store, isl43(store.clips), described, work, only, changes)
