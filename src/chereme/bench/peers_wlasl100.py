"""`peers-wlasl100`: ours and known recognizers on WLASL's first 100 glosses, its own split, trained on these alone.

The set has two hands and no body. `acc-wlasl100` asks models that were trained on all 1,700 glosses; here every
recipe gets the 913 training and validation clips of the hundred.
"""

from collections.abc import Sequence
from pathlib import Path

from chereme.bench import BenchResult
from chereme.bench.embeddings import wlasl_store
from chereme.bench.peers import peers_result
from chereme.bench.recipes import Entrant, Split
from chereme.dataset.importers.wlasl import first_glosses
from chereme.dataset.protocols import wlasl
from chereme.dataset.store import Store

__all__ = ["ENTRANTS", "measure", "split_of"]

CLASSES = 100
_HANDS = ("preprocess.layout=hands_42", "preprocess.align=hands", "trim.kind=hands")

ENTRANTS = (
    Entrant("islr-first", _HANDS, "a face: it reads hands about their own middle"),
    Entrant(
        "spoter",
        (*_HANDS, 'features.blocks=["spoter_hands", "wrist_places"]'),
        "a body: it reads hands, and where the wrists are, through one more linear layer",
    ),
    Entrant(
        "knn",
        (
            *_HANDS,
            'features.preset=""',
            'features.blocks=["hand_shape", "wrist_places", "tip_distances", "finger_bends", "hand_to_hand",'
            ' "hand_seen"]',
        ),
        "a body: it compares the features of ours",
        seeds=(0,),
    ),
    Entrant(
        "asl1700",
        ("train.epochs=150", "train.batch=32"),
        "the other 1,600 glosses that its recipe is for: 150 epochs in batches of 32, as `isl43` has",
        ours=True,
    ),
)


def measure(
    data: str | Path | None = None,
    only: str | None = None,
    changes: Sequence[str] = (),
    work: Path = Path("runs/bench/peers-wlasl100"),
) -> BenchResult:
    """Top-1 and top-5 of each, three seeds, and what it costs; hours on one core, see docs/benchmarks.md.

    Args:
        data: folder of the public data sets.
        only: see `train_all`.
        changes: to every recipe.
        work: folder in which trainings are kept.
    """
    store, folder = wlasl_store(data, work)
    splits = {"wlasl100": split_of(store, folder)}
    described = "WLASL's own, of its first 100 classes alone; training and validation clips train"
    return peers_result("peers-wlasl100", ENTRANTS, store, splits, described, work, only, changes)


def split_of(store: Store, folder: Path) -> Split:
    """The official parts of the clips of WLASL's first hundred classes; other clips are left out."""
    first = first_glosses(folder, CLASSES)
    gloss = {clip.id: clip.gloss for clip in store.clips}
    return {i: part for i, part in wlasl(store.clips)["wlasl"].items() if gloss[i] in first}
