"""Lexicons as folders that other programs read: `.pose` files and an `index.csv`.

The layout is that of spoken-to-signed lexicons; what they have no column for stands in further columns, which their
readers pass over.

Source: https://github.com/ZurichNLP/spoken-to-signed-translation
"""

import csv
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from chereme.errors import CheremeError, KnownEntryError, LexiconError
from chereme.files import write_beside, write_folder_beside
from chereme.lexicon.lexicon import Lexicon, name_of
from chereme.lexicon.rows import new_entry
from chereme.lexicon.sign import About, Entry, Sign, cut
from chereme.poses import read_pose
from chereme.types import PoseSequence

__all__ = ["COLUMNS", "BadRow", "ExportReport", "ImportReport", "export_folder", "import_folder", "safe_name"]

COLUMNS = ("path", "spoken_language", "signed_language", "start", "end", "words", "glosses", "priority")
_MORE = ("variant", "sense", "source", "licence", "signer")
INDEX = "index.csv"
_NO_LANGUAGE = "und"
"""ISO 639-3 for one that is not said."""

Row = dict[str, str]


@dataclass(frozen=True)
class BadRow:
    """A row, or entry, that could not be taken in."""

    row: int
    """As a spreadsheet numbers it: the headings are row 1."""
    path: str
    why: str


@dataclass
class ImportReport:
    """What came of an import."""

    added: int = 0
    skipped: int = 0
    """Were in the lexicon before."""
    failed: list[BadRow] = field(default_factory=list)


@dataclass(frozen=True)
class ExportReport:
    """What came of an export."""

    written: int
    left_out: int
    """Entries without landmarks."""


def import_folder(
    lexicon: Lexicon,
    folder: str | Path,
    about: About | None = None,
    watch: Callable[[list[Row]], Iterable[Row]] = iter,
) -> ImportReport:
    """Add what a folder's `index.csv` lists; what is in the lexicon is passed over, so it can be taken up again.

    Args:
        lexicon: to add to.
        folder: with `index.csv`; paths in it start here, times are milliseconds, and `end` 0 is the file's end. The
            sign is the gloss, or the words where there is none.
        about: source, licence and signer of rows that do not say.
        watch: goes through the rows, and may show how far it is.

    Raises:
        LexiconError: no `index.csv`, or one without the columns that are needed.
        BundleError: no encoder to embed with.
    """
    folder, about = Path(folder), about or About()
    rows = _read_index(folder / INDEX)
    encoder, report = name_of(lexicon.encoder), ImportReport()
    kept: tuple[Path, PoseSequence] | None = None  # rows of one file tend to stand together
    for number, row in enumerate(watch(rows), 2):
        try:
            path = _inside(folder, row["path"])
            if kept is None or kept[0] != path:
                kept = (path, read_pose(path))
            sign, told = _sign(row), _about(row, about)
            sequence = cut(kept[1], _whole(row, "start"), _whole(row, "end"))
            new = new_entry(sign, sequence, told)
            if lexicon.holds(new) is not None:
                report.skipped += 1
                continue
            lexicon.insert(lexicon.embedded(new, sequence), encoder)
            report.added += 1
        except KnownEntryError:  # another program was quicker
            report.skipped += 1
        except CheremeError as error:
            report.failed.append(BadRow(number, row.get("path", ""), str(error)))
    return report


def export_folder(
    lexicon: Lexicon, folder: str | Path, watch: Callable[[list[Entry]], Iterable[Entry]] = iter
) -> ExportReport:
    """Write all entries that have landmarks as `LANGUAGE/GLOSS-ID.pose` and `index.csv`, whole or not at all.

    Raises:
        LexiconError: the folder holds something already, or no entry has landmarks.
    """
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise LexiconError(f"{folder}: holds something already; name a new folder")
    entries = lexicon.entries()
    drawn = [entry for entry in entries if entry.has_pose]
    if not drawn:
        raise LexiconError(f"{lexicon.name}: no entry has landmarks to export; `--packed` takes embeddings as well")
    rows = []
    with write_folder_beside(folder) as part:
        for entry in watch(drawn):
            row = _row(entry)
            (part / row["path"]).parent.mkdir(exist_ok=True)
            (part / row["path"]).write_bytes(lexicon.pose_bytes(entry.id))
            rows.append(row)
        more = [name for name in _MORE if any(row[name] for row in rows)]
        with write_beside(part / INDEX) as index, index.open("w", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, [*COLUMNS, *more], extrasaction="ignore")
            table.writeheader()
            table.writerows(rows)
    return ExportReport(len(drawn), len(entries) - len(drawn))


def safe_name(text: str) -> str:
    """A text as part of a file's name: letters and digits of any script, the rest as low lines; never empty."""
    name = re.sub(r"[^\w-]+", "_", text).strip("_") or "_"
    return name.encode()[:80].decode(errors="ignore")


def _read_index(path: Path) -> list[Row]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file, restval="")
            rows = list(table)
            names = table.fieldnames or []
    except FileNotFoundError:
        raise LexiconError(f"{path.parent}: no {path.name} in it; see `chereme lexicon import --help`") from None
    except (csv.Error, UnicodeDecodeError) as error:
        raise LexiconError(f"{path}: no table of comma-separated values in UTF-8: {error}") from error
    if "path" not in names or not {"words", "glosses"} & set(names):
        raise LexiconError(f"{path}: needs the columns {', '.join(COLUMNS)}; it has {', '.join(names) or 'none'}")
    return rows


def _inside(folder: Path, given: str) -> Path:
    """A path that an index names; it must not lead out of the folder."""
    path = folder / given
    if not given.strip():
        raise LexiconError("names no path")
    if Path(given).is_absolute() or not path.resolve().is_relative_to(folder.resolve()) or ".." in Path(given).parts:
        raise LexiconError(f"{given}: leads out of the folder; copy the file into it")
    return path


def _whole(row: Row, column: str) -> int:
    text = row.get(column, "").strip() or "0"
    try:
        return int(text)
    except ValueError:
        raise LexiconError(f"{column} {text!r} is no whole number") from None


def _sign(row: Row) -> Sign:
    if None in row:  # where DictReader puts what no heading stands over
        raise LexiconError("has more cells than there are headings")
    language = row.get("signed_language", "").strip()
    gloss = row.get("glosses", "").strip() or row.get("words", "")
    language = "" if language == _NO_LANGUAGE else language
    return Sign(gloss, language, row.get("variant", ""), row.get("sense", ""))


def _about(row: Row, otherwise: About) -> About:
    return About(
        row.get("source", "") or otherwise.source,
        row.get("licence", "") or otherwise.licence,
        row.get("signer", "") or otherwise.signer,
        row.get("words", ""),
        row.get("spoken_language", ""),
        _whole(row, "priority"),
    )


def _row(entry: Entry) -> Row:
    sign, about = entry.sign, entry.about
    language = sign.language or _NO_LANGUAGE
    return {
        "path": f"{language}/{safe_name(sign.gloss)}-{entry.id}.pose",
        "spoken_language": about.spoken_language,
        "signed_language": language,
        "start": "0",
        "end": "0",
        "words": about.words,
        "glosses": sign.gloss,
        "priority": str(about.priority),
        "variant": sign.variant,
        "sense": sign.sense,
        "source": about.source,
        "licence": about.licence,
        "signer": about.signer,
    }
