"""MediaPipe Holistic (model complexity 1) with the models that lie inside the mediapipe 0.10.21 wheel.

The wheel's own graph is run, less the face part where the layout has no face: body and hands come out bit for
bit the same, for less work.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mediapipe
import numpy as np
from mediapipe.framework import calculator_pb2
from mediapipe.python.solution_base import SolutionBase

# this registers the calculators' option types, without which the graph loses its settings
from mediapipe.python.solutions import holistic as _registers_options  # noqa: F401

from chereme.landmarks.extractor import Closing, ExtractConfig, Image
from chereme.layout import layout_named
from chereme.types import Floats

__all__ = ["STREAMS", "HolisticExtractor", "quiet_engine"]

_GRAPH = Path(mediapipe.__file__).parent / "modules/holistic_landmark/holistic_landmark_cpu.binarypb"
STREAMS = {
    "pose": "pose_landmarks",
    "face": "face_landmarks",
    "left_hand": "left_hand_landmarks",
    "right_hand": "right_hand_landmarks",
}
"""Landmark group to the engine's output."""
_stderr_lock = threading.Lock()


@contextmanager
def quiet_engine() -> Iterator[None]:
    """Close the process's stderr for a moment: the engine's C++ parts log there and have no switch for it."""
    with _stderr_lock:
        try:
            kept = os.dup(2)
        except OSError:  # no stderr to keep quiet
            yield
            return
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            os.close(nowhere)


class HolisticExtractor(Closing):
    """Body, hands and, for `holistic_543`, face of the most prominent person.

    Left and right are the signer's own as long as the picture is not mirrored: the hands are found from the
    body's wrists, not judged each by itself. z is the engine's guess of depth: of the body from the hips, of
    a hand from its wrist.
    """

    _seen_a_hand = False  # by any of this process: the engine logs one line at its first hand

    def __init__(self, config: ExtractConfig) -> None:
        self.layout = layout_named(config.layout)
        face = "face" in self.layout.groups
        with quiet_engine():
            self._graph = SolutionBase(
                graph_config=_graph(face),
                side_inputs={
                    "model_complexity": 1,
                    "smooth_landmarks": True,
                    "enable_segmentation": False,
                    "smooth_segmentation": False,
                    "use_prev_landmarks": True,
                    **({"refine_face_landmarks": False} if face else {}),
                },
                calculator_params={
                    "poselandmarkcpu__posedetectioncpu__TensorsToDetectionsCalculator.min_score_thresh": (
                        config.min_detection_confidence
                    ),
                    "poselandmarkcpu__poselandmarkbyroicpu__tensorstoposelandmarksandsegmentation"
                    "__ThresholdingCalculator.threshold": config.min_tracking_confidence,
                },
                outputs=[STREAMS[group] for group in self.layout.groups],
            )
            self._graph._graph.wait_until_idle()  # its models load, and log, in other threads

    def look(self, image: Image) -> tuple[Floats, Floats]:
        """See `Extractor.look`."""
        if HolisticExtractor._seen_a_hand:
            found = self._graph.process({"image": image})
        else:
            with quiet_engine():
                found = self._graph.process({"image": image})
            HolisticExtractor._seen_a_hand = bool(found.left_hand_landmarks or found.right_hand_landmarks)
        points = np.full((len(self.layout), 3), np.nan, np.float32)
        confidence = np.zeros(len(self.layout), np.float32)
        for group, at in self.layout.groups.items():
            landmarks = getattr(found, STREAMS[group])
            if landmarks is None:
                continue
            points[at] = [(p.x, p.y, p.z) for p in landmarks.landmark]
            confidence[at] = [p.visibility for p in landmarks.landmark] if group == "pose" else 1
        # x and z come in picture widths, y in heights
        points[:, ::2] *= image.shape[1] / image.shape[0]
        return points, confidence

    def close(self) -> None:
        """Let go of the graph; a second call does nothing."""
        if self._graph is not None:
            self._graph.close()
            self._graph = None


def _graph(face: bool) -> Any:
    """The wheel's Holistic graph; without its face part unless `face`."""
    graph = calculator_pb2.CalculatorGraphConfig()
    graph.ParseFromString(_GRAPH.read_bytes())
    graph.ClearField("type")  # a graph that is run is nobody's subgraph
    if not face:
        for node in list(graph.node):
            if node.calculator in ("FaceLandmarksFromPoseCpu", "SplitNormalizedLandmarkListCalculator"):
                graph.node.remove(node)
        graph.output_stream.remove("FACE_LANDMARKS:face_landmarks")
        graph.input_side_packet.remove("REFINE_FACE_LANDMARKS:refine_face_landmarks")
    return graph
