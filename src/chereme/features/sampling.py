"""Which frames of a clip a model sees: few for a short sign, more for a long one, whatever the frame rate."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chereme.errors import RecipeError
from chereme.features.samples import DRAWS, Places, draw_samples
from chereme.types import Bools, Floats

__all__ = ["SamplingConfig", "average_samples", "clip_samples", "frame_counts", "frame_positions", "surest"]

KINDS = ("variable", "rate", *DRAWS)


@dataclass(frozen=True)
class SamplingConfig:
    """How a clip of any length and frame rate becomes a sequence of bounded length, or several.

    `variable`: a clip of s seconds gives `frames_at_unit * (s / unit) ** power` frames. With power 0.5, signing
    twice as slow costs 1.4 times the frames: tempo shows, without ruling. `rate`: so many frames per second. Both
    give one sequence a clip. The other kinds give samples of `frames` frames: training sees each of them, scoring
    and recognizing average the probabilities over a clip's samples, so that a clip counts once.
    """

    kind: str = "variable"
    """By the clip's duration: `variable`, `rate`. Samples: `uniform`, `random`, `multiple-uniform`, `exhaustive`."""
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
    per_second: float = 10.0
    """Of `rate`: frames per second of signing, within `least` and `most`."""
    frames: int = 20
    """Of samples: frames of each. A shorter clip gives all that it has, once."""
    samples: int = 0
    """Of samples: at most so many a clip; 0: one; of `multiple-uniform` five, of `exhaustive` all that there are."""
    spacing: int = 1
    """Of `uniform`, `random` and `exhaustive`: least distance in frames between neighbours, where a clip allows it."""
    replacement: float = 0.2
    """Of `multiple-uniform`: share of each sample that the next may draw again."""
    include_remaining: bool = True
    """Of `multiple-uniform`: one more sample of the frames left at the end, filled up from the others."""
    seed: int = 42
    """Of samples drawn for scoring and recognizing, with the clip's length; training draws anew in each epoch."""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise RecipeError(f"sampling.kind must be one of {', '.join(KINDS)}, got {self.kind!r}")
        if not 2 <= self.least <= self.most:
            raise RecipeError(f"sampling: need 2 <= least <= most, got {self.least} and {self.most}")
        if self.frames_at_unit < 2 or self.unit <= 0 or not 0 <= self.power <= 1:
            raise RecipeError("sampling: need frames_at_unit >= 2, unit > 0 seconds, power from 0 to 1")
        if not 0 < self.per_second <= 1000:
            raise RecipeError(f"sampling.per_second must be above 0 and at most 1000, got {self.per_second}")
        if self.frames < 2 or self.spacing < 1 or min(self.samples, self.seed) < 0:
            raise RecipeError("sampling: need frames >= 2, spacing >= 1, samples and seed not below 0")
        if not 0 <= self.replacement < 1:
            raise RecipeError(f"sampling.replacement is a share from 0 to below 1, got {self.replacement}")

    @property
    def draws(self) -> bool:
        """Whether clips give samples of a fixed number of frames."""
        return self.kind in DRAWS


def frame_counts(
    seconds: NDArray[np.float64], config: SamplingConfig, rate: NDArray[np.float64] | float = 1.0
) -> NDArray[np.int64]:
    """How many frames to take of clips of these durations; `rate` stretches (> 1) or squeezes them."""
    if config.kind == "rate":
        counts = np.floor(np.asarray(seconds, np.float64) * config.per_second * rate + 0.5)
        return np.asarray(np.clip(counts, config.least, config.most), np.int64)
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


def clip_samples(
    length: int, seconds: float, config: SamplingConfig, rng: np.random.Generator | None = None
) -> list[Places]:
    """Frame numbers of each sample of a clip, at least one.

    Args:
        length: frames that the clip has.
        seconds: its duration.
        config: how to sample.
        rng: draws them in training; None: drawn from the recipe's seed and the clip's length, so that a clip gets
            the same answer each time and in every process.
    """
    if config.draws:
        return draw_samples(length, config, rng or np.random.default_rng((config.seed, length)))
    count = frame_counts(np.array([seconds]), config)
    places, _ = frame_positions(np.array([length]), count, int(count[0]))
    return [np.floor(places[0] + 0.5).astype(np.int64)]


def average_samples(logits: Floats) -> Floats:
    """Scores (..., K) of clips from those of their samples (..., S, K): the logarithm of the mean probability.

    Scores of a single sample are given back as they are.
    """
    if logits.shape[-2] == 1:
        return logits[..., 0, :]
    shifted = logits - logits.max(-1, keepdims=True)
    shares = np.exp(shifted)
    mean = (shares / shares.sum(-1, keepdims=True)).mean(-2)
    return np.asarray(np.log(np.maximum(mean, np.finfo(np.float32).tiny)), np.float32)


def surest(logits: Floats) -> NDArray[np.int64]:
    """Which of the W ways to look at a clip, scores (..., W, K), has the likeliest gloss; of equals the first."""
    shifted = logits - logits.max(-1, keepdims=True)
    return np.asarray(np.exp(shifted).sum(-1).argmin(-1), np.int64)
