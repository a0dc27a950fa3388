"""Text in a spoken language to the glosses to sign: a phrase book first, then rules."""

from chereme.gloss.coverage import Coverage, coverage
from chereme.gloss.language import LANGUAGES, other_language
from chereme.gloss.names import find_name, is_spelled, nearest, spelled
from chereme.gloss.phrases import BOOKS, Phrase, PhraseBook, copy_book
from chereme.gloss.translate import Glossed, text_to_gloss

__all__ = [
    "BOOKS",
    "LANGUAGES",
    "Coverage",
    "Glossed",
    "Phrase",
    "PhraseBook",
    "copy_book",
    "coverage",
    "find_name",
    "is_spelled",
    "nearest",
    "other_language",
    "spelled",
    "text_to_gloss",
]
