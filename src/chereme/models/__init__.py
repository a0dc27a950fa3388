"""Recognizers: features of a clip in, a score per gloss out. Plain torch modules in one dict.

All take features (B, T, F) and a mask (B, T), true on frames and false on padding, and give logits (B, K)
that do not depend on how much padding there is.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from chereme.errors import RecipeError
from chereme.models.layers import (
    AttentionBlock,
    ConvBlock,
    PositionalEncoding,
    masked_mean,
    reverse_in_time,
)

__all__ = ["RECOGNIZERS", "ModelConfig", "build_recognizer"]


@dataclass(frozen=True)
class ModelConfig:
    """Which recognizer, and how large."""

    kind: str = "conv-transformer"
    """A key of `chereme.models.RECOGNIZERS`."""
    width: int = 128
    layers: int = 2
    """Recurrent or attention layers; in the convolution model, stages of `convolutions` plus one attention."""
    convolutions: int = 3
    """Convolution blocks per stage."""
    kernel: int = 11
    """Frames that a convolution spans, odd."""
    heads: int = 4
    dropout: float = 0.5
    """Before the classifier; recurrent models also use it between layers."""
    drop_path: float = 0.2
    """Share of clips for which a residual branch is left out in training."""
    embedding: int = 256
    """Size of the clip's embedding that the classifier reads."""
    halve_time: bool = False
    """After the first stage of the convolution model, join frames in pairs: nearly halves the cost."""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise RecipeError(f"model.kind {self.kind!r} is not known; known: {', '.join(KINDS)}")
        if min(self.width, self.heads, self.embedding, self.kernel, self.convolutions) < 1:
            raise RecipeError("model: width, heads, embedding, kernel and convolutions must be at least 1")
        if self.width % self.heads or self.width % 2:
            raise RecipeError(f"model.width must be even and a multiple of heads, got {self.width} and {self.heads}")
        if self.kernel % 2 == 0 or self.layers < 1:
            raise RecipeError("model.kernel must be odd and model.layers at least 1")
        if not (0 <= self.dropout < 1 and 0 <= self.drop_path < 1):
            raise RecipeError("model.dropout and model.drop_path are shares from 0 to below 1")


class ConvTransformer(nn.Module):
    """Stages of depthwise convolutions, each followed by one attention layer; mean over time.

    Convolutions see the motion around a frame, attention relates the parts of a sign. After the winning
    landmark recognizers of the Kaggle ISLR contest (2023), smaller and with our own features.
    """

    def __init__(self, inputs: int, classes: int, config: ModelConfig) -> None:
        super().__init__()
        width = config.width
        self.stem = nn.Linear(inputs, width)
        self.stem_norm = nn.BatchNorm1d(width, momentum=0.05)
        self.stages = nn.ModuleList(
            nn.ModuleList(ConvBlock(width, config.kernel, config.drop_path) for _ in range(config.convolutions))
            for _ in range(config.layers)
        )
        self.attention = nn.ModuleList(
            AttentionBlock(width, config.heads, 0.0, config.drop_path) for _ in range(config.layers)
        )
        self.top = nn.Linear(width, config.embedding)
        self.top_norm = nn.BatchNorm1d(config.embedding, momentum=0.05)
        self.drop = nn.Dropout(config.dropout)
        self.classify = nn.Linear(config.embedding, classes)
        self.halve_time = config.halve_time

    def embed(self, features: Tensor, mask: Tensor) -> Tensor:
        """Embedding (B, E) of each clip, before the classifier."""
        weight = mask.to(features.dtype).unsqueeze(1)
        values = self.stem_norm(self.stem(features).transpose(1, 2)) * weight
        for number, (blocks, attention) in enumerate(zip(self.stages, self.attention, strict=True)):
            for block in blocks:  # type: ignore[attr-defined]
                values = block(values, weight)
            values = attention(values.transpose(1, 2), mask).transpose(1, 2) * weight
            if self.halve_time and number == 0:
                kept = F.avg_pool1d(weight, 2, ceil_mode=True)
                values = F.avg_pool1d(values, 2, ceil_mode=True) / kept.clamp(min=0.5)
                weight = (kept > 0).to(values.dtype)
                mask = weight[:, 0] > 0
                values = values * weight
        return self.top_norm(masked_mean(F.silu(self.top(values.transpose(1, 2))), mask))

    def forward(self, features: Tensor, mask: Tensor) -> Tensor:
        """Logits (B, K)."""
        return self.classify(self.drop(self.embed(features, mask)))


class Transformer(nn.Module):
    """A plain pre-norm Transformer encoder with positions; mean over time."""

    def __init__(self, inputs: int, classes: int, config: ModelConfig) -> None:
        super().__init__()
        self.stem = nn.Linear(inputs, config.width)
        self.stem_norm = nn.LayerNorm(config.width)
        self.positions = PositionalEncoding(config.width)
        self.layers = nn.ModuleList(
            AttentionBlock(config.width, config.heads, config.dropout / 2, config.drop_path, widen=4)
            for _ in range(config.layers)
        )
        self.norm = nn.LayerNorm(config.width)
        self.drop = nn.Dropout(config.dropout)
        self.classify = nn.Linear(config.width, classes)

    def forward(self, features: Tensor, mask: Tensor) -> Tensor:
        """Logits (B, K)."""
        values = self.positions(F.gelu(self.stem_norm(self.stem(features))))
        for layer in self.layers:
            values = layer(values, mask)
        return self.classify(self.drop(masked_mean(self.norm(values), mask)))


class Recurrent(nn.Module):
    """GRU or LSTM read forwards and backwards; mean over time.

    The backward direction starts at the clip's last frame, never in its padding.
    """

    cell: type[nn.GRU | nn.LSTM]

    def __init__(self, inputs: int, classes: int, config: ModelConfig) -> None:
        super().__init__()
        width = config.width
        self.stem = nn.Linear(inputs, width)
        self.stem_norm = nn.LayerNorm(width)
        between = config.dropout if config.layers > 1 else 0.0
        self.forwards = self.cell(width, width, config.layers, batch_first=True, dropout=between)
        self.backwards = self.cell(width, width, config.layers, batch_first=True, dropout=between)
        self.drop = nn.Dropout(config.dropout)
        self.classify = nn.Linear(2 * width, classes)

    def forward(self, features: Tensor, mask: Tensor) -> Tensor:
        """Logits (B, K)."""
        values = F.gelu(self.stem_norm(self.stem(features)))
        ahead, _ = self.forwards(values)
        back, _ = self.backwards(reverse_in_time(values, mask))
        return self.classify(self.drop(masked_mean(torch.cat([ahead, back], -1), mask)))


class Gru(Recurrent):
    """Gated recurrent units."""

    cell = nn.GRU


class Lstm(Recurrent):
    """Long short-term memory."""

    cell = nn.LSTM


RECOGNIZERS: dict[str, type[nn.Module]] = {
    "gru": Gru,
    "lstm": Lstm,
    "transformer": Transformer,
    "conv-transformer": ConvTransformer,
}
KINDS = tuple(RECOGNIZERS)


def build_recognizer(inputs: int, classes: int, config: ModelConfig) -> nn.Module:
    """A recognizer for F input features and K glosses, with fresh weights."""
    return RECOGNIZERS[config.kind](inputs, classes, config)
