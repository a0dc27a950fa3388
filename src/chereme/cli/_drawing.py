"""How a verb draws landmarks."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chereme.render.shapes import Picture
    from chereme.types import PoseSequence

__all__ = ["draw_to", "drawn"]


def draw_to(sequence: "PoseSequence", path: Path, size: int) -> int:
    """Draw a sign to a file whose suffix says what it becomes; as a skeleton where there is no body to draw.

    Returns:
        How many frames it has.
    """
    from chereme.errors import ClipError, LayoutError
    from chereme.render import write_pictures

    try:
        frames = drawn(sequence, "signer", size)
    except (ClipError, LayoutError):
        frames = drawn(sequence, "skeleton", size)
    return write_pictures(frames, path, sequence.fps)


def drawn(sequence: "PoseSequence", style: str, size: int) -> Iterator["Picture"]:
    """A picture of each frame, in the style `signer` or `skeleton`."""
    import numpy as np

    from chereme.render import draw_signer, render_skeleton

    if style == "signer":
        return draw_signer(sequence, size)
    # landmarks in metres or shoulder widths lie outside the picture they came from
    flat = sequence.points[..., :2][sequence.seen]
    aspect = sequence.size[0] / sequence.size[1]
    outside = ((flat < -0.5) | (flat > np.array([aspect, 1]) + 0.5)).any(-1)
    return render_skeleton(sequence, size, fit=len(flat) > 0 and bool(outside.mean() > 0.5))
