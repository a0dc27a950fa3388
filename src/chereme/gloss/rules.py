"""Spoken sentences to glosses by rules: lemmas in capitals, words without a sign dropped, names spelled.

The order is: when, then the rest as it was said, then the negation, then the question word. That is how Libras and
Indian Sign Language often order a sentence; it is a simplification, and no grammar of either.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

import simplemma

from chereme.gloss.language import Language
from chereme.gloss.names import find_name, spelled
from chereme.gloss.tokens import Word, words_of

__all__ = ["gloss_sentence", "lemma", "split_words"]

_LONGEST = 4
"""Words of the longest name of a sign that is looked for in a text."""
_SUBJECTS = {"i", "you", "he", "she", "it", "we", "they", "your", "the"}
_CLITIC = re.compile(r"-(me|te|se|lhes?|[lnv]?[oa]s?|nos|vos)$")


def gloss_sentence(sentence: str, of: Language, known: Sequence[str] = ()) -> tuple[str, ...]:
    """The glosses of one sentence.

    Args:
        sentence: with its marks: a question mark says that a question word asks.
        of: the language that it is written in.
        known: names of signs, as of a lexicon; several words that are one of them become that one.
    """
    words = split_words(sentence, of)
    asks = sentence.rstrip(" \"')]").endswith("?")
    loud = sum(word.text.isupper() for word in words) > len(words) / 2  # all in capitals: they say nothing
    clauses: list[list[Word]] = [[]]
    for word in words:
        if word.is_mark or word.low in of.breaks:
            clauses.append([])
        if not word.is_mark:
            clauses[-1].append(word)
    spoken = [_together(clause, of, known) for clause in clauses if clause]
    found: list[str] = []
    for number, clause in enumerate(spoken, 1):  # `when you eat, does it hurt?` asks in its last clause
        found += _clause(clause, of, known, asks and number == len(spoken), loud)
    return tuple(found)


def split_words(sentence: str, of: Language) -> list[Word]:
    """The words of a sentence, contractions opened, numbers as digits."""
    opened = []
    for word in words_of(sentence, of, lambda _, after: not of.one_before or lemma(after, of) in of.one_before):
        if of.code == "en" and word.low not in of.forms:
            opened += _opened(word)
        else:
            opened.append(word)
    return _every(opened) if of.code == "pt" else opened


def _every(words: list[Word]) -> list[Word]:
    """Portuguese `de 8 em 8 horas` as `cada 8 horas`."""
    found: list[Word] = []
    for word in words:
        match found:
            case [*_, Word(text="de" | "De", first=first), Word(text=number), Word(text="em")] if (
                word.is_number and number == word.text
            ):
                found[-3:] = [Word("cada", first), word]
            case _:
                found.append(word)
    return found


def _opened(word: Word) -> list[Word]:
    """English contractions as the words that they stand for."""
    text, quote, end = word.text.replace("’", "'").partition("'")
    if not quote:
        return [word]
    if end == "t" and text.lower().endswith("n"):
        return [Word(text[:-1], word.first), Word("not")]
    if end in ("ll", "d"):
        return [Word(text, word.first), *([Word("will")] if end == "ll" else [])]
    return [Word(text, word.first), *([Word("have")] if end == "ve" else [])]


def _together(words: list[Word], of: Language, known: Sequence[str]) -> list[Word]:
    """Join the words that are one sign: those that the language lists, and names of signs that are known."""
    several = [name for name in known if re.search(r"[^\W\d_][\s_-]+\w", name)]
    found, i = [], 0
    while i < len(words):
        for count in range(min(_LONGEST, len(words) - i), 1, -1):
            low = "-".join(word.low for word in words[i : i + count])
            lemmas = "-".join(lemma(word.low, of) for word in words[i : i + count])
            name = find_name(low, several) or find_name(lemmas, several)
            if low in of.together or name:
                found.append(Word(name or low, words[i].first, sign=True))
                i += count
                break
        else:
            found.append(words[i])
            i += 1
    return found


def _clause(words: list[Word], of: Language, known: Sequence[str], asks: bool, loud: bool) -> list[str]:
    """The glosses of one clause, in order."""
    times, rest, negations, questions = [], [], [], []
    if words[0].low in of.breaks:
        return [_as_gloss(words[0].low), *(_clause(words[1:], of, known, asks, loud) if words[1:] else [])]
    for i, word in enumerate(words):
        before = "-".join(w.low for w in words[max(0, i - 2) : i])
        low = word.low
        if word.is_number:
            rest += _number_glosses(word.text, of)
        elif asks and low in of.questions and not (low == "que" and i):
            questions.append(_as_gloss(of.forms.get(low, low)))
        elif _is_name(word, before, of, loud):
            name = find_name(word.text, known)
            rest.append(_as_gloss(name) if name else spelled(word.text))
        elif low in of.negations:
            negations.append(_as_gloss(low))
        elif low in of.times:
            times.append(_as_gloss(low))
        elif word.sign:
            rest.append(_as_gloss(low))
        elif low not in of.dropped and not (asks and _helps(words, i, of)) and not _accompanies(words, i, of):
            rest += [_as_gloss(part) for part in lemma(low, of).split() if part not in of.dropped and part != "not"]
            negations += [_as_gloss(part) for part in lemma(low, of).split() if part == "not"]
    return [*times, *rest, *negations, *questions]


def _accompanies(words: list[Word], at: int, of: Language) -> bool:
    """In `estou com dor`, com is part of the verb, and drops with it; elsewhere it says something."""
    return of.code == "pt" and words[at].low == "com" and at > 0 and lemma(words[at - 1].low, of) == "estar"


def _helps(words: list[Word], at: int, of: Language) -> bool:
    """In `have you taken it?`, have only helps another verb; `do you have it?` says it."""
    after = words[at + 1].low if at + 1 < len(words) else ""
    return of.code == "en" and lemma(words[at].low, of) == "have" and after in _SUBJECTS


def _is_name(word: Word, before: str, of: Language, loud: bool) -> bool:
    """Whether a word is a name, which is spelled."""
    low = word.low
    last = before.rpartition("-")[2]
    if word.sign or not word.text[0].isupper() or loud or "-" in word.text:
        return False
    if any(before == cue or last == cue for cue in of.names_follow) or last in of.titles or low in of.names:
        return True
    if low in of.capitals or low in of.titles:
        return False
    if word.text.isupper() and len(low) > 1:  # HIV, SUS
        return True
    if low in of.dropped | of.negations | of.questions | of.times or low in of.forms:
        return False
    return not word.first or not (low in of.numbers or _is_word(low, of.code))


def _number_glosses(text: str, of: Language) -> list[str]:
    """`38,5` is 38 and 5 with a point between, `14:30` has the hour between."""
    if hour := re.fullmatch(r"(\d{1,2})[:h](\d{2})", text):
        return [hour[1], of.hour.upper(), *([hour[2]] if hour[2] != "00" else [])]
    if re.fullmatch(r"\d{1,3}([.,]\d{3})+", text) and (text.count(",") + text.count(".") > 1 or _thousands(text, of)):
        return [re.sub(r"[.,]", "", text)]
    whole, mark, part = re.sub(r"[.,]", ".", text).partition(".")
    if mark and part.isdigit():
        return [whole, of.point.upper(), part]
    return re.findall(r"\d+", text)


def _thousands(text: str, of: Language) -> bool:
    """Whether the one mark in a number stands for thousands: 1,000 in English, 1.000 in Portuguese."""
    return ("," if of.code == "en" else ".") in text


def lemma(low: str, of: Language) -> str:
    """The base form of a word in small letters; several words where it stands for several; empty: none."""
    if low in of.forms:
        return of.forms[low]
    if of.code == "pt" and low not in of.together | of.times:
        low = _CLITIC.sub("", low)
        if low in of.forms:
            return of.forms[low]
        if low.endswith(("á", "ê", "ô")) and _is_word(f"{_infinitive_stem(low)}r", of.code):  # ajudá-lo
            low = f"{_infinitive_stem(low)}r"
    if low in of.together | of.times | of.questions | of.negations:
        return low
    found = _lemma(low, of.code).lower()
    return of.forms.get(found, found)


def _infinitive_stem(word: str) -> str:
    """The infinitive's stem of a Portuguese verb that has lost its r before a pronoun."""
    return word[:-1] + {"á": "a", "ê": "e", "ô": "o"}[word[-1]]


@lru_cache(maxsize=4096)
def _lemma(word: str, code: str) -> str:
    return str(simplemma.lemmatize(word, lang=code))


@lru_cache(maxsize=4096)
def _is_word(word: str, code: str) -> bool:
    return bool(simplemma.is_known(word, lang=code))


def _as_gloss(word: str) -> str:
    """As glosses are written: capitals, hyphens for spaces."""
    return re.sub(r"\s+", "-", word.strip()).upper()
