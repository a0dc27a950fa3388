"""Glosses or sentences with their `.pose` files: a CSV as iSign has it (`uid,text`), here or on Hugging Face."""

import csv
import logging
from collections.abc import Iterator
from pathlib import Path

from chereme.dataset.manifest import nfc
from chereme.errors import ManifestError, MissingExtraError, PoseFileError
from chereme.layout import Layout
from chereme.poses import read_pose
from chereme.types import Clip, PoseSequence

__all__ = ["HUB", "read_pairs"]

log = logging.getLogger(__name__)

HUB = "hf:"
"""`hf:OWNER/NAME` or `hf:OWNER/NAME:CONFIG` is a data set of Hugging Face instead of a file."""
_IDS, _TEXTS = ("uid", "id", "path"), ("gloss", "text")


def read_pairs(table: str, poses: Path | None, layout: Layout) -> Iterator[tuple[Clip, PoseSequence]]:
    """Rows whose `.pose` is there, each as a clip whose gloss is the row's gloss or text.

    `source` is the video that a `uid` names (`{video}-{number}`), so that a split can keep a video's sentences on one
    side. Rows without their file, or with one that cannot be read, are counted and logged.

    Args:
        table: CSV file with `uid` (or `id`, or `path`) and `gloss` or `text`; or `hf:OWNER/NAME[:CONFIG]`, read with
            the token that `HF_TOKEN` or `HUGGINGFACE_HUB_TOKEN` holds.
        poses: folder with `{uid}.pose`, or with what `path` names; None: the CSV's own.
        layout: landmarks to keep; those that a file lacks are unseen.

    Raises:
        ManifestError: no such columns, or no row with a `.pose` that can be read.
    """
    rows, folder = _rows(table, poses)
    found = lost = 0
    seen: set[str] = set()
    for number, row in enumerate(rows, 2):
        key = next((name for name in _IDS if row.get(name)), None)
        text = next((row[name] for name in _TEXTS if row.get(name)), None)
        if key is None or text is None:
            raise ManifestError(
                f"{table}, line {number}: needs one of {', '.join(_IDS)} and one of {', '.join(_TEXTS)}"
            )
        name = row[key]
        if name in seen:
            raise ManifestError(f"{table}, line {number}: {key} {name!r} stands there twice")
        seen.add(name)
        try:
            sequence = read_pose(folder / (name if name.endswith(".pose") else f"{name}.pose"))
        except PoseFileError as error:
            log.info("%s", error)
            lost += 1
            continue
        found += 1
        video = row.get("source") or name.rpartition("-")[0] or name
        clip = Clip(name, "", nfc(text).strip(), row.get("language") or "", row.get("signer") or "", video)
        yield clip, sequence.with_missing(layout)
    if not found:
        raise ManifestError(f"{table}: none of its {lost} rows has a .pose that can be read in {folder}; see --poses")
    if lost:
        log.warning("%s: %d of %d rows have no .pose that can be read in %s", table, lost, lost + found, folder)


def _rows(table: str, poses: Path | None) -> tuple[Iterator[dict[str, str]], Path]:
    if table.startswith(HUB):
        if poses is None:
            raise ManifestError(f"{table}: holds text alone; name the folder of its .pose files with --poses")
        return _hub_rows(table), poses
    path = Path(table)
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            read = list(csv.DictReader(lines))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ManifestError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from error
    return iter(read), poses or path.parent


def _hub_rows(table: str) -> Iterator[dict[str, str]]:
    try:
        import datasets
    except ModuleNotFoundError as error:
        raise MissingExtraError("text", f"reading {table}") from error
    import os

    name, _, config = table.removeprefix(HUB).partition(":")
    token = os.environ.get("HF_TOKEN") or os.environ.get("HUGGINGFACE_HUB_TOKEN")
    try:
        parts = datasets.load_dataset(name, config or None, token=token)
    except Exception as error:  # what the library raises depends on what failed below it
        raise ManifestError(f"{table}: cannot be read: {error}") from error
    for part in parts.values():
        yield from ({key: str(value) for key, value in row.items() if value is not None} for row in part)
