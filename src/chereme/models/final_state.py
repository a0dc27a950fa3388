"""Recurrent recognizers that read a clip once, forwards, and judge by the state after its last frame.

The three of the Libras system, as small as they were: the features go straight into the cells, and one linear layer
reads the last layer's final state. What it called "RNN" is `gru-final`; `rnn-final` is what that name says.
"""

from typing import ClassVar

import torch
from torch import Tensor, nn

from chereme.models.config import ModelConfig

__all__ = ["FinalGru", "FinalLstm", "FinalRnn", "FinalState"]


class FinalState(nn.Module):
    """Layers of recurrent cells, the state after the clip's last frame, a linear classifier."""

    cell: ClassVar[type[nn.RNNBase]]

    def __init__(self, inputs: int, classes: int, config: ModelConfig) -> None:
        super().__init__()
        between = config.dropout if config.layers > 1 else 0.0
        self.cells = self.cell(inputs, config.width, config.layers, batch_first=True, dropout=between)  # type: ignore[arg-type]
        self.drop = nn.Dropout(config.dropout)
        self.classify = nn.Linear(config.width, classes)

    def forward(self, features: Tensor, mask: Tensor) -> Tensor:
        """Logits (B, K). Padding comes after the frame that is read, so it cannot reach back to it."""
        states, _ = self.cells(features)
        last = (mask.long().sum(1) - 1).clamp(min=0)
        final = states.gather(1, last[:, None, None].expand(-1, 1, states.shape[-1])).squeeze(1)
        return torch.as_tensor(self.classify(self.drop(final)))


class FinalRnn(FinalState):
    """Plain recurrent cells (Elman 1990)."""

    cell = nn.RNN


class FinalGru(FinalState):
    """Gated recurrent units."""

    cell = nn.GRU


class FinalLstm(FinalState):
    """Long short-term memory."""

    cell = nn.LSTM
