"""How text becomes glosses on the command line, for the verbs that take text."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from chereme.gloss import Coverage, Glossed

__all__ = ["covered", "glossed", "words_in"]


def glossed(text: str, spoken: str, books: Sequence[str], known: Sequence[str], option: str) -> "tuple[Glossed, ...]":
    """The glosses of a text, by phrase books in the order given, then by rules.

    Where the text looks like another language than was said, that is told, with the option that says which it is.
    """
    from chereme.gloss import PhraseBook, other_language, text_to_gloss

    book = sum((PhraseBook.from_file(where) for where in books), PhraseBook())
    found = text_to_gloss(text, spoken, book, known)
    if other := any(one.by == "rules" for one in found) and other_language(text, spoken):
        click.echo(f"the text was read as {spoken} and looks like {other}: if it is, say {option} {other}", err=True)
    return found


def covered(found: "Coverage", where: str) -> list[str]:
    """Coverage for people."""
    signs = len(found.known) + sum(1 for _ in found.missing)
    lines = [
        f"{where}: {found.share:.0%} of the glosses have a sign ({len(found.known)} have, {len(found.missing)} lack)"
    ]
    if not signs:
        lines = [f"{where}: no gloss needs a sign"]
    for gloss, near in found.missing.items():
        lines.append(f"  missing: {gloss}" + (f" (near it: {', '.join(near)})" if near else ""))
    if found.to_spell:
        lines.append(f"  spelled: {', '.join(found.to_spell)}")
    return lines


def words_in(given: Sequence[str]) -> str:
    """What was written on the command line; `-` reads standard input."""
    return sys.stdin.read() if tuple(given) == ("-",) else " ".join(given)
