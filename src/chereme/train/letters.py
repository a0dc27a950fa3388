"""Train a handshape model on hands of a packed store, and write it as a speller bundle."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import Dataset, Sampler

from chereme import __version__
from chereme.augment.hand import augment_hands
from chereme.bundle import Bundle, Calibration, Card
from chereme.bundle.write import write_bundle
from chereme.dataset.store import Store
from chereme.errors import SplitError
from chereme.evaluate.calibration import calibrate
from chereme.features.hand import HandFeatureConfig, hand_feature_names, hand_features, right_hands
from chereme.models.handshape import build_handshape
from chereme.train.letters_config import LettersConfig, LettersRecipe
from chereme.train.loop import Kept, Loop, check_device, run_loop
from chereme.train.module import RecognizerTraining
from chereme.train.run import claim, class_weights, rates_of, split_digest
from chereme.train.start import Start, begin_from
from chereme.types import Floats

__all__ = ["Hands", "fit_letters", "gather_hands", "letter_logits", "train_speller"]

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Hands:
    """N hands that show letters, each from one frame of a clip."""

    points: Floats
    """(N, 21, 3), right or mirrored to right, all seen."""
    classes: Ints
    """(N,) places in `labels`."""
    clips: Ints
    """(N,) places in the store."""
    sources: tuple[str, ...]
    """(N,) names of the clips' sources, less their blocks."""
    labels: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.points)

    def subset(self, keep: Ints | NDArray[np.bool_]) -> "Hands":
        """Some of the hands."""
        keep = np.flatnonzero(keep) if keep.dtype == bool else keep
        return Hands(
            self.points[keep], self.classes[keep], self.clips[keep], tuple(self.sources[i] for i in keep), self.labels
        )


def gather_hands(
    store: Store, chosen: Sequence[int] | Ints, config: LettersConfig, labels: tuple[str, ...] | None = None
) -> Hands:
    """The hands of some clips; of a clip of several frames those in which its letter is held.

    Clips without a hand give none. Of glosses outside `labels` neither.

    Args:
        store: packed clips of any layout with a hand.
        chosen: places in the store.
        config: says which stretch of a clip counts.
        labels: in class order; None: the glosses of the chosen clips, sorted.
    """
    if labels is None:
        labels = tuple(sorted({store.clips[i].gloss for i in chosen}))
    position = {gloss: k for k, gloss in enumerate(labels)}
    points, classes, clips, sources = [], [], [], []
    for i in chosen:
        clip = store.clips[i]
        if clip.gloss not in position:
            continue
        hands, _ = right_hands(store.sequence(int(i)))
        hands = hands[~np.isnan(hands).any((1, 2))]
        if len(hands) > 1:
            first = int(config.hold[0] * len(hands))
            hands = hands[first : max(first + 1, round(config.hold[1] * len(hands)))]
        points.append(hands)
        classes += [position[clip.gloss]] * len(hands)
        clips += [int(i)] * len(hands)
        sources += [clip.source.partition(" block")[0]] * len(hands)
    return Hands(
        np.concatenate(points) if points else np.zeros((0, 21, 3), np.float32),
        np.array(classes, np.int64),
        np.array(clips, np.int64),
        tuple(sources),
        labels,
    )


def fit_letters(
    train: Hands,
    validation: Hands | None,
    recipe: LettersRecipe,
    folder: Path,
    *,
    start: Start | None = None,
    resume: bool = False,
    show: bool = False,
    stop_after: int | None = None,
    rates: tuple[float, ...] = (),
) -> Kept:
    """Train one handshape model; arguments as of `chereme.train.run.fit`.

    Raises:
        SplitError: no hand to train on.
        TrainingError: nothing to resume, or weights to start from that fit nothing here.
    """
    config = recipe.letters
    if len(train) < 2:
        raise SplitError(f"{len(train)} hands to train on; look at the data with `chereme dataset stats`")
    torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed)
    model = build_handshape(len(hand_feature_names(recipe.features.kind)), len(train.labels), recipe.model)
    if start is not None:
        begin_from(model, start, _last_layer(model), train.labels, table="handshape")
    batches = LetterBatches(train, config)
    weights = class_weights(train.classes, len(train.labels)) if config.class_weights else None
    validating = None
    if validation is not None and len(validation):
        values = torch.from_numpy(hand_features(validation.points, recipe.features))
        validating = list(zip(values.split(1024), torch.from_numpy(validation.classes).split(1024), strict=True))
    module = RecognizerTraining(model, config, config.epochs * len(batches), weights)
    module.labels = train.labels
    module.watched = "loss" if validating is None else "validation_loss"
    module.rates = rates
    return run_loop(
        module,
        model,
        LetterDataset(train, recipe),
        batches,
        validating,
        folder,
        Loop(
            config.epochs,
            config.validated_every,
            config.patience,
            config.average,
            config.gradient_norm,
            device=config.device,
            save_every=config.save_every,
        ),
        resume=resume,
        show=show,
        stop_after=stop_after,
    )


def letter_logits(model: nn.Module, points: Floats, features: HandFeatureConfig) -> Floats:
    """Raw scores (N, K) of right hands (N, 21, 3)."""
    with torch.no_grad():
        return np.asarray(model.eval()(torch.from_numpy(hand_features(points, features))).numpy(), np.float32)


def train_speller(
    recipe: LettersRecipe,
    store: Store,
    split: Mapping[str, str],
    folder: Path,
    card: Card,
    *,
    split_name: str,
    name: str | None = None,
    labels: tuple[str, ...] | None = None,
    language: str | None = None,
    start: Start | None = None,
    refit: bool = False,
    resume: bool = False,
    show: bool = False,
) -> Bundle:
    """Train, calibrate on validation hands, and write a bundle at `folder/bundle`.

    Args:
        recipe: all settings.
        store: packed clips of any layout with a hand.
        split: clip id to part.
        folder: the run's folder, made when absent.
        card: goes into the bundle.
        split_name: recorded beside the scores.
        name: of the bundle; None: the run folder's.
        labels: of the bundle; None: the glosses of the training clips, sorted. Others help to
            train and are then cut off.
        language: ISO 639-3; None: that of the training clips, where all name the same.
        start: weights to begin from.
        refit: after validation, train anew on training and validation clips together, to the best epoch where
            patience may stop a run early, else to the end.
        resume: continue an interrupted run.
        show: a progress bar.
    """
    parts: dict[str, list[int]] = defaultdict(list)
    for i, clip in enumerate(store.clips):
        parts[split.get(clip.id, "")].append(i)
    config = recipe.letters
    check_device(config.device)
    learned = labels_of(store, parts["train"], labels)
    train = gather_hands(store, parts["train"], config, learned)
    validation = gather_hands(store, parts["validation"], config, learned)
    if not len(train):
        raise SplitError(f"split {split_name} leaves no hand to train on; look at it with `chereme dataset stats`")
    if refit and not len(validation):
        raise SplitError(f"split {split_name} has no validation hands, so there is nothing to fit anew on")
    if unknown := sorted({store.clips[i].gloss for i in parts["validation"]} - set(learned)):
        raise SplitError(f"no training clip of {', '.join(unknown[:5])}, yet they are to validate")
    last = folder / "checkpoints" / "last.ckpt"
    about = {"recipe": recipe.source.text, "split": f"{split_name} {split_digest(store, split)}"}
    claim(folder, {**about, "seed": config.seed, "refit": refit, "start": start.origin if start else ""}, resume)
    kept = fit_letters(train, validation, recipe, folder, start=start, resume=last.exists(), show=show)
    calibration = Calibration()
    scores: dict[str, Any] = {"split": split_name, "seed": config.seed, "epochs": kept.epochs}
    scores |= {"train_hands": len(train), "chereme": __version__}
    if start is not None:
        scores["started_from"] = start.origin
    if len(validation):
        logits = letter_logits(kept.model, validation.points, recipe.features)
        calibration = calibrate(logits, validation.classes, "validation hands")
        scores |= {"validation_hands": len(validation), "validation_top1": kept.validation_top1}
    used = train
    if refit:
        used = gather_hands(store, sorted([*parts["train"], *parts["validation"]]), config, learned)
        epochs = kept.epochs if config.patience else config.epochs
        again = replace(recipe, letters=replace(config, epochs=epochs))
        second = folder / "refit"
        begun = (second / "checkpoints" / "last.ckpt").exists()
        rates = rates_of(folder, config.schedule)
        kept = fit_letters(used, None, again, second, start=start, resume=begun, show=show, rates=rates)
        scores |= {"refit_on_validation": True, "epochs": kept.epochs, "train_hands": len(used)}
    model, learned = _without(kept.model, learned, labels)
    languages = sorted({store.clips[i].language for i in np.unique(used.clips) if store.clips[i].language})
    return write_bundle(
        folder / "bundle",
        model,
        recipe.source,
        labels=learned,
        language=(languages[0] if len(languages) == 1 else "") if language is None else language,
        calibration=calibration,
        card=card,
        scores=scores,
        trained_on=[store.clips[i].id for i in np.unique(used.clips)],
        name=name or folder.resolve().name,
        kind="speller",
    )


def labels_of(store: Store, chosen: Sequence[int], wanted: tuple[str, ...] | None) -> tuple[str, ...]:
    """Class order: the wanted labels first, then the other glosses of the training clips.

    Raises:
        SplitError: a wanted label has no training clip.
    """
    there = sorted({store.clips[i].gloss for i in chosen})
    if wanted is None:
        return tuple(there)
    if lost := [label for label in wanted if label not in there]:
        raise SplitError(f"no training clip of {', '.join(lost[:5])} ({len(lost)} letters)")
    return (*wanted, *(gloss for gloss in there if gloss not in wanted))


class LetterBatches(Sampler[tuple[int, int, Ints]]):
    """Which hands make the batches of an epoch, from the seed and the epoch's number alone."""

    def __init__(self, hands: Hands, config: LettersConfig) -> None:
        self.hands, self.config = hands, config
        self.epoch = 0
        self._places: dict[str, dict[int, Ints]] = {}
        sources = np.array(hands.sources)
        for source in sorted(set(hands.sources)):
            mine = sources == source
            self._places[source] = {
                int(k): np.flatnonzero(mine & (hands.classes == k)) for k in np.unique(hands.classes[mine])
            }
        shares = np.array([config.weights.get(source, 1.0) for source in self._places])
        self._shares = shares / shares.sum()

    def set_epoch(self, epoch: int) -> None:
        """Lightning calls this before each epoch."""
        self.epoch = epoch

    def __len__(self) -> int:
        return max(1, len(self.hands) // self.config.batch)

    def __iter__(self) -> Iterator[tuple[int, int, Ints]]:
        rng = np.random.default_rng((self.config.seed, self.epoch))
        order = rng.permutation(len(self.hands))
        for number in range(len(self)):
            if self.config.balance:
                yield self.epoch, number, self._drawn(rng)
            else:
                yield self.epoch, number, order[number * self.config.batch : (number + 1) * self.config.batch]

    def _drawn(self, rng: np.random.Generator) -> Ints:
        found: list[Ints] = []
        counts = rng.multinomial(self.config.batch, self._shares)
        for count, places in zip(counts, self._places.values(), strict=True):
            classes = list(places.values())
            drawn = np.bincount(rng.integers(len(classes), size=count), minlength=len(classes))
            found += [rng.choice(some, n) for some, n in zip(classes, drawn, strict=True) if n]
        return np.concatenate(found)


class LetterDataset(Dataset[tuple[Tensor, Tensor]]):
    """Turns a key of `LetterBatches` into features and targets."""

    def __init__(self, hands: Hands, recipe: LettersRecipe) -> None:
        self.hands, self.recipe = hands, recipe

    def __getitem__(self, key: tuple[int, int, Ints]) -> tuple[Tensor, Tensor]:
        epoch, number, chosen = key
        points = self.hands.points[chosen]
        if self.recipe.letters.augment:
            rng = np.random.default_rng((self.recipe.letters.seed, epoch, number, 1))
            points = augment_hands(points, self.recipe.augment, rng)
        targets = np.eye(len(self.hands.labels), dtype=np.float32)[self.hands.classes[chosen]]
        return torch.from_numpy(hand_features(points, self.recipe.features)), torch.from_numpy(targets)


def _without(
    model: nn.Module, learned: tuple[str, ...], wanted: tuple[str, ...] | None
) -> tuple[nn.Module, tuple[str, ...]]:
    """The model less the classes that only helped to train; they are the last ones."""
    if wanted is None or len(wanted) == len(learned):
        return model, learned
    layer = model.get_submodule(_last_layer(model))
    assert isinstance(layer, nn.Linear)
    count = len(wanted)
    cut = nn.Linear(layer.in_features, count)
    with torch.no_grad():
        cut.weight.copy_(layer.weight[:count])
        cut.bias.copy_(layer.bias[:count])
    model.set_submodule(_last_layer(model), cut)
    return model.eval(), wanted


def _last_layer(model: nn.Module) -> str:
    return [name for name, module in model.named_modules() if isinstance(module, nn.Linear)][-1]
