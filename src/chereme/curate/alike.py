"""Films that show one recording: the same pictures, or the same pictures mirrored, at any size and frame rate."""

from collections.abc import Sequence

import numpy as np

from chereme.curate.film import MOMENTS, SIDE
from chereme.types import Floats

__all__ = ["Copy", "find_copies"]

PICTURES_ALIKE = 0.97
"""Least correlation of the pictures of one recording."""
MOVEMENT_ALIKE = 0.92
"""Least correlation of what changes in them: signs before one wall share the pictures, not the movement."""
_BLOCK = 512

Copy = tuple[int, int, str, float]
"""First, second, `near` or `mirrored`, and how alike their movement is, at most 1."""


def find_copies(thumbs: Sequence[bytes]) -> list[Copy]:
    """All pairs of films that show one recording, the most alike first.

    A film is compared as sixteen small pictures over its time, both as they are and less their mean, which leaves what
    moves. Films cut otherwise in time are not found; the landmarks' comparison (`chereme.dataset.twins`) shares that.

    Args:
        thumbs: of each film, as `Look.thumbs`; empty ones are alike with nothing.
    """
    films = [i for i, film in enumerate(thumbs) if film]
    if len(films) < 2:
        return []
    grey = np.stack([np.frombuffer(thumbs[i], np.uint8) for i in films]).astype(np.float32)
    grey = grey.reshape(-1, MOMENTS, SIDE, SIDE)
    found: list[Copy] = []
    pictures, movement = _unit(grey - grey.mean((1, 2, 3), keepdims=True)), _unit(grey - grey.mean(1, keepdims=True))
    flipped = grey[..., ::-1]
    others = {
        "near": (pictures, movement),
        "mirrored": (
            _unit(flipped - flipped.mean((1, 2, 3), keepdims=True)),
            _unit(flipped - flipped.mean(1, keepdims=True)),
        ),
    }
    for kind, (other_pictures, other_movement) in others.items():
        for start in range(0, len(films), _BLOCK):
            rows = slice(start, start + _BLOCK)
            moves = movement[rows] @ other_movement.T
            near = (moves >= MOVEMENT_ALIKE) & (pictures[rows] @ other_pictures.T >= PICTURES_ALIKE)
            for a, b in zip(*np.nonzero(near), strict=True):
                if start + a < b:
                    found.append((films[start + a], films[b], kind, round(float(moves[a, b]), 4)))
    return sorted(found, key=lambda copy: -copy[3])


def _unit(films: Floats) -> Floats:
    """(N, D) rows of length one; a film of one colour, or without movement, stays zero."""
    rows = films.reshape(len(films), -1)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Floats = np.where(length > 1, rows / np.maximum(length, 1e-9), 0).astype(np.float32)
    return unit
