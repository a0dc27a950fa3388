"""Word lists, and the words of them that a film may have meant."""

import pytest

from chereme.errors import ManifestError
from chereme.spell.film import Film, FilmLetter
from chereme.spell.words import read_words, snap, snap_film
from chereme.types import Ranked


def letters(word, opens=(), **others):
    """Letters of probability 0.9; `others` names a second answer for a letter: `N="M"`, of 0.6."""
    return tuple(
        FilmLetter(
            letter,
            i,
            i + 1,
            0.9,
            False,
            (Ranked(letter, 0.9), *(Ranked(o, 0.6) for o in others.get(letter, ()))),
            i in opens,
        )
        for i, letter in enumerate(word)
    )


def words(found):
    return [nearest.word for nearest in found]


def test_the_word_itself_is_nearest():
    found = snap(letters("HELLO"), ["help", "Hello", "yellow"])
    assert words(found)[0] == "Hello"
    assert found[0].score == 1
    assert [n.score for n in found] == sorted((n.score for n in found), reverse=True)


def test_a_letter_that_it_may_be_costs_less():
    assert words(snap(letters("NAT"), ["cat", "mat"], top=1)) == ["cat"]
    found = snap(letters("NAT", N="M"), ["cat", "mat"])
    assert words(found) == ["mat", "cat"]
    assert found[0].score == pytest.approx(1 - (1 - 0.6 / 0.9) / 3, abs=1e-4)
    assert found[1].score == pytest.approx(1 - 1 / 3, abs=1e-4)


def test_a_doubled_letter_that_was_missed_costs_less():
    found = snap(letters("BOK"), ["bork", "book"])
    assert words(found) == ["book", "bork"]
    assert found[0].score == pytest.approx(1 - 0.4 / 4)


def test_accents_count_only_where_the_alphabet_has_them():
    assert snap(letters("AGUA"), ["água"])[0].score == 1
    found = snap(letters("PRAÇA"), ["praca", "praça"])
    assert words(found) == ["praça", "praca"]


def test_hyphens_and_spaces_are_not_spelled():
    assert snap(letters("TSHIRT"), ["T-shirt"])[0].score == 1


def test_a_label_of_several_letters():
    assert snap((*letters("I"), *letters(["CH"])), ["ich"])[0].score == 1


def test_nothing_spelled_is_near_nothing():
    assert snap((), ["a"]) == ()
    assert snap_film(Film((), None), ["a"]) == ()


def test_several_words():
    found = snap_film(Film(letters("REDBAL", opens={3}), "right"), ["ball", "red"])
    assert words(found) == ["red ball"]
    assert found[0].score == pytest.approx((1 + 0.9) / 2)
    assert words(snap_film(Film(letters("RED"), "right"), ["ball", "red"])) == ["red", "ball"]


def test_read_words(tmp_path):
    path = tmp_path / "words.txt"
    path.write_bytes("\ufeffágua\r\n\r\n  casa \r\ncasa\r\n".encode())
    assert read_words(path) == ("água", "casa")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(None, "cannot be read", id="missing"),
        pytest.param(b"\n \n", "holds no word", id="empty"),
        pytest.param(b"\xff\xfe\x00a", "not UTF-8", id="not text"),
    ],
)
def test_word_lists_that_cannot_be_used(tmp_path, data, message):
    path = tmp_path / "words.txt"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(ManifestError, match=message):
        read_words(path)
