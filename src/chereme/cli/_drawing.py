"""How a verb draws landmarks."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chereme.types import PoseSequence

__all__ = ["draw_to"]


def draw_to(sequence: "PoseSequence", path: Path, size: int) -> int:
    """Draw a sign to a file whose suffix says what it becomes; as a skeleton where there is no body to draw.

    Returns:
        How many frames the sign has; a picture shows some of them.
    """
    from chereme.errors import ClipError, LayoutError
    from chereme.render import check_suffix, render_to

    check_suffix(path)
    try:
        render_to(sequence, path, size=size)
    except (ClipError, LayoutError):
        render_to(sequence, path, "skeleton", size)
    return len(sequence)
