"""A phrase book: sentences whose glosses somebody wrote down, which win over the rules."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from chereme.errors import CheremeError
from chereme.files import write_beside
from chereme.gloss.language import LANGUAGES, Language
from chereme.gloss.names import spelled, without_accents
from chereme.gloss.rules import lemma, split_words
from chereme.gloss.tokens import Word

__all__ = ["BOOKS", "Phrase", "PhraseBook", "copy_book"]

_FOLDER = Path(__file__).parent / "phrases"
BOOKS = tuple(sorted(path.stem for path in _FOLDER.glob("*.csv")))
"""Phrase books that ship."""
_PLACES = ("{number}", "{name}", "{word}")
_LONGEST_NAME = 4


@dataclass(frozen=True)
class Phrase:
    """One sentence and its glosses; `{number}`, `{name}` and `{word}` stand for what differs."""

    sentence: str
    glosses: tuple[str, ...]
    language: str = ""
    """ISO 639-1 of the sentence; empty: any."""


@dataclass(frozen=True)
class PhraseBook:
    """Sentences that are looked up without regard to accents, case and marks; the first that fits counts."""

    phrases: tuple[Phrase, ...] = ()
    _read: dict[str, Mapping[tuple[str, ...], Phrase]] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def from_file(cls, where: str | Path) -> "PhraseBook":
        """Read a CSV with the columns `sentence`, `glosses` and, if it likes, `language`; or a book that ships by name.

        Raises:
            CheremeError: it cannot be read, lacks a column, or a row is none; the text names the row.
        """
        path = Path(where)
        if str(where) in BOOKS and not path.is_file():
            path = _FOLDER / f"{where}.csv"
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                table = csv.DictReader(file, restval="")
                rows, names = list(table), table.fieldnames or []
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            known = f"; books that ship: {', '.join(BOOKS)}" if BOOKS else ""
            raise CheremeError(
                f"phrase book {where}: cannot be read: {getattr(error, 'strerror', None) or error}{known}"
            ) from error
        if not {"sentence", "glosses"} <= set(names):
            raise CheremeError(f"{path}: needs the columns sentence and glosses; it has {', '.join(names) or 'none'}")
        return cls(tuple(_phrase(row, f"{path}, row {number}") for number, row in enumerate(rows, 2)))

    def __add__(self, other: "PhraseBook") -> "PhraseBook":
        return PhraseBook(self.phrases + other.phrases)

    def find(self, sentence: str, of: Language) -> tuple[str, ...] | None:
        """The glosses of a sentence, its numbers and names in their places; None: it is not in the book."""
        words = [word for word in split_words(sentence, of) if not word.is_mark]
        for pattern, phrase in self._patterns(of).items():
            found = next(_fits(pattern, words), None)
            if found is not None:
                return tuple(gloss for part in phrase.glosses for gloss in _filled(part, found, of))
        return None

    def _patterns(self, of: Language) -> Mapping[tuple[str, ...], Phrase]:
        """The sentences as keys, those without places first; read once for each language."""
        if of.code not in self._read:
            own = [phrase for phrase in self.phrases if phrase.language in ("", of.code)]
            keys: dict[tuple[str, ...], Phrase] = {}
            for phrase in sorted(own, key=lambda phrase: "{" in phrase.sentence):
                keys.setdefault(tuple(_pattern(phrase.sentence, of)), phrase)
            self._read[of.code] = keys
        return self._read[of.code]


def copy_book(name: str, path: str | Path) -> None:
    """Copy a book that ships, to be edited.

    Raises:
        CheremeError: there is none of that name, or a file stands there already.
    """
    if name not in BOOKS:
        raise CheremeError(f"no phrase book {name!r} ships; there is {', '.join(BOOKS)}")
    path = Path(path)
    if path.exists():
        raise CheremeError(f"{path}: stands there already; name a new file")
    with write_beside(path) as part:
        part.write_bytes((_FOLDER / f"{name}.csv").read_bytes())


def _phrase(row: Mapping[str, str], where: str) -> Phrase:
    sentence, glosses = row["sentence"].strip(), tuple(row["glosses"].split())
    code = (row.get("language") or "").strip().lower()
    if not sentence or not glosses:
        raise CheremeError(f"{where}: needs a sentence and its glosses")
    if None in row or code not in ("", *LANGUAGES):
        raise CheremeError(f"{where}: language {code!r} is none of {', '.join(LANGUAGES)}; or a comma needs quotes")
    for place in _places([*sentence.split(), *glosses]):
        if place not in _PLACES:
            raise CheremeError(f"{where}: {place} is no place; there are {', '.join(_PLACES)}")
    if missing := set(_places(glosses)) - set(_places(sentence.split())):
        raise CheremeError(f"{where}: the sentence has no {min(missing)} for the glosses to take")
    return Phrase(sentence, glosses, code)


def _places(words: Iterable[str]) -> list[str]:
    return [f"{{{word.partition('{')[2].partition('}')[0]}}}" for word in words if "{" in word]


def _pattern(sentence: str, of: Language) -> Iterator[str]:
    """The words to look for, and places as they are."""
    marked = sentence
    for place in _PLACES:  # a place is no word, and its braces would be lost with the marks
        marked = marked.replace(place, f" place{place[1:-1]} ")
    for word in split_words(marked, of):
        if f"{{{word.low.removeprefix('place')}}}" in _PLACES and word.low.startswith("place"):
            yield f"{{{word.low.removeprefix('place')}}}"
        elif not word.is_mark:
            yield _key(word)


def _key(word: Word) -> str:
    return without_accents(word.low)


def _fits(pattern: tuple[str, ...], words: list[Word]) -> Iterator[dict[str, list[Word]]]:
    """What stands in the places when words fit a pattern; nothing when they do not."""
    if not pattern:
        if not words:
            yield {}
        return
    place, rest = pattern[0], pattern[1:]
    if place not in _PLACES:
        if words and _key(words[0]) == place:
            yield from _fits(rest, words[1:])
        return
    for count in range(1, min(_LONGEST_NAME if place == "{name}" else 1, len(words)) + 1):
        if place == "{number}" and not words[0].is_number:
            return
        for found in _fits(rest, words[count:]):
            yield {**found, place: words[:count]}


def _filled(part: str, found: Mapping[str, list[Word]], of: Language) -> list[str]:
    """A gloss of a phrase, with what stands in its place."""
    if part == "{name}":
        return [spelled(word.text) for word in found[part]]
    for place, words in found.items():
        part = part.replace(place, words[0].text if place == "{number}" else lemma(words[0].low, of).upper())
    return [part]
