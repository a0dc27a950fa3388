"""Hands through a film, close-ups too: frames in which tracking sees no hand are looked at as pictures are."""

from dataclasses import replace

from chereme.landmarks.extractor import Closing, Image
from chereme.landmarks.hands import HandConfig, HandEngine, HandFinder, as_sequence, hands_of
from chereme.layout import HANDS_42
from chereme.types import Floats

__all__ = ["CloseUpTracker", "HandTracker"]

MISSED = 3
"""After so many frames without a hand, in a row or not, one is looked at as a picture is; tracking has its chance."""
AGAIN = 10
"""As long as that finds none either, so many frames lie from one such look to the next."""


class HandTracker(HandEngine):
    """Follows hands through the frames of one video: an `Extractor` of layout `hands_42`.

    A side that two hands claim goes to the surer one. `HandConfig.mirrored` is the caller's to heed.
    """

    layout = HANDS_42

    def __init__(self, config: HandConfig | None = None) -> None:
        super().__init__(config, still=False)

    def look(self, image: Image) -> tuple[Floats, Floats]:
        """See `Extractor.look`; confidence is that of the side."""
        found = self.process(image)
        sequence = as_sequence(hands_of(found, image.shape[0], image.shape[1], image.shape[0], 0), image)
        assert sequence.confidence is not None
        return sequence.points[0], sequence.confidence[0]


class CloseUpTracker(Closing):
    """Follows hands through one film, also a hand that fills the picture: an `Extractor` of layout `hands_42`.

    A film is tracked as it is, for bars round each frame would cost hands that are small in a scene. Frames of a
    close-up in which the palm detector then sees nothing get the looks of `HandFinder`, with its bars and its demand
    for presence: each frame while they find a hand, one in `AGAIN` while they find none, so a film without hands costs
    little more. `HandConfig.mirrored` is the caller's to heed.

    Args:
        config: settings; None: the defaults.
    """

    layout = HandTracker.layout

    def __init__(self, config: HandConfig | None = None) -> None:
        self._config = replace(config or HandConfig(), mirrored=False)
        self._tracker = HandTracker(self._config)
        self._finder: HandFinder | None = None  # opened when first needed: most films never do
        self._wait = MISSED  # so many frames without a hand until the next look, itself included

    def look(self, image: Image) -> tuple[Floats, Floats]:
        """See `Extractor.look`; confidence is that of the side."""
        points, confidence = self._tracker.look(image)
        if confidence.any():
            self._wait = min(self._wait, MISSED)
            return points, confidence
        self._wait -= 1
        if self._wait > 0:
            return points, confidence
        self._finder = self._finder or HandFinder(self._config)
        hands = self._finder.find(image)
        self._wait = 1 if hands else AGAIN
        found = as_sequence(hands, image)
        assert found.confidence is not None
        return found.points[0], found.confidence[0]

    def close(self) -> None:
        """Let go of the engines; a second call does nothing."""
        self._tracker.close()
        if self._finder is not None:
            self._finder.close()
