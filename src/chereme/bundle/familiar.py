"""How far a clip lies from everything that a recognizer learnt: what probabilities among its own words cannot say."""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chereme.errors import BundleError
from chereme.types import Floats

__all__ = ["FAMILIAR", "Familiar"]

FAMILIAR = "familiar.npz"


@dataclass(frozen=True, eq=False)
class Familiar:
    """Where the words of a recognizer lie, measured so that clips of one word scatter alike in all directions.

    Source: Lee et al. 2018, A Simple Unified Framework for Detecting Out-of-Distribution Samples.
    """

    metric: Floats
    """(E, E): embeddings are multiplied by it before distances are taken."""
    means: Floats
    """(K, E) mean of each word's training clips, so multiplied."""

    def distance(self, embeddings: Floats) -> Floats:
        """Distance (...,) of embeddings (..., E), each of length 1, to the nearest word."""
        placed = embeddings @ self.metric
        apart = placed[..., None, :] - self.means
        return np.asarray(np.sqrt(np.square(apart).sum(-1).min(-1)), np.float32)

    def as_bytes(self) -> bytes:
        """As the bundle's file holds it."""
        out = io.BytesIO()
        np.savez(out, metric=self.metric, means=self.means)
        return out.getvalue()

    @classmethod
    def read(cls, path: Path) -> "Familiar":
        """From a bundle's file.

        Raises:
            BundleError: no such arrays in it.
        """
        try:
            with np.load(path, allow_pickle=False) as kept:
                return cls(kept["metric"], kept["means"])
        except (OSError, KeyError, ValueError) as error:
            raise BundleError(f"{path}: cannot be read: {error}") from error
