"""`peers-isl30`: ours and known recognizers on 30 Indian signs of Kinect skeletons, three signers left out.

There are no hands and no face, so the others read the same landmarks of head, trunk and arms that ours begins with.
There are five times the clips of the other peers' benches: each signer's turn has a seed of its own, not three.
"""

from collections.abc import Sequence
from pathlib import Path

from chereme.bench import BenchResult
from chereme.bench.peers import peers_result
from chereme.bench.recipes import Entrant, packed
from chereme.bench.recipes_isl30 import SIGNERS
from chereme.dataset.split import leave_out

__all__ = ["ENTRANTS", "measure"]

_BODY = (
    "preprocess.layout=kinect_20",
    "preprocess.align=shoulders-turned",
    'features.blocks=["body_depth_points"]',
    "sampling.unit=1.6",
)
_NO_HANDS = "hands and face: it reads x, y and z of head, trunk and arms, by the shoulders"
_EPOCHS = "; 24 epochs, as ours, since there are five times the clips of isl43"

ENTRANTS = (
    Entrant("islr-first", (*_BODY, "train.epochs=24", "train.late_dropout_from=2"), _NO_HANDS + _EPOCHS),
    Entrant("spoter", (*_BODY, "train.epochs=24"), _NO_HANDS + _EPOCHS),
    Entrant("knn", (*_BODY, 'features.preset=""'), _NO_HANDS, seeds=(0,)),
    Entrant("isl30", ours=True),
)


def measure(
    data: str | Path | None = None,
    only: str | None = None,
    changes: Sequence[str] = (),
    work: Path = Path("runs/bench/peers-isl30"),
) -> BenchResult:
    """Top-1 and top-5 of each, three seeds, and what it costs; two hours on one core, see docs/benchmarks.md.

    Args:
        data: folder of the public data sets.
        only: see `train_all`.
        changes: to every recipe.
        work: folder in which trainings are kept.
    """
    store = packed(data, "isl30_kinect", work)
    splits = {f"isl30-{signer}": leave_out(store.clips, ["signer"], signer) for signer in SIGNERS}
    described = f"isl30: signers {', '.join(SIGNERS)} left out in turn, each with its seed; the next one validates"
    seed_of = {name: seed for seed, name in enumerate(splits)}
    return peers_result("peers-isl30", ENTRANTS, store, splits, described, work, only, changes, seed_of)
