"""How far a clip lies from everything that a recognizer learnt: what probabilities among its own words cannot say."""

import json
import math
from base64 import b64decode, b64encode
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chereme.errors import BundleError
from chereme.types import Floats

__all__ = ["FAMILIAR", "Familiar"]

FAMILIAR = "familiar.json"


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
        return json.dumps(self.as_json()).encode()

    def as_json(self) -> dict[str, str]:
        """Both as base64 of float32, little-endian, row by row; the browser reads the same."""
        return {"metric": _base64(self.metric), "means": _base64(self.means)}

    @classmethod
    def read(cls, path: Path) -> "Familiar":
        """From a bundle's file.

        Raises:
            BundleError: no such arrays in it.
        """
        try:
            kept = json.loads(path.read_bytes())
            metric, means = (np.frombuffer(b64decode(kept[name]), "<f4") for name in ("metric", "means"))
            size = math.isqrt(len(metric))
            return cls(metric.reshape(size, size), means.reshape(-1, size))
        except (OSError, KeyError, TypeError, ValueError, ZeroDivisionError) as error:
            raise BundleError(f"{path}: cannot be read: {error}") from error


def _base64(values: Floats) -> str:
    return b64encode(values.astype("<f4").tobytes()).decode()
