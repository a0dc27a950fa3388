"""`chereme evaluate`: a bundle and held-out clips in, a score with its interval and a report out."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chereme.cli import print_json

if TYPE_CHECKING:
    from chereme.dataset.store import Store


@click.command(name="evaluate")
@click.argument("bundle")
@click.option(
    "--data", "data", required=True, type=click.Path(path_type=Path), help="Packed store, or .npz of hand features."
)
@click.option(
    "--split",
    help="A split of the store.  [default: the one the bundle was trained by, or the only one]; of an .npz: random",
)
@click.option(
    "--part",
    type=click.Choice(["test", "validation", "train", "all"]),
    help="`all`: every clip, whatever the splits say.  [default: test; of an .npz without --split: all]",
)
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), help="Report folder.  [default: reports/BUNDLE-SPLIT-PART]"
)
@click.option(
    "--importance", is_flag=True, help="Also tell which features matter, on validation clips unless --part says other."
)
@click.option("--recognizer", help="Of a producer: a bundle that says what it reads from each sign made.")
@click.option("--floors/--no-floors", default=True, help="Of a producer: also what needs no learning, and the ceiling.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def command(
    bundle: str,
    data: Path,
    split: str | None,
    part: str | None,
    out: Path | None,
    importance: bool,
    recognizer: str | None,
    floors: bool,
    as_json: bool,
) -> None:
    """Score BUNDLE, a folder or the name of one that ships, on clips it was not trained on.

    Of a speller, pictures without a hand count as wrong: top-1 is accuracy times detection rate. Of a producer, the
    signs made are compared with those recorded, along the cheapest alignment in time, beside floors and ceiling.

    The report folder gets report.json, results.txt, per_class.csv, answers.csv, and plots of the confusions,
    the reliability of the probabilities, and the F1 of every word or letter; with --importance also
    importance.csv and importance.png.
    """
    import sys
    from dataclasses import asdict

    from chereme.bundle import find_bundle, kind_of
    from chereme.evaluate.importance import feature_importance, importance_text, write_importance
    from chereme.evaluate.report import ALL, Recognizes, check_replaceable, evaluate_recognizer, write_report
    from chereme.recognize import Recognizer
    from chereme.spell import Speller

    folder = find_bundle(bundle)
    if kind_of(folder) in ("producer", "decoder"):
        from chereme.cli import _producers

        if importance or part == ALL:
            raise click.UsageError("--importance and --part all are for recognizers")
        _producers.evaluate(folder, data, split, part or "test", recognizer, floors, as_json)
        return
    judged: Recognizes = Speller.load(folder) if kind_of(folder) == "speller" else Recognizer.load(folder)
    from_npz = data.suffix.lower() == ".npz"
    if importance and not isinstance(judged, Recognizer):
        raise click.UsageError("--importance is for recognizers of signs; a speller has one family of features")
    part = part or (ALL if from_npz and split is None else "validation" if importance else "test")
    matter = []
    with _opened(data) as opened:
        if part == ALL:
            split = ""
        elif split is None:
            split = _choose_split(opened.split_names(), str(judged.bundle.scores.get("split", "")), data)
        name = "-".join(filter(None, [judged.bundle.name, split, part]))
        report = out or Path("reports") / name
        check_replaceable(report)
        progress = not as_json and sys.stderr.isatty()
        found = evaluate_recognizer(judged, opened, split, part, progress=progress)
        if importance:
            assert isinstance(judged, Recognizer)
            matter = feature_importance(judged, opened, found, progress=progress)
    write_report(found, report, lambda folder: write_importance(matter, folder) if importance else None)
    if as_json:
        told = {"importance": [asdict(one) for one in matter]} if importance else {}
        print_json({**found.as_json(), **told, "report": str(report)})
    else:
        click.echo(found.as_text() + (importance_text(matter) if importance else "") + f"report: {report}")
    if found.failed:
        sys.exit(1)


@contextmanager
def _opened(data: Path) -> "Iterator[Store]":
    """The store, or one made for the while of an .npz, with the random split that is all such a file allows."""
    import tempfile

    from chereme.dataset.split import random_split, write_split
    from chereme.dataset.store import Store

    if data.suffix.lower() != ".npz":
        yield Store.open(data)
        return
    from chereme.dataset.npz import store_from_npz

    with tempfile.TemporaryDirectory(prefix="chereme-") as folder:
        store = store_from_npz(data, Path(folder) / data.stem)
        write_split(store.folder, "random", random_split(store.clips))
        yield store


def _choose_split(there: list[str], trained_by: str, store: Path) -> str:
    if trained_by in there:
        return trained_by
    if len(there) == 1:
        return there[0]
    what = f"it has {', '.join(there)}; choose one with --split" if there else "it has none; score all with --part all"
    raise click.UsageError(f"{store}: which split is meant? {what}")
