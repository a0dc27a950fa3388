"""The manifest: a table with a row per clip, as CSV or Parquet.

Glosses, ids and paths are brought to one Unicode form (NFC), so that an accent typed on one system and a
file named on another meet; files are found on disk in either form.
"""

import csv
import difflib
import io
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from chereme.dataset.split import PARTS
from chereme.errors import ManifestError
from chereme.files import write_beside
from chereme.types import Clip

__all__ = ["COLUMNS", "check_ids", "find_file", "nfc", "read_manifest", "write_manifest"]

COLUMNS = tuple(f.name for f in fields(Clip))
_TIMES = ("start", "end")


def read_manifest(path: str | Path) -> tuple[Clip, ...]:
    """The clips of a `.csv` or `.parquet` manifest.

    `gloss` and `path` must be there; without an `id` column the path serves. Columns may be separated by
    commas or, as spreadsheets in many countries write them, by semicolons.

    Raises:
        ManifestError: no such file, not UTF-8, an unknown column (with the nearest known one), a row that
            does not fit, an id twice.
    """
    path = Path(path)
    rows = _parquet_rows(path) if path.suffix.lower() == ".parquet" else _csv_rows(path)
    clips = [_clip(row, where) for where, row in rows]
    if not clips:
        raise ManifestError(f"{path}: no clips in it")
    check_ids(clips, str(path))
    return tuple(clips)


def write_manifest(clips: Iterable[Clip], path: str | Path) -> None:
    """Write clips as `.csv` or `.parquet`, whole or not at all; columns that are empty throughout are left out.

    Raises:
        ManifestError: it cannot be written.
    """
    path = Path(path)
    rows = [{k: nfc(v) if isinstance(v, str) else v for k, v in asdict(clip).items()} for clip in clips]
    used = [c for c in COLUMNS if c in ("id", "path", "gloss") or any(row[c] not in ("", None) for row in rows)]
    rows = [{c: row[c] for c in used} for row in rows]
    try:
        with write_beside(path) as part:
            if path.suffix.lower() == ".parquet":
                import pyarrow as pa
                import pyarrow.parquet as pq

                pq.write_table(pa.Table.from_pylist(rows), part)
            else:
                with part.open("w", encoding="utf-8", newline="") as out:
                    writer = csv.DictWriter(out, used, lineterminator="\n")
                    writer.writeheader()
                    writer.writerows(rows)
    except OSError as error:
        raise ManifestError(f"{path}: cannot be written: {error.strerror or error}") from error


def check_ids(clips: Sequence[Clip], where: str) -> None:
    """Raises ManifestError when an id stands for two clips."""
    seen: dict[str, Clip] = {}
    for clip in clips:
        if clip.id in seen:
            raise ManifestError(
                f"{where}: id {clip.id!r} stands for two clips ({seen[clip.id].path}, {clip.path}); ids must be unique"
            )
        seen[clip.id] = clip


def find_file(folder: Path, path: str) -> Path | None:
    """A file below a folder, whichever Unicode form its name has on disk; None when there is none."""
    found = folder / path
    if found.exists():
        return found
    given = Path(path)
    found = Path(given.anchor) if given.is_absolute() else folder
    for name in given.relative_to(given.anchor).parts:
        if (found / name).exists():
            found = found / name
            continue
        alike = [p for p in found.iterdir() if nfc(p.name) == nfc(name)] if found.is_dir() else []
        if not alike:
            return None
        found = alike[0]
    return found


def nfc(text: str) -> str:
    """Text in Unicode's composed form, in which an accented letter is one character."""
    return unicodedata.normalize("NFC", text)


def _csv_rows(path: Path) -> list[tuple[str, Mapping[str, Any]]]:
    text = _decoded(path)
    header = text.partition("\n")[0]
    separator = ";" if ";" in header and "," not in header else ","
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    found: list[tuple[str, Mapping[str, Any]]] = []
    try:
        columns = [nfc(name).strip() for name in reader.fieldnames or ()]
        _check_columns(columns, path)
        reader.fieldnames = columns
        for row in reader:
            where = f"{path}: line {reader.line_num}"
            if None in row or None in row.values():
                raise ManifestError(f"{where}: not one value for each of the {len(columns)} columns")
            found.append((where, row))
    except csv.Error as error:
        raise ManifestError(f"{path}: after line {reader.line_num}: {error}") from error
    return found


def _decoded(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ManifestError(f"{path}: cannot be read: {error.strerror or error}") from error
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ManifestError(f"{path}: is UTF-16; save it as UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        shown = data[: error.start].rpartition(b"\n")[2].decode("utf-8")[-20:]
        raise ManifestError(
            f"{path}: line {line} is not UTF-8 after {shown!r} (byte 0x{data[error.start]:02x}); save the file as UTF-8"
        ) from error


def _parquet_rows(path: Path) -> list[tuple[str, Mapping[str, Any]]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise ManifestError(f"{path}: no Parquet file that can be read: {error}") from error
    _check_columns(table.column_names, path)
    return [(f"{path}: row {i}", row) for i, row in enumerate(table.to_pylist(), 1)]


def _check_columns(columns: Sequence[str], path: Path) -> None:
    for column in columns:
        if column not in COLUMNS:
            near = difflib.get_close_matches(column.lower(), COLUMNS, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(COLUMNS)}"
            raise ManifestError(f"{path}: unknown column {column!r}; {hint}")
        if columns.count(column) > 1:
            raise ManifestError(f"{path}: column {column!r} comes twice")
    if missing := [c for c in ("path", "gloss") if c not in columns]:
        raise ManifestError(f"{path}: no column {' and no column '.join(missing)}")


def _clip(row: Mapping[str, Any], where: str) -> Clip:
    texts = {c: nfc(str(v if v is not None else "").strip()) for c, v in row.items() if c not in _TIMES}
    times = {c: _seconds(row[c], f"{where}: {c}") for c in _TIMES if c in row}
    for needed in ("path", "gloss"):
        if not texts[needed]:
            raise ManifestError(f"{where}: {needed} is empty")
    if texts.get("split", "") not in ("", *PARTS):
        raise ManifestError(f"{where}: split is {texts['split']!r}; it can be {', '.join(PARTS)} or empty")
    texts["path"] = texts["path"].replace("\\", "/")
    texts = {"id": texts["path"], **texts}
    clip = Clip(**texts, start=times.get("start"), end=times.get("end"))
    if not clip.id:
        raise ManifestError(f"{where}: id is empty")
    if clip.end is not None and clip.end <= (clip.start or 0):
        raise ManifestError(f"{where}: ends at {clip.end} s, not after its start")
    return clip


def _seconds(value: Any, where: str) -> float | None:
    if value is None or value == "":
        return None
    try:
        seconds = float(value)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise ManifestError(f"{where} is {value!r}; seconds from the file's beginning are needed")
    return seconds
