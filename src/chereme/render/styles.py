"""The ways to draw landmarks: a solid signer, a flat one, a skeleton."""

from collections.abc import Iterator, Sequence

from chereme.errors import ClipError
from chereme.render.flat import draw_flat
from chereme.render.shapes import Picture
from chereme.render.signer import draw_signer
from chereme.render.skeleton import render_skeleton
from chereme.types import PoseSequence

__all__ = ["STYLES", "draw_pose"]

STYLES = ("signer", "flat", "skeleton")


def draw_pose(
    sequence: PoseSequence, style: str = "signer", size: int = 640, frames: Sequence[int] | None = None
) -> Iterator[Picture]:
    """Draw frames of a sign in one of `STYLES`.

    Args:
        sequence: T frames; a signer needs shoulders, elbows and wrists, a skeleton any landmarks.
        style: `signer`, `flat` or `skeleton`.
        size: height of the pictures in pixels. A signer's picture is square; a skeleton's has the source's proportions.
        frames: numbers of those to draw; all when not given.

    Raises:
        LayoutError: the layout lacks landmarks that a signer's body needs.
        ClipError: no frames, no shoulders for a signer, no landmark at all for a skeleton; or no such style.
    """
    if not len(sequence):
        raise ClipError("no frames to draw")
    if style == "signer":
        return draw_signer(sequence, size, frames=frames)
    if style == "flat":
        return draw_flat(sequence, size, frames=frames)
    if style != "skeleton":
        raise ClipError(f"no style is called {style!r}; known: {', '.join(STYLES)}")
    return render_skeleton(sequence, size, frames=frames)
