"""Which recognizer, and how large: the table `[model]` of a recipe."""

from dataclasses import dataclass
from typing import Literal

from chereme.errors import RecipeError

__all__ = ["DROP_LAST", "KINDS", "ModelConfig"]

KINDS = (
    "conv-transformer", "transformer", "gru", "lstm", "encoder", "rnn-final", "gru-final", "lstm-final",
    "islr-first", "spoter", "knn",
)  # fmt: skip
"""Keys of `chereme.models.RECOGNIZERS`."""
DROP_LAST = ("conv-transformer", "transformer", "gru", "lstm", "islr-first")
"""Kinds with a dropout named `drop` right before the classifier, which `train.late_dropout_from` can put off."""


@dataclass(frozen=True)
class ModelConfig:
    """Which recognizer, and how large."""

    kind: str = "conv-transformer"
    """A key of `chereme.models.RECOGNIZERS`."""
    width: int = 128
    layers: int = 2
    """Recurrent or attention layers; in the convolution models, stages of `convolutions` plus one attention;
    of `spoter`, so many of its encoder and of its decoder."""
    convolutions: int = 3
    """Convolution blocks per stage."""
    kernel: int = 11
    """Frames that a convolution spans, odd."""
    heads: int = 4
    dropout: float = 0.5
    """Before the classifier; recurrent models also use it between layers, `encoder` and `spoter` in every layer
    instead."""
    drop_path: float = 0.2
    """Share of clips for which a residual branch is left out in training; of `islr-first` also of
    attention's weights."""
    embedding: int = 256
    """Size of the clip's embedding that the classifier reads; of `spoter` it is the width."""
    classifier: Literal["linear", "cosine"] = "linear"
    """Of the convolution model. `cosine`: by the angle between embedding and gloss alone, so that embeddings of one
    gloss lie close together and those of signs never seen can be compared."""
    scale: float = 24.0
    """`cosine`: what the cosines are multiplied by to become scores."""
    halve_time: bool = False
    """After the first stage of the convolution model, join frames in pairs: nearly halves the cost."""
    feed: int = 256
    """`encoder`, `spoter`: units inside the feed-forward part of a layer."""
    norm: Literal["before", "after"] = "before"
    """`encoder`, encoder of `spoter`: normalise what goes into each part of a layer, or the sum that comes out."""
    activation: Literal["gelu", "relu"] = "gelu"
    """`encoder`, encoder of `spoter`: inside the feed-forward part."""
    norm_inputs: bool = True
    """`encoder`: normalise (and bend) the projected features before the first layer."""
    head: int = 0
    """`encoder`: units of a hidden layer in the classifier; 0: none."""
    neighbours: int = 5
    """`knn`: how many of the nearest training clips vote."""
    distance: Literal["euclidean", "dtw"] = "euclidean"
    """`knn`: between sequences, frame by frame, or along the cheapest alignment in time (`dtw`)."""
    frames: int = 20
    """`knn`: every clip is brought to so many frames before it is compared."""
    band: float = 0.2
    """`knn` with `dtw`: a frame may be aligned with others up to this share of the clip away."""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise RecipeError(f"model.kind {self.kind!r} is not known; known: {', '.join(KINDS)}")
        if min(self.width, self.heads, self.embedding, self.kernel, self.convolutions) < 1:
            raise RecipeError("model: width, heads, embedding, kernel and convolutions must be at least 1")
        if self.width % self.heads or self.width % 2:
            raise RecipeError(f"model.width must be even and a multiple of heads, got {self.width} and {self.heads}")
        if self.kernel % 2 == 0 or self.layers < 1:
            raise RecipeError("model.kernel must be odd and model.layers at least 1")
        if not (0 <= self.dropout < 1 and 0 <= self.drop_path < 1):
            raise RecipeError("model.dropout and model.drop_path are shares from 0 to below 1")
        if not self.scale > 0:
            raise RecipeError(f"model.scale must be above 0, got {self.scale}")
        if self.feed < 1 or self.head < 0:
            raise RecipeError("model: feed must be at least 1, head at least 0")
        if self.neighbours < 1 or self.frames < 2 or not 0 <= self.band <= 1:
            raise RecipeError("model: need neighbours >= 1, frames >= 2 and band from 0 to 1")
