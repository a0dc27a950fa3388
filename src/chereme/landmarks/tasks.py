"""MediaPipe's newer Tasks interface, for a holistic `.task` bundle of the user's own.

With the wheel's own models zipped into such a bundle, landmarks agree with `HolisticExtractor` in the picture's plane:
the same networks, followed and smoothed a little differently. The depth of the body does not.
"""

import zipfile
from pathlib import Path
from typing import Any

import mediapipe
import numpy as np
from mediapipe.python import packet_creator, packet_getter
from mediapipe.tasks.python import vision
from mediapipe.tasks.python.core.base_options import BaseOptions

from chereme.errors import RecipeError
from chereme.landmarks.extractor import Closing, ExtractConfig, Image
from chereme.landmarks.holistic import STREAMS, quiet_engine
from chereme.layout import layout_named
from chereme.types import Floats

__all__ = ["TasksExtractor"]

_FRAME = 33333  # microseconds from frame to frame, as Holistic tells its own smoothing
_OVERLAP = 0.3
"""From which two finds of a body count as one: Holistic's and the browser's; this interface alone would take 0.5."""


class TasksExtractor(Closing):
    """The same landmarks as `HolisticExtractor`, by the models of a `.task` file.

    Raises:
        RecipeError: the file is no holistic bundle.
    """

    def __init__(self, config: ExtractConfig) -> None:
        if not zipfile.is_zipfile(config.task):
            raise RecipeError(f"{config.task}: not a .task bundle; leave --task out to use the wheel's own models")
        self.layout = layout_named(config.layout)
        options = vision.HolisticLandmarkerOptions(
            # from memory: the library takes a relative path for one inside its own folder
            base_options=BaseOptions(model_asset_buffer=Path(config.task).read_bytes()),
            running_mode=vision.RunningMode.VIDEO,
            min_pose_detection_confidence=config.min_detection_confidence,
            min_pose_landmarks_confidence=config.min_tracking_confidence,
            min_pose_suppression_threshold=_OVERLAP,
        )
        try:
            with quiet_engine():
                self._landmarker: Any = vision.HolisticLandmarker.create_from_options(options)
        except (RuntimeError, ValueError) as error:
            reason = str(error).partition("\n")[0]
            raise RecipeError(f"{config.task}: not a holistic bundle: {reason}") from error
        self._time = 0

    def look(self, image: Image) -> tuple[Floats, Floats]:
        """See `Extractor.look`."""
        self._time += _FRAME
        picture = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=image)
        # the library's own `detect_for_video` aborts the process on a frame in which a hand is missing
        with quiet_engine():
            packets = self._landmarker._runner.process(
                {"image_in": packet_creator.create_image(picture).at(self._time)}
            )
        points = np.full((len(self.layout), 3), np.nan, np.float32)
        confidence = np.zeros(len(self.layout), np.float32)
        for group, at in self.layout.groups.items():
            packet = packets[STREAMS[group]]
            if packet.is_empty():
                continue
            # some face models add ten landmarks of the irises at the end
            landmarks = list(packet_getter.get_proto(packet).landmark)[: at.stop - at.start]
            if landmarks:
                points[at] = [(p.x, p.y, p.z) for p in landmarks]
                confidence[at] = [p.visibility for p in landmarks] if group == "pose" else 1
        points[:, ::2] *= image.shape[1] / image.shape[0]
        return points, confidence

    def close(self) -> None:
        """Let go of the engine; a second call does nothing."""
        if self._landmarker is not None:
            self._landmarker.close()
            self._landmarker = None
