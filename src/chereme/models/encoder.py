"""The Transformer encoder of the word systems, with every choice in the recipe: norm before or after, GELU or ReLU.

A network whose weights were trained under one choice loads without complaint under another and answers wrong, so
the choices stand in the bundle's recipe beside the weights, and nothing else says them again.
"""

import torch
from torch import Tensor, nn

from chereme.models.config import ModelConfig
from chereme.models.layers import Dropout, PositionalEncoding, attend, masked_mean

__all__ = ["Encoder", "EncoderLayer"]


class EncoderLayer(nn.Module):
    """One layer as Vaswani et al. (2017) have it, or with the norm first; it does not look at padding.

    Gives what `torch.nn.TransformerEncoderLayer` gives with the same weights, with or without a mask alike.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        width = config.width
        self.heads = config.heads
        self.norm_before = config.norm == "before"
        self.project = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        bend = nn.GELU() if config.activation == "gelu" else nn.ReLU()
        self.feed = nn.Sequential(
            nn.Linear(width, config.feed), bend, Dropout(config.dropout), nn.Linear(config.feed, width)
        )
        self.attention_norm = nn.LayerNorm(width)
        self.feed_norm = nn.LayerNorm(width)
        self.dropout = Dropout(config.dropout)

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """(B, T, D) to the same; mask (B, T) is true on frames."""
        if self.norm_before:
            values = values + self.dropout(self._attend(self.attention_norm(values), mask))
            return values + self.dropout(self.feed(self.feed_norm(values)))
        values = self.attention_norm(values + self.dropout(self._attend(values, mask)))
        return torch.as_tensor(self.feed_norm(values + self.dropout(self.feed(values))))

    def _attend(self, values: Tensor, mask: Tensor) -> Tensor:
        batch, frames, width = values.shape
        parts = self.project(values).view(batch, frames, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4).unbind(0)
        attended = attend(query, key, value, mask, (width // self.heads) ** -0.5, self.dropout)
        return torch.as_tensor(self.out(attended))


class Encoder(nn.Module):
    """Linear embedding, positions, encoder layers, mean over the clip's own frames, a classifier."""

    def __init__(self, inputs: int, classes: int, config: ModelConfig) -> None:
        super().__init__()
        width = config.width
        norm = (nn.LayerNorm(width), nn.GELU()) if config.norm_inputs else ()
        self.embed = nn.Sequential(nn.Linear(inputs, width), *norm)
        self.positions = PositionalEncoding(width)
        self.drop = Dropout(config.dropout)
        self.layers = nn.ModuleList(EncoderLayer(config) for _ in range(config.layers))
        hidden = (nn.Linear(width, config.head), nn.GELU(), Dropout(config.dropout)) if config.head else ()
        self.classify = nn.Sequential(*hidden, nn.Linear(config.head or width, classes))

    def forward(self, features: Tensor, mask: Tensor) -> Tensor:
        """Logits (B, K)."""
        values = self.drop(self.positions(self.embed(features)))
        for layer in self.layers:
            values = layer(values, mask)
        return torch.as_tensor(self.classify(masked_mean(values, mask)))
