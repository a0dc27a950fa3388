"""The one table: a row per clip of any source, as curated."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from chereme.curate.config import CurateConfig, SourceConfig
from chereme.curate.labels import clip_is_named, read_label
from chereme.dataset.manifest import nfc
from chereme.errors import CollectError

__all__ = ["COLUMNS", "Row", "read_rows"]

ENTRIES = "entries.csv"
"""What `chereme collect` writes; columns of it are taken over under the names here."""
_COLLECTED = {"label": "word", "url": "clip_url", "path": "clip", "status": "clip_status"}
_ALIVE = {"true": "alive", "yes": "alive", "1": "alive", "false": "dead", "no": "dead", "none": "dead"}


@dataclass(slots=True)
class Row:
    """One clip. What a source does not tell is empty."""

    source: str
    label: str
    """As written there."""
    gloss: str
    """The same for all sources: lower case, `_` for spaces and hyphens, no number, accents kept."""
    variant: str
    """The source's own number of the sign; means nothing across sources."""
    sense: str = ""
    """Which of a homograph's meanings, numbered in order of their definitions; empty where no source tells."""
    signer: str = ""
    language: str = ""
    url: str = ""
    path: str = ""
    """Of the film, relative to the table's folder."""
    status: str = "unchecked"
    """`unchecked`, `alive`, `stored`, `dead`, `failed`."""
    category: str = ""
    definition: str = ""
    example: str = ""
    example_gloss: str = ""
    word_class: str = ""
    page_url: str = ""
    sha256: str = ""
    chosen: str = ""
    """`keep` or `drop`, where a person has decided."""
    start: str = ""
    """Seconds of the film at which the sign begins, where a person said so."""
    end: str = ""
    mirrored: str = ""
    """Why it may be mirrored: `led by the left hand`, or whose mirror image it is."""
    copy_of: str = ""
    """Another row's place of which this shows the same recording."""
    problem: str = ""
    """Why it cannot be learnt from."""
    folder: str = ""
    """Where its path begins; of this run, not written."""


COLUMNS = tuple(f.name for f in fields(Row) if f.name != "folder")


def read_rows(places: Iterable[Path], config: CurateConfig) -> tuple[list[Row], dict[str, int]]:
    """The rows of all sources, in order, and how many lines could not be used, by reason.

    Args:
        places: folders of `chereme collect`, or those in which the tables of the recipe's sources lie.
        config: the recipe.

    Raises:
        CollectError: a place holds no collection and none of the recipe's tables, or a table lacks a column.
    """
    rows: list[Row] = []
    left_out: dict[str, int] = {}
    seen: set[tuple[str, ...]] = set()
    for place in places:
        tables = list(_tables(place, config))
        if not tables:
            wanted = ", ".join([ENTRIES, *(s.file for s in config.sources if s.file)])
            raise CollectError(
                f"{place}: none of {wanted} there; collect first, or name the folder of a recipe's tables"
            )
        for path, source in tables:
            for row in _rows(path, source, config):
                same = (row.source, row.label, row.url, row.signer, row.definition)
                reason = "no word" if not row.gloss or row.gloss == "selecione" else ""
                reason = reason or ("the same line twice" if same in seen else "")
                seen.add(same)
                if reason:
                    left_out[reason] = left_out.get(reason, 0) + 1
                else:
                    rows.append(row)
    return rows, left_out


def _tables(place: Path, config: CurateConfig) -> Iterator[tuple[Path, SourceConfig | None]]:
    if (place / ENTRIES).is_file():
        yield place / ENTRIES, None
    for source in config.sources:
        if source.file and (place / source.file).is_file():
            yield place / source.file, source


def _rows(path: Path, source: SourceConfig | None, config: CurateConfig) -> Iterator[Row]:
    """The rows of one table; `source` None: a collection's, which names the source in each line."""
    folder = str(path.parent)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file)
            header = [nfc(name).strip() for name in next(lines, [])]
            places = _places(header, _COLLECTED if source is None else source.columns, path)
            sources: dict[str, SourceConfig] = {}
            if source is None and "source" not in places:
                raise CollectError(f"{path}: no column 'source': not written by `chereme collect`")
            for cells in lines:
                if len(cells) < len(header):
                    continue
                told = {name: cells[at] for name, at in places.items() if cells[at]}
                name = told.pop("source", "") if source is None else source.name
                of = source or sources.setdefault(name, config.source(name))
                yield _row(told, of, folder)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CollectError(f"{path}: cannot be read: {error}") from error


def _places(header: list[str], columns: Mapping[str, str], path: Path) -> dict[str, int]:
    """Our column to its place in the table; of a name that stands twice, the first."""
    theirs = {nfc(name): at for at, name in reversed(list(enumerate(header)))}
    ours = set(COLUMNS) - {"gloss", "sense"}
    if unknown := [name for name in columns if name not in ours]:
        raise CollectError(f"{path}: columns: {unknown[0]!r} is none of {', '.join(sorted(ours))}")
    if missing := [name for name in columns.values() if nfc(name) not in theirs]:
        raise CollectError(f"{path}: no column {missing[0]!r}; it has {', '.join(header)}")
    renamed = {ours: theirs[nfc(name)] for ours, name in columns.items()}
    same = {name: at for name, at in theirs.items() if name in ours and name not in renamed}
    return {**same, **renamed}


def _row(told: dict[str, str], source: SourceConfig, folder: str) -> Row:
    label = nfc(told.pop("label", ""))
    gloss, number = read_label(label, source)
    number = told.pop("variant", "") or number
    status = told.pop("status", "unchecked")
    row = Row(source.name, label, gloss, number, status=_ALIVE.get(status.casefold(), status), folder=folder, **told)
    row.signer = row.signer.removesuffix(".0") or source.signer  # whole numbers that pandas wrote as fractions
    row.language = row.language or source.language
    if not row.url and row.status == "unchecked":
        row.status = "dead"
    if source.url_holds_word and row.url and not clip_is_named(row.gloss, row.url):
        row.problem = "the clip is named after another word"
    return row
