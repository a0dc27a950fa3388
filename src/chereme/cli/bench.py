"""`chereme bench`: a figure beside its peer's, measured in the same run or recorded earlier."""

from pathlib import Path
from typing import Any

import click

from chereme.cli import print_json


@click.command(name="bench")
@click.argument("names", nargs=-1, metavar="NAME...")
@click.option(
    "--data", type=click.Path(path_type=Path), help="Folder of the public data sets.  [default: $CHEREME_DATA]"
)
@click.option("--list", "listing", is_flag=True, help="The benches there are.")
@click.option("--recorded", is_flag=True, help="Print what was recorded instead of running.")
@click.option("--record", is_flag=True, help="Keep what is found in benchmarks/results.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def command(
    names: tuple[str, ...], data: Path | None, listing: bool, recorded: bool, record: bool, as_json: bool
) -> None:
    """Measure speed or accuracy against a named peer; the ratio says how ours compares.

    A bench that fails is named with the reason, and the others go on; the exit code is then 1.
    """
    import sys

    from chereme.bench import BENCHES, run_bench
    from chereme.bench.records import read_record, write_record
    from chereme.errors import CheremeError

    if listing:
        if as_json:
            print_json(list(BENCHES))
        else:
            click.echo("\n".join(BENCHES))
        return
    if not names:
        raise click.UsageError(f"name a bench: {', '.join(BENCHES)}")
    if unknown := [n for n in names if n not in BENCHES]:
        raise click.UsageError(f"no bench is called {unknown[0]!r}; known: {', '.join(BENCHES)}")
    if recorded and record:
        raise click.UsageError("--recorded prints an earlier result, --record keeps a new one: choose one")
    found: list[dict[str, Any]] = []
    for name in names:
        try:
            result = read_record(name) if recorded else run_bench(name, data).as_json()
            if record:
                write_record(name, result)
        except CheremeError as error:
            result = {"name": name, "error": str(error)}
        found.append(result)
        if not as_json:
            click.echo(_text(result), err="error" in result)
    if as_json:
        print_json(found)
    if any("error" in result for result in found):
        sys.exit(1)


def _text(result: dict[str, Any]) -> str:
    """One bench for people: the figure, its peer's, the ratio, and the details below."""
    if "error" in result:
        return f"error: {result['name']}: {result['error']}"
    shown = {k: result[k] for k in ("name", "value", "unit", "peer", "peer_value", "ratio", "n")}
    first = "{name}: {value:.4g} {unit}, {peer}: {peer_value:.4g}, ratio {ratio:.3f} (n = {n})".format(**shown)
    details = [f"  {key}: {value}" for key, value in result.items() if key not in shown]
    return "\n".join([first, *details])
