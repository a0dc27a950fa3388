"""Turn aligned landmarks into the numbers that a model reads."""

from dataclasses import dataclass

import numpy as np

from chereme.errors import RecipeError
from chereme.features.blocks import BLOCKS, Frame, check_block
from chereme.features.sampling import SamplingConfig, average_samples, clip_samples, frame_counts, frame_positions
from chereme.layout import Layout
from chereme.types import Features, Floats, PoseSequence

__all__ = [
    "BLOCKS",
    "FeatureConfig",
    "FeaturePlan",
    "SamplingConfig",
    "average_samples",
    "clip_samples",
    "features",
    "frame_counts",
    "frame_positions",
    "sample_frames",
    "sampled_features",
]

BODY_HANDS = (
    "body_points", "hand_shape", "wrist_places", "tip_distances", "finger_bends", "hands_to_body", "hand_to_nose",
    "hand_to_hand", "hand_seen",
)  # fmt: skip


@dataclass(frozen=True)
class FeatureConfig:
    """Which numbers describe a frame."""

    blocks: tuple[str, ...] = BODY_HANDS
    """Names from `chereme.features.BLOCKS`, in order."""
    velocities: tuple[int, ...] = (1, 2)
    """Change of every moving block over so many frames, each as a feature beside the positions."""
    clip: float = 6.0
    """Larger numbers, of landmarks gone astray, are cut to this."""

    def __post_init__(self) -> None:
        for name in self.blocks:
            if name not in BLOCKS:
                raise RecipeError(f"features.blocks: unknown block {name!r}; known: {', '.join(BLOCKS)}")
        if not self.blocks or len(set(self.blocks)) != len(self.blocks):
            raise RecipeError("features.blocks must name at least one block, and none twice")
        if not self.clip > 0:
            raise RecipeError(f"features.clip must be above 0, got {self.clip}")
        if any(lag < 1 for lag in self.velocities):
            raise RecipeError(f"features.velocities are frames, 1 or more, got {list(self.velocities)}")


class FeaturePlan:
    """A feature configuration made ready for one layout.

    Raises:
        LayoutError: the layout lacks landmarks that a block reads.
    """

    def __init__(self, layout: Layout, config: FeatureConfig) -> None:
        for name in config.blocks:
            check_block(name, layout)
        self.layout = layout
        self.config = config
        self._moving = [b for b in config.blocks if BLOCKS[b].moving]
        self._still = [b for b in config.blocks if not BLOCKS[b].moving]
        moving = [f"{b}/{n}" for b in self._moving for n in BLOCKS[b].names(layout)]
        still = [f"{b}/{n}" for b in self._still for n in BLOCKS[b].names(layout)]
        self.names = (*moving, *(f"{n}@{lag}" for lag in config.velocities for n in moving), *still)
        """F names: positions, their velocities, then what has no velocity."""

    def compute(self, points: Floats) -> Floats:
        """Features of aligned points (..., T, J, 3): (..., T, F), 0 where nothing was seen.

        A velocity is scaled by 4 / lag, which brings it to the size of the positions.
        """
        frame = Frame(points, self.layout)
        values = np.empty((*points.shape[:-2], len(self.names)), np.float32)
        at = 0
        for block in self._moving:
            at = _put(values, at, BLOCKS[block].compute(frame))
        places = values[..., :at]
        for lag in self.config.velocities if at else ():
            change = values[..., at : at + places.shape[-1]]
            change[..., :lag, :] = 0
            np.subtract(places[..., lag:, :], places[..., :-lag, :], out=change[..., lag:, :])
            change *= np.float32(4 / lag)
            at += places.shape[-1]
        for block in self._still:
            at = _put(values, at, BLOCKS[block].compute(frame))
        clip = np.float32(self.config.clip)
        np.maximum(np.minimum(values, clip, out=values), -clip, out=values)
        np.copyto(values, np.float32(0), where=np.isnan(values))
        return values


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
    samples = clip_samples(len(sequence), sequence.seconds, sampling)
    return [Features(plan.compute(sequence.points[at]), plan.names, seconds, ("seconds",)) for at in samples]


def features(sequence: PoseSequence, plan: FeaturePlan, sampling: SamplingConfig) -> Features:
    """Features of one preprocessed clip, as training computes them; of several samples the first."""
    return sampled_features(sequence, plan, sampling)[0]
