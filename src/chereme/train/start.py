"""Weights to begin a training from, instead of random ones."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from chereme.bundle import Bundle, clip_digest, find_bundle, kind_of
from chereme.bundle.write import load_model
from chereme.errors import BundleError, TrainingError
from chereme.features import FeatureConfig, FeaturePlan
from chereme.train.config import RecognizerRecipe

__all__ = ["Start", "begin_from", "read_start", "start_of"]


@dataclass(frozen=True, eq=False)
class Start:
    """Weights of an earlier training."""

    state: Mapping[str, Tensor]
    labels: tuple[str, ...]
    """In class order; empty where they are not known, as of checkpoints of earlier versions: then the last layer is
    left out."""
    origin: str
    """Where they come from, for the scores of the bundle."""
    inputs: tuple[str, ...] = ()
    """Names of the features that a recognizer reads, in order; empty: those of the model to be trained."""
    seen: frozenset[str] = frozenset()
    """Digests of the clips that they were trained on, as `chereme.bundle.clip_digest` gives them."""

    def refuse(self, clips: Iterable[str]) -> None:
        """Refuse to be tested on what was trained on.

        Args:
            clips: ids to validate or test on.

        Raises:
            TrainingError: weights were trained on some of them.
        """
        if learnt := sorted(clip for clip in clips if clip_digest(clip) in self.seen):
            raise TrainingError(
                f"{self.origin}: was trained on {len(learnt)} of the clips to validate or test on, first {learnt[0]};"
                " begin from another, or from random weights"
            )


def read_start(source: str | Path, kind: str = "speller") -> Start:
    """Weights of a bundle (folder or name), or of a speller also those of a checkpoint of an earlier run.

    Args:
        source: bundle or `.ckpt`.
        kind: `speller` or `recognizer`. What a recognizer's checkpoint reads is not known, so it is no start.

    Raises:
        TrainingError: neither.
    """
    path = Path(source)
    try:
        if path.suffix == ".ckpt" and kind == "speller":
            return _read_checkpoint(path)
        folder = find_bundle(source)
        if kind_of(folder) != kind:
            raise BundleError(f"{folder}: holds no {kind}")
        bundle = Bundle.load(folder, kind)
        inputs: tuple[str, ...] = ()
        if kind == "recognizer":
            inputs = FeaturePlan(bundle.layout, bundle.recipe.stage("features", FeatureConfig)).names
        return Start(load_model(bundle).state_dict(), bundle.labels, f"bundle {bundle.name}", inputs, bundle.trained_on)
    except (BundleError, OSError) as error:
        raise TrainingError(f"{source}: no weights to start from: {error}") from error


def start_of(recipe: RecognizerRecipe) -> Start | None:
    """The weights that a recognizer's recipe begins from, if it names any; see `read_start`."""
    return read_start(recipe.train.start, "recognizer") if recipe.train.start else None


def _read_checkpoint(path: Path) -> Start:
    try:
        kept = torch.load(path, weights_only=True, map_location="cpu")
        state = {name.removeprefix("model."): v for name, v in kept["state_dict"].items() if name.startswith("model.")}
        return Start(state, tuple(map(str, kept.get("labels", ()))), f"checkpoint {path.name}")
    except OSError:
        raise
    except Exception as error:  # a damaged file fails anywhere inside torch's reader, with any type
        raise BundleError(f"no checkpoint of a run, or a damaged one ({type(error).__name__})") from error


def begin_from(
    model: nn.Module, start: Start, last: str, labels: Sequence[str], inputs: Sequence[str] = (), table: str = "model"
) -> None:
    """Copy the weights that fit into a model.

    Of the last layer, the rows of the glosses that both know. Of a layer that reads features, the columns of the
    features that both read: so a model of hands and body can begin from one of hands alone. What only the new model
    reads counts for nothing at first.

    Args:
        model: to be trained.
        start: weights.
        last: name of its last layer.
        labels: its glosses in class order.
        inputs: names of the features it reads, in order.
        table: of the recipe that says what fits; stands in the error.

    Raises:
        TrainingError: nothing fits.
    """
    own = model.state_dict()
    copied = 0
    for name, value in own.items():
        given = start.state.get(name)
        if given is None:
            continue
        if name.startswith(last + ".") and tuple(start.labels) != tuple(labels):
            if given.shape[1:] == value.shape[1:] and len(given) == len(start.labels):
                for k, label in enumerate(labels):
                    if label in start.labels:
                        value[k] = given[start.labels.index(label)]
        elif _reads(given, start.inputs) and _reads(value, inputs) and len(given) == len(value):
            position = {feature: k for k, feature in enumerate(start.inputs)}
            both = [(k, position[feature]) for k, feature in enumerate(inputs) if feature in position]
            value.zero_()
            for k, theirs in both:
                value[:, k] = given[:, theirs]
            copied += bool(both)
        elif given.shape == value.shape:
            own[name] = given
            copied += value.ndim > 1 and len(value) > 1  # counters and norms fit models with nothing else in common
    if not copied:
        raise TrainingError(f"{start.origin}: none of its weights fits this model; use its own [{table}] table")
    model.load_state_dict(own)


def _reads(weight: Tensor, inputs: Sequence[str]) -> bool:
    return bool(inputs) and weight.ndim == 2 and weight.shape[1] == len(inputs)
