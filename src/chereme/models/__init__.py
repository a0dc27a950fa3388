"""Recognizers: features of a clip in, a score per gloss out. Plain torch modules in one dict.

All take features (B, T, F) and a mask (B, T), true on frames and false on padding, and give logits (B, K)
that do not depend on how much padding there is.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from chereme.models.config import KINDS, ModelConfig
from chereme.models.encoder import Encoder
from chereme.models.final_state import FinalGru, FinalLstm, FinalRnn
from chereme.models.islr import IslrFirst
from chereme.models.layers import (
    AttentionBlock,
    ConvBlock,
    CosineClassifier,
    PositionalEncoding,
    masked_mean,
    reverse_in_time,
)
from chereme.models.nearest import NearestClips
from chereme.models.spoter import Spoter

__all__ = ["RECOGNIZERS", "ConvTransformer", "ModelConfig", "NearestClips", "build_recognizer"]


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
        self.classify = (
            CosineClassifier(config.embedding, classes, config.scale)
            if config.classifier == "cosine"
            else nn.Linear(config.embedding, classes)
        )
        self.halve_time = config.halve_time
        self.register_buffer("centre", torch.zeros(config.embedding))
        self.register_buffer("spread", torch.eye(config.embedding))
        self.centre: Tensor
        self.spread: Tensor

    embeds = True
    """Its ONNX model gives the embedding beside the scores."""

    def embed(self, features: Tensor, mask: Tensor) -> Tensor:
        """Embedding (B, E) of each clip, before the classifier."""
        values = self.stem(features)
        values = self.stem_norm(values.flatten(0, 1)).view_as(values) * mask.to(values.dtype).unsqueeze(-1)
        for number, (blocks, attention) in enumerate(zip(self.stages, self.attention, strict=True)):
            for block in blocks:  # type: ignore[attr-defined]
                values = block(values, mask)
            values = attention(values, mask) * mask.to(values.dtype).unsqueeze(-1)
            if self.halve_time and number == 0:
                values, mask = _joined_in_pairs(values, mask)
        return self.top_norm(masked_mean(F.silu(self.top(values)), mask))

    def place(self, embedding: Tensor) -> Tensor:
        """Embeddings (B, E) brought to where signs compare by the dot product, trained on or not; of length 1."""
        return F.normalize((F.normalize(embedding) - self.centre) @ self.spread)

    def forward(self, features: Tensor, mask: Tensor) -> Tensor:
        """Logits (B, K)."""
        return self.classify(self.drop(self.embed(features, mask)))


def _joined_in_pairs(values: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Means of frames 0 and 1, 2 and 3, and so on; padding counts for nothing."""
    weight = mask.to(values.dtype).unsqueeze(1)
    kept = F.avg_pool1d(weight, 2, ceil_mode=True)
    halved = F.avg_pool1d(values.transpose(1, 2), 2, ceil_mode=True) / kept.clamp(min=0.5)
    return halved.transpose(1, 2), kept[:, 0] > 0


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
    "conv-transformer": ConvTransformer,
    "transformer": Transformer,
    "gru": Gru,
    "lstm": Lstm,
    "encoder": Encoder,
    "rnn-final": FinalRnn,
    "gru-final": FinalGru,
    "lstm-final": FinalLstm,
    "islr-first": IslrFirst,
    "spoter": Spoter,
    "knn": NearestClips,
}
assert tuple(RECOGNIZERS) == KINDS


def build_recognizer(inputs: int, classes: int, config: ModelConfig) -> nn.Module:
    """A recognizer for F input features and K glosses, with fresh weights."""
    return RECOGNIZERS[config.kind](inputs, classes, config)
