"""What the benches of peers share: known architectures and a classic beside ours, on the same clips, and their cost.

The classic is aeon's MiniRocketClassifier at its defaults, which ends in ridge regression. It gets the landmarks as
our recipe preprocesses them, training and validation clips together, and answers test clips once, as all others do.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from chereme.bench import BenchResult
from chereme.bench.recipes import Entrant, Split, Training, recipes_result, train_all
from chereme.bench.train_time import FRAMES, UPPER, fit_rocket, rocket_class, rocket_series
from chereme.bundle import Bundle
from chereme.dataset.store import Store
from chereme.layout import KINECT_20
from chereme.recipe import find_recipe
from chereme.recognize import Recognizer
from chereme.train.answers import Parts, split_parts
from chereme.train.config import RecognizerRecipe
from chereme.types import Floats

__all__ = ["ROCKET", "clip_milliseconds", "peers_result", "train_rocket"]

CLIPS = 10
"""Test clips that are timed, spread evenly over their durations."""
ROUNDS = 5
ROCKET = Entrant(
    "minirocket",
    left_out=f"our features or changed clips: it reads preprocessed landmarks at {FRAMES} even places of a clip. Its"
    " milliseconds are those of its own code, not of ONNX Runtime",
)

Answer = Callable[[], object]


def peers_result(
    name: str,
    entrants: Sequence[Entrant],
    store: Store,
    splits: Mapping[str, Split],
    described: str,
    work: Path,
    only: str | None = None,
    changes: Sequence[str] = (),
    seed_of: Mapping[str, int] | None = None,
) -> BenchResult:
    """Train all, the classic too, and time each: ours beside the best of the peers, and the table of all.

    Args:
        name: of the bench.
        entrants: one of them ours.
        store: packed clips.
        splits: by name.
        described: the splits in words.
        work: folder in which trainings are kept; the classic, which takes seconds, is trained anew.
        only: see `train_all`.
        changes: to every recipe.
        seed_of: see `train_all`.

    Raises:
        MissingExtraError: aeon is not installed.
        CheremeError: as `train_all`.
    """
    kind = rocket_class()  # it may be missing: better known before hours of training
    found = train_all(store, splits, entrants, work, only, changes, bundles=True, seed_of=seed_of)
    ours = next(entrant for entrant in entrants if entrant.ours)
    recipe = RecognizerRecipe.read(find_recipe(ours.recipe).changed([*ours.changes, *changes]))
    parts = {split: split_parts(store, of_clip, recipe) for split, of_clip in splits.items()}
    rockets = [train_rocket(kind, parts[run.split], run.split, run.seed) for run in found[ours.recipe]]
    first = parts[next(iter(splits))]
    timed = first.test[np.argsort(first.clips.seconds[first.test], kind="stable")]
    timed = timed[np.linspace(0, len(timed) - 1, min(CLIPS, len(timed))).round().astype(np.int64)]
    ids = [first.ids[i] for i in timed]
    ways = {recipe: _by_network(runs[0], store, ids) for recipe, runs in found.items()}
    ways[ROCKET.recipe] = _by_rocket(rockets[0][1], rocket_series(first, timed, _landmarks(first)))
    ms = clip_milliseconds(ways)
    found[ROCKET.recipe] = [training for training, _ in rockets]
    result = recipes_result(
        name,
        [*entrants, ROCKET],
        found,
        described,
        {"timed": f"{len(ids)} test clips, {ROUNDS} times each, all in turn; one thread, processor time, median"},
        "the peers",
    )
    rows = [
        {
            **row,
            "cpu_seconds": round(float(np.mean([run.cpu_seconds for run in found[row["recipe"]]])), 1),
            "ms_per_clip": round(ms[row["recipe"]], 3),
        }
        for row in result.details["rows"]
    ]
    return replace(result, details={**result.details, "rows": rows})


def train_rocket(kind: Any, parts: Parts, split: str, seed: int) -> tuple[Training, Any]:
    """The classic, trained on training and validation clips, what it answers for the test clips, and the machine."""
    train = np.concatenate([parts.train, parts.validation])
    landmarks = _landmarks(parts)
    with threadpool_limits(1):
        begun = time.process_time()
        machine = fit_rocket(kind, rocket_series(parts, train, landmarks), parts.clips.classes[train], seed)
        seconds = time.process_time() - begun
        scores = machine.pipeline_.decision_function(rocket_series(parts, parts.test, landmarks))
    if scores.ndim == 1:  # of two classes, how much the second one leads
        scores = np.stack([-scores, scores], axis=1)
    ridge = machine.estimator_
    training = Training(
        ROCKET.recipe,
        split,
        seed,
        np.asarray(scores, np.float32),
        parts.clips.classes[parts.test],
        parts.labels,
        tuple(parts.ids[i] for i in parts.test),
        seconds,
        1,
        int(np.size(ridge.coef_) + np.size(ridge.intercept_)),
        3 * landmarks,
    )
    return training, machine


def _landmarks(parts: Parts) -> int:
    """How many landmarks the classic reads: all, but of a Kinect's skeleton no legs, which made it worse and slower."""
    count = parts.clips.points.shape[1]
    return UPPER if count == len(KINECT_20) else count


def _by_network(training: Training, store: Store, ids: Sequence[str]) -> list[Answer]:
    """For each clip, what runs the network of a bundle on its features, which are ready."""
    assert training.bundle is not None
    recognizer = Recognizer(Bundle.load(training.bundle))

    def answer(samples: Sequence[Floats]) -> Answer:
        return lambda: [recognizer.score(values, np.ones(values.shape[:2], bool)) for values in samples]

    sequences = [store.sequence(store.positions[i]) for i in ids]
    return [answer([sample.values[None] for sample in recognizer.samples(sequence)]) for sequence in sequences]


def _by_rocket(machine: Any, series: Floats) -> list[Answer]:
    def answer(one: Floats) -> Answer:
        return lambda: machine.pipeline_.decision_function(one)

    return [answer(series[i : i + 1]) for i in range(len(series))]


def clip_milliseconds(ways: Mapping[str, Sequence[Answer]], rounds: int = ROUNDS) -> dict[str, float]:
    """Median processor time of an answer, by name of who gives it.

    All answer one clip before the next, so that other work on the machine meets them alike; a first round does not
    count.

    Args:
        ways: who answers, and a call for each of the same clips.
        rounds: that count.
    """
    taken: dict[str, list[float]] = {name: [] for name in ways}
    with threadpool_limits(1):
        for round_ in range(rounds + 1):
            for calls in zip(*ways.values(), strict=True):
                for name, call in zip(ways, calls, strict=True):
                    begun = time.process_time()
                    call()
                    if round_:
                        taken[name].append(time.process_time() - begun)
    return {name: 1000 * median(times) for name, times in taken.items()}
