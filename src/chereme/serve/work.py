"""The heavy part of a request: a clip on disk becomes the answer. Runs in a worker thread, never in the event loop."""

from collections.abc import Iterator
from time import perf_counter
from typing import Any, Protocol

import numpy as np

from chereme.bundle import Bundle
from chereme.errors import CheremeError
from chereme.landmarks.clip import extract_stream
from chereme.landmarks.extractor import ExtractConfig, Image, open_extractor
from chereme.landmarks.picture import PICTURES, read_picture
from chereme.landmarks.video import Frame, Video
from chereme.poses import read_pose
from chereme.serve.landmarks import FASTEST, check_hand, check_length, landmarks_json
from chereme.serve.refusals import RefusedError, refusal_of
from chereme.serve.settings import ServeSettings
from chereme.serve.upload import Upload
from chereme.serve.workers import Work
from chereme.types import PoseSequence, Prediction

__all__ = ["Judge", "answer", "answer_landmarks", "look", "warm_up"]


_FOUND = 0.95
"""How much of the work is done when the last frame was looked at."""


class Judge(Protocol):
    """What ranks words: a recognizer, alone or with a lexicon beside it."""

    @property
    def bundle(self) -> Bundle: ...

    def recognize(self, sequence: PoseSequence) -> Prediction: ...


def answer(upload: Upload, judge: Judge, settings: ServeSettings, work: Work) -> dict[str, Any]:
    """What `POST /api/v1/recognitions` answers, except for the total time.

    Args:
        upload: the clip; its file is left in place.
        judge: shared between threads.
        settings: how much is taken.
        work: set when nobody waits any more; it ends at the next frame.

    Raises:
        RefusedError: the clip cannot be used.
        AbandonedError: `work` was set.
    """
    begun = perf_counter()
    sequence, decode = look(upload, settings, work)
    extract = perf_counter() - begun - (decode or 0)
    found = _judged(sequence, judge, upload.name, upload.top)
    seconds = {"extract": extract, **found["seconds"]}
    found["seconds"] = seconds if decode is None else {"decode": decode, **seconds}
    return {**found, **({"landmarks": landmarks_json(sequence, upload.mirrored)} if upload.landmarks else {})}


def answer_landmarks(sequence: PoseSequence, judge: Judge, name: str, top: int) -> dict[str, Any]:
    """The same for a clip of which the landmarks were sent.

    Raises:
        RefusedError: the clip cannot be used.
    """
    check_hand(sequence, name)
    return _judged(sequence, judge, name, top)


def _judged(sequence: PoseSequence, judge: Judge, name: str, top: int) -> dict[str, Any]:
    begun = perf_counter()
    try:
        prediction = judge.recognize(sequence)
    except CheremeError as error:
        raise refusal_of(error, name, name) from error
    return {
        "file": name,
        **prediction.as_json(top),
        "seconds": {"recognize": perf_counter() - begun},
        "bundle": judge.bundle.name,
    }


def warm_up() -> None:
    """Load the landmark engine once, so that the first clip need not wait for it."""
    with open_extractor(ExtractConfig()) as extractor:
        extractor.look(np.zeros((120, 160, 3), np.uint8))


def look(upload: Upload, settings: ServeSettings, work: Work) -> tuple[PoseSequence, float | None]:
    """The clip's landmarks, and for a video the seconds that went into reading it.

    Raises:
        RefusedError: too large, too long, damaged, or nobody or no hand in it.
        AbandonedError: `work` was set.
    """
    try:
        return _looked(upload, settings, work)
    except CheremeError as error:
        raise refusal_of(error, str(upload.path), upload.name) from error


def _looked(upload: Upload, settings: ServeSettings, work: Work) -> tuple[PoseSequence, float | None]:
    decode: float | None = None
    suffix = upload.path.suffix
    config = ExtractConfig(mirrored=upload.mirrored, keep_handless=True)  # the words for "no hand" are ours
    if suffix == ".pose":
        sequence = read_pose(upload.path)
        check_length(sequence.seconds, upload.name, settings)
        sequence = sequence.mirrored() if upload.mirrored else sequence
    elif suffix in PICTURES:
        image, size = read_picture(upload.path, settings.max_pixels)
        sequence = extract_stream([Frame(0.0, size, lambda: image)], 1.0, config, str(upload.path))
    else:
        with Video(upload.path) as video:
            _check_pixels(video.size, upload.name, settings)
            check_length(video.seconds or 0.0, upload.name, settings)
            frames = _WatchedFrames(video, upload.name, settings, work)
            sequence = extract_stream(frames, video.rate, config, str(upload.path))
            decode = frames.seconds
    check_hand(sequence, upload.name)
    return sequence, decode


class _WatchedFrames:
    """A video's frames, timed, and only as many as may be: a header can promise less than comes."""

    def __init__(self, video: Video, name: str, settings: ServeSettings, work: Work) -> None:
        self.video, self.name, self.settings, self.work = video, name, settings, work
        self.seconds = 0.0
        """Spent so far on decoding and on turning frames into pictures."""

    def __iter__(self) -> Iterator[Frame]:
        frames = self.video.frames()
        most = self.settings.max_seconds * FASTEST
        count = 0
        while True:
            begun = perf_counter()
            frame = next(frames, None)
            self.seconds += perf_counter() - begun
            if frame is None:
                return
            lasts = self.video.seconds or self.settings.max_seconds
            self.work.check(_FOUND * frame.time / lasts)
            count += 1
            check_length(self.settings.max_seconds + 1 if count > most else frame.time, self.name, self.settings)
            _check_pixels(frame.size, self.name, self.settings)
            yield Frame(frame.time, frame.size, lambda frame=frame: self._timed(frame))  # type: ignore[misc]

    def _timed(self, frame: Frame) -> Image:
        begun = perf_counter()
        image = frame.rgb()
        self.seconds += perf_counter() - begun
        return image


def _check_pixels(size: tuple[int, int], name: str, settings: ServeSettings) -> None:
    if size[0] * size[1] > settings.max_pixels:
        raise RefusedError(
            "too_large",
            f"{name}: {size[0]}x{size[1]} pixels are more than the {settings.max_megapixels:g} million that are taken",
        )
