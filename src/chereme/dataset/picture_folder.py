"""A folder of pictures as a data set: a folder per class, or an `index.csv` that says what is what."""

import csv
import os
from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from chereme.dataset.manifest import check_ids, nfc
from chereme.errors import ManifestError
from chereme.types import Clip

__all__ = ["INDEX", "read_picture_folder"]

INDEX = "index.csv"
"""In the folder: columns `file` and `label`; further columns of `Clip` that are there are taken too."""
_MORE = ("language", "signer", "source", "licence", "split")


def read_picture_folder(folder: str | Path, suffixes: Collection[str]) -> tuple[tuple[Clip, Path], ...]:
    """Clips of a folder's pictures with their files, in order of their ids; an id is the path below the folder.

    The class folder's name is the gloss, at whatever depth below it a picture lies. Hidden files are passed over. A
    folder with an `index.csv` is read by that instead, which can also name the signer and the source.

    Args:
        folder: holds a folder per class, or an index.
        suffixes: of pictures, in small letters.

    Raises:
        ManifestError: no such folder, no picture in it or in a class folder, pictures outside any class folder, or
            an index that cannot be read or does not fit.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ManifestError(f"{folder}: no such folder")
    found = _by_index(folder) if (folder / INDEX).is_file() else _by_class(folder, suffixes)
    found.sort(key=lambda item: item[0].id)
    check_ids([clip for clip, _ in found], str(folder))
    return tuple(found)


def _by_class(folder: Path, suffixes: Collection[str]) -> list[tuple[Clip, Path]]:
    inside = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    if loose := [path.name for path in inside if path.suffix.lower() in suffixes and path.is_file()]:
        raise ManifestError(
            f"{folder}: {len(loose)} pictures lie outside any class folder (first: {_text(loose[0])});"
            f" put each in a folder named for its class, or write an {INDEX} with columns file and label"
        )
    classes = [path for path in inside if path.is_dir()]
    found = []
    for one in classes:
        pictures = list(_pictures_in(one, suffixes))
        if not pictures and len(classes) > 1:
            raise ManifestError(f"{one}: a class folder without any picture; fill it or move it away")
        found += [(Clip(_text(path.relative_to(folder).as_posix()), "", _text(one.name)), path) for path in pictures]
    if not found:
        raise ManifestError(f"{folder}: no pictures in class folders ({' '.join(sorted(suffixes))})")
    return found


def _pictures_in(folder: Path, suffixes: Collection[str]) -> Iterator[Path]:
    for path in folder.rglob("*"):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.suffix.lower() in suffixes and not hidden and path.is_file():
            yield path


def _by_index(folder: Path) -> list[tuple[Clip, Path]]:
    path = folder / INDEX
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines, strict=True)
            if missing := {"file", "label"} - set(reader.fieldnames or ()):
                raise ManifestError(f"{path}: no column {' and no column '.join(sorted(missing))}")
            found = [_indexed(row, folder, f"{path}: line {reader.line_num}") for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ManifestError(f"{path}: cannot be read: {error}") from error
    if not found:
        raise ManifestError(f"{path}: names no picture")
    return found


def _indexed(row: dict[str, str], folder: Path, where: str) -> tuple[Clip, Path]:
    file, label = (row["file"] or "").strip().replace("\\", "/"), nfc((row["label"] or "").strip())
    if not file or not label:
        raise ManifestError(f"{where}: file or label is empty")
    if PurePosixPath(file).is_absolute() or ".." in PurePosixPath(file).parts:
        raise ManifestError(f"{where}: {file} lies outside the folder; paths start at {folder}")
    more: dict[str, Any] = {column: nfc((row[column] or "").strip()) for column in _MORE if column in row}
    return Clip(_text(file), "", label, **more), folder / file


def _text(name: str) -> str:
    """A file name in one Unicode form, with a mark in the place of bytes that are no text."""
    return nfc(os.fsencode(name).decode("utf-8", "replace"))
