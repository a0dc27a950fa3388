"""Moments of signs as SVG: sharp at any size, small, one file."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import cv2
import numpy as np

from chereme.errors import ClipError
from chereme.files import write_beside
from chereme.layout import Layout
from chereme.render.board import CAPTION
from chereme.render.face import SignerStyle
from chereme.render.figure import Shape
from chereme.render.flat import flat_shapes
from chereme.render.shapes import Colour
from chereme.render.skeleton import in_view, side_colour
from chereme.types import Floats, PoseSequence

__all__ = ["Moment", "svg_moments", "write_svg"]

_HEIGHT = 2000
"""Of a moment, in the file's units: whole numbers suffice, and no decimal point is spent on any."""
_GROUND: Colour = (24, 26, 32)

Moment = tuple[str, float]
"""What is inside a moment's frame, as SVG, and how many heights that is wide."""


def svg_moments(sequence: PoseSequence, frames: Sequence[int], style: str = "flat") -> Iterator[Moment]:
    """Draw some frames of a sign as vectors, `flat` or as a `skeleton`.

    Raises:
        LayoutError: the layout lacks landmarks that a body needs.
        ClipError: nobody to draw, or a style that has no vectors.
    """
    if style == "flat":
        ground = SignerStyle().background
        every = flat_shapes(sequence, _HEIGHT, frames=frames)
        return ((_ground(ground) + "".join(map(_shape, shapes)), 1.0) for shapes in every)
    if style != "skeleton":
        raise ClipError(f"style {style} has no vectors; use flat or skeleton")
    points, aspect = in_view(sequence)
    return ((_ground(_GROUND) + _skeleton(points[frame], sequence.layout), aspect) for frame in frames)


def write_svg(
    moments: Sequence[Moment], path: str | Path, title: str, captions: Sequence[str] = (), columns: int | None = None
) -> None:
    """Write moments as one SVG, `columns` in a row.

    Args:
        moments: from `svg_moments`.
        path: of the file.
        title: what a screen reader says and a browser shows.
        captions: one under each moment; none when empty.
        columns: all in one row when not given.

    Raises:
        ClipError: no moments.
    """
    if not moments:
        raise ClipError(f"{path}: no frames to write")
    columns = columns or len(moments)
    gap = _HEIGHT // 60 if len(moments) > 1 else 0
    line = round(CAPTION * _HEIGHT) if captions else 0
    wide = round(max(aspect for _, aspect in moments) * _HEIGHT)
    across = columns * (wide + gap) - gap
    down = -(-len(moments) // columns) * (_HEIGHT + line + gap) - gap
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {across} {down}" width="{across // 4}"'
        f' height="{down // 4}" role="img" stroke-linejoin="round" stroke-linecap="round">',
        f"<title>{_text(title)}</title>",
    ]
    for place, (inside, aspect) in enumerate(moments):
        own = round(aspect * _HEIGHT)
        x = place % columns * (wide + gap) + (wide - own) // 2
        y = place // columns * (_HEIGHT + line + gap)
        # a nested svg shows nothing beyond its frame
        parts.append(f'<svg x="{x}" y="{y}" width="{own}" height="{_HEIGHT}">{inside}</svg>')
        if captions:
            parts.append(
                f'<text x="{x + own // 2}" y="{y + _HEIGHT + round(0.72 * line)}" text-anchor="middle"'
                f' font-family="sans-serif" font-size="{round(0.6 * line)}">{_text(captions[place])}</text>'
            )
    with write_beside(path) as part:
        part.write_text("".join([*parts, "</svg>\n"]), encoding="utf-8")


def _ground(colour: Colour) -> str:
    return f'<rect width="100%" height="100%" fill="{_hex(colour)}"/>'


def _shape(shape: Shape) -> str:
    path = "".join(map(_path, shape.polygons))
    line = _hex(shape.line_colour)
    stroke = f' stroke="{line}" stroke-width="{round(2 * shape.line)}"' if shape.line else ""
    if stroke and len(shape.polygons) > 1:
        # the line goes round all polygons together, so it comes first and the colour covers what lies inside
        return f'<path d="{path}" fill="none"{stroke}/><path d="{path}" fill="{_hex(shape.colour)}"/>'
    return f'<path d="{path}" fill="{_hex(shape.colour)}"{stroke} paint-order="stroke"/>'


def _skeleton(points: Floats, layout: Layout) -> str:
    """Bones and dots of one colour and width are one path each; a dot is a line of no length with round ends."""
    at = points[:, :2] * _HEIGHT
    seen = np.isfinite(at).all(1) & (np.abs(np.nan_to_num(at)) < 8 * _HEIGHT).all(1)
    paths: dict[tuple[str, int], list[str]] = {}
    whole = np.round(np.where(seen[:, None], at, 0)).astype(int)
    for a, b in layout.bones:
        if seen[a] and seen[b]:
            body = layout.names[a].startswith(("pose/", "body/"))
            key = _hex(side_colour(layout.names[a], layout.names[b])), _HEIGHT // (160 if body else 320)
            paths.setdefault(key, []).append(f"M{whole[a, 0]} {whole[a, 1]}L{whole[b, 0]} {whole[b, 1]}")
    for i in np.flatnonzero(seen):
        key = _hex(side_colour(layout.names[i])), _HEIGHT // (240 if layout.names[i].startswith("face/") else 120)
        paths.setdefault(key, []).append(f"M{whole[i, 0]} {whole[i, 1]}h0")
    return "".join(
        f'<path d="{"".join(d)}" stroke="{colour}" stroke-width="{width}" fill="none"/>'
        for (colour, width), d in paths.items()
    )


def _path(polygon: Floats) -> str:
    # corners that change the outline by less than a unit only cost bytes
    few = cv2.approxPolyDP(np.clip(polygon, -9 * _HEIGHT, 9 * _HEIGHT).astype(np.float32), 0.7, True)[:, 0]
    whole = np.round(few).astype(int)
    steps = np.diff(whole, axis=0)
    return f"M{whole[0, 0]} {whole[0, 1]}l" + " ".join(f"{x} {y}" for x, y in steps.tolist()) + "z"


def _hex(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _text(text: str) -> str:
    # XML has no place for control characters, not even escaped ones
    return escape("".join(c for c in text if c.isprintable()))
