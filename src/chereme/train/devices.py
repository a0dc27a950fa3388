"""Training on several devices or machines at once, through Lightning's own flags.

Each process is dealt its own batches of every epoch and computes their gradients; Lightning averages them. All
processes go through the same program side by side, so only the first one writes files and prints.
"""

import os
from collections.abc import Iterator
from typing import Any

import torch
from lightning.pytorch.utilities import rank_zero_only
from torch.utils.data import Sampler

__all__ = ["PLACEMENT", "DealtBatches", "first_process", "wait_for_all"]

PLACEMENT = ("device", "devices", "nodes", "strategy", "threads")
"""Settings that say where a run computes, not what: they may differ when it is resumed."""


def first_process() -> bool:
    """Whether this process is the one that writes files: the only one, or the first of several."""
    return int(getattr(rank_zero_only, "rank", 0) or 0) == 0 and int(os.environ.get("NODE_RANK", "0")) == 0


def wait_for_all() -> None:
    """Go on when all processes that train together have come here; at once where there is only one."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.barrier()


class DealtBatches(Sampler[Any]):
    """Deals the batches of an epoch out to `world` processes, one each in turn.

    Lightning's own sampler for several devices would be told the epoch in place of `batches`, and every epoch
    would then see the clips in the same order with the same augmentation.
    """

    def __init__(self, batches: Any, world: int) -> None:
        self.batches = batches
        self.world = world

    def set_epoch(self, epoch: int) -> None:
        """Lightning calls this before each epoch."""
        self.batches.set_epoch(epoch)

    def __len__(self) -> int:
        return max(1, len(self.batches) // self.world)

    def __iter__(self) -> Iterator[Any]:
        rank = torch.distributed.get_rank() if torch.distributed.is_initialized() else 0
        keys = list(self.batches)
        for turn in range(len(self)):  # as many for each: a process without a batch would hold up the others
            yield keys[(turn * self.world + rank) % len(keys)]
