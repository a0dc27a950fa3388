"""Search settings: many short runs, the hopeless ones stopped early, kept in a study that survives being killed.

A trial that was running when the process died is put back into the queue with its number, its settings and its
checkpoints, so a resumed search loses no trial and begins none a second time.
"""

import csv
import json
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import tomli_w
from filelock import FileLock, Timeout
from lightning.pytorch import Callback, LightningModule, Trainer
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState
from tqdm import tqdm

from chereme.dataset.store import Store
from chereme.errors import CheremeError, RecipeError, SplitError, TrainingError
from chereme.files import write_beside
from chereme.recipe import Recipe
from chereme.train.answers import Parts, split_parts
from chereme.train.cluster import on_cluster
from chereme.train.config import RecognizerRecipe, TrainConfig
from chereme.train.devices import PLACEMENT
from chereme.train.run import claim, fit, split_digest
from chereme.train.search import Choice, Dimension, TuneConfig, as_changes, grid, meant, spelled
from chereme.train.tracking import Tracking

__all__ = ["Found", "Outcome", "Search", "TrialState", "run_trial", "tune"]

STUDY = "chereme"
PRUNED = "pruned_at"
"""Where a trial notes the epoch at which it was stopped."""
ENDED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)
_TRAINING_ALONE = ("augment", "model", "train", "tune")
"""Tables that do not change how clips are prepared."""


@dataclass(frozen=True)
class Search:
    """All that a process, here or elsewhere in a cluster, needs to run a trial."""

    recipe: Recipe
    space: Mapping[str, Dimension]
    store: Path
    split: Mapping[str, str]
    folder: Path
    storage: str
    """Of the study, as SQLAlchemy names it."""
    config: TuneConfig
    seed: int = 0
    track: Tracking | None = None
    _prepared: dict[str, Parts] = field(default_factory=dict, compare=False)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_prepared": {}}  # another machine prepares its own

    def study(self) -> optuna.Study:
        """Open the study, or begin it."""
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        return optuna.create_study(
            storage=self.storage, study_name=STUDY, direction="maximize", load_if_exists=True, pruner=self._pruner()
        )

    def sampler(self, number: int) -> optuna.samplers.BaseSampler:
        """Draws the settings of one trial; from its number, so that a resumed search does not draw the same again."""
        seed = int(np.random.SeedSequence((self.seed, number)).generate_state(1)[0])
        if self.config.sampler == "tpe":
            return optuna.samplers.TPESampler(seed=seed, n_startup_trials=self.config.startup)
        return optuna.samplers.RandomSampler(seed=seed)

    def values(self, trial: FrozenTrial) -> dict[str, Any]:
        """A trial's settings by `TABLE.KEY`."""
        return {name: meant(self.space[name], value) for name, value in trial.params.items()}

    def parts(self, recipe: RecognizerRecipe) -> Parts:
        """The prepared clips; prepared again only where a trial changes how."""
        key = repr([(k, v) for k, v in recipe.source.tables.items() if k not in _TRAINING_ALONE])
        if key not in self._prepared:
            self._prepared.clear()
            self._prepared[key] = split_parts(Store.open(self.store), self.split, recipe)
        return self._prepared[key]

    def _pruner(self) -> optuna.pruners.BasePruner:
        train = RecognizerRecipe.read(self.recipe).train
        match self.config.pruner:
            case "median":
                return optuna.pruners.MedianPruner(n_startup_trials=self.config.startup)
            case "hyperband":
                return optuna.pruners.HyperbandPruner(min_resource=train.validate_every, max_resource=train.epochs)
        return optuna.pruners.NopPruner()


@dataclass(frozen=True)
class Outcome:
    """How a trial ended."""

    state: TrialState
    value: float | None = None
    reason: str = ""


@dataclass(frozen=True)
class Found:
    """What a search found."""

    trials: tuple[FrozenTrial, ...]
    best: FrozenTrial | None
    recipe: Path | None
    """The recipe with the best trial's settings; None when no trial came to its end."""

    def count(self, state: TrialState) -> int:
        """How many trials ended so."""
        return sum(trial.state == state for trial in self.trials)


class _Report(Callback):
    """Tells the study each validation score, and stops the run when it is hopeless."""

    def __init__(self, trial: optuna.Trial, reported: set[int]) -> None:
        self.trial = trial
        self.reported = reported

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        epoch = trainer.current_epoch + 1
        if "validation_top1" not in trainer.callback_metrics:
            return
        if epoch not in self.reported:  # a run killed after its report does the epoch again, and is judged again
            self.reported.add(epoch)
            self.trial.report(float(trainer.callback_metrics["validation_top1"]), epoch)
        if self.trial.should_prune():
            self.trial.set_user_attr(PRUNED, epoch)
            trainer.should_stop = True


def run_trial(search: Search, number: int) -> Outcome:
    """Train one trial's settings, from its last checkpoint where there is one.

    Settings that cannot be used, or do not go together, make the trial fail; the search goes on.
    """
    study = search.study()
    kept = study.get_trials(deepcopy=False)[number]
    if PRUNED in kept.user_attrs:  # killed after it was stopped, before that was written down
        return Outcome(TrialState.PRUNED)
    folder = search.folder / f"trial-{number:03d}"
    trial = optuna.Trial(study, kept._trial_id)
    try:
        recipe = RecognizerRecipe.read(search.recipe.changed(as_changes(search.values(kept))))
        parts = search.parts(recipe)
        resume = (folder / "checkpoints" / "last.ckpt").exists()
        report = _Report(trial, set(kept.intermediate_values))
        trained = fit(
            parts, parts.train, parts.validation, recipe, folder, resume=resume, watching=[report], track=search.track
        )
    except (CheremeError, RuntimeError) as error:  # torch's, too: a model larger than memory is this trial's affair
        return Outcome(TrialState.FAIL, reason=str(error))
    if PRUNED in trial.user_attrs:
        return Outcome(TrialState.PRUNED)
    trial.set_user_attr("epochs", trained.epochs)
    return Outcome(TrialState.COMPLETE, trained.validation_top1)


def tune(
    search: Search, *, split_name: str, resume: bool = False, show: bool = False, cluster: str | None = None
) -> Found:
    """Try settings until the study holds as many trials as wanted; the test part is never looked at.

    `search.folder` gets the study, a folder with progress.csv per trial, trials.csv with a line per trial,
    journal.jsonl with a line whenever one begins, goes on or ends, and best.toml.

    Args:
        search: what to try, and on what.
        split_name: recorded.
        resume: go on with an interrupted search, or add trials to one that has ended.
        show: a progress bar.
        cluster: address of a Ray cluster that runs the trials; it must reach store, folder and study.

    Raises:
        RecipeError: a name in the space that no recipe has, or no value of it that can be used.
        SplitError: no validation clips, so nothing to choose by.
        TrainingError: the folder holds another search, or another process is at this one.
    """
    train = _check(search)
    search.folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(search.folder / "lock", timeout=0):
            claim(search.folder, _about(search, split_name), resume)
            study = search.study()
            _queue(search, study)
            numbers = _asked(search, study)
            gpus = int(train.device in ("gpu", "cuda"))
            work = partial(run_trial, search)
            ended = (
                on_cluster(cluster, work, numbers, train.threads, gpus)
                if cluster is not None
                else ((number, work(number)) for number in numbers)
            )
            with tqdm(total=search.config.trials, unit="trial", disable=not show, desc="tuning") as bar:
                bar.update(len(study.get_trials(deepcopy=False, states=ENDED)))
                for number, outcome in ended:
                    _tell(search, study, number, outcome)
                    bar.update()
            return _write(search, study)
    except Timeout as error:
        raise TrainingError(f"{search.folder}: another process is tuning here; let it end, or stop it first") from error


def _check(search: Search) -> TrainConfig:
    """The recipe's own settings; what can be found wrong before the first trial is."""
    if not any(part == "validation" for part in search.split.values()):
        raise SplitError("the split has no validation clips to choose by; make one with `chereme dataset split`")
    for name, dimension in search.space.items():
        tried = dimension.values() if isinstance(dimension, Choice) else [dimension.low, dimension.high]
        refused = [_refusal(search.recipe, {name: value}) for value in tried]
        if all(refused):
            raise RecipeError(f"tune, {name}: none of its values can be used: {refused[0]}")
    read = RecognizerRecipe.read(search.recipe).train
    where = {f"train.{key}" for key in PLACEMENT} & search.space.keys()
    if where or read.devices != 1 or read.nodes != 1:
        raise RecipeError("a trial trains on one device: leave train.devices and train.nodes at 1, try --ray for many")
    if search.config.sampler == "grid":
        grid(search.space)
    return read


def _refusal(recipe: Recipe, values: Mapping[str, Any]) -> str:
    try:
        RecognizerRecipe.read(recipe.changed(as_changes(values)))
    except RecipeError as error:
        return str(error)
    return ""


def _about(search: Search, split_name: str) -> dict[str, Any]:
    return {
        "recipe": search.recipe.text,
        "split": f"{split_name} {split_digest(Store.open(search.store), search.split)}",
        "space": {name: json.loads(json.dumps(asdict(d))) for name, d in search.space.items()},
        "sampler": search.config.sampler,
        "seed": search.seed,
    }


def _queue(search: Search, study: optuna.Study) -> None:
    """Put trials that were running when the process died back in line, and the next cells of a grid."""
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        study._storage.set_trial_state_values(trial._trial_id, state=TrialState.WAITING)
    if search.config.sampler == "grid":
        cells = grid(search.space)
        order = np.random.default_rng(search.seed).permutation(len(cells))[: search.config.trials]
        for cell in order[len(study.get_trials(deepcopy=False)) :]:
            study.enqueue_trial({name: spelled([value])[0] for name, value in cells[cell].items()})


def _asked(search: Search, study: optuna.Study) -> Iterator[int]:
    """Numbers of the trials to run: first those in line, then new ones."""
    wanted = search.config.trials if search.config.sampler != "grid" else 0
    distributions = {name: _distribution(dimension) for name, dimension in search.space.items()}
    while True:
        known = study.get_trials(deepcopy=False)
        line = [trial for trial in known if trial.state == TrialState.WAITING]
        if not line and len(known) >= wanted:
            return
        number = line[0].number if line else len(known)
        study.sampler = search.sampler(number)
        trial = study.ask(distributions)
        values = search.values(study.get_trials(deepcopy=False)[number])
        _note(search, number, *_beginning(search.folder / f"trial-{number:03d}"), values)
        yield trial.number


def _tell(search: Search, study: optuna.Study, number: int, outcome: Outcome) -> None:
    if outcome.reason:
        trial = study.get_trials(deepcopy=False)[number]
        study._storage.set_trial_user_attr(trial._trial_id, "reason", outcome.reason)
    study.tell(number, outcome.value, outcome.state)
    _note(search, number, outcome.state.name.lower(), None, {"validation_top1": outcome.value})
    _write(search, study)
    # a trial is there for its score; what is trained in the end is best.toml
    shutil.rmtree(search.folder / f"trial-{number:03d}" / "checkpoints", ignore_errors=True)


def _beginning(folder: Path) -> tuple[str, int | None]:
    """Whether a trial begins or goes on, and after how many epochs."""
    if not (folder / "checkpoints" / "last.ckpt").exists():
        return "begins", None
    lines = (folder / "progress.csv").read_text(encoding="utf-8").splitlines() if folder.exists() else []
    return "goes on", len(lines) - 1


def _note(search: Search, number: int, event: str, epochs: int | None, more: Mapping[str, Any]) -> None:
    line: dict[str, Any] = {"time": time.strftime("%Y-%m-%dT%H:%M:%S"), "trial": number, "event": event}
    line |= more if epochs is None else {"epochs": epochs, **more}
    with (search.folder / "journal.jsonl").open("a", encoding="utf-8") as out:
        out.write(json.dumps(line, ensure_ascii=False) + "\n")


def _distribution(dimension: Dimension) -> BaseDistribution:
    if isinstance(dimension, Choice):
        return CategoricalDistribution(spelled(dimension.options))
    if dimension.step is None:
        kind = IntDistribution if dimension.whole else FloatDistribution
        return kind(dimension.low, dimension.high, log=dimension.log)  # type: ignore[arg-type]
    highest = dimension.values()[-1]
    if dimension.whole:
        return IntDistribution(int(dimension.low), int(highest), step=int(dimension.step))
    return FloatDistribution(dimension.low, highest, step=dimension.step)


def _write(search: Search, study: optuna.Study) -> Found:
    """trials.csv and best.toml as the study now is."""
    trials = tuple(study.get_trials(deepcopy=False))
    with write_beside(search.folder / "trials.csv") as part, part.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(["trial", "state", "validation_top1", "epochs", *search.space, "reason"])
        for trial in trials:
            values, reason = search.values(trial), trial.user_attrs.get("reason", "")
            epochs = trial.user_attrs.get("epochs", trial.user_attrs.get(PRUNED, ""))
            score = "" if trial.value is None else round(trial.value, 5)
            row = [trial.number, trial.state.name.lower(), score, epochs]
            writer.writerow([*row, *(values.get(name, "") for name in search.space), reason])
    ended = [trial for trial in trials if trial.state == TrialState.COMPLETE and trial.value is not None]
    if not ended:
        return Found(trials, None, None)
    best = max(ended, key=lambda trial: (trial.value, -trial.number))
    tables = dict(search.recipe.changed(as_changes(search.values(best))).tables)
    tables.pop("tune", None)
    path = search.folder / "best.toml"
    with write_beside(path) as part:
        note = f"# Trial {best.number} of {len(trials)}: validation top-1 {best.value:.4f}, the best of them.\n"
        part.write_text(note + tomli_w.dumps(tables), encoding="utf-8")
    return Found(trials, best, path)
