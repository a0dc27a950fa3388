"""Layers that respect a mask of padding, all exportable to ONNX with free batch and time axes."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = [
    "AttentionBlock",
    "ConvBlock",
    "CosineClassifier",
    "Dropout",
    "PositionalEncoding",
    "StochasticDepth",
    "attend",
    "masked_mean",
    "reverse_in_time",
]


def masked_mean(values: Tensor, mask: Tensor) -> Tensor:
    """Mean of (B, T, D) over the frames where mask (B, T) is true: (B, D)."""
    weight = mask.to(values.dtype).unsqueeze(-1)
    return (values * weight).sum(1) / weight.sum(1).clamp(min=1)


def reverse_in_time(values: Tensor, mask: Tensor) -> Tensor:
    """Each clip's frames last to first, its padding left at the end."""
    length = mask.long().sum(1, keepdim=True)
    order = torch.cumsum(torch.ones_like(mask, dtype=torch.long), 1) - 1
    order = torch.where(mask, length - 1 - order, order)
    return values.gather(1, order.unsqueeze(-1).expand(-1, -1, values.shape[-1]))


class StochasticDepth(nn.Module):
    """Leave a residual branch out for some clips of a batch (Huang et al. 2016)."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, branch: Tensor) -> Tensor:
        """Scale (B, ...) by 0 or 1 / (1 - share) per clip in training."""
        if not self.training or self.share == 0:
            return branch
        keep = torch.rand(len(branch), *[1] * (branch.ndim - 1), device=branch.device) >= self.share
        return branch * keep.to(branch.dtype) / (1 - self.share)


class Dropout(nn.Module):
    """What `torch.nn.Dropout` does, and quicker on a processor, where that spends most of its time on drawing the mask.

    Here 16 random bits say whether a number is left out, so the share is exact to 1 in 65,536.
    """

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, values: Tensor) -> Tensor:
        """Values of any shape, in training each 0 or 1 / (1 - share) times itself."""
        if not self.training or self.share < 2**-16:
            return values
        if values.device.type != "cpu":
            return F.dropout(values, self.share)
        bits = torch.empty(-(-values.numel() // 4), dtype=torch.int64).random_(-(2**63), None).view(torch.int16)
        last = min(round(2**16 * self.share), 2**16 - 1) - 2**15 - 1  # up to there a number is left out
        keep = bits[: values.numel()].clamp_(last, last + 1).sub_(last).view(values.shape)  # quicker than to compare
        return values * keep.to(values.dtype).mul_(1 / (1 - self.share))


class ChannelAttention(nn.Module):
    """Efficient channel attention: weigh channels by their mean over the clip (Wang et al. 2020)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(1, 1, 5, padding=2, bias=False)

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """(B, T, D) to the same; mask (B, T) is true on frames."""
        return values * torch.sigmoid(self.conv(masked_mean(values, mask).unsqueeze(1)))[:, 0, None]


class ConvBlock(nn.Module):
    """Depthwise convolution over time between two pointwise ones, with channel attention, as a residual.

    Channels stay last and a clip is a picture of one row: both what processors convolve fastest.
    """

    def __init__(self, width: int, kernel: int, drop_path: float, widen: int = 2) -> None:
        super().__init__()
        inner = width * widen
        self.up = nn.Linear(width, inner)
        self.over_time: nn.Module = nn.Conv2d(
            inner, inner, (1, kernel), padding=(0, kernel // 2), groups=inner, bias=False
        )
        self.norm = nn.BatchNorm2d(inner, momentum=0.05)
        self.attend = ChannelAttention()
        self.down = nn.Linear(inner, width)
        self.drop_path = StochasticDepth(drop_path)

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """(B, T, D) to the same; mask (B, T) is true on frames."""
        weight = mask.to(values.dtype).unsqueeze(-1)
        rows = (F.silu(self.up(values)) * weight).transpose(1, 2).unsqueeze(2)
        inner = self.norm(self.over_time(rows)).squeeze(2).transpose(1, 2) * weight
        return (values + self.drop_path(self.down(self.attend(inner, mask)))) * weight


def attend(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor, scale: float, drop: nn.Module | None = None
) -> Tensor:
    """What each frame gathers from the others: (B, H, T, S) of H heads to (B, T, H * S); mask (B, T) is true on frames.

    Written out: for so few frames several times quicker on a processor than torch's fused attention.
    """
    scores = (query @ key.transpose(-1, -2)) * scale
    shares = scores.masked_fill(~mask[:, None, None, :], -1e4).softmax(-1).to(value.dtype)
    return ((shares if drop is None else drop(shares)) @ value).transpose(1, 2).flatten(2)


class AttentionBlock(nn.Module):
    """Pre-norm self-attention and feed-forward layer that does not look at padding."""

    def __init__(self, width: int, heads: int, drop: float, drop_path: float = 0.0, widen: int = 2) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(width)
        self.project = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.feed_norm = nn.LayerNorm(width)
        self.feed = nn.Sequential(
            nn.Linear(width, widen * width), nn.GELU(), nn.Dropout(drop), nn.Linear(widen * width, width)
        )
        self.drop_path = StochasticDepth(drop_path)

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """(B, T, D) to the same; mask (B, T) is true on frames."""
        batch, frames, width = values.shape
        parts = self.project(self.norm(values)).view(batch, frames, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4).unbind(0)
        attended = attend(query, key, value, mask, (width // self.heads) ** -0.5)
        values = values + self.drop_path(self.out(attended))
        return values + self.drop_path(self.feed(self.feed_norm(values)))


class CosineClassifier(nn.Module):
    """Scores by the angle between an embedding and one direction per class (Wang et al. 2018).

    In single precision whatever surrounds it: small differences of angles matter.
    """

    def __init__(self, width: int, classes: int, scale: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(classes, width) * width**-0.5)
        self.scale = scale

    def forward(self, embedding: Tensor) -> Tensor:
        """(B, E) to scores (B, K), each from -scale to scale."""
        with torch.autocast(embedding.device.type, enabled=False):
            return self.scale * F.normalize(embedding.float()) @ F.normalize(self.weight).T


class PositionalEncoding(nn.Module):
    """Sine and cosine of the frame number (Vaswani et al. 2017), for any number of frames."""

    def __init__(self, width: int) -> None:
        super().__init__()
        rate = torch.exp(torch.arange(0, width, 2) * (-9.2103404 / width))  # ln 10,000
        self.register_buffer("rate", rate, persistent=False)
        self.rate: Tensor

    def forward(self, values: Tensor) -> Tensor:
        """(B, T, D) to the same."""
        time = torch.cumsum(torch.ones_like(values[:1, :, :1]), 1) - 1
        angle = time * self.rate
        return values + torch.cat([angle.sin(), angle.cos()], -1)[..., : values.shape[-1]]
