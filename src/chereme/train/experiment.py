"""A recipe on grouped folds: each fold trains a fresh model and tests it on people, sources or blocks of its own.

Every clip is tested once, by a model that learnt from none of its group. The next fold's clips choose the epoch and
calibrate; so no clip that is scored had any part in making the model that scores it.
"""

import csv
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from chereme.bundle import Bundle, Card
from chereme.bundle.write import load_model
from chereme.dataset.split import Split, group_names
from chereme.dataset.store import Store
from chereme.errors import SplitError
from chereme.evaluate.metrics import score
from chereme.evaluate.report import Evaluation, write_report
from chereme.files import write_beside
from chereme.train.answers import Parts, logits_of
from chereme.train.batches import prepare
from chereme.train.config import RecognizerRecipe
from chereme.train.devices import first_process, wait_for_all
from chereme.train.run import claim, split_digest, train_bundle
from chereme.train.tracking import Tracking
from chereme.types import Clip

__all__ = ["GROUPS", "Experiment", "Fold", "grouped_folds", "run_experiment"]

GROUPS = {"block": ("gloss", "source")}
"""Groups that are no single column of a clip: a recording block has its number within a gloss."""


@dataclass(frozen=True)
class Fold:
    """What one fold found."""

    fold: int
    """From 1."""
    groups: int
    """How many are tested here."""
    clips: int
    epochs: int
    """That the kept weights have seen."""
    epochs_run: int
    """How many were trained; fewer than the recipe's where patience stopped it."""
    top1: float
    top5: float
    macro_f1: float


@dataclass(frozen=True, eq=False)
class Experiment:
    """All folds, and their answers together."""

    folds: tuple[Fold, ...]
    pooled: Evaluation
    """Every clip once, answered by the model of its fold; the interval draws groups where there are enough."""

    @property
    def mean(self) -> float:
        """Mean top-1 of the folds."""
        return float(np.mean([fold.top1 for fold in self.folds]))

    @property
    def spread(self) -> float:
        """Standard deviation of the folds' top-1."""
        return float(np.std([fold.top1 for fold in self.folds], ddof=1))

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "folds": [asdict(fold) for fold in self.folds],
            "top1_mean": round(self.mean, 4),
            "top1_sd": round(self.spread, 4),
            **self.pooled.as_json(),
        }

    def as_text(self) -> str:
        """For people: a line per fold, then all together."""
        lines = ["fold  groups  clips  epochs   top-1   top-5  macro F1"]
        lines += [
            f"{f.fold:4}  {f.groups:6}  {f.clips:5}  {f.epochs:6}  {f.top1:6.3f}  {f.top5:6.3f}  {f.macro_f1:8.3f}"
            for f in self.folds
        ]
        low, high = self.pooled.scores.top1_ci95.low, self.pooled.scores.top1_ci95.high
        lines += [
            "",
            f"mean top-1 of the folds {self.mean:.3f}, standard deviation {self.spread:.3f}",
            f"all {self.pooled.scores.n} clips together {self.pooled.scores.top1:.3f}"
            f"  [{low:.3f}, {high:.3f}] 95 % by bootstrap over {self.pooled.scores.resampled}",
        ]
        return "\n".join(lines) + "\n"


def grouped_folds(clips: Sequence[Clip], by: str, folds: int, seed: int = 0) -> list[Split]:
    """K splits in which whole groups are tested once, each fold with about its share of every gloss.

    The next fold validates, the others train. The same clips give the same folds in whatever order they come.

    Args:
        clips: of any number of glosses.
        by: `signer`, `source`, `block`, or other columns joined by commas.
        folds: at least 3.
        seed: of the draw.

    Raises:
        SplitError: fewer groups or clips of a gloss than folds, or a fold whose glosses are not all trained.
    """
    if folds < 3:
        raise SplitError(f"{folds} folds: at least 3 are needed (train, validation, test)")
    clips = sorted(clips, key=lambda clip: clip.id)
    groups = group_names(clips, GROUPS.get(by, tuple(by.split(","))))
    if len(set(groups)) < folds:
        raise SplitError(f"{len(set(groups))} groups by {by} for {folds} folds: ask for fewer, or another column")
    glosses = np.array([clip.gloss for clip in clips])
    dealt = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of glosses with fewer clips than folds; what matters is checked below
        try:
            tested = [test for _, test in dealt.split(np.zeros(len(clips)), glosses, groups)]
        except ValueError as error:
            raise SplitError(f"{folds} folds by {by}: {error}") from error
    fold_of = np.zeros(len(clips), np.int64)
    for number, test in enumerate(tested):
        fold_of[test] = number
    if empty := [number + 1 for number in range(folds) if not (fold_of == number).any()]:
        raise SplitError(f"{folds} folds by {by}: fold {empty[0]} has no clip; ask for fewer folds")
    found = []
    for number in range(folds):
        place = (fold_of - number) % folds
        trained = set(glosses[place > 1])
        if lost := sorted(set(glosses[place <= 1]) - trained):
            raise SplitError(
                f"fold {number + 1} of {folds} by {by} trains on no clip of {', '.join(lost[:5])}"
                f" ({len(lost)} glosses): ask for more folds, another column, or leave these glosses out"
            )
        parts = np.select([place == 0, place == 1], ["test", "validation"], "train")
        found.append({clip.id: str(part) for clip, part in zip(clips, parts, strict=True)})
    return found


def run_experiment(
    recipe: RecognizerRecipe,
    store: Store,
    folder: Path,
    card: Card,
    *,
    by: str,
    folds: int = 5,
    refit: bool = False,
    resume: bool = False,
    show: bool = False,
    track: Tracking | None = None,
) -> Experiment:
    """Train and test a recipe fold by fold; `folder` gets a run per fold, folds.csv and a report of all together.

    Args:
        recipe: all settings; its seed also deals the folds, and each fold begins from it anew.
        store: packed clips.
        folder: of the experiment.
        card: of each fold's bundle.
        by: what a group is; see `grouped_folds`.
        folds: how many.
        refit: in each fold, train anew on training and validation clips once the epoch is chosen.
        resume: go on with an interrupted experiment: folds that are done stay, one that was begun trains on.
        show: progress bars.
        track: where each fold's losses and scores go beside progress.csv.

    Raises:
        SplitError: see `grouped_folds`.
        TrainingError: the folder holds another experiment, or this one and `resume` is not set.
    """
    splits = grouped_folds(store.clips, by, folds, recipe.train.seed)
    digests = [split_digest(store, split) for split in splits]
    about = {"recipe": recipe.source.text, "by": by, "folds": digests, "seed": recipe.train.seed, "refit": refit}
    claim(folder, about, resume)
    units = _units(store, by)
    found, tested = [], []
    for number, split in enumerate(splits, 1):
        run = folder / f"fold-{number}"
        name = f"{number} of {folds} folds by {by}"
        bundle = _bundle_of(run) or train_bundle(
            recipe, store, split, run, card, split_name=name, name=run.name, refit=refit,
            resume=(run / "run.json").exists(), show=show, track=track,
        )  # fmt: skip
        answers = _test(bundle, recipe, store, split, name, units)
        tested.append(answers)
        found.append(_fold(number, answers, bundle, run, units))
        if first_process():
            write_report(answers, run / "report")
            _write_folds(folder / "folds.csv", found)
        wait_for_all()
    pooled = _pool(tested, f"{folds} folds by {by}", units)
    if first_process():
        write_report(pooled, folder / "report")
    return Experiment(tuple(found), pooled)


def _units(store: Store, by: str) -> dict[str, str]:
    """Clip id to its group."""
    names = group_names(store.clips, GROUPS.get(by, tuple(by.split(","))))
    return {clip.id: name for clip, name in zip(store.clips, names, strict=True)}


def _bundle_of(run: Path) -> Bundle | None:
    """The fold's bundle if it is done: that is written last, whole or not at all."""
    return Bundle.load(run / "bundle") if (run / "bundle" / "bundle.json").exists() else None


def _test(
    bundle: Bundle,
    recipe: RecognizerRecipe,
    store: Store,
    split: Mapping[str, str],
    name: str,
    units: Mapping[str, str],
) -> Evaluation:
    """The fold's test clips, answered by its own model."""
    chosen = [i for i, clip in enumerate(store.clips) if split[clip.id] == "test"]
    truth = np.array([bundle.labels.index(store.clips[i].gloss) for i in chosen], np.int64)
    ids = tuple(store.clips[i].id for i in chosen)
    none, rows = np.zeros(0, np.int64), np.arange(len(ids))
    clips = prepare([store.sequence(i) for i in chosen], truth.tolist(), recipe)
    logits = logits_of(load_model(bundle), Parts(clips, ids, bundle.labels, none, none, rows), rows, recipe)
    probabilities = bundle.calibration.probabilities(logits)
    return Evaluation(
        task="recognize",
        bundle=bundle.name,
        split=name,
        part="test",
        labels=bundle.labels,
        ids=ids,
        signers=tuple(store.clips[i].signer for i in chosen),
        truth=truth,
        probabilities=probabilities,
        declined=probabilities.max(1) < bundle.unknown_below,
        undetected=np.zeros(len(ids), bool),
        failed={},
        strangers=0,
        strangers_declined=0,
        moving=0,
        trained_on=0,
        scores=score(probabilities, truth, bundle.labels, [units[i] for i in ids]),
    )


def _fold(number: int, answers: Evaluation, bundle: Bundle, run: Path, units: Mapping[str, str]) -> Fold:
    scores, epochs_run = answers.scores, int(bundle.scores["epochs"])
    if (run / "progress.csv").exists():  # nearest clips have no epochs
        with (run / "progress.csv").open(newline="", encoding="utf-8") as file:
            epochs_run = sum(1 for _ in csv.DictReader(file))
    groups = len({units[i] for i in answers.ids})
    return Fold(
        number, groups, scores.n, int(bundle.scores["epochs"]), epochs_run,
        round(scores.top1, 4), round(scores.top5, 4), round(scores.macro_f1, 4),
    )  # fmt: skip


def _pool(tested: Sequence[Evaluation], name: str, units: Mapping[str, str]) -> Evaluation:
    """All folds' answers as one evaluation; glosses stand in one order in all of them."""
    first = tested[0]
    assert all(one.labels == first.labels for one in tested)
    ids = tuple(i for one in tested for i in one.ids)
    truth = np.concatenate([one.truth for one in tested])
    probabilities = np.concatenate([one.probabilities for one in tested])
    scores = score(probabilities, truth, first.labels, [units[i] for i in ids])
    resampled = "groups" if scores.resampled == "signers" else scores.resampled
    return replace(
        first,
        bundle="all folds",
        split=name,
        ids=ids,
        signers=tuple(s for one in tested for s in one.signers),
        truth=truth,
        probabilities=probabilities,
        declined=np.concatenate([one.declined for one in tested]),
        undetected=np.concatenate([one.undetected for one in tested]),
        scores=replace(scores, resampled=resampled),
    )


def _write_folds(path: Path, folds: Sequence[Fold]) -> None:
    with write_beside(path) as part, part.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, list(asdict(folds[0])))
        writer.writeheader()
        writer.writerows(asdict(fold) for fold in folds)
