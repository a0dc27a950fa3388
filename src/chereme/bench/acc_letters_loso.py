"""`acc-letters-loso`: 24 ASL letters in uncut photos, one of four signers left out in turn."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from chereme.bench import BenchResult
from chereme.bench.letters import SEEDS, STILL, Answers, answer, letters_result, picture_store, seen, trained_logits
from chereme.dataset.store import Store

__all__ = ["measure"]

DATA = "asl_letters_users"


def measure(data: str | Path | None = None) -> BenchResult:
    """Our recipe `letters`, begun from the bundle `asl_letters`, on three signers, tested on the fourth; three seeds.

    The bundle was trained on open sets, none of which holds a picture of this one. Beside it the same recipe from
    random weights, and the portal's v1.
    """
    work = Path("runs/bench/acc-letters-loso")
    store = picture_store(data, DATA)
    ours, scratch, peer = (
        [fold for seed in SEEDS for fold in _folds(store, recipe, seed, work, start)]
        for recipe, start in (("letters", "asl_letters"), ("letters", ""), ("letters-v1", ""))
    )
    details = {
        "split": "letters-loso: one of four signers out, the other three train",
        "recipe": "letters --from asl_letters",
        "goal": 0.985,
        "selected_on": "two-signer trainings within each fold's three signers",
        "from_random_weights": round(float(np.concatenate([fold.right for fold in scratch]).mean()), 4),
    }
    return letters_result("acc-letters-loso", ours, peer, STILL, details, peer_hands="the three signers alone")


def _folds(store: Store, recipe: str, seed: int, work: Path, start: str) -> Iterator[Answers]:
    for signer in sorted({clip.signer for clip in store.clips}):
        tested = [i for i, clip in enumerate(store.clips) if clip.signer == signer]
        trained = [i for i, clip in enumerate(store.clips) if clip.signer != signer]
        test, train = seen(store, tested, recipe, STILL), seen(store, trained, recipe, STILL)
        logits = trained_logits(recipe, seed, train, test.points, signer, work, start)
        yield answer(store, tested, STILL, seed, dict(zip(test.clips.tolist(), logits, strict=True)))
