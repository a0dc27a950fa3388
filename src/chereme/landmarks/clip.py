"""One clip in, its landmarks out: `extract_clip` for a file, `extract_frames` for pictures in memory."""

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import numpy as np

from chereme.errors import ClipError, UnseenError
from chereme.landmarks.extractor import ExtractConfig, Image, open_extractor
from chereme.landmarks.picture import PICTURES, read_picture
from chereme.landmarks.timing import even_times, on_grid
from chereme.landmarks.video import Frame, Video
from chereme.layout import Layout
from chereme.types import Floats, PoseSequence

__all__ = ["extract_clip", "extract_frames", "extract_stream"]


def extract_clip(
    path: str | Path,
    config: ExtractConfig | None = None,
    start: float | None = None,
    end: float | None = None,
) -> PoseSequence:
    """The landmarks of a video or picture; the same file gives the same landmarks every time.

    A picture is a sequence of one frame at 1 frame per second. A video of varying rate comes out at a constant
    one, see `chereme.landmarks.timing`.

    Args:
        path: a file with a suffix in `PICTURES`; anything else is tried as video.
        config: settings; None: the defaults.
        start: seconds where the clip begins in the video; None: at its beginning.
        end: seconds where it ends; None: at its end.

    Raises:
        ClipError: the file is unreadable, cut short or too large, or shows nobody, or no hand.
    """
    path = Path(path)
    if path.suffix.lower() in PICTURES:
        image, size = read_picture(path)
        if config is not None and config.layout == "hands_42":
            return _hands_of(image, size, config, str(path))
        frames = [Frame(0.0, size, lambda: image)]
        return extract_stream(frames, 1.0, config, str(path))
    with Video(path) as video:
        config = config or ExtractConfig()
        return extract_stream(video.frames(start, end, config.keep_partial), video.rate, config, str(path))


def _hands_of(image: Image, size: tuple[int, int], config: ExtractConfig, name: str) -> PoseSequence:
    """Hands of a lone picture, which is looked at in several ways; there is no frame before it to follow them from."""
    from chereme.landmarks.hands import HandConfig, HandFinder, as_sequence  # loads the engine

    hands = HandConfig(config.min_detection_confidence, max_hands=2, mirrored=config.mirrored)
    with HandFinder(hands) as finder:
        sequence = as_sequence(finder.find(image), image, size)
    _check_somebody(sequence.points, sequence.layout, config, name)
    return sequence


def extract_frames(
    images: Iterable[Image], fps: float, config: ExtractConfig | None = None, name: str = "frames"
) -> PoseSequence:
    """The landmarks of pictures in memory, of one size, evenly spaced in time.

    Args:
        images: (height, width, 3) RGB arrays; read one after the other, so a generator serves.
        fps: frames per second.
        config: settings; None: the defaults.
        name: stands in errors.

    Raises:
        ClipError: there is no picture, or nobody or no hand in them.
    """

    def frames() -> Iterator[Frame]:
        for i, image in enumerate(images):
            yield Frame(i / fps, (image.shape[1], image.shape[0]), lambda image=image: np.ascontiguousarray(image))  # type: ignore[misc]

    return extract_stream(frames(), fps, config, name)


def extract_stream(frames: Iterable[Frame], rate: float, config: ExtractConfig | None, name: str) -> PoseSequence:
    """The landmarks of frames as they come, each with its time.

    Args:
        frames: read one after the other; at most one is held back.
        rate: frames per second, as far as it is known beforehand.
        config: settings; None: the defaults.
        name: stands in errors.

    Raises:
        ClipError: there is no frame, or nobody or no hand in them.
    """
    config = config or ExtractConfig()
    times: list[float] = []
    looked: list[int] = []
    found: list[tuple[Floats, Floats]] = []
    skipped: Frame | None = None

    frames = iter(frames)
    first = next(frames, None)
    if first is None:
        raise ClipError(f"{name}: no frame in it; check the file, and the start and end if you gave any")
    with open_extractor(config) as extractor:

        def look(frame: Frame) -> None:
            image = frame.rgb()
            found.append(extractor.look(np.ascontiguousarray(image[:, ::-1]) if config.mirrored else image))
            looked.append(len(times) - 1)

        for frame in chain([first], frames):
            times.append(frame.time)
            if (len(times) - 1) % config.stride == 0:
                look(frame)
                skipped = None
            else:
                skipped = frame
        if skipped is not None:  # after the last frame there is nothing to draw a line to
            look(skipped)
        layout = extractor.layout
    points = np.stack([p for p, _ in found])
    confidence = np.stack([c for _, c in found])
    _check_somebody(points, layout, config, name)

    all_times = np.array(times)
    grid, fps = even_times(all_times, rate, name)
    if len(looked) == len(grid) == len(times):
        return PoseSequence(points, layout, fps, first.size, confidence)
    points, confidence, filled = on_grid(grid, all_times[looked], points, confidence, near=0.25 / fps)
    return PoseSequence(points, layout, fps, first.size, confidence, filled if filled.any() else None)


def _check_somebody(points: Floats, layout: Layout, config: ExtractConfig, name: str) -> None:
    """Raises ClipError when no frame shows a person, or none a hand."""
    seen = ~np.isnan(points[..., 0])
    where = f"any of {len(points)} frames" if len(points) > 1 else "the picture"
    if "pose" in layout.groups and not seen[:, layout.groups["pose"]].any():
        raise UnseenError(f"{name}: nobody seen in {where}; the signer must be in view from head to hips")
    hands = [layout.groups[hand] for hand in ("left_hand", "right_hand") if hand in layout.groups]
    if hands and not config.keep_handless and not any(seen[:, hand].any() for hand in hands):
        raise UnseenError(
            f"{name}: no hand seen in {where}; keep it with --keep-handless and look with `chereme render`, or drop it"
        )
