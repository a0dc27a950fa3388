"""Glosses or text in, a sequence of poses out.

All share a reader of words, a guess of how long the signing takes, and a decoder of poses. The true length and the
true first frame are never given: the decoders begin from a learnt pose, or know only the share of time that has passed.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from chereme.errors import MissingExtraError, RecipeError, TrainingError
from chereme.models.layers import AttentionBlock, PositionalEncoding, masked_mean, reverse_in_time

__all__ = ["PAD", "PRODUCERS", "GlossToPose", "ProducerModelConfig", "build_producer"]

PAD = 0
"""Token that stands for no word."""


@dataclass(frozen=True)
class ProducerModelConfig:
    """Which producer, and how large: the table `[model]` of a producer's recipe."""

    kind: Literal["gru", "transformer", "bert-gru", "normalised-time"] = "normalised-time"
    """`gru`, `transformer`: frame after frame, each from those before. `bert-gru`: the same from a pretrained reader.
    `normalised-time`: every moment from the words and the share of time that has passed, all at once."""
    embed: int = 256
    """Size of a word's code."""
    hidden: int = 512
    """Width of the layers; a multiple of twice the heads."""
    layers: int = 2
    """Of `transformer` and `normalised-time`."""
    heads: int = 4
    """Attention heads."""
    dropout: float = 0.1
    """In every layer."""
    harmonics: int = 12
    """`normalised-time`: half waves of time that the decoder hears; few keep the movement smooth."""
    encoder: str = ""
    """`bert-gru`: folder of a BERT-like model, as transformers writes it."""
    freeze: bool = False
    """`bert-gru`: leave the reader as it is."""

    def __post_init__(self) -> None:
        if min(self.embed, self.hidden, self.layers, self.heads, self.harmonics) < 1:
            raise RecipeError("model: embed, hidden, layers, heads and harmonics must be at least 1")
        if self.hidden % (2 * self.heads) or not 0 <= self.dropout < 1:
            raise RecipeError("model.hidden must be a multiple of twice the heads, dropout a share from 0 to below 1")
        if self.kind == "bert-gru" and not self.encoder:
            raise RecipeError("model.kind = 'bert-gru' needs model.encoder, the folder of a BERT-like model")


class GlossToPose(nn.Module):
    """What all producers share.

    Args:
        words: size of the vocabulary, padding and the unknown word included.
        size: numbers a frame.
        mean: (P,) mean pose, from which decoders depart.
        config: see `ProducerModelConfig`.
    """

    mean: Tensor

    def __init__(self, words: int, size: int, mean: Tensor, config: ProducerModelConfig) -> None:
        super().__init__()
        self.size = size
        self.register_buffer("mean", mean.clone())
        self.reader: nn.Module = self._reader(words, config)
        self.duration = nn.Sequential(nn.Linear(config.hidden, 64), nn.SiLU(), nn.Linear(64, 1))
        self.out = nn.Linear(config.hidden, size + 2)
        nn.init.normal_(self.out.weight, std=1e-3)  # it begins at the mean pose, whose bones have their lengths
        nn.init.zeros_(self.out.bias)

    def _reader(self, words: int, config: ProducerModelConfig) -> nn.Module:
        return _GruReader(words, config)

    def read(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Tokens (B, L) to what was understood of each (B, L, H), and which of them are words (B, L)."""
        mask = tokens != PAD
        return self.reader(tokens, mask), mask

    def log_seconds(self, read: tuple[Tensor, Tensor]) -> Tensor:
        """(B,) logarithm of how long the signing takes."""
        return self.duration(masked_mean(*read)).squeeze(-1)

    def decode(self, read: tuple[Tensor, Tensor], times: Tensor, before: Tensor) -> Tensor:
        """Poses and the two hands' logits of being seen (B, T, P + 2).

        Args:
            read: from `read`.
            times: (B, T) share of the time that has passed, from 0 to 1.
            before: (B, T, P) the pose before each; for decoders that go frame by frame.
        """
        raise NotImplementedError

    follows = True
    """Whether each frame is made from those before it."""

    def produce(self, read: tuple[Tensor, Tensor], frames: Tensor) -> Tensor:
        """Poses (B, T, P + 2) for so many frames (B,) each; nothing true is looked at."""
        longest = int(frames.max())
        times = (torch.arange(longest, device=frames.device) / (frames[:, None] - 1).clamp(min=1)).clamp(max=1)
        before = self.mean.expand(len(frames), 1, -1)
        if not self.follows:
            return self.decode(read, times, before.expand(-1, longest, -1))
        for count in range(1, longest + 1):
            made = self.decode(read, times[:, :count], before)
            before = torch.cat([before, made[:, -1:, : self.size]], 1)
        return made


class _GruReader(nn.Module):
    """Word codes and a bidirectional GRU that never reads padding before the last word."""

    def __init__(self, words: int, config: ProducerModelConfig) -> None:
        super().__init__()
        self.codes = nn.Embedding(words, config.embed, padding_idx=PAD)
        self.drop = nn.Dropout(config.dropout)
        self.ahead = nn.GRU(config.embed, config.hidden // 2, batch_first=True)
        self.back = nn.GRU(config.embed, config.hidden // 2, batch_first=True)

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        codes = self.drop(self.codes(tokens))
        back, _ = self.back(reverse_in_time(codes, mask))
        back = reverse_in_time(back, mask)
        return torch.cat([self.ahead(codes)[0], back], -1) * mask.unsqueeze(-1)


class _AttentionReader(nn.Module):
    """Word codes, positions and a Transformer encoder."""

    def __init__(self, words: int, config: ProducerModelConfig) -> None:
        super().__init__()
        self.codes = nn.Embedding(words, config.hidden, padding_idx=PAD)
        self.places = PositionalEncoding(config.hidden)
        self.layers = nn.ModuleList(
            AttentionBlock(config.hidden, config.heads, config.dropout) for _ in range(config.layers)
        )
        self.norm = nn.LayerNorm(config.hidden)

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        values = self.places(self.codes(tokens))
        for layer in self.layers:
            values = layer(values, mask)
        return self.norm(values)


class _PretrainedReader(nn.Module):
    """A BERT-like model from a folder; its weights are read without running code from them."""

    def __init__(self, config: ProducerModelConfig) -> None:
        super().__init__()
        try:
            from transformers import AutoModel
        except ModuleNotFoundError as error:
            raise MissingExtraError("text", "a pretrained reader") from error
        try:
            self.model = AutoModel.from_pretrained(config.encoder, local_files_only=True, weights_only=True)
        except (OSError, ValueError, KeyError) as error:
            raise TrainingError(
                f"model.encoder {config.encoder}: no BERT-like model in this folder: {_line(error)}"
            ) from error
        self.freeze = config.freeze
        self.project = nn.Linear(self.model.config.hidden_size, config.hidden)

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.freeze):
            read = self.model(input_ids=tokens, attention_mask=mask.long()).last_hidden_state
        return self.project(read)


def _line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


class GruProducer(GlossToPose):
    """A bidirectional GRU reads; a GRU writes frame after frame and looks back at the words."""

    def __init__(self, words: int, size: int, mean: Tensor, config: ProducerModelConfig) -> None:
        super().__init__(words, size, mean, config)
        self.begin = nn.Linear(config.hidden, config.hidden)
        self.write = nn.GRU(size + config.hidden, config.hidden, batch_first=True)
        self.look = _Attention(config)

    def decode(self, read: tuple[Tensor, Tensor], times: Tensor, before: Tensor) -> Tensor:
        return self._go_on(read, before, None)[0]

    def produce(self, read: tuple[Tensor, Tensor], frames: Tensor) -> Tensor:
        """As all do, but its state is kept from frame to frame instead of being worked out again."""
        before, state, made = self.mean.expand(len(frames), 1, -1), None, []
        for _ in range(int(frames.max())):
            one, state = self._go_on(read, before, state)
            before = one[..., : self.size]
            made.append(one)
        return torch.cat(made, 1)

    def _go_on(self, read: tuple[Tensor, Tensor], before: Tensor, state: Tensor | None) -> tuple[Tensor, Tensor]:
        """Frames after those given, and the state after the last."""
        words, mask = read
        meaning = masked_mean(words, mask)
        inputs = torch.cat([before - self.mean, meaning.unsqueeze(1).expand(-1, before.shape[1], -1)], -1)
        if state is None:
            state = self.begin(meaning).tanh().unsqueeze(0).contiguous()
        states, last = self.write(inputs, state)
        made = self.out(states + self.look(states, words, mask[:, None, None]))
        return _from_mean(made, self.mean), last


class BertGruProducer(GruProducer):
    """A pretrained reader of text before the same GRU."""

    def _reader(self, words: int, config: ProducerModelConfig) -> nn.Module:
        return _PretrainedReader(config)


class TransformerProducer(GlossToPose):
    """Attention reads and writes; each frame sees the words and the frames before it."""

    def __init__(self, words: int, size: int, mean: Tensor, config: ProducerModelConfig) -> None:
        super().__init__(words, size, mean, config)
        self.enter = nn.Linear(size, config.hidden)
        self.places = PositionalEncoding(config.hidden)
        self.layers = _Writer(config)

    def _reader(self, words: int, config: ProducerModelConfig) -> nn.Module:
        return _AttentionReader(words, config)

    def decode(self, read: tuple[Tensor, Tensor], times: Tensor, before: Tensor) -> Tensor:
        words, mask = read
        order = torch.cumsum(torch.ones_like(times[0]), 0)
        until_now = order[:, None] >= order[None]
        written = self.layers(self.places(self.enter(before - self.mean)), words, mask, until_now)
        return _from_mean(self.out(written), self.mean)


class NormalisedTimeProducer(GlossToPose):
    """Every moment from the words, the share of time that has passed, and how long all of it takes.

    Nothing is made from a frame made before, so errors cannot grow along a sign, and the length is free.
    """

    follows = False

    def __init__(self, words: int, size: int, mean: Tensor, config: ProducerModelConfig) -> None:
        super().__init__(words, size, mean, config)
        self.register_buffer("waves", torch.arange(1, config.harmonics + 1) * torch.pi)
        self.waves: Tensor
        self.enter = nn.Linear(2 * config.harmonics + 2, config.hidden)
        self.layers = _Writer(config)

    def _reader(self, words: int, config: ProducerModelConfig) -> nn.Module:
        return _AttentionReader(words, config)

    def decode(self, read: tuple[Tensor, Tensor], times: Tensor, before: Tensor) -> Tensor:
        words, mask = read
        phase = times.unsqueeze(-1) * self.waves
        long = self.log_seconds(read).detach()[:, None, None].expand(-1, times.shape[1], 1)
        heard = torch.cat([2 * times.unsqueeze(-1) - 1, long, phase.sin(), phase.cos()], -1)
        written = self.layers(self.enter(heard) + masked_mean(words, mask).unsqueeze(1), words, mask, None)
        return _from_mean(self.out(written), self.mean)


class _Attention(nn.Module):
    """Several heads, with nothing in it that ties an exported model to one number of frames."""

    def __init__(self, config: ProducerModelConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.ask, self.offer, self.give, self.join = (nn.Linear(config.hidden, config.hidden) for _ in range(4))
        self.dropout = config.dropout

    def forward(self, asking: Tensor, asked: Tensor, allowed: Tensor | None) -> Tensor:
        ask, offer, give = (
            layer(values).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for layer, values in ((self.ask, asking), (self.offer, asked), (self.give, asked))
        )
        drop = self.dropout if self.training else 0.0
        found = F.scaled_dot_product_attention(ask, offer, give, allowed, drop)
        return self.join(found.transpose(1, 2).flatten(2))


class _Block(nn.Module):
    """Attention to the frames, to the words, and a feed-forward part; norms come first."""

    def __init__(self, config: ProducerModelConfig) -> None:
        super().__init__()
        width = config.hidden
        self.own, self.own_norm = _Attention(config), nn.LayerNorm(width)
        self.look, self.look_norm = _Attention(config), nn.LayerNorm(width)
        self.feed = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )
        self.drop = nn.Dropout(config.dropout)

    def forward(self, values: Tensor, words: Tensor, mask: Tensor, allowed: Tensor | None) -> Tensor:
        normed = self.own_norm(values)
        values = values + self.drop(self.own(normed, normed, allowed))
        values = values + self.drop(self.look(self.look_norm(values), words, mask[:, None, None]))
        return values + self.drop(self.feed(values))


class _Writer(nn.Module):
    """Blocks that see each other's frames and the words."""

    def __init__(self, config: ProducerModelConfig) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(_Block(config) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.hidden)

    def forward(self, values: Tensor, words: Tensor, mask: Tensor, allowed: Tensor | None) -> Tensor:
        for block in self.blocks:
            values = block(values, words, mask, allowed)
        return self.norm(values)


def _from_mean(made: Tensor, mean: Tensor) -> Tensor:
    """What a decoder says departs from the mean pose; the two logits stay."""
    return torch.cat([made[..., :-2] + mean, made[..., -2:]], -1)


PRODUCERS: dict[str, type[GlossToPose]] = {
    "gru": GruProducer,
    "transformer": TransformerProducer,
    "bert-gru": BertGruProducer,
    "normalised-time": NormalisedTimeProducer,
}


def build_producer(words: int, size: int, mean: Tensor, config: ProducerModelConfig) -> GlossToPose:
    """A producer with fresh weights, but for a pretrained reader's."""
    return PRODUCERS[config.kind](words, size, mean, config)
