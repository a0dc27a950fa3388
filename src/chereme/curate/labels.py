"""One label for one word: case, spaces and Unicode form brought together, numbers taken off, accents kept."""

import re
import unicodedata
from functools import lru_cache
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from rapidfuzz.fuzz import ratio

from chereme.curate.config import SourceConfig

__all__ = ["clip_is_named", "gloss_of", "plain", "read_label"]

_NUMBERED = {
    "digits": re.compile(r"(.*\D)(\d+)"),
    "dash": re.compile(r"(.*)-(\d)|(.*[^\W\d_]{3})(\d)"),  # after one or two letters it is a name: L1, PS4
}
_ALIKE = 80
"""Percent of letters in which a clip's name may differ from its word and still be its own: misspelt, inflected."""


def gloss_of(label: str) -> str:
    """The form in which labels of all sources meet: `Guarda-Chuva ` is `guarda_chuva`; accents stay.

    In Portuguese `avó` and `avô` are two words, so accents are part of the word.
    """
    return re.sub(r"[\s\-‐-―_]+", "_", unicodedata.normalize("NFC", label).strip().casefold()).strip("_")


def read_label(label: str, source: SourceConfig) -> tuple[str, str]:
    """The gloss of a label as written, and the number by which its source tells its signs apart."""
    label = label.strip()
    pattern = _NUMBERED.get(source.numbers)
    found = pattern.fullmatch(label) if pattern and label not in source.names else None
    if found is None:
        return gloss_of(label), source.unnumbered
    word, number = (group for group in found.groups() if group is not None)
    return gloss_of(word), str(int(number))


@lru_cache(maxsize=1 << 16)
def plain(text: str) -> str:
    """Letters and digits alone, without accents, in lower case: to compare a word with a file's name."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in letters if c.isalnum())


def clip_is_named(gloss: str, url: str) -> bool:
    """Whether a clip's file is named after its word, give or take a number before it and a letter or two.

    Whole names are compared: runs of three letters, as others have used, occur in any name.
    """
    name = plain(re.sub(r"^\d+\W*", "", PurePosixPath(unquote(urlsplit(url).path)).stem))
    word = plain(re.sub(r"\(.*?\)", "", gloss)) or plain(gloss)  # what stands in brackets is a remark
    shorter, longer = sorted((name, word), key=len)
    return not shorter or shorter in longer or ratio(name, word) >= _ALIKE
