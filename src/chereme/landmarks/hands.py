"""Hands alone, without a body, in pictures: MediaPipe Hands with the models inside the wheel. Films: `hand_tracker`.

A close-up photograph of a hand defeats the palm detector: it was made for hands in a scene, and at its usual threshold
it misses one in five. Black bars round the picture and a low threshold bring them back, so a picture is looked at in
several ways, one after the other, until a hand is found. What the ways find, and what they take for a hand where there
is none: `chereme bench detect-hands`.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from mediapipe.python.solutions.hands import Hands

from chereme.errors import RecipeError
from chereme.landmarks.extractor import Closing, Image
from chereme.landmarks.holistic import quiet_engine
from chereme.layout import HANDS_42
from chereme.types import Floats, PoseSequence

__all__ = ["HandConfig", "HandEngine", "HandFinder", "SeenHand", "as_sequence", "hands_of"]


@dataclass(frozen=True)
class HandConfig:
    """How hands are looked for."""

    min_detection_confidence: float = 0.1
    """Below this the engine sees no hand; 0 to 1. Low, because what is no hand makes no letter either."""
    min_tracking_confidence: float = 0.5
    """In video: below this the hand is looked for anew instead of followed."""
    max_hands: int = 1
    paddings: tuple[float, ...] = (0.5, 1.5, 0.0)
    """Pictures: black bars of this share of the longer side all round, one try after the other. Wide bars bring back
    fists that fill the picture; without bars, hands are found that are small in a scene. The first try's landmarks
    tell digits and letters apart a little better than those of a picture without bars."""
    min_presence_confidence: float = 0.8
    """Pictures: how sure the second model must be that what the first one found is a hand. Without a frame before it to
    follow, a picture needs more than the engine's 0.5: the low first threshold also lets ears and elbows through."""
    mirrored: bool = False
    """The picture is mirrored, as selfie cameras store it; it is flipped back before anything is found."""

    def __post_init__(self) -> None:
        for name in ("min_detection_confidence", "min_tracking_confidence", "min_presence_confidence"):
            if not 0 <= getattr(self, name) <= 1:
                raise RecipeError(f"hands.{name} must be from 0 to 1, got {getattr(self, name)}")
        if self.max_hands < 1:
            raise RecipeError(f"hands.max_hands must be at least 1, got {self.max_hands}")
        if not self.paddings or min(self.paddings) < 0:
            raise RecipeError(f"hands.paddings must name shares of at least 0, got {list(self.paddings)}")


@dataclass(frozen=True, eq=False)
class SeenHand:
    """One hand in one picture."""

    points: Floats
    """(21, 3) in picture heights, x right, y down, z away from the camera, from the wrist; not mirrored."""
    side: str
    """`left` or `right`: whose it is, the signer's own."""
    side_confidence: float
    """How sure the engine is of the side, 0.5 to 1."""


class HandEngine(Closing):
    """MediaPipe Hands, opened and closed."""

    _seen_a_hand = False  # by any of this process: the engine logs one line at its first hand

    def __init__(self, config: HandConfig | None, still: bool) -> None:
        self.config = config or HandConfig()
        with quiet_engine():
            self._hands: Any = Hands(
                static_image_mode=still,
                max_num_hands=self.config.max_hands,
                model_complexity=1,
                min_detection_confidence=self.config.min_detection_confidence,
                # the engine has one threshold for both: below it the hand is lost
                min_tracking_confidence=(
                    self.config.min_presence_confidence if still else self.config.min_tracking_confidence
                ),
            )
            self._hands.process(np.zeros((64, 64, 3), np.uint8))  # models load, and log, at the first picture

    def process(self, image: Image) -> Any:
        """The engine's own answer to a picture."""
        if HandEngine._seen_a_hand:
            return self._hands.process(image)
        with quiet_engine():
            found = self._hands.process(image)
        HandEngine._seen_a_hand = found.multi_hand_landmarks is not None
        return found

    def close(self) -> None:
        """Let go of the engine; a second call does nothing."""
        if self._hands is not None:
            self._hands.close()
            self._hands = None


class HandFinder(HandEngine):
    """Finds hands in one picture after another, each by itself; safe to share between threads.

    Args:
        config: settings.
    """

    def __init__(self, config: HandConfig | None = None) -> None:
        super().__init__(config, still=True)
        self._lock = threading.Lock()

    def find(self, image: Image) -> list[SeenHand]:
        """Hands of a picture, the surest first; empty when there is none.

        Args:
            image: (height, width, 3) RGB, upright.
        """
        if self.config.mirrored:
            image = np.ascontiguousarray(image[:, ::-1])
        for padding in self.config.paddings:
            if hands := self._look(image, padding):
                return hands
        return []

    def _look(self, image: Image, padding: float) -> list[SeenHand]:
        border = round(padding * max(image.shape[:2]))
        shown = cv2.copyMakeBorder(image, border, border, border, border, cv2.BORDER_CONSTANT) if border else image
        with self._lock:
            found = self.process(np.ascontiguousarray(shown))
        return hands_of(found, image.shape[0], shown.shape[1], shown.shape[0], border)


def as_sequence(hands: Sequence[SeenHand], image: Image, size: tuple[int, int] | None = None) -> PoseSequence:
    """Hands of a picture as one frame of layout `hands_42`, at 1 frame per second; NaN where there is none.

    A side that two hands claim goes to the surer one. `size` is the width and height of the picture's file, where it
    was scaled down for looking.
    """
    points = np.full((1, 42, 3), np.nan, np.float32)
    confidence = np.zeros((1, 42), np.float32)
    for hand in hands:
        at = HANDS_42.groups[f"{hand.side}_hand"]
        if confidence[0, at.start] < hand.side_confidence:
            points[0, at], confidence[0, at] = hand.points, hand.side_confidence
    return PoseSequence(points, HANDS_42, 1.0, size or (image.shape[1], image.shape[0]), confidence)


def hands_of(found: Any, height: int, shown_width: int, shown_height: int, border: int) -> list[SeenHand]:
    """The engine's answer in heights of the picture without its bars, the surest hand first."""
    hands = []
    for landmarks, sides in zip(found.multi_hand_landmarks or (), found.multi_handedness or (), strict=True):
        points = np.array([(p.x, p.y, p.z) for p in landmarks.landmark], np.float32)
        points *= np.array([shown_width, shown_height, shown_width], np.float32)
        points[:, :2] -= border
        side = sides.classification[0]
        # the engine names hands as in a mirror
        own = "right" if side.label == "Left" else "left"
        hands.append(SeenHand(points / np.float32(height), own, float(side.score)))
    return sorted(hands, key=lambda hand: -hand.side_confidence)
