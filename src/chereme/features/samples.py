"""Samples of a fixed number of frames, several of one clip where it is long enough.

Frames of a sample are in the order of time and never repeat. A clip of no more frames than a sample gives one
sample, of all its frames; the mask that goes with it says that it is shorter. Each way ends, whatever is drawn.
"""

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["DRAWS", "Sampling", "draw_spaced", "draw_samples"]

Places = NDArray[np.int64]
"""Frame numbers of one sample, rising."""


class Sampling(Protocol):
    """What the ways read of `SamplingConfig`."""

    @property
    def kind(self) -> str: ...
    @property
    def frames(self) -> int: ...
    @property
    def samples(self) -> int: ...
    @property
    def spacing(self) -> int: ...
    @property
    def replacement(self) -> float: ...
    @property
    def include_remaining(self) -> bool: ...


def draw_samples(length: int, config: Sampling, rng: np.random.Generator) -> list[Places]:
    """Samples of one clip of `length` frames, at least one.

    Args:
        length: frames of the clip, 1 or more.
        config: its `kind` is a key of `DRAWS`.
        rng: of this clip alone, so that two clips of one length are not drawn alike.
    """
    if length <= config.frames:
        return [np.arange(length)]
    return DRAWS[config.kind](length, config, rng)


def _uniform(length: int, config: Sampling, rng: np.random.Generator) -> list[Places]:
    """Evenly from the first frame to the last; several samples take turns, so each spans the whole clip.

    One sample when the frames of several would stand closer than `spacing`.
    """
    count = config.samples or 1
    if (length - 1) * count < config.spacing * (config.frames * count - 1):
        count = 1
    grid = _even(length, config.frames * count)
    return [grid[first::count] for first in range(count)]


def _random(length: int, config: Sampling, rng: np.random.Generator) -> list[Places]:
    """Each sample drawn by itself from all frames; one even sample where the clip is too short for the spacing."""
    drawn = (draw_spaced(np.arange(length), config.frames, config.spacing, rng) for _ in range(config.samples or 1))
    return [sample for sample in drawn if sample is not None] or [_even(length, config.frames)]


def _multiple_uniform(length: int, config: Sampling, rng: np.random.Generator) -> list[Places]:
    """Samples that share few frames: a share of each goes back into the pool that the next is drawn from.

    What is left at the end makes one more sample with frames drawn from the others, within the limit.
    """
    limit = config.samples or 5
    back = int(config.frames * config.replacement)
    pool = np.arange(length)
    samples: list[Places] = []
    while len(samples) < limit and len(pool) >= config.frames:
        sample = np.sort(rng.choice(pool, config.frames, replace=False))
        samples.append(sample)
        used = rng.choice(sample, config.frames - back, replace=False)
        pool = np.setdiff1d(pool, used, assume_unique=True)
    if config.include_remaining and len(samples) < limit and len(pool):
        others = np.setdiff1d(np.arange(length), pool, assume_unique=True)
        more = rng.choice(others, config.frames - len(pool), replace=False)
        samples.append(np.sort(np.concatenate([pool, more])))
    return samples


def _exhaustive(length: int, config: Sampling, rng: np.random.Generator) -> list[Places]:
    """Samples without a common frame, until too few frames are left for another; one even sample if for none."""
    pool = np.arange(length)
    samples: list[Places] = []
    while not config.samples or len(samples) < config.samples:
        sample = draw_spaced(pool, config.frames, config.spacing, rng)
        if sample is None:
            break
        samples.append(sample)
        pool = np.setdiff1d(pool, sample, assume_unique=True)
    return samples or [_even(length, config.frames)]


DRAWS: dict[str, Callable[[int, Sampling, np.random.Generator], list[Places]]] = {
    "uniform": _uniform,
    "random": _random,
    "multiple-uniform": _multiple_uniform,
    "exhaustive": _exhaustive,
}
"""Ways to draw samples of a fixed number of frames from a longer clip."""


def draw_spaced(pool: Places, count: int, spacing: int, rng: np.random.Generator) -> Places | None:
    """`count` frames of a pool with at least `spacing` between neighbours; every choice is equally likely.

    The frames are drawn one after the other, each weighed by how many ways there are to go on from it, so a draw
    can neither come to a dead end nor crowd at the end of the clip.

    Returns:
        The frames, rising; None when the pool has no such choice.
    """
    if len(pool) < count:
        return None
    if spacing <= 1:
        return np.sort(rng.choice(pool, count, replace=False))
    after = np.searchsorted(pool, pool + spacing)
    ways = [np.ones(len(pool))]  # ways[r][i]: to choose r more frames after frame i, up to a factor that r shares
    for _ in range(count - 1):
        rest = np.append(np.cumsum(ways[-1][::-1])[::-1], 0.0)[after]
        if not rest.any():
            return None
        ways.append(rest / rest.max())
    chosen: list[int] = []
    first = 0
    for weights in reversed(ways):
        reach = np.cumsum(weights[first:])
        at = first + int(np.searchsorted(reach, rng.random() * reach[-1], side="right"))
        chosen.append(at)
        first = int(after[at])
    return np.asarray(pool[chosen])


def _even(length: int, count: int) -> Places:
    """`count` places from the first frame to the last, the nearest frame to each."""
    return np.asarray(np.floor(np.linspace(0, length - 1, count) + 0.5), np.int64)
