"""Training batches: clips sampled, augmented and turned into features, each batch from its own seed.

A batch depends on the seed, the epoch and its number alone, never on what ran before it: that is why a
resumed run gives the same weights as an unbroken one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from chereme.augment import augment_frames, augment_points, mask_spans, mixup, swap_hands
from chereme.features import FeaturePlan, frame_counts, frame_positions
from chereme.layout import layout_named
from chereme.preprocess import preprocess
from chereme.train.config import RecognizerRecipe
from chereme.types import Bools, Floats, PoseSequence

__all__ = ["EpochBatches", "PreparedClips", "TrainingBatches", "make_batch", "prepare"]

Batch = tuple[Tensor, Tensor, Tensor]
"""Features (B, T, F), mask (B, T), targets (B, K)."""


@dataclass(frozen=True, eq=False)
class PreparedClips:
    """Preprocessed clips of any length, end to end in one array."""

    points: Floats
    """(frames, J, 3) of all clips."""
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    seconds: NDArray[np.float64]
    classes: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.lengths)

    def subset(self, keep: Sequence[int] | NDArray[np.int64]) -> "PreparedClips":
        """Some of the clips; the points are shared."""
        keep = np.asarray(keep, np.int64)
        return PreparedClips(self.points, self.starts[keep], self.lengths[keep], self.seconds[keep], self.classes[keep])


def prepare(sequences: Sequence[PoseSequence], classes: Sequence[int], recipe: RecognizerRecipe) -> PreparedClips:
    """Preprocess clips once, before the first epoch."""
    ready = [preprocess(sequence, recipe.preprocess, recipe.trim, recipe.align) for sequence in sequences]
    lengths = np.array([len(s) for s in ready], np.int64)
    return PreparedClips(
        np.concatenate([s.points for s in ready]),
        np.concatenate([[0], np.cumsum(lengths)[:-1]]),
        lengths,
        np.array([s.seconds for s in ready]),
        np.asarray(classes, np.int64),
    )


def make_batch(
    clips: PreparedClips,
    chosen: NDArray[np.int64],
    recipe: RecognizerRecipe,
    plan: FeaturePlan,
    rng: np.random.Generator | None,
    partners: NDArray[np.int64] | None = None,
) -> tuple[Floats, Bools]:
    """Features (B, T, F) and mask (B, T) of some clips; augmented when a generator is given.

    `partners` are other clips of the same glosses, to borrow handshapes from.
    """
    lengths = clips.lengths[chosen]
    rate: NDArray[np.float64] | float = 1.0
    if rng is not None:
        rate = np.exp(rng.uniform(-1, 1, len(chosen)) * np.log(recipe.augment.rate))
    counts = frame_counts(clips.seconds[chosen], recipe.sampling, rate)
    places, mask = frame_positions(lengths, counts, int(counts.max()))
    if rng is not None:
        places = augment_frames(places, lengths, recipe.augment, rng)
    points = _points_at(clips, chosen, places)
    if rng is not None:
        if partners is not None:
            theirs, _ = frame_positions(clips.lengths[partners], counts, int(counts.max()))
            partner = _points_at(clips, partners, theirs)
            points = swap_hands(points, partner, plan.layout, recipe.augment, rng)
        points = augment_points(points, plan.layout, recipe.augment, rng)
    points[~mask] = np.nan
    values = plan.compute(points)
    if rng is not None:
        values = mask_spans(values, mask, recipe.augment, rng)
    return values, mask


def _points_at(clips: PreparedClips, chosen: NDArray[np.int64], places: NDArray[np.float64]) -> Floats:
    """Points (B, T, J, 3) of the frames nearest to some places (B, T) in clips."""
    frames = np.clip(np.floor(places + 0.5).astype(np.int64), 0, clips.lengths[chosen, None] - 1)
    return clips.points[clips.starts[chosen, None] + frames]


class EpochBatches(Sampler[tuple[int, int, NDArray[np.int64]]]):
    """Shuffles the clips anew each epoch, from the seed and the epoch's number."""

    def __init__(self, clips: int, batch: int, seed: int) -> None:
        self.clips = clips
        self.batch = batch
        self.seed = seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Lightning calls this before each epoch."""
        self.epoch = epoch

    def __len__(self) -> int:
        return max(1, self.clips // self.batch)

    def __iter__(self) -> Iterator[tuple[int, int, NDArray[np.int64]]]:
        order = np.random.default_rng((self.seed, self.epoch)).permutation(self.clips)
        for number in range(len(self)):
            yield self.epoch, number, order[number * self.batch : (number + 1) * self.batch]


class TrainingBatches(Dataset[Batch]):
    """Turns a key of `EpochBatches` into a batch."""

    def __init__(self, clips: PreparedClips, classes: int, recipe: RecognizerRecipe) -> None:
        self.clips = clips
        self.classes = classes
        self.recipe = recipe
        self._of_class = {k: np.flatnonzero(clips.classes == k) for k in np.unique(clips.classes)}
        self.plan = FeaturePlan(layout_named(recipe.preprocess.layout), recipe.features)

    def __getitem__(self, key: tuple[int, int, NDArray[np.int64]]) -> Batch:
        epoch, number, chosen = key
        rng = np.random.default_rng((self.recipe.train.seed, epoch, number, 1))
        partners = None
        if self.recipe.augment.swap_hands:
            partners = np.array([rng.choice(self._of_class[k]) for k in self.clips.classes[chosen]])
        values, mask = make_batch(self.clips, chosen, self.recipe, self.plan, rng, partners)
        targets = np.eye(self.classes, dtype=np.float32)[self.clips.classes[chosen]]
        values, mask, targets = mixup(values, mask, targets, self.recipe.augment, rng)
        return torch.from_numpy(values), torch.from_numpy(mask), torch.from_numpy(targets)
