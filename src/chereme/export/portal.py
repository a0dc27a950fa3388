"""Checkpoints of the alphabet portal (alphabet-sign-recognition-portal, commit 84152b3) made into speller bundles.

Its files cannot be loaded as they say: the model type is always `v1`, also of v2; the sizes of the layers are not
saved; and the labels are NumPy strings, which torch refuses to read without running code. So the type and sizes are
taken from the weights, by order and shape, and the labels are read by a loader that knows NumPy strings and nothing
else.
"""

import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from chereme.bundle import INDEX, Bundle, Calibration, Card
from chereme.bundle.write import write_bundle
from chereme.errors import BundleError, CheremeError
from chereme.features.hand import hand_feature_names
from chereme.models.handshape import HandshapeConfig, build_handshape
from chereme.recipe import Recipe

__all__ = ["Checkpoint", "Layer", "convert_checkpoint", "layers_of", "read_checkpoint"]

DROPOUT = 0.3
"""The portal's trainer's default; its checkpoints do not say, and a trained model's answers do not depend on it."""

_SCALAR: Any = np.str_("A").__reduce__()[0]
_NUMPY_STRING: list[Callable[..., Any] | tuple[Callable[..., Any], str]] = [
    (_SCALAR, "numpy._core.multiarray.scalar"),  # the name since NumPy 2
    (_SCALAR, "numpy.core.multiarray.scalar"),
    np.dtype,
    type(np.dtype("U1")),
]
"""All that a pickled NumPy string names beside what torch allows of itself."""

_LIMITS = (
    "trained elsewhere, on data we have not seen: measure it with `chereme evaluate` before trusting it",
    "its probabilities are not calibrated, and it never declines",
    "the portal measured x by the picture's width and y by its height, and did not turn left hands into right ones;"
    " chereme gives it right hands in true proportions, which differ where pictures are not square",
    "letters that move (J and Z in ASL) are guessed from one moment",
)


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """What a portal checkpoint holds that a bundle needs."""

    weights: Mapping[str, Tensor]
    labels: tuple[str, ...]
    """In class order."""
    epoch: int | None
    """Counted from 0."""
    val_accuracy: float | None
    """Percent, on a random split of the portal's own data."""


@dataclass(frozen=True, eq=False)
class Layer:
    """Weights of one hidden layer: Linear, BatchNorm, and in v2 the linear map that skips them, if there is one."""

    linear: Mapping[str, Tensor]
    norm: Mapping[str, Tensor]
    skip: Mapping[str, Tensor] | None = None

    @property
    def size(self) -> int:
        return len(self.linear["weight"])


def convert_checkpoint(
    path: str | Path,
    folder: str | Path,
    *,
    hidden: tuple[int, ...] | None = None,
    dropout: float | None = None,
    language: str = "ase",
) -> Bundle:
    """Write the speller bundle of a portal checkpoint; it answers as the portal's model does, to 1e-5.

    Labels such as `nothing`, `del` and `space` stay labels.

    Args:
        path: `.pt` or `.pth`; nothing in it is run.
        folder: of the bundle; an earlier bundle there is replaced.
        hidden: sizes of the hidden layers that the weights must have; None: whatever they have.
        dropout: to be noted in the recipe, for training that continues; None: the portal's default.
        language: ISO 639-3 of the alphabet; the portal's is American.

    Raises:
        BundleError: the file is no portal checkpoint, holds code, or its weights are neither v1 nor v2.
        CheremeError: `folder` holds something that is no bundle.
    """
    path, folder = Path(path), Path(folder)
    if folder.exists() and not (folder / INDEX).is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise CheremeError(f"{folder}: exists and is not a bundle; give another place with -o, or move it away first")
    found = read_checkpoint(path)
    kind, layers, output = layers_of(found.weights, str(path))
    sizes = tuple(layer.size for layer in layers)
    if hidden is not None and sizes != tuple(hidden):
        raise BundleError(f"{path}: its hidden layers are of sizes {list(sizes)}, not {list(hidden)}")
    if len(output["weight"]) != len(found.labels):
        raise BundleError(f"{path}: {len(output['weight'])} classes, but label_mapping names {len(found.labels)}")
    inputs, expected = layers[0].linear["weight"].shape[1], len(hand_feature_names("hand-84"))
    if inputs != expected:
        raise BundleError(
            f"{path}: the model reads {inputs} numbers of a hand where the portal's features are {expected};"
            " it can be trained again with `chereme train`"
        )
    config = HandshapeConfig(kind, sizes, DROPOUT if dropout is None else dropout)
    model = build_handshape(inputs, len(found.labels), config)
    try:
        _fill(model, layers, output)
    except (RuntimeError, ValueError) as error:
        raise BundleError(f"{path}: its layers do not fit together as the portal's {kind}: {error}") from error
    if not all(torch.isfinite(value).all() for value in model.state_dict().values()):
        raise BundleError(f"{path}: some weights are infinite or no numbers; the training that made it went wrong")
    return write_bundle(
        folder,
        model.eval(),
        _recipe(path, config),
        labels=found.labels,
        language=language,
        calibration=Calibration(),
        card=_card(path, kind, sizes),
        scores={"portal": _scores(found)},
        trained_on=(),
        kind="speller",
    )


def read_checkpoint(path: str | Path) -> Checkpoint:
    """Read a portal checkpoint without running anything that it holds.

    Raises:
        BundleError: no such file, no checkpoint, code in it, or labels that are missing or double.
    """
    path = Path(path)
    try:
        with torch.serialization.safe_globals(_NUMPY_STRING):
            saved = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        what = str(error).partition("GLOBAL ")[2].split(" ")[0]
        why = f"it would run {what}" if what else "it holds code, or is no checkpoint of torch"
        raise BundleError(f"{path}: not read, for {why}; only weights and plain values are") from error
    except OSError as error:
        raise BundleError(f"{path}: cannot be read: {error.strerror or error}") from error
    except Exception as error:  # a damaged file fails anywhere inside torch's reader, with any type
        raise BundleError(f"{path}: no checkpoint of torch, or a damaged one: {error}") from error
    weights = saved.get("model_state_dict") if isinstance(saved, dict) else None
    if not isinstance(weights, Mapping) or not all(isinstance(value, Tensor) for value in weights.values()):
        raise BundleError(f"{path}: no model_state_dict in it, so it is no checkpoint of the alphabet portal")
    epoch, accuracy = saved.get("epoch"), saved.get("val_accuracy")
    return Checkpoint(
        weights,
        _labels(saved.get("label_mapping"), path),
        int(epoch) if isinstance(epoch, int) else None,
        float(accuracy) if isinstance(accuracy, int | float) else None,
    )


def layers_of(
    weights: Mapping[str, Tensor], where: str = "checkpoint"
) -> tuple[str, tuple[Layer, ...], Mapping[str, Tensor]]:
    """Find the layers of a portal model by the order and shapes of its weights; names of modules may be any.

    Where all layers of a v2 are of one size, nothing is left to skip with and only the way the modules are nested
    tells it from a v1: one `Sequential` holds all of a v1.

    Returns:
        `v1` or `v2`, the hidden layers, and the weights of the output layer.

    Raises:
        BundleError: the weights are of another model.
    """
    modules = _modules(weights)
    names, parts = list(modules), list(modules.values())
    shapes = [part["weight"].ndim if "weight" in part else 0 for part in parts]
    layers: list[Layer] = []
    at = 0
    while at < len(parts) - 1:
        if shapes[at : at + 2] == [2, 1] and "running_mean" in parts[at + 1]:
            layers.append(Layer(parts[at], parts[at + 1]))
            at += 2
        elif shapes[at] == 2 and len(layers) > 1 and layers[-1].skip is None:
            layers[-1] = Layer(layers[-1].linear, layers[-1].norm, parts[at])
            at += 1
        else:
            break
    if not layers or at != len(parts) - 1 or shapes[at] != 2:
        raise BundleError(f"{where}: its weights are neither the portal's v1 nor its v2: {', '.join(names) or 'none'}")
    nested = len({name.rpartition(".")[0] for name in names}) > 1
    return "v2" if nested or any(layer.skip for layer in layers) else "v1", tuple(layers), parts[at]


def _modules(weights: Mapping[str, Tensor]) -> dict[str, dict[str, Tensor]]:
    """Weights by module, in the order of the file."""
    found: dict[str, dict[str, Tensor]] = {}
    for key, value in weights.items():
        module, _, name = key.rpartition(".")
        found.setdefault(module, {})[name] = value
    return found


def _fill(model: nn.Module, layers: tuple[Layer, ...], output: Mapping[str, Tensor]) -> None:
    """Put the weights into our model of the same kind and sizes.

    Raises:
        RuntimeError: a shape does not fit, or a part of a layer is missing or too much.
        ValueError: another number of layers or skips.
    """
    linears: list[nn.Module] = []
    norms: list[nn.Module] = []
    skips: list[nn.Module] = []
    for name, module in model.named_modules():
        if isinstance(module, nn.BatchNorm1d):
            norms.append(module)
        elif isinstance(module, nn.Linear):
            (skips if name.startswith("skip_connections") else linears).append(module)
    pairs: list[tuple[nn.Module, Mapping[str, Tensor]]] = [
        *zip(linears, [*(layer.linear for layer in layers), output], strict=True),
        *zip(norms, ({"num_batches_tracked": torch.tensor(0), **layer.norm} for layer in layers), strict=True),
        *zip(skips, (layer.skip for layer in layers if layer.skip), strict=True),
    ]
    for module, weights in pairs:
        module.load_state_dict(weights)


def _labels(mapping: Any, path: Path) -> tuple[str, ...]:
    if not isinstance(mapping, Mapping) or not mapping:
        raise BundleError(f"{path}: no label_mapping in it; without it nobody knows which letter a class is")
    try:
        named = {int(index): str(name) for index, name in mapping.items()}
    except (TypeError, ValueError) as error:
        raise BundleError(f"{path}: label_mapping must give a name to each number: {error}") from error
    if sorted(named) != list(range(len(mapping))) or len(set(named.values())) != len(mapping):
        raise BundleError(f"{path}: label_mapping must name the classes from 0 on, each by another name")
    return tuple(named[index] for index in range(len(named)))


def _recipe(path: Path, config: HandshapeConfig) -> Recipe:
    return Recipe.from_text(
        f"""# Converted from {path.name!r}, a checkpoint of the alphabet portal.

[hand_features]
kind = "hand-84"

[handshape]
kind = "{config.kind}"
hidden = {list(config.hidden)}
dropout = {config.dropout}
""",
        path.stem,
    )


def _card(path: Path, kind: str, sizes: tuple[int, ...]) -> Card:
    return Card(
        title=f"Letters, converted from {path.name}",
        summary=(
            f"A {kind} model with hidden layers of {', '.join(map(str, sizes))}, read from a checkpoint of the alphabet"
            " portal (alphabet-sign-recognition-portal). It answers as that model does; how well that is was not"
            " measured here. Measure it before trusting it."
        ),
        data=("not known: whatever the checkpoint was trained on",),
        licence="not known",
        use="research",
        limits=_LIMITS,
    )


def _scores(found: Checkpoint) -> dict[str, Any]:
    """What the checkpoint says of itself, under a name that nobody takes for a held-out score."""
    return {"epoch": found.epoch, "validation_percent": found.val_accuracy, "split": "random (optimistic)"}
