"""The recognizer that won Google's Isolated Sign Language Recognition contest (Kaggle, 2023), as a peer of ours."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from chereme.models.config import ModelConfig
from chereme.models.layers import ConvBlock, StochasticDepth, attend, masked_mean

__all__ = ["IslrAttention", "IslrConvBlock", "IslrFirst"]


class IslrConvBlock(ConvBlock):
    """The convolution block of ours, which came from there, with what it has there: no frame sees a later one."""

    def __init__(self, width: int, kernel: int, drop_path: float) -> None:
        super().__init__(width, kernel, drop_path)
        inner = 2 * width
        self.over_time = nn.Sequential(
            nn.ZeroPad2d((kernel - 1, 0, 0, 0)), nn.Conv2d(inner, inner, (1, kernel), groups=inner, bias=False)
        )


class IslrAttention(nn.Module):
    """Self-attention and feed-forward with batch norm before each and no biases; it does not look at padding."""

    def __init__(self, width: int, heads: int, drop: float) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.BatchNorm1d(width, momentum=0.05)
        self.project = nn.Linear(width, 3 * width, bias=False)
        self.drop = nn.Dropout(drop)
        self.out = nn.Linear(width, width, bias=False)
        self.feed_norm = nn.BatchNorm1d(width, momentum=0.05)
        self.feed = nn.Sequential(
            nn.Linear(width, 2 * width, bias=False), nn.SiLU(), nn.Linear(2 * width, width, bias=False)
        )
        self.drop_path = StochasticDepth(drop)

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """(B, T, D) to the same; mask (B, T) is true on frames."""
        batch, frames, width = values.shape
        parts = self.project(_over_frames(self.norm, values)).view(batch, frames, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4).unbind(0)
        attended = attend(query, key, value, mask, width**-0.5, self.drop)  # of the whole width, as in the source
        values = values + self.drop_path(self.out(attended))
        return values + self.drop_path(self.feed(_over_frames(self.feed_norm, values)))


class IslrFirst(nn.Module):
    """Causal depthwise convolutions, then attention, in stages; a wide linear layer; mean over time; high dropout.

    Source: H. Son (hoyso48), first place of "Google - Isolated Sign Language Recognition", 2023. We differ: padding
    counts for nothing in convolutions and channel attention, where the source lets it through.
    """

    embeds = True
    """Its ONNX model gives the embedding beside the scores."""

    def __init__(self, inputs: int, classes: int, config: ModelConfig) -> None:
        super().__init__()
        width = config.width
        self.stem = nn.Linear(inputs, width, bias=False)
        self.stem_norm = nn.BatchNorm1d(width, momentum=0.05)
        self.stages = nn.ModuleList(
            nn.ModuleList(
                [
                    *(IslrConvBlock(width, config.kernel, config.drop_path) for _ in range(config.convolutions)),
                    IslrAttention(width, config.heads, config.drop_path),
                ]
            )
            for _ in range(config.layers)
        )
        self.top = nn.Linear(width, config.embedding)
        self.drop = nn.Dropout(config.dropout)
        self.classify = nn.Linear(config.embedding, classes)

    def embed(self, features: Tensor, mask: Tensor) -> Tensor:
        """Embedding (B, E) of each clip, before the classifier."""
        weight = mask.to(features.dtype).unsqueeze(-1)
        values = _over_frames(self.stem_norm, self.stem(features)) * weight
        for stage in self.stages:
            for block in stage:  # type: ignore[attr-defined]
                values = block(values, mask) * weight
        return masked_mean(self.top(values), mask)

    def place(self, embedding: Tensor) -> Tensor:
        """Embeddings (B, E) brought to length 1, where signs compare by the dot product."""
        return F.normalize(embedding)

    def forward(self, features: Tensor, mask: Tensor) -> Tensor:
        """Logits (B, K)."""
        return torch.as_tensor(self.classify(self.drop(self.embed(features, mask))))


def _over_frames(norm: nn.BatchNorm1d, values: Tensor) -> Tensor:
    """Batch norm of (B, T, D), every frame a sample."""
    return torch.as_tensor(norm(values.flatten(0, 1)).view_as(values))
