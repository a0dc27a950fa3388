"""Nearest neighbours as a network: the training clips are its weights, so a bundle of it is one like any other."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from chereme.models.config import ModelConfig

__all__ = ["NearestClips"]

ROWS = 16
"""Clips compared at once: the table of all pairs of frames fits into memory whatever the batch."""


class NearestClips(nn.Module):
    """Votes of the k training clips that are most like a clip; nothing is learned by gradient.

    Every clip is brought to a fixed number of frames, evenly spread over its own length by straight lines between
    frames, and standardised by the training clips. A gloss's logit is the number of its clips among the nearest k,
    plus a number from 0 to 1 that grows as the gloss's nearest clip comes closer: it never outweighs a vote, settles
    ties as is usual, and puts the glosses without a vote in order.

    A new one knows no clip; `remember` gives it some, or loading a bundle's weights.
    """

    clips: Tensor
    """(N, frames, F), standardised."""
    classes: Tensor
    """(N,) class of each."""
    mean: Tensor
    scale: Tensor
    """(F,) what features are standardised by."""
    typical: Tensor
    """Squared distance at which closeness is one half."""

    def __init__(self, inputs: int, classes: int, config: ModelConfig) -> None:
        super().__init__()
        self.count = classes
        self.frames = config.frames
        self.neighbours = config.neighbours
        self.reach = int(config.band * config.frames) if config.distance == "dtw" else 0
        self.register_buffer("clips", torch.zeros(0, config.frames, inputs))
        self.register_buffer("classes", torch.zeros(0, dtype=torch.long))
        self.register_buffer("mean", torch.zeros(inputs))
        self.register_buffer("scale", torch.ones(inputs))
        self.register_buffer("typical", torch.ones(()))

    def remember(self, features: Tensor, mask: Tensor, classes: Tensor) -> None:
        """Take in the training clips, in place of any before: (N, T, F), (N, T), and the class (N,) of each."""
        clips = self._at_fixed_frames(features, mask)
        self.mean = clips.mean((0, 1))
        spread = clips.std((0, 1))
        self.scale = torch.where(spread > 1e-4, spread, torch.ones_like(spread))
        self.clips = (clips - self.mean) / self.scale
        self.classes = classes.long()
        some = self.clips[:: max(1, len(clips) // 128)]
        apart = _by_rows(self._apart, some)
        apart[apart < 1e-5] = torch.inf  # each from itself
        nearest = apart.amin(1)
        known = nearest[nearest.isfinite()]
        self.typical = known.median() if len(known) else torch.ones(())

    def forward(self, features: Tensor, mask: Tensor) -> Tensor:
        """Logits (B, K)."""
        assert len(self.clips), "a model of nearest clips that has seen none"
        clips = (self._at_fixed_frames(features, mask) - self.mean) / self.scale
        return self._logits(clips) if torch.onnx.is_in_onnx_export() else _by_rows(self._logits, clips)

    def _logits(self, clips: Tensor) -> Tensor:
        apart = self._apart(clips)
        of_class = self.classes == torch.arange(self.count, device=apart.device)[:, None]  # (K, N)
        nearest = apart.topk(min(self.neighbours, len(self.clips)), largest=False).indices
        votes = of_class.T.to(apart.dtype)[nearest].sum(1)
        closest = torch.where(of_class, apart[:, None], torch.inf).amin(2)
        return votes + self.typical / (self.typical + closest)

    def _at_fixed_frames(self, features: Tensor, mask: Tensor) -> Tensor:
        """(B, T, F) to (B, frames, F), padding left out."""
        last = mask.long().sum(1, keepdim=True) - 1
        place = torch.linspace(0, 1, self.frames, device=features.device) * last
        below = place.floor().long()
        above = torch.minimum(below + 1, last)
        size = (-1, -1, features.shape[-1])
        before, after = (features.gather(1, at.unsqueeze(-1).expand(size)) for at in (below, above))
        return before + (after - before) * (place - below).unsqueeze(-1)

    def _apart(self, clips: Tensor) -> Tensor:
        """Squared distance (B, N) of clips (B, frames, F) to those remembered, per feature and frame."""
        numbers = clips.shape[1] * clips.shape[2]
        if self.reach:
            return self._warped(clips) / numbers
        ours, theirs = clips.flatten(1), self.clips.flatten(1)
        squares = ours.square().sum(1, keepdim=True) + theirs.square().sum(1)
        return (squares - 2 * ours @ theirs.T).clamp(min=0) / numbers

    def _warped(self, clips: Tensor) -> Tensor:
        """Cost of the cheapest alignment: every frame of both clips is used, in order (Sakoe and Chiba 1978)."""
        ours, theirs = clips.transpose(0, 1), self.clips.transpose(0, 1)  # frames first
        squares = ours.square().sum(-1)[:, None, :, None] + theirs.square().sum(-1)[None, :, None, :]
        cost = (squares - 2 * torch.einsum("ibf,jnf->ijbn", ours, theirs)).clamp(min=0)
        cost = cost.flatten(0, 1)
        # Cell (i, j) follows (i - 1, j), (i, j - 1) and (i - 1, j - 1), so all cells with one i + j are done at once:
        # row i + 1 of `last` is cell i of the diagonal before; row 0 stands for what is outside the table.
        rows = torch.arange(self.frames, device=cost.device)
        outside = torch.full_like(cost[:1], torch.inf)
        last = outside.expand(self.frames + 1, -1, -1)
        before_last = torch.cat([torch.zeros_like(outside), last[1:]])
        for diagonal in range(2 * self.frames - 1):
            columns = diagonal - rows
            allowed = (columns >= 0) & (columns < self.frames) & ((rows - columns).abs() <= self.reach)
            cells = cost[rows * self.frames + columns.clamp(0, self.frames - 1)]
            cells = torch.where(allowed[:, None, None], cells, torch.inf)
            way = torch.minimum(torch.minimum(last[1:], last[:-1]), before_last[:-1])
            before_last, last = last, torch.cat([outside, cells + way])
        return last[-1]

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *rest: Any) -> None:
        """How many clips were remembered is known from the weights alone."""
        for name in ("clips", "classes"):
            if (held := state_dict.get(prefix + name)) is not None and held.shape[1:] == getattr(self, name).shape[1:]:
                setattr(self, name, torch.empty_like(held))
        super()._load_from_state_dict(state_dict, prefix, *rest)


def _by_rows(function: Callable[[Tensor], Tensor], clips: Tensor) -> Tensor:
    """A function of few clips at a time; not in a graph, which has no such loop: whoever runs it chooses the batch."""
    return torch.cat([function(rows) for rows in clips.split(ROWS)])
