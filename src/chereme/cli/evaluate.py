"""`chereme evaluate`: a bundle and held-out clips in, a score with its interval and a report out."""

from pathlib import Path

import click

from chereme.cli import print_json


@click.command(name="evaluate")
@click.argument("bundle")
@click.option("--data", "store", required=True, type=click.Path(path_type=Path), help="Packed store.")
@click.option("--split", help="A split of the store.  [default: the one the bundle was trained by, or the only one]")
@click.option(
    "--part",
    type=click.Choice(["test", "validation", "train", "all"]),
    default="test",
    show_default=True,
    help="`all`: every clip, whatever the splits say.",
)
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), help="Report folder.  [default: reports/BUNDLE-SPLIT-PART]"
)
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def command(bundle: str, store: Path, split: str | None, part: str, out: Path | None, as_json: bool) -> None:
    """Score BUNDLE, a folder or the name of one that ships, on clips it was not trained on.

    The report folder gets report.json, results.txt, per_class.csv, answers.csv, and plots of the confusions,
    the reliability of the probabilities, and the F1 of every word.
    """
    import sys

    from chereme.dataset.store import Store
    from chereme.evaluate.report import ALL, check_replaceable, evaluate_recognizer, write_report
    from chereme.recognize import Recognizer

    recognizer = Recognizer.load(bundle)
    opened = Store.open(store)
    if part == ALL:
        split = ""
    elif split is None:
        split = _choose_split(opened.split_names(), str(recognizer.bundle.scores.get("split", "")), store)
    name = "-".join(filter(None, [recognizer.bundle.name, split, part]))
    folder = out or Path("reports") / name
    check_replaceable(folder)
    found = evaluate_recognizer(recognizer, opened, split, part, progress=not as_json and sys.stderr.isatty())
    write_report(found, folder)
    if as_json:
        print_json({**found.as_json(), "report": str(folder)})
    else:
        click.echo(found.as_text() + f"report: {folder}")
    if found.failed:
        sys.exit(1)


def _choose_split(there: list[str], trained_by: str, store: Path) -> str:
    if trained_by in there:
        return trained_by
    if len(there) == 1:
        return there[0]
    what = f"it has {', '.join(there)}; choose one with --split" if there else "it has none; score all with --part all"
    raise click.UsageError(f"{store}: which split is meant? {what}")
