"""`chereme compare`: runs scored on the same clips in, one table and the paired differences out."""

from pathlib import Path

import click

from chereme.cli import print_json


@click.command(name="compare")
@click.argument("runs", nargs=-1, required=True, metavar="RUN RUN…")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Folder for tables and plots.  [default: none]")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def command(runs: tuple[str, ...], out: Path | None, as_json: bool) -> None:
    """Compare RUNs, folders that hold the answers to the same clips, and say which cannot be told apart.

    A RUN is a report of `chereme evaluate`, a run folder with one in `report`, or an experiment of
    `chereme train --folds`.
    """
    from chereme.evaluate.compare import compare, read_answers, write_comparison

    if len(runs) < 2:
        raise click.UsageError("a comparison needs two runs or more")
    found = compare([read_answers(run) for run in runs])
    if out is not None:
        write_comparison(found, out)
    if as_json:
        print_json({**found.as_json(), "folder": None if out is None else str(out)})
    else:
        click.echo(found.as_text() + ("" if out is None else f"\ntables and plots: {out}"))
