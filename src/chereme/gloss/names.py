"""Names of signs as people write them: `GOOD-MORNING`, `Good morning` and `good_morning` are one."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import JaroWinkler

__all__ = ["find_name", "is_spelled", "loose", "nearest", "spelled", "without_accents"]

_SPELLED = re.compile(r"[^\W_](-[^\W_])+")
_LIKE = 0.8


def without_accents(text: str) -> str:
    """The letters alone, in small ones."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))


@lru_cache(maxsize=1 << 16)
def loose(name: str) -> str:
    """What two spellings of one name have in common: no case, accents, spaces, hyphens or low lines."""
    return re.sub(r"[^\w#/@+]|_", "", without_accents(name))


def find_name(asked: str, names: Iterable[str]) -> str | None:
    """The name that is meant: the very same before the same but for case, before the same but for accents and spaces.

    None where there is none, or two that are equally like it.
    """
    names = list(names)
    for form in (str, str.casefold, loose):
        found = list(dict.fromkeys(name for name in names if form(name) == form(asked)))
        if found:
            return found[0] if len(found) == 1 else None
    return None


def nearest(asked: str, names: Iterable[str], count: int = 3) -> list[str]:
    """The names that are most like one that is not there, best first; those that are hardly like it are left out."""
    by_key: dict[str, str] = {}
    for name in names:
        by_key.setdefault(loose(name), name)
    found = process.extract(loose(asked), list(by_key), scorer=JaroWinkler.similarity, limit=count, score_cutoff=_LIKE)
    return [by_key[key] for key, _, _ in found]


def is_spelled(gloss: str) -> bool:
    """Whether a gloss says its letters, as `J-O-A-O` does."""
    return _SPELLED.fullmatch(gloss) is not None


def spelled(word: str) -> str:
    """A word as the letters that a hand spells: capitals with hyphens between, accents left out; Ç stays."""
    letters = [c if c in "çÇ" else without_accents(c) for c in word if c.isalnum()]
    return "-".join("".join(letters)).upper()
