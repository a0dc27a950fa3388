"""Change a training hand as another person, camera or day would have, without changing its letter.

Whole batches at once: hands (B, 21, 3), right or mirrored to right. A hand is taken apart into its bones: each gets
another length and each joint another small turn, and the hand is put together again, so that fingers stay fingers.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from chereme.errors import RecipeError
from chereme.types import Floats

__all__ = ["HandAugmentConfig", "augment_hands"]

_CHAINS = tuple((0, *range(1 + 4 * finger, 5 + 4 * finger)) for finger in range(5))


@dataclass(frozen=True)
class HandAugmentConfig:
    """How far training hands are changed; every number is a standard deviation, 0 for none."""

    bone: float = 0.06
    """Of the length of each bone, as a share."""
    finger: float = 0.08
    """Of the length of each whole finger, as a share."""
    joint: float = 6.0
    """Of a turn of each joint, in degrees; a third of it where a finger joins the palm."""
    turn: float = 14.0
    """Of a turn of the hand away from the camera, in degrees, about the two axes of the picture."""
    roll: float = 11.0
    """Of a turn in the picture, in degrees."""
    depth: float = 0.25
    """Of a stretch in depth, as a share: engines guess it badly, each in its own way."""
    aspect: float = 0.06
    """Of a stretch of x against y, as a share."""
    noise: float = 0.012
    """Of the jitter of each point, in hand lengths; half as much again in depth."""
    flatten: float = 0.0
    """Share of hands whose depth is lost."""

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value < 0:
                raise RecipeError(f"hand_augment.{name} must not be below 0, got {value}")
        if self.flatten > 1:
            raise RecipeError(f"hand_augment.flatten is a share from 0 to 1, got {self.flatten}")


def augment_hands(points: Floats, config: HandAugmentConfig, rng: np.random.Generator) -> Floats:
    """Other hands that show the same.

    Args:
        points: (B, 21, 3), all seen.
        config: how far.
        rng: seeded by the caller.

    Returns:
        (B, 21, 3) about where the wrist was, in units of the largest distance from it before the change. A hand
        without depth stays flat.
    """
    count = len(points)
    hands = points - points[:, :1]
    hands /= np.linalg.norm(hands, axis=-1).max(1)[:, None, None]
    flat = np.abs(hands[..., 2]).max(1) == 0
    hands = _other_bones(hands, config, rng)
    angles = np.radians(np.array([config.turn, config.turn, config.roll])) * rng.standard_normal((count, 3))
    hands = np.einsum("bij,bnj->bni", _rotations(angles), hands)
    stretch = np.ones((count, 1, 3))
    stretch[:, 0, 0] = np.exp(config.aspect * rng.standard_normal(count))
    stretch[:, 0, 2] = np.exp(config.depth * rng.standard_normal(count))
    hands = hands * stretch + config.noise * np.array([1, 1, 1.5]) * rng.standard_normal(hands.shape)
    hands[flat | (rng.random(count) < config.flatten), :, 2] = 0
    return np.asarray(hands, np.float32)


def _other_bones(hands: Floats, config: HandAugmentConfig, rng: np.random.Generator) -> NDArray[np.float64]:
    """The same hands with bones of other lengths and joints turned a little, from the wrist outwards."""
    count = len(hands)
    out = np.zeros(hands.shape)
    for chain in _CHAINS:
        longer = np.exp(config.finger * rng.standard_normal((count, 1)))
        turned: NDArray[np.float64] | None = None
        for depth, (start, end) in enumerate(pairwise(chain)):
            spread = np.radians(config.joint) * (0.35 if depth == 0 else 1)
            turn = _rotations(spread * rng.standard_normal((count, 3)))
            turned = turn if turned is None else turned @ turn
            bone = (hands[:, end] - hands[:, start]) * longer * np.exp(config.bone * rng.standard_normal((count, 1)))
            out[:, end] = out[:, start] + np.einsum("bij,bj->bi", turned, bone)
    return out


def _rotations(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Matrices (B, 3, 3) of rotation vectors (B, 3), by Rodrigues' formula."""
    angle = np.linalg.norm(vectors, axis=-1, keepdims=True)
    x, y, z = (vectors / np.maximum(angle, 1e-12)).T
    cross = np.zeros((len(vectors), 3, 3))
    cross[:, 0, 1], cross[:, 0, 2], cross[:, 1, 2] = -z, y, -x
    cross[:, 1, 0], cross[:, 2, 0], cross[:, 2, 1] = z, -y, x
    sine, cosine = np.sin(angle)[..., None], np.cos(angle)[..., None]
    return np.asarray(np.eye(3) + sine * cross + (1 - cosine) * (cross @ cross))
