"""`acc-isl30`: 30 Indian signs from Kinect skeletons, one of ten signers left out in turn."""

from pathlib import Path

from chereme.bench import BenchResult
from chereme.bench.accuracy import run_tests, summary
from chereme.dataset.importers import IMPORTERS
from chereme.dataset.protocols import isl30
from chereme.dataset.store import Store, pack
from chereme.places import data_folder

SEEDS = (0,)
WORK = Path("runs/bench/acc-isl30")


def measure(data: str | Path | None = None) -> BenchResult:
    """Mean top-1 over the ten folds; about 20 minutes on one core, and it resumes."""
    name = "isl30_kinect"
    packed = WORK / "store"
    store = Store.open(packed) if packed.exists() else pack(IMPORTERS[name](data_folder(data) / name), packed)
    runs = run_tests(store, isl30(store.clips), "isl30", SEEDS, WORK)
    scores = summary(runs, by_signer=True)
    best = max(scores["peers"], key=scores["peers"].get)
    return BenchResult(
        "acc-isl30",
        scores["top1"],
        "top-1",
        f"{best} on the same preprocessed landmarks at 24 frames, same folds; the better of two",
        scores["peers"][best],
        scores["top1"] / scores["peers"][best],
        scores["n"],
        {"split": "isl30: one signer out, ten folds", "recipe": "isl30", **scores},
    )
