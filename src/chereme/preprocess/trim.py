"""Find where the signing starts and ends, and keep what lies between."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from chereme.errors import RecipeError
from chereme.preprocess.motion import COMBINATIONS, Motion, landmark_motion, mix_motion
from chereme.preprocess.peaks import find_peaks, slopes
from chereme.types import Floats, PoseSequence

__all__ = [
    "KINDS",
    "Signing",
    "TrimConfig",
    "clip_motion",
    "find_signing",
    "trim_to_signing",
    "turning_points",
    "while_hands_are_seen",
]

KINDS = ("none", "hands", "raised", "simple", "complex")


@dataclass(frozen=True)
class TrimConfig:
    """How the start and end of the signing are found; what lies outside is cut off."""

    kind: str = "none"
    """`none`: the whole clip is signing; `hands`: from the first to the last frame in which a hand is seen; `raised`:
    in which an arm does not hang; `simple`: where motion passes a threshold; `complex`: by peaks and slopes."""
    landmarks: float = 1.0
    """Weight of the landmarks' displacement in the motion curve."""
    difference: float = 0.0
    """Weight of the pixels that change from frame to frame. Needs a video; left out where there are landmarks alone."""
    background: float = 0.0
    """Weight of the pixels that stand out from the learnt background (MOG2). Needs a video, too."""
    combine: str = "mean"
    """How the displacements of all landmarks become one: `mean`, `median`, `max` or `rms`."""
    smoothing: float = 0.334
    """Length of the moving average over the curve, in seconds."""
    threshold: float = 0.2
    """`simple`: the curve runs from 0 to 1, and above this it is signing."""
    peak_height: float = 0.35
    """`complex`: least height of a peak of motion."""
    peak_width: float = 0.2
    """`complex`: least width of a peak of motion, in seconds."""
    slope_window: float = 0.167
    """`complex`: stretch through which a line is laid to find how steep the curve is, in seconds."""
    slope_height: float = 0.1
    """`complex`: least rise or fall over that stretch for a peak of steepness."""
    slope_width: float = 0.2
    """`complex`: least width of a peak of steepness, in seconds."""
    lead: float = 0.15
    """`complex`: kept before the steepest rise and after the steepest fall, in seconds; `raised`: before and after."""
    fallback_threshold: float = 0.3
    """`complex`: threshold, as of `simple`, for a side at which no such peak is found."""
    grey_step: int = 30
    """`difference`: a pixel has changed when its grey level, 0 to 255, did by more than this."""
    history: int = 500
    """`background`: frames over which the background is learnt."""
    variance: float = 16.0
    """`background`: squared distance, in variances, from which on a pixel stands out."""
    picture_side: int = 480
    """`difference`, `background`: larger pictures are scaled down to this longer side, in pixels."""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise RecipeError(f"trim.kind must be one of {', '.join(KINDS)}, got {self.kind!r}")
        if self.combine not in COMBINATIONS:
            raise RecipeError(f"trim.combine must be one of {', '.join(COMBINATIONS)}, got {self.combine!r}")
        if not (min(self.weights.values()) >= 0 and sum(self.weights.values()) > 0):
            raise RecipeError(
                "trim: the weights landmarks, difference and background must not be below 0, and one above"
            )
        for name in ("threshold", "fallback_threshold", "peak_height", "slope_height"):
            if not 0 <= getattr(self, name) < 1:
                raise RecipeError(f"trim.{name} must be from 0 to below 1, got {getattr(self, name)}")
        for name in ("smoothing", "peak_width", "slope_window", "slope_width", "lead"):
            if not 0 <= getattr(self, name) <= 5:
                raise RecipeError(f"trim.{name} must be 0 to 5 seconds, got {getattr(self, name)}")
        if not (0 <= self.grey_step < 255 and self.history >= 1 and self.variance > 0 and self.picture_side >= 16):
            raise RecipeError(
                "trim: grey_step goes from 0 to 254, history from 1, variance above 0, picture_side from 16"
            )

    @property
    def weights(self) -> Mapping[str, float]:
        """Weight of each motion measure by name."""
        return {"landmarks": self.landmarks, "difference": self.difference, "background": self.background}

    @property
    def reads_motion(self) -> bool:
        """Whether start and end are read off a motion curve."""
        return self.kind in ("simple", "complex")

    @property
    def wants_pixels(self) -> bool:
        """Whether the frames of the video would be looked at, if there is one."""
        return self.reads_motion and self.difference + self.background > 0


@dataclass(frozen=True)
class Signing:
    """The stretch of a clip in which the sign is made."""

    start: int
    """First frame."""
    end: int
    """Last frame, itself part of the signing."""
    start_by: str = "whole clip"
    """What decided: `hands`, `arms`, `threshold`, `peaks` or `whole clip`."""
    end_by: str = "whole clip"

    @property
    def frames(self) -> int:
        """How many frames are kept: both ends count."""
        return self.end - self.start + 1


def clip_motion(sequence: PoseSequence, config: TrimConfig, pixels: Mapping[str, Floats] | None = None) -> Motion:
    """The motion curve of a clip of T frames.

    Args:
        sequence: as extracted or aligned: only proportions count.
        config: measures, their weights, smoothing.
        pixels: (T - 1,) each, `difference` and `background` as `chereme.landmarks.motion.pixel_motion` gives them;
            None where there are landmarks alone, as in training and recognizing.
    """
    measures = {"landmarks": landmark_motion(sequence, config.combine), **(pixels or {})}
    return mix_motion(measures, config.weights, config.smoothing, sequence.fps)


def while_hands_are_seen(sequence: PoseSequence) -> Signing:
    """From the first to the last frame with a hand; the whole clip when there is none."""
    hands = [sequence.group(name)[..., 0] for name in sequence.layout.groups if "hand" in name]
    seen = ~np.isnan(np.concatenate(hands, axis=1)).all(1) if hands else np.zeros(len(sequence), bool)
    shown = np.flatnonzero(seen)
    if not len(shown):
        return Signing(0, len(sequence) - 1)
    return Signing(int(shown[0]), int(shown[-1]), "hands", "hands")


def find_signing(motion: Motion, fps: float, config: TrimConfig) -> Signing:
    """Where the signing starts and ends; the whole clip when nothing moves.

    The step from frame i to i + 1 is value i of the curve, so the frame after the last moving step still belongs
    to the sign.
    """
    curve = motion.curve
    last = len(curve)
    if config.kind == "none" or not curve.any():
        return Signing(0, last)
    if config.kind == "simple":
        moving = np.flatnonzero(curve > config.threshold)
        return Signing(int(moving[0]), int(moving[-1]) + 1, "threshold", "threshold")
    moving = np.flatnonzero(curve > config.fallback_threshold)
    signing = Signing(int(moving[0]), int(moving[-1]) + 1, "threshold", "threshold")
    peaks, steep = turning_points(curve, fps, config)
    if not len(peaks):
        return signing
    before, after = steep[steep < peaks[0]], steep[steep > peaks[-1]]
    lead = round(config.lead * fps)
    if len(before):
        signing = replace(signing, start=max(0, int(before[-1]) - lead), start_by="peaks")
    if len(after):
        signing = replace(signing, end=min(last, int(after[0]) + 1 + lead), end_by="peaks")
    # a side without a peak of steepness goes by threshold, which may lie on the other side's peak
    return replace(signing, start=min(signing.start, int(peaks[0])), end=max(signing.end, int(peaks[-1]) + 1))


def turning_points(curve: Floats, fps: float, config: TrimConfig) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Places of the peaks of motion, and of the peaks of steepness, that the complex detection goes by."""
    window = max(3, 2 * int(config.slope_window * fps / 2) + 1)
    return (
        find_peaks(curve, config.peak_height, config.peak_width * fps),
        find_peaks(np.abs(slopes(curve, window)), config.slope_height, config.slope_width * fps),
    )


def trim_to_signing(sequence: PoseSequence, signing: Signing) -> PoseSequence:
    """The frames from the signing's first to its last, both kept, with what is known of them."""
    kept = slice(signing.start, signing.end + 1)
    if len(sequence) == signing.frames:
        return sequence
    return replace(
        sequence,
        points=sequence.points[kept],
        confidence=None if sequence.confidence is None else sequence.confidence[kept],
        filled=None if sequence.filled is None else sequence.filled[kept],
    )
