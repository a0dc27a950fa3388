"""Write a trained producer as a bundle: weights, an ONNX model, its words; never a pose."""

import json
import logging
import warnings
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor, nn

from chereme.bundle import INDEX, Card, clip_digest, digest
from chereme.files import write_folder_beside
from chereme.models.gloss_to_pose import GlossToPose
from chereme.train.producer_config import ProducerRecipe
from chereme.train.producer_data import Pairs

__all__ = ["producer_card", "write_producer"]

_NAMED = 2000
"""So many of the training texts at most are named in a bundle as what it can be asked for."""


def write_producer(
    folder: Path,
    model: GlossToPose,
    recipe: ProducerRecipe,
    pairs: Pairs,
    card: Card,
    scores: Mapping[str, Any],
    language: str,
) -> Path:
    """Write a producer's bundle, whole or not at all.

    One with a pretrained reader holds that reader, weights and tokenizer, as it is after training.
    """
    trained = [text for text, part in zip(pairs.texts, pairs.parts, strict=True) if part == "train"]
    glosses = sorted(set(trained))
    with write_folder_beside(folder) as part:
        (part / "model.safetensors").write_bytes(save({k: v.contiguous() for k, v in model.state_dict().items()}))
        _write_onnx(model, part / "producer.onnx")
        if pairs.tokens.pretrained:
            (part / "tokenizer.json").write_text(pairs.tokens.pretrained, encoding="utf-8")
        (part / "recipe.toml").write_text(recipe.source.text, encoding="utf-8")
        (part / "scores.json").write_text(json.dumps(scores, indent=2) + "\n", encoding="utf-8")
        (part / "card.md").write_text(producer_card(folder.parent.name, card, scores, glosses), encoding="utf-8")
        about = {
            "format": 1,
            "kind": "producer",
            "name": folder.parent.name if folder.name == "bundle" else folder.name,
            "language": language,
            "layout": recipe.pose.layout.name,
            "words": list(pairs.tokens.words),
            "text": asdict(recipe.text),
            "pose": asdict(recipe.pose),
            "begin": [round(float(v), 5) for v in model.mean],
            "glosses": glosses if len(glosses) <= _NAMED else [],
            "demo": glosses[:3],
            "card": asdict(card),
            "scores": dict(scores),
            "trained_on": sorted(
                clip_digest(i) for i, part in zip(pairs.ids, pairs.parts, strict=True) if part == "train"
            ),
            "files": {p.name: digest(p) for p in sorted(part.iterdir())},
        }
        (part / INDEX).write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return folder


def producer_card(name: str, card: Card, scores: Mapping[str, Any], glosses: list[str]) -> str:
    """What a person should know before using a producer."""
    lines = [f"# {card.title}", "", card.summary, "", f"- **Bundle**: `{name}` (gloss to pose)"]
    lines += [f"- **Trained on**: {', '.join(card.data)}", f"- **Licence of the data**: {card.licence}"]
    lines += [f"- **The weights may be used for**: {card.use}"]
    lines += [f"- **Limits**: {limit}" for limit in card.limits]
    lines += ["", "## Scores", "", *(f"- {key}: {value}" for key, value in scores.items())]
    lines += ["", f"## Its {len(glosses)} texts", "", ", ".join(glosses[:200])]
    return "\n".join([*lines, ""])


class _Exported(nn.Module):
    """Words, times and the poses before in; duration, poses and the share of seeing each hand out."""

    def __init__(self, model: GlossToPose) -> None:
        super().__init__()
        self.model = model

    def forward(self, tokens: Tensor, times: Tensor, before: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        read = self.model.read(tokens)
        made = self.model.decode(read, times, before)
        seconds = self.model.log_seconds(read).exp()
        return seconds, made[..., : self.model.size], made[..., self.model.size :].sigmoid()


def _write_onnx(model: GlossToPose, path: Path) -> None:
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    inputs = {"tokens": {1: "words"}, "times": {1: "frames"}, "before": {1: "frames"}}
    outputs = {"poses": {1: "frames"}, "seen": {1: "frames"}}
    example = (torch.tensor([[2, 1, 1]]), torch.linspace(0, 1, 7)[None], torch.zeros(1, 7, model.size))
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # the tracing exporter is old but needs no further package
        torch.onnx.export(
            _Exported(model).eval(),
            example,
            str(path),
            input_names=list(inputs),
            output_names=["seconds", *outputs],
            dynamic_axes=inputs | outputs,
            opset_version=17,
            dynamo=False,
        )
