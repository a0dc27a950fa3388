"""A clip with what was found drawn over it."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image as Pictures

from chereme.errors import CheremeError
from chereme.landmarks.extractor import Image
from chereme.landmarks.picture import PICTURES, read_picture
from chereme.landmarks.video import Video
from chereme.render import draw_skeleton, render_skeleton, write_video
from chereme.serve.refusals import refusal_of
from chereme.serve.settings import ServeSettings
from chereme.serve.upload import Upload
from chereme.serve.work import look
from chereme.serve.workers import Work
from chereme.types import PoseSequence

__all__ = ["overlay"]

_HEIGHT = 480
"""Pixels of the drawn film at most."""


def overlay(upload: Upload, settings: ServeSettings, work: Work) -> bytes:
    """The film as mp4, at most 480 pixels high, skeleton over it; a `.pose` has no picture, so it is drawn on black.

    Args:
        upload: the clip; its file is left in place.
        settings: how much is taken.
        work: set when nobody waits any more.

    Raises:
        RefusedError: the clip cannot be used.
        AbandonedError: `work` was set.
    """
    sequence, _ = look(upload, settings, work)
    with tempfile.TemporaryDirectory(prefix="chereme-", dir=upload.path.parent) as folder:
        path = Path(folder) / "overlay.mp4"
        try:
            write_video(_drawn(upload, sequence, settings, work), path, max(sequence.fps, 1))
        except CheremeError as error:
            raise refusal_of(error, str(path), upload.name) from error
        return path.read_bytes()


def _drawn(upload: Upload, sequence: PoseSequence, settings: ServeSettings, work: Work) -> Iterator[Image]:
    if upload.path.suffix == ".pose":
        yield from render_skeleton(sequence, _HEIGHT)
        return
    if upload.path.suffix in PICTURES:
        pictures: Iterator[Image] = iter([read_picture(upload.path, settings.max_pixels)[0]])
        yield from _over(pictures, sequence, upload.mirrored, work)
        return
    with Video(upload.path) as video:
        yield from _over(_in_step(video, sequence), sequence, upload.mirrored, work)


def _in_step(video: Video, sequence: PoseSequence) -> Iterator[Image]:
    """A picture for each frame of the sequence, whose rate is even where the video's is not."""
    shown, first = 0, None
    for frame in video.frames():
        first = frame.time if first is None else first
        reached = min(round((frame.time - first) * sequence.fps) + 1, len(sequence))
        if shown < reached:
            image = frame.rgb()
            for _ in range(shown, reached):
                yield image
            shown = reached


def _over(pictures: Iterator[Image], sequence: PoseSequence, mirrored: bool, work: Work) -> Iterator[Image]:
    for points, picture in zip(sequence.points, pictures, strict=False):  # a last frame may fall between two steps
        work.check()
        small = Pictures.fromarray(picture[:, ::-1] if mirrored else picture)
        small.thumbnail((4 * _HEIGHT, _HEIGHT))
        yield draw_skeleton(np.asarray(small), points, sequence.layout)
