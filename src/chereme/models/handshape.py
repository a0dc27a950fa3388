"""Handshape models: the numbers of one hand in, a score per letter or digit out.

All take features (B, F) and give logits (B, K).
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from torch import Tensor, nn

from chereme.errors import RecipeError

__all__ = ["HANDSHAPES", "HandshapeConfig", "build_handshape"]


@dataclass(frozen=True)
class HandshapeConfig:
    """Which handshape model, and how large."""

    kind: str = "residual"
    """A key of `chereme.models.handshape.HANDSHAPES`: `v1` and `v2` are the alphabet portal's, `residual` is ours."""
    hidden: tuple[int, ...] = (256, 256, 256)
    """Sizes of the hidden layers; of `residual` all the same."""
    dropout: float = 0.3

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise RecipeError(f"handshape.kind: {self.kind!r} is not known; known: {', '.join(KINDS)}")
        if not self.hidden or min(self.hidden) < 1:
            raise RecipeError(f"handshape.hidden must name sizes of at least 1, got {list(self.hidden)}")
        if self.kind == "residual" and len(set(self.hidden)) > 1:
            raise RecipeError(f"handshape.hidden: layers of `residual` are of one size, got {list(self.hidden)}")
        if not 0 <= self.dropout < 1:
            raise RecipeError(f"handshape.dropout is a share from 0 to below 1, got {self.dropout}")


class PlainHandshape(nn.Module):
    """Linear, BatchNorm, ReLU, Dropout per hidden layer, then a linear layer: the portal's v1.

    At its sizes (256, 128, 64) and 26 letters it has 65,498 parameters. He weights, zero biases.
    """

    def __init__(self, inputs: int, classes: int, config: HandshapeConfig) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for size, following in zip((inputs, *config.hidden), config.hidden, strict=False):
            layers += [nn.Linear(size, following), nn.BatchNorm1d(following), nn.ReLU(), nn.Dropout(config.dropout)]
        self.network = nn.Sequential(*layers, nn.Linear(config.hidden[-1], classes))
        _he(self)

    def forward(self, values: Tensor) -> Tensor:
        logits: Tensor = self.network(values)
        return logits


class SkippingHandshape(nn.Module):
    """The portal's v2: each layer after the first is added to a linear map of what it reads.

    At the portal's sizes (512, 256, 128) and 26 letters it has 377,114 parameters. He weights, zero biases.
    """

    def __init__(self, inputs: int, classes: int, config: HandshapeConfig) -> None:
        super().__init__()
        hidden = config.hidden
        self.input_layer = nn.Sequential(
            nn.Linear(inputs, hidden[0]), nn.BatchNorm1d(hidden[0]), nn.ReLU(), nn.Dropout(config.dropout)
        )
        pairs = list(pairwise(hidden))
        self.hidden_layers = nn.ModuleList(
            nn.Sequential(nn.Linear(a, b), nn.BatchNorm1d(b), nn.ReLU(), nn.Dropout(config.dropout)) for a, b in pairs
        )
        self.skip_connections = nn.ModuleList(nn.Identity() if a == b else nn.Linear(a, b) for a, b in pairs)
        self.output_layer = nn.Linear(hidden[-1], classes)
        _he(self)

    def forward(self, values: Tensor) -> Tensor:
        values = self.input_layer(values)
        for layer, skip in zip(self.hidden_layers, self.skip_connections, strict=True):
            values = layer(values) + skip(values)
        logits: Tensor = self.output_layer(values)
        return logits


class ResidualHandshape(nn.Module):
    """Ours: features normalised, then pre-norm residual layers of one width."""

    def __init__(self, inputs: int, classes: int, config: HandshapeConfig) -> None:
        super().__init__()
        width = config.hidden[0]
        self.stem = nn.Sequential(nn.BatchNorm1d(inputs), nn.Linear(inputs, width))
        self.layers = nn.ModuleList(
            nn.Sequential(nn.BatchNorm1d(width), nn.GELU(), nn.Dropout(config.dropout), nn.Linear(width, width))
            for _ in config.hidden[1:]
        )
        self.head = nn.Sequential(
            nn.BatchNorm1d(width), nn.GELU(), nn.Dropout(config.dropout), nn.Linear(width, classes)
        )

    def forward(self, values: Tensor) -> Tensor:
        values = self.stem(values)
        for layer in self.layers:
            values = values + layer(values)
        logits: Tensor = self.head(values)
        return logits


HANDSHAPES: dict[str, Callable[[int, int, HandshapeConfig], nn.Module]] = {
    "v1": PlainHandshape,
    "v2": SkippingHandshape,
    "residual": ResidualHandshape,
}
KINDS = tuple(HANDSHAPES)


def build_handshape(inputs: int, classes: int, config: HandshapeConfig) -> nn.Module:
    """An untrained model of F = `inputs` features and K = `classes`."""
    return HANDSHAPES[config.kind](inputs, classes, config)


def _he(model: nn.Module) -> None:
    for module in model.modules():
        if isinstance(module, nn.Linear):
            nn.init.kaiming_normal_(module.weight, mode="fan_in", nonlinearity="relu")
            nn.init.zeros_(module.bias)
