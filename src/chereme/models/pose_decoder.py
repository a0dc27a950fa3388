"""Gloss to pose: a small network that knows a few signs as smooth movements.

A word is a learned code; where we are in the sign is one number from 0 to 1. Out come the body's landmarks, the
direction of every hand bone, and whether each hand would be seen. Bones have fixed lengths, so a produced hand
cannot grow or shrink, whatever the network says.
"""

from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn

from chereme.layout import HAND_POINTS
from chereme.types import Floats

__all__ = ["HAND_CHAIN", "PoseDecoder"]

HAND_CHAIN = tuple((0 if joint % 4 == 1 else joint - 1, joint) for joint in range(1, len(HAND_POINTS)))
"""20 bones (from, to) that reach every landmark of a hand from its wrist, each finger on its own."""


class PoseDecoder(nn.Module):
    """Words as movements: (word, time) to landmarks in shoulder widths from between the shoulders.

    Args:
        words: how many words it knows.
        rest: (B, 3) mean place of each body landmark, from which the network departs.
        bones: (20,) lengths of `HAND_CHAIN` in shoulder widths.
        code: size of a word's code.
        hidden: width of the hidden layers.
        harmonics: how many half waves of time it hears; few keep the movement smooth.
    """

    rest: Tensor
    reach: Tensor
    waves: Tensor

    def __init__(
        self, words: int, rest: Floats, bones: Floats, *, code: int = 16, hidden: int = 128, harmonics: int = 8
    ) -> None:
        super().__init__()
        self.body_points = len(rest)
        self.codes = nn.Embedding(words, code)
        self.layers = _layers(code + 2 * harmonics + 1, hidden)
        self.out = nn.Linear(hidden, 3 * self.body_points + 2 * 3 * len(HAND_CHAIN) + 2)
        self.register_buffer("rest", torch.as_tensor(np.asarray(rest), dtype=torch.float32))
        self.register_buffer("reach", torch.as_tensor(_reach(bones), dtype=torch.float32))
        self.register_buffer("waves", torch.arange(1, harmonics + 1, dtype=torch.float32) * torch.pi)

    def forward(self, word: Tensor, time: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Landmarks at N moments.

        Args:
            word: (N,) int64 index of the word.
            time: (N,) from 0, the sign's beginning, to 1, its end.

        Returns:
            body (N, B, 3); hands (N, 2, 21, 3), left and right, each from its own wrist; logit (N, 2) that a
            hand is seen.
        """
        phase = time[:, None] * self.waves
        heard = torch.cat([self.codes(word), 2 * time[:, None] - 1, phase.sin(), phase.cos()], -1)
        body, bones, seen = self.out(self.layers(heard)).split([3 * self.body_points, 6 * len(HAND_CHAIN), 2], -1)
        bones = bones.reshape(-1, 2, len(HAND_CHAIN), 3)
        directions = bones / (bones.square().sum(-1, keepdim=True) + 1e-12).sqrt()
        hands = torch.einsum("jb,nsbd->nsjd", self.reach, directions)
        return self.rest + body.reshape(-1, self.body_points, 3), hands, seen


def _layers(inputs: int, hidden: int) -> nn.Sequential:
    sizes = (inputs, hidden, hidden, hidden)
    steps: list[nn.Module] = []
    for a, b in pairwise(sizes):
        steps += [nn.Linear(a, b), nn.SiLU()]
    return nn.Sequential(*steps)


def _reach(bones: Floats) -> Floats:
    """(21, 20): how far each bone carries each landmark, so that a hand is `reach @ directions`."""
    reach = np.zeros((len(HAND_POINTS), len(HAND_CHAIN)), np.float32)
    for b, (start, end) in enumerate(HAND_CHAIN):
        reach[end] = reach[start]
        reach[end, b] = bones[b]
    return reach
