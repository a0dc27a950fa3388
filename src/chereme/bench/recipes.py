"""What the benches of whole recipes share: several recipes on the same splits, each training kept once it is done.

A training is what `chereme train --refit` does: where patience may stop a recipe early, validation clips choose how
many epochs it gets; then it trains on training and validation clips together and answers the test clips once. So no
recipe has more clips than another.

`$CHEREME_BENCH_ONLY` names the part to be done: `libras-lstm` or, with one seed, `libras-lstm:1`, joined by commas.
Several processes of one bench share its trainings: what one is at, the others pass over until all else is done.
"""

import hashlib
import logging
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout
from lightning.pytorch import Callback
from numpy.typing import NDArray

from chereme.bench import BenchResult
from chereme.bench.digests import code_digest, start_digest
from chereme.bundle import Calibration, Card
from chereme.bundle.write import write_bundle
from chereme.dataset.importers import IMPORTERS
from chereme.dataset.store import Store, pack
from chereme.errors import CheremeError
from chereme.evaluate.compare import Answers, Comparison, compare
from chereme.evaluate.metrics import score, truth_ranks
from chereme.features import FeaturePlan
from chereme.files import write_beside
from chereme.layout import layout_named
from chereme.places import data_folder
from chereme.recipe import find_recipe
from chereme.train.answers import Parts, logits_of, split_parts, words_of
from chereme.train.config import RecognizerRecipe
from chereme.train.loop import Kept
from chereme.train.run import fit, rates_of
from chereme.types import Floats

__all__ = ["ONLY", "Entrant", "Training", "compare_recipes", "packed", "recipes_result", "score_recipe", "train_all"]

log = logging.getLogger(__name__)

ONLY = "CHEREME_BENCH_ONLY"
"""Environment variable: the entrants, or entrants and seeds, to train."""
Split = Mapping[str, str]


@dataclass(frozen=True)
class Entrant:
    """A recipe that takes part."""

    recipe: str
    """Name of one that ships."""
    changes: tuple[str, ...] = ()
    """What is set otherwise for this data set: `preprocess.layout=kinect_20`."""
    left_out: str = ""
    """In words: what the recipe reads and the set lacks, and what else `changes` do."""
    seeds: tuple[int, ...] = (0, 1, 2)
    """One for a recipe that draws nothing at random."""
    ours: bool = False


@dataclass(frozen=True, eq=False)
class Training:
    """What one recipe, trained with one seed, answered for the N test clips of one split, and what it cost."""

    recipe: str
    split: str
    seed: int
    logits: Floats
    """(N, K), before calibration."""
    truth: NDArray[np.int64]
    labels: tuple[str, ...]
    clips: tuple[str, ...]
    """(N,) ids."""
    cpu_seconds: float
    """Of training, interrupted runs included: choosing the epochs, then learning; not of preprocessing."""
    epochs: int
    """Of the weights that answered."""
    parameters: int
    inputs: int
    """Numbers that it reads of a frame."""
    bundle: Path | None = None
    """Its bundle, where bundles were asked for."""

    @property
    def probabilities(self) -> Floats:
        """(N, K)."""
        return Calibration().probabilities(self.logits)


@dataclass(frozen=True)
class _Job:
    entrant: Entrant
    split: str
    seed: int
    recipe: RecognizerRecipe = field(repr=False)
    folder: Path

    @property
    def done(self) -> Path:
        return self.folder / "answers.npz"

    @property
    def bundle(self) -> Path:
        return self.folder / "bundle"

    @property
    def name(self) -> str:
        return f"{self.entrant.recipe}:{self.seed}"


def packed(data: str | Path | None, name: str, work: Path) -> Store:
    """A public data set, packed once in `work`."""
    folder = work / f"store-{code_digest(('dataset/importers',))}"
    with FileLock(_made(work) / "store.lock"):
        if not (folder / "store.json").is_file():
            pack(IMPORTERS[name](data_folder(data) / name), folder)
    return Store.open(folder)


def train_all(
    store: Store,
    splits: Mapping[str, Split],
    entrants: Sequence[Entrant],
    work: Path,
    only: str | None = None,
    changes: Sequence[str] = (),
    bundles: bool = False,
    seed_of: Mapping[str, int] | None = None,
) -> dict[str, list[Training]]:
    """Train and test each entrant on each split with each of its seeds; what `work` holds is not done again.

    Args:
        store: packed clips.
        splits: by name.
        entrants: recipes.
        work: folder, which several processes may share.
        only: the part to do; None: what `$CHEREME_BENCH_ONLY` says, or everything.
        changes: to every recipe, after its own.
        bundles: keep a bundle of each, to ask it about other clips.
        seed_of: the one seed of each split, instead of all that the entrants name: for trainings that are long.

    Returns:
        Trainings by name of the recipe.

    Raises:
        CheremeError: `only` names none of them, or a part was left undone, so that there is no result yet.
    """
    jobs = [
        _job(store, name, split, entrant, seed, work, changes)
        for entrant in entrants
        for seed in (sorted(set(seed_of.values())) if seed_of else entrant.seeds)
        for name, split in splits.items()
        if seed_of is None or seed_of[name] == seed
    ]
    chosen = _chosen(jobs, only)
    for patient in (False, True):
        for job in chosen:
            try:
                with FileLock(_made(work) / f"{job.folder.name}.lock", timeout=-1 if patient else 0):
                    if not job.done.exists() or (bundles and not job.bundle.exists()):
                        _train(job, store, splits[job.split], bundles)
            except Timeout:
                log.info("%s on %s: another process is at it", job.name, job.split)
    if left := list(dict.fromkeys(job.name for job in jobs if not job.done.exists())):
        raise CheremeError(
            f"{', '.join(dict.fromkeys(job.name for job in chosen))}: trained and kept in {work};"
            f" no result before the others are: {','.join(left)}"
        )
    found: dict[str, list[Training]] = {}
    for job in jobs:
        found.setdefault(job.entrant.recipe, []).append(_read(job))
    return found


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _job(
    store: Store, name: str, split: Split, entrant: Entrant, seed: int, work: Path, changes: Sequence[str]
) -> _Job:
    source = find_recipe(entrant.recipe).changed([*entrant.changes, *changes, f"train.seed={seed}"])
    recipe = RecognizerRecipe.read(source)
    settings = [getattr(recipe, f.name) for f in fields(recipe) if f.name not in ("source", "tune")]
    digest = hashlib.sha256(
        repr((settings, store.digests, sorted(split.items()), code_digest(), start_digest(recipe))).encode()
    )
    folder = work / f"{entrant.recipe}-{name}-{seed}-{digest.hexdigest()[:8]}"
    return _Job(entrant, name, seed, recipe, folder)


def _chosen(jobs: Sequence[_Job], only: str | None) -> list[_Job]:
    wanted = [part.strip() for part in (os.environ.get(ONLY, "") if only is None else only).split(",") if part.strip()]
    names = {job.name for job in jobs} | {job.entrant.recipe for job in jobs}
    here = [part for part in wanted if part in names]
    if wanted and not here:
        raise CheremeError(f"{ONLY}: {', '.join(wanted)} is none of {', '.join(sorted(names))}")
    return [job for job in jobs if not wanted or job.name in here or job.entrant.recipe in here]


def _train(job: _Job, store: Store, split: Split, bundles: bool = False) -> None:
    parts = split_parts(store, split, job.recipe)
    kept, seconds = _fit_again(parts, job.recipe, job.folder)
    plan = FeaturePlan(layout_named(job.recipe.preprocess.layout), job.recipe.features)
    if bundles:
        _write_bundle(job, parts, kept, {clip.language for clip in store.clips})
    logits = logits_of(kept.model, parts, parts.test, job.recipe)
    answers = {
        "logits": logits,
        "truth": parts.clips.classes[parts.test],
        "labels": np.array(parts.labels),
        "clips": np.array([parts.ids[i] for i in parts.test]),
        "cpu_seconds": seconds,
        "epochs": kept.epochs,
        "parameters": sum(p.numel() for p in kept.model.parameters()),
        "inputs": len(plan.names),
    }
    with write_beside(job.done) as part, part.open("wb") as out:
        np.savez(out, **answers)  # type: ignore[arg-type]
    right = int((logits.argmax(1) == parts.clips.classes[parts.test]).sum())
    log.info("%s on %s: %d of %d right, %.0f CPU s", job.name, job.split, right, len(logits), seconds)


ANYWHERE = 1e9
"""Distances are asked for, and none is too far."""


def _write_bundle(job: _Job, parts: Parts, kept: Kept, languages: set[str]) -> None:
    write_bundle(
        job.bundle,
        kept.model,
        job.recipe.source,
        labels=parts.labels,
        language=languages.pop() if len(languages) == 1 else "",
        calibration=Calibration(unknown_beyond=ANYWHERE),
        card=Card(f"{job.name} on {job.split}", "Trained by a bench, to be measured.", (job.split,), "", "research"),
        scores={"seed": job.seed, "epochs": kept.epochs},
        trained_on=[parts.ids[i] for i in (*parts.train, *parts.validation)],
        name=job.folder.name,
        familiar=words_of(kept.model, parts, np.concatenate([parts.train, parts.validation]), job.recipe),
    )


def _fit_again(parts: Parts, recipe: RecognizerRecipe, folder: Path) -> tuple[Kept, float]:
    """Choose the epochs where patience may stop it, then train on all but test clips; CPU seconds of both."""
    seconds, rates = 0.0, tuple[float, ...]()
    if recipe.train.patience and len(parts.validation) and recipe.model.kind != "knn":
        chosen, seconds = _timed_fit(parts, parts.train, parts.validation, recipe, folder / "choose")
        rates = rates_of(folder / "choose", recipe.train.schedule)
        recipe = replace(recipe, train=replace(recipe.train, epochs=chosen.epochs))
    both = np.concatenate([parts.train, parts.validation])
    kept, more = _timed_fit(parts, both, None, recipe, folder / "train", rates)
    return kept, seconds + more


def _timed_fit(
    parts: Parts,
    train: NDArray[np.int64],
    validation: NDArray[np.int64] | None,
    recipe: RecognizerRecipe,
    folder: Path,
    rates: tuple[float, ...] = (),
) -> tuple[Kept, float]:
    clock = _Clock(_made(folder) / "cpu_seconds.txt")
    resume = (folder / "checkpoints" / "last.ckpt").exists()
    kept = fit(parts, train, validation, recipe, folder, resume=resume, watching=[clock], rates=rates)
    return kept, clock.seconds


class _Clock(Callback):
    """Processor seconds of a run: of this process, and of those before it that were interrupted."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.before = float(path.read_text(encoding="utf-8")) if path.exists() else 0.0
        self.begun = time.process_time()

    @property
    def seconds(self) -> float:
        return self.before + time.process_time() - self.begun

    def on_train_epoch_end(self, *_: Any) -> None:
        with write_beside(self.path) as part:
            part.write_text(f"{self.seconds:.3f}\n", encoding="utf-8")


def _read(job: _Job) -> Training:
    with np.load(job.done) as kept:
        return Training(
            job.entrant.recipe,
            job.split,
            job.seed,
            kept["logits"],
            kept["truth"],
            tuple(kept["labels"].tolist()),
            tuple(kept["clips"].tolist()),
            float(kept["cpu_seconds"]),
            int(kept["epochs"]),
            int(kept["parameters"]),
            int(kept["inputs"]),
            job.bundle if job.bundle.exists() else None,
        )


def score_recipe(entrant: Entrant, runs: Sequence[Training]) -> dict[str, Any]:
    """A row of the table: means over all splits and seeds, intervals from resampling clips with all their answers."""
    units = [clip for run in runs for clip in run.clips]
    scores = score(
        np.concatenate([run.probabilities for run in runs]),
        np.concatenate([run.truth for run in runs]),
        runs[0].labels,
        units,
    )
    per_split: dict[str, list[float]] = {}
    for run in runs:
        per_split.setdefault(run.split, []).append(round(float((run.logits.argmax(1) == run.truth).mean()), 4))
    return {
        "recipe": entrant.recipe,
        "ours": entrant.ours,
        "top1": round(scores.top1, 4),
        "top1_ci95": [round(scores.top1_ci95.low, 4), round(scores.top1_ci95.high, 4)],
        "top5": round(scores.top5, 4),
        "top5_ci95": [round(scores.top5_ci95.low, 4), round(scores.top5_ci95.high, 4)],
        "macro_f1": round(scores.macro_f1, 4),
        "n": len(set(units)),
        "seeds": sorted({run.seed for run in runs}),
        "top1_per_split_and_seed": per_split,
        "parameters": runs[0].parameters,
        "inputs": runs[0].inputs,
        "epochs": [run.epochs for run in runs],
        "cpu_minutes": round(float(np.mean([run.cpu_seconds for run in runs])) / 60, 2),
        "cpu_minutes_each": [round(run.cpu_seconds / 60, 2) for run in runs],
        "changes": list(entrant.changes),
        "left_out": entrant.left_out,
    }


def compare_recipes(found: Mapping[str, Sequence[Training]]) -> Comparison:
    """Every pair of recipes, clip by clip; a clip is drawn with its answers of all seeds: they rise and fall together.

    A recipe that draws nothing at random answers the same with every seed.
    """
    seeds = sorted({run.seed for runs in found.values() for run in runs})
    return compare([_answers(name, runs, seeds) for name, runs in found.items()])


def _answers(name: str, runs: Sequence[Training], seeds: Sequence[int]) -> Answers:
    by_seed = {seed: [run for run in runs if run.seed == seed] for seed in {run.seed for run in runs}}
    if len(by_seed) == 1:
        by_seed = dict.fromkeys(seeds, next(iter(by_seed.values())))
    ordered = [(seed, run) for seed in seeds for run in by_seed[seed]]
    return Answers(
        name,
        Path(name),
        tuple(f"{run.split} {clip} {seed}" for seed, run in ordered for clip in run.clips),
        tuple(clip for _, run in ordered for clip in run.clips),
        tuple(run.labels[k] for _, run in ordered for k in run.truth),
        tuple(run.labels[k] for _, run in ordered for k in run.logits.argmax(1)),
        np.concatenate([truth_ranks(run.probabilities, run.truth) + 1 for _, run in ordered]),
    )


def recipes_result(
    name: str,
    entrants: Sequence[Entrant],
    found: Mapping[str, Sequence[Training]],
    described: str,
    details: Mapping[str, Any],
    others: str = "the source systems' recipes",
) -> BenchResult:
    """The figure of a bench: our recipe beside the best of the others, and the table of all.

    Args:
        name: of the bench.
        entrants: one of them ours.
        found: their trainings.
        described: the splits in words.
        details: what else to record.
        others: who they are, in words.
    """
    rows = [score_recipe(entrant, found[entrant.recipe]) for entrant in entrants]
    ours = next(row for row in rows if row["ours"])
    best = max((row for row in rows if not row["ours"]), key=lambda row: row["top1"])
    pairs = compare_recipes(found).pairs
    both = {ours["recipe"], best["recipe"]}
    pair = next(pair for pair in pairs if {pair.run, pair.other} == both)
    sign = 1 if pair.run == ours["recipe"] else -1
    ends = sorted((sign * pair.ci95.low, sign * pair.ci95.high))
    return BenchResult(
        name,
        ours["top1"],
        "top-1",
        f"{best['recipe']}, the best of {others}, same splits and clips",
        best["top1"],
        round(ours["top1"] / best["top1"], 4) if best["top1"] else float("nan"),
        ours["n"],
        {
            "split": described,
            "difference": round(sign * pair.difference, 4),
            "difference_ci95": [round(end, 4) for end in ends],
            "ahead": bool(sign > 0 and pair.difference > 0 and pair.told_apart),
            "pairs_looked_at": len(pairs),
            "resampled": "clips, each with its answers of all seeds",
            "rows": sorted(rows, key=lambda row: -row["top1"]),
            **details,
        },
    )
