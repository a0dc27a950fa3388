"""Training batches: clips sampled, augmented and turned into features, each batch from its own seed.

A batch depends on the seed, the epoch and its number alone, never on what ran before it: that is why a
resumed run gives the same weights as an unbroken one.

Where the recipe draws samples, an epoch goes through every sample of every clip, drawn anew each epoch for each
clip by itself; scoring goes through the same samples each time, and counts clips.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from chereme.augment import (
    augment_frames,
    augment_points,
    cutmix,
    mask_frames,
    mask_spans,
    mirror_clips,
    mixup,
    swap_hands,
)
from chereme.features import FeaturePlan, clip_samples, frame_counts, frame_positions
from chereme.features.facts import FrameFacts, HandGaps, hand_gaps
from chereme.layout import Layout, image_count, layout_named
from chereme.preprocess import either_hand_leads, preprocess
from chereme.train.config import RecognizerRecipe
from chereme.types import Bools, Floats, PoseSequence

__all__ = [
    "EpochBatches",
    "PreparedClips",
    "ScoringBatch",
    "TrainingBatches",
    "make_batch",
    "prepare",
    "scoring_batches",
]

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
    gaps: HandGaps | None = None
    """(frames, 2) of all clips, where a feature reads them."""
    videos: NDArray[np.int64] | None = None
    """Clips of one number show the same video, filed under several glosses perhaps; None: each its own."""
    either: Bools | None = None
    """(clips,) that either hand may lead; None where the recipe does not ask."""

    def __len__(self) -> int:
        return len(self.lengths)

    def subset(self, keep: Sequence[int] | NDArray[np.int64]) -> "PreparedClips":
        """Some of the clips; the points are shared."""
        keep = np.asarray(keep, np.int64)
        return replace(
            self,
            starts=self.starts[keep],
            lengths=self.lengths[keep],
            seconds=self.seconds[keep],
            classes=self.classes[keep],
            videos=None if self.videos is None else self.videos[keep],
            either=None if self.either is None else self.either[keep],
        )

    def turned_round(self, layout: Layout) -> "PreparedClips":
        """Every clip mirrored about the middle of the body."""
        points = self.points[:, layout.mirrored_order()] * np.array([-1, 1, 1], np.float32)
        gaps = self.gaps and HandGaps(self.gaps.guessed[:, ::-1], self.gaps.seconds[:, ::-1])
        return replace(self, points=points, gaps=gaps)


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
        HandGaps.join([hand_gaps(s) for s in ready]) if "hand_metadata" in recipe.features.families else None,
        either=np.array([either_hand_leads(s, recipe.preprocess.clearly) for s in ready])
        if recipe.augment.mirror_either or recipe.preprocess.both_ways
        else None,
    )


def make_batch(
    clips: PreparedClips,
    chosen: NDArray[np.int64],
    recipe: RecognizerRecipe,
    plan: FeaturePlan,
    rng: np.random.Generator | None,
    partners: NDArray[np.int64] | None = None,
    samples: Sequence[NDArray[np.int64]] | None = None,
) -> tuple[Floats, Bools]:
    """Features (B, T, F) and mask (B, T) of some clips; augmented when a generator is given.

    `partners` are other clips of the same glosses, to borrow handshapes from. `samples` are the frame numbers of a
    sample of each clip; None: as many frames as its duration asks for.
    """
    lengths = clips.lengths[chosen]
    if samples is None:
        rate: NDArray[np.float64] | float = 1.0
        if rng is not None:
            rate = np.exp(rng.uniform(-1, 1, len(chosen)) * np.log(recipe.augment.rate))
        counts = frame_counts(clips.seconds[chosen], recipe.sampling, rate)
        places, mask = frame_positions(lengths, counts, int(counts.max()))
    else:
        places, mask = _side_by_side(samples)
    if rng is not None:
        places = augment_frames(places, lengths, recipe.augment, rng)
    points = _points_at(clips, chosen, places)
    mirrored = np.zeros(len(chosen), bool)
    if rng is not None:
        if partners is not None:
            if samples is None:
                theirs, _ = frame_positions(clips.lengths[partners], counts, int(counts.max()))
            else:
                theirs = _side_by_side(samples)[0] / np.maximum(lengths - 1, 1)[:, None]
                theirs *= clips.lengths[partners, None] - 1
            partner = _points_at(clips, partners, theirs)
            points = swap_hands(points, partner, plan.layout, recipe.augment, rng)
        if not image_count(plan.layout):
            points = augment_points(points, plan.layout, recipe.augment, rng)
            either = None if clips.either is None else clips.either[chosen]
            points, mirrored = mirror_clips(points, plan.layout, recipe.augment, rng, either)
        points = mask_frames(points, mask, recipe.augment, rng)
    points[~mask] = np.nan
    values = plan.compute(points, _facts(clips, chosen, places, mask, mirrored) if plan.reads_facts else None)
    if rng is not None:
        values = mask_spans(values, mask, recipe.augment, rng)
    return values, mask


def _side_by_side(samples: Sequence[NDArray[np.int64]]) -> tuple[NDArray[np.float64], Bools]:
    """Frame numbers (B, W) of samples, the last one repeated as padding, and the mask of those that are none."""
    counts = np.array([len(sample) for sample in samples])
    step = np.arange(counts.max())[None]
    places = np.stack([sample[np.minimum(step[0], len(sample) - 1)] for sample in samples])
    return places.astype(np.float64), step < counts[:, None]


def _points_at(clips: PreparedClips, chosen: NDArray[np.int64], places: NDArray[np.float64]) -> Floats:
    """Points (B, T, J, 3) of the frames nearest to some places (B, T) in clips."""
    return clips.points[clips.starts[chosen, None] + _nearest(clips, chosen, places)]


def _nearest(clips: PreparedClips, chosen: NDArray[np.int64], places: NDArray[np.float64]) -> NDArray[np.int64]:
    """Numbers (B, T) of the frames nearest to some places."""
    return np.clip(np.floor(places + 0.5).astype(np.int64), 0, clips.lengths[chosen, None] - 1)


def _facts(
    clips: PreparedClips, chosen: NDArray[np.int64], places: NDArray[np.float64], mask: Bools, mirrored: Bools
) -> FrameFacts:
    """When the frames that `_points_at` gives were taken; NaN where they are padding. Gaps change sides in a mirror."""
    frames, lengths = _nearest(clips, chosen, places), clips.lengths[chosen].astype(np.float64)
    gaps = clips.gaps and clips.gaps.at(clips.starts[chosen, None] + frames)
    if gaps:
        gaps.guessed[mirrored], gaps.seconds[mirrored] = (
            gaps.guessed[mirrored, :, ::-1],
            gaps.seconds[mirrored, :, ::-1],
        )
    return FrameFacts(np.where(mask, frames, np.nan), lengths, lengths / clips.seconds[chosen], gaps)


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
    """Turns a key of `EpochBatches` into a batch; what it counts are the samples of all clips."""

    def __init__(self, clips: PreparedClips, classes: int, recipe: RecognizerRecipe) -> None:
        self.clips = clips
        self.classes = classes
        self.recipe = recipe
        self._shared = _shared_targets(clips, classes)
        self._of_class = {k: np.flatnonzero(clips.classes == k) for k in np.unique(clips.classes)}
        self.plan = FeaturePlan(layout_named(recipe.preprocess.layout), recipe.features)
        counts = [len(samples) for samples in _scored_samples(clips, np.arange(len(clips)), recipe)]
        self._clip = np.repeat(np.arange(len(clips)), counts)
        self._nth = np.arange(len(self._clip)) - np.repeat(np.cumsum(counts) - counts, counts)

    def __len__(self) -> int:
        """Samples of all clips: one each, unless the recipe draws several."""
        return len(self._clip)

    def __getitem__(self, key: tuple[int, int, NDArray[np.int64]]) -> Batch:
        epoch, number, items = key
        chosen = self._clip[items]
        rng = np.random.default_rng((self.recipe.train.seed, epoch, number, 1))
        partners = None
        if self.recipe.augment.swap_hands:
            partners = np.array([rng.choice(self._of_class[k]) for k in self.clips.classes[chosen]])
        samples = None
        if self.recipe.sampling.draws:
            samples = [self._sample(epoch, self._clip[i], self._nth[i]) for i in items]
        values, mask = make_batch(self.clips, chosen, self.recipe, self.plan, rng, partners, samples)
        targets = np.eye(self.classes, dtype=np.float32)[self.clips.classes[chosen]]
        for row, clip in enumerate(chosen):
            if clip in self._shared:
                targets[row] = self._shared[clip]
        values, targets = cutmix(values, mask, targets, self.recipe.augment, rng)
        values, mask, targets = mixup(values, mask, targets, self.recipe.augment, rng)
        return torch.from_numpy(values), torch.from_numpy(mask), torch.from_numpy(targets)

    def _sample(self, epoch: int, clip: int, nth: int) -> NDArray[np.int64]:
        """The nth sample of a clip in an epoch: whichever batch it comes in, it belongs with the clip's others."""
        rng = np.random.default_rng((self.recipe.train.seed, epoch, clip, 2))
        drawn = clip_samples(int(self.clips.lengths[clip]), self.clips.seconds[clip], self.recipe.sampling, rng)
        return drawn[nth % len(drawn)]


def _shared_targets(clips: PreparedClips, classes: int) -> dict[int, Floats]:
    """Targets (K,) of the clips whose video stands under several glosses: synonyms, each as right as the other."""
    found: dict[int, Floats] = {}
    if clips.videos is None:
        return found
    order = np.argsort(clips.videos, kind="stable")
    for alike in np.split(order, np.flatnonzero(np.diff(clips.videos[order])) + 1):
        if len(meant := np.unique(clips.classes[alike])) > 1:
            target = np.zeros(classes, np.float32)
            target[meant] = 1 / len(meant)
            found |= dict.fromkeys(alike.tolist(), target)
    return found


@dataclass(frozen=True, eq=False)
class ScoringBatch:
    """Clips as they are, not augmented, all with the same number S of samples."""

    rows: NDArray[np.int64]
    """(N,) where these clips stand among those that were asked for."""
    values: Tensor
    """Features (N * S, T, F), the samples of a clip one after the other."""
    mask: Tensor
    classes: Tensor
    """(N,) of each clip."""


def scoring_batches(
    clips: PreparedClips, chosen: NDArray[np.int64], recipe: RecognizerRecipe, plan: FeaturePlan
) -> list[ScoringBatch]:
    """Clips to validate or score, as recognizing reads them: in order, where each has one sample."""
    samples = _scored_samples(clips, chosen, recipe)
    counts = np.array([len(some) for some in samples], np.int64)
    batches = []
    for count in np.unique(counts):
        rows = np.flatnonzero(counts == count)
        size = max(1, 256 // int(count))
        for some in (rows[start : start + size] for start in range(0, len(rows), size)):
            drawn = [sample for row in some for sample in samples[row]] if recipe.sampling.draws else None
            values, mask = make_batch(clips, chosen[some].repeat(count), recipe, plan, None, samples=drawn)
            classes = torch.from_numpy(clips.classes[chosen[some]])
            batches.append(ScoringBatch(some, torch.from_numpy(values), torch.from_numpy(mask), classes))
    return batches


def _scored_samples(
    clips: PreparedClips, chosen: NDArray[np.int64], recipe: RecognizerRecipe
) -> list[list[NDArray[np.int64]]]:
    """Samples of clips as scoring draws them; where the recipe draws none, one empty one stands for each."""
    if not recipe.sampling.draws:
        return [[np.zeros(0, np.int64)] for _ in chosen]
    return [clip_samples(int(clips.lengths[i]), clips.seconds[i], recipe.sampling) for i in chosen]
