"""What every landmark engine offers, and the settings of an extraction."""

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from chereme.errors import RecipeError
from chereme.layout import Layout
from chereme.types import Floats

__all__ = ["EXTRACTED_LAYOUTS", "Closing", "ExtractConfig", "Extractor", "Image", "open_extractor"]

Image = NDArray[np.uint8]
"""(height, width, 3) RGB, contiguous."""

EXTRACTED_LAYOUTS = ("body_hands_75", "holistic_543", "hands_42")


class Closing:
    """Something with a `close` of its own, which the end of a `with` calls."""

    def close(self) -> None:
        """Let go of what is held; a second call does nothing."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Extractor(Protocol):
    """Finds one person's landmarks in picture after picture of one clip.

    It follows the person from frame to frame, so a clip gets an extractor of its own; otherwise what came
    before would move its landmarks, and the same file would not give the same numbers twice.
    """

    layout: Layout

    def look(self, image: Image) -> tuple[Floats, Floats]:
        """Landmarks of the next frame.

        Args:
            image: (height, width, 3) RGB, not mirrored: its left hand is then the signer's right.

        Returns:
            points (J, 3) in frame heights, NaN where not seen, and confidence (J,) from 0 to 1, 0 where not
            seen. Engines rate no single hand or face landmark: those are 1 where seen.
        """
        ...

    def close(self) -> None:
        """Let go of the engine."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


@dataclass(frozen=True)
class ExtractConfig:
    """How landmarks are taken from video."""

    layout: str = "body_hands_75"
    """`body_hands_75` (33 body, 21 of each hand), `holistic_543` (468 of the face as well), or `hands_42` (hands
    alone, for close-ups without a body)."""
    stride: int = 1
    """Look at every n-th frame and draw the others' landmarks on straight lines between; 2 halves the cost."""
    mirrored: bool = False
    """The picture is mirrored, as selfie cameras store it. It is flipped back before anything is found, so
    left and right are the signer's own either way, and x runs over the flipped-back picture."""
    min_detection_confidence: float = 0.5
    """Below this the engine sees nobody in a frame; 0 to 1."""
    min_tracking_confidence: float = 0.5
    """Below this the engine looks for the person anew instead of following; 0 to 1."""
    keep_handless: bool = False
    """Keep a clip in which no hand was seen; by default that is an error, since no sign can be read from it."""
    keep_partial: bool = False
    """Keep the frames before the place where a file is cut short or damaged; by default that is an error."""
    encoder: str = ""
    """Path of an image encoder (ONNX): its features of each frame are kept instead of landmarks. Empty: landmarks."""
    task: str = ""
    """Path of a MediaPipe Tasks holistic bundle (`.task`); empty: the models inside the mediapipe wheel."""

    def __post_init__(self) -> None:
        if self.layout not in EXTRACTED_LAYOUTS:
            raise RecipeError(f"landmarks.layout must be one of {', '.join(EXTRACTED_LAYOUTS)}, got {self.layout!r}")
        if self.stride < 1:
            raise RecipeError(f"landmarks.stride must be at least 1, got {self.stride}")
        for name in ("min_detection_confidence", "min_tracking_confidence"):
            if not 0 <= getattr(self, name) <= 1:
                raise RecipeError(f"landmarks.{name} must be from 0 to 1, got {getattr(self, name)}")
        if self.encoder and (self.task or self.layout != "body_hands_75"):
            raise RecipeError("landmarks.encoder gives features of pictures; it goes with neither a layout nor a task")
        if self.task and self.layout == "hands_42":
            raise RecipeError("landmarks.task holds a holistic bundle; layout hands_42 has its models in the wheel")
        if self.task and not Path(self.task).is_file():
            raise RecipeError(f"landmarks.task: {self.task}: no such file; leave it out to use the wheel's own models")


def open_extractor(config: ExtractConfig) -> Extractor:
    """A fresh engine for one clip."""
    if config.encoder:
        from chereme.landmarks.image_features import ImageEncoder

        return ImageEncoder(config.encoder)
    if config.layout == "hands_42":
        from chereme.landmarks.hand_tracker import CloseUpTracker
        from chereme.landmarks.hands import HandConfig

        return CloseUpTracker(HandConfig(config.min_detection_confidence, config.min_tracking_confidence, max_hands=2))
    if config.task:
        from chereme.landmarks.tasks import TasksExtractor

        return TasksExtractor(config)
    from chereme.landmarks.holistic import HolisticExtractor

    return HolisticExtractor(config)
