"""Make a bundle out of a trained recognizer: weights, ONNX model, recipe, labels, calibration, scores, card."""

import json
import logging
import shutil
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import onnx
import torch
from safetensors.torch import load_file, save
from torch import nn

from chereme.bundle import ENCODER, INDEX, Bundle, Calibration, Card, clip_digest, digest, index_of
from chereme.bundle.convolutions import over_pictures
from chereme.bundle.familiar import FAMILIAR, Familiar
from chereme.errors import BundleError
from chereme.features import FeatureConfig, FeaturePlan
from chereme.features.hand import HandFeatureConfig, hand_feature_names
from chereme.files import write_folder_beside
from chereme.layout import HAND_21, Layout, layout_named
from chereme.models import ModelConfig, build_recognizer
from chereme.models.handshape import HandshapeConfig, build_handshape
from chereme.preprocess import PreprocessConfig
from chereme.recipe import Recipe

__all__ = ["load_model", "write_bundle", "write_onnx"]


def write_bundle(
    folder: str | Path,
    model: nn.Module,
    recipe: Recipe,
    *,
    labels: tuple[str, ...],
    language: str,
    calibration: Calibration,
    card: Card,
    scores: Mapping[str, Any],
    trained_on: Iterable[str],
    name: str | None = None,
    kind: str = "recognizer",
    familiar: Familiar | None = None,
) -> Bundle:
    """Write a bundle's folder, whole or not at all, and read it back.

    Args:
        folder: where.
        model: of `chereme.models`, trained.
        recipe: the recipe it was trained by.
        labels: glosses in class order.
        language: ISO 639-3.
        calibration: temperature and threshold, fitted on validation clips.
        card: what it may be used for.
        scores: what was measured, and on which split.
        trained_on: ids of the training clips.
        name: of the bundle; None: the folder's.
        kind: `recognizer` of signs, or `speller`, whose model is one of `chereme.models.handshape`.
        familiar: where its words lie, for a calibration with `unknown_beyond`.
    """
    folder = Path(folder)
    name = name or folder.name
    layout, inputs = _reads(kind, recipe)
    with write_folder_beside(folder) as part:
        weights = save({k: v.contiguous() for k, v in model.state_dict().items()})
        (part / "model.safetensors").write_bytes(weights)  # save_file would let nobody but its owner read it
        write_onnx(model, inputs, part / "model.onnx", kind)
        if familiar is not None:
            (part / FAMILIAR).write_bytes(familiar.as_bytes())
        if encoder := recipe.tables.get("image", {}).get("encoder"):
            shutil.copyfile(encoder, part / ENCODER)
        (part / "recipe.toml").write_text(recipe.text, encoding="utf-8")
        (part / "scores.json").write_text(json.dumps(scores, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        (part / "card.md").write_text(_card_page(kind, name, labels, card, scores), encoding="utf-8")
        index = index_of(
            name,
            labels,
            language,
            layout,
            calibration,
            card,
            sorted(map(clip_digest, trained_on)),
            {p.name: digest(p) for p in sorted(part.iterdir())},
            kind,
        )
        (part / INDEX).write_text(json.dumps(index, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return Bundle.load(folder, kind)


def write_onnx(model: nn.Module, inputs: int, path: Path, kind: str = "recognizer") -> None:
    """Export a model of F = `inputs` features to ONNX, batch and time axes free; a speller's has no time.

    One that makes embeddings gives those too.
    """
    model = model.eval()
    example: tuple[torch.Tensor, ...] = (
        torch.zeros(2, 24, inputs),
        torch.arange(24)[None].expand(2, -1) < torch.tensor([[24], [20]]),
    )
    axes = {"features": {0: "batch", 1: "time"}, "mask": {0: "batch", 1: "time"}, "logits": {0: "batch"}}
    if kind == "speller":
        example, axes = (torch.zeros(2, inputs),), {"features": {0: "batch"}, "logits": {0: "batch"}}
    if getattr(model, "embeds", False):
        model, axes = _WithEmbedding(model).eval(), {**axes, "embedding": {0: "batch"}}
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # the tracing exporter is old but needs no further package
        torch.onnx.export(
            model,
            example,
            str(path),
            input_names=[name for name in axes if name in ("features", "mask")],
            output_names=[name for name in axes if name not in ("features", "mask")],
            dynamic_axes=axes,
            opset_version=17,
            dynamo=False,
        )
    onnx.save(over_pictures(onnx.load(path)), path)


class _WithEmbedding(nn.Module):
    """Gives the embedding of length 1 beside the scores."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, features: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        embedding = self.model.embed(features, mask)  # type: ignore[operator]
        return self.model.classify(embedding), self.model.place(embedding)  # type: ignore[operator]


def load_model(bundle: Bundle) -> nn.Module:
    """The bundle's recognizer or handshape model as a torch module in evaluation mode.

    Raises:
        BundleError: the weights do not fit the recipe.
    """
    _, inputs = _reads(bundle.kind, bundle.recipe)
    if bundle.kind == "speller":
        model = build_handshape(inputs, len(bundle.labels), bundle.recipe.stage("handshape", HandshapeConfig))
    else:
        model = build_recognizer(inputs, len(bundle.labels), bundle.recipe.stage("model", ModelConfig))
    try:
        model.load_state_dict(load_file(bundle.weights_path))
    except RuntimeError as error:
        raise BundleError(f"{bundle.folder}: the weights do not fit the recipe: {error}") from error
    return model.eval()


def _reads(kind: str, recipe: Recipe) -> tuple[Layout, int]:
    """The landmarks that a model reads, and how many numbers are made of them."""
    if kind == "speller":
        return HAND_21, len(hand_feature_names(recipe.stage("hand_features", HandFeatureConfig).kind))
    layout = layout_named(recipe.stage("preprocess", PreprocessConfig).layout)
    return layout, len(FeaturePlan(layout, recipe.stage("features", FeatureConfig)).names)


def _card_page(kind: str, name: str, labels: tuple[str, ...], card: Card, scores: Mapping[str, Any]) -> str:
    """The card as a page for people."""
    lines = [f"# {card.title}", "", card.summary, "", f"- **Bundle**: `{name}`"]
    lines += [f"- **Trained on**: {', '.join(card.data)}", f"- **Licence of the data**: {card.licence}"]
    use = {"open": "any use, with credit", "research": "research and demonstration only"}.get(card.use, card.use)
    lines += [f"- **The weights may be used for**: {use}"]
    lines += [f"- **Limits**: {limit}" for limit in card.limits]
    lines += ["", "## Scores", ""]
    lines += [f"- {key}: {json.dumps(value, ensure_ascii=False)}" for key, value in scores.items()]
    lines += ["", f"## Its {len(labels)} {'letters' if kind == 'speller' else 'words'}", "", ", ".join(labels), ""]
    return "\n".join(lines)
