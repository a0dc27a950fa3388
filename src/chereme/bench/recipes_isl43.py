"""`recipes-isl43`: every recipe of the two source systems and ours, on the last block of each of 43 Indian words.

The set has no pictures, so `cnn-lstm` runs on another one: `recipes-asl24`.
"""

from collections.abc import Sequence
from pathlib import Path

from chereme.bench import BenchResult
from chereme.bench.recipes import Entrant, packed, recipes_result, train_all
from chereme.dataset.protocols import isl43

__all__ = ["ENTRANTS", "measure"]

ENTRANTS = (
    Entrant("libras-rnn"),
    Entrant("libras-gru"),
    Entrant("libras-lstm"),
    Entrant("libras-transformer"),
    Entrant("knn", seeds=(0,)),
    Entrant(
        "isl-transformer",
        (
            "preprocess.layout=body_hands_75",
            'features.preset=""',
            'features.blocks=["pose_points_seen", "left_hand_points", "right_hand_points"]',
            "train.precision=bf16-mixed",
        ),
        "the 150 numbers of the face, which the set has not: 258 of 408 are read; computed in bfloat16, as ours is",
    ),
    Entrant("isl43", ours=True),
)


def measure(
    data: str | Path | None = None,
    only: str | None = None,
    changes: Sequence[str] = (),
    work: Path = Path("runs/bench/recipes-isl43"),
) -> BenchResult:
    """Top-1 and top-5 of each recipe, three seeds; hours on one core, see docs/benchmarks.md.

    Args:
        data: folder of the public data sets.
        only: see `train_all`.
        changes: to every recipe.
        work: folder in which trainings are kept.
    """
    store = packed(data, "isl_include43_poses", work)
    found = train_all(store, isl43(store.clips), ENTRANTS, work, only, changes)
    return recipes_result("recipes-isl43", ENTRANTS, found, "isl43: the last block of each word", {})
