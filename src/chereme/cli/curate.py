"""`chereme curate`: collected sources to one table of clips and words, with the reason for each dropped word."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chereme.cli import print_json

if TYPE_CHECKING:
    from chereme.curate.criteria import Word
    from chereme.curate.rows import Row

__all__ = ["command"]


@click.command()
@click.argument("places", metavar="PLACE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Folder for the tables.")
@click.option("--recipe", help="A recipe file, or one that ships: libras, libras-scraped.")
@click.option(
    "--decisions", multiple=True, type=click.Path(path_type=Path), help="What people chose (.csv, .json); repeatable."
)
@click.option("--films", is_flag=True, help="Look at every film: does it decode, how many people, copies.")
@click.option("--poses", type=click.Path(path_type=Path), help="What `chereme extract` made: also hands and sides.")
@click.option("--why", multiple=True, metavar="WORD", help="Say what became of this word; repeatable.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def command(
    places: tuple[Path, ...],
    out: Path | None,
    recipe: str | None,
    decisions: tuple[Path, ...],
    films: bool,
    poses: Path | None,
    why: tuple[str, ...],
    as_json: bool,
) -> None:
    """Merge the sources at PLACE... into one table of clips, and pick the words that are shown often enough.

    A PLACE is a folder of `chereme collect`, or one that holds the tables that the recipe names.
    Written: clips.csv, words.csv with the reason for each word that was dropped, funnel.json, and a manifest.csv of
    the films that stay.
    """
    from chereme.curate import curate, write_curated
    from chereme.curate.config import find_curate_recipe
    from chereme.curate.labels import gloss_of

    if (films or poses) and out is None:
        raise click.UsageError("name a folder with -o: what is seen in films is kept there")
    if out is None and not why:
        raise click.UsageError("name a folder with -o, or a word with --why")
    config = find_curate_recipe(recipe)

    def look(rows: "list[Row]") -> None:
        from chereme.curate.look import look_at_films

        assert out is not None
        look_at_films(rows, config.checks, out, poses, lambda found, total: _watched(found, total, as_json))

    beside = Path(recipe).parent if recipe and Path(recipe).is_file() else None
    found = curate(places, config, decisions, beside, look if films or poses else None)
    if out is not None:
        write_curated(found, out)
    by_gloss = {word.gloss: word for word in found.words}
    asked = [(word, by_gloss.get(gloss_of(word))) for word in why]
    if as_json:
        shown = {**found.funnel(), "output": None if out is None else str(out)}
        if why:
            shown["why"] = [{"word": word, **_reason(judged)} for word, judged in asked]
        print_json(shown)
        return
    click.echo(_text(found.funnel()) if not why else "\n".join(_sentence(word, judged) for word, judged in asked))


def _watched(films: Iterable[Path], total: int, as_json: bool) -> Iterable[Path]:
    from tqdm import tqdm

    bar: Iterable[Path] = tqdm(films, total=total, unit="film", disable=True if as_json else None)
    return bar


def _reason(word: "Word | None") -> dict[str, Any]:
    if word is None:
        return {"kept": False, "dropped_by": "unknown", "why": "no source has it"}
    return {
        "gloss": word.gloss,
        "kept": not word.dropped_by,
        "dropped_by": word.dropped_by,
        "why": word.why,
        "labels": word.labels,
        "sources": word.sources,
        "clips": word.clips,
        "counting": len(word.counting),
    }


def _sentence(asked: str, word: "Word | None") -> str:
    if word is None:
        return f"{asked}: no source has it"
    clips = f"{len(word.counting)} of {word.clips} clips count, in {', '.join(word.sources) or 'no source'}"
    return (
        f"{word.gloss}: " + (f"dropped by {word.dropped_by}: {word.why}" if word.dropped_by else "stays") + f"; {clips}"
    )


def _text(funnel: dict[str, Any]) -> str:
    sources = ", ".join(f"{name} {n}" for name, n in funnel["by_source"].items())
    told = "".join(f"; {n} left out: {reason}" for reason, n in funnel["left_out"].items())
    lines = [
        f"{funnel['lines']} lines{told}",
        f"{funnel['clips']} clips ({sources}), {funnel['dead']} of them dead",
        *(f"  {n} clips: {problem}" for problem, n in funnel["problems"].items()),
        f"  {funnel['copies']} copies, {funnel['mirrored']} that may be mirrored,"
        f" {funnel['links_of_several_words']} links that stand for several words",
        f"{funnel['words']} words: {funnel['homographs']} with several meanings, {funnel['words_with_variants']} with"
        " several signs in one source",
        *(
            f"  {step['words']:6} left after {name}, which dropped {step['dropped']}"
            for name, step in funnel["criteria"].items()
            if step["dropped"]
        ),
        f"{funnel['kept']} words stay, with {funnel['kept_clips']} clips",
    ]
    if funnel["decisions_without_a_clip"]:
        lines.append(f"{funnel['decisions_without_a_clip']} decisions fit no clip")
    return "\n".join(lines)
