"""Several pictures on one board, each over its caption: moments of a sign, or several signs at one moment."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from chereme.render.shapes import Picture

__all__ = ["CAPTION", "Board", "moments"]

_INK, _PAPER = (28, 30, 36), (250, 250, 248)
_GAP = 6
CAPTION = 0.085
"""Height of a caption's line, in picture heights."""


def moments(frames: int, fps: float, most: int, rate: float = 1000.0) -> list[int]:
    """At most so many frames of a clip, and at most `rate` a second: those in the middles of equal parts of it."""
    count = max(1, min(most, frames, int(np.ceil(frames / fps * rate))))
    return [int((i + 0.5) / count * frames) for i in range(count)]


class Board:
    """Places for pictures of known sizes, with what is written under each.

    Args:
        captions: one for each place; a long one is cut.
        sizes: (width, height) in pixels of the picture that goes there.
        columns: places in a row; one row when not given.
        bare: the pictures alone, edge to edge.
    """

    def __init__(
        self,
        captions: Sequence[str],
        sizes: Sequence[tuple[int, int]],
        columns: int | None = None,
        *,
        bare: bool = False,
    ) -> None:
        columns = columns or len(captions)
        rows = -(-len(captions) // columns)
        wide, high = max(w for w, _ in sizes), max(h for _, h in sizes)
        gap = 0 if bare else _GAP
        line = 0 if bare else max(16, round(high * CAPTION))
        board = Image.new("RGB", (columns * (wide + gap) + gap, rows * (high + line + gap) + gap), _PAPER)
        pen = ImageDraw.Draw(board)
        font = ImageFont.load_default(max(10, round(line * 0.62)))
        self._at: list[tuple[int, int]] = []
        for place, (caption, (width, height)) in enumerate(zip(captions, sizes, strict=True)):
            left = gap + place % columns * (wide + gap)
            top = gap + place // columns * (high + line + gap)
            self._at.append((left + (wide - width) // 2, top + (high - height) // 2))
            if not bare:
                pen.text((left + wide / 2, top + high + line / 2), _cut(caption, wide, font), _INK, font, anchor="mm")
        self._empty = np.asarray(board)

    def show(self, pictures: Sequence[Picture]) -> Picture:
        """The board with these pictures in their places."""
        board = self._empty.copy()
        for (left, top), picture in zip(self._at, pictures, strict=True):
            board[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
        return board


def _cut(text: str, wide: int, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    text = " ".join(text.split())
    if font.getlength(text) <= wide:
        return text
    while text and font.getlength(text + "…") > wide:
        text = text[:-1]
    return text + "…"
