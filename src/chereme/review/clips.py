"""The clips to be looked at: of a table, a collection, a manifest or a folder of class folders."""

import csv
import difflib
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

from chereme.curate.config import CurateConfig
from chereme.curate.job import CLIPS
from chereme.curate.rows import COLUMNS, ENTRIES, Row, read_rows
from chereme.dataset.folder import CLIP_SUFFIXES, is_pose
from chereme.dataset.load import Source, find_source, pose_files
from chereme.dataset.manifest import find_file, nfc
from chereme.errors import ReviewError
from chereme.types import Clip

__all__ = ["ReviewClip", "read_clips"]

_CURATED = frozenset((*COLUMNS, "kept", "word_dropped_by"))


@dataclass(frozen=True)
class ReviewClip:
    """A clip that somebody looks at. What its table does not tell is empty."""

    key: str
    """The same wherever the table lies, so that what several people decided meets."""
    gloss: str
    source: str = ""
    variant: str = ""
    signer: str = ""
    url: str = ""
    path: str = ""
    """As in the table."""
    language: str = ""
    start: float | None = None
    end: float | None = None
    note: str = ""
    """What `chereme curate` found: a problem, a copy, a mirror image."""
    film: Path | None = None
    """Where its video or picture lies; None: it is not there."""
    pose: Path | None = None
    """Its landmarks, where there are any."""


def read_clips(place: str | Path, films: Sequence[Path] = (), poses: Path | None = None) -> list[ReviewClip]:
    """The clips of a place, those of one word one after the other, words in order.

    Args:
        place: what `chereme curate` or `collect` wrote (a folder, or its `clips.csv`), a manifest, or a folder of class
            folders.
        films: folders in which the table's films lie, where they do not lie beside the table.
        poses: what `chereme extract` made of the films.

    Raises:
        ReviewError: nothing that can be reviewed, an unknown column, or no film and no landmarks of any clip.
        ManifestError: a manifest or folder contradicts itself, or `poses` holds none of the clips.
        CollectError: a collection cannot be read.
    """
    place = Path(place)
    table = place / CLIPS if (place / CLIPS).is_file() else place
    if (place / ENTRIES).is_file() and table == place:
        clips = [_of_row(row) for row in read_rows([place], CurateConfig())[0]]
        folder = place
    elif table.is_file() and (header := _header(table)) and "label" in header:
        clips = [_of_row(row) for row in _curated(table, header)]
        folder = table.parent
    else:
        source = find_source(str(place))
        if source.has_landmarks:
            raise ReviewError(f"{place}: a packed set; `chereme dataset import` makes clips of it to look at")
        clips = [_of_clip(clip) for clip in source.clips]
        folder = source.folder
    unique = {clip.key: clip for clip in reversed(clips)}  # of a line that stands twice, the first
    ordered = sorted(unique.values(), key=lambda clip: (clip.gloss, clip.source, clip.signer, clip.variant, clip.key))
    found = _found(ordered, [folder, *films], poses)
    if not any(clip.film or clip.pose for clip in found):
        raise ReviewError(
            f"{place}: none of the {len(found)} clips is there; name the folder of their films with --films,"
            " or of their landmarks with --poses"
        )
    return found


def _found(clips: list[ReviewClip], folders: Sequence[Path], poses: Path | None) -> list[ReviewClip]:
    """The same clips with the films and landmarks that are there."""
    made: list[Path | None] = [None] * len(clips)
    with_path = [i for i, clip in enumerate(clips) if clip.path]
    if poses is not None and with_path:
        wanted = tuple(Clip(clips[i].key, clips[i].path, clips[i].gloss) for i in with_path)
        for i, file in zip(with_path, pose_files(Source(str(poses), folders[0], wanted), poses), strict=True):
            made[i] = file
    found = []
    for clip, pose in zip(clips, made, strict=True):
        places = (find_file(folder, clip.path) for folder in folders) if clip.path else iter(())
        file = next((place for place in places if place is not None and place.is_file()), None)
        if file is not None and file.suffix.lower() not in CLIP_SUFFIXES:
            file = None  # a table from elsewhere may name anything; only clips are shown
        if file is not None and is_pose(file):
            found.append(replace(clip, pose=pose or file))
        else:
            found.append(replace(clip, film=file, pose=pose))
    return found


def _header(table: Path) -> list[str]:
    if table.suffix.lower() != ".csv":
        return []
    try:
        with table.open(encoding="utf-8-sig", newline="") as lines:
            return [nfc(name).strip() for name in next(csv.reader(lines), [])]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ReviewError(f"{table}: cannot be read: {error}; save it as UTF-8") from error


def _curated(table: Path, header: list[str]) -> list[Row]:
    """The rows of a `clips.csv`, those that a person left in or out alike."""
    for name in header:
        if name not in _CURATED:
            near = difflib.get_close_matches(name.lower(), _CURATED, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(COLUMNS)}"
            raise ReviewError(f"{table}: unknown column {name!r}; {hint}")
    if missing := [name for name in ("source", "gloss", "path", "url") if name not in header]:
        raise ReviewError(f"{table}: no column {' and no column '.join(missing)}; `chereme curate` writes such a table")
    needed = {f.name for f in fields(Row)}
    rows = []
    with table.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.reader(lines)
        next(reader)
        for cells in reader:
            if len(cells) != len(header):
                raise ReviewError(
                    f"{table}: line {reader.line_num}: {len(cells)} values for {len(header)} columns; mend the line"
                )
            told = {name: nfc(value).strip() for name, value in zip(header, cells, strict=True) if name in needed}
            rows.append(Row(**{"label": "", "variant": "", **told}))
    return rows


def _of_row(row: Row) -> ReviewClip:
    notes = [row.problem, row.mirrored and f"mirrored: {row.mirrored}", row.copy_of and f"copy of {row.copy_of}"]
    return ReviewClip(
        key=f"{row.gloss} {row.path or row.url}",
        gloss=row.gloss,
        source=row.source,
        variant=row.variant,
        signer=row.signer,
        url=row.url,
        path=row.path,
        language=row.language,
        start=float(row.start) if row.start else None,
        end=float(row.end) if row.end else None,
        note="; ".join(filter(None, notes)),
    )


def _of_clip(clip: Clip) -> ReviewClip:
    return ReviewClip(
        key=clip.id,
        gloss=clip.gloss,
        source=clip.source,
        variant=clip.variant,
        signer=clip.signer,
        path=clip.path,
        language=clip.language,
        start=clip.start,
        end=clip.end,
    )
