"""How near a sign is, worked by hand; the index against looking at all; encoders of several spaces."""

import numpy as np
import pytest

import chereme.lexicon.memory as memory_module
from chereme.errors import LexiconError
from chereme.layout import HANDS_42
from chereme.lexicon import Lexicon, Sign
from chereme.lexicon.gallery import Gallery
from chereme.lexicon.index import IndexedBy, VectorIndex
from chereme.lexicon.rows import new_entry


def test_a_sign_is_as_near_as_its_nearest_and_its_middle_together(lexicon, keep, towards):
    keep(lexicon, "two", 1, 0)
    near = keep(lexicon, "two", 0, 1)
    keep(lexicon, "one", 3, 4)
    first, second = lexicon.search(towards(0, 1))
    assert (first.sign.gloss, first.entry, first.examples) == ("two", near, 2)
    assert first.similarity == pytest.approx((1 + np.sqrt(0.5)) / 2)
    assert (second.sign.gloss, second.examples) == ("one", 1)
    assert second.similarity == pytest.approx(0.8)
    assert lexicon.search(towards(0, 1), top=1) == [first]


def test_examples_that_are_opposite_have_no_middle(lexicon, keep, towards):
    keep(lexicon, "odd", 1)
    keep(lexicon, "odd", -1)
    (hit,) = lexicon.search(towards(1))
    assert hit.similarity == pytest.approx(0.5)


def test_nothing_to_find(lexicon, towards):
    assert lexicon.search(towards(1)) == []
    assert lexicon.remarks == []


def test_a_query_of_another_length(lexicon, keep):
    keep(lexicon, "casa", 1)
    with pytest.raises(LexiconError, match="its embeddings have 16 numbers, not 3"):
        lexicon.search(np.array([1, 0, 0], np.float32))


def test_adding_in_steps_is_as_adding_at_once(rng):
    vectors = rng.standard_normal((3000, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    signs = [Sign(f"g{i}", "ase" if i % 3 else "bzs") for i in rng.integers(0, 500, 3000)]
    ids = np.arange(1, 3001)
    whole = Gallery.empty().added(vectors, signs, ids, ids)
    steps = Gallery.empty()
    for start in range(0, 3000, 700):
        part = slice(start, start + 700)
        steps = steps.added(vectors[part], signs[part], ids[part], ids[part])
        assert len(steps.nearest(vectors[0], 3)) == 3
    assert len(whole.base) == 3000
    assert len(steps.tail) > 0
    for language in (None, "bzs"):
        for query in vectors[:5]:
            ours, expected = steps.nearest(query, 10, language), whole.nearest(query, 10, language)
            assert [h.entry for h in ours] == [h.entry for h in expected]
            np.testing.assert_allclose([h.similarity for h in ours], [h.similarity for h in expected], atol=1e-6)


@pytest.fixture
def clustered(rng):
    """Embeddings as signs lie: 600 signs of ten examples each, in thirty families."""

    def unit(x):
        return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)

    families = unit(rng.standard_normal((30, 16)))
    signs = unit(families[np.arange(600) % 30] + 0.15 * rng.standard_normal((600, 16)))
    vectors = unit(np.repeat(signs, 10, 0) + 0.1 * rng.standard_normal((6000, 16)))
    return vectors, [Sign(f"g{i // 10}", "ase" if i % 20 < 10 else "bzs") for i in range(6000)]


@pytest.fixture
def index_from_200(monkeypatch):
    pytest.importorskip("faiss")
    monkeypatch.setattr(memory_module, "EXACT", 200)
    monkeypatch.setattr("chereme.lexicon.index.EXACT", 200)


def fill(lexicon, vectors, signs):
    from sqlalchemy import insert

    from chereme.lexicon.tables import embeddings, entries

    space = lexicon.memory.space
    with lexicon.place.writing() as connection:
        for i, (vector, sign) in enumerate(zip(vectors, signs, strict=True)):
            told = dict.fromkeys(("source", "licence", "signer", "words", "spoken_language"), "")
            row = {**vars(sign), **told, "added": "", "seconds": 1.0, "priority": 0, "digest": f"{sign}{i}"}
            (id,) = connection.execute(insert(entries).values(row)).inserted_primary_key
            connection.execute(insert(embeddings).values(entry=id, space=space, vector=vector.tobytes()))


def test_the_index_finds_what_looking_at_all_finds(lexicon, clustered, index_from_200, monkeypatch):
    vectors, signs = clustered
    fill(lexicon, vectors, signs)
    monkeypatch.setattr("chereme.lexicon.index.PROBED", 32)
    gallery, same = lexicon.prepare(), []
    for language in (None, "bzs"):
        for query in vectors[10::300]:  # of signs in bzs
            found = lexicon.search(query, 10, language)
            expected = gallery.nearest(query, 10, language)
            same.append(len({h.sign for h in found} & {h.sign for h in expected}) / 10)
            assert found[0] == expected[0]
    assert np.mean(same) >= 0.95


def test_the_index_stays_true_when_entries_come_and_go(
    lexicon, clustered, index_from_200, keep, towards, encoder, monkeypatch
):
    vectors, signs = clustered
    fill(lexicon, vectors[:1000], signs[:1000])
    query = vectors[0]
    assert lexicon.search(query)[0].sign == signs[0]
    (written,) = lexicon.place.path.parent.glob("*.index")
    lexicon.remove(signs[0])
    keep(lexicon, "new", *query)
    monkeypatch.setattr(VectorIndex, "build", lambda *_: pytest.fail("it was built again"))
    hits = lexicon.search(query)
    assert hits[0].sign == Sign("new")
    assert signs[0] not in {hit.sign for hit in hits}
    assert hits == lexicon.prepare().nearest(query, 10)
    with Lexicon.open(lexicon.place.path, encoder) as again:  # another process reads what was written
        assert again.search(query) == hits
        assert Sign("new") not in {hit.sign for hit in again.search(query, language="ase")}
    monkeypatch.undo()
    monkeypatch.setattr(memory_module, "EXACT", 200)
    written.write_bytes(b"{}\n")  # spoilt: it is made anew
    with Lexicon.open(lexicon.place.path, encoder) as again:
        assert again.search(query) == hits
    assert len(written.read_bytes()) > 100


def test_an_index_of_another_lexicon_is_not_read(clustered, tmp_path):
    pytest.importorskip("faiss")
    vectors, signs = clustered
    gallery = Gallery.empty().added(vectors[:500], signs[:500], range(500), range(1, 501))
    VectorIndex.build(gallery, IndexedBy("mine", "space", 500)).write(tmp_path / "x.index")
    assert VectorIndex.read(tmp_path / "x.index", "mine", "space").of.last == 500
    assert VectorIndex.read(tmp_path / "x.index", "yours", "space") is None
    assert VectorIndex.read(tmp_path / "x.index", "mine", "other") is None
    assert VectorIndex.read(tmp_path / "y.index", "mine", "space") is None


def test_without_faiss_all_are_looked_at_and_it_is_said(lexicon, clustered, monkeypatch):
    vectors, signs = clustered
    fill(lexicon, vectors[:300], signs[:300])
    for place in ("chereme.lexicon.memory", "chereme.lexicon.lexicon"):
        monkeypatch.setattr(f"{place}.EXACT", 200)
        monkeypatch.setattr(f"{place}.has_faiss", lambda: False)
    assert lexicon.search(vectors[0]) == lexicon.prepare().nearest(vectors[0], 10)
    assert lexicon.remarks == [
        "more than 200 examples are looked at one by one; pip install 'chereme[index]' is quicker"
    ]


class TestAnotherSpace:
    def test_poses_are_embedded_anew_and_both_are_kept(self, lexicon, other_encoder, clips):
        path = lexicon.place.path
        for gloss, clip in zip(("casa", "pai"), clips, strict=False):
            lexicon.add(gloss, clip)
        with Lexicon.open(path, other_encoder) as other:
            watched = []
            other.prepare(lambda ids: watched.extend(ids) or ids)
            assert watched == [1, 2]
            assert other.search(clips[1])[0].similarity == pytest.approx(1, abs=1e-5)
            assert other.remarks == []
        with Lexicon.open(path, other_encoder) as again:
            again.prepare(lambda ids: pytest.fail("they were kept"))
            assert len(again.search(clips[0])) == 2
        assert lexicon.search(clips[0])[0].sign.gloss == "casa"
        assert lexicon.encoder_name.endswith("small")  # the lexicon names the first still

    def test_embeddings_only_are_left_out_and_it_is_said(self, lexicon, other_encoder, clips):
        lexicon.add("casa", clips[0], keep_pose=False)
        lexicon.add("pai", clips[1])
        with Lexicon.open(lexicon.place.path, other_encoder) as other:
            assert [hit.sign.gloss for hit in other.search(clips[0])] == ["pai"]
            (line,) = other.remarks
        assert line.startswith("1 entry is left out: embeddings only, made by small-")
        assert "--bundle" in line

    def test_landmarks_that_the_other_cannot_read(self, lexicon, other_encoder, clips):
        lexicon.add("pai", clips[1])
        new = new_entry(Sign("casa"), clips[0].pick(HANDS_42), lexicon.entries()[0].about)
        lexicon.insert(new)
        with Lexicon.open(lexicon.place.path, other_encoder) as other:
            assert [hit.sign.gloss for hit in other.search(clips[1])] == ["pai"]
            (line,) = other.remarks
        assert line.startswith("1 entry is left out: entry 2 cannot be embedded")

    def test_in_a_place_that_may_not_be_written(self, lexicon, other_encoder, clips, tmp_path):
        lexicon.add("casa", clips[0])
        lexicon.add("pai", clips[1])
        lexicon.close()
        path = tmp_path / "signs.sqlite"
        path.chmod(0o444)
        with Lexicon.open(path, other_encoder) as reader:
            assert reader.search(clips[1])[0].sign.gloss == "pai"
            assert {hit.sign.gloss for hit in reader.search(clips[0])} == {"casa", "pai"}
            assert reader.remarks == []


def test_an_embedding_of_another_length_does_not_get_in(lexicon, keep):
    keep(lexicon, "casa", 1)
    from chereme.lexicon.rows import insert_embeddings

    with lexicon.place.writing() as connection, pytest.raises(LexiconError, match="3 numbers are no embedding of"):
        insert_embeddings(connection, lexicon.memory.space, {1: np.array([1, 0, 0], np.float32)})
