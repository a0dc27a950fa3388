"""Still pictures in: the right way up, in RGB, never more pixels than memory can take."""

import struct
import warnings
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image as Pillow
from PIL import ImageOps, UnidentifiedImageError

from chereme.errors import ClipError, TooLargeError
from chereme.landmarks.extractor import Image

__all__ = ["MAX_PIXELS", "MAX_SIDE", "PICTURES", "check_size", "decode_picture", "fit", "read_picture", "readable"]

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"})
"""Suffixes read as pictures; of an animated one, the first frame."""
_FORMATS = ("BMP", "GIF", "JPEG", "PNG", "TIFF", "WEBP")
"""What may be inside, whatever the name says: Pillow would start Ghostscript for what says it is PostScript."""
MAX_PIXELS = 64_000_000
"""Largest picture or frame that is read: 8000 x 8000. A small file can unfold into more than a machine's memory."""
MAX_SIDE = 1920
"""Larger frames are scaled down to this longer side; the engine itself looks at crops of 256 pixels."""


def read_picture(path: str | Path, most: int | None = None) -> tuple[Image, tuple[int, int]]:
    """Read a picture upright (by its EXIF orientation); transparent parts become white.

    Args:
        path: of the file.
        most: pixels that it may have, looked at before anything is decoded; None: `MAX_PIXELS`.

    Returns:
        the picture, at most `MAX_SIDE` long, and the width and height in pixels that it has in the file.

    Raises:
        ClipError: not readable, not a picture, cut short, or of more pixels than `most`.
    """
    path = readable(path)
    return _read(path, path, most)


def decode_picture(content: bytes, name: str, most: int | None = None) -> tuple[Image, tuple[int, int]]:
    """The same of a picture file's bytes in memory; `name` stands in errors."""
    if not content:
        raise ClipError(f"{name}: the file is empty; get it again")
    return _read(BytesIO(content), Path(name), most)


def _read(source: Path | BytesIO, path: Path, most: int | None) -> tuple[Image, tuple[int, int]]:
    try:
        # warnings of odd metadata, and of a large size: ours is an error
        with warnings.catch_warnings(action="ignore"), Pillow.open(source, formats=_FORMATS) as file:
            check_size(path, *file.size, most)
            stored = file.size
            file.draft("RGB", (2 * MAX_SIDE, 2 * MAX_SIDE))  # a large JPEG is decoded at a half or quarter
            picture = ImageOps.exif_transpose(file)
            turned = (picture.width > picture.height) != (file.width > file.height)
            if picture.has_transparency_data:
                picture = picture.convert("RGBA")
                picture = Pillow.alpha_composite(Pillow.new("RGBA", picture.size, "white"), picture)
            picture = picture.convert("RGB").resize(fit(*picture.size), Pillow.Resampling.BOX)
    except Pillow.DecompressionBombError as error:
        raise TooLargeError(
            f"{path}: it has more than the {MAX_PIXELS:,} pixels that are read; scale it down first"
        ) from error
    except UnidentifiedImageError as error:
        raise ClipError(f"{path}: not a picture that can be read; convert it to JPEG or PNG") from error
    # what Pillow raises on damaged files of its many formats, the last two on broken EXIF
    except (OSError, SyntaxError, ValueError, TypeError, struct.error) as error:
        raise ClipError(f"{path}: damaged or cut short ({error}); get the picture again") from error
    return np.asarray(picture), (stored[1], stored[0]) if turned else stored


def readable(path: str | Path) -> Path:
    """The path, once a byte could be read from it.

    Raises:
        ClipError: there is no such file, it may not be read, or it is empty.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            if not file.read(1):
                raise ClipError(f"{path}: the file is empty; get it again")
    except OSError as error:
        raise ClipError(f"{path}: cannot be read: {error.strerror or error}; check the path") from error
    return path


def check_size(path: Path, width: int, height: int, most: int | None = None) -> None:
    """Raises TooLargeError when a picture or frame has more than `most` pixels, or more than `MAX_PIXELS`."""
    most = MAX_PIXELS if most is None else most
    if width * height > most:
        raise TooLargeError(
            f"{path}: {width}x{height} is more than the {most:,} pixels that are read; scale it down first"
        )


def fit(width: int, height: int) -> tuple[int, int]:
    """The same proportions, with the longer side at most `MAX_SIDE`."""
    scale = min(1.0, MAX_SIDE / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))
