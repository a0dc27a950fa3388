"""How many people a video shows: the landmark engine follows one, and would not say that there are more."""

from collections.abc import Iterable

import numpy as np
from mediapipe.python.solutions.face_detection import FaceDetection

from chereme.landmarks.extractor import Image

__all__ = ["count_faces"]


def count_faces(pictures: Iterable[Image], confidence: float = 0.6) -> list[int]:
    """Faces in each of some pictures.

    A detector for faces at some metres, and one for near ones, both from the mediapipe wheel; the larger count is
    taken. People seen from behind have no face.

    Args:
        pictures: (height, width, 3) RGB.
        confidence: least confidence of a face.
    """
    with FaceDetection(confidence, model_selection=0) as near, FaceDetection(confidence, model_selection=1) as far:
        found = []
        for picture in pictures:
            picture = np.ascontiguousarray(picture)
            found.append(max(len(detector.process(picture).detections or ()) for detector in (near, far)))
        return found
