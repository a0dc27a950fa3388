"""How much the pictures of a video change: the two motion measures that need pixels."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from chereme.errors import ClipError
from chereme.landmarks.extractor import Image
from chereme.landmarks.timing import even_times
from chereme.landmarks.video import Video
from chereme.types import Floats

__all__ = ["pixel_motion"]


def pixel_motion(
    path: str | Path, grey_step: int = 30, history: int = 500, variance: float = 16.0, picture_side: int = 480
) -> dict[str, Floats]:
    """Two measures of how a video changes from each frame to the next.

    `difference` is the share of pixels whose grey level changed by more than `grey_step`. `background` is the share
    that stands out from a background learnt on the way (MOG2 with its shadows, as OpenCV sets it up); the first
    frame, which is all foreground, has no part in it.

    Args:
        path: a video.
        grey_step: of 255 grey levels.
        history: frames over which the background is learnt.
        variance: squared distance, in variances, from which on a pixel is foreground.
        picture_side: larger pictures are scaled down to this longer side; noise of the camera and of the
            compression goes with it.

    Returns:
        `difference` and `background`, (T - 1,) each from 0 to 1, for the T frames that `extract_clip` gives of
        this video: of a varying rate, on the same constant one.

    Raises:
        ClipError: not a readable video.
    """
    background = cv2.createBackgroundSubtractorMOG2(history, variance, True)
    times: list[float] = []
    changed: list[float] = []
    foreground: list[float] = []
    before: Image | None = None
    with Video(path) as video:
        for frame in video.frames():
            picture = _small(frame.rgb(), picture_side)
            times.append(frame.time)
            mask = background.apply(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
            grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)
            if before is not None:
                changed.append(np.count_nonzero(cv2.absdiff(grey, before) > grey_step) / grey.size)
                foreground.append(np.count_nonzero(mask) / mask.size)
            before = grey
        rate = video.rate
    if not times:
        raise ClipError(f"{path}: no frame in it; check the file")
    at = np.array(times)
    grid, _ = even_times(at, rate, str(path))
    return {"difference": _on_steps(grid, at, changed), "background": _on_steps(grid, at, foreground)}


def _small(picture: Image, side: int) -> Image:
    height, width = picture.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return picture
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _on_steps(grid: NDArray[np.float64], times: NDArray[np.float64], values: list[float]) -> Floats:
    """Values of the steps between some times, read at the steps between others."""
    if len(grid) == len(times) or not values:
        return np.array(values, np.float32)
    return np.interp((grid[1:] + grid[:-1]) / 2, (times[1:] + times[:-1]) / 2, values).astype(np.float32)
