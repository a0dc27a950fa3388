"""One hand in, a letter out, through ONNX Runtime; torch is not needed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chereme.bundle import Bundle, find_bundle
from chereme.errors import BundleError
from chereme.features.hand import HandFeatureConfig, hand_features
from chereme.recognize import onnx_session
from chereme.spell.motion import Motion, read_motions
from chereme.spell.sides import spelling_hand
from chereme.types import Bools, Floats, PoseSequence, Prediction, Ranked

__all__ = ["DEFAULT_SPELLER", "Spelled", "Speller"]

DEFAULT_SPELLER = "asl_letters"
"""The speller that ships with chereme and is used where none is named."""


@dataclass(frozen=True)
class Spelled:
    """What a picture of a hand shows."""

    letter: str | None
    """None: no hand, or not sure."""
    probability: float | None
    """Of the best letter, also when that is not sure enough to be named; None without a hand."""
    handedness: str | None
    """`left` or `right`, the signer's own; None without a hand."""
    ranked: tuple[Ranked, ...] = ()
    """All letters that a still hand can show, best first; empty without a hand."""

    @property
    def verdict(self) -> str:
        """The letter, `not sure`, or `no hand`."""
        return self.letter or ("no hand" if self.handedness is None else "not sure")

    def as_json(self, top: int | None = 0) -> dict[str, Any]:
        """The form that `spell --json` prints; with `top` best letters as `ranked` where that is not 0."""
        shown: dict[str, Any] = {
            "letter": self.letter,
            "probability": self.probability,
            "handedness": self.handedness,
            "verdict": self.verdict,
        }
        if top != 0:
            shown["ranked"] = [{"letter": r.gloss, "probability": r.probability} for r in self.ranked[:top]]
        return shown


class Speller:
    """A speller bundle made ready; safe to share between threads.

    Args:
        bundle: as loaded, of kind `speller`.

    Raises:
        BundleError: its ONNX model cannot be run, or does not fit its recipe.
    """

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self.motions: dict[str, Motion] = read_motions(bundle.recipe)
        """Letters that move, and how."""
        self.still: Bools = np.array([label not in self.motions for label in bundle.labels])
        """(K,): labels that a picture can show."""
        self._ruled_out = np.where(self.still, 0, -np.inf).astype(np.float32)
        self._features = bundle.recipe.stage("hand_features", HandFeatureConfig)
        self._session = onnx_session(bundle.onnx_path)
        inputs, width = self._session.get_inputs(), self.features(np.zeros((1, 21, 3), np.float32)).shape[1]
        if len(inputs) != 1 or inputs[0].shape[-1] != width:
            raise BundleError(f"{bundle.folder}: the model does not read the {width} features that its recipe makes")

    @classmethod
    def load(cls, bundle: str | Path = DEFAULT_SPELLER) -> "Speller":
        """From a bundle's folder, or the name of one that ships with chereme."""
        return cls(Bundle.load(find_bundle(bundle), "speller"))

    def features(self, points: Floats) -> Floats:
        """What the model reads (N, F) of right hands (N, 21, 3)."""
        return hand_features(points, self._features)

    def logits(self, points: Floats) -> Floats:
        """Raw scores (N, K) of right hands (N, 21, 3), before calibration; all points must be seen."""
        return np.asarray(self._session.run(None, {"features": self.features(points)})[0], np.float32)

    def probabilities(self, points: Floats, *, still: bool = False) -> Floats:
        """Calibrated probabilities (N, K) of right hands (N, 21, 3), classes in the order of the bundle's labels.

        Args:
            points: in any unit with true proportions; all seen.
            still: letters that move get none: a picture cannot show them.
        """
        logits = self.logits(points)
        return self.bundle.calibration.probabilities(logits + self._ruled_out if still else logits)

    def recognize(self, sequence: PoseSequence) -> Prediction:
        """Rank the letters for a picture, or for a film in which one letter is held; unknown without a hand."""
        return self._predict(spelling_hand(sequence)[0])

    def spell(self, sequence: PoseSequence) -> Spelled:
        """The letter of a picture, or of a film in which one is held all the time.

        `landmarks.hands.as_sequence` makes a sequence of a picture.

        Raises:
            LayoutError: the layout has no hand.
        """
        points, side = spelling_hand(sequence)
        prediction = self._predict(points)
        if not prediction.ranked:
            return Spelled(None, None, None)
        best = prediction.ranked[0]
        return Spelled(None if prediction.unknown else best.gloss, best.probability, side, prediction.ranked)

    def _predict(self, points: Floats) -> Prediction:
        seen = points[~np.isnan(points).any((1, 2))]
        if not len(seen):
            return Prediction((), "no_hand")
        ranked = self._ranked(self.probabilities(seen, still=True).mean(0))
        return Prediction(ranked, "unsure" if ranked[0].probability < self.bundle.unknown_below else None)

    def _ranked(self, probabilities: Floats) -> tuple[Ranked, ...]:
        order = np.argsort(-probabilities, kind="stable").tolist()
        labels, still, values = self.bundle.labels, self.still.tolist(), probabilities.tolist()
        return tuple(Ranked(labels[i], values[i]) for i in order if still[i])
