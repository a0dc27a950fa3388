"""`chereme collect`: dictionary sites to tables, and their clips on demand."""

import sys
from pathlib import Path
from typing import Any

import click

from chereme.cli import print_json

__all__ = ["command"]


@click.command()
@click.argument("source", metavar="SOURCE")
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="Folder of the collection.")
@click.option(
    "--contact",
    required=True,
    envvar="CHEREME_CONTACT",
    help="Your address of mail or web; sent with every request.  [default: $CHEREME_CONTACT]",
)
@click.option("--videos", is_flag=True, help="Fetch the clips, too, after the metadata.")
@click.option("--check-links", is_flag=True, help="Only ask whether each clip is there.")
@click.option("--delay", type=click.FloatRange(min=0), default=1.0, show_default=True, help="Seconds between requests.")
@click.option(
    "--tries", type=click.IntRange(min=1), default=5, show_default=True, help="How often a page is asked for."
)
@click.option(
    "--backoff",
    type=click.FloatRange(min=0),
    default=2.0,
    show_default=True,
    help="Seconds before the second try; then twice as long each time.",
)
@click.option(
    "--timeout", type=click.FloatRange(min=0.1), default=60.0, show_default=True, help="Seconds an answer may take."
)
@click.option("--limit", type=click.IntRange(min=0), default=0, help="Pages at most in this run, to try it out.")
@click.option("--refresh", is_flag=True, help="Ask for every page again, not only for lists and what is new.")
@click.option("--root", default="", metavar="URL", help="Another address of the same site, as of a mirror.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def command(source: str, out: Path, videos: bool, check_links: bool, root: str, as_json: bool, **manners: Any) -> None:
    """Collect SOURCE, a dictionary site, into a folder: metadata first, clips on demand.

    SOURCE is ines, signbank, ufv, vlibrasil, or a class of your own as module:Class. The same command goes on where
    it was stopped; when all was done, it looks for what is new.

    Exit code 1 when pages failed, or look otherwise than they did.
    """
    from chereme.errors import CollectError, MissingExtraError

    try:
        from chereme.collect import find_site
        from chereme.collect.crawl import CrawlConfig, collect
    except ModuleNotFoundError as error:
        raise MissingExtraError("collect", "chereme collect") from error

    if videos and check_links:
        raise click.UsageError("--videos fetches clips, --check-links only asks for them: choose one")
    sys.path.insert(0, str(Path.cwd()))  # where a class of one's own may be
    clips = "store" if videos else "check" if check_links else "no"
    try:
        site, config = find_site(source, root), CrawlConfig(clips=clips, **manners)
    except CollectError as error:
        raise click.UsageError(str(error)) from error
    from tqdm import tqdm

    with tqdm(unit="page", disable=True if as_json else None) as bar:

        def watch(counts: Any) -> None:
            bar.total, bar.n = counts.pages, counts.pages - counts.waiting
            bar.set_postfix(entries=counts.entries, clips=counts.stored, refresh=False)
            bar.refresh()

        counts = collect(site, out, config, watch)
    errors = _errors(out, site.name)
    if as_json:
        from dataclasses import asdict

        errors_json = [{"url": url, "error": why} for url, why in errors]
        print_json([{"source": site.name, "output": str(out), **asdict(counts), "errors": errors_json}])
    else:
        click.echo(
            f"{site.name}: {counts.entries} entries ({counts.new} new, {counts.gone} no longer listed), {counts.stored}"
            f" clips stored, {counts.alive} more alive, {counts.dead_links} dead, {counts.waiting} pages waiting"
        )
        for url, why in errors[:20]:
            click.echo(f"error: {why if url in why else f'{url}: {why}'}", err=True)
    sys.exit(1 if errors else 0)


def _errors(out: Path, source: str) -> list[tuple[str, str]]:
    from chereme.collect.state import State

    with State(out) as state:
        return state.errors(source)
