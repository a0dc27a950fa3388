"""`recipes-isl30`: an LSTM, a Transformer and ours on 30 Indian signs of Kinect skeletons, three signers left out.

No hand and no face is in this set, so the recipes of the Libras system read our blocks of the body in place of theirs.
"""

from collections.abc import Sequence
from pathlib import Path

from chereme.bench import BenchResult
from chereme.bench.recipes import Entrant, packed, recipes_result, train_all
from chereme.dataset.split import leave_out

__all__ = ["ENTRANTS", "SIGNERS", "measure"]

SIGNERS = ("s04", "s06", "s08")

_BODY = (
    "preprocess.layout=kinect_20",
    "preprocess.align=shoulders-turned",
    'features.preset=""',
    'features.blocks=["body_depth_points", "arms_to_body", "limb_directions"]',
    "sampling.samples=1",
)
_LEFT_OUT = (
    "hands and face, so positions, distances and directions of the arms stand for its positions, distances and angles;"
    " differences and metadata; alignment by the shoulders, turned to the camera, for one by face and shoulders;"
    " a clip is drawn once an epoch, not five times: the set has ten times the clips of isl43"
)

ENTRANTS = (
    Entrant("libras-lstm", _BODY, _LEFT_OUT, seeds=(0,)),
    Entrant("libras-transformer", _BODY, _LEFT_OUT, seeds=(0,)),
    Entrant("isl30", seeds=(0,), ours=True),
)


def measure(
    data: str | Path | None = None,
    only: str | None = None,
    changes: Sequence[str] = (),
    work: Path = Path("runs/bench/recipes-isl30"),
) -> BenchResult:
    """Top-1 and top-5 of each recipe, one seed; hours on one core, see docs/benchmarks.md.

    Args:
        data: folder of the public data sets.
        only: see `train_all`.
        changes: to every recipe.
        work: folder in which trainings are kept.
    """
    store = packed(data, "isl30_kinect", work)
    splits = {f"isl30-{signer}": leave_out(store.clips, ["signer"], signer) for signer in SIGNERS}
    found = train_all(store, splits, ENTRANTS, work, only, changes)
    described = f"isl30: signers {', '.join(SIGNERS)} left out in turn, the next one validates"
    return recipes_result("recipes-isl30", ENTRANTS, found, described, {})
