"""`acc-letters-loso`: 24 ASL letters in uncut photos, one of four signers left out in turn."""

from collections.abc import Iterator
from pathlib import Path

from chereme.bench import BenchResult
from chereme.bench.letters import SEEDS, STILL, Answers, answer, letters_result, picture_store, seen, trained_logits
from chereme.dataset.store import Store

__all__ = ["measure"]

DATA = "asl_letters_users"


def measure(data: str | Path | None = None) -> BenchResult:
    """Our recipe `letters` and the portal's v1, each trained on three signers and tested on the fourth; three seeds."""
    work = Path("runs/bench/acc-letters-loso")
    store = picture_store(data, DATA, work)
    ours = [fold for seed in SEEDS for fold in _folds(store, "letters", seed, work)]
    peer = [fold for seed in SEEDS for fold in _folds(store, "letters-v1", seed, work)]
    return letters_result(
        "acc-letters-loso",
        ours,
        peer,
        STILL,
        {"split": "letters-loso: one of four signers out, the other three train", "recipe": "letters", "goal": 0.985},
    )


def _folds(store: Store, recipe: str, seed: int, work: Path) -> Iterator[Answers]:
    for signer in sorted({clip.signer for clip in store.clips}):
        tested = [i for i, clip in enumerate(store.clips) if clip.signer == signer]
        trained = [i for i, clip in enumerate(store.clips) if clip.signer != signer]
        test = seen(store, tested, recipe, STILL)
        logits = trained_logits(recipe, seed, seen(store, trained, recipe, STILL), test.points, signer, work)
        yield answer(store, tested, STILL, seed, dict(zip(test.clips.tolist(), logits, strict=True)))
