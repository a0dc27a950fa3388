"""A page that plays landmarks: one file without a network, to send to someone who has only a browser."""

import base64
import json
import zlib
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from chereme.errors import ClipError
from chereme.files import write_beside
from chereme.render.skeleton import LEFT, RIGHT, in_view, side_colour
from chereme.types import PoseSequence

__all__ = ["write_viewer"]

_PAGE = Path(__file__).with_name("viewer.html")
_STEPS, _MISSING = 4094, 4095
"""A coordinate takes one of so many places in the box that holds the sign: finer than a screen shows."""


def write_viewer(sequences: Sequence[PoseSequence], names: Sequence[str], path: str | Path, title: str) -> int:
    """Write a page in which a viewer plays, pauses, seeks and slows down signs, drawn as skeletons side by side.

    All start together; one that has ended holds its last frame. Depth is left out. Three seconds of
    `body_hands_75` take some 30 kB.

    Args:
        sequences: any layouts, lengths and rates.
        names: one for each, shown below it.
        path: of the file.
        title: of the page.

    Returns:
        How many frames the longest has.

    Raises:
        ClipError: nothing to show, or a sequence in which no landmark was ever seen.
    """
    if not sequences:
        raise ClipError(f"{path}: no frames to write")
    clips = [_packed(sequence, name) for sequence, name in zip(sequences, names, strict=True)]
    # a name that holds "</script>" must not end the script
    data = json.dumps(clips, separators=(",", ":"), ensure_ascii=True).replace("<", "\\u003c")
    page = _PAGE.read_text(encoding="utf-8").replace("%TITLE%", escape(title)).replace("%DATA%", data)
    with write_beside(path) as part:
        part.write_text(page, encoding="utf-8")
    return max(len(sequence) for sequence in sequences)


def _packed(sequence: PoseSequence, name: str) -> dict[str, Any]:
    points, aspect = in_view(sequence)
    flat = points[..., :2]
    # what lies more than half a picture outside is not worth the steps that it would cost the rest
    seen = np.isfinite(flat).all(-1) & ((flat > -0.5) & (flat < np.array([aspect, 1]) + 0.5)).all(-1)
    if not seen.any():
        raise ClipError(f"{name}: no landmark lies near the picture")
    low, high = flat[seen].min(0), flat[seen].max(0)
    span = np.maximum(high - low, 1e-6)
    steps = np.round((np.where(seen[..., None], flat, low) - low) / span * _STEPS)
    whole = np.where(seen[..., None], steps, _MISSING).astype(np.uint16).reshape(len(sequence), -1)
    change = np.diff(whole, axis=0, prepend=np.zeros_like(whole[:1])).reshape(-1)
    both = np.stack([change & 0xFF, change >> 8]).astype(np.uint8)
    layout = sequence.layout
    return {
        "name": name,
        "fps": sequence.fps,
        "frames": len(sequence),
        "aspect": round(aspect, 4),
        "box": [round(float(n), 5) for n in (*low, *span)],
        "sides": "".join(_side(n).lower() if n.startswith("face/") else _side(n) for n in layout.names),
        "bones": [
            [a, b, _side(layout.names[a], layout.names[b]), 2 if layout.names[a].startswith(("pose/", "body/")) else 1]
            for a, b in layout.bones
        ],
        "points": base64.b64encode(zlib.compress(both.tobytes(), 9)).decode(),
    }


def _side(*names: str) -> str:
    return {LEFT: "L", RIGHT: "R"}.get(side_colour(*names), "M")
