"""A webcam as a source of frames."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import cv2
import numpy as np

from chereme.errors import ClipError
from chereme.landmarks.clip import extract_stream
from chereme.landmarks.extractor import ExtractConfig, Image, open_extractor
from chereme.landmarks.holistic import quiet_engine
from chereme.landmarks.video import Frame
from chereme.types import PoseSequence

__all__ = ["extract_webcam", "frame_rate", "open_webcam", "watch"]


def extract_webcam(camera: int | str, seconds: float, config: ExtractConfig | None = None) -> PoseSequence:
    """Watch a webcam and take landmarks as the frames come.

    A frame counts for the moment it arrived. Where the engine is slower than the camera, the camera drops
    frames, and the landmarks come out at the rate that was kept up. Cameras deliver the true picture, not the
    mirrored one that video calls show; for one that does mirror, set `config.mirrored`.

    Args:
        camera: its number, from 0, or whatever else OpenCV opens: a device path, a stream's address, a file.
        seconds: how long to watch.
        config: settings; None: the defaults.

    Raises:
        ClipError: no such camera, or nobody or no hand was seen.
    """
    with open_webcam(camera) as capture:
        _warm_up(capture, config or ExtractConfig())
        return extract_stream(watch(capture, seconds), frame_rate(capture), config, f"webcam {camera}")


@contextmanager
def open_webcam(camera: int | str) -> Iterator[cv2.VideoCapture]:
    """A webcam, let go of at the end; raises ClipError when there is no such camera."""
    with quiet_engine():
        capture = cv2.VideoCapture(camera)
    try:
        if not capture.isOpened():
            raise ClipError(f"webcam {camera}: cannot be opened; is it plugged in, allowed, and free?")
        yield capture
    finally:
        capture.release()


def frame_rate(capture: cv2.VideoCapture) -> float:
    """Frames per second as the camera says; 25 where it says nothing."""
    rate = float(capture.get(cv2.CAP_PROP_FPS))
    return rate if rate > 0 else 25.0


def _warm_up(capture: cv2.VideoCapture, config: ExtractConfig) -> None:
    """Load the engine before the clock starts: it takes a second the first time."""
    arrived, bgr = capture.read()
    if arrived:
        with open_extractor(config) as extractor:
            extractor.look(_rgb(bgr))


def watch(capture: cv2.VideoCapture, seconds: float) -> Iterator[Frame]:
    """Frames as they come, each with the moment when it came; the clock starts with the first."""
    begun: float | None = None
    while True:
        arrived, bgr = capture.read()
        now = time.monotonic()
        begun = now if begun is None else begun
        if not arrived or now - begun >= seconds:
            return
        yield Frame(now - begun, (bgr.shape[1], bgr.shape[0]), partial(_rgb, bgr))


def _rgb(bgr: Any) -> Image:
    rgb: Image = np.ascontiguousarray(bgr[..., ::-1])
    return rgb
