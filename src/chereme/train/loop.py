"""One Lightning run: a module and its batches in, checkpoints and the kept one's score out."""

import json
import logging
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch import Callback, Trainer
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint
from lightning.pytorch.loggers import Logger
from torch import nn
from torch.utils.data import DataLoader, Dataset, Sampler

from chereme.errors import TrainingError
from chereme.files import write_beside
from chereme.train.config import TrainConfig
from chereme.train.devices import DealtBatches
from chereme.train.module import AverageWeights, Progress, RecognizerTraining
from chereme.train.producer_config import ProducerTrainConfig

__all__ = ["Kept", "Loop", "check_device", "run_loop"]


@dataclass(frozen=True)
class Loop:
    """How a run goes, whatever it trains."""

    epochs: int
    validate_every: int
    patience: int
    average: float
    gradient_norm: float
    precision: str = "32-true"
    device: str = "cpu"
    save_every: int = 0
    devices: int | str = 1
    """As Lightning reads it: how many, or which (`"0,2"`)."""
    nodes: int = 1
    strategy: str = "auto"
    watched: str = "validation_top1"
    """What validation chooses the epoch by."""
    best: Literal["max", "min"] = "max"

    @classmethod
    def of(
        cls,
        config: TrainConfig | ProducerTrainConfig,
        watched: str = "validation_top1",
        best: Literal["max", "min"] = "max",
    ) -> "Loop":
        """As the table `train` of a recipe says."""
        return cls(
            config.epochs,
            config.validated_every,
            config.patience,
            config.average,
            config.gradient_norm,
            config.precision,
            config.device,
            devices=config.devices,
            nodes=config.nodes,
            strategy=config.strategy,
            watched=watched,
            best=best,
        )


@dataclass(frozen=True, eq=False)
class Kept:
    """What a run leaves: the model with its kept weights, the epochs they have seen, and their validation score."""

    model: nn.Module
    epochs: int
    validation_top1: float | None
    """Or whatever else the loop watched."""


def check_device(name: str) -> None:
    """Raises TrainingError when this machine has no such device, or this torch cannot use it."""
    cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if not {"cuda": cuda, "mps": mps, "gpu": cuda or mps}.get(name, True):
        raise TrainingError(f"device {name!r}: torch sees none here; train on `cpu`, or install torch for it")


def run_loop(
    module: RecognizerTraining,
    model: nn.Module,
    dataset: Dataset[Any],
    batches: Sampler[Any],
    validating: Sequence[Any] | None,
    folder: Path,
    loop: Loop,
    *,
    resume: bool = False,
    show: bool = False,
    stop_after: int | None = None,
    watching: Sequence[Callback] = (),
    logger: Logger | None = None,
) -> Kept:
    """Train, keeping `best` (with validation), `last` and every `save_every`-th epoch in `folder/checkpoints`.

    Args:
        module: what Lightning trains; its attribute `model` is `model`.
        model: gets the kept weights: of the best validated epoch, or of the last without validation.
        dataset: batches by key.
        batches: keys; told the epoch by `set_epoch`.
        validating: batches that choose the epoch; None: go to the last epoch.
        folder: progress.csv and checkpoints/ go here.
        loop: settings.
        resume: continue from last.ckpt, to the same weights as an unbroken run.
        show: a progress bar.
        stop_after: end early after so many epochs, as an interruption would (the schedule stays).
        watching: further callbacks.
        logger: where Lightning sends losses and scores beside progress.csv.

    Raises:
        TrainingError: nothing to resume, or this machine has not the devices that `loop` names.
    """
    folder.mkdir(parents=True, exist_ok=True)
    checkpoints = folder / "checkpoints"
    last = checkpoints / "last.ckpt"
    finished = folder / "finished.json"
    if resume and not last.exists():
        raise TrainingError(f"{folder}: no checkpoint to resume from; start without --resume")
    if resume and finished.exists():
        end = json.loads(finished.read_text(encoding="utf-8"))
        return _kept(model, checkpoints / end["checkpoint"], end["validation_top1"])
    keep: dict[str, Any] = {"dirpath": checkpoints, "enable_version_counter": False}
    latest = ModelCheckpoint(filename="last", save_on_train_epoch_end=True, **keep)
    best = ModelCheckpoint(filename="best", monitor=loop.watched, mode=loop.best, **keep)
    callbacks: list[Callback] = [Progress(folder / "progress.csv", loop.epochs, show)]
    if validating is not None:
        callbacks.append(best)
    if loop.save_every:
        callbacks.append(
            EveryFewEpochs(
                filename="{epoch}",
                every_n_epochs=loop.save_every,
                save_top_k=-1,
                save_on_train_epoch_end=True,  # else only epochs that are validated would be kept
                **keep,
            )
        )
    callbacks.append(latest)  # after the best one, so that it knows what is best so far
    if loop.average:
        callbacks.append(AverageWeights(loop.average))
    if loop.patience and validating is not None:
        checks = max(1, loop.patience // loop.validate_every)
        callbacks.append(EarlyStopping(loop.watched, mode=loop.best, patience=checks))
    callbacks.extend(watching)
    if resume:
        _settle(last, checkpoints)
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # advice on workers and loggers that does not hold for small data
        trainer = _trainer(
            loop,
            max_epochs=stop_after or loop.epochs,
            check_val_every_n_epoch=loop.validate_every,
            logger=logger or False,
            callbacks=callbacks,
            default_root_dir=folder,
        )
        if trainer.world_size > 1:
            batches = DealtBatches(batches, trainer.world_size)
            module.steps = loop.epochs * len(batches)
        # as the sampler, not the batch sampler: only that one is told which epoch it is
        loader = DataLoader(dataset, batch_size=None, sampler=batches)
        fixed: Any = validating
        validation = None if validating is None else DataLoader(fixed, batch_size=None)
        trainer.fit(module, loader, validation, ckpt_path=str(last) if resume else None, weights_only=resume or None)
    score = None if best.best_model_score is None else float(best.best_model_score)
    kept_in = Path(best.best_model_path or last).name
    if not stop_after and trainer.is_global_zero:
        with write_beside(finished) as part:
            part.write_text(json.dumps({"checkpoint": kept_in, "validation_top1": score}), encoding="utf-8")
    return _kept(model, checkpoints / kept_in, score)


def _trainer(loop: Loop, **others: Any) -> Trainer:
    check_device(loop.device)
    try:
        return Trainer(
            accelerator=loop.device,
            devices=loop.devices,
            num_nodes=loop.nodes,
            strategy=loop.strategy,
            use_distributed_sampler=False,  # see DealtBatches
            precision=loop.precision,  # type: ignore[arg-type]
            gradient_clip_val=loop.gradient_norm or None,
            num_sanity_val_steps=0,
            enable_progress_bar=False,
            enable_model_summary=False,
            **others,
        )
    except (MisconfigurationException, ValueError, TypeError) as error:
        where = f"device {loop.device!r}, devices {loop.devices!r}, nodes {loop.nodes}, strategy {loop.strategy!r}"
        raise TrainingError(f"{where}: cannot be trained on here: {error}") from error


def _settle(last: Path, checkpoints: Path) -> None:
    """Tell a checkpoint where its run's folder is now: Lightning forgets the best score of one that was moved."""
    kept = torch.load(last, weights_only=True, map_location="cpu")
    home = str(checkpoints)
    moved = [state for state in kept["callbacks"].values() if state.get("dirpath", home) != home]
    for state in moved:
        state["dirpath"] = home
        for key in ("best_model_path", "kth_best_model_path", "last_model_path"):
            state[key] = str(checkpoints / Path(state[key]).name) if state[key] else ""
        state["best_k_models"] = {
            str(checkpoints / Path(path).name): score for path, score in state["best_k_models"].items()
        }
    if moved:
        with write_beside(last) as part:
            torch.save(kept, part)


class EveryFewEpochs(ModelCheckpoint):
    """Its own class, because Lightning tells the states of callbacks apart by class and settings."""


def _kept(model: nn.Module, checkpoint: Path, score: float | None) -> Kept:
    kept = torch.load(checkpoint, weights_only=True, map_location="cpu")
    state = {k.removeprefix("model."): v for k, v in kept["state_dict"].items() if k.startswith("model.")}
    model.load_state_dict(state)
    return Kept(model.cpu().eval(), int(kept["epoch"]) + 1, score)
