"""`chereme gloss`: a sentence to the glosses to sign."""

from pathlib import Path

import click

from chereme.cli import print_json
from chereme.cli._gloss import covered, glossed, words_in

__all__ = ["command"]


@click.command(name="gloss")
@click.argument("text", nargs=-1)
@click.option("--language", "spoken", default="pt", show_default=True, help="Of the text: pt or en.")
@click.option("--phrases", multiple=True, metavar="FILE", help="Phrase book: a CSV, or `health`; again for more.")
@click.option("--lexicon", help="Say which glosses it has: a file, the name of one that ships, or a bundle.")
@click.option("--signed", help="Signed language of the lexicon, by ISO 639-3: bzs, ins, …")
@click.option("--copy-phrases", type=click.Path(path_type=Path), help="Copy the book `health` there, to be edited.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def command(
    text: tuple[str, ...],
    spoken: str,
    phrases: tuple[str, ...],
    lexicon: str | None,
    signed: str | None,
    copy_phrases: Path | None,
    as_json: bool,
) -> None:
    """Turn TEXT into glosses, sentence by sentence: as a phrase book has them, else by rules. `-` reads standard input.

    No signer has checked the rules or the book `health`: have one read what you mean to use.
    """
    from chereme.gloss import copy_book, coverage

    if copy_phrases is not None:
        if text:
            raise click.UsageError("--copy-phrases copies the phrase book, and takes no text")
        copy_book("health", copy_phrases)
        print_json({"output": str(copy_phrases)}) if as_json else click.echo(f"{copy_phrases}: edit it with any editor")
        return
    if not text:
        raise click.UsageError("name a TEXT, or - to read it")
    names = _names(lexicon, signed)
    found = glossed(words_in(text), spoken, phrases, names, "--language")
    counted = None if lexicon is None else coverage([gloss for one in found for gloss in one.glosses], names)
    if as_json:
        told = {"language": spoken, "sentences": [one.as_json() for one in found]}
        print_json(told if counted is None else {**told, "lexicon": lexicon, "coverage": counted.as_json()})
        return
    for one in found:
        click.echo(" ".join(one.glosses))
    if counted is not None and lexicon is not None:
        click.echo("\n".join(covered(counted, lexicon)), err=True)


def _names(where: str | None, signed: str | None) -> tuple[str, ...]:
    """The names of the signs that a lexicon or bundle has, with or without landmarks."""
    if where is None:
        return ()
    from chereme.lexicon import Lexicon, find_lexicon
    from chereme.produce import open_bundle

    if "://" in where or find_lexicon(where).is_file():
        with Lexicon.open(where) as lexicon:
            return tuple(dict.fromkeys(sign.gloss for sign in lexicon.signs(language=signed)))
    return open_bundle(where).glosses
