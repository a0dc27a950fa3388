"""What some features need of a clip's frames beside their points: when each was taken, and which hands were guessed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chereme.preprocess.gaps import gap_seconds, unseen
from chereme.types import Bools, Floats, PoseSequence

__all__ = ["STEP", "FrameFacts", "HandGaps", "hand_gaps"]

STEP = 0.1
"""Seconds between two frames in which a movement has the size that a feature gives it."""

Doubles = NDArray[np.float64]
SIDES = ("left", "right")


@dataclass(frozen=True, eq=False)
class HandGaps:
    """Where the extractor did not see a hand, whether the gap was filled later or not; left hand, then right."""

    guessed: Bools
    """(..., T, 2): not seen, the two ends of a clip included."""
    seconds: Floats
    """(..., T, 2): length of the gap that a frame lies in; 0 where the hand was seen and in gaps at the two ends."""

    @classmethod
    def join(cls, clips: Sequence["HandGaps"]) -> "HandGaps":
        """Of clips one after another."""
        return cls(np.concatenate([c.guessed for c in clips]), np.concatenate([c.seconds for c in clips]))

    def at(self, frames: NDArray[np.int64]) -> "HandGaps":
        """Those of some frames."""
        return HandGaps(self.guessed[frames], self.seconds[frames])


@dataclass(frozen=True, eq=False)
class FrameFacts:
    """Times and gaps of the frames (..., T) of some clips.

    A frame whose place is NaN is padding.
    """

    places: Doubles
    """(..., T): which frame of its clip each is, counted from 0; fractions are allowed."""
    frames: Doubles
    """(...): frames that the clip has."""
    fps: Doubles
    """(...): frames per second of the clip."""
    gaps: HandGaps | None = None
    """None: what is NaN counts as a guess, and no gap has a length."""

    @classmethod
    def unknown(cls, shape: tuple[int, ...]) -> "FrameFacts":
        """Of frames (..., T) that nothing is known of: taken as whole clips with a frame every `STEP` seconds."""
        places = np.broadcast_to(np.arange(shape[-1], dtype=np.float64), shape)
        return cls(places, np.full(shape[:-1], float(shape[-1])), np.full(shape[:-1], 1 / STEP))

    @classmethod
    def of(cls, sequence: PoseSequence, chosen: NDArray[np.int64]) -> "FrameFacts":
        """Of some frames of a preprocessed clip, by their numbers."""
        return cls(
            chosen.astype(np.float64),
            np.array(float(len(sequence))),
            np.array(sequence.fps),
            hand_gaps(sequence).at(chosen),
        )

    @classmethod
    def stack(cls, clips: Sequence["FrameFacts"]) -> "FrameFacts":
        """Of several clips with as many frames each: (B, T)."""
        gaps = [clip.gaps for clip in clips if clip.gaps is not None]
        return cls(
            np.stack([clip.places for clip in clips]),
            np.stack([clip.frames for clip in clips]),
            np.stack([clip.fps for clip in clips]),
            HandGaps(np.stack([g.guessed for g in gaps]), np.stack([g.seconds for g in gaps]))
            if len(gaps) == len(clips)
            else None,
        )

    def seconds_between(self) -> Doubles:
        """(..., T - 1): time from each frame to the next; NaN towards padding."""
        between: Doubles = (self.places[..., 1:] - self.places[..., :-1]) / self.fps[..., None]
        return between

    def some(self, clips: slice) -> "FrameFacts":
        """Those of some of B clips."""
        gaps = self.gaps and HandGaps(self.gaps.guessed[clips], self.gaps.seconds[clips])
        return FrameFacts(self.places[clips], self.frames[clips], self.fps[clips], gaps)


def hand_gaps(sequence: PoseSequence) -> HandGaps:
    """Gaps of both hands of a clip, in the frames that it has; none where a layout has no such hand."""
    guessed, seconds = np.zeros((len(sequence), 2), bool), np.zeros((len(sequence), 2), np.float32)
    for side, name in enumerate(SIDES):
        if sequence.layout.has(f"{name}_hand/wrist"):
            guessed[:, side] = unseen(sequence, f"{name}_hand")
            seconds[:, side] = gap_seconds(sequence, f"{name}_hand", ends=False)
    return HandGaps(guessed, seconds)
