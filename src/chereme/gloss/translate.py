"""A text in a spoken language to the glosses to sign, by phrase book and rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from chereme.errors import CheremeError
from chereme.gloss.language import language
from chereme.gloss.phrases import PhraseBook
from chereme.gloss.rules import gloss_sentence
from chereme.gloss.tokens import sentences

__all__ = ["Glossed", "text_to_gloss"]

_LONGEST = 100_000


@dataclass(frozen=True)
class Glossed:
    """One sentence and its glosses."""

    sentence: str
    glosses: tuple[str, ...]
    by: Literal["phrase book", "rules"]
    """Somebody wrote them down for this sentence, or rules made them."""

    def as_json(self) -> dict[str, object]:
        """As `gloss --json` prints it."""
        return {"sentence": self.sentence, "glosses": list(self.glosses), "by": self.by}


def text_to_gloss(
    text: str, code: str, book: PhraseBook | None = None, known: Sequence[str] = ()
) -> tuple[Glossed, ...]:
    """The glosses of a text, sentence by sentence.

    Args:
        text: one or more sentences.
        code: ISO 639-1 of the language: `pt`, `en`.
        book: a sentence of it, or the whole text, takes its glosses from there.
        known: names of signs, as of a lexicon: several words that are one sign become that one.

    Raises:
        CheremeError: there is no word in the text, it is too long, or the rules do not know the language.
    """
    of, book = language(code), book or PhraseBook()
    if not any(c.isalnum() for c in text):
        raise CheremeError("no word in the text; write a sentence")
    if len(text) > _LONGEST:
        raise CheremeError(f"a text of {len(text)} characters; at most {_LONGEST} become glosses at once")
    parts = sentences(text, of)
    whole = book.find(text, of) if len(parts) > 1 and len(text) < 1000 else None
    if whole is not None:
        return (Glossed(text.strip(), whole, "phrase book"),)
    found = []
    for part in parts:
        written = book.find(part, of)
        glosses = written if written is not None else gloss_sentence(part, of, known)
        if glosses:
            found.append(Glossed(part, glosses, "rules" if written is None else "phrase book"))
    if not found:
        raise CheremeError(f"{text.strip()[:60]!r}: no word of it has a sign; write the glosses instead")
    return tuple(found)
