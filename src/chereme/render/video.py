"""Pictures into files: H.264 mp4, GIF, PNG; whole or not at all."""

from collections.abc import Iterable
from fractions import Fraction
from itertools import chain
from math import ceil
from pathlib import Path

import av
import numpy as np
from PIL import Image

from chereme.errors import ClipError
from chereme.files import write_beside
from chereme.render.shapes import Picture

__all__ = ["write_gif", "write_picture", "write_pictures", "write_strip", "write_video"]

_SUFFIXES = (".mp4", ".gif", ".png")
_FASTEST_GIF = 50
"""Frames per second; browsers play a GIF that asks for more at a tenth of its speed."""


def write_pictures(frames: Iterable[Picture], path: str | Path, fps: float) -> int:
    """Write frames in the form that the path's suffix names: `.mp4`, `.gif`, or `.png` (a strip of six).

    Returns:
        How many frames went in.

    Raises:
        ClipError: no frames, or a suffix that we do not write.
    """
    path = Path(path)
    match path.suffix.lower():
        case ".mp4":
            return write_video(frames, path, fps)
        case ".gif":
            return write_gif(frames, path, fps)
        case ".png":
            return write_strip(frames, path)
    raise ClipError(f"{path}: cannot write {path.suffix or 'a file without suffix'}; known: {', '.join(_SUFFIXES)}")


def write_video(frames: Iterable[Picture], path: str | Path, fps: float) -> int:
    """Write frames (H, W, 3) as an H.264 mp4 that any player and browser shows (yuv420p).

    A picture of odd width or height gets its last column or row twice: the format takes even sizes only.

    Returns:
        How many frames were written.

    Raises:
        ClipError: there are no frames, or fps is not positive.
    """
    first, rest = _first(frames, path)
    if not fps > 0:
        raise ClipError(f"{path}: a video cannot have {fps} frames per second")
    rate = Fraction(fps).limit_denominator(1001)
    with write_beside(path) as part, av.open(str(part), "w", format="mp4", options={"movflags": "faststart"}) as file:
        stream = file.add_stream("libx264", rate=rate, options={"crf": "18", "preset": "veryfast"})
        stream.height, stream.width = (n + n % 2 for n in first.shape[:2])
        stream.pix_fmt = "yuv420p"
        count = 0
        for frame in chain([first], rest):
            count += 1
            whole = np.pad(frame, ((0, frame.shape[0] % 2), (0, frame.shape[1] % 2), (0, 0)), mode="edge")
            file.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(whole), format="rgb24")))
        file.mux(stream.encode())
    return count


def write_gif(frames: Iterable[Picture], path: str | Path, fps: float) -> int:
    """Write frames as an endless GIF.

    GIF keeps time in hundredths of a second, so frames last now one more, now one less, and the whole its true time.
    Of more than 50 a second only some are kept.

    Returns:
        How many frames went in.

    Raises:
        ClipError: there are no frames, or fps is not positive.
    """
    first, rest = _first(frames, path)
    if not fps > 0:
        raise ClipError(f"{path}: a GIF cannot have {fps} frames per second")
    step = max(1, ceil(fps / _FASTEST_GIF - 1e-6))
    pictures = [Image.fromarray(frame) for i, frame in enumerate(chain([first], rest)) if i % step == 0]
    ends = np.round(np.arange(len(pictures) + 1) * (100 * step / fps))
    lasting = [int(10 * n) for n in np.diff(ends)]  # milliseconds
    with write_beside(path) as part:
        pictures[0].save(part, format="GIF", save_all=True, append_images=pictures[1:], duration=lasting, loop=0)
    return len(pictures)


def write_strip(frames: Iterable[Picture], path: str | Path, at_most: int = 6) -> int:
    """Write one PNG: the frame of a picture, or up to six frames of a clip side by side, evenly spaced.

    Raises:
        ClipError: there are no frames.
    """
    first, rest = _first(frames, path)
    pictures = [first, *rest]
    chosen = np.unique(np.linspace(0, len(pictures) - 1, min(at_most, len(pictures))).round().astype(int))
    write_picture(np.concatenate([pictures[i] for i in chosen], axis=1), path)
    return len(pictures)


def write_picture(picture: Picture, path: str | Path) -> None:
    """Write one picture as PNG."""
    with write_beside(path) as part:
        Image.fromarray(picture).save(part, format="PNG")


def _first(frames: Iterable[Picture], path: str | Path) -> tuple[Picture, Iterable[Picture]]:
    rest = iter(frames)
    first = next(rest, None)
    if first is None:
        raise ClipError(f"{path}: no frames to write")
    return first, rest
