"""`lexicon-search`: how long a sign takes to be found among ten thousand examples, and among a million.

The embeddings are drawn, since there are no million clips: they follow what an encoder that was trained for 20 epochs
made of WLASL. Two examples of a sign had a cosine of .63 on average, the middles of signs spread as if they had some
22 dimensions of equal size, examples about their middle 33.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from sqlalchemy import insert
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from chereme.bench import BenchResult
from chereme.errors import LexiconError, MissingExtraError
from chereme.lexicon.index import has_faiss
from chereme.lexicon.memory import Memory
from chereme.lexicon.place import Place
from chereme.lexicon.rows import as_bytes
from chereme.lexicon.tables import embeddings, entries
from chereme.types import Floats, PoseSequence

__all__ = ["drawn_signs", "fill", "measure"]

SIZE = 256
TOP = 10
EXAMPLES = 4
"""Of each sign."""
SPACE = "drawn"
COSINE, SIGN_DIMENSIONS, SPREAD_DIMENSIONS = 0.63, 22, 33
_AT_ONCE = 50_000


def measure(
    data: str | Path | None = None, *, few: int = 10_000, many: int = 1_000_000, queries: int = 200
) -> BenchResult:
    """Milliseconds of a search in a lexicon kept in SQLite, ten signs wanted, median; and recall among the million.

    A query is a new example of one of the signs. The peer is a dot product with all embeddings and a partial sort, as
    one would write it in NumPy; it turns about with ours. Both have one thread, whose processor time counts, so that
    other work on the machine does not decide. Recall is the share of the ten nearest signs, all looked
    at, that the index finds.

    Args:
        data: not read.
        few: examples that are searched exactly.
        many: examples that are searched by the index.
        queries: different ones.

    Raises:
        MissingExtraError: faiss is not installed.
    """
    if not has_faiss():
        raise MissingExtraError("index", "the index of many signs, faiss,")
    with threadpool_limits(1):
        small, large = _search(few, queries), _search(many, queries)
    return BenchResult(
        "lexicon-search",
        small["ms"],
        "ms per search",
        f"NumPy: dot product with all {few} embeddings, argpartition",
        small["numpy_ms"],
        round(small["ms"] / small["numpy_ms"], 4),
        queries,
        {
            "goal": "<= 5 ms; of a million <= 10 ms at a recall of 0.95",
            "examples": few,
            "ms_95_percent": small["ms_95_percent"],
            "recall10": small["recall10"],
            "million": {"examples": many, **large},
            "embeddings": f"drawn: {EXAMPLES} examples of each sign, {SIZE} numbers of length 1; cosine of two examples"
            f" of a sign {COSINE}, signs spread over {SIGN_DIMENSIONS} dimensions, examples over {SPREAD_DIMENSIONS},"
            " as measured of an encoder on WLASL",
            "seeds": [0],
        },
    )


def drawn_signs(examples: int, queries: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Embeddings (N, E) of N / 4 signs, the examples of each one after the other, and new examples (Q, E) of some."""
    signs = -(-examples // EXAMPLES)
    turn = np.linalg.qr(rng.normal(size=(SIZE, SIZE)))[0].astype(np.float32)
    middles = _spread(signs, SIGN_DIMENSIONS, rng)
    reach = np.float32(np.sqrt(1 / COSINE - 1))
    kept = np.empty((examples, SIZE), np.float32)
    for start in range(0, examples, _AT_ONCE):
        rows = np.arange(start, min(start + _AT_ONCE, examples))
        kept[rows] = _unit(middles[rows // EXAMPLES] + reach * _spread(len(rows), SPREAD_DIMENSIONS, rng)) @ turn
    asked = middles[rng.integers(0, signs, queries)] + reach * _spread(queries, SPREAD_DIMENSIONS, rng)
    return kept, np.asarray(_unit(asked) @ turn, np.float32)


def _spread(count: int, dimensions: float, rng: np.random.Generator) -> Floats:
    """(N, E) of a mean squared length of 1, whose variance falls off as that of so many equal dimensions."""
    share = np.exp(-np.arange(SIZE) * 2 / dimensions)
    return np.asarray(rng.normal(size=(count, SIZE)) * np.sqrt(share / share.sum()), np.float32)


def _unit(vectors: Floats) -> Floats:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def fill(place: Place, vectors: Floats) -> None:
    """Write embeddings (N, E) into an empty lexicon, as of clips without landmarks."""
    for start in range(0, len(vectors), _AT_ONCE):
        rows = range(start, min(start + _AT_ONCE, len(vectors)))
        with place.writing() as connection:
            connection.execute(insert(entries), list(_entries(rows)))
            connection.execute(
                insert(embeddings), [{"entry": i + 1, "space": SPACE, "vector": as_bytes(vectors[i])} for i in rows]
            )


def _entries(rows: range) -> Iterator[dict[str, Any]]:
    said = dict.fromkeys(("variant", "sense", "source", "licence", "signer", "added", "words", "spoken_language"), "")
    for i in rows:
        gloss = f"sign{i // EXAMPLES}"
        yield {**said, "id": i + 1, "gloss": gloss, "language": "zxx", "seconds": 2.0, "priority": 0, "digest": str(i)}


def _search(count: int, queries: int) -> dict[str, Any]:
    vectors, asked = drawn_signs(count, queries, np.random.default_rng(0))
    with tempfile.TemporaryDirectory(prefix="chereme-") as folder:
        place = Place.open(Path(folder) / "signs.lexicon", create=True)
        try:
            fill(place, vectors)
            memory = Memory(place, SPACE, _no_clips)
            loading, gallery = _timed(memory.refresh)
            first, _ = _timed(lambda: memory.nearest(asked[0], TOP, None))
            ours, theirs, recall = [], [], []
            for query in asked:
                seconds, hits = _timed(lambda query=query: memory.nearest(query, TOP, None))  # type: ignore[misc]
                ours.append(seconds)
                theirs.append(_timed(lambda query=query: _numpy_search(vectors, query))[0])  # type: ignore[misc]
                right = {hit.sign for hit in gallery.nearest(query, TOP)}
                recall.append(len(right & {hit.sign for hit in hits}) / TOP)
        finally:
            place.close()
    return {
        "ms": round(1000 * median(ours), 4),
        "ms_95_percent": round(1000 * float(np.percentile(ours, 95)), 4),
        "numpy_ms": round(1000 * median(theirs), 4),
        "recall10": round(float(np.mean(recall)), 4),
        "loading_seconds": round(loading, 2),
        "first_search_seconds": round(first, 2),
    }


def _numpy_search(vectors: Floats, query: Floats) -> Any:
    near = vectors @ query
    best = np.argpartition(-near, TOP)[:TOP]
    return best[np.argsort(-near[best])]


def _timed(function: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.thread_time()
    found = function()
    return time.thread_time() - begun, found


def _no_clips(sequence: PoseSequence) -> Floats:
    raise LexiconError("this lexicon holds embeddings alone")
