"""Signs into files of every kind that we write: film, picture, vectors, page."""

import math
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

from chereme.errors import ClipError
from chereme.render.board import Board, moments
from chereme.render.compare import beside, same_time
from chereme.render.styles import draw_pose
from chereme.render.vector import svg_moments, write_svg
from chereme.render.video import write_picture, write_pictures
from chereme.render.viewer import write_viewer
from chereme.types import PoseSequence

__all__ = ["SUFFIXES", "check_suffix", "render_together", "render_to"]

FILMS, PICTURES = (".mp4", ".gif"), (".png", ".svg")
SUFFIXES = (*FILMS, *PICTURES, ".html")
MOMENTS = 6
"""How many a picture shows unless told otherwise."""


def check_suffix(path: str | Path) -> str:
    """The path's suffix in small letters.

    Raises:
        ClipError: it is none of `SUFFIXES`.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise ClipError(f"{path}: cannot write {suffix or 'a file without suffix'}; known: {', '.join(SUFFIXES)}")
    return suffix


def render_to(
    sequence: PoseSequence,
    path: str | Path,
    style: str | None = None,
    size: int = 640,
    sheet: int | None = None,
    title: str = "",
) -> int:
    """Draw a sign to a file whose suffix says what it becomes.

    Args:
        sequence: T frames.
        path: `.mp4` and `.gif` move; `.png` and `.svg` show moments side by side; `.html` is a page that plays.
        style: of `STYLES`; when not given `signer`, in vectors `flat`. A page draws skeletons whatever is asked for.
        size: height in pixels of a film, or of one moment of a picture.
        sheet: how many moments a picture shows, in rows and with their times; when not given, up to six in a row
            without.
        title: of a page or of vectors.

    Returns:
        How many frames or moments went in.

    Raises:
        LayoutError: the layout lacks landmarks that the style needs.
        ClipError: nothing to draw, a suffix that we do not write, or a style that the kind of file has not.
    """
    path = Path(path)
    suffix = check_suffix(path)
    title = title or path.stem
    if suffix in FILMS:
        return write_pictures(draw_pose(sequence, style or "signer", size), path, sequence.fps)
    if suffix == ".html":
        return write_viewer([sequence], [title], path, title)
    if not len(sequence):
        raise ClipError(f"{path}: no frames to write")
    at = moments(len(sequence), sequence.fps, sheet or MOMENTS)
    captions = [f"{frame / sequence.fps:.2f} s" for frame in at] if sheet else []
    _write_moments([sequence], [at], path, style, size, captions, _columns(len(at)) if sheet else len(at), title)
    return len(at)


def render_together(
    sequences: Sequence[PoseSequence],
    names: Sequence[str],
    path: str | Path,
    style: str | None = None,
    size: int = 640,
    sheet: int | None = None,
) -> int:
    """The same for several signs side by side, each with its name, aligned in time from their starts.

    One that has ended holds its last frame. In a picture each sign has a row of moments.
    """
    path = Path(path)
    suffix = check_suffix(path)
    title = " · ".join(names)
    if suffix in FILMS:
        frames, fps = beside(sequences, names, style or "signer", size)
        return write_pictures(frames, path, fps)
    if suffix == ".html":
        return write_viewer(sequences, names, path, title)
    count = min(sheet or MOMENTS, max(map(len, sequences), default=1))
    shown, rate = same_time(sequences, count)
    times = [f"{(i + 0.5) / rate:.2f} s" for i in range(count)]
    captions = [f"{name}  {time}" if i == 0 else time for name in names for i, time in enumerate(times)]
    _write_moments(sequences, shown, path, style, size, captions, count, title)
    return count


def _write_moments(
    sequences: Sequence[PoseSequence],
    frames: Sequence[Sequence[int]],
    path: Path,
    style: str | None,
    size: int,
    captions: Sequence[str],
    columns: int,
    title: str,
) -> None:
    if path.suffix.lower() == ".svg":
        each = [svg_moments(s, at, style or "flat") for s, at in zip(sequences, frames, strict=True)]
        write_svg(list(chain(*each)), path, title, captions, columns)
        return
    drawn = [draw_pose(s, style or "signer", size, at) for s, at in zip(sequences, frames, strict=True)]
    pictures = list(chain(*drawn))
    sizes = [(picture.shape[1], picture.shape[0]) for picture in pictures]
    write_picture(Board(captions or [""] * len(pictures), sizes, columns, bare=not captions).show(pictures), path)


def _columns(count: int) -> int:
    """Places in a row, so that the sheet is about half as high as wide and its last row as full as can be."""
    rows = max(1, round(math.sqrt(count / 2)))
    return -(-count // rows)
