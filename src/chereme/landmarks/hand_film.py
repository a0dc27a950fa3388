"""Films and webcams of hands alone: the hands of `CloseUpTracker`, at a constant rate."""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from chereme.errors import ClipError
from chereme.landmarks.camera import frame_rate, open_webcam, watch
from chereme.landmarks.hand_tracker import CloseUpTracker
from chereme.landmarks.hands import HandConfig
from chereme.landmarks.timing import even_times, on_grid
from chereme.landmarks.video import Frame, Video
from chereme.types import Floats, PoseSequence

__all__ = ["track_clip", "track_hands", "track_webcam"]

Onlooker = Callable[[PoseSequence], None]

REFRESH = 0.3
"""Seconds of film after which an onlooker is called again."""
REMEMBERED = 20.0
"""Seconds of film, the latest, that an onlooker is shown."""


def track_clip(path: str | Path, config: HandConfig | None = None) -> PoseSequence:
    """Hands of a video (T, 42, 3), NaN where none was seen, which may be everywhere.

    Raises:
        ClipError: the file is unreadable, cut short or too large.
    """
    with Video(path) as video:
        return track_hands(video.frames(), video.rate, config, str(path))


def track_webcam(
    camera: int | str, seconds: float, config: HandConfig | None = None, onlooker: Onlooker | None = None
) -> PoseSequence:
    """Hands seen by a webcam; see `chereme.landmarks.camera.extract_webcam`.

    Args:
        camera: its number, from 0, or whatever else OpenCV opens.
        seconds: how long to watch.
        config: settings; None: the defaults.
        onlooker: is shown the hands so far, again and again while the webcam is watched.

    Raises:
        ClipError: no such camera, or no frame from it.
    """
    with open_webcam(camera) as capture:
        return track_hands(watch(capture, seconds), frame_rate(capture), config, f"webcam {camera}", onlooker)


def track_hands(
    frames: Iterable[Frame],
    rate: float,
    config: HandConfig | None = None,
    name: str = "frames",
    onlooker: Onlooker | None = None,
) -> PoseSequence:
    """Hands in frames as they come, each with its time; brought to a constant rate where they come unevenly.

    Args:
        frames: read one after the other.
        rate: frames per second, as far as it is known beforehand.
        config: settings; None: the defaults.
        name: stands in errors.
        onlooker: is shown the hands so far at every `REFRESH` seconds of film.

    Raises:
        ClipError: there is no frame.
    """
    config = config or HandConfig()
    times: list[float] = []
    found: list[tuple[Floats, Floats]] = []
    size, shown = (1, 1), 0.0
    with CloseUpTracker(config) as tracker:
        for frame in frames:
            image = frame.rgb()
            found.append(tracker.look(np.ascontiguousarray(image[:, ::-1]) if config.mirrored else image))
            times.append(frame.time)
            size = frame.size
            if onlooker is not None and frame.time - shown >= REFRESH:
                shown = frame.time
                first = int(np.searchsorted(times, frame.time - REMEMBERED))
                onlooker(_sequence(times[first:], found[first:], rate, size, name))
    if not times:
        raise ClipError(f"{name}: no frame in it; check the file or the camera")
    return _sequence(times, found, rate, size, name)


def _sequence(
    times: list[float], found: list[tuple[Floats, Floats]], rate: float, size: tuple[int, int], name: str
) -> PoseSequence:
    points, confidence = np.stack([p for p, _ in found]), np.stack([c for _, c in found])
    grid, fps = even_times(np.array(times), rate, name)
    if len(grid) == len(times):
        return PoseSequence(points, CloseUpTracker.layout, fps, size, confidence)
    points, confidence, filled = on_grid(grid, np.array(times), points, confidence, near=0.25 / fps)
    return PoseSequence(points, CloseUpTracker.layout, fps, size, confidence, filled if filled.any() else None)
