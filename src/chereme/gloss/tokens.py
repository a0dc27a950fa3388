"""A text cut into sentences and words, with numbers as digits."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from chereme.gloss.language import Language

__all__ = ["Word", "sentences", "words_of"]

_WORD = re.compile(r"\d+(?:[.,:h/]\d+)*|[^\W\d_]+(?:[-'’][^\W\d_]+)*|[,;:!?.–—]", re.UNICODE)
_END = re.compile(r"(?<=[.!?…])[\"')\]]*\s+|\n+")
_STOPS = ",;:–—.!?"


@dataclass(frozen=True)
class Word:
    """One word, number or mark of a text."""

    text: str
    """As written; a number as digits."""
    first: bool = False
    """Begins the sentence, so that a capital letter says nothing."""
    sign: bool = False
    """Is a sign's name as it stands."""

    @property
    def low(self) -> str:
        """In small letters, with a straight apostrophe."""
        return self.text.lower().replace("’", "'")

    @property
    def is_number(self) -> bool:
        return self.text[0].isdigit()

    @property
    def is_mark(self) -> bool:
        return self.text in _STOPS


def sentences(text: str, of: Language) -> list[str]:
    """The sentences of a text, their marks kept; `Dr.` ends none."""
    found: list[str] = []
    for part in filter(str.strip, _END.split(text)):
        last = re.search(r"([^\W\d_]+)\.$", found[-1]) if found else None
        if last is not None and last[1].lower() in of.titles:
            found[-1] += f" {part.strip()}"
        else:
            found.append(part.strip())
    return found


def words_of(sentence: str, of: Language, count_one: Callable[[str, str], bool]) -> list[Word]:
    """The words of a sentence; those that say a number become one of digits.

    Args:
        sentence: any text.
        of: its language.
        count_one: whether a word for one is the number, by itself and the word after it.
    """
    words = [Word(part) for part in _WORD.findall(sentence)]
    words = [piece for word in words for piece in _hyphened(word, of)]
    words = [w for before, w in zip([None, *words], words, strict=False) if not _is_stop_of(before, w, of)]
    if words:
        words[0] = replace(words[0], first=True)
    found: list[Word] = []
    i = 0
    while i < len(words):
        number, used = _number(words[i:], of, count_one)
        found.append(Word(str(number), words[i].first) if used else words[i])
        i += used or 1
    return found


def _is_stop_of(before: Word | None, word: Word, of: Language) -> bool:
    """Whether a full stop belongs to a title, as in `Dr. Silva`."""
    return before is not None and word.text == "." and before.low in of.titles


def _hyphened(word: Word, of: Language) -> list[Word]:
    """`twenty-five` is two words; `sexta-feira` one."""
    parts = word.text.split("-")
    if len(parts) > 1 and all(part.lower() in of.numbers for part in parts):
        return [Word(part) for part in parts]
    return [word]


def _number(words: list[Word], of: Language, count_one: Callable[[str, str], bool]) -> tuple[int, int]:
    """The number that words begin with, and how many of them say it; 0 words: none."""
    total, current, used, last = 0, 0, 0, 10**6
    for i, word in enumerate(words):
        value = of.numbers.get(word.low)
        if value is None:
            joins = word.low in ("e", "and") and 0 < i == used and i + 1 < len(words)
            follows = of.numbers.get(words[i + 1].low) if joins else None
            if follows is None or not 0 < follows < last:
                break
            used = i + 1
            continue
        if i == 0 and word.low in of.one:
            after = words[1].low if len(words) > 1 else ""
            if after not in of.numbers and not count_one(word.low, after):
                break
        if value in (100, 1000) and 0 < current < 100:
            current, last = current * value, value
        elif value < last and not (value < 10 and 10 <= last < 20):
            current, last = current + value, value
        else:
            break
        used = i + 1
    return total + current, used
