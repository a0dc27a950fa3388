"""`chereme lexicon`: signs shown once and known: add, search, list, show, remove, import, export."""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from chereme.cli import print_json
from chereme.cli._files import answer_each, files_in
from chereme.cli._signs import (
    card_lines,
    card_of,
    count,
    folder_for,
    imported,
    pictures,
    ranking,
    told,
    told_hit,
    told_use,
    watched,
)

if TYPE_CHECKING:
    from chereme.lexicon import Entry, Lexicon
    from chereme.types import PoseSequence

__all__ = ["command"]

F = TypeVar("F", bound=Callable[..., Any])

_PLACE = click.option(
    "--lexicon",
    "place",
    envvar="CHEREME_LEXICON",
    default="lexicon.sqlite",
    help="File, name of one that ships, or SQLAlchemy URL.  [default: $CHEREME_LEXICON, else lexicon.sqlite]",
)
_BUNDLE = click.option("--bundle", help="What embeds clips.  [default: the one that the lexicon names, else asl1700]")
_LANGUAGE = click.option("--language", help="Of the sign, by ISO 639-3: ase, bzs, …")
_JSON = click.option("--json", "as_json", is_flag=True, help="For machines.")


def _options(*several: Callable[[F], F]) -> Callable[[F], F]:
    """Several options as one decorator, in the order in which help lists them."""

    def decorate(function: F) -> F:
        for one in reversed(several):
            function = one(function)
        return function

    return decorate


_CLIPS = _options(
    click.argument("clips", nargs=-1, type=click.Path(path_type=Path), metavar="CLIP..."),
    click.option("--webcam", is_flag=False, flag_value="0", metavar="[N]", help="Watch webcam N instead of a file."),
    click.option("--seconds", type=click.FloatRange(min=0.1), default=5.0, show_default=True, help="How long."),
    click.option("--fps", default=25.0, show_default=True, type=click.FloatRange(1, 240), help="Of pictures."),
    click.option("--mirrored", is_flag=True, help="The pictures are mirrored, as selfie cameras store them."),
)
_APART = _options(
    _LANGUAGE,
    click.option("--variant", help="Another way to make the sign: a region's, an age group's."),
    click.option("--sense", help="Keeps apart signs of one gloss and different meanings."),
)
_ABOUT = _options(
    click.option("--source", default="", help="Where it was recorded or published."),
    click.option("--licence", default="", help="Of the clip."),
    click.option("--signer", default="", help="Who signs."),
)


@click.group(name="lexicon")
def command() -> None:
    """Show a sign once and it is known, in any signed language."""


@command.command()
@click.argument("gloss")
@_CLIPS
@_APART
@_ABOUT
@_PLACE
@_BUNDLE
@_JSON
def add(
    gloss: str,
    clips: tuple[Path, ...],
    webcam: str | None,
    seconds: float,
    fps: float,
    mirrored: bool,
    language: str | None,
    variant: str | None,
    sense: str | None,
    source: str,
    licence: str,
    signer: str,
    place: str,
    bundle: str | None,
    as_json: bool,
) -> None:
    """Add each CLIP as an example of the sign GLOSS: a video, a `.pose`, a folder of pictures or of such files.

    Several examples make the sign surer. The lexicon is made if there is none.
    """
    from chereme.lexicon import About, Sign

    shown = _shown(clips, webcam)
    sign = Sign(gloss, language or "", variant or "", sense or "")
    about = About(source, licence, signer)
    with _open(place, bundle, create=True) as lexicon:
        see = _looker(lexicon, fps, seconds, mirrored)

        def answer(clip: Path | str) -> dict[str, Any]:
            entry = lexicon.add(sign, see(clip), about)
            return {"id": entry.id, **told(sign), "seconds": round(entry.seconds, 3), "lexicon": lexicon.name}

        answer_each(shown, answer, lambda found: f"{found['file']}: {sign}, entry {found['id']}", as_json)


@command.command()
@_CLIPS
@click.option("--top", default=10, show_default=True, type=click.IntRange(min=1), help="How many signs.")
@click.option("--language", help="Search the signs of one language only.")
@click.option(
    "--pictures", "folder", type=click.Path(path_type=Path), help="Folder for a picture of each sign and of the clip."
)
@_PLACE
@_BUNDLE
@_JSON
def search(
    clips: tuple[Path, ...],
    webcam: str | None,
    seconds: float,
    fps: float,
    mirrored: bool,
    top: int,
    language: str | None,
    folder: Path | None,
    place: str,
    bundle: str | None,
    as_json: bool,
) -> None:
    """Name the signs of the lexicon that are most like each CLIP: a dictionary in reverse.

    Similarity goes up to 1, which is the very same clip. The nearest sign is named however far it is.
    """
    from chereme.recognize import require_hand

    shown = _shown(clips, webcam)
    taken: dict[str, int] = {}
    with _open(place, bundle) as lexicon:
        see = _looker(lexicon, fps, seconds, mirrored)
        lexicon.prepare(lambda ids: watched(ids, "entry", as_json))
        remarks = lexicon.remarks

        def answer(clip: Path | str) -> dict[str, Any]:
            sequence = see(clip)
            require_hand(sequence)
            hits = lexicon.search(sequence, top, language and language.lower())
            if not hits:
                raise lexicon.nothing_found(language)
            found: dict[str, Any] = {"signs": [told_hit(hit) for hit in hits], "lexicon": lexicon.name}
            if folder is not None:
                own = folder / folder_for(clip, taken)
                for told_one, path in zip(found["signs"], pictures(lexicon, sequence, hits, own), strict=True):
                    told_one["picture"] = path and str(path)
                found["picture"] = str(own / "query.png")
            return {**found, "remarks": remarks} if remarks else found

        for remark in [] if as_json else remarks:
            click.echo(remark, err=True)
        answer_each(shown, answer, ranking, as_json)


@command.command("list")
@_LANGUAGE
@click.option("--gloss", help="Only the signs that are written so.")
@_PLACE
@_JSON
def list_signs(language: str | None, gloss: str | None, place: str, as_json: bool) -> None:
    """List the signs and how many examples each has."""
    with _open(place) as lexicon:
        signs, card = lexicon.signs(gloss, language), lexicon.card
    if as_json:
        print_json([{**told(sign), "examples": len(e), "entries": [x.id for x in e]} for sign, e in signs.items()])
        return
    if card is not None:
        click.echo(f"{place}: {card.title}; {told_use(card.use)}", err=True)
    for sign, entries in signs.items():
        ids = ", ".join(str(entry.id) for entry in entries[:8]) + (", …" if len(entries) > 8 else "")
        click.echo(f"{sign}: {count(len(entries), 'example')} ({ids})")
    click.echo(f"{count(len(signs), 'sign')}, {count(sum(map(len, signs.values())), 'example')}", err=True)


@command.command()
@click.argument("gloss", required=False)
@click.option("--id", "number", type=int, help="Of one example, as `list` names it.")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Picture to write: .png, .gif, .mp4.")
@click.option("--size", type=click.IntRange(64, 2160), default=320, show_default=True, help="Height in pixels.")
@_APART
@_PLACE
@_JSON
def show(
    gloss: str | None,
    number: int | None,
    out: Path | None,
    size: int,
    language: str | None,
    variant: str | None,
    sense: str | None,
    place: str,
    as_json: bool,
) -> None:
    """Draw the sign GLOSS, or one example of it: .png is a strip of six moments, .gif and .mp4 move.

    Without either, say what the lexicon is, what it was made of and what it may be used for.
    """
    from chereme.cli._drawing import draw_to
    from chereme.errors import LexiconError

    if out is None:
        if gloss is not None or number is not None:
            raise click.UsageError("name the picture to write with -o")
        with _open(place) as lexicon:
            found = card_of(lexicon)
        print_json(found) if as_json else click.echo("\n".join(card_lines(found)))
        return
    with _open(place) as lexicon:
        entries = _entries_of_one(lexicon, gloss, number, language, variant, sense)
        drawn = next((entry for entry in entries if entry.has_pose), None)
        if drawn is None:
            raise LexiconError(f"{entries[0].sign}: embeddings only, no landmarks to draw; add a clip of it")
        frames = draw_to(lexicon.pose(drawn.id), out, size)
    if as_json:
        print_json({"id": drawn.id, **told(drawn.sign), "picture": str(out), "frames": frames})
    else:
        click.echo(f"{out}: {drawn.sign}, entry {drawn.id}")


@command.command()
@click.argument("gloss", required=False)
@click.option("--id", "number", type=int, help="Of one example, as `list` names it.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_APART
@_PLACE
@_JSON
def remove(
    gloss: str | None,
    number: int | None,
    yes: bool,
    language: str | None,
    variant: str | None,
    sense: str | None,
    place: str,
    as_json: bool,
) -> None:
    """Remove the sign GLOSS with all its examples, or one example."""
    with _open(place) as lexicon:
        entries = _entries_of_one(lexicon, gloss, number, language, variant, sense)
        sign, what = entries[0].sign, count(len(entries), "example")
        if not yes and sys.stdin.isatty():
            click.confirm(f"remove {what} of {sign}?", abort=True, err=True)
        removed = lexicon.remove(sign) if number is None else lexicon.remove(id=number)
    if as_json:
        print_json({**told(sign), "removed": removed})
    else:
        click.echo(f"removed {count(removed, 'example')} of {sign}")


@command.command("import")
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FOLDER...")
@_ABOUT
@_PLACE
@_BUNDLE
@_JSON
def import_signs(
    folders: tuple[Path, ...], source: str, licence: str, signer: str, place: str, bundle: str | None, as_json: bool
) -> None:
    """Add what each FOLDER holds: `.pose` files and an `index.csv`, or a packed lexicon: one file, or one that ships.

    Rows that cannot be used are named and the others go on. What is in the lexicon is passed over, so an import that
    was interrupted can be run again. --source, --licence and --signer stand for rows that do not say.
    """
    from chereme.lexicon import About, find_lexicon, import_folder, import_packed

    about, failed = About(source, licence, signer), 0
    with _open(place, bundle, create=True) as lexicon:

        def answer(path: Path | str) -> dict[str, Any]:
            nonlocal failed
            if find_lexicon(path).is_file():
                report = import_packed(lexicon, path, lambda entries: watched(entries, "entry", as_json))
            else:
                report = import_folder(lexicon, path, about, lambda rows: watched(rows, "row", as_json))
            failed += len(report.failed)
            bad = [{"row": bad.row, "path": bad.path, "error": bad.why} for bad in report.failed]
            for row in [] if as_json else bad:
                click.echo(f"error: {path}, row {row['row']} ({row['path']}): {row['error']}", err=True)
            return {"added": report.added, "skipped": report.skipped, "failed": bad, "lexicon": lexicon.name}

        answer_each(folders, answer, imported, as_json)
    if failed:
        sys.exit(1)


@command.command("export")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option("--packed", type=click.Path(path_type=Path), help="Write one file instead of a folder.")
@click.option("--embeddings-only", is_flag=True, help="Of --packed: leave the landmarks out.")
@_PLACE
@_BUNDLE
@_JSON
def export_signs(
    folder: Path | None, packed: Path | None, embeddings_only: bool, place: str, bundle: str | None, as_json: bool
) -> None:
    """Write the lexicon to FOLDER, as `.pose` files and an `index.csv` that other programs read, or as one file."""
    from chereme.lexicon import export_folder, pack

    if (folder is None) == (packed is None) or (embeddings_only and packed is None):
        raise click.UsageError("name a FOLDER or --packed FILE, one of the two; --embeddings-only goes with --packed")
    with _open(place, bundle) as lexicon:
        if packed is not None:
            report = pack(lexicon, packed, embeddings_only)
        else:
            assert folder is not None, "one of the two"
            report = export_folder(lexicon, folder, lambda entries: watched(entries, "entry", as_json))
    out = str(packed or folder)
    if as_json:
        print_json({"output": out, "entries": report.written, "left_out": report.left_out})
        return
    click.echo(f"{out}: {count(report.written, 'example')}")
    if report.left_out:
        click.echo(f"{report.left_out} have embeddings only and were left out; --packed takes them too", err=True)


def _open(place: str, bundle: str | None = None, create: bool = False) -> "Lexicon":
    from chereme.lexicon import Lexicon, find_lexicon
    from chereme.recognize import DEFAULT_ENCODER, Recognizer

    if create and "://" not in place and not find_lexicon(place).exists():
        bundle = bundle or DEFAULT_ENCODER  # an encoder that is not here leaves no empty lexicon behind
    return Lexicon.open(place, Recognizer.load(bundle) if bundle else None, create)


def _shown(clips: tuple[Path, ...], webcam: str | None) -> Iterable[Path | str]:
    from chereme.cli._clips import films

    if bool(clips) == (webcam is not None):
        raise click.UsageError("name clips or --webcam, one of the two")
    return [webcam] if webcam is not None else files_in(clips, films)


def _looker(lexicon: "Lexicon", fps: float, seconds: float, mirrored: bool) -> "Callable[[Path | str], PoseSequence]":
    from chereme.cli._clips import look

    how = {"mirrored": mirrored, "encoder": lexicon.encoder.bundle.encoder}
    return lambda clip: look(clip, fps, seconds, how)


def _entries_of_one(
    lexicon: "Lexicon",
    gloss: str | None,
    number: int | None,
    language: str | None,
    variant: str | None,
    sense: str | None,
) -> "list[Entry]":
    """The examples of the one sign that is meant, or the one example."""
    from chereme.errors import LexiconError

    if (gloss is None) == (number is None):
        raise click.UsageError("name a GLOSS or --id, one of the two")
    entries = lexicon.entries(gloss, language, variant, sense, number)
    if not entries:
        what = f"entry {number}" if gloss is None else f"sign {gloss!r}"
        raise LexiconError(f"{lexicon.name}: no such {what}; `chereme lexicon list` names all")
    if len(signs := list(dict.fromkeys(entry.sign for entry in entries))) > 1:
        raise LexiconError(
            f"{len(signs)} signs are written {gloss}: {'; '.join(map(str, signs))}. Say which with --language,"
            " --variant and --sense ('' for none)"
        )
    return entries
