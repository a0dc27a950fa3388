"""Landmarks as JSON: what the service answers with, and what it takes instead of a clip."""

from itertools import chain
from typing import Any

import msgspec
import numpy as np
from starlette.responses import Response

from chereme.errors import LayoutError
from chereme.layout import LAYOUTS, Layout, layout_named
from chereme.recognize import hand_seen
from chereme.serve.refusals import RefusedError
from chereme.serve.settings import ServeSettings
from chereme.types import Floats, PoseSequence

__all__ = [
    "FASTEST",
    "LANDMARKS_SCHEMA",
    "JsonAnswer",
    "SentLandmarks",
    "check_hand",
    "check_length",
    "landmarks_json",
    "layout_of",
    "sequence_of",
]

FASTEST = 120
"""Frames per second beyond which a clip counts as too long: no camera that films signing is faster."""
_FARTHEST = 1000.0
"""Picture heights; a landmark farther away than this is no landmark."""


class SentLandmarks(msgspec.Struct, forbid_unknown_fields=True):
    """One clip as its landmarks, in the form in which the service gives them itself."""

    fps: float
    size: tuple[int, int]
    points: list[list[list[float] | None]] | bytes
    """Frames of landmarks, each [x, y] or [x, y, z] in picture heights or null; or their float32 as bytes."""
    layout: str = ""
    names: list[str] | None = None
    """Of the landmarks, where the layout is none that has a name."""
    bones: list[tuple[int, int]] | None = None
    mirrored: bool = False
    """In an answer: that the picture was flipped. The points were flipped with it, so nothing is done about it."""


LANDMARKS_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["fps", "size", "points"],
    "properties": {
        "layout": {"type": "string", "enum": list(LAYOUTS), "examples": ["body_hands_75"]},
        "names": {"type": "array", "items": {"type": "string"}, "description": "Instead of a layout that has a name."},
        "bones": {"type": "array", "description": "Not read; an answer's landmarks may be sent as they are."},
        "mirrored": {"type": "boolean", "description": "Not read, likewise."},
        "fps": {"type": "number", "examples": [25]},
        "size": {
            "type": "array",
            "items": {"type": "integer"},
            "minItems": 2,
            "maxItems": 2,
            "description": "Width and height of the picture, in pixels.",
        },
        "points": {
            "description": "Frames of landmarks, each [x, y], [x, y, z] or null where it was not seen; x to the right,"
            " y down, z away, in picture heights. Or in base64 the same as float32, little-endian, (T, J, 3), NaN.",
            "oneOf": [
                {
                    "type": "array",
                    "items": {
                        "type": "array",
                        "items": {
                            "oneOf": [
                                {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 3},
                                {"type": "null"},
                            ]
                        },
                    },
                },
                {"type": "string", "format": "byte"},
            ],
        },
    },
}
"""For the OpenAPI page."""


def sequence_of(sent: SentLandmarks, name: str, settings: ServeSettings) -> PoseSequence:
    """The clip that was sent as landmarks.

    Args:
        sent: as decoded.
        name: what a refusal calls it.
        settings: how long it may be.

    Raises:
        RefusedError: it makes no sense as landmarks, or is too long.
    """
    width, height = sent.size
    if not 0 < sent.fps <= 1000 or not (0 < width <= 65535 and 0 < height <= 65535):
        raise RefusedError("json", f"{name}: {width}x{height} pixels at {sent.fps:g} frames per second makes no sense")
    layout = layout_of(sent.layout, sent.names, name)
    points = _from_bytes(sent.points, layout, name) if isinstance(sent.points, bytes) else _listed(sent, layout, name)
    check_length(len(points) / sent.fps, name, settings)
    if len(points) > settings.max_seconds * FASTEST:
        raise RefusedError("too_long", f"{name}: {len(points)} frames are more than are taken")
    return PoseSequence(points, layout, sent.fps, (width, height))


def landmarks_json(sequence: PoseSequence, mirrored: bool = False) -> dict[str, Any]:
    """Landmarks for drawing: (x, y) in picture heights to the tenth of a pixel of a 1000-pixel picture."""
    points = np.round(sequence.points[..., :2].astype(float), 4)
    seen = sequence.seen
    return {
        "layout": sequence.layout.name,
        "names": list(sequence.layout.names),
        "bones": [list(bone) for bone in sequence.layout.bones],
        "fps": sequence.fps,
        "size": list(sequence.size),
        "mirrored": mirrored,
        "points": [
            [place if there else None for place, there in zip(places.tolist(), theres.tolist(), strict=True)]
            for places, theres in zip(points, seen, strict=True)  # a frame at a time, so that other threads get theirs
        ],
    }


class JsonAnswer(Response):
    """JSON that may hold landmarks, and so be megabytes: to be made by the worker, not in the event loop.

    It is not enough that another thread makes it: `json` holds the interpreter while it writes, so that nobody else is
    answered, and takes five times as long as this does.
    """

    media_type = "application/json"

    def render(self, content: dict[str, Any]) -> bytes:
        return msgspec.json.encode(content, enc_hook=float)  # numpy's own numbers


def check_hand(sequence: PoseSequence, name: str) -> None:
    """Refuse a clip in which no hand was seen at work; landmarks that name no hand, as those of Kinect, pass."""
    if not hand_seen(sequence):
        where = f"any of {len(sequence)} frames" if len(sequence) > 1 else "the picture"
        raise RefusedError("no_hand", f"{name}: no hand seen in {where}, unless at rest")


def check_length(seconds: float, name: str, settings: ServeSettings) -> None:
    """Refuse a clip that lasts too long."""
    # a header's duration is rounded up by as much as a frame
    if seconds > settings.max_seconds + 0.1:
        raise RefusedError("too_long", f"{name}: longer than the {settings.max_seconds:g} s that are taken")


def layout_of(layout: str, names: list[str] | None, name: str) -> Layout:
    """The landmarks that are meant: those of a layout that has a name, else those that are named one by one.

    Raises:
        RefusedError: neither; `name` is what it is called there.
    """
    try:
        if names is None or layout in LAYOUTS:
            return layout_named(layout)
        return Layout(layout or f"{len(names)} points", tuple(names))
    except LayoutError as error:
        raise RefusedError("json", f"{name}: {error}") from error


def _from_bytes(content: bytes, layout: Layout, name: str) -> Floats:
    frame = len(layout) * 3 * 4
    if not content or len(content) % frame:
        raise RefusedError("json", f"{name}: {len(content)} bytes are no whole frames of {frame} ({layout.name})")
    return _checked(np.frombuffer(content, "<f4").reshape(-1, len(layout), 3).astype(np.float32), name)


def _listed(sent: SentLandmarks, layout: Layout, name: str) -> Floats:
    frames = sent.points
    assert isinstance(frames, list), "bytes are read elsewhere"
    if not frames:
        raise RefusedError("json", f"{name}: no frame in `points`")
    for number, frame in enumerate(frames):
        if len(frame) != len(layout):
            raise RefusedError(
                "json", f"{name}: frame {number} has {len(frame)} landmarks, {layout.name} has {len(layout)}"
            )
    every = [point for frame in frames for point in frame]
    seen = [point for point in every if point is not None]
    points = np.full((len(every), 3), np.nan, np.float32)
    if seen:
        dims = set(map(len, seen))
        if len(dims) > 1 or not dims <= {2, 3}:
            raise RefusedError("json", f"{name}: each landmark is [x, y], or each is [x, y, z], or null")
        (dim,) = dims
        flat = np.fromiter(chain.from_iterable(seen), float, dim * len(seen))
        places = np.clip(flat, -1e30, 1e30).reshape(-1, dim)  # what float32 cannot hold is refused, not warned of
        there = np.array([point is not None for point in every])
        points[there, :dim] = places
        if dim == 2:
            points[there, 2] = 0
    return _checked(points.reshape(len(frames), len(layout), 3), name)


def _checked(points: Floats, name: str) -> Floats:
    points[np.isnan(points).any(-1)] = np.nan
    if (np.abs(points) > _FARTHEST).any():
        raise RefusedError("json", f"{name}: a landmark lies more than {_FARTHEST:g} picture heights away")
    return points
