"""Nearest neighbours among more embeddings than can be looked at one by one, with faiss."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chereme.errors import LexiconError
from chereme.files import write_beside
from chereme.lexicon.gallery import Gallery, Ints
from chereme.types import Bools, Floats

__all__ = ["EXACT", "IndexedBy", "VectorIndex", "has_faiss"]

EXACT = 10_000
"""Up to so many examples each is looked at."""
CANDIDATES = 256
"""Nearest examples whose signs are then compared exactly."""
CELLS = 2.0
"""Times the square root of N: cells that the space is divided into."""
PROBED = 192
"""Cells that are looked into: as many as `chereme bench lexicon-search` needs among a million, and some more."""
_LEARNT_FROM = 64
"""Examples for each cell that the division is learnt from."""


@dataclass(frozen=True)
class IndexedBy:
    """Which embeddings an index was made of."""

    made: str
    """Name of the lexicon."""
    space: str
    last: int
    """Highest id among the embeddings; later ones are not in it."""


class VectorIndex:
    """An inverted file of embeddings in 8 bits a number: finds candidates, which are then compared exactly.

    Those that were removed since are passed over, and later ones looked at one by one, so it stays true.

    Source: https://github.com/facebookresearch/faiss (`IVF,SQ8`); chosen over HNSW, which takes many times as long
    to build.
    """

    def __init__(self, index: Any, of: IndexedBy) -> None:
        self._index = index
        self._chosen: tuple[Bools, Any] | None = None  # rows that were looked among last, and the bits of their ids
        self.of = of

    @classmethod
    def build(cls, gallery: Gallery, of: IndexedBy) -> "VectorIndex":
        """Index all that is in a gallery."""
        import faiss

        vectors = gallery.vectors(np.arange(len(gallery)))
        cells = max(1, round(CELLS * np.sqrt(len(vectors))))
        index = faiss.index_factory(vectors.shape[1], f"IVF{cells},SQ8", faiss.METRIC_INNER_PRODUCT)
        index.cp.niter = 10
        index.cp.min_points_per_centroid, index.cp.max_points_per_centroid = 1, _LEARNT_FROM
        index.train(vectors)
        index.add_with_ids(vectors, gallery.ids)
        return cls(index, of)

    @classmethod
    def read(cls, path: Path, made: str, space: str) -> "VectorIndex | None":
        """The index that was written; None when there is none of this lexicon and space."""
        import faiss

        try:
            head, _, body = path.read_bytes().partition(b"\n")
            of = IndexedBy(**json.loads(head))
            if (of.made, of.space) != (made, space):
                return None
            return cls(faiss.deserialize_index(np.frombuffer(body, np.uint8)), of)
        except (OSError, TypeError, ValueError, RuntimeError):  # no file, or cut short: it is made anew
            return None

    def write(self, path: Path) -> None:
        """Write it whole; OSError when the place may not be written."""
        import faiss

        with write_beside(path) as part, part.open("wb") as file:
            file.write(json.dumps(asdict(self.of)).encode() + b"\n")
            file.write(faiss.serialize_index(self._index).data)

    def fits(self, gallery: Gallery) -> bool:
        """Whether it still saves work: few were added or removed since."""
        kept = int(np.searchsorted(gallery.ids, self.of.last, "right"))
        changed = len(gallery) - kept + max(self._index.ntotal - kept, 0)
        return bool(changed <= max(EXACT, len(gallery) // 8))

    def candidates(self, gallery: Gallery, query: Floats, count: int, allowed: Bools | None) -> Ints:
        """Rows of the gallery that are near the query.

        Args:
            gallery: as it is now.
            query: (E,).
            count: how many of those that are indexed, and as many of the later ones.
            allowed: (N,) rows to look among; None: all.
        """
        import faiss

        settings = faiss.SearchParametersIVF(nprobe=PROBED)
        if allowed is not None:
            bits = self._bits(gallery, allowed)
            settings = faiss.SearchParametersIVF(nprobe=PROBED, sel=faiss.IDSelectorBitmap(bits))
        if len(query) != self._index.d:
            raise LexiconError(f"{len(query)} numbers in an embedding, {self._index.d} in those of the lexicon")
        found = self._index.search(query[None], count, params=settings)[1][0]
        places = np.minimum(np.searchsorted(gallery.ids, found), len(gallery) - 1)
        rows = places[gallery.ids[places] == found]
        later = int(np.searchsorted(gallery.ids, self.of.last, "right"))
        near = gallery.similarities(query, later)
        if allowed is not None:
            near[~allowed[later:]] = -np.inf
        order = np.argsort(-near, kind="stable")[:count]
        return np.concatenate([rows, later + order[np.isfinite(near[order])]])

    def _bits(self, gallery: Gallery, allowed: Bools) -> Any:
        """A bit for each id that may be found; made once for a gallery and language."""
        chosen = self._chosen
        if chosen is None or chosen[0] is not allowed:
            wanted = np.zeros(self.of.last + 1, bool)
            here = gallery.ids <= self.of.last
            wanted[gallery.ids[here]] = allowed[here]
            chosen = self._chosen = (allowed, np.packbits(wanted, bitorder="little"))
        return chosen[1]


def has_faiss() -> bool:
    """Whether the extra `index` is installed."""
    from importlib.util import find_spec

    return find_spec("faiss") is not None
