"""Shape the space of embeddings so that directions in which clips of one sign differ count for less.

Within-class covariance normalisation (Hatch et al. 2006), fitted on training clips alone and kept in the model: on
signs that were never trained on it found the right one a little more often than bare cosines, see LOG.md.
"""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from chereme.bundle.familiar import Familiar
from chereme.models import ConvTransformer
from chereme.types import Floats

__all__ = ["familiar_words", "fit_space", "within_class_whitening"]

SHRINK = 3.0
"""How many times the mean variance is added in every direction: clips that were trained on scatter less than others."""
FAMILIAR_SHRINK = 0.5
"""The same where distances tell known words from others; chosen on validation blocks of isl43, see LOG.md."""


def fit_space(model: ConvTransformer, embed: Callable[[], Floats], classes: NDArray[np.int64]) -> None:
    """Set how a trained model's embeddings are brought to where they compare.

    Args:
        model: trained; changed in place.
        embed: gives embeddings (N, E) of the training clips, of any length.
        classes: (N,) their glosses.
    """
    embeddings = embed()
    embeddings = embeddings / np.maximum(np.linalg.norm(embeddings, axis=1, keepdims=True), 1e-12)
    centre = embeddings.mean(0)
    with torch.no_grad():
        model.centre.copy_(torch.from_numpy(centre))
        model.spread.copy_(torch.from_numpy(within_class_whitening(embeddings - centre, classes)))


def familiar_words(embeddings: Floats, classes: NDArray[np.int64], count: int) -> Familiar:
    """Where words lie, to tell how far a clip is from all of them.

    Args:
        embeddings: (N, E) of the training clips, each of length 1.
        classes: (N,) their glosses.
        count: K, of all glosses; one without clips is far from everything.
    """
    metric = within_class_whitening(embeddings, classes, FAMILIAR_SHRINK)
    placed = embeddings @ metric
    sums = np.zeros((count, placed.shape[1]), np.float64)
    np.add.at(sums, classes, placed)
    clips = np.bincount(classes, minlength=count)[:, None]
    return Familiar(metric, np.where(clips > 0, sums / np.maximum(clips, 1), 1e6).astype(np.float32))


def within_class_whitening(embeddings: Floats, classes: NDArray[np.int64], shrink: float = SHRINK) -> Floats:
    """The (E, E) matrix after which clips (N, E) of one class differ alike in all directions.

    Classes of one clip say nothing of it; without any other the matrix changes nothing.
    """
    count = np.bincount(classes)
    several = count[classes] > 1
    width = embeddings.shape[1]
    if not several.any():
        return np.eye(width, dtype=np.float32)
    sums = np.zeros((len(count), width))
    np.add.at(sums, classes, embeddings.astype(np.float64))
    apart = (embeddings - sums[classes] / count[classes, None])[several]
    covariance = apart.T @ apart / len(apart)
    covariance += shrink * np.trace(covariance) / width * np.eye(width)
    return np.linalg.cholesky(np.linalg.inv(covariance)).astype(np.float32)
