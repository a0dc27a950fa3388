"""`train-time`: how soon our quick recipe knows a new signer as well as a quick classic does, in processor time.

The classic is aeon's MiniRocketClassifier at its defaults: about 10,000 random convolutions, then ridge regression.
Both get the same preprocessed landmarks of head, trunk and arms (legs made the classic worse and slower), train on six
signers and are validated on the seventh. Counted is the
processor time, on one thread, from there to the answers for the seventh: of the classic, to learn and answer; of
ours, to the end of the first epoch after whose validation it is as good, with all validations before. Code that numba
compiles is compiled before; what takes up the time of an import is imported before.
"""

import statistics
import tempfile
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from lightning.pytorch import Callback, Trainer
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from chereme.bench import BenchResult
from chereme.bench.recipes import packed
from chereme.errors import CheremeError, MissingExtraError
from chereme.features import frame_positions
from chereme.recipe import find_recipe
from chereme.train.answers import Parts, split_parts
from chereme.train.config import RecognizerRecipe
from chereme.train.run import fit
from chereme.types import Floats

__all__ = ["FRAMES", "fit_rocket", "measure", "rocket_class", "rocket_series", "split_by_signer"]

TRAIN = ("s01", "s02", "s03", "s04", "s05", "s06")
VALIDATE = "s07"
FRAMES = 64
"""Frames to which every clip is brought for the classic: its convolutions need series of one length."""
UPPER = 11
"""Landmarks of `kinect_20` down to the spine, which come first; `body_depth_points` reads the same."""
SEEDS = (0, 1, 2)


def measure(
    data: str | Path | None = None,
    seeds: Sequence[int] = SEEDS,
    recipe: str = "isl30-quick",
    changes: Sequence[str] = (),
    work: Path = Path("runs/bench/train-time"),
) -> BenchResult:
    """Processor seconds to the classic's accuracy over the classic's; goal: a ratio of at most 2.5, median of 3 seeds.

    Args:
        data: folder of the public data sets.
        seeds: of both.
        recipe: ours.
        changes: to it.
        work: folder for the packed set.

    Raises:
        MissingExtraError: aeon is not installed.
        CheremeError: our recipe never got as far in its epochs.
    """
    rocket = rocket_class()
    store = packed(data, "isl30_kinect", work)
    split = split_by_signer({clip.id: clip.signer for clip in store.clips})
    source = find_recipe(recipe)
    parts = split_parts(store, split, RecognizerRecipe.read(source.changed(changes)))
    rows = []
    with threadpool_limits(1):
        for seed in seeds:
            theirs, top1 = _time_rocket(rocket, parts, seed)
            ours = _time_ours(parts, RecognizerRecipe.read(source.changed([*changes, f"train.seed={seed}"])), top1)
            rows.append({"seed": seed, "peer_top1": round(top1, 4), "peer_cpu_seconds": round(theirs, 2), **ours})
            rows[-1]["ratio"] = round(ours["cpu_seconds"] / theirs, 3)
    middle = sorted(rows, key=lambda row: row["ratio"])[len(rows) // 2]
    return BenchResult(
        "train-time",
        middle["cpu_seconds"],
        "CPU s",
        "aeon MiniRocketClassifier (ridge) at its defaults, same landmarks, one thread",
        middle["peer_cpu_seconds"],
        float(statistics.median(row["ratio"] for row in rows)),
        len(parts.train),
        {
            "goal": 2.5,
            "split": f"isl30: trained on {TRAIN[0]} to {TRAIN[-1]}, validated on {VALIDATE}",
            "recipe": recipe,
            "peer_top1": round(float(np.mean([row["peer_top1"] for row in rows])), 4),
            "validation_clips": len(parts.validation),
            "by_seed": rows,
        },
    )


def split_by_signer(signers: dict[str, str]) -> dict[str, str]:
    """Clip id to part, of clip id to signer; other signers' clips are left out."""
    part = dict.fromkeys(TRAIN, "train") | {VALIDATE: "validation"}
    return {clip: part[signer] for clip, signer in signers.items() if signer in part}


def rocket_series(parts: Parts, chosen: NDArray[np.int64], landmarks: int = UPPER) -> Floats:
    """Preprocessed landmarks of some clips as series (N, 3 `landmarks`, FRAMES) of one length; what was not seen is 0.

    The first so many landmarks of the layout are read.
    """
    clips = parts.clips
    lengths = clips.lengths[chosen]
    places, _ = frame_positions(lengths, np.full(len(chosen), FRAMES), FRAMES)
    points = clips.points[clips.starts[chosen, None] + np.rint(places).astype(np.int64), :landmarks]
    series = np.nan_to_num(points).reshape(len(chosen), FRAMES, -1).transpose(0, 2, 1)
    return np.ascontiguousarray(series, np.float32)


def rocket_class() -> Any:
    """The peer's class, its code compiled."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from aeon.classification.convolution_based import MiniRocketClassifier
    except ImportError as error:
        raise MissingExtraError("bench", "the peer of `train-time`, aeon,") from error
    some = np.random.default_rng(0).normal(size=(12, 6, FRAMES)).astype(np.float32)
    fit_rocket(MiniRocketClassifier, some, np.arange(12) % 3, 0).predict(some)
    return MiniRocketClassifier


def fit_rocket(kind: Any, series: Floats, classes: NDArray[np.int64], seed: int) -> Any:
    """A classic of some kind, trained on series (N, C, FRAMES) and the class (N,) of each; on one thread."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # advice on its settings, which are its own defaults
        return kind(random_state=seed, n_jobs=1).fit(series, classes)


def _time_rocket(kind: Any, parts: Parts, seed: int) -> tuple[float, float]:
    """Processor seconds to learn and answer, and validation top-1."""
    classes = parts.clips.classes
    begun = time.process_time()
    machine = fit_rocket(kind, rocket_series(parts, parts.train), classes[parts.train], seed)
    answers = machine.predict(rocket_series(parts, parts.validation))
    spent = time.process_time() - begun
    return spent, float((answers == classes[parts.validation]).mean())


def _time_ours(parts: Parts, recipe: RecognizerRecipe, target: float) -> dict[str, Any]:
    """Train until validation reaches a top-1; processor seconds and epochs that it took."""
    with tempfile.TemporaryDirectory() as folder:
        until = _Until(target)
        fit(parts, parts.train, parts.validation, recipe, Path(folder), watching=[until])
    if until.seconds is None:
        raise CheremeError(
            f"{recipe.source.name}, seed {recipe.train.seed}: validation top-1 {until.best:.4f} at best in"
            f" {recipe.train.epochs} epochs, where the classic has {target:.4f}"
        )
    return {"cpu_seconds": round(until.seconds, 2), "epochs": until.epochs, "top1": round(until.best, 4)}


class _Until(Callback):
    """Stops a training once its validation top-1 is high enough, and knows when that was."""

    def __init__(self, target: float) -> None:
        self.target = target
        self.best = 0.0
        self.epochs = 0
        self.seconds: float | None = None
        self.begun = time.process_time()

    def on_train_epoch_end(self, trainer: Trainer, *_: Any) -> None:
        self.epochs += 1
        self.best = max(self.best, float(trainer.callback_metrics.get("validation_top1", 0.0)))
        if self.seconds is None and self.best >= self.target - 1e-6:
            self.seconds = time.process_time() - self.begun
            trainer.should_stop = True
