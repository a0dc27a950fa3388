"""Tracking: which run in MLflow a run folder is; with MLflow itself where the extra `track` is installed."""

import json
import warnings
from importlib.util import find_spec
from typing import ClassVar

import pytest
from lightning.pytorch.loggers import Logger

from chereme.errors import MissingExtraError, TrainingError
from chereme.recipe import Recipe
from chereme.train import tracking
from chereme.train.answers import split_parts
from chereme.train.run import fit
from chereme.train.tracking import Tracking, tracking_to
from made_up_signs import made_up_store, recipe


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return made_up_store(tmp_path_factory.mktemp("tracking") / "store")


class Kept(Logger):
    """Stands for MLflow: keeps what it is told."""

    runs: ClassVar[dict[str, "Kept"]] = {}

    def __init__(self, experiment, run_name, uri, run_id=None, artifact_location=None):
        super().__init__()
        assert run_id is None or run_id in self.runs
        self.run_id = run_id or f"run{len(self.runs)}"
        self.about = (experiment, run_name, uri)
        before = self.runs.get(self.run_id)
        self.metrics = before.metrics if before else []
        self.parameters = before.parameters if before else []
        self.runs[self.run_id] = self

    name = version = "kept"

    def log_metrics(self, metrics, step=None):
        self.metrics.append({k: float(v) for k, v in metrics.items()})

    def log_hyperparams(self, params):
        self.parameters.append(params)


@pytest.fixture
def mlflow(monkeypatch):
    """The runs of an MLflow that is not there."""
    monkeypatch.setattr(Kept, "runs", {})
    monkeypatch.setattr(tracking, "find_spec", lambda name: True)
    monkeypatch.setattr(tracking, "MLFlowLogger", Kept)
    return Kept.runs


def train(store, folder, track, **others):
    parts = split_parts(store, store.split("fair"), recipe())
    return fit(parts, parts.train, parts.validation, recipe(), folder, track=track, **others)


def test_a_run_folder_is_one_run_however_often_it_is_resumed(store, tmp_path, mlflow):
    track = Tracking("sqlite:///here.db")
    train(store, tmp_path / "runs" / "a", track, stop_after=2)
    train(store, tmp_path / "runs" / "a", track, resume=True)
    (run,) = mlflow.values()
    assert run.about == ("chereme", "runs/a", "sqlite:///here.db")
    assert json.loads((tmp_path / "runs" / "a" / "mlflow.json").read_text()) == {"uri": track.uri, "run": "run0"}
    epochs = {row["epoch"] for row in run.metrics}
    assert epochs == {0, 1, 2, 3}
    assert sum("validation_top1" in row for row in run.metrics) >= 4
    (parameters,) = run.parameters
    assert parameters["train.epochs"] == 4
    assert parameters["model.kind"] == "gru"
    train(store, tmp_path / "runs" / "b", track)
    assert len(mlflow) == 2


def test_another_store_is_another_run(store, tmp_path, mlflow):
    train(store, tmp_path, Tracking("http://one"), stop_after=2)
    train(store, tmp_path, Tracking("http://other"), resume=True)
    assert [run.about[2] for run in mlflow.values()] == ["http://one", "http://other"]


def test_tracking_does_not_change_what_is_learnt(store, tmp_path, mlflow):
    plain, tracked = train(store, tmp_path / "a", None), train(store, tmp_path / "b", Tracking("x"))
    assert (tmp_path / "a" / "progress.csv").read_text() == (tmp_path / "b" / "progress.csv").read_text()
    assert plain.validation_top1 == tracked.validation_top1


@pytest.mark.parametrize(
    ("text", "uri"),
    [
        pytest.param("csv", None, id="csv"),
        pytest.param("mlflow:http://server:5000", "http://server:5000", id="a server"),
        pytest.param("mlflow:sqlite:////tmp/x.db", "sqlite:////tmp/x.db", id="a file"),
    ],
)
def test_where_to_track(text, uri, tmp_path):
    assert getattr(tracking_to(text, tmp_path), "uri", None) == uri


def test_sqlite_is_the_default(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert tracking_to("mlflow", tmp_path / "runs").uri == f"sqlite:///{tmp_path.resolve() / 'runs' / 'mlflow.db'}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://ours")
    assert tracking_to("mlflow", tmp_path / "runs").uri == "http://ours"


@pytest.mark.parametrize("text", ["tensorboard", "csv:x", ""])
def test_what_is_no_tracking(text, tmp_path):
    with pytest.raises(TrainingError, match="csv"):
        tracking_to(text, tmp_path)


def test_without_mlflow_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(tracking, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"chereme\[track\]"):
        Tracking("x").logger(tmp_path, Recipe.from_text(""))


def test_a_store_that_cannot_be_reached_is_one_line(tmp_path, mlflow, monkeypatch):
    def refuse(*args, **others):
        raise ConnectionError("no route to host\nand much more")

    monkeypatch.setattr(tracking, "MLFlowLogger", refuse)
    with pytest.raises(TrainingError, match=r"http://gone: MLflow cannot keep this run: no route to host$"):
        Tracking("http://gone").logger(tmp_path, Recipe.from_text(""))


@pytest.mark.skipif(find_spec("mlflow") is None, reason="the extra `track` is not installed")
def test_mlflow_itself_keeps_a_run(store, tmp_path):
    track = tracking_to(f"mlflow:sqlite:///{tmp_path / 'mlflow.db'}", tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from mlflow.tracking import MlflowClient

        train(store, tmp_path / "run", track, stop_after=2)
        train(store, tmp_path / "run", track, resume=True)
        client = MlflowClient(track.uri)
        (experiment,) = [e for e in client.search_experiments() if e.name == "chereme"]
        (run,) = client.search_runs([experiment.experiment_id])
        steps = {m.step for m in client.get_metric_history(run.info.run_id, "loss")}
    assert run.info.status == "FINISHED"
    assert run.data.params["train.epochs"] == "4"
    assert 0 <= run.data.metrics["validation_top1"] <= 1
    assert len(steps) == 4
