"""The heavy part of a request: a clip on disk becomes the answer. Runs in a worker thread, never in the event loop."""

import threading
from collections.abc import Iterator
from time import perf_counter
from typing import Any

import numpy as np

from chereme.errors import CheremeError
from chereme.landmarks.clip import extract_stream
from chereme.landmarks.extractor import ExtractConfig, Image, open_extractor
from chereme.landmarks.picture import PICTURES, read_picture
from chereme.landmarks.video import Frame, Video
from chereme.poses import read_pose
from chereme.recognize import Recognizer
from chereme.serve.refusals import RefusedError, refusal_of
from chereme.serve.settings import ServeSettings
from chereme.serve.upload import Upload
from chereme.serve.workers import AbandonedError
from chereme.types import PoseSequence

__all__ = ["answer", "landmarks_json", "warm_up"]

_FASTEST = 120
"""Frames per second beyond which a clip counts as too long: no camera that films signing is faster."""


def answer(upload: Upload, recognizer: Recognizer, settings: ServeSettings, stop: threading.Event) -> dict[str, Any]:
    """What `POST /api/v1/recognitions` answers, except for the total time.

    Args:
        upload: the clip; its file is left in place.
        recognizer: shared between threads.
        settings: how much is taken.
        stop: set when nobody waits any more; work ends at the next frame.

    Raises:
        RefusedError: the clip cannot be used.
        AbandonedError: `stop` was set.
    """
    begun = perf_counter()
    try:
        sequence, decode = _landmarks(upload, settings, stop)
        found = perf_counter()
        prediction = recognizer.recognize(sequence)
    except CheremeError as error:
        raise refusal_of(error, str(upload.path), upload.name) from error
    seconds = {"extract": found - begun - (decode or 0), "recognize": perf_counter() - found}
    return {
        "file": upload.name,
        **prediction.as_json(upload.top),
        "seconds": seconds if decode is None else {"decode": decode, **seconds},
        "bundle": recognizer.bundle.name,
        **({"landmarks": landmarks_json(sequence, upload.mirrored)} if upload.landmarks else {}),
    }


def landmarks_json(sequence: PoseSequence, mirrored: bool = False) -> dict[str, Any]:
    """Landmarks for drawing: (x, y) in picture heights to the tenth of a pixel of a 1000-pixel picture."""
    points = np.round(sequence.points[..., :2].astype(float), 4)
    seen = sequence.seen
    return {
        "layout": sequence.layout.name,
        "names": list(sequence.layout.names),
        "bones": [list(bone) for bone in sequence.layout.bones],
        "fps": sequence.fps,
        "size": list(sequence.size),
        "mirrored": mirrored,
        "points": [
            [place if there else None for place, there in zip(places, theres, strict=True)]
            for places, theres in zip(points.tolist(), seen.tolist(), strict=True)
        ],
    }


def warm_up() -> None:
    """Load the landmark engine once, so that the first clip need not wait for it."""
    with open_extractor(ExtractConfig()) as extractor:
        extractor.look(np.zeros((120, 160, 3), np.uint8))


def _landmarks(upload: Upload, settings: ServeSettings, stop: threading.Event) -> tuple[PoseSequence, float | None]:
    """The clip's landmarks, and for a video the seconds that went into reading it.

    Raises:
        RefusedError: too large, too long, or no hand in it.
        ClipError: damaged, or nobody in it.
    """
    decode: float | None = None
    suffix = upload.path.suffix
    config = ExtractConfig(mirrored=upload.mirrored, keep_handless=True)  # the words for "no hand" are ours
    if suffix == ".pose":
        sequence = read_pose(upload.path)
        _check_length(sequence.seconds, upload.name, settings)
        sequence = sequence.mirrored() if upload.mirrored else sequence
    elif suffix in PICTURES:
        image, size = read_picture(upload.path, settings.max_pixels)
        sequence = extract_stream([Frame(0.0, size, lambda: image)], 1.0, config, str(upload.path))
    else:
        with Video(upload.path) as video:
            _check_pixels(video.size, upload.name, settings)
            _check_length(video.seconds or 0.0, upload.name, settings)
            frames = _WatchedFrames(video, upload.name, settings, stop)
            sequence = extract_stream(frames, video.rate, config, str(upload.path))
            decode = frames.seconds
    hands = [g for g in sequence.layout.groups if "hand" in g]
    if hands and not any(sequence.seen[:, sequence.layout.groups[g]].any() for g in hands):
        where = f"any of {len(sequence)} frames" if len(sequence) > 1 else "the picture"
        raise RefusedError("no_hand", f"{upload.name}: no hand seen in {where}")
    return sequence, decode


class _WatchedFrames:
    """A video's frames, timed, and only as many as may be: a header can promise less than comes."""

    def __init__(self, video: Video, name: str, settings: ServeSettings, stop: threading.Event) -> None:
        self.video, self.name, self.settings, self.stop = video, name, settings, stop
        self.seconds = 0.0
        """Spent so far on decoding and on turning frames into pictures."""

    def __iter__(self) -> Iterator[Frame]:
        frames = self.video.frames()
        most = self.settings.max_seconds * _FASTEST
        count = 0
        while True:
            begun = perf_counter()
            frame = next(frames, None)
            self.seconds += perf_counter() - begun
            if frame is None:
                return
            if self.stop.is_set():
                raise AbandonedError
            count += 1
            _check_length(self.settings.max_seconds + 1 if count > most else frame.time, self.name, self.settings)
            _check_pixels(frame.size, self.name, self.settings)
            yield Frame(frame.time, frame.size, lambda frame=frame: self._timed(frame))  # type: ignore[misc]

    def _timed(self, frame: Frame) -> Image:
        begun = perf_counter()
        image = frame.rgb()
        self.seconds += perf_counter() - begun
        return image


def _check_length(seconds: float, name: str, settings: ServeSettings) -> None:
    # a header's duration is rounded up by as much as a frame
    if seconds > settings.max_seconds + 0.1:
        raise RefusedError("too_long", f"{name}: longer than the {settings.max_seconds:g} s that are taken")


def _check_pixels(size: tuple[int, int], name: str, settings: ServeSettings) -> None:
    if size[0] * size[1] > settings.max_pixels:
        raise RefusedError(
            "too_large",
            f"{name}: {size[0]}x{size[1]} pixels are more than the {settings.max_megapixels:g} million that are taken",
        )
