"""Turn aligned landmarks into the numbers that a model reads."""

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np

from chereme.errors import LayoutError, RecipeError
from chereme.features.blocks import Frame, Part
from chereme.features.facts import FrameFacts
from chereme.features.libras import WITHOUT_SOURCE
from chereme.features.presets import BLOCKS, BODY_HANDS, PRESETS
from chereme.features.sampling import (
    SamplingConfig,
    average_samples,
    clip_samples,
    frame_counts,
    frame_positions,
    surest,
)
from chereme.layout import Layout
from chereme.types import Features, Floats, PoseSequence

__all__ = [
    "BLOCKS",
    "PRESETS",
    "FeatureConfig",
    "FeaturePlan",
    "FrameFacts",
    "SamplingConfig",
    "average_samples",
    "clip_samples",
    "features",
    "frame_counts",
    "frame_positions",
    "sample_frames",
    "sampled_features",
    "surest",
]

READ_FACTS = ("differences", "clip_metadata", "hand_metadata")
"""Blocks that read when a frame was taken, or what was guessed in it."""

FRAMES_AT_ONCE = 600
"""Of a batch: what is in work then stays in the processor's cache."""


@dataclass(frozen=True)
class FeatureConfig:
    """Which numbers describe a frame."""

    blocks: tuple[str, ...] = BODY_HANDS
    """Names from `chereme.features.BLOCKS`, in order."""
    velocities: tuple[int, ...] = (1, 2)
    """Change of every moving block over so many frames, each as a feature beside the positions."""
    clip: float = 6.0
    """Larger numbers, of landmarks gone astray, are cut to this."""
    preset: str = ""
    """In place of `blocks`, those of another system: `libras-189`, `libras-339`, `isl-408` or `hand-84`."""
    names: tuple[str, ...] = ()
    """Keep only the features so named, in their order; `*` stands for anything: `angles/right_hand/*`. None: all."""
    leave_out: tuple[str, ...] = ()
    """Features to leave out, named in the same way."""
    source_metadata: bool = False
    """Let frame rate, length and duration in where `clip_metadata` is read. They tell where a clip comes from, so a
    model may learn the source instead of the sign; off, they are 0 in every clip."""

    def __post_init__(self) -> None:
        for name in self.blocks:
            if name not in BLOCKS:
                raise RecipeError(f"features.blocks: unknown block {name!r}; known: {', '.join(BLOCKS)}")
        if not self.blocks or len(set(self.blocks)) != len(self.blocks):
            raise RecipeError("features.blocks must name at least one block, and none twice")
        if self.preset and self.preset not in PRESETS:
            raise RecipeError(f"features.preset: unknown preset {self.preset!r}; known: {', '.join(PRESETS)}")
        if self.preset and self.blocks != BODY_HANDS:
            raise RecipeError("features: preset stands in place of blocks; give one of them")
        if not self.clip > 0:
            raise RecipeError(f"features.clip must be above 0, got {self.clip}")
        if any(lag < 1 for lag in self.velocities):
            raise RecipeError(f"features.velocities are frames, 1 or more, got {list(self.velocities)}")

    @property
    def families(self) -> tuple[str, ...]:
        """The blocks that are meant, by a preset or one by one."""
        return PRESETS[self.preset] if self.preset else self.blocks


class FeaturePlan:
    """A feature configuration made ready for one layout.

    Raises:
        LayoutError: the layout lacks landmarks that a feature reads.
        RecipeError: `names` or `leave_out` name no feature, or together leave none.
    """

    def __init__(self, layout: Layout, config: FeatureConfig) -> None:
        self.layout = layout
        self.config = config
        _check_patterns(layout, config)
        parts = [(block, _part(block, layout, config)) for block in config.families]
        parts = [(block, part) for block, part in parts if part.names]
        if not parts:
            raise RecipeError("features: names and leave_out together leave no feature")
        self._moving = [part for _, part in parts if part.moving]
        self._still = [part for _, part in parts if not part.moving]
        moving = [f"{block}/{name}" for block, part in parts if part.moving for name in part.names]
        still = [f"{block}/{name}" for block, part in parts if not part.moving for name in part.names]
        self.names = (*moving, *(f"{n}@{lag}" for lag in config.velocities for n in moving), *still)
        """F names: positions, their velocities, then what has no velocity."""
        self.reads_facts = any(block in READ_FACTS for block, _ in parts)
        """Whether the numbers depend on more than points; see `compute`."""

    def compute(self, points: Floats, facts: FrameFacts | None = None) -> Floats:
        """Features of aligned points (..., T, J, 3): (..., T, F), 0 where nothing was seen.

        A velocity is scaled by 4 / lag, which brings it to the size of the positions.

        Args:
            points: of the frames that a model sees.
            facts: when these frames were taken; None: as if there was one every 0.1 s. Only read where
                `reads_facts` says so.
        """
        return self._in_chunks(points, facts, self._finish)

    def measure(self, points: Floats, facts: FrameFacts | None = None) -> Floats:
        """As `compute`, but NaN where nothing was seen, and nothing is cut."""
        return self._in_chunks(points, facts, lambda values: None)

    def _in_chunks(self, points: Floats, facts: FrameFacts | None, finish: Callable[[Floats], None]) -> Floats:
        values = np.empty((*points.shape[:-2], len(self.names)), np.float32)
        clips = max(1, FRAMES_AT_ONCE // points.shape[1]) if points.ndim == 4 else 0
        for start in range(0, len(points), clips or len(points)):
            some = slice(start, start + clips) if clips else slice(None)
            self._measure(
                Frame(points[some], self.layout, facts.some(some) if facts and clips else facts), values[some]
            )
            finish(values[some])
        return values

    def _finish(self, values: Floats) -> None:
        np.copyto(values, np.float32(0), where=np.isnan(values))
        clip = np.float32(self.config.clip)
        if (values > clip).any() or (values < -clip).any():  # rare, and to look is quicker than to cut
            np.clip(values, -clip, clip, out=values)

    def _measure(self, frame: Frame, values: Floats) -> None:
        at = 0
        for part in self._moving:
            at = _put(values, at, part.compute(frame))
        places = values[..., :at]
        for lag in self.config.velocities if at else ():
            change = values[..., at : at + places.shape[-1]]
            change[..., :lag, :] = 0
            np.subtract(places[..., lag:, :], places[..., :-lag, :], out=change[..., lag:, :])
            change *= np.float32(4 / lag)
            at += places.shape[-1]
        for part in self._still:
            at = _put(values, at, part.compute(frame))


def _part(block: str, layout: Layout, config: FeatureConfig) -> Part:
    try:
        known = WITHOUT_SOURCE if block == "clip_metadata" and not config.source_metadata else BLOCKS[block]
        return known.part(block, layout, lambda name: _wanted(name, config))
    except LayoutError as error:
        raise LayoutError(f"feature block {block} cannot be computed on layout {layout.name}: {error}") from error


def _wanted(name: str, config: FeatureConfig) -> bool:
    if config.names and not _matches(name, config.names):
        return False
    return not _matches(name, config.leave_out)


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _check_patterns(layout: Layout, config: FeatureConfig) -> None:
    known = [f"{block}/{name}" for block in config.families for name in BLOCKS[block].names(layout)]
    for key in ("names", "leave_out"):
        for pattern in getattr(config, key):
            if not any(fnmatchcase(name, pattern) for name in known):
                near = difflib.get_close_matches(pattern, known, n=1, cutoff=0.5)
                hint = f"did you mean {near[0]!r}?" if near else f"its features begin with {known[0]!r}"
                raise RecipeError(f"features.{key}: no feature is called {pattern!r}; {hint}")


def _put(values: Floats, at: int, block: Floats) -> int:
    """Write a block's numbers from column `at`; returns the column after them."""
    end = at + block.shape[-1]
    values[..., at:end] = block
    return end


def sample_frames(sequence: PoseSequence, config: SamplingConfig) -> Floats:
    """The frames of a clip that a model sees: (T, J, 3); of several samples the first."""
    return np.asarray(sequence.points[clip_samples(len(sequence), sequence.seconds, config)[0]])


def sampled_features(sequence: PoseSequence, plan: FeaturePlan, sampling: SamplingConfig) -> list[Features]:
    """Features of each sample of one preprocessed clip, as training computes them without augmentation."""
    seconds = np.array([sequence.seconds], np.float32)
    found = []
    for at in clip_samples(len(sequence), sequence.seconds, sampling):
        facts = FrameFacts.of(sequence, at) if plan.reads_facts else None
        found.append(Features(plan.compute(sequence.points[at], facts), plan.names, seconds, ("seconds",)))
    return found


def features(sequence: PoseSequence, plan: FeaturePlan, sampling: SamplingConfig) -> Features:
    """Features of one preprocessed clip, as training computes them; of several samples the first."""
    return sampled_features(sequence, plan, sampling)[0]
