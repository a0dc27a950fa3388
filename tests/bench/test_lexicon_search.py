"""The bench of many signs, on few."""

import numpy as np
import pytest

from chereme.bench import lexicon_search
from chereme.bench.lexicon_search import COSINE, EXAMPLES, drawn_signs, measure
from chereme.lexicon import memory


def test_drawn_signs_lie_as_the_encoders_do():
    vectors, asked = drawn_signs(2000, 50, np.random.default_rng(0))
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    cosines = vectors @ vectors.T
    sign = np.arange(2000) // EXAMPLES
    same = (sign[:, None] == sign[None]) & ~np.eye(2000, dtype=bool)
    assert cosines[same].mean() == pytest.approx(COSINE, abs=0.03)
    assert abs(cosines[sign[:, None] != sign[None]].mean()) < 0.02
    assert (asked @ vectors.T).max(1).mean() > COSINE


def test_few_are_searched_exactly_and_many_by_the_index(monkeypatch):
    pytest.importorskip("faiss")
    monkeypatch.setattr(memory, "EXACT", 300)
    built = []
    build = memory.VectorIndex.build
    monkeypatch.setattr(memory.VectorIndex, "build", lambda *a: built.append(len(a[0])) or build(*a))
    shown = measure(few=200, many=2000, queries=20).as_json()
    assert built == [2000]
    assert shown["recall10"] == 1
    assert shown["million"]["recall10"] > 0.8
    assert shown["million"]["examples"] == 2000
    assert shown["value"] > 0
    assert shown["ratio"] == pytest.approx(shown["value"] / shown["peer_value"], rel=0.01)


def test_the_numpy_peer_finds_the_nearest():
    vectors, asked = drawn_signs(400, 5, np.random.default_rng(1))
    for query in asked:
        found = lexicon_search._numpy_search(vectors, query)
        assert found.tolist() == np.argsort(-(vectors @ query))[: lexicon_search.TOP].tolist()
