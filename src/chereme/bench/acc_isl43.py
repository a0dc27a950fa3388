"""`acc-isl43`: 43 Indian words from body and hand landmarks, the last recording block of each word held out."""

from pathlib import Path

from chereme.bench import BenchResult
from chereme.bench.accuracy import run_tests, summary
from chereme.dataset.importers import IMPORTERS
from chereme.dataset.protocols import isl43
from chereme.dataset.store import Store, pack
from chereme.places import data_folder

SEEDS = (0, 1, 2)
WORK = Path("runs/bench/acc-isl43")


def measure(data: str | Path | None = None) -> BenchResult:
    """Mean top-1 of three seeds; about 15 minutes on one core, and it resumes."""
    name = "isl_include43_poses"
    packed = WORK / "store"
    store = Store.open(packed) if packed.exists() else pack(IMPORTERS[name](data_folder(data) / name), packed)
    runs = run_tests(store, isl43(store.clips), "isl43", SEEDS, WORK)
    scores = summary(runs, by_signer=False)
    return BenchResult(
        "acc-isl43",
        scores["top1"],
        "top-1",
        "RBF-SVM on the same preprocessed landmarks, 24 frames, same split",
        runs[0].svm_top1,
        scores["top1"] / runs[0].svm_top1,
        scores["n"],
        {"split": "isl43: the last block of each word", "recipe": "isl43", **scores},
    )
