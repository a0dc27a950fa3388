"""One training run: a recipe and a packed data set in, a run folder with checkpoints and a bundle out."""

import hashlib
import json
import logging
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning.pytorch import Callback, Trainer
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import DataLoader

from chereme import __version__
from chereme.bundle import Bundle, Calibration, Card
from chereme.bundle.write import write_bundle
from chereme.dataset.store import Store
from chereme.errors import SplitError, TrainingError
from chereme.evaluate.calibration import choose_unknown_threshold, fit_temperature
from chereme.evaluate.metrics import score
from chereme.files import write_beside
from chereme.models import build_recognizer
from chereme.train.batches import EpochBatches, PreparedClips, TrainingBatches, make_batch, prepare
from chereme.train.config import RecognizerRecipe
from chereme.train.module import AverageWeights, Progress, RecognizerTraining
from chereme.types import Floats

__all__ = ["Parts", "TrainedRecognizer", "fit", "logits_of", "split_parts", "train_bundle"]


@dataclass(frozen=True, eq=False)
class Parts:
    """Prepared clips of a store, and which of them belong to which part of a split."""

    clips: PreparedClips
    ids: tuple[str, ...]
    labels: tuple[str, ...]
    """Glosses in class order: sorted, all that the split uses."""
    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class TrainedRecognizer:
    """What a fit gives."""

    model: nn.Module
    """With the averaged weights of the best validated epoch, or of the last without validation."""
    epochs: int
    """Epochs that those weights have seen."""
    validation_top1: float | None


def split_parts(store: Store, split: Mapping[str, str], recipe: RecognizerRecipe) -> Parts:
    """Prepare every clip that a split names.

    Args:
        store: packed clips.
        split: clip id to `train`, `validation` or `test`; other clips are left out.
        recipe: says how clips are preprocessed.

    Raises:
        SplitError: no training clip, or a gloss to be validated or tested has none.
    """
    chosen = [i for i, clip in enumerate(store.clips) if split.get(clip.id)]
    parts = np.array([split[store.clips[i].id] for i in chosen])
    glosses = [store.clips[i].gloss for i in chosen]
    trained = {g for g, part in zip(glosses, parts, strict=True) if part == "train"}
    if not trained:
        raise SplitError("the split leaves no clip to train on; look at it with `chereme dataset stats`")
    if lost := sorted(set(glosses) - trained):
        raise SplitError(f"no training clip of {', '.join(lost[:5])} ({len(lost)} glosses), yet they are to be scored")
    labels = tuple(sorted(trained))
    position = {gloss: k for k, gloss in enumerate(labels)}
    clips = prepare([store.sequence(i) for i in chosen], [position[g] for g in glosses], recipe)
    train, validation, test = (np.flatnonzero(parts == name) for name in ("train", "validation", "test"))
    return Parts(clips, tuple(store.clips[i].id for i in chosen), labels, train, validation, test)


def fit(
    parts: Parts,
    train: NDArray[np.int64],
    validation: NDArray[np.int64] | None,
    recipe: RecognizerRecipe,
    folder: Path,
    *,
    resume: bool = False,
    show: bool = False,
    stop_after: int | None = None,
) -> TrainedRecognizer:
    """Train one recognizer.

    Args:
        parts: prepared clips.
        train: indices of the clips to learn from.
        validation: indices of the clips that choose the epoch; None: go to the last epoch.
        recipe: all settings.
        folder: progress.csv and checkpoints/ (best.ckpt, last.ckpt) go here.
        resume: continue from last.ckpt, to the same weights as an unbroken run.
        show: a progress bar.
        stop_after: end early after so many epochs, as an interruption would (the schedule stays).

    Raises:
        TrainingError: nothing to resume, or the folder holds another run.
    """
    config = recipe.train
    folder.mkdir(parents=True, exist_ok=True)
    checkpoints = folder / "checkpoints"
    last = checkpoints / "last.ckpt"
    finished = folder / "finished.json"
    if resume and not last.exists():
        raise TrainingError(f"{folder}: no checkpoint to resume from; start without --resume")
    # the last epoch, where the learning rate has come down, is always among those that are validated
    validate_every = next(n for n in range(config.validate_every, 0, -1) if config.epochs % n == 0)
    torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed)
    batches = EpochBatches(len(train), config.batch, config.seed)
    dataset = TrainingBatches(parts.clips.subset(train), len(parts.labels), recipe)
    model = build_recognizer(len(dataset.plan.names), len(parts.labels), recipe.model)
    if resume and finished.exists():
        end = json.loads(finished.read_text(encoding="utf-8"))
        return _kept(model, checkpoints / end["checkpoint"], end["validation_top1"])
    weights = _class_weights(parts.clips.classes[train], len(parts.labels)) if config.class_weights else None
    module = RecognizerTraining(model, config, config.epochs * len(batches), weights)
    keep: dict[str, Any] = {"dirpath": checkpoints, "enable_version_counter": False}
    latest = ModelCheckpoint(filename="last", save_on_train_epoch_end=True, **keep)
    best = ModelCheckpoint(filename="best", monitor="validation_top1", mode="max", **keep)
    callbacks: list[Callback] = [Progress(folder / "progress.csv", config.epochs, show)]
    if validation is not None:
        callbacks.append(best)
    callbacks.append(latest)  # after the best one, so that it knows what is best so far
    if config.average:
        callbacks.append(AverageWeights(config.average))
    if config.patience and validation is not None:
        checks = max(1, config.patience // validate_every)
        callbacks.append(EarlyStopping("validation_top1", mode="max", patience=checks))
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # advice on workers and loggers that does not hold for small data
        trainer = Trainer(
            accelerator="cpu",
            devices=1,
            max_epochs=stop_after or config.epochs,
            precision=config.precision,  # type: ignore[arg-type]
            gradient_clip_val=config.gradient_norm,
            check_val_every_n_epoch=validate_every,
            num_sanity_val_steps=0,
            logger=False,
            callbacks=callbacks,
            enable_progress_bar=False,
            enable_model_summary=False,
            default_root_dir=folder,
        )
        # as the sampler, not the batch sampler: only that one is told which epoch it is
        loader = DataLoader(dataset, batch_size=None, sampler=batches)
        validating = None
        if validation is not None:
            fixed: Any = _fixed_batches(parts.clips, validation, recipe, dataset)
            validating = DataLoader(fixed, batch_size=None)
        trainer.fit(module, loader, validating, ckpt_path=str(last) if resume else None, weights_only=resume or None)
    score = None if best.best_model_score is None else float(best.best_model_score)
    kept_in = Path(best.best_model_path or last).name
    if not stop_after:
        with write_beside(finished) as part:
            part.write_text(json.dumps({"checkpoint": kept_in, "validation_top1": score}), encoding="utf-8")
    return _kept(model, checkpoints / kept_in, score)


def _kept(model: nn.Module, checkpoint: Path, score: float | None) -> TrainedRecognizer:
    kept = torch.load(checkpoint, weights_only=True)
    state = {k.removeprefix("model."): v for k, v in kept["state_dict"].items() if k.startswith("model.")}
    model.load_state_dict(state)
    return TrainedRecognizer(model.eval(), int(kept["epoch"]) + 1, score)


def logits_of(model: nn.Module, parts: Parts, chosen: NDArray[np.int64], recipe: RecognizerRecipe) -> Floats:
    """Raw scores (N, K) of some prepared clips, not augmented."""
    dataset = TrainingBatches(parts.clips, len(parts.labels), recipe)
    model.eval()
    with torch.no_grad():
        rows = [model(values, mask) for values, mask, _ in _fixed_batches(parts.clips, chosen, recipe, dataset)]
    return np.asarray(torch.cat(rows).numpy(), np.float32)


def train_bundle(
    recipe: RecognizerRecipe,
    store: Store,
    split: Mapping[str, str],
    folder: Path,
    card: Card,
    *,
    split_name: str,
    name: str | None = None,
    refit: bool = False,
    test: bool = False,
    resume: bool = False,
    show: bool = False,
) -> Bundle:
    """Train, calibrate on validation clips, and write a bundle at `folder/bundle`.

    Args:
        recipe: all settings.
        store: packed clips.
        split: clip id to part.
        folder: the run's folder, made when absent.
        card: goes into the bundle.
        split_name: recorded beside the scores.
        name: of the bundle; None: the run folder's.
        refit: after validation has given the calibration, train anew on training and validation clips
            together: to the end of the schedule, or to the best epoch where patience may stop a run early.
        test: score the final weights on the test part, once, and put the scores into the bundle.
        resume: continue an interrupted run.
        show: a progress bar.
    """
    parts = split_parts(store, split, recipe)
    validation = parts.validation if len(parts.validation) else None
    if validation is None and refit:
        raise SplitError(f"split {split_name} has no validation clips, so there is nothing to fit anew on")
    _claim(folder, recipe, f"{split_name} {_digest(store, split)}", refit, resume)
    trained = fit(parts, parts.train, validation, recipe, folder, resume=resume and _has_last(folder), show=show)
    calibration = Calibration()
    scores: dict[str, Any] = {"split": split_name, "seed": recipe.train.seed, "epochs": trained.epochs}
    scores |= {"train_clips": len(parts.train), "chereme": __version__}
    if validation is not None:
        calibration = _calibrate(logits_of(trained.model, parts, validation, recipe), parts.clips.classes[validation])
        scores |= {"validation_clips": len(validation), "validation_top1": trained.validation_top1}
    used = parts.train
    if refit and validation is not None:
        used = np.concatenate([parts.train, validation])
        epochs = trained.epochs if recipe.train.patience else recipe.train.epochs
        again = replace(recipe, train=replace(recipe.train, epochs=epochs))
        second = folder / "refit"
        trained = fit(parts, used, None, again, second, resume=resume and _has_last(second), show=show)
        scores |= {"refit_on_validation": True, "epochs": trained.epochs, "train_clips": len(used)}
    if test:
        scores |= _test_scores(trained.model, parts, store, recipe, calibration)
    languages = sorted({clip.language for clip in store.clips if clip.language})
    return write_bundle(
        folder / "bundle",
        trained.model,
        recipe.source,
        labels=parts.labels,
        language=languages[0] if len(languages) == 1 else "",
        calibration=calibration,
        card=card,
        scores=scores,
        trained_on=[parts.ids[i] for i in used],
        name=name or folder.resolve().name,
    )


def _has_last(folder: Path) -> bool:
    return (folder / "checkpoints" / "last.ckpt").exists()


def _digest(store: Store, split: Mapping[str, str]) -> str:
    """Changes with any clip's landmarks, gloss or part."""
    rows = [
        f"{clip.id}\t{clip.gloss}\t{split.get(clip.id, '')}\t{digest}"
        for clip, digest in zip(store.clips, store.digests, strict=True)
    ]
    return hashlib.sha256("\n".join(sorted(rows)).encode()).hexdigest()[:16]


def _claim(folder: Path, recipe: RecognizerRecipe, split: str, refit: bool, resume: bool) -> None:
    """Mark a run's folder with what is trained in it, and refuse to mix two runs."""
    about = {"recipe": recipe.source.text, "split": split, "seed": recipe.train.seed, "refit": refit}
    path = folder / "run.json"
    if path.exists() or _has_last(folder):
        if not resume:
            raise TrainingError(f"{folder}: holds a run already; go on with --resume, or name another folder with -o")
        if not path.exists() or json.loads(path.read_text(encoding="utf-8")) != about:
            raise TrainingError(
                f"{folder}: was begun with another recipe, split, data or seed; name another folder with -o"
            )
        return
    with write_beside(path) as part:
        part.write_text(json.dumps(about, indent=1, ensure_ascii=False), encoding="utf-8")


def _calibrate(logits: Floats, truth: NDArray[np.int64]) -> Calibration:
    # a few clips that are all right would ask for a temperature near 0, and so for certainty: not below 0.25
    temperature = fit_temperature(logits, truth, low=0.25)
    scaled = np.exp(logits / temperature - (logits / temperature).max(1, keepdims=True))
    threshold = choose_unknown_threshold(scaled / scaled.sum(1, keepdims=True), truth)
    # rounded down: the threshold is one of the answers' own probabilities, and that answer is to be kept
    return Calibration(round(temperature, 4), np.floor(threshold * 1e4) / 1e4, f"{len(truth)} validation clips")


def _test_scores(
    model: nn.Module, parts: Parts, store: Store, recipe: RecognizerRecipe, calibration: Calibration
) -> dict[str, Any]:
    logits = logits_of(model, parts, parts.test, recipe) / calibration.temperature
    scaled = np.exp(logits - logits.max(1, keepdims=True))
    signer = {clip.id: clip.signer for clip in store.clips}
    found = score(
        scaled / scaled.sum(1, keepdims=True),
        parts.clips.classes[parts.test],
        parts.labels,
        [signer[parts.ids[i]] for i in parts.test],
    )
    interval = [round(found.top1_ci95.low, 4), round(found.top1_ci95.high, 4)]
    figures = {name: round(getattr(found, name), 4) for name in ("top1", "top5", "macro_f1", "ece")}
    return {"n": found.n, **figures, "top1_ci95": interval, "resampled": found.resampled}


def _class_weights(classes: NDArray[np.int64], count: int) -> Tensor:
    """Inverse frequency, mean 1 over the training clips; a gloss without clips weighs nothing, not infinity."""
    clips = np.bincount(classes, minlength=count)
    weights = np.where(clips > 0, len(classes) / (np.count_nonzero(clips) * np.maximum(clips, 1)), 0.0)
    return torch.tensor(weights, dtype=torch.float32)


def _fixed_batches(
    clips: PreparedClips, chosen: NDArray[np.int64], recipe: RecognizerRecipe, dataset: TrainingBatches
) -> list[tuple[Tensor, Tensor, Tensor]]:
    """Clips without augmentation, in order, with their classes."""
    batches = []
    for start in range(0, len(chosen), 256):
        some = chosen[start : start + 256]
        values, mask = make_batch(clips, some, recipe, dataset.plan, None)
        batches.append((torch.from_numpy(values), torch.from_numpy(mask), torch.from_numpy(clips.classes[some])))
    return batches
