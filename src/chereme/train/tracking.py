"""Where a run's settings, losses and scores go beside progress.csv: an MLflow database or server."""

import json
import os
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lightning.pytorch.loggers import Logger, MLFlowLogger

from chereme.errors import MissingExtraError, TrainingError
from chereme.files import write_beside
from chereme.recipe import Recipe

__all__ = ["Tracking", "tracking_to"]


@dataclass(frozen=True)
class Tracking:
    """An MLflow tracking store; a run folder is one run in it, and stays the same run when it is resumed."""

    uri: str
    """`sqlite:///…` for a file, `http://…` for a server, or anything else that MLflow reads."""
    experiment: str = "chereme"

    def logger(self, folder: Path, recipe: Recipe) -> Logger:
        """What Lightning logs to for the run in a folder; `folder/mlflow.json` remembers which run that is.

        Raises:
            MissingExtraError: MLflow is not installed.
            TrainingError: the store cannot be reached or read.
        """
        if find_spec("mlflow") is None:
            raise MissingExtraError("track", "tracking with MLflow")
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # MLflow would report its use to its makers
        path = folder / "mlflow.json"
        known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        run_id = known.get("run") if known.get("uri") == self.uri else None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of MLflow's own dependencies
            try:
                logger = MLFlowLogger(
                    self.experiment,
                    "/".join(folder.resolve().parts[-2:]),
                    self.uri,
                    run_id=run_id,
                    artifact_location=str(folder.parent.resolve()) if self.uri.startswith("sqlite:") else None,
                )
                run = logger.run_id
                if run_id is None:
                    logger.log_hyperparams(dict(flat(recipe.tables)))
            except Exception as error:  # MLflow's errors, those of its database and of the network share no base
                why = (str(error) or type(error).__name__).splitlines()[0]
                raise TrainingError(f"{self.uri}: MLflow cannot keep this run: {why}") from error
        with write_beside(path) as part:
            part.write_text(json.dumps({"uri": self.uri, "run": run}), encoding="utf-8")
        return logger


def tracking_to(text: str, runs: Path) -> Tracking | None:
    """What `--track` means: `csv` for progress.csv alone, `mlflow` or `mlflow:URI`.

    Without a URI it is the one in `$MLFLOW_TRACKING_URI`, else the file mlflow.db in the folder of the runs.

    Raises:
        TrainingError: anything else.
    """
    kind, _, uri = text.partition(":")
    if kind == "csv" and not uri:
        return None
    if kind != "mlflow":
        raise TrainingError(f"--track {text}: not known; `csv`, `mlflow` or `mlflow:URI`")
    runs.mkdir(parents=True, exist_ok=True)
    return Tracking(uri or os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{(runs / 'mlflow.db').resolve()}")


def flat(tables: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Each value of a recipe under its dotted name, as `train.rate`."""
    for name, value in tables.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{above}{name}.")
        else:
            yield above + name, value
