"""All embeddings of one space in memory, and the signs that are nearest to a clip among them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from chereme.lexicon.sign import Hit, Sign
from chereme.types import Bools, Floats

__all__ = ["Gallery"]

Ints = NDArray[np.int64]

_TAIL = 1024
"""Rows that are added one after the other without copying those before."""


@dataclass(frozen=True, eq=False)
class Gallery:
    """N examples of S signs, each an embedding of length 1. Never changed: adding gives another.

    A sign is as similar to a clip as the mean of two: its nearest example, and its prototype, which is the mean of
    its examples brought to length 1. The nearest example knows odd ways to make the sign; the prototype is not led
    astray by a single bad clip.
    """

    base: Floats
    """(n, E): the first rows."""
    tail: Floats
    """(N - n, E): those that came later."""
    signs: list[Sign]
    sign_of: Ints
    """(N,) position in `signs`."""
    entries: Ints
    """(N,) ids of entries."""
    ids: Ints
    """(N,) ids of embeddings, ascending."""

    @classmethod
    def empty(cls) -> "Gallery":
        none = np.zeros(0, np.int64)
        return cls(np.zeros((0, 0), np.float32), np.zeros((0, 0), np.float32), [], none, none, none)

    def __len__(self) -> int:
        return len(self.sign_of)

    def added(self, vectors: Floats, signs: Sequence[Sign], entries: Sequence[int], ids: Sequence[int]) -> "Gallery":
        """The same with more examples.

        Args:
            vectors: (M, E).
            signs: what each shows.
            entries: which entry each belongs to.
            ids: of the embeddings, higher than those here.
        """
        if not len(vectors):
            return self
        known, found = list(self.signs), dict(self._position)
        for sign in signs:
            if found.setdefault(sign, len(known)) == len(known):
                known.append(sign)
        base, tail = self.base, np.concatenate([self.tail, vectors]) if len(self.tail) else vectors
        if len(tail) > max(_TAIL, len(base) // 8) or not len(base):
            base, tail = np.concatenate([base, tail]) if len(base) else tail, tail[:0]
        return Gallery(
            np.ascontiguousarray(base, np.float32),
            np.ascontiguousarray(tail, np.float32),
            known,
            np.append(self.sign_of, np.array([found[sign] for sign in signs], np.int64)),
            np.append(self.entries, np.array(entries, np.int64)),
            np.append(self.ids, np.array(ids, np.int64)),
        )

    @cached_property
    def languages(self) -> NDArray[np.str_]:
        """(S,) language of each sign."""
        return np.array([sign.language for sign in self.signs], np.str_)

    def rows_in(self, language: str) -> Bools:
        """(N,) which examples are of a language; the same array each time that there are some."""
        if (known := self._rows_in.get(language)) is not None:
            return known
        rows = np.asarray((self.languages == language)[self.sign_of])
        return self._rows_in.setdefault(language, rows) if rows.any() else rows

    def vectors(self, rows: Ints) -> Floats:
        """(M, E): the embeddings in some rows."""
        n = len(self.base)
        late = rows >= n
        found: Floats = self.base[np.where(late, 0, rows)]
        found[late] = self.tail[rows[late] - n]
        return found

    def similarities(self, query: Floats, start: int = 0) -> Floats:
        """(N - start,): of each example from row `start` on."""
        n = len(self.base)
        parts = [self.base[start:] @ query] if start < n else []
        if len(self.tail):
            parts.append(self.tail[max(start - n, 0) :] @ query)
        return np.concatenate(parts) if parts else np.zeros(0, np.float32)

    def nearest(self, query: Floats, top: int | None, language: str | None = None) -> list[Hit]:
        """The signs that are nearest, all of them looked at.

        Args:
            query: (E,) of length 1.
            top: how many; None: all.
            language: look among its signs only.
        """
        if language is None:
            every = np.arange(len(self.signs))
            return self._ranked(self.similarities(query), np.arange(len(self)), every, self.sign_of, top)
        return self._nearest_in(query, np.flatnonzero(self.rows_in(language)), top)

    def nearest_among(self, query: Floats, rows: Ints, top: int | None) -> list[Hit]:
        """The same of the signs that some rows are examples of; all examples of such a sign count."""
        return self._nearest_in(query, self._rows_of(np.unique(self.sign_of[rows])), top)

    def _nearest_in(self, query: Floats, rows: Ints, top: int | None) -> list[Hit]:
        """The same of all examples of some signs."""
        signs, local = np.unique(self.sign_of[rows], return_inverse=True)
        return self._ranked(self.vectors(rows) @ query, rows, signs, local, top)

    def _ranked(self, similarities: Floats, rows: Ints, signs: Ints, local: Ints, top: int | None) -> list[Hit]:
        """Signs by their examples, which have similarities, rows, and a place in `signs`: three of length N."""
        best = np.full(len(signs), -np.inf, np.float32)
        np.maximum.at(best, local, similarities)
        nearest = np.zeros(len(signs), np.int64)
        order = np.argsort(similarities, kind="stable")
        nearest[local[order]] = rows[order]  # the last that is written is the most similar
        # the prototype's similarity is the sum of the examples' divided by the length of their sum
        total = np.bincount(local, similarities, len(signs))
        lengths = self._lengths[signs]
        prototype = np.divide(total, lengths, out=np.zeros(len(signs)), where=lengths > 1e-3)
        scores = (best + prototype) / 2
        places = np.argsort(-scores, kind="stable")[:top]
        counts = self._counts
        return [
            Hit(self.signs[signs[i]], float(scores[i]), int(self.entries[nearest[i]]), int(counts[signs[i]]))
            for i in places
        ]

    @cached_property
    def _rows_in(self) -> dict[str, Bools]:
        return {}

    @cached_property
    def _position(self) -> dict[Sign, int]:
        return {sign: i for i, sign in enumerate(self.signs)}

    @cached_property
    def _counts(self) -> Ints:
        """(S,) examples of each sign."""
        return np.bincount(self.sign_of, minlength=len(self.signs))

    @cached_property
    def _by_sign(self) -> tuple[Ints, Ints]:
        """(N,) rows in the order of their signs, and (S + 1,) where each sign begins among them."""
        starts = np.concatenate([[0], np.cumsum(self._counts)])
        return np.argsort(self.sign_of, kind="stable"), starts

    def _rows_of(self, signs: Ints) -> Ints:
        order, starts = self._by_sign
        return np.concatenate([order[starts[sign] : starts[sign + 1]] for sign in signs] or [order[:0]])

    @cached_property
    def _lengths(self) -> NDArray[np.float64]:
        """(S,) length of the sum of each sign's examples: 1 where there is one."""
        lengths = np.ones(len(self.signs))
        several = np.flatnonzero(self._counts > 1)
        for part in np.array_split(several, 1 + len(several) // 10_000):  # a million rows are not copied at once
            if len(part):
                sums = np.add.reduceat(
                    self.vectors(self._rows_of(part)), np.cumsum([0, *self._counts[part][:-1]]), axis=0
                )
                lengths[part] = np.linalg.norm(sums, axis=1)
        return lengths
