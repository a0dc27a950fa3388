"""Gloss to signing with a trained decoder, through ONNX Runtime."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from chereme.bundle import find_bundle
from chereme.errors import CheremeError
from chereme.layout import BODY_HANDS_75
from chereme.produce.generate import checked_index
from chereme.produce.material import SHOULDER_WIDTH, SHOULDERS_AT
from chereme.recognize import onnx_session
from chereme.types import PoseSequence

__all__ = ["DEFAULT_DECODER", "Decoder"]

DEFAULT_DECODER = "isl43_producer"
"""The decoder that ships with chereme."""

_SIDES = ("left", "right")
_PALM_POINTS = {"pinky": "pinky_mcp", "index": "index_finger_mcp", "thumb": "thumb_ip"}
"""Body landmarks of MediaPipe that lie on the hand, and where on it."""

_SEEN = 0.25
"""A hand that fewer of the training clips show at a moment than this is left out: nobody knows its shape."""


@dataclass(frozen=True, eq=False)
class Decoder:
    """A few signs as movements: weights, the glosses they know, and how long each takes."""

    folder: Path
    about: dict[str, Any]
    """`bundle.json`: glosses, seconds, demo, the body landmarks' names, the card."""

    @classmethod
    def load(cls, folder: str | Path = DEFAULT_DECODER) -> "Decoder":
        """Open a decoder's bundle: a folder, or the name of one that ships with chereme.

        Raises:
            BundleError: not there, of another kind, or one of its files is missing or not the one it was written with.
        """
        path = find_bundle(folder)
        return cls(path, checked_index(path, "decoder", {"glosses", "demo", "seconds", "body", "card"}))

    @property
    def glosses(self) -> tuple[str, ...]:
        return tuple(self.about["glosses"])

    @property
    def demo(self) -> tuple[str, ...]:
        """The glosses to show when none is asked for."""
        return tuple(self.about["demo"])

    def produce(self, gloss: str, fps: float = 25.0, size: tuple[int, int] = (1280, 720)) -> PoseSequence:
        """One word as a signer would make it, from resting hands to resting hands.

        Hands are NaN where the training clips mostly did not show them. Knees and feet are never known.

        Args:
            gloss: one of `glosses`; upper and lower case are alike.
            fps: frames per second of the result; the sign keeps its own duration.
            size: (width, height) of the picture to place the signer in; the middle of it, head to hips.

        Returns:
            A sequence in `body_hands_75`, in frame heights.

        Raises:
            CheremeError: it does not know the gloss.
        """
        word = self._index(gloss)
        frames = max(2, round(self.about["seconds"][word] * fps))
        inputs = {
            "word": np.full(frames, word, np.int64),
            "time": np.linspace(0, 1, frames, dtype=np.float32),
        }
        body, hands, seen = self._session.run(["body", "hands", "seen"], inputs)
        layout = BODY_HANDS_75
        points = np.full((frames, len(layout), 3), np.nan, np.float32)
        points[:, layout.indices(self.about["body"])] = body
        for side, name in enumerate(_SIDES):
            hand = hands[:, side].copy()
            wrist = points[:, layout.index(f"pose/{name}_wrist")]
            hand[..., :2] += wrist[:, None, :2]
            points[:, layout.groups[f"{name}_hand"]] = np.where(seen[:, side, None, None] > _SEEN, hand, np.nan)
            for body_point, hand_point in _PALM_POINTS.items():
                on_hand = hand[:, layout.index(f"left_hand/{hand_point}") - layout.groups["left_hand"].start].copy()
                on_hand[:, 2] += wrist[:, 2]
                points[:, layout.index(f"pose/{name}_{body_point}")] = on_hand
        points *= SHOULDER_WIDTH
        points[..., :2] += np.array([size[0] / size[1] / 2, SHOULDERS_AT], np.float32)
        return PoseSequence(points, layout, fps, size)

    def _index(self, gloss: str) -> int:
        known = [g.casefold() for g in self.glosses]
        try:
            return known.index(gloss.casefold())
        except ValueError:
            raise CheremeError(f"{gloss!r}: this decoder signs only {', '.join(self.glosses)}") from None

    @cached_property
    def _session(self) -> Any:
        return onnx_session(self.folder / "decoder.onnx")
