"""Other times: which frames of a training clip are taken, and when."""

import numpy as np
from numpy.typing import NDArray

from chereme.augment.config import AugmentConfig

__all__ = ["augment_frames"]


def augment_frames(
    places: NDArray[np.float64], lengths: NDArray[np.int64], config: AugmentConfig, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Cut the ends off, let time run unevenly, begin early or late, repeat frames as a slow camera does.

    Args:
        places: (B, T) fractional frame numbers, rising.
        lengths: (B,) frames that each clip has.
        config: how far.
        rng: seeded by the caller.

    Returns:
        Other places (B, T), still inside the clips and in order. They are what the model then sees: nothing
        resamples them back to even steps.
    """
    batch = len(places)
    last = np.maximum(lengths[:, None] - 1, 1)
    share = places / last
    bend = rng.uniform(-config.warp, config.warp, (batch, 1)) * some_clips(batch, config.warp_share, rng)[:, None]
    share = share + bend * np.sin(np.pi * share) * share * (1 - share) * 2
    cut = rng.uniform(0, config.crop, (2, batch, 1)) * (rng.random((2, batch, 1)) < 0.5)
    moved = (cut[0] + share * (1 - cut[0] - cut[1])) * (lengths[:, None] - 1)
    if config.shift_time:
        early = rng.uniform(-config.shift_time, config.shift_time, batch)
        early *= some_clips(batch, config.shift_time_share, rng)
        moved = np.clip(moved + early[:, None] * last, 0, lengths[:, None] - 1)
    if config.resample:
        slower = rng.uniform(1, config.resample_most, (batch, 1))
        first = rng.random((batch, 1)) * slower
        held = np.clip(np.floor((moved - first) / slower + 0.5) * slower + first, 0, lengths[:, None] - 1)
        moved = np.where(rng.random((batch, 1)) < config.resample, held, moved)
    return np.asarray(moved)


def some_clips(batch: int, share: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """(B,) 1 for clips that are changed and 0 for others; nothing is drawn where all are."""
    return np.ones(batch) if share == 1 else (rng.random(batch) < share).astype(np.float64)
