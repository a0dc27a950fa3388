"""A signer before and after preprocessing, side by side: on one picture, and as a GIF that moves."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from chereme.files import write_beside
from chereme.preprocess import AlignConfig, Preprocessed, in_picture
from chereme.render.board import moments
from chereme.render.shapes import Picture
from chereme.render.skeleton import LEFT, MIDDLE, RIGHT, draw_skeleton, render_skeleton

__all__ = ["Shown", "draw_before_after", "moments", "write_before_after"]

_INK, _FAINT, _PAPER, _CUT = (28, 30, 36), (120, 124, 132), (250, 250, 248), (232, 232, 229)
_KEPT, _KEPT_LIGHT, _IDLE = (47, 111, 159), (196, 219, 236), (196, 196, 193)
_GROUND, _GUIDE = (24, 26, 32), (62, 70, 86)
_MARGIN, _GAP = 20, 8


@dataclass(frozen=True, eq=False)
class Shown:
    """A preprocessed clip at some moments, with the video's pictures of them when there is a video."""

    title: str
    done: Preprocessed
    align: AlignConfig
    """Where the aligned signer stands in a picture."""
    frames: Sequence[int]
    """Of the clip's frames, those that are shown, rising."""
    pictures: Sequence[Picture] = ()
    """The video's at those frames, all of one size; none: landmarks alone."""

    def kept(self, frame: int) -> bool:
        return self.done.signing.start <= frame <= self.done.signing.end

    def some(self, chosen: Sequence[int]) -> "Shown":
        """Fewer moments, by their places in `frames`."""
        pictures = [self.pictures[i] for i in chosen] if self.pictures else ()
        return Shown(self.title, self.done, self.align, [self.frames[i] for i in chosen], pictures)


def draw_before_after(shown: Shown) -> Picture:
    """One picture: a column for each moment, above as extracted, below as a model gets it, the motion between them."""
    tile = 208
    before, after = list(_before(shown, tile)), list(_after(shown, tile))
    columns = len(shown.frames)
    left = _MARGIN + 62
    width = left + columns * tile + (columns - 1) * _GAP + _MARGIN
    top, strip = _MARGIN + 62, 56
    above = max(picture.height for picture in before)
    middle = top + above + 26
    below = middle + strip + 12
    sheet = Image.new("RGB", (width, below + tile + 24 + _MARGIN), _PAPER)
    pen = ImageDraw.Draw(sheet)
    pen.text((_MARGIN, _MARGIN - 4), shown.title, fill=_INK, font=_font(22))
    pen.text((_MARGIN, _MARGIN + 26), _summary(shown.done), fill=_FAINT, font=_font(15))
    fps = shown.done.before.fps
    for column, frame in enumerate(shown.frames):
        x = left + column * (tile + _GAP)
        kept = shown.kept(frame)
        sheet.paste(before[column], (x + (tile - before[column].width) // 2, top + above - before[column].height))
        sheet.paste(after[column], (x, below))
        pen.text(
            (x + tile // 2, top + above + 4),
            f"{frame / fps:.2f} s",
            fill=_INK if kept else _FAINT,
            font=_font(14),
            anchor="ma",
        )
        if kept:
            new = (frame - shown.done.signing.start) / fps
            pen.text((x + tile // 2, below + tile + 4), f"{new:.2f} s", fill=_INK, font=_font(14), anchor="ma")
        else:
            pen.text((x + tile // 2, below + tile // 2), "cut off", fill=_FAINT, font=_font(15), anchor="mm")
    _timeline(pen, shown.done, (left, middle, width - _MARGIN, middle + strip), shown.frames)
    for label, y in (("before", top + above // 2), ("motion", middle + strip // 2), ("after", below + tile // 2)):
        pen.text((_MARGIN, y), label, fill=_INK, font=_font(15), anchor="lm")
    return np.asarray(sheet).copy()


def write_before_after(shown: Shown, path: str | Path, seconds: float, most_bytes: int = 2_000_000) -> int:
    """Write a GIF: before on the left, after on the right, the motion below with a mark that runs along.

    It plays at the clip's own speed. When the file would grow too large, pictures become smaller and fewer.

    Args:
        shown: the moments are its frames, evenly spaced.
        path: of the file.
        seconds: duration of the clip.
        most_bytes: of the file; what is written is smaller.

    Returns:
        How many pictures it has.
    """
    height, chosen = 288, list(range(len(shown.frames)))
    while True:
        some = shown.some(chosen)
        content = _gif([_gif_picture(some, *tiles, height) for tiles in _tiles(some, height)], seconds / len(chosen))
        if len(content) < most_bytes or height < 100:
            break
        height = int(height * min(0.9, 0.95 * float(np.sqrt(most_bytes / len(content)))))
        chosen = chosen[:: 2 if height < 160 else 1]
    with write_beside(path) as part:
        part.write_bytes(content)
    return len(chosen)


def _tiles(shown: Shown, height: int) -> Iterator[tuple[int, Image.Image, Image.Image]]:
    yield from zip(shown.frames, _before(shown, None, height), _after(shown, height), strict=True)


def _gif_picture(shown: Shown, frame: int, before: Image.Image, after: Image.Image, height: int) -> Image.Image:
    margin, head, strip = 12, 26, max(36, height // 6)
    width = 2 * margin + before.width + _GAP + after.width
    picture = Image.new("RGB", (width, margin + head + height + 10 + strip + margin), _PAPER)
    pen = ImageDraw.Draw(picture)
    fps, right = shown.done.before.fps, margin + before.width + _GAP
    kept = shown.kept(frame)
    size = 16 if height > 200 else 12
    pen.text((margin, margin), f"before  {frame / fps:.1f} s", fill=_INK if kept else _FAINT, font=_font(size))
    new = f"after  {(frame - shown.done.signing.start) / fps:.1f} s" if kept else "after  cut off"
    pen.text((right, margin), new, fill=_INK if kept else _FAINT, font=_font(size))
    picture.paste(before, (margin, margin + head))
    picture.paste(after, (right, margin + head))
    y = margin + head + height + 10
    _timeline(pen, shown.done, (margin, y, width - margin, y + strip), [frame])
    return picture


def _gif(pictures: Sequence[Image.Image], seconds: float) -> bytes:
    """All in the same 96 colours, so that what does not move costs nothing."""
    few = [pictures[i] for i in np.unique(np.linspace(0, len(pictures) - 1, 6).round().astype(int))]
    colours = (LEFT, RIGHT, MIDDLE, _KEPT, _INK)  # fine lines would lose theirs to the many greys
    swatch = few[0].height // 4
    tall = Image.new("RGB", (few[0].width, sum(p.height for p in few) + len(colours) * swatch))
    for i, colour in enumerate(colours):
        tall.paste(colour, (0, tall.height - (i + 1) * swatch, tall.width, tall.height - i * swatch))
    for i, picture in enumerate(few):
        tall.paste(picture, (0, i * picture.height))
    palette = tall.quantize(96, dither=Image.Dither.NONE)
    plain = [p.quantize(palette=palette, dither=Image.Dither.NONE) for p in pictures]
    out = BytesIO()
    duration = max(20, round(seconds * 100) * 10)  # hundredths of a second are all that GIF knows
    plain[0].save(out, format="GIF", save_all=True, append_images=plain[1:], duration=duration, loop=0, optimize=False)
    return out.getvalue()


def _before(shown: Shown, width: int | None, height: int = 260) -> Iterator[Image.Image]:
    """Landmarks over the video's dimmed pictures, or on a plain ground: `height` high, or less to be `width` wide."""
    sequence = shown.done.before
    aspect = sequence.size[0] / sequence.size[1]
    if width is not None:
        height = min(height, round(width / aspect))
    wide = max(2, round(height * aspect))
    drawn: Iterator[Picture]
    if shown.pictures:
        drawn = (
            draw_skeleton(_dimmed(picture, (wide, height)), sequence.points[frame], sequence.layout)
            for frame, picture in zip(shown.frames, shown.pictures, strict=True)
        )
    else:
        drawn = render_skeleton(sequence, height, _GROUND, shown.frames)
    for frame, picture in zip(shown.frames, drawn, strict=True):
        yield _faded(Image.fromarray(picture), shown.kept(frame))


def _after(shown: Shown, side: int) -> Iterator[Image.Image]:
    """The aligned landmarks in their square picture, with the lines that they were brought to; empty where cut off."""
    placed = in_picture(shown.done.after, shown.align)
    ground = np.full((side, side, 3), _GROUND, np.uint8)
    x, y = round(shown.align.centre_x * side), round(shown.align.shoulders_y * side)
    half = round(shown.align.shoulder_width * side / 2)
    if "pose" in placed.layout.groups or "body" in placed.layout.groups:
        cv2.line(ground, (0, y), (side, y), _GUIDE, 1)
        cv2.line(ground, (x, 0), (x, side), _GUIDE, 1)
        for shoulder in (x - half, x + half):
            cv2.line(ground, (shoulder, y - side // 30), (shoulder, y + side // 30), _GUIDE, 1)
    for frame in shown.frames:
        if shown.kept(frame):
            points = placed.points[frame - shown.done.signing.start]
            yield Image.fromarray(draw_skeleton(ground, points, placed.layout))
        else:
            yield Image.new("RGB", (side, side), _CUT)


def _timeline(
    pen: ImageDraw.ImageDraw, done: Preprocessed, box: tuple[int, int, int, int], frames: Sequence[int]
) -> None:
    """The motion curve over the whole clip, blue where it is kept, with a mark at each frame."""
    left, top, right, bottom = box
    per_frame = (right - left) / len(done.before)
    start, end = left + done.signing.start * per_frame, left + (done.signing.end + 1) * per_frame
    pen.rectangle(box, fill=_CUT)
    pen.rectangle((start, top, end, bottom), fill=_KEPT_LIGHT)
    if done.motion is not None and len(done.motion.curve):
        columns = np.arange(left, right + 1)
        steps = left + per_frame * np.arange(1, len(done.before))  # a step lies where its two frames meet
        for x, value in zip(columns, np.interp(columns, steps, done.motion.curve), strict=True):
            colour = _KEPT if start <= x <= end else _IDLE
            pen.line((x, bottom, x, bottom - round(value * (bottom - top - 4))), fill=colour)
    for frame in frames:
        x = left + (frame + 0.5) * per_frame
        pen.line((x, top, x, bottom), fill=_INK, width=2)


def _summary(done: Preprocessed) -> str:
    """What happened, in a line."""
    fps, signing = done.before.fps, done.signing
    if signing.frames == len(done.before):
        said = [f"all {len(done.before)} frames kept, {len(done.before) / fps:.1f} s"]
    else:
        said = [
            f"{signing.frames} of {len(done.before)} frames kept:"
            f" {signing.frames / fps:.1f} of {len(done.before) / fps:.1f} s"
        ]
    if done.reference is not None:
        from_all = done.reference.from_all
        said.append(
            f"measured in {'all' if from_all else done.reference.still_frames} frames"
            + ("" if from_all else " before and after the sign")
        )
    if done.mirrored:
        said.append("left-handed: mirrored")
    return "   ·   ".join(said)


def _dimmed(picture: Picture, size: tuple[int, int]) -> Picture:
    grey = cv2.cvtColor(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    return (grey[..., None] * np.float32(0.5) + np.array([16, 18, 24], np.float32)).astype(np.uint8)


def _faded(picture: Image.Image, kept: bool) -> Image.Image:
    return picture if kept else Image.blend(picture, Image.new("RGB", picture.size, _CUT), 0.6)


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
