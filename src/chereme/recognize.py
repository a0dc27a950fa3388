"""Landmarks in, ranked words out, through ONNX Runtime; torch is not needed."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import onnxruntime

from chereme.bundle import Bundle, find_bundle
from chereme.errors import BundleError, UnseenError
from chereme.features import (
    FeatureConfig,
    FeaturePlan,
    SamplingConfig,
    average_samples,
    features,
    sampled_features,
    surest,
)
from chereme.preprocess import (
    AlignConfig,
    PreprocessConfig,
    TrimConfig,
    hide_resting_hands,
    preprocess,
    rest_line,
    ways,
)
from chereme.types import Bools, Doubt, Features, Floats, PoseSequence, Prediction, Ranked

__all__ = ["DEFAULT_BUNDLE", "DEFAULT_ENCODER", "Recognizer", "hand_seen", "onnx_session", "require_hand"]

DEFAULT_BUNDLE = "isl43"
"""The recognizer that ships with chereme."""
DEFAULT_ENCODER = "asl1700"
"""The encoder that ships: its embeddings tell signs apart that it was never trained on."""


class Recognizer:
    """A bundle made ready to recognize; safe to share between threads.

    Args:
        bundle: as loaded.

    Raises:
        BundleError: its ONNX model cannot be run, or does not fit its recipe.
    """

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self._preprocess = bundle.recipe.stage("preprocess", PreprocessConfig)
        self._trim = bundle.recipe.stage("trim", TrimConfig)
        self._align = bundle.recipe.stage("align", AlignConfig)
        self._sampling = bundle.recipe.stage("sampling", SamplingConfig)
        self._plan = FeaturePlan(bundle.layout, bundle.recipe.stage("features", FeatureConfig))
        self._session = onnx_session(bundle.onnx_path)
        self._familiar = bundle.familiar()
        width = self._session.get_inputs()[0].shape[-1]
        if width != len(self._plan.names):
            raise BundleError(
                f"{bundle.folder}: the model reads {width} features, its recipe makes {len(self._plan.names)}"
            )

    @classmethod
    def load(cls, bundle: str | Path = DEFAULT_BUNDLE) -> "Recognizer":
        """From a bundle's folder, or the name of one that ships with chereme."""
        return cls(Bundle.load(find_bundle(bundle)))

    def missing(self, sequence: PoseSequence) -> list[str]:
        """Landmarks that the model reads and the sequence's layout has not got.

        Recognizing either does without them, less surely, or refuses: see `chereme.preprocess.fit_layout`.
        """
        return [name for name in self.bundle.layout.names if not sequence.layout.has(name)]

    def features(self, sequence: PoseSequence) -> Features:
        """What the model reads of a clip; of several samples the first.

        Raises:
            LayoutError: the sequence lacks landmarks that the model cannot do without.
        """
        return features(self._ready(sequence), self._plan, self._sampling)

    def _ready(self, sequence: PoseSequence) -> PoseSequence:
        return preprocess(sequence, self._preprocess, self._trim, self._align)

    def samples(self, sequence: PoseSequence) -> list[Features]:
        """What the model reads of a clip: one, or each of the samples that its recipe draws.

        Raises:
            LayoutError: the sequence lacks landmarks that the model cannot do without.
        """
        return sampled_features(self._ready(sequence), self._plan, self._sampling)

    def score(self, values: Floats, mask: Bools) -> Floats:
        """Raw scores (B, K) of features (B, T, F), of the frames (B, T) that the mask counts."""
        return np.asarray(self._session.run(["logits"], {"features": values, "mask": mask})[0], np.float32)

    @property
    def embeds(self) -> bool:
        """Whether the model gives embeddings, so that signs can be added to what it knows by example."""
        return "embedding" in [output.name for output in self._session.get_outputs()]

    def embed(self, sequence: PoseSequence) -> Floats:
        """Where a clip lies among all signs: (E,), of length 1; signs are alike as their dot product is large.

        Raises:
            BundleError: the model makes no embeddings.
            LayoutError: the sequence lacks landmarks that the model cannot do without.
        """
        if not self.embeds:
            raise BundleError(
                f"{self.bundle.folder}: its model gives scores alone, no embeddings; take `{DEFAULT_ENCODER}`, or train"
                " one of kind conv-transformer"
            )
        found = []
        for sample in self.samples(sequence):
            fed = {"features": sample.values[None], "mask": np.ones((1, len(sample.values)), bool)}
            found.append(self._session.run(["embedding"], fed)[0][0])
        return _of_length_one(np.sum(found, 0))

    def logits(self, sequence: PoseSequence) -> Floats:
        """Raw scores (K,), before calibration; of a clip's samples together where its recipe draws several."""
        return self._look(sequence)[0]

    def distance(self, sequence: PoseSequence) -> float:
        """How far a clip lies from every word that was learnt, see `Familiar`; NaN where the bundle does not know."""
        return self._look(sequence)[1]

    def _look(self, sequence: PoseSequence) -> tuple[Floats, float]:
        """Scores (K,) and distance, of whichever way to look at the clip gives the likelier word."""
        outputs = ["logits", "embedding"] if self._familiar else ["logits"]
        found, embeddings = [], []
        for way in ways(sequence, self._preprocess, self._trim, self._align):
            samples = sampled_features(way, self._plan, self._sampling)
            rows = []
            for sample in samples:
                fed = {"features": sample.values[None], "mask": np.ones((1, len(sample.values)), bool)}
                rows.append([output[0] for output in self._session.run(outputs, fed)])
            found.append(average_samples(np.stack([row[0] for row in rows])))
            embeddings.append(_of_length_one(np.sum([row[-1] for row in rows], 0)))
        best = int(surest(np.stack(found)))
        return found[best], float(self._familiar.distance(embeddings[best])) if self._familiar else float("nan")

    def probabilities(self, sequences: Iterable[PoseSequence]) -> Floats:
        """Calibrated probabilities (N, K), classes in the order of the bundle's labels."""
        rows = [self.bundle.calibration.probabilities(self.logits(s)) for s in sequences]
        return np.stack(rows) if rows else np.zeros((0, len(self.bundle.labels)), np.float32)

    def recognize(self, sequence: PoseSequence) -> Prediction:
        """Rank the bundle's words for one clip.

        Declines when no hand was seen at work, no word stands out, or the clip is far from everything that was learnt.
        """
        logits, distance = self._look(sequence)
        scores = self.bundle.calibration.probabilities(logits)
        order = np.argsort(-scores, kind="stable")
        ranked = tuple(Ranked(self.bundle.labels[i], float(scores[i])) for i in order)
        return Prediction(ranked, self._doubt(ranked[0].probability, distance, sequence))

    def _doubt(self, probability: float, distance: float, sequence: PoseSequence) -> Doubt | None:
        if not hand_seen(sequence):
            return "no_hand"
        if distance > self.bundle.calibration.unknown_beyond:
            return "unlike"
        return "unsure" if probability < self.bundle.unknown_below else None


def _of_length_one(embedding: Floats) -> Floats:
    return np.asarray(embedding / max(float(np.linalg.norm(embedding)), 1e-12), np.float32)


def onnx_session(path: Path, threads: int = 1) -> onnxruntime.InferenceSession:
    """An ONNX Runtime session on the processor, one thread unless asked for more.

    Raises:
        BundleError: the file is no ONNX model that can be run.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's exceptions share no base of their own
        raise BundleError(f"{path}: not an ONNX model that can be run: {error}") from error


def hand_seen(sequence: PoseSequence) -> bool:
    """Whether a hand that does not rest was seen in any frame; true of landmarks that name no hand, as those of Kinect.

    A hand rests where its arm hangs, see `chereme.preprocess.rest_line`.
    """
    names = [g for g in sequence.layout.groups if "hand" in g]
    if not names:
        return True
    working = hide_resting_hands(sequence, rest_line(sequence))
    return any(bool((~np.isnan(working.group(g)[..., 0])).any()) for g in names)


def require_hand(sequence: PoseSequence) -> None:
    """Do nothing when `hand_seen`.

    Raises:
        UnseenError: no hand was seen, or at rest alone.
    """
    if not hand_seen(sequence):
        raise UnseenError(f"no hand seen in any of {len(sequence)} frames, unless at rest, so it shows no sign")
