"""The part of `chereme extract --hands` that turns a folder of pictures into a store, a table and a report."""

import csv
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chereme.cli import print_json

if TYPE_CHECKING:
    from chereme.dataset.store import Store
    from chereme.landmarks.hand_job import HandJob

__all__ = ["extract_hands"]


def extract_hands(
    folder: Path, out: Path, confidence: float, mirrored: bool, workers: int | None, redo: bool, as_json: bool
) -> bool:
    """Find the hands of a folder of pictures; whether all pictures could be read.

    Args:
        folder: of class folders, or with an `index.csv`.
        out: folder for store, table and reports, or an `.npz` for the table alone.
        confidence: how sure the engine must be that there is a hand.
        mirrored: the pictures are mirrored.
        workers: processes; None: one per core.
        redo: look at everything anew.
        as_json: print one object per picture.
    """
    from chereme.dataset.npz import write_npz
    from chereme.features.table import hand_84_table
    from chereme.landmarks.hands import HandConfig

    config = HandConfig(min_detection_confidence=confidence, mirrored=mirrored)
    if out.suffix.lower() != ".npz":
        job, errors = _look(folder, out, config, workers, redo, as_json)
        store = _report(job, out, errors, as_json)
        write_npz(hand_84_table(store), out / "features.npz")
        return not errors
    with tempfile.TemporaryDirectory() as place:
        job, errors = _look(folder, Path(place), config, workers, redo, as_json)
        store = _report(job, None, errors, as_json)
        write_npz(hand_84_table(store), out)
    return not errors


def _look(
    folder: Path, out: Path, config: Any, workers: int | None, redo: bool, as_json: bool
) -> "tuple[HandJob, dict[str, str]]":
    """Look at all that is left; gives the job and, by id, why pictures could not be read."""
    from tqdm import tqdm

    from chereme.landmarks.hand_job import plan_hand_job, run_hand_job

    job = plan_hand_job(folder, out, config, redo)
    errors = {}
    with tqdm(
        total=len(job.items),
        initial=len(job.items) - len(job.left),
        unit="picture",
        disable=as_json or not sys.stderr.isatty(),
    ) as bar:
        for outcome in run_hand_job(job, workers):
            bar.update()
            if outcome.error:
                errors[outcome.clip.id] = outcome.error
                if not as_json:
                    tqdm.write(f"error: {_shown(outcome.error)}", file=sys.stderr)
    return job, errors


def _report(job: "HandJob", out: Path | None, errors: dict[str, str], as_json: bool) -> "Store":
    """Pack the store, write the reports where there is an `out`, and say what was found."""
    from chereme.dataset.detection import detection_by_class, detection_text, plot_detection, write_detection
    from chereme.files import write_beside
    from chereme.landmarks.hand_job import pack_hand_job, sides_of

    store = pack_hand_job(job)
    sides = sides_of(store)
    unseen = [(clip.id, "no hand") for clip in store.clips if not sides[clip.id]]
    failed = [(clip.id, errors[clip.id]) for clip, _ in job.items if clip.id in errors]
    classes = detection_by_class(store)
    if out is not None:
        write_detection(classes, out / "detection.csv")
        plot_detection(classes, out / "detection.png")
        with write_beside(out / "undetected.csv") as part, part.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("path", "reason"), *((path, _shown(why)) for path, why in unseen + failed)])
    if as_json:
        print_json(
            [
                {"file": clip.id, "error": _shown(errors[clip.id])}
                if clip.id in errors
                else {"file": clip.id, "label": clip.gloss, "hand": sides[clip.id] or None}
                for clip, _ in job.items
            ]
        )
        return store
    click.echo(detection_text(classes))
    if out is None:
        for path, _ in unseen:
            click.echo(f"no hand: {path}", err=True)
    new = len(job.left) - len(failed)
    click.echo(f"{new} looked at, {len(job.items) - len(job.left)} there already, {len(failed)} failed")
    if out is not None and (unseen or failed):
        click.echo(f"without a hand, or not to be read: {_shown(out / 'undetected.csv')}")
    return store


def _shown(text: str | Path) -> str:
    """Printable, also where a file name is no valid UTF-8."""
    return click.format_filename(str(text))
