"""Word lists: the words nearest to what a film spelled."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from chereme.errors import ManifestError
from chereme.spell.film import Film, FilmLetter

__all__ = ["Nearest", "read_words", "snap", "snap_film"]

_CANDIDATES = 200
_DOUBLED = 0.4  # what it costs that a letter's double was missed: one held letter looks much like two

_Odds = Mapping[str, float]


@dataclass(frozen=True)
class Nearest:
    """A word of a list beside what was spelled."""

    word: str
    score: float
    """1: each of its letters was the likeliest; 0: nothing in common."""


def read_words(path: str | Path) -> tuple[str, ...]:
    """A word list: UTF-8 text, a word a line; empty lines are passed over, and a word that comes again.

    Raises:
        ManifestError: it cannot be read, is no text, or holds no word.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ManifestError(f"{path}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ManifestError(f"{path}: not UTF-8 text; a word list has a word a line") from error
    words = tuple(dict.fromkeys(word for line in text.splitlines() if (word := line.strip())))
    if not words:
        raise ManifestError(f"{path}: holds no word; write one a line")
    return words


def snap(letters: Sequence[FilmLetter], words: Iterable[str], top: int = 3) -> tuple[Nearest, ...]:
    """The words nearest to the letters of one word, best first; what was spelled is for the caller to keep.

    The 200 words of fewest edits are weighed by letter: another letter costs the less, the likelier the film made it,
    and a doubled letter that was seen once costs less than a missing one. Case does not count, nor do accents that
    the alphabet has no letter for.

    Args:
        letters: of one word.
        words: the list.
        top: how many to name.
    """
    odds = [chance for letter in letters for chance in _odds(letter)]
    if not odds:
        return ()
    alphabet = {label for chance in odds for label in chance}
    plain = {word: _plain(word, alphabet) for word in words}
    spelled = "".join(letter.letter.casefold() for letter in letters)
    near = process.extract(spelled, plain, scorer=Levenshtein.normalized_similarity, limit=_CANDIDATES)
    scored = [
        Nearest(word, round(1 - _cost(odds, text) / max(len(odds), len(text)), 4)) for text, _, word in near if text
    ]
    return tuple(sorted(scored, key=lambda nearest: -nearest.score)[:top])


def snap_film(film: Film, words: Iterable[str], top: int = 3) -> tuple[Nearest, ...]:
    """The words nearest to what a film spelled; of several words, the nearest of each, joined, as the one answer."""
    words = tuple(words)
    if len(film.words) == 1:
        return snap(film.words[0], words, top)
    best = [nearest for letters in film.words for nearest in snap(letters, words, 1)]
    if not best:
        return ()
    return (Nearest(" ".join(n.word for n in best), round(fmean(n.score for n in best), 4)),)


def _odds(letter: FilmLetter) -> list[_Odds]:
    """How likely each character is where a letter stands, the letter itself 1; `SCH` stands for three."""
    name = letter.letter.casefold()
    if len(name) > 1:
        return [{character: 1.0} for character in name]
    best = max(letter.probability, 1e-6)
    others = {r.gloss.casefold(): min(r.probability / best, 1.0) for r in letter.ranked}
    return [{label: odd for label, odd in others.items() if len(label) == 1} | {name: 1.0}]


def _plain(word: str, alphabet: set[str]) -> str:
    """The word as it is spelled: its letters only, without accents that the alphabet lacks."""
    kept = []
    for character in unicodedata.normalize("NFC", word).casefold():
        if character in alphabet:
            kept.append(character)
        else:
            kept += [part for part in unicodedata.normalize("NFKD", character) if part.isalnum()]
    return "".join(kept)


def _cost(odds: Sequence[_Odds], word: str) -> float:
    """Weighted edits from what was spelled to a word."""
    row = [0.0]
    for i in range(len(word)):
        row.append(row[-1] + _missing(word, i))
    for chance in odds:
        before, row = row, [row[0] + 1]
        for i, character in enumerate(word):
            other = before[i] + 1 - chance.get(character, 0.0)
            row.append(min(other, before[i + 1] + 1, row[-1] + _missing(word, i)))
    return row[-1]


def _missing(word: str, i: int) -> float:
    return _DOUBLED if i and word[i] == word[i - 1] else 1.0
