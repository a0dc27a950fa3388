"""Every film looked at once: problems, copies and mirror images are written into the rows.

What was seen is kept in SQLite beside the tables, by the film's place, size and time of change, so that a film is
looked at again only when it is another one.
"""

import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import astuple, fields
from itertools import chain
from pathlib import Path

import numpy as np

from chereme.curate.alike import find_copies
from chereme.curate.config import Checks
from chereme.curate.film import Look, look_at
from chereme.curate.rows import Row
from chereme.dataset.load import Source, Unusable, load_poses
from chereme.dataset.store import pack
from chereme.dataset.twins import find_twins
from chereme.errors import CollectError
from chereme.preprocess.align import mirror_to_dominant
from chereme.types import Clip, PoseSequence

__all__ = ["LOOKS", "look_at_films"]

LOOKS = "looks.sqlite"
VERSION = 1
_NAMES = tuple(f.name for f in fields(Look))
LEFT_LEADS = 1.5
"""How many times longer the left wrist's path must be than the right one's: signs of two hands stay clear of it."""


def look_at_films(
    rows: Sequence[Row],
    checks: Checks,
    cache: Path,
    poses: Path | None = None,
    watched: Callable[[Iterable[Path], int], Iterable[Path]] = lambda films, total: films,
) -> None:
    """Mark rows whose film has a problem, shows another row's recording, or may be mirrored.

    Rows without a film are passed over.

    Args:
        rows: of the table.
        checks: what a film must be like.
        cache: folder in which what was seen is kept.
        poses: what `chereme extract` made of the films: then hands are looked for, who leads with the left hand, and
            copies are found by landmarks, too.
        watched: goes round the films to be looked at, as a progress bar.

    Raises:
        CollectError: what was kept cannot be read.
        ManifestError: `poses` holds none of the films.
    """
    films = [row for row in rows if row.path]
    looks = _looks([Path(row.folder) / row.path for row in films], cache, watched)
    for row, look in zip(films, looks, strict=True):
        row.problem = row.problem or _problem(look, checks)
    pairs = [(a, b, kind) for a, b, kind, _ in find_copies([look.thumbs for look in looks])]
    if poses is not None:
        pairs += _by_landmarks(films, checks, poses)
    _mark_copies(films, pairs)


def _problem(look: Look, checks: Checks) -> str:
    """The first thing that is wrong with a film; empty: nothing."""
    if look.error:
        return f"does not decode: {look.error}"
    asked = {
        "few frames per second": checks.min_fps and look.fps < checks.min_fps and f"{look.fps:g}",
        "small": checks.min_height and look.height < checks.min_height and f"{look.width}x{look.height}",
        "short": checks.min_seconds and look.seconds < checks.min_seconds and f"{look.seconds:g} s",
        "long": checks.max_seconds and look.seconds > checks.max_seconds and f"{look.seconds:g} s",
        "people": checks.people and look.people != checks.people and f"{look.people or 'nobody'} in view",
    }
    return next((f"{what}: {told}" for what, told in asked.items() if told), "")


def _looks(films: Sequence[Path], cache: Path, watched: Callable[[Iterable[Path], int], Iterable[Path]]) -> list[Look]:
    """What each film shows, from what was kept where it is the same film."""
    cache.mkdir(parents=True, exist_ok=True)
    try:
        with closing(sqlite3.connect(cache / LOOKS, isolation_level=None)) as db:
            (version,) = db.execute("PRAGMA user_version").fetchone()
            if version != VERSION:
                db.execute("DROP TABLE IF EXISTS looks")
            db.execute(f"CREATE TABLE IF NOT EXISTS looks (film TEXT PRIMARY KEY, stamp TEXT, {', '.join(_NAMES)})")
            db.execute(f"PRAGMA user_version = {VERSION}")
            known = {film: (stamp, Look(*told)) for film, stamp, *told in db.execute("SELECT * FROM looks")}
            places = {film: (str(film.absolute()), _stamp(film)) for film in films}
            wanted = [film for film, (name, stamp) in places.items() if known.get(name, ("",))[0] != stamp]
            for film in watched(wanted, len(wanted)):
                name, stamp = places[film]
                look = look_at(film)
                known[name] = stamp, look
                marks = ", ".join("?" * (2 + len(_NAMES)))
                db.execute(f"INSERT OR REPLACE INTO looks VALUES ({marks})", (name, stamp, *astuple(look)))
            return [known[places[film][0]][1] for film in films]
    except sqlite3.DatabaseError as error:
        raise CollectError(
            f"{cache / LOOKS}: cannot be read ({error}); remove it, and films are looked at anew"
        ) from error


def _stamp(film: Path) -> str:
    try:
        about = film.stat()
    except OSError:
        return "missing"
    return f"{about.st_size} {about.st_mtime_ns}"


def _by_landmarks(films: Sequence[Row], checks: Checks, poses: Path) -> list[tuple[int, int, str]]:
    """Looks for hands, and for who leads; gives pairs of places in `films` whose landmarks show one recording."""

    def sequences() -> Iterator[tuple[Clip, PoseSequence]]:
        for folder in dict.fromkeys(row.folder for row in films):
            mine = [i for i, row in enumerate(films) if row.folder == folder]
            clips = tuple(Clip(str(i), films[i].path, films[i].gloss) for i in mine)
            for found in load_poses(Source(folder, Path(folder), clips), poses=poses):
                row = films[int(found.clip.id if isinstance(found, Unusable) else found[0].id)]
                if isinstance(found, Unusable):
                    row.problem = row.problem or f"no landmarks: {found.why}"
                    continue
                _look_at_hands(row, found[1], checks)
                yield found

    usable = sequences()
    first = next(usable, None)
    if first is None:
        return []
    with tempfile.TemporaryDirectory(prefix="chereme-curate-") as folder:
        store = pack(chain([first], usable), Path(folder) / "store")
        return [
            (
                int(store.clips[twins.first].id),
                int(store.clips[twins.second].id),
                "mirrored" if twins.kind == "mirrored" else "near",
            )
            for twins in find_twins(store)
        ]


def _look_at_hands(row: Row, sequence: PoseSequence, checks: Checks) -> None:
    groups = sequence.layout.groups
    hands = [sequence.points[:, groups[hand], 0] for hand in ("left_hand", "right_hand") if hand in groups]
    if hands:
        seen = float(np.mean(~np.isnan(np.concatenate(hands, axis=1)).all(axis=1)))
        if seen < checks.min_hands:
            row.problem = row.problem or f"hands: seen in {seen:.0%} of frames"
    if "pose" in groups and mirror_to_dominant(sequence, LEFT_LEADS) is not sequence:
        row.mirrored = row.mirrored or "led by the left hand"


def _mark_copies(films: Sequence[Row], pairs: Iterable[tuple[int, int, str]]) -> None:
    """The later of two rows is the copy, of the first that there is; a mirror image is said to be one, too."""
    for a, b, kind in sorted({(max(a, b), min(a, b), kind) for a, b, kind in pairs}):
        later, first = films[a], films[b]
        if first.path == later.path:
            continue  # one film may stand in several rows: that is no copy
        if kind == "mirrored" and not later.copy_of:
            later.mirrored = f"mirror image of {first.path}"
        later.copy_of = later.copy_of or first.path
