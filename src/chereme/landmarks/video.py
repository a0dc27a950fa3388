"""Video in: upright RGB frames with their times, one after the other, never a whole video in memory."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.error import FFmpegError
from av.stream import Disposition
from av.video.reformatter import VideoReformatter

from chereme.errors import ClipError
from chereme.landmarks.extractor import Closing, Image
from chereme.landmarks.picture import MAX_PIXELS, check_size, fit, readable

__all__ = ["VIDEOS", "Frame", "Video"]

VIDEOS = frozenset({".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi", ".mpg", ".mpeg", ".3gp", ".gif", ".wmv", ".flv"})
"""Suffixes taken as video when a folder is searched; a file named outright is tried whatever its suffix."""

# only real media files: ffmpeg would also read text as a film of a terminal, and play lists that lead elsewhere
_FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,mpegvideo,gif,asf,flv,ogg,mp3,wav,flac,aac,h264,hevc"


@dataclass(frozen=True)
class Frame:
    """One frame; it becomes a picture only when somebody looks."""

    time: float
    """Seconds from the file's first frame."""
    size: tuple[int, int]
    """Width and height in square pixels, upright, before any scaling down."""
    rgb: Callable[[], Image]
    """The picture, upright, at most `MAX_SIDE` long; to be called before the next frame is asked for or soon after."""


class Video(Closing):
    """A video file, open for reading.

    Upright by its rotation flag, with square pixels. Nothing outside the file is ever opened.

    Raises:
        ClipError: not readable, not a video, without pictures, or with too large ones.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = readable(path)
        try:
            self._container: Any = av.open(
                str(self.path.absolute()),
                metadata_errors="replace",
                container_options={"format_whitelist": _FORMATS, "protocol_whitelist": "file"},
            )
        except (FFmpegError, ValueError) as error:
            raise ClipError(
                f"{self.path}: not a video, or one cut short before its index; play it, or get it again"
            ) from error
        try:
            self._stream = self._pick_stream()
        except ClipError:
            self._container.close()
            raise

    def _pick_stream(self) -> Any:
        # the cover picture of a sound file is stored as a video of one frame
        films = [s for s in self._container.streams.video if not s.disposition & Disposition.attached_pic]
        if not films:
            has = "only sound" if self._container.streams.audio else "neither picture nor sound"
            raise ClipError(f"{self.path}: {has} in it, no video; name a file that shows the signer")
        stream = films[0]
        if stream.codec_context is None:
            raise ClipError(f"{self.path}: its coding is unknown here; convert it to H.264 in mp4")
        check_size(self.path, stream.codec_context.width, stream.codec_context.height)
        stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
        stream.thread_type = "AUTO"
        return stream

    @property
    def rate(self) -> float:
        """Frames per second by the file's header: right on average at best; 25 where it says nothing."""
        return float(self._stream.average_rate or self._stream.guessed_rate or 25)

    @property
    def seconds(self) -> float | None:
        """Duration by the file's header; None where it gives none, as recordings from a browser do."""
        if self._stream.duration is not None:
            return float(self._stream.duration * self._stream.time_base)
        return None if self._container.duration is None else float(self._container.duration / av.time_base)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels as the header gives them: stored, not yet turned upright."""
        return self._stream.codec_context.width, self._stream.codec_context.height

    def frames(
        self, start: float | None = None, end: float | None = None, keep_partial: bool = False
    ) -> Iterator[Frame]:
        """The frames from `start` until before `end`, in seconds of the file, to the nearest frame, in order.

        Args:
            start: None: from the first frame.
            end: None: to the last.
            keep_partial: stop quietly where the file is cut short or damaged.

        Raises:
            ClipError: the file is cut short or damaged before `end`.
        """
        stream, shown, packets = self._stream, 0, 0
        time_base = float(stream.time_base)
        origin = stream.start_time or 0
        reformatter = VideoReformatter()
        period = 1 / self.rate
        last = -period
        reached = 0.0
        try:
            if start:
                self._container.seek(origin + int(start / time_base), stream=stream)
            for packet in self._container.demux(stream):
                packets += bool(packet.size)
                if packet.pts is not None:
                    reached = max(reached, (packet.pts - origin + (packet.duration or 0)) * time_base)
                if packet.is_corrupt and not keep_partial:
                    raise self._cut_short(shown)
                for decoded in packet.decode():
                    check_size(self.path, decoded.width, decoded.height)
                    time = last = last + period if decoded.pts is None else (decoded.pts - origin) * time_base
                    if end is not None and time > end - period / 2:
                        return
                    # half a frame either side: times from a table are rounded, and seeking goes to a whole picture
                    if start and time < start - period / 2:
                        continue
                    shown += 1
                    yield self._frame(decoded, time, reformatter)
        except FFmpegError as error:
            if not keep_partial:
                raise self._cut_short(shown) from error
            return
        if not keep_partial and self._lacks_frames(packets if not start else None, reached):
            raise self._cut_short(shown)

    def _lacks_frames(self, packets: int | None, reached: float) -> bool:
        """Whether the header promised more than came; `packets` None when reading did not begin at the start."""
        stream = self._stream
        if stream.frames and packets is not None and "mp4" in self._container.format.name:
            return bool(packets < stream.frames)
        if stream.duration is not None:
            promised = float(stream.duration * stream.time_base)
        elif self._container.duration and len(self._container.streams) == 1:
            promised = self._container.duration / av.time_base
        else:
            return False
        return bool(reached < promised - max(0.25, 2 / self.rate))

    def _cut_short(self, shown: int) -> ClipError:
        return ClipError(
            f"{self.path}: cut short or damaged after {shown} frames; get it again, or keep those with --keep-partial"
        )

    def _frame(self, decoded: Any, time: float, reformatter: Any) -> Frame:
        ratio = self._stream.sample_aspect_ratio  # of a pixel; old broadcast formats store narrow ones
        width, height = decoded.width, decoded.height
        if ratio:
            width = max(1, round(width * ratio))
        check_size(self.path, width, height)
        quarter_turns = round(decoded.rotation / 90)
        to = fit(width, height)
        size = (height, width) if quarter_turns % 2 else (width, height)
        return Frame(time, size, partial(_picture, decoded, to, quarter_turns, reformatter))

    def close(self) -> None:
        """Close the file."""
        self._container.close()


def _picture(decoded: Any, size: tuple[int, int], quarter_turns: int, reformatter: Any) -> Image:
    width, height = size
    image: Image = reformatter.reformat(decoded, width, height, "rgb24").to_ndarray()
    return np.ascontiguousarray(np.rot90(image, quarter_turns)) if quarter_turns % 4 else image
