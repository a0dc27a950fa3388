"""Phrases from a lexicon: names, senses, variants, languages, letters, numbers, and what is missing."""

from itertools import pairwise

import pytest

from chereme.errors import CheremeError, LexiconError
from chereme.lexicon import Lexicon, Sign
from chereme.lexicon.rows import NewEntry
from chereme.produce import JoinConfig, open_lexicon, open_producer, plan_phrase, sign_phrase

PLACES = [(0.66 + 0.02 * i, 0.36 + 0.02 * i) for i in range(12)]


@pytest.fixture
def place(sign, recorded):
    """Nine signs of Libras, one of them of another language's kind under the same gloss."""
    signs = [
        Sign("casa", "bzs"),
        Sign("casa", "bzs", variant="norte"),
        Sign("banco", "bzs", sense="dinheiro"),
        Sign("banco", "bzs", sense="sentar"),
        Sign("banco", "bzs", variant="norte", sense="sentar"),
        Sign("Bom dia", "bzs"),
        *(Sign(letter, "bzs") for letter in "A1"),
        Sign("Ç", "bzs"),
    ]
    return recorded(*((one, sign(at)) for one, at in zip(signs, PLACES, strict=False)))


@pytest.fixture
def signs(place):
    return open_lexicon(place)


def names(plan):
    return [[name for _, name in word.signs] for word in plan.words]


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        pytest.param("CASA", Sign("casa", "bzs"), id="capitals"),
        pytest.param("casa/norte", Sign("casa", "bzs", variant="norte"), id="a variant"),
        pytest.param("BANCO", Sign("banco", "bzs", sense="dinheiro"), id="the first sense"),
        pytest.param("banco#sentar", Sign("banco", "bzs", sense="sentar"), id="a sense"),
        pytest.param("BANCO#2", Sign("banco", "bzs", sense="sentar"), id="a sense by number"),
        pytest.param("banco#2/norte", Sign("banco", "bzs", "norte", "sentar"), id="its variant"),
        pytest.param("BOM-DIA", Sign("Bom dia", "bzs"), id="a hyphen for a space"),
    ],
)
def test_a_name_finds_its_sign(signs, asked, meant):
    assert signs.entry(asked).sign == meant


def test_what_is_not_there_is_said_with_what_is_near(signs):
    with pytest.raises(LexiconError, match=r"cas: not in .*near it: casa"):
        signs.entry("cas")
    assert signs.produce("casa", fps=30.0, size=(400, 400)).size == (400, 400)


def test_languages_are_kept_apart(sign, recorded):
    place = recorded((Sign("casa", "bzs"), sign(PLACES[0])), (Sign("house", "ase"), sign(PLACES[1])))
    with pytest.raises(LexiconError, match=r"2 languages \(ase, bzs\); say which with --language"):
        open_lexicon(place)
    assert open_lexicon(place, "BZS").glosses == ("casa",)
    with pytest.raises(LexiconError, match="no sign of ins"):
        open_lexicon(place, "ins")


def test_a_lexicon_of_embeddings_alone_signs_nothing(tmp_path):
    with pytest.raises(LexiconError, match="embeddings only, no landmarks"):
        open_lexicon("libras24")
    with Lexicon.open(tmp_path / "empty.sqlite", create=True):
        pass
    with pytest.raises(LexiconError, match="holds no sign"):
        open_lexicon(tmp_path / "empty.sqlite")


def test_a_sign_of_embeddings_alone_says_so(sign, recorded):
    place = recorded((Sign("casa"), sign(PLACES[0])))
    with Lexicon.open(place) as lexicon:
        lexicon.insert(NewEntry(Sign("pai"), "digest", None, 1.0, "2026-01-01", {}))
    with pytest.raises(LexiconError, match=r"pai: .* by embeddings only"):
        open_lexicon(place).entry("pai")


def test_what_is_neither_lexicon_nor_bundle_is_said():
    with pytest.raises(CheremeError, match=r"nowhere.sqlite: no lexicon .*and as a bundle"):
        open_producer("nowhere.sqlite")
    assert "book" in [gloss.casefold() for gloss in open_producer("isl43_producer").glosses]


def test_names_and_numbers_are_spelled_and_the_rest_only_when_asked(signs):
    plan = plan_phrase(["CASA", "A-Ç-A", "11", "AÇA"], signs)
    assert names(plan) == [["casa"], ["A", "Ç", "A"], ["1", "1"]]
    assert [word.spelled for word in plan.words] == [False, True, True]
    assert list(plan.missing) == ["AÇA"]
    asked = plan_phrase(["AÇA"], signs, spell_missing=True)
    assert names(asked) == [["A", "Ç", "A"]]
    assert not asked.missing


def test_letters_may_come_from_elsewhere(signs, sign, recorded):
    other = open_lexicon(recorded((Sign("B"), sign(PLACES[9])), (Sign("C"), sign(PLACES[10])), name="letters.sqlite"))
    plan = plan_phrase(["B-A-Ç"], signs, other)
    assert [[who is other for who, _ in word.signs] for word in plan.words] == [[True, False, False]]
    assert list(plan_phrase(["B-A-C"], signs).missing) == ["B-A-C"]


def test_a_phrase_has_a_span_for_each_word(signs):
    joined = sign_phrase(["BOM-DIA", "A-Ç-A", "CASA"], signs)
    assert [span.gloss for span in joined.spans] == ["BOM-DIA", "A-Ç-A", "CASA"]
    assert [span.spelled for span in joined.spans] == [False, True, False]
    assert all(a.last < b.first for a, b in pairwise(joined.spans))
    assert joined.spans[1].end - joined.spans[1].start > 0.9  # three letters of 0.3 s


def test_a_phrase_with_a_missing_word_is_refused_unless_told(signs):
    with pytest.raises(
        LexiconError,
        match=r"no sign for cas \(near it: casa, casa/norte\), xyz \(there are .*casa, Ç\); add them, spell",
    ):
        sign_phrase(["casa", "cas", "xyz"], signs)
    joined = sign_phrase(["casa", "xyz"], signs, skip_missing=True)
    assert [span.gloss for span in joined.spans] == ["casa"]
    with pytest.raises(LexiconError, match="no sign for xyz"):
        sign_phrase(["xyz"], signs, skip_missing=True)
    with pytest.raises(CheremeError, match="no gloss to sign"):
        sign_phrase([" "], signs)


def test_a_trained_producer_signs_phrases_too():
    producer = open_producer("isl43_producer")
    joined = sign_phrase([producer.glosses[0].upper(), producer.glosses[1]], producer)
    assert len(joined.spans) == 2
    assert joined.sequence.seconds > 1


def test_a_long_text_is_signed_whole(signs):
    joined = sign_phrase(["casa", "banco", "BOM-DIA"] * 200, signs, config=JoinConfig(speed=0.4))
    assert len(joined.spans) == 600
    assert joined.sequence.seconds > 600
