"""What people decided on clips, in one SQLite file: who, when, what. Lines are added and never changed.

Each decision is one transaction, on the disk before it is answered, so nothing is lost in a crash. The newest line of a
person on a clip counts; taking a decision back adds a line, too. Lines have ids of their own, so that files which
several people filled are brought together as often as one likes.
"""

import sqlite3
import unicodedata
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from chereme.errors import ReviewError
from chereme.review.clips import ReviewClip

__all__ = ["VERDICTS", "Decision", "Decisions"]

VERSION = 1
VERDICTS = ("accept", "reject", "variant")
_ABOUT = ("gloss", "source", "variant", "signer", "url", "path", "language")
_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS reviewers (name TEXT PRIMARY KEY, key TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS clips (key TEXT PRIMARY KEY, {", ".join(f"{name} TEXT NOT NULL" for name in _ABOUT)});
CREATE TABLE IF NOT EXISTS decisions (
  id TEXT PRIMARY KEY, clip TEXT NOT NULL REFERENCES clips, reviewer TEXT NOT NULL REFERENCES reviewers,
  at TEXT NOT NULL, verdict TEXT NOT NULL, other TEXT NOT NULL, mirrored INTEGER NOT NULL, start REAL, end REAL
);
CREATE INDEX IF NOT EXISTS decisions_of ON decisions (reviewer, clip, at);
"""


@dataclass(frozen=True)
class Decision:
    """What a person says of a clip."""

    verdict: str = ""
    """`accept`: shows the sign that is meant; `reject`: cannot be used; `variant`: shows the word by another sign;
    empty: not decided, or taken back."""
    other: str = ""
    """Which other sign, where the verdict is `variant`: B, C, … by the reviewer's own count within the word."""
    mirrored: bool = False
    """The film is a mirror image."""
    start: float | None = None
    """Seconds of the film at which the sign begins; None: with the film."""
    end: float | None = None
    reviewer: str = ""
    at: str = ""
    """When, as ISO 8601 in UTC."""

    def __post_init__(self) -> None:
        if self.verdict not in ("", *VERDICTS):
            raise ReviewError(f"verdict is {self.verdict!r}; it can be {', '.join(VERDICTS)} or empty")
        if (self.verdict == "variant") != bool(self.other):
            raise ReviewError("which other sign is said with the verdict `variant`, and only with it")
        if not 0 <= (self.start or 0) < (float("inf") if self.end is None else self.end):
            raise ReviewError(f"the sign cannot last from {self.start or 0} to {self.end} s; its end follows its start")


class Decisions:
    """A file of decisions; several people may work in it at the same time, each in a process of their own.

    Args:
        path: made if it is not there and `create` is set.
        create: begin a new file.

    Raises:
        ReviewError: no such file, or none of ours.
    """

    def __init__(self, path: str | Path, create: bool = False) -> None:
        self.path = Path(path)
        if not create and not self.path.is_file():
            raise ReviewError(f"{self.path}: no decisions here; `chereme review` begins them, or check the path")
        with self._open() as db:
            (version,) = db.execute("PRAGMA user_version").fetchone()
            tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if version not in (0, VERSION) or (version == 0 and tables - {"reviewers", "clips", "decisions"}):
                raise ReviewError(f"{self.path}: not decisions of this chereme (version {version}); name another file")
            if version != VERSION:
                db.executescript(f"{_SCHEMA} PRAGMA user_version = {VERSION};")

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A connection of its own each time: threads and processes need share nothing, and each line is committed."""
        try:
            with closing(sqlite3.connect(self.path, isolation_level=None, timeout=30)) as db:
                db.execute("PRAGMA synchronous = FULL")
                db.execute("PRAGMA foreign_keys = ON")
                yield db
        except sqlite3.Error as error:
            raise ReviewError(f"{self.path}: cannot be used: {error}; name another file with --decisions") from error

    @contextmanager
    def present(self, reviewer: str) -> Iterator[str]:
        """A person reviews: enters the name if it is new, and keeps it from a second person while the block lasts.

        The lock is the system's, so it goes when the process does, however that ends. Gives the name as it is kept.

        Raises:
            ReviewError: no name, one that differs from another's in case or spaces alone, or one who is at work now.
        """
        name = unicodedata.normalize("NFC", " ".join(reviewer.split()))
        if not name or len(name) > 60:
            raise ReviewError("say who reviews with --reviewer, in 60 letters at most")
        for known in self.reviewers():
            if known != name and known.casefold() == name.casefold():
                raise ReviewError(
                    f"{self.path}: {known!r} reviews here already; use that name if it is yours, else another"
                )
        lock = self.path.with_name(f".{self.path.name}-{sha256(name.encode()).hexdigest()[:12]}")
        with closing(sqlite3.connect(lock, isolation_level=None, timeout=0.2)) as held:
            try:
                held.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError as error:
                raise ReviewError(
                    f"{self.path}: {name!r} is at work in another window; close it, or name yourself otherwise with"
                    " --reviewer"
                ) from error
            with self._open() as db:
                db.execute("INSERT OR IGNORE INTO reviewers VALUES (?, ?)", (name, uuid.uuid4().hex))
            try:
                yield name
            finally:
                with suppress(OSError):
                    lock.unlink()

    def reviewers(self) -> dict[str, int]:
        """Who reviewed, and on how many clips each has decided."""
        counts = {name: sum(bool(d.verdict) for d in self.of(name).values()) for name in self._names()}
        return dict(sorted(counts.items()))

    def _names(self) -> dict[str, str]:
        """Name to the key that tells two people of one name apart."""
        with self._open() as db:
            return dict(db.execute("SELECT name, key FROM reviewers"))

    def add(self, clip: ReviewClip, reviewer: str, decision: Decision) -> Decision:
        """Write one decision; when this returns it is on the disk."""
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        with self._open() as db:
            db.execute("BEGIN IMMEDIATE")
            (last,) = db.execute(
                "SELECT max(at) FROM decisions WHERE clip = ? AND reviewer = ?", (clip.key, reviewer)
            ).fetchone()
            at = max(now, last or now)  # a clock that was put back makes no decision older
            about = [getattr(clip, name) for name in _ABOUT]
            db.execute(f"INSERT OR REPLACE INTO clips VALUES ({_marks(1 + len(about))})", (clip.key, *about))
            values = (decision.verdict, decision.other, decision.mirrored, decision.start, decision.end)
            db.execute(
                f"INSERT INTO decisions VALUES ({_marks(9)})", (uuid.uuid4().hex, clip.key, reviewer, at, *values)
            )
            db.execute("COMMIT")
        return Decision(*values, reviewer, at)

    def of(self, reviewer: str) -> dict[str, Decision]:
        """What counts of a person's decisions: clip's key to the newest."""
        with self._open() as db:
            rows = db.execute(
                "SELECT clip, verdict, other, mirrored, start, end, reviewer, at FROM decisions WHERE reviewer = ?"
                " ORDER BY at, rowid",
                (reviewer,),
            )
            return {clip: Decision(v, o, bool(m), *rest) for clip, v, o, m, *rest in rows}

    def history(self, clip: str) -> list[Decision]:
        """All that was ever said of a clip, the oldest first."""
        with self._open() as db:
            rows = db.execute(
                "SELECT verdict, other, mirrored, start, end, reviewer, at FROM decisions WHERE clip = ?"
                " ORDER BY at, rowid",
                (clip,),
            )
            return [Decision(v, o, bool(m), *rest) for v, o, m, *rest in rows]

    def clips(self) -> dict[str, ReviewClip]:
        """The clips that were decided on, by their keys, as the table told of them then."""
        with self._open() as db:
            rows = db.execute(f"SELECT key, {', '.join(_ABOUT)} FROM clips ORDER BY gloss, key")
            return {key: ReviewClip(key, **dict(zip(_ABOUT, about, strict=True))) for key, *about in rows}

    def merge(self, other: "Decisions", rename: Mapping[str, str] | None = None, same: Iterable[str] = ()) -> int:
        """Take over what others decided; a file may be merged again when it has grown.

        Args:
            other: their file.
            rename: their name to the one that the person gets here.
            same: names that stand for one person in both files.

        Returns:
            How many lines were new.

        Raises:
            ReviewError: a name stands in both files and may be two people.
        """
        rename, same = dict(rename or {}), set(same)
        ours = self._names()
        by_key = {key: name for name, key in ours.items()}
        names = {}
        for name, key in other._names().items():
            names[name] = by_key.get(key) or rename.get(name, name)
            taken = next((known for known in ours if known.casefold() == names[name].casefold()), None)
            if taken is not None and ours[taken] != key:
                if name not in same:
                    raise ReviewError(
                        f"{other.path}: {name!r} began there by themselves, and {taken!r} reviews in {self.path}, too;"
                        f" say --rename {name}=ANOTHER if they are two people, --same {name} if one"
                    )
                names[name] = taken
        with self._open() as db, other._open() as theirs:
            db.execute("BEGIN IMMEDIATE")
            for name, key in theirs.execute("SELECT name, key FROM reviewers").fetchall():
                db.execute("INSERT OR IGNORE INTO reviewers VALUES (?, ?)", (names[name], key))
            clips = theirs.execute("SELECT * FROM clips").fetchall()
            db.executemany(f"INSERT OR IGNORE INTO clips VALUES ({_marks(1 + len(_ABOUT))})", clips)
            (before,) = db.execute("SELECT count(*) FROM decisions").fetchone()
            lines = theirs.execute("SELECT * FROM decisions").fetchall()
            renamed = [(id, clip, names[reviewer], *rest) for id, clip, reviewer, *rest in lines]
            db.executemany(f"INSERT OR IGNORE INTO decisions VALUES ({_marks(9)})", renamed)
            (after,) = db.execute("SELECT count(*) FROM decisions").fetchone()
            db.execute("COMMIT")
        return int(after - before)


def _marks(count: int) -> str:
    return ", ".join("?" * count)
