"""Searching settings: what is drawn, what a kill leaves, and that nothing is lost or done twice."""

import csv
import json
import pickle
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import optuna
import pytest
import torch
from optuna.trial import TrialState

from chereme.errors import RecipeError, SplitError, TrainingError
from chereme.recipe import Recipe
from chereme.train import tune as tuning
from chereme.train.search import Choice, Range, TuneConfig, as_changes, grid, read_space
from chereme.train.tune import Outcome, Search, tune
from made_up_signs import RECIPE, made_up_store

SPACE = {
    "train.rate": Range(1e-4, 1e-1, log=True),
    "model.width": Choice((8, 16)),
    "model.dropout": Range(0.0, 0.4, 0.2),
}


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Path:
    return made_up_store(tmp_path_factory.mktemp("tune") / "store").folder


@pytest.fixture
def search(store, tmp_path) -> Search:
    return search_in(tmp_path / "search", store)


def search_in(folder: Path, store: Path, **config) -> Search:
    from chereme.dataset.store import Store

    return Search(
        Recipe.from_text(RECIPE, "small"), SPACE, store, Store.open(store).split("fair"), folder,
        f"sqlite:///{folder / 'study.db'}", TuneConfig(**{"trials": 6, "pruner": "none", **config}),
    )  # fmt: skip


def journal(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "journal.jsonl").read_text().splitlines()]


@pytest.fixture
def quick(monkeypatch):
    """Trials that end at once with a score of their settings, and what was run."""
    ran: list[int] = []

    def run(search: Search, number: int) -> Outcome:
        ran.append(number)
        values = search.values(search.study().get_trials(deepcopy=False)[number])
        return Outcome(TrialState.COMPLETE, 1 - values["train.rate"])

    monkeypatch.setattr(tuning, "run_trial", run)
    return ran


@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_a_search_in_two_sittings_draws_what_an_unbroken_one_does(store, tmp_path, quick, sampler):
    """A sampler that is seeded anew on resuming would draw its first settings once more."""
    whole = tune(search_in(tmp_path / "a", store, sampler=sampler, trials=8), split_name="fair")
    tune(search_in(tmp_path / "b", store, sampler=sampler, trials=5), split_name="fair")
    both = tune(search_in(tmp_path / "b", store, sampler=sampler, trials=8), split_name="fair", resume=True)
    assert [t.params for t in both.trials] == [t.params for t in whole.trials]
    assert len({t.params["train.rate"] for t in both.trials}) == 8
    assert quick == [*range(8), *range(8)]


def test_a_grid_is_tried_whole_and_once(store, tmp_path, quick):
    space = {
        "train.rate": Choice((0.1, 0.01)),
        "model.dropout": Range(0.0, 0.5, 0.2),
        "features.velocities": Choice(([], [1])),
    }
    search = replace(search_in(tmp_path, store, sampler="grid", trials=5), space=space)
    tune(search, split_name="fair")
    found = tune(replace(search, config=replace(search.config, trials=100)), split_name="fair", resume=True)
    tried = {tuple(json.dumps(search.values(trial)[name]) for name in space) for trial in found.trials}
    assert tried == {tuple(json.dumps(value) for value in cell.values()) for cell in grid(space)}
    assert len(tried) == len(found.trials) == 12
    assert quick == list(range(12))


def test_a_trial_that_was_running_goes_on_with_its_number_and_settings(search, monkeypatch):
    ran: list[int] = []

    def killed(search, number):
        ran.append(number)
        if ran == [0, 1, 2]:
            raise KeyboardInterrupt
        return Outcome(TrialState.COMPLETE, 0.5)

    monkeypatch.setattr(tuning, "run_trial", killed)
    with pytest.raises(KeyboardInterrupt):
        tune(search, split_name="fair")
    running = search.study().trials[2]
    assert running.state == TrialState.RUNNING
    found = tune(search, split_name="fair", resume=True)
    assert ran == [0, 1, 2, 2, 3, 4, 5]
    assert found.trials[2].params == running.params
    assert [t.state for t in found.trials] == [TrialState.COMPLETE] * 6


def test_trials_train_and_the_best_becomes_a_recipe(search):
    found = tune(replace(search, config=TuneConfig(trials=3, pruner="none")), split_name="fair")
    scores = [trial.value for trial in found.trials]
    assert all(0 <= score <= 1 for score in scores)
    assert found.best.value == max(scores)
    read = Recipe.from_file(found.recipe)
    assert read.tables["model"]["width"] == search.values(found.best)["model.width"]
    assert read.tables["preprocess"] == {"layout": "upper_body_55"}
    with (search.folder / "trials.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["state"] for row in rows] == ["complete"] * 3
    assert [float(row["validation_top1"]) for row in rows] == pytest.approx(scores, abs=1e-5)
    assert [len((search.folder / f"trial-00{n}" / "progress.csv").read_text().splitlines()) for n in range(3)] == [
        5
    ] * 3
    assert not list(search.folder.glob("trial-*/checkpoints"))


def test_an_interrupted_trial_trains_on_from_its_checkpoint(store, tmp_path, monkeypatch):
    whole = tune(search_in(tmp_path / "whole", store, trials=1), split_name="fair")
    search = search_in(tmp_path / "broken", store, trials=1)
    fit = tuning.fit

    def broken(*args, **others):
        fit(*args, **{**others, "stop_after": 2})
        raise KeyboardInterrupt

    monkeypatch.setattr(tuning, "fit", broken)
    with pytest.raises(KeyboardInterrupt):
        tune(search, split_name="fair")
    monkeypatch.setattr(tuning, "fit", fit)
    again = tune(search, split_name="fair", resume=True)
    assert again.trials[0].intermediate_values == whole.trials[0].intermediate_values
    assert again.trials[0].value == whole.trials[0].value
    assert [line["event"] for line in journal(search.folder)] == ["begins", "goes on", "complete"]
    progress = [(tmp_path / run / "trial-000" / "progress.csv").read_text() for run in ("whole", "broken")]
    assert progress[0] == progress[1]


def test_hopeless_trials_are_stopped_and_stay_so(search, monkeypatch):
    """Killed between the stop and its entry in the study, a pruned trial is not trained on."""
    second = lambda self, study, trial: len(trial.intermediate_values) >= 2  # noqa: E731
    monkeypatch.setattr(optuna.pruners.NopPruner, "prune", second)
    tell = tuning._tell
    monkeypatch.setattr(tuning, "_tell", lambda *args: (_ for _ in ()).throw(KeyboardInterrupt))
    one = replace(search, config=TuneConfig(trials=1, pruner="none"))
    with pytest.raises(KeyboardInterrupt):
        tune(one, split_name="fair")
    progress = search.folder / "trial-000" / "progress.csv"
    epochs = progress.read_text()
    assert len(epochs.splitlines()) == 3
    monkeypatch.setattr(tuning, "_tell", tell)
    found = tune(one, split_name="fair", resume=True)
    assert found.trials[0].state == TrialState.PRUNED
    assert found.recipe is None
    assert progress.read_text() == epochs


def test_settings_that_do_not_go_together_fail_alone(search):
    """Four heads of a width of six: the trial says why, the others go on."""
    space = {"model.width": Choice((6, 8))}
    recipe = search.recipe.changed(["model.kind=transformer", "train.epochs=1"])
    grid_of_two = replace(search, space=space, recipe=recipe, config=TuneConfig(sampler="grid", pruner="none"))
    found = tune(grid_of_two, split_name="fair")
    states = {search_value(grid_of_two, t): t.state for t in found.trials}
    assert states == {6: TrialState.FAIL, 8: TrialState.COMPLETE}
    (failed,) = [t for t in found.trials if t.state == TrialState.FAIL]
    assert "multiple of heads" in failed.user_attrs["reason"]
    assert "multiple of heads" in (search.folder / "trials.csv").read_text()


def search_value(search: Search, trial) -> int:
    return search.values(trial)["model.width"]


def test_what_cannot_be_searched_is_said_before_the_first_trial(search, quick):
    for space, message in (
        ({"model.widht": Choice((8,))}, "did you mean 'width'"),
        ({"nodel.width": Choice((8,))}, "did you mean 'model'"),
        ({"train.devices": Choice((1, 2))}, "trains on one device"),
    ):
        with pytest.raises(RecipeError, match=message):
            tune(replace(search, space=space), split_name="fair")
    with pytest.raises(RecipeError, match="a grid needs a list"):
        tune(replace(search, config=TuneConfig(sampler="grid")), split_name="fair")
    nothing = {i: part for i, part in search.split.items() if part != "validation"}
    with pytest.raises(SplitError, match="no validation clips to choose by"):
        tune(replace(search, split=nothing), split_name="fair")
    assert quick == []
    assert not search.folder.exists()


def test_two_searches_do_not_mix(search, quick):
    tune(search, split_name="fair")
    with pytest.raises(TrainingError, match="holds a run already"):
        tune(search, split_name="fair")
    for other in ({"seed": 1}, {"space": {"train.rate": Range(0.1, 0.2)}}, {"split": {}}):
        with pytest.raises((TrainingError, SplitError)):
            tune(replace(search, **other), split_name="fair", resume=True)
    assert quick == list(range(6))


def test_a_folder_is_searched_by_one_process(search, quick):
    from filelock import FileLock

    search.folder.mkdir()
    with FileLock(search.folder / "lock"), pytest.raises(TrainingError, match="another process is tuning here"):
        tune(search, split_name="fair")


def test_a_search_travels_without_its_clips(search):
    search._prepared["x"] = None
    sent = pickle.loads(pickle.dumps(search))
    assert sent == search
    assert sent._prepared == {}


def test_a_killed_search_goes_on(store, tmp_path):
    """SIGKILL in the middle: every trial ends once, no settings are tried twice."""
    space = '[tune.space]\n"train.rate" = {low = 1e-4, high = 0.1, log = true}\n'
    (tmp_path / "small.toml").write_text(RECIPE.replace("epochs = 4", "epochs = 8") + space)
    command = [
        sys.executable, "-m", "chereme", "tune", tmp_path / "small.toml", "--data", store, "--split", "fair",
        "--trials", "4", "-o", tmp_path / "out",
    ]  # fmt: skip
    first = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    end = time.monotonic() + 60
    while first.poll() is None and time.monotonic() < end:
        if (tmp_path / "out" / "trial-001" / "checkpoints" / "last.ckpt").exists():
            first.send_signal(signal.SIGKILL)
            break
        time.sleep(0.01)
    stderr = first.communicate()[1]
    assert first.returncode == -signal.SIGKILL, stderr
    again = subprocess.run([*command, "--resume", "--json"], capture_output=True, text=True, check=True)
    assert json.loads(again.stdout)["complete"] + json.loads(again.stdout)["pruned"] == 4
    events = journal(tmp_path / "out")
    assert [e["trial"] for e in events if e["event"] == "begins"] == [0, 1, 2, 3]
    assert [e["trial"] for e in events if e["event"] == "goes on"] == [1]
    assert sorted(e["trial"] for e in events if e["event"] in ("complete", "pruned")) == [0, 1, 2, 3]
    assert len({e["train.rate"] for e in events if e["event"] == "begins"}) == 4
    with (tmp_path / "out" / "trial-001" / "progress.csv").open(newline="") as file:
        epochs = [int(row["epoch"]) for row in csv.DictReader(file)]
    assert epochs == list(range(1, len(epochs) + 1))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('"train.rate" = [1, 2]', Choice((1, 2)), id="a list"),
        pytest.param('"train.rate" = {low = 1, high = 9, step = 4}', Range(1, 9, 4), id="a range"),
        pytest.param("train.rate = {low = 0.1, high = 1, log = true}", Range(0.1, 1, log=True), id="a table of tables"),
    ],
)
def test_a_space_is_read(tmp_path, text, expected):
    recipe = Recipe.from_text("", "r")
    (tmp_path / "space.toml").write_text(f"sampler = 'random'\n[space]\n{text}\n")
    config, space = read_space(TuneConfig(), recipe, tmp_path / "space.toml")
    assert space == {"train.rate": expected}
    assert config.sampler == "random"


@pytest.mark.parametrize(
    ("space", "message"),
    [
        pytest.param({}, "nothing to try", id="empty"),
        pytest.param({"train.rate": 3}, "write a list of values", id="a single value"),
        pytest.param({"train.rate": []}, "write a list of values", id="an empty list"),
        pytest.param({"train.rate": {"low": 2, "high": 1}}, "low must be below high", id="upside down"),
        pytest.param({"train.rate": {"low": 0, "high": 1, "log": True}}, "begins above 0", id="the logarithm of 0"),
        pytest.param({"train.rate": {"low": 0, "hihg": 1}}, "did you mean 'high'", id="a slip"),
    ],
)
def test_a_space_that_is_none(space, message):
    with pytest.raises(RecipeError, match=message):
        read_space(TuneConfig(space=space), Recipe.from_text("", "r"))


def test_ranges_as_lists():
    assert Range(1, 9, 4).values() == [1, 5, 9]
    assert Range(2, 4).values() == [2, 3, 4]
    assert Range(0.0, 0.5, 0.2).values() == [0.0, 0.2, 0.4]
    assert as_changes({"a.b": "gru", "c.d": 1e-5, "e.f": [1, 2]}) == ['a.b="gru"', "c.d=1e-05", "e.f=[1, 2]"]


def test_a_model_larger_than_memory_fails_alone(search, monkeypatch):
    def without_memory(*_, **__):
        raise torch.OutOfMemoryError("no memory left")

    monkeypatch.setattr("chereme.train.tune.fit", without_memory)
    found = tune(search, split_name="fair")
    assert {trial.state for trial in found.trials} == {TrialState.FAIL}
    assert "no memory left" in found.trials[0].user_attrs["reason"]
