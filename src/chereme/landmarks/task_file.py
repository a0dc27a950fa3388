"""A holistic `.task` bundle of the models inside the mediapipe wheel, for `TasksExtractor` and for browsers."""

import gc
import warnings
import zipfile
from io import BytesIO
from pathlib import Path

import mediapipe
from mediapipe.tasks.python.metadata.metadata_writers import metadata_writer

__all__ = ["holistic_task"]

_MODELS = Path(mediapipe.__file__).parent / "modules"
_UNIT, _SIGNED = (0.0, 255.0), (127.5, 127.5)
_PARTS: dict[str, tuple[str, tuple[float, float] | None]] = {
    "face_detector": ("face_detection/face_detection_short_range", _SIGNED),
    "face_landmarks_detector": ("face_landmark/face_landmark", _UNIT),
    "face_blendshapes": ("holistic_landmark/hand_recrop", None),  # a stand-in: never run, and this is the smallest
    "pose_detector": ("pose_detection/pose_detection", _SIGNED),
    "pose_landmarks_detector": ("pose_landmark/pose_landmark_full", _UNIT),
    "hand_landmarks_detector": ("hand_landmark/hand_landmark_full", None),  # says so itself
    "hand_roi_refinement": ("holistic_landmark/hand_recrop", _UNIT),
}
"""Name in the bundle to the wheel's file, and the mean and deviation that have to be added: how pictures go in."""


def holistic_task() -> bytes:
    """The bundle, byte for byte the same each time.

    Body and hands come out as `HolisticExtractor` finds them. The face does not: the wheel has another model of it
    than the Tasks interface reads.
    """
    out = BytesIO()
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as bundle:
        for name, (model, scale) in _PARTS.items():
            content = (_MODELS / f"{model}.tflite").read_bytes()
            if scale is not None:
                mean, deviation = scale
                writer = metadata_writer.MetadataWriter.create(bytearray(content))
                content = bytes(writer.add_image_input([mean], [deviation]).populate()[0])
                del writer
            bundle.writestr(zipfile.ZipInfo(f"{name}.tflite"), content)  # without a date of its own
        gc.collect()  # the metadata writer leaves its temporary folders to it, which then warns
    return out.getvalue()
