"""Sentences to glosses: lemmas, order, numbers, names, and phrase books that win over the rules."""

import csv

import pytest

from chereme.errors import CheremeError
from chereme.gloss import (
    BOOKS,
    LANGUAGES,
    PhraseBook,
    copy_book,
    coverage,
    find_name,
    is_spelled,
    nearest,
    other_language,
    spelled,
    text_to_gloss,
)


def glosses(text, code, **more):
    return [" ".join(one.glosses) for one in text_to_gloss(text, code, **more)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Onde dói?", "DOER ONDE", id="the question word comes last"),
        pytest.param("Não estou com dor hoje.", "HOJE DOR NÃO", id="when first, negation last, no copula"),
        pytest.param("Por que você não tomou o remédio ontem?", "ONTEM VOCÊ TOMAR REMÉDIO NÃO POR-QUE", id="all three"),
        pytest.param("Quando você come, a barriga dói?", "QUANDO VOCÊ COMER BARRIGA DOER", id="quando that joins"),
        pytest.param(
            "Tome um comprimido de 8 em 8 horas.", "TOMAR 1 COMPRIMIDO CADA 8 HORA", id="one, and every eight"
        ),
        pytest.param("Comprei um carro.", "COMPRAR CARRO", id="an article is no number"),
        pytest.param("Ela tem trinta e oito anos.", "ELA TER 38 ANO", id="number words"),
        pytest.param("A temperatura é 38,5.", "TEMPERATURA 38 VÍRGULA 5", id="a fraction"),
        pytest.param("São 1.500 pessoas às 14h30.", "1500 PESSOA 14 HORA 30", id="thousands and an hour"),
        pytest.param("Meu nome é Kátia Souza.", "MEU NOME K-A-T-I-A S-O-U-Z-A", id="a name is spelled"),
        pytest.param("O Dr. Silva chega amanhã.", "AMANHÃ DOUTOR S-I-L-V-A CHEGAR", id="a title's stop ends nothing"),
        pytest.param("João está com HIV.", "J-O-A-O H-I-V", id="first names and capitals"),
        pytest.param("Posso ajudá-lo?", "PODER AJUDAR", id="a pronoun after the verb"),
        pytest.param("Bom dia, sente-se por favor.", "BOM-DIA SENTAR POR-FAVOR", id="words that belong together"),
        pytest.param("ONDE DÓI?", "DOER ONDE", id="all in capitals"),
    ],
)
def test_portuguese(text, expected):
    assert glosses(text, "pt") == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Where does it hurt?", "HURT WHERE", id="the question word comes last"),
        pytest.param("I don't have a headache today.", "TODAY I HAVE HEADACHE NOT", id="contraction, negation"),
        pytest.param("You can’t eat before the blood test.", "YOU CAN EAT BEFORE BLOOD-TEST NOT", id="a curly quote"),
        pytest.param("How long have you had a fever?", "YOU HAVE FEVER HOW-LONG", id="have that helps"),
        pytest.param("Do you have a fever?", "YOU HAVE FEVER", id="have that says it"),
        pytest.param("When you eat, does your stomach hurt?", "WHEN YOU EAT YOUR STOMACH HURT", id="when that joins"),
        pytest.param("Take two pills every eight hours.", "TAKE 2 PILL EVERY 8 HOUR", id="number words"),
        pytest.param("one hundred and twenty-three", "123", id="a long number"),
        pytest.param(
            "Dr. Patel sees you tomorrow at 2:30.", "TOMORROW DOCTOR P-A-T-E-L SEE YOU 2 HOUR 30", id="a doctor"
        ),
        pytest.param("My name is John Smith.", "MY NAME J-O-H-N S-M-I-T-H", id="a name is spelled"),
        pytest.param("I'll help you, but not on Monday.", "I WILL HELP YOU BUT MONDAY NOT", id="two clauses"),
    ],
)
def test_english(text, expected):
    assert glosses(text, "en") == [expected]


@pytest.mark.parametrize(
    ("text", "said", "likelier"),
    [
        pytest.param("Where is the book?", "pt", "en", id="English"),
        pytest.param("Onde é que dói?", "en", "pt", id="Portuguese"),
        pytest.param("Onde é que dói?", "pt", "", id="as was said"),
        pytest.param("Peace. Casa.", "pt", "", id="nothing tells"),
        pytest.param("no, a doctor", "en", "", id="words of both"),
    ],
)
def test_a_text_may_be_likelier_in_another_language(text, said, likelier):
    assert other_language(text, said) == likelier


def test_sentences_are_taken_one_by_one():
    found = text_to_gloss("Você tem febre? Não beba álcool.\nVolte amanhã!", "pt")
    assert [one.sentence for one in found] == ["Você tem febre?", "Não beba álcool.", "Volte amanhã!"]
    assert {one.by for one in found} == {"rules"}


def test_words_that_are_one_sign_of_a_lexicon_become_it():
    assert glosses("Where is my cell phone?", "en", known=("Cell phone", "my")) == ["MY CELL-PHONE WHERE"]
    assert glosses("Ana chegou.", "pt", known=("ana",)) == ["ANA CHEGAR"]


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("", "pt", "no word in the text"),
        (" ?! ", "en", "no word in the text"),
        ("of the", "en", "no word of it has a sign"),
        ("bonjour", "fr", "'fr': text becomes glosses in en and pt only"),
        ("a" * 100_001, "pt", "at most 100000"),
    ],
)
def test_texts_without_glosses_are_refused(text, code, message):
    with pytest.raises(CheremeError, match=message):
        text_to_gloss(text, code)


@pytest.fixture
def book(tmp_path):
    def make(*rows, columns=("sentence", "glosses", "language")):
        path = tmp_path / "book.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([columns, *rows])
        return PhraseBook.from_file(path)

    return make


def test_a_phrase_book_wins_whatever_accents_case_and_marks(book):
    phrases = book(("Onde dói?", "DOR LUGAR", "pt"))
    found = text_to_gloss("onde DOI", "pt", phrases)
    assert [(one.glosses, one.by) for one in found] == [(("DOR", "LUGAR"), "phrase book")]
    assert text_to_gloss("Onde dói agora?", "pt", phrases)[0].by == "rules"
    assert text_to_gloss("onde doi", "en", phrases)[0].by == "rules"


def test_places_take_numbers_names_and_words(book):
    phrases = book(
        ("Tome {number} comprimidos de {word}, {name}.", "{name} {word} COMPRIMIDO {number} TOMAR", "pt"),
        ("Tome dois comprimidos de dipirona, Ana.", "SEM LUGAR", ""),
    )
    assert glosses("tome vinte e um comprimidos de dipirona, José da Silva", "pt", book=phrases) == [
        "J-O-S-E D-A S-I-L-V-A DIPIRONA COMPRIMIDO 21 TOMAR"
    ]
    assert glosses("Tome 2 comprimidos de dipirona, Ana!", "pt", book=phrases) == ["SEM LUGAR"]  # the exact one first


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("", "A", ""), "row 2: needs a sentence and its glosses"),
        (("oi", "", "pt"), "row 2: needs a sentence and its glosses"),
        (("oi", "OI", "fr"), "row 2: language 'fr' is none of en, pt"),
        (("oi {nome}", "OI {nome}", "pt"), "row 2: {nome} is no place"),
        (("oi", "OI {name}", "pt"), "row 2: the sentence has no {name}"),
    ],
)
def test_rows_that_are_none_are_named(book, row, message):
    with pytest.raises(CheremeError, match=message):
        book(row)


def test_files_that_are_no_book_are_refused(book, tmp_path):
    with pytest.raises(CheremeError, match="needs the columns sentence and glosses; it has a, b"):
        book(("x", "y"), columns=("a", "b"))
    with pytest.raises(CheremeError, match=r"cannot be read.*books that ship: health"):
        PhraseBook.from_file(tmp_path / "none.csv")


def test_every_health_phrase_is_found_again():
    health = PhraseBook.from_file("health")
    assert {phrase.language for phrase in health.phrases} == set(LANGUAGES)
    assert len(health.phrases) >= 120
    for phrase in health.phrases:
        said = phrase.sentence.replace("{number}", "12").replace("{name}", "Ana Souza").upper()
        (found,) = text_to_gloss(said, phrase.language, health)
        assert found.by == "phrase book"
        written = " ".join(phrase.glosses).replace("{number}", "12").replace("{name}", "A-N-A S-O-U-Z-A")
        assert " ".join(found.glosses) == written
        assert written == written.upper()


def test_a_book_is_copied_to_be_edited(tmp_path):
    copy_book("health", tmp_path / "ours.csv")
    assert PhraseBook.from_file(tmp_path / "ours.csv") == PhraseBook.from_file("health")
    with pytest.raises(CheremeError, match="stands there already"):
        copy_book("health", tmp_path / "ours.csv")
    with pytest.raises(CheremeError, match="no phrase book 'x' ships"):
        copy_book("x", tmp_path / "x.csv")
    assert BOOKS == ("health",)


def test_coverage_counts_what_needs_a_sign():
    found = coverage(["GOOD-MORNING", "PAIN", "J-O", "BOK", "PAIN"], ["Good Morning", "Book"])
    assert found.known == ("GOOD-MORNING",)
    assert found.missing == {"PAIN": (), "BOK": ("Book",)}
    assert found.to_spell == ("J-O",)
    assert found.share == pytest.approx(1 / 4)
    assert coverage(["J-O"], []).share == 1


def test_names_are_found_by_the_nearest_spelling():
    assert find_name("casa", ["Casa", "casa"]) == "casa"
    assert find_name("CASA", ["Casa", "casa"]) is None  # two, equally like it
    assert find_name("agua_fria", ["Água fria"]) == "Água fria"
    assert find_name("bank#river", ["bank"]) is None
    assert nearest("xyz", ["Book"]) == []
    assert spelled("José Conceição") == "J-O-S-E-C-O-N-C-E-I-Ç-A-O"
    assert is_spelled("J-O")
    assert not is_spelled("GOOD-MORNING")
    assert not is_spelled("J")
