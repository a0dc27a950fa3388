"""Homographs and variants: one label, several signs. Where definitions differ it is a homograph, else a variant."""

from collections import defaultdict
from collections.abc import Iterable

from rapidfuzz.fuzz import token_sort_ratio

from chereme.curate.labels import plain
from chereme.curate.rows import Row

__all__ = ["tell_senses"]

SAME = 85
"""Percent of words that two definitions of one meaning share at least."""


def tell_senses(rows: Iterable[Row]) -> None:
    """Number the meanings of each word, by the definitions that a source gives: it fills `sense` in.

    A source that defines nothing cannot say which meaning it shows: where a word has one meaning, that is it; where
    it has several, `sense` stays empty, and a person must look.
    """
    words: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        words[row.gloss].append(row)
    for word in words.values():
        defined = [row for row in word if row.definition]
        if not defined:
            continue
        meanings: list[str] = []
        for row in sorted(defined, key=lambda row: (row.source, row.variant.zfill(3))):
            row.sense = str(_place(row.definition, meanings))
        if len(meanings) == 1:
            for row in word:
                row.sense = "1"


def _place(definition: str, meanings: list[str]) -> int:
    """Which of the meanings a definition gives, from 1; a new one is added."""
    for number, meaning in enumerate(meanings, 1):
        if definition == meaning or plain(definition) == plain(meaning):
            return number
    for number, meaning in enumerate(meanings, 1):
        if token_sort_ratio(definition.casefold(), meaning.casefold()) >= SAME:
            return number
    meanings.append(definition)
    return len(meanings)
