"""Tiny films drawn in sight, one real clip, and an engine that finds what it is told to."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from chereme.landmarks.extractor import ExtractConfig
from chereme.layout import layout_named

Film = Callable[..., Path]


@pytest.fixture
def film(tmp_path: Path) -> Film:
    """Writes a film of noise whose upper left quarter is red."""

    def write(
        name: str,
        frames: int = 12,
        size: tuple[int, int] = (64, 48),
        rate: int = 10,
        codec: str = "libx264",
        milliseconds: Sequence[int] | None = None,
        rotation: int | None = None,
        pixel: Fraction | None = None,
        index_first: bool = False,
    ) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(0)
        with av.open(str(path), "w", options={"movflags": "faststart"} if index_first else {}) as out:
            stream = out.add_stream(codec, rate=rate)
            stream.width, stream.height = size
            stream.pix_fmt = "yuv420p"
            if pixel is not None:
                stream.codec_context.sample_aspect_ratio = pixel
            if rotation is not None:
                stream.set_display_rotation(rotation)
            out.start_encoding()  # so that a film of no frames has a header at least
            for i in range(frames):
                image = rng.integers(0, 200, (size[1], size[0], 3), dtype=np.uint8)
                image[: size[1] // 2, : size[0] // 2] = 255, 0, 0
                frame = av.VideoFrame.from_ndarray(image, format="rgb24")
                frame.pts = i if milliseconds is None else milliseconds[i]
                frame.time_base = Fraction(1, rate if milliseconds is None else 1000)
                out.mux(stream.encode(frame))
            out.mux(stream.encode())
        return path

    return write


class ScriptedEngine:
    """Frame i shows landmark x = i; `hands` and `people` say in which looks there is anything."""

    def __init__(self, config: ExtractConfig, people: bool = True, hands: bool = True) -> None:
        self.layout = layout_named(config.layout)
        self.people, self.hands = people, hands
        self.images: list[np.ndarray] = []

    def look(self, image):
        self.images.append(image)
        points = np.full((len(self.layout), 3), np.nan, np.float32)
        if self.people:
            points[:33] = image[0, 0, 0]
        if self.hands:
            points[33:] = image[0, 0, 0]
        return points, np.isfinite(points[:, 0]).astype(np.float32)

    def close(self) -> None:
        """Nothing to let go of."""

    def __enter__(self):
        return self

    def __exit__(self, *_) -> None:
        self.close()


@pytest.fixture
def engine(monkeypatch):
    """Puts a scripted engine in MediaPipe's place and gives the engines that were opened."""

    def use(**script) -> list[ScriptedEngine]:
        opened: list[ScriptedEngine] = []

        def open_scripted(config: ExtractConfig) -> ScriptedEngine:
            opened.append(ScriptedEngine(config, **script))
            return opened[-1]

        monkeypatch.setattr("chereme.landmarks.clip.open_extractor", open_scripted)
        return opened

    return use


@pytest.fixture(scope="session")
def person(data: Path) -> Path:
    """A real clip of 39 frames, 640 x 360 at 30 per second, both hands in view."""
    return data / "asl24_videos/videos/all_done/sC_2.mp4"
