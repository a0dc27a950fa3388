"""Letters that move: J and Z of ASL, more in other alphabets."""

from collections.abc import Mapping
from dataclasses import dataclass

from chereme.errors import RecipeError
from chereme.layout import HAND_POINTS
from chereme.recipe import Recipe, settings

__all__ = ["Motion", "read_motions"]


@dataclass(frozen=True)
class Motion:
    """A letter that is drawn in the air with a handshape."""

    shapes: tuple[str, ...]
    """Labels of the handshapes with which it is drawn; its own label is added."""
    point: str
    """The landmark that draws, of `chereme.layout.HAND_POINTS`."""
    path: tuple[tuple[float, float], ...]
    """The line that it draws with the right hand, as the camera sees it, not mirrored: x right, y down, any unit."""

    def __post_init__(self) -> None:
        if self.point not in HAND_POINTS:
            raise RecipeError(f"motions: {self.point!r} is no point of a hand; known: {', '.join(HAND_POINTS)}")
        if not self.shapes:
            raise RecipeError("motions: shapes must name at least one label")
        if len(self.path) < 2:
            raise RecipeError(f"motions: a path needs at least two places, got {len(self.path)}")


def read_motions(recipe: Recipe) -> dict[str, Motion]:
    """The table `motions` of a speller's recipe: a table per letter, empty where no letter moves.

    Raises:
        RecipeError: a key or value that is not known.
    """
    table = recipe.tables.get("motions", {})
    if not isinstance(table, Mapping):
        raise RecipeError(f"recipe {recipe.name}: [motions] must hold a table per letter")
    return {
        letter: settings(Motion, motion, f"recipe {recipe.name}, [motions.{letter}]")
        for letter, motion in table.items()
    }
