"""`acc-letters-cross` and `acc-massey`: trained on open sets alone, tested on pictures of other people and cameras."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from chereme.bench import BenchResult
from chereme.bench.letters import (
    PICTURES,
    SEEDS,
    STILL,
    Answers,
    answer,
    finder_digest,
    letters_result,
    picture_store,
    seen,
    trained_logits,
)
from chereme.dataset.store import Store
from chereme.train.bundled_letters import ALPHABETS, alphabet_store
from chereme.train.letters import Hands, labels_of

__all__ = ["measure"]

TESTS = {"acc-letters-cross": "asl_letters_users", "acc-massey": "asl_alphanum_massey"}
WORK = Path("runs/bench/acc-letters-cross")
_ASL = ALPHABETS["asl_letters"]


def measure(data: str | Path | None = None, name: str = "acc-letters-cross") -> BenchResult:
    """The recipe of the bundle `asl_letters` on all its open sets, and the portal's v1 on the same hands; three seeds.

    Training is the bundle's own last one: seed 0 of it is the bundle.
    """
    store = picture_store(data, TESTS[name])
    tested = [i for i, clip in enumerate(store.clips) if clip.gloss in STILL]
    folder = WORK / f"open-{finder_digest()}"
    open_sets = (
        Store.open(folder)
        if (folder / "store.json").is_file()
        else alphabet_store(_ASL, data, folder, PICTURES / finder_digest())
    )
    everything = range(len(open_sets))
    train = seen(open_sets, everything, "asl_letters", labels_of(open_sets, everything, _ASL.labels))
    goal = {"acc-letters-cross": "0.90", "acc-massey": "the peer's by 5 points"}[name]
    return letters_result(
        name,
        list(_runs(store, tested, "asl_letters", train)),
        list(_runs(store, tested, "letters-v1", train)),
        STILL,
        {
            "split": f"trained on open sets only ({', '.join(_ASL.sets)}), tested on {TESTS[name]}",
            "recipe": "asl_letters",
            "goal": goal,
            "selected_on": "open sets, each held out in turn; that hands should be changed less was first seen in"
            " leave-one-signer-out trainings on asl_letters_users",
        },
    )


def _runs(store: Store, tested: list[int], recipe: str, train: Hands) -> Iterator[Answers]:
    test = seen(store, tested, recipe, STILL)
    still = [train.labels.index(letter) for letter in STILL]
    for seed in SEEDS:
        logits = trained_logits(recipe, seed, train, test.points, "open sets", WORK)[:, still]
        yield answer(store, tested, STILL, seed, dict(zip(test.clips.tolist(), np.asarray(logits), strict=True)))
