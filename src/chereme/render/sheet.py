"""A contact sheet: what was drawn, what was found in it, and which words were recognized, on one picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from chereme.errors import ClipError
from chereme.render.shapes import Colour, Picture
from chereme.render.skeleton import draw_skeleton
from chereme.types import DOUBTS, PoseSequence, Prediction

__all__ = ["SheetRow", "contact_sheet"]

_TILE, _PANEL, _MARGIN, _LINE = 190, 330, 18, 24
_INK, _FAINT, _PAPER, _BAR, _TRACK = (28, 30, 36), (110, 114, 122), (250, 250, 248), (46, 110, 168), (224, 228, 232)


@dataclass(frozen=True, eq=False)
class SheetRow:
    """One clip on the sheet."""

    title: str
    frames: Sequence[Picture]
    """Pictures of the clip, all of one size; evenly spaced ones are shown."""
    found: PoseSequence
    """Landmarks found in those pictures, in frame heights."""
    prediction: Prediction


def contact_sheet(rows: Sequence[SheetRow], heading: str, note: str, columns: int = 5, top: int = 4) -> Picture:
    """Put each clip on two lines of pictures, plain above and with the found skeleton below, beside its words.

    Args:
        rows: the clips.
        heading: first line.
        note: printed small at the bottom, wrapped: where the pictures came from belongs here.
        columns: pictures per line.
        top: how many ranked words to show.

    Raises:
        ClipError: no rows, or a row without frames.
    """
    if not rows or not all(len(row.frames) and len(row.found) for row in rows):
        raise ClipError("a contact sheet needs at least one clip with frames")
    width = columns * _TILE + _PANEL + 3 * _MARGIN
    lines = wrap(note, width // 8)
    row_height = 2 * _TILE + _MARGIN
    height = _MARGIN + 2 * _LINE + len(rows) * row_height + len(lines) * 20 + _MARGIN
    sheet = Image.new("RGB", (width, height), _PAPER)
    pen = ImageDraw.Draw(sheet)
    pen.text((_MARGIN, _MARGIN), heading, fill=_INK, font=_font(22))
    y = _MARGIN + 2 * _LINE
    for row in rows:
        _pictures(sheet, row, y, columns)
        _words(pen, row, (columns * _TILE + 2 * _MARGIN, y), top)
        y += row_height
    for line in lines:
        pen.text((_MARGIN, y), line, fill=_FAINT, font=_font(14))
        y += 20
    return np.asarray(sheet).copy()


def _pictures(sheet: Image.Image, row: SheetRow, y: int, columns: int) -> None:
    # the first and last moments are rest, so the pictures stand in the middles of equal parts
    for column in range(columns):
        moment = (column + 0.5) / columns
        frame = row.frames[int(moment * len(row.frames))]
        points = row.found.points[int(moment * len(row.found))]
        dimmed: Picture = (frame * np.float32(0.45) + 12).astype(np.uint8)
        for line, picture in enumerate((frame, draw_skeleton(dimmed, points, row.found.layout))):
            tile = Image.fromarray(picture)
            tile.thumbnail((_TILE - 2, _TILE - 2), Image.Resampling.LANCZOS)
            sheet.paste(tile, (_MARGIN + column * _TILE, y + line * _TILE))


def _words(pen: ImageDraw.ImageDraw, row: SheetRow, at: tuple[int, int], top: int) -> None:
    x, y = at
    pen.text((x, y), row.title, fill=_INK, font=_font(20))
    y += _LINE + 8
    because = row.prediction.unknown_because
    verdict = f"declined: {DOUBTS[because]}" if because else "recognized in the video:"
    pen.text((x, y), verdict, fill=_FAINT, font=_font(14))
    y += _LINE
    length = _PANEL - 20
    for rank, word in enumerate(row.prediction.ranked[:top]):
        ink = _INK if rank == 0 and not row.prediction.unknown else _FAINT
        pen.text((x, y), word.gloss, fill=ink, font=_font(17 if rank == 0 else 15))
        pen.text((x + length, y), f"{word.probability:.0%}", fill=ink, font=_font(15), anchor="ra")
        y += _LINE
        pen.rectangle((x, y, x + length, y + 6), fill=_TRACK)
        pen.rectangle((x, y, x + round(length * word.probability), y + 6), fill=_colour_of(rank))
        y += 18


def _colour_of(rank: int) -> Colour:
    return _BAR if rank == 0 else (150, 170, 190)


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
