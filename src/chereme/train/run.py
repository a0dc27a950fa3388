"""One training run: a recipe and a packed data set in, a run folder with checkpoints and a bundle out."""

import csv
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning.pytorch import Callback
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from chereme import __version__
from chereme.bundle import Bundle, Calibration, Card
from chereme.bundle.write import write_bundle
from chereme.dataset.store import Store
from chereme.errors import SplitError, TrainingError
from chereme.evaluate.calibration import calibrate
from chereme.evaluate.metrics import score
from chereme.files import write_beside
from chereme.landmarks.image_features import check_encoder
from chereme.layout import layout_named
from chereme.models import ConvTransformer, NearestClips, build_recognizer
from chereme.recipe import Recipe
from chereme.train.answers import (
    Parts,
    embeddings_of,
    logits_of,
    places_of,
    scored_clips,
    split_parts,
    words_of,
)
from chereme.train.batches import EpochBatches, TrainingBatches
from chereme.train.config import RecognizerRecipe
from chereme.train.devices import PLACEMENT, first_process, wait_for_all
from chereme.train.loop import Kept, Loop, run_loop
from chereme.train.module import LateDropout, RecognizerTraining
from chereme.train.space import fit_space
from chereme.train.start import Start, begin_from, start_of
from chereme.train.tracking import Tracking

__all__ = ["claim", "class_weights", "fit", "rates_of", "split_digest", "train_bundle"]


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
    watching: Sequence[Callback] = (),
    track: Tracking | None = None,
    rates: tuple[float, ...] = (),
    start: Start | None = None,
) -> Kept:
    """Train one recognizer; of kind `knn`, remember the training clips.

    Args:
        parts: prepared clips.
        train: indices of the clips to learn from.
        validation: indices of the clips that choose the epoch; None: go to the last epoch.
        recipe: all settings.
        folder: progress.csv and checkpoints/ (best.ckpt, last.ckpt) go here.
        resume: continue from last.ckpt, to the same weights as an unbroken run.
        show: a progress bar.
        stop_after: end early after so many epochs, as an interruption would (the schedule stays).
        watching: Lightning callbacks that look on, or stop the run.
        track: where settings, losses and scores go beside progress.csv.
        rates: learning rate of each epoch instead of the schedule's, see `rates_of`.
        start: weights to begin from, instead of those that the recipe names.

    Raises:
        TrainingError: nothing to resume, devices that this machine has not got, or weights to start from that fit
            nothing here or know the clips to be tested on.
    """
    config = recipe.train
    start = start or start_of(recipe)
    torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed)
    dataset = TrainingBatches(parts.clips.subset(train), len(parts.labels), recipe)
    batches = EpochBatches(len(dataset), config.batch, config.seed)
    model = build_recognizer(len(dataset.plan.names), len(parts.labels), recipe.model)
    if start is not None:
        start.refuse(parts.ids[i] for i in (*parts.validation, *parts.test))
        begin_from(model, start, "classify", parts.labels, dataset.plan.names)
    if isinstance(model, NearestClips):
        return _remember(model, parts, train, validation, recipe)
    weights = class_weights(parts.clips.classes[train], len(parts.labels)) if config.class_weights else None
    module = RecognizerTraining(model, config, config.epochs * len(batches), weights)
    module.watched = "loss" if validation is None else "validation_loss"
    module.rates = rates
    if config.late_dropout_from:
        watching = [*watching, LateDropout(model.drop, config.late_dropout_from)]  # type: ignore[arg-type]
    module.lead = config.margin * recipe.model.scale if recipe.model.classifier == "cosine" else 0.0
    validated = None
    if validation is not None:
        validated = [(b.values, b.mask, b.classes) for b in scored_clips(parts, validation, recipe)]
    kept = run_loop(
        module,
        model,
        dataset,
        batches,
        validated,
        folder,
        Loop.of(config),
        resume=resume,
        show=show,
        stop_after=stop_after,
        watching=watching,
        logger=None if track is None or not first_process() else track.logger(folder, recipe.source),
    )
    if isinstance(kept.model, ConvTransformer) and recipe.model.classifier == "cosine":
        fit_space(kept.model, lambda: embeddings_of(kept.model, parts, train, recipe), parts.clips.classes[train])
    return kept


def _remember(
    model: NearestClips,
    parts: Parts,
    train: NDArray[np.int64],
    validation: NDArray[np.int64] | None,
    recipe: RecognizerRecipe,
) -> Kept:
    """Clips as they are, not augmented: there is nothing to learn from the same clip changed, and more to search."""
    batches = scored_clips(parts, train, recipe)
    longest = max(b.mask.shape[1] for b in batches)
    values = torch.cat([F.pad(b.values, (0, 0, 0, longest - b.mask.shape[1])) for b in batches])
    mask = torch.cat([F.pad(b.mask, (0, longest - b.mask.shape[1])) for b in batches])
    classes = torch.cat([b.classes.repeat_interleave(len(b.values) // len(b.classes)) for b in batches])
    model.remember(values, mask, classes)
    top1 = None
    if validation is not None:
        right = logits_of(model, parts, validation, recipe).argmax(1) == parts.clips.classes[validation]
        top1 = float(right.mean())
    return Kept(model.eval(), 1, top1)


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
    track: Tracking | None = None,
    start: Start | None = None,
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
        track: where settings, losses and scores go beside progress.csv.
        start: weights to begin from, instead of those that the recipe names.
    """
    start = start or start_of(recipe)
    if recipe.image.encoder:
        check_encoder(recipe.image.encoder, layout_named(recipe.preprocess.layout))
    parts = split_parts(store, split, recipe)
    validation = parts.validation if len(parts.validation) else None
    if validation is None and refit:
        raise SplitError(f"split {split_name} has no validation clips, so there is nothing to fit anew on")
    about = {"recipe": recipe.source.text, "split": f"{split_name} {split_digest(store, split)}"}
    about |= {"start": start.origin} if start else {}
    claim(folder, {**about, "seed": recipe.train.seed, "refit": refit}, resume)
    how: dict[str, Any] = {"show": show, "track": track, "start": start}
    trained = fit(parts, parts.train, validation, recipe, folder, resume=resume and _has_last(folder), **how)
    calibration = Calibration()
    scores: dict[str, Any] = {"split": split_name, "seed": recipe.train.seed, "epochs": trained.epochs}
    scores |= {"train_clips": len(parts.train), "chereme": __version__}
    if start is not None:
        scores["started_from"] = start.origin
    if validation is not None:
        logits, distances = logits_of(trained.model, parts, validation, recipe), None
        if familiar := words_of(trained.model, parts, parts.train, recipe):
            distances = familiar.distance(places_of(trained.model, parts, validation, recipe))
        calibration = calibrate(logits, parts.clips.classes[validation], "validation clips", distances)
        scores |= {"validation_clips": len(validation), "validation_top1": trained.validation_top1}
    used = parts.train
    if refit and validation is not None:
        used = np.concatenate([parts.train, validation])
        epochs = trained.epochs if recipe.train.patience else recipe.train.epochs
        again = replace(recipe, train=replace(recipe.train, epochs=epochs))
        second = folder / "refit"
        begun = resume and _has_last(second)
        rates = rates_of(folder, recipe.train.schedule)
        trained = fit(parts, used, None, again, second, resume=begun, rates=rates, **how)
        scores |= {"refit_on_validation": True, "epochs": trained.epochs, "train_clips": len(used)}
    if not first_process():
        wait_for_all()
        return Bundle.load(folder / "bundle")
    if test:
        scores |= _test_scores(trained.model, parts, store, recipe, calibration)
    languages = sorted({clip.language for clip in store.clips if clip.language})
    written = write_bundle(
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
        familiar=words_of(trained.model, parts, used, recipe),
    )
    wait_for_all()
    return written


def rates_of(folder: Path, schedule: str) -> tuple[float, ...]:
    """Learning rates of a finished run, epoch by epoch, where validation brought them down; else none.

    A second training without validation clips goes down the same way: its training loss would say something else.
    """
    progress = folder / "progress.csv"
    if schedule != "plateau" or not progress.exists():
        return ()
    with progress.open(newline="", encoding="utf-8") as file:
        return tuple(float(row["rate"]) for row in csv.DictReader(file))


def _has_last(folder: Path) -> bool:
    return (folder / "checkpoints" / "last.ckpt").exists()


def split_digest(store: Store, split: Mapping[str, str]) -> str:
    """Changes with any clip's landmarks, gloss or part."""
    rows = [
        f"{clip.id}\t{clip.gloss}\t{split.get(clip.id, '')}\t{digest}"
        for clip, digest in zip(store.clips, store.digests, strict=True)
    ]
    return hashlib.sha256("\n".join(sorted(rows)).encode()).hexdigest()[:16]


def claim(folder: Path, about: Mapping[str, Any], resume: bool) -> None:
    """Mark a run's folder with what is trained in it, and refuse to mix two runs.

    Raises:
        TrainingError: the folder holds another run, or this one and `resume` is not set.
    """
    path = folder / "run.json"
    if not first_process():
        return
    if path.exists() or _has_last(folder):
        if not resume:
            raise TrainingError(f"{folder}: holds a run already; go on with --resume, or name another folder with -o")
        if not path.exists() or _essence(json.loads(path.read_text(encoding="utf-8"))) != _essence(about):
            raise TrainingError(
                f"{folder}: was begun with another recipe, split, data or seed; name another folder with -o"
            )
        return
    with write_beside(path) as part:
        part.write_text(json.dumps(about, indent=1, ensure_ascii=False), encoding="utf-8")


def _essence(about: Mapping[str, Any]) -> dict[str, Any]:
    """What must be the same when a run goes on: all but comments and where it computes."""
    tables = Recipe.from_text(about["recipe"]).tables if "recipe" in about else {}
    kept = {
        name: {k: v for k, v in table.items() if k not in PLACEMENT} if isinstance(table, Mapping) else table
        for name, table in tables.items()
        if name != "tune"
    }
    return {**about, "recipe": {name: table for name, table in kept.items() if table}}


def _test_scores(
    model: nn.Module, parts: Parts, store: Store, recipe: RecognizerRecipe, calibration: Calibration
) -> dict[str, Any]:
    signer = {clip.id: clip.signer for clip in store.clips}
    found = score(
        calibration.probabilities(logits_of(model, parts, parts.test, recipe)),
        parts.clips.classes[parts.test],
        parts.labels,
        [signer[parts.ids[i]] for i in parts.test],
    )
    interval = [round(found.top1_ci95.low, 4), round(found.top1_ci95.high, 4)]
    figures = {name: round(getattr(found, name), 4) for name in ("top1", "top5", "macro_f1", "ece")}
    return {"n": found.n, **figures, "top1_ci95": interval, "resampled": found.resampled}


def class_weights(classes: NDArray[np.int64], count: int) -> Tensor:
    """Inverse frequency, mean 1 over the training clips; a gloss without clips weighs nothing, not infinity."""
    clips = np.bincount(classes, minlength=count)
    weights = np.where(clips > 0, len(classes) / (np.count_nonzero(clips) * np.maximum(clips, 1)), 0.0)
    return torch.tensor(weights, dtype=torch.float32)
