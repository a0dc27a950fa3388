"""What the accuracy benches share: train on everything but the test part, for a number of epochs fixed before,
and score the test part once; beside it two classic classifiers on the same landmarks."""

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from chereme.bench import BenchResult
from chereme.bench.digests import code_digest, start_digest
from chereme.bundle import Calibration
from chereme.dataset.importers import IMPORTERS
from chereme.dataset.store import Store, pack
from chereme.evaluate.metrics import score
from chereme.places import data_folder
from chereme.recipe import find_recipe
from chereme.train.answers import Parts, logits_of, split_parts
from chereme.train.config import RecognizerRecipe
from chereme.train.run import fit
from chereme.types import Clip, Floats

__all__ = ["Trial", "measure_accuracy", "peer_predictions", "run_tests", "summary"]

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Trial:
    """One recognizer's answers on the test part of one split."""

    split: str
    seed: int
    logits: Floats
    """(N, K), before calibration."""
    truth: NDArray[np.int64]
    labels: tuple[str, ...]
    clips: tuple[str, ...]
    """(N,) ids."""
    signers: tuple[str, ...]
    peers: Mapping[str, NDArray[np.int64]]
    """(N,) the peers' answers, by name."""

    @property
    def top1(self) -> float:
        return float((self.logits.argmax(1) == self.truth).mean())

    def probabilities(self, temperature: float = 1.0) -> Floats:
        """(N, K)."""
        return Calibration(temperature).probabilities(self.logits)


def measure_accuracy(
    name: str,
    data: str | Path | None,
    data_set: str,
    splits: Callable[[Sequence[Clip]], Mapping[str, Mapping[str, str]]],
    recipe: str,
    seeds: Sequence[int],
    described: str,
    by_signer: bool = False,
) -> BenchResult:
    """Train and test a recipe on each split of a public set; work in `runs/bench/NAME`, where it resumes.

    Args:
        name: of the bench.
        data: folder of the public data sets.
        data_set: one of them.
        splits: clips to splits by name.
        recipe: name of a recipe that ships.
        seeds: one training per split and seed.
        described: the split in words.
        by_signer: whether the interval resamples signers, rather than clips.
    """
    work = Path("runs/bench") / name
    store = pack(IMPORTERS[data_set](data_folder(data) / data_set), work / "store")
    runs = run_tests(store, splits(store.clips), recipe, seeds, work)
    scores = summary(runs, by_signer)
    best = max(scores["peers"], key=scores["peers"].get)
    return BenchResult(
        name,
        scores["top1"],
        "top-1",
        f"{best} on the same preprocessed landmarks at 24 frames, same splits; the better of two",
        scores["peers"][best],
        scores["top1"] / scores["peers"][best],
        scores["n"],
        {"split": described, "recipe": recipe, **scores},
    )


def run_tests(
    store: Store, splits: Mapping[str, Mapping[str, str]], recipe_name: str, seeds: Sequence[int], folder: Path
) -> list[Trial]:
    """Train and test on each split with each seed; what `folder` already holds is not done again."""
    runs = []
    for name, split in splits.items():
        for seed in seeds:
            changed = find_recipe(recipe_name).changed([f"train.seed={seed}"])
            recipe = RecognizerRecipe.read(changed)
            recipe = replace(recipe, source=find_recipe(recipe_name))
            runs.append(_run_test(store, name, split, recipe, folder / f"{name}-{_digest(recipe, store, split)}"))
            log.info("%s seed %d: top-1 %.4f", name, seed, runs[-1].top1)
    return runs


def _run_test(store: Store, name: str, split: Mapping[str, str], recipe: RecognizerRecipe, folder: Path) -> Trial:
    parts = split_parts(store, split, recipe)
    signer = {clip.id: clip.signer for clip in store.clips}
    train = np.concatenate([parts.train, parts.validation])
    done = folder / "test.npz"
    if not done.exists():
        last = folder / "checkpoints" / "last.ckpt"
        trained = fit(parts, train, None, recipe, folder, resume=last.exists())
        logits = logits_of(trained.model, parts, parts.test, recipe)
        np.savez(done, logits=logits)
    with np.load(done) as kept:
        logits = kept["logits"]
    return Trial(
        name,
        recipe.train.seed,
        logits,
        parts.clips.classes[parts.test],
        parts.labels,
        tuple(parts.ids[i] for i in parts.test),
        tuple(signer[parts.ids[i]] for i in parts.test),
        peer_predictions(parts, train),
    )


def _digest(recipe: RecognizerRecipe, store: Store, split: Mapping[str, str]) -> str:
    """Eight letters that change with any setting, clip or statement of the training code."""
    found = hashlib.sha256(
        repr([getattr(recipe, field.name) for field in fields(recipe) if field.name != "source"]).encode()
    )
    found.update(repr((store.digests, sorted(split.items()), code_digest(), start_digest(recipe))).encode())
    return found.hexdigest()[:8]


def peer_predictions(parts: Parts, train: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
    """What two classic classifiers say of the test clips, from the preprocessed landmarks at 24 even places in time.

    An RBF support vector machine (C = 10, standardised) and 400 extremely randomised trees; landmarks not seen are 0.
    """
    clips = parts.clips
    places = np.linspace(0, 1, 24)[None] * (clips.lengths[:, None] - 1)
    points = clips.points[clips.starts[:, None] + np.rint(places).astype(np.int64)]
    flat = np.nan_to_num(points).reshape(len(clips), -1)
    machines = {
        "RBF-SVM": make_pipeline(StandardScaler(), SVC(C=10)),
        "ExtraTrees": ExtraTreesClassifier(400, random_state=0),
    }
    found = {}
    for name, machine in machines.items():
        machine.fit(flat[train], clips.classes[train])
        found[name] = np.asarray(machine.predict(flat[parts.test]), np.int64)
    return found


def summary(runs: Sequence[Trial], by_signer: bool) -> dict[str, Any]:
    """Scores over all runs: mean top-1, and an interval from resampling clips or signers within all seeds.

    Args:
        runs: same labels; several seeds of a split, several splits, or both.
        by_signer: resample signers rather than clips.
    """
    probabilities = np.concatenate([run.probabilities() for run in runs])
    truth = np.concatenate([run.truth for run in runs])
    if by_signer:
        units = [signer for run in runs for signer in run.signers]
    else:  # a clip answered in several runs is one unit: its answers rise and fall together
        units = [clip for run in runs for clip in run.clips]
    scores = score(probabilities, truth, runs[0].labels, units)
    peers = {name: float(np.mean([(run.peers[name] == run.truth).mean() for run in runs])) for name in runs[0].peers}
    per_split: dict[str, list[float]] = {}
    for run in runs:
        per_split.setdefault(run.split, []).append(round(run.top1, 4))
    return {
        "n": len({clip for run in runs for clip in run.clips}),
        "top1": scores.top1,
        "top1_ci95": [scores.top1_ci95.low, scores.top1_ci95.high],
        "top5": scores.top5,
        "macro_f1": scores.macro_f1,
        "resampled": "signers" if by_signer else "clips",
        "seeds": sorted({run.seed for run in runs}),
        "peers": {name: round(top1, 4) for name, top1 in peers.items()},
        "top1_per_split_and_seed": per_split,
    }
