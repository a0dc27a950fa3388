"""Clips with their glosses or text, as a producer is taught them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from chereme.dataset.store import Store
from chereme.errors import MissingExtraError, SplitError, TrainingError, UnseenError
from chereme.features.body_frame import to_values
from chereme.models.gloss_to_pose import PAD
from chereme.train.producer_config import ProducerRecipe, TextConfig
from chereme.types import Floats

__all__ = ["Batch", "Pairs", "ProducerBatches", "Tokens", "make_pairs", "pair_batches"]

UNKNOWN = 1
"""Token of a word that no training clip has."""
Batch = tuple[Tensor, Tensor, Tensor]
"""Tokens (B, L), poses (B, T, P) with NaN where not seen, frames (B,)."""


class Tokens:
    """Words to numbers: a vocabulary of the training glosses, or a pretrained reader's own.

    Args:
        words: known words, in order; numbers from 2 on.
        config: see `TextConfig`.
        encoder: folder of a pretrained reader; empty: the words.
    """

    def __init__(self, words: Sequence[str], config: TextConfig, encoder: str = "") -> None:
        self.words = tuple(words)
        self.config = config
        self._position = {word: number for number, word in enumerate(self.words, 2)}
        self._pretrained: Any = None
        if encoder:
            try:
                from transformers import AutoTokenizer
            except ModuleNotFoundError as error:
                raise MissingExtraError("text", "a pretrained reader") from error
            try:
                self._pretrained = AutoTokenizer.from_pretrained(encoder, local_files_only=True)
            except (OSError, ValueError) as error:
                raise TrainingError(f"model.encoder {encoder}: no tokenizer in this folder") from error
            if not self._pretrained.is_fast:
                raise TrainingError(
                    f"model.encoder {encoder}: its tokenizer has no tokenizer.json, and none is made of it"
                )

    def __len__(self) -> int:
        return len(self.words) + 2

    @property
    def pretrained(self) -> str:
        """The pretrained reader's tokenizer as `tokenizer.json` holds it; empty where words are looked up."""
        return "" if self._pretrained is None else str(self._pretrained.backend_tokenizer.to_str())

    @classmethod
    def of(cls, texts: Sequence[str], config: TextConfig, encoder: str = "") -> "Tokens":
        """The words of some texts, sorted."""
        return cls(sorted({word for text in texts for word in split_words(text, config)}), config, encoder)

    def __call__(self, text: str) -> list[int]:
        """At least one token, at most `max_length`."""
        if self._pretrained is not None:
            kept = self._pretrained(text, truncation=True, max_length=self.config.max_length)["input_ids"]
            if self._pretrained.pad_token_id != PAD:
                raise TrainingError(
                    f"the reader's padding is token {self._pretrained.pad_token_id}; only {PAD} is read"
                )
            return list(kept) or [UNKNOWN]
        words = split_words(text, self.config)[: self.config.max_length]
        return [self._position.get(word, UNKNOWN) for word in words] or [UNKNOWN]


def split_words(text: str, config: TextConfig) -> list[str]:
    """Glosses or words, by the spaces between them."""
    return (text.casefold() if config.lower else text).split()


@dataclass(frozen=True, eq=False)
class Pairs:
    """Prepared clips of a split."""

    values: tuple[Floats, ...]
    """Per clip (T, P), see `chereme.features.body_frame.to_values`."""
    texts: tuple[str, ...]
    ids: tuple[str, ...]
    parts: NDArray[np.str_]
    tokens: Tokens
    mean: Floats
    """(P,) mean pose of the training clips."""
    cut: int
    """How many texts were longer than what is read."""

    def chosen(self, part: str) -> NDArray[np.int64]:
        return np.flatnonzero(self.parts == part)


def make_pairs(store: Store, split: Mapping[str, str], recipe: ProducerRecipe) -> Pairs:
    """Prepare every clip that a split names; its gloss, or sentence, is what it is asked for by.

    A clip that never shows both shoulders is left out: nothing gives its place and size.

    Raises:
        SplitError: no usable training clip.
        LayoutError: the store has no shoulders.
    """
    values, texts, ids, parts = [], [], [], []
    for number, clip in enumerate(store.clips):
        if not split.get(clip.id):
            continue
        try:
            values.append(to_values(store.sequence(number), recipe.pose))
        except UnseenError:
            continue
        texts.append(clip.gloss)
        ids.append(clip.id)
        parts.append(split[clip.id])
    trained = [n for n, part in enumerate(parts) if part == "train"]
    if not trained:
        raise SplitError("the split leaves no clip to train on; look at it with `chereme dataset stats`")
    encoder = recipe.model.encoder if recipe.model.kind == "bert-gru" else ""
    tokens = Tokens.of([texts[n] for n in trained], recipe.text, encoder)
    frames = np.concatenate([values[n] for n in trained])
    seen = np.isfinite(frames)
    mean = np.where(seen, frames, 0).sum(0) / np.maximum(seen.sum(0), 1)
    cut = 0 if encoder else sum(len(split_words(text, recipe.text)) > recipe.text.max_length for text in texts)
    return Pairs(tuple(values), tuple(texts), tuple(ids), np.array(parts), tokens, mean.astype(np.float32), cut)


def pair_batches(pairs: Pairs, chosen: NDArray[np.int64], size: int = 32) -> Iterator[Batch]:
    """Some pairs in order, so many to a batch."""
    for start in range(0, len(chosen), size):
        yield _batch(pairs, chosen[start : start + size])


def _batch(pairs: Pairs, chosen: NDArray[np.int64]) -> Batch:
    tokens = [pairs.tokens(pairs.texts[i]) for i in chosen]
    clips = [pairs.values[i] for i in chosen]
    words = torch.full((len(chosen), max(map(len, tokens))), PAD)
    poses = torch.full((len(chosen), max(map(len, clips)), len(pairs.mean)), torch.nan)
    for row, (some, clip) in enumerate(zip(tokens, clips, strict=True)):
        words[row, : len(some)] = torch.tensor(some)
        poses[row, : len(clip)] = torch.from_numpy(clip)
    return words, poses, torch.tensor([len(clip) for clip in clips])


class ProducerBatches(Dataset[Batch]):
    """Training pairs by a key of `chereme.train.batches.EpochBatches`: epoch, number of the batch, clips."""

    def __init__(self, pairs: Pairs, chosen: NDArray[np.int64]) -> None:
        self.pairs = pairs
        self.clips = chosen

    def __len__(self) -> int:
        return len(self.clips)

    def __getitem__(self, key: tuple[int, int, NDArray[np.int64]]) -> Batch:
        return _batch(self.pairs, self.clips[key[2]])
