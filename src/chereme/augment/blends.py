"""Clips hidden in part, or blended with others: changes of what the model reads, and of its targets alike."""

import numpy as np

from chereme.augment.config import AugmentConfig
from chereme.types import Bools, Floats

__all__ = ["cutmix", "mask_spans", "mixup"]


def mask_spans(values: Floats, mask: Bools, config: AugmentConfig, rng: np.random.Generator) -> Floats:
    """Hide a stretch of some clips: features (B, T, F) become 0 there."""
    batch, frames = mask.shape
    time = np.arange(frames)[None]
    start = rng.random((batch, 1)) * mask.sum(1, keepdims=True)
    span = rng.random((batch, 1)) * 0.3 * mask.sum(1, keepdims=True)
    hidden = (rng.random((batch, 1)) < config.mask_time) & (time >= start) & (time < start + span)
    return np.where(hidden[..., None], np.float32(0), values)


def mixup(
    values: Floats, mask: Bools, targets: Floats, config: AugmentConfig, rng: np.random.Generator
) -> tuple[Floats, Bools, Floats]:
    """Blend the clips of a batch in pairs, features (B, T, F) and targets (B, K) alike (Zhang et al. 2018)."""
    if rng.random() >= config.mixup:
        return values, mask, targets
    other = rng.permutation(len(values))
    share = np.float32(rng.beta(config.mixup_alpha, config.mixup_alpha))
    return (
        share * values + (1 - share) * values[other],
        mask | mask[other],
        share * targets + (1 - share) * targets[other],
    )


def cutmix(
    values: Floats, mask: Bools, targets: Floats, config: AugmentConfig, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Show another clip of the batch for a stretch of each clip, at the same share of its own time.

    The stretch takes any share of the clip; targets (B, K) are blended by the frames that it took. After Yun et al.
    2019, with a stretch of time where they cut a rectangle of a picture.

    Args:
        values: (B, T, F) features.
        mask: (B, T), frames first, padding last.
        targets: (B, K) shares of each class.
        config: says in how many batches.
        rng: draws the stretches.
    """
    if not config.cutmix or rng.random() >= config.cutmix:
        return values, targets
    batch, frames = mask.shape
    other = rng.permutation(batch)
    lengths = mask.sum(1, keepdims=True)
    time = np.arange(frames)[None] / np.maximum(lengths - 1, 1)
    span = rng.random((batch, 1))
    start = rng.random((batch, 1)) * (1 - span)
    theirs = np.floor(np.minimum(time, 1) * (lengths[other] - 1) + 0.5).astype(np.int64)
    taken = (time >= start) & (time < start + span) & mask
    share = (taken.sum(1, keepdims=True) / lengths).astype(np.float32)
    cut = values[other[:, None], theirs]
    return np.where(taken[..., None], cut, values), (1 - share) * targets + share * targets[other]
