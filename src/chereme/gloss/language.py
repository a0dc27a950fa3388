"""What the rules know of one spoken language: a file of words that anyone can read and add to."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

from chereme.errors import CheremeError

__all__ = ["LANGUAGES", "Language", "language", "other_language"]

_FOLDER = Path(__file__).parent / "languages"
LANGUAGES = tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))
"""Of those texts can be turned into glosses: ISO 639-1."""


@dataclass(frozen=True)
class Language:
    """Words by what the rules do with them; all in small letters, several in one with hyphens between."""

    code: str
    dropped: frozenset[str]
    """Have no sign of their own: articles, copulas, most prepositions. Their lemmas are dropped too."""
    negations: frozenset[str]
    """Come after the rest of their clause."""
    questions: frozenset[str]
    """Come last when a question mark ends the sentence."""
    times: frozenset[str]
    """Come first."""
    breaks: frozenset[str]
    """Begin another clause, as a comma does."""
    titles: frozenset[str]
    """A name follows."""
    names_follow: frozenset[str]
    """A name follows these words."""
    names: frozenset[str]
    """First names, for where a capital letter says nothing: at the start of a sentence."""
    capitals: frozenset[str]
    """Written with a capital letter, but no names to spell."""
    one: frozenset[str]
    """The number one, or an article."""
    one_before: frozenset[str]
    """Lemmas before which it is the number; empty: everywhere."""
    together: frozenset[str]
    """Several words for which there is one sign."""
    point: str
    """Between the digits of 38.5."""
    hour: str
    """Between the digits of 14:30."""
    forms: Mapping[str, str]
    """Words whose lemma is another than the dictionary's."""
    numbers: Mapping[str, int]


_LISTS = {field.name for field in fields(Language) if field.type == frozenset[str]}


def other_language(text: str, code: str) -> str:
    """The language that a text is likelier in than the one that was said, by the words of each file; empty if none.

    Two words at least tell, and twice as many as of the language that was said: words such as `a` and `no` are in both.
    """
    words = re.findall(r"[^\W\d_]+", text.casefold())
    counts = {one: sum(word in _common(one) for word in words) for one in LANGUAGES}
    best = max(counts, key=lambda one: counts[one])
    return best if best != code and counts[best] >= max(2, 2 * counts[code]) else ""


@cache
def _common(code: str) -> frozenset[str]:
    """Words that nearly every text of a language has some of."""
    known = language(code)
    lists = (known.dropped, known.negations, known.questions, known.times, known.breaks, frozenset(known.forms))
    return frozenset(word for words in lists for word in words)


@cache
def language(code: str) -> Language:
    """What is known of a language.

    Raises:
        CheremeError: nothing is.
    """
    if code not in LANGUAGES:
        raise CheremeError(f"{code!r}: text becomes glosses in {' and '.join(LANGUAGES)} only; write glosses instead")
    told: dict[str, Any] = tomllib.loads((_FOLDER / f"{code}.toml").read_text(encoding="utf-8"))
    lists = {key: frozenset(text.split()) for key, text in told.items() if key in _LISTS}
    return Language(code=code, **{**told, **lists})
