"""Which frames of a clip a model sees: few for a short sign, more for a long one, whatever the frame rate."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chereme.errors import RecipeError
from chereme.types import Bools

__all__ = ["SamplingConfig", "frame_counts", "frame_positions"]


@dataclass(frozen=True)
class SamplingConfig:
    """How a clip of any length and frame rate becomes a sequence of bounded length.

    A clip of s seconds gives `frames_at_unit * (s / unit) ** power` frames. With power 0.5, signing twice as
    slow costs 1.4 times the frames: tempo shows, without ruling.
    """

    most: int = 64
    """Longest sequence, in frames."""
    least: int = 8
    """Shortest sequence, in frames."""
    frames_at_unit: int = 48
    """Frames for a clip of `unit` seconds."""
    unit: float = 1.92
    """Seconds of a usual clip."""
    power: float = 0.5
    """0: every clip has the same number of frames; 1: the number grows with the duration."""

    def __post_init__(self) -> None:
        if not 2 <= self.least <= self.most:
            raise RecipeError(f"sampling: need 2 <= least <= most, got {self.least} and {self.most}")
        if self.frames_at_unit < 2 or self.unit <= 0 or not 0 <= self.power <= 1:
            raise RecipeError("sampling: need frames_at_unit >= 2, unit > 0 seconds, power from 0 to 1")


def frame_counts(
    seconds: NDArray[np.float64], config: SamplingConfig, rate: NDArray[np.float64] | float = 1.0
) -> NDArray[np.int64]:
    """How many frames to take of clips of these durations; `rate` stretches (> 1) or squeezes them."""
    share = np.clip(np.asarray(seconds, np.float64) / config.unit, 0.25, 3.0)
    counts = np.floor(config.frames_at_unit * share**config.power * rate + 0.5)
    return np.asarray(np.clip(counts, config.least, config.most), np.int64)


def frame_positions(
    lengths: NDArray[np.int64], counts: NDArray[np.int64], width: int
) -> tuple[NDArray[np.float64], Bools]:
    """Evenly spread places from the first to the last frame of B clips.

    Args:
        lengths: (B,) frames that each clip has.
        counts: (B,) frames to take of it.
        width: W, at least the largest count.

    Returns:
        (B, W) places as fractional frame numbers, the last one repeated as padding, and the (B, W) mask of
        those that are no padding.
    """
    step = np.arange(width)[None]
    share = np.minimum(step / np.maximum(counts[:, None] - 1, 1), 1.0)
    return share * (lengths[:, None] - 1), step < counts[:, None]
