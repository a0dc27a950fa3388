"""From one handshape to another: how a hand travels between two letters."""

import torch
from torch import Tensor, nn

__all__ = ["HandTransition"]


class HandTransition(nn.Module):
    """The straight way between two handshapes, and how a hand leaves it.

    A shape is known by its landmarks and by a learnt code, so that what was learnt of one pair serves another. At both
    ends the bend is 0: a transition begins and ends in its shapes.

    Args:
        shapes: (S, 2, 21, 3) each shape as transitions begin in it and end in it, in palm lengths.
        code: size of a shape's code.
        hidden: width of the hidden layers.
        harmonics: how many half waves of time the network hears.
        drop: share of the hidden units left out in training.
    """

    shapes: Tensor
    waves: Tensor

    def __init__(
        self, shapes: Tensor, *, code: int = 8, hidden: int = 256, harmonics: int = 4, drop: float = 0.1
    ) -> None:
        super().__init__()
        self.register_buffer("shapes", shapes)
        self.register_buffer("waves", torch.arange(1, harmonics + 1) * torch.pi)
        self.codes = nn.Embedding(len(shapes), 2 * code)
        numbers = shapes[0, 0].numel()
        self.layers = nn.Sequential(
            nn.Linear(2 * numbers + 2 * code + 2 * harmonics, hidden),
            nn.SiLU(),
            nn.Dropout(drop),
            nn.Linear(hidden, hidden),
            nn.SiLU(),
            nn.Dropout(drop),
        )
        self.bend = nn.Linear(hidden, numbers)
        nn.init.normal_(self.bend.weight, std=1e-3)  # it begins at the straight way
        nn.init.zeros_(self.bend.bias)

    def forward(self, begin: Tensor, end: Tensor, time: Tensor) -> Tensor:
        """Hands (N, T, 21, 3) in palm lengths.

        Args:
            begin: (N,) index of the shape it leaves.
            end: (N,) index of the shape it reaches.
            time: (N, T) from 0 to 1.
        """
        first, last = self.shapes[begin, 0].unsqueeze(1), self.shapes[end, 1].unsqueeze(1)
        passed = time[..., None, None]
        straight = first + (last - first) * passed
        leaving, reaching = self.codes(begin).chunk(2, -1)[0], self.codes(end).chunk(2, -1)[1]
        known = torch.cat([first.flatten(1), (last - first).flatten(1), leaving, reaching], -1)
        phase = time.unsqueeze(-1) * self.waves
        heard = torch.cat([known.unsqueeze(1).expand(-1, time.shape[1], -1), phase.sin(), phase.cos()], -1)
        bend = self.bend(self.layers(heard)).unflatten(-1, first.shape[-2:])
        return straight + 4 * passed * (1 - passed) * bend
