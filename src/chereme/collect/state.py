"""What a crawl has done, in SQLite: a page, what was found on it and where it leads are written in one transaction.

So a crawl may be killed at any moment: a page is either done, with all that it told of, or waits to be fetched.
"""

import sqlite3
import time
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from chereme.collect.page import Entry, Visit
from chereme.errors import CollectError

__all__ = ["STATE", "Counts", "Kept", "State"]

STATE = "collect.sqlite"
"""Name of the file in the folder of a collection."""
VERSION = 1

_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS pages (
    source TEXT, url TEXT, kind TEXT, visit BLOB, round INTEGER, error TEXT DEFAULT '', fetched REAL,
    status TEXT DEFAULT 'waiting',  -- waiting, done, failed, changed (markup), dead, refused (robots.txt)
    PRIMARY KEY (source, url)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS pages_by_status ON pages (source, status);
CREATE TABLE IF NOT EXISTS entries (
    source TEXT, key TEXT, page TEXT, entry BLOB, first_seen REAL, changed REAL,
    PRIMARY KEY (source, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS videos (
    source TEXT, url TEXT, status TEXT,  -- alive (answers with a video), stored, dead, failed (may come yet)
    path TEXT DEFAULT '', bytes INTEGER DEFAULT 0, sha256 TEXT DEFAULT '', error TEXT DEFAULT '', checked REAL,
    PRIMARY KEY (source, url)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rounds (source TEXT PRIMARY KEY, round INTEGER, language TEXT);
CREATE TABLE IF NOT EXISTS bodies (url TEXT PRIMARY KEY, time REAL, status INTEGER, headers BLOB, body BLOB);
PRAGMA user_version = {VERSION};
"""


@dataclass(frozen=True)
class Counts:
    """How far a source is."""

    entries: int
    new: int
    """Entries first seen since the moment asked about."""
    pages: int
    waiting: int
    failed: int
    """Pages that answered with an error to the end, and those whose markup is not as known."""
    dead: int
    """Pages that are gone (404), or that robots.txt forbids."""
    gone: int
    """Pages of entries that no list shows any more."""
    stored: int
    alive: int
    dead_links: int


@dataclass(frozen=True)
class Kept:
    """An entry with what became of its clip."""

    source: str
    language: str
    entry: Entry
    first_seen: float
    listed: bool
    url: str
    """Of the clip: the entry's own, or its fallback where that is dead."""
    status: str
    """`unchecked`, `alive`, `stored`, `dead`, `failed`; `none` where the site names no clip."""
    path: str
    sha256: str
    error: str


class State:
    """The state of the collection in a folder. One process at a time may have it open.

    Raises:
        CollectError: another process has it, or it was written by another chereme.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.path = self.folder / STATE
        self._db = sqlite3.connect(self.path, isolation_level=None, timeout=1)
        try:
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            if version not in (0, VERSION):
                raise CollectError(f"{self.path}: version {version}, this chereme reads {VERSION}; collect elsewhere")
            # the lock is held to the end; what is committed is safe from a kill, and from a power cut but for the last
            for pragma in ("locking_mode = EXCLUSIVE", "journal_mode = WAL", "synchronous = NORMAL"):
                self._db.execute(f"PRAGMA {pragma}")
            self._db.executescript(_SCHEMA)
        except sqlite3.DatabaseError as error:
            self._db.close()
            if "locked" in str(error):
                raise CollectError(f"{self.path}: another process collects into this folder; wait for it") from error
            raise CollectError(f"{self.path}: cannot be read: {error}") from error

    def begin(self, source: str, language: str, start: Iterable[Visit], lists: Iterable[str], refresh: bool) -> None:
        """Go on where the last crawl stopped; when it had come to its end, look again for what is new.

        Pages that failed are always tried again. `refresh` asks for all pages again.
        """
        with self._transaction() as db:
            db.execute("INSERT OR IGNORE INTO rounds VALUES (?, 0, ?)", (source, language))
            (unfinished,) = db.execute(
                "SELECT count(*) FROM pages WHERE source = ? AND status = 'waiting'", (source,)
            ).fetchone()
            if not unfinished or refresh:
                db.execute("UPDATE rounds SET round = round + 1 WHERE source = ?", (source,))
                kinds = tuple(lists)
                chosen = "1" if refresh else f"kind IN ({','.join('?' * len(kinds))})"
                db.execute(
                    f"UPDATE pages SET status = 'waiting' WHERE source = ? AND {chosen}",
                    (source, *(() if refresh else kinds)),
                )
            db.execute(
                "UPDATE pages SET status = 'waiting' WHERE source = ? AND status IN ('failed', 'changed')", (source,)
            )
            self._add(source, start)

    def waiting(self, source: str) -> list[Visit]:
        """Pages to fetch, lists first."""
        rows = self._db.execute(
            "SELECT visit FROM pages WHERE source = ? AND status = 'waiting' ORDER BY kind, url", (source,)
        )
        return [msgspec.json.decode(blob, type=Visit) for (blob,) in rows]

    def finish(self, source: str, visit: Visit, entries: Iterable[Entry], visits: Sequence[Visit]) -> list[Visit]:
        """A page is done: keep all that it told of, at once. Gives those of its visits that are new."""
        now = time.time()
        with self._transaction() as db:
            for entry in entries:
                db.execute(
                    "INSERT INTO entries VALUES (?1, ?2, ?3, ?4, ?5, ?5) ON CONFLICT DO UPDATE"
                    " SET entry = ?4, page = ?3, changed = ?5 WHERE entry <> ?4",
                    (source, entry.key, visit.url, msgspec.json.encode(entry), now),
                )
            new = self._add(source, visits)
            db.execute(
                "UPDATE pages SET status = 'done', error = '', fetched = ? WHERE source = ? AND url = ?",
                (now, source, visit.url),
            )
        return new

    def fail(self, source: str, visit: Visit, status: str, error: str) -> None:
        """A page could not be had or read."""
        with self._transaction() as db:
            db.execute(
                "UPDATE pages SET status = ?, error = ?, fetched = ? WHERE source = ? AND url = ?",
                (status, error, time.time(), source, visit.url),
            )

    def videos_wanted(self, source: str, store: bool) -> dict[str, Entry]:
        """Address to (first) entry of every clip that is not known to be dead and is not yet stored, or checked.

        A clip whose file is no longer there is wanted again.
        """
        settled = {"stored", "dead"} if store else {"stored", "dead", "alive"}
        wanted: dict[str, Entry] = {}
        for kept in self.kept(source):
            lost = kept.status == "stored" and not (self.folder / kept.path).is_file()
            if kept.url and (kept.status not in settled or (store and lost)):
                wanted.setdefault(kept.url, kept.entry)
        return wanted

    def settle_video(
        self, source: str, url: str, status: str, *, path: str = "", size: int = 0, sha256: str = "", error: str = ""
    ) -> None:
        """What became of a clip."""
        with self._transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO videos VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (source, url, status, path, size, sha256, error, time.time()),
            )

    def kept(self, source: str | None = None) -> Iterator[Kept]:
        """All entries, in order of source and key."""
        found = {
            (source, url): rest
            for source, url, *rest in self._db.execute("SELECT source, url, status, path, sha256, error FROM videos")
        }
        nothing = ["unchecked", "", "", ""]
        rows = self._db.execute(
            "SELECT e.source, r.language, e.entry, e.first_seen, p.round = r.round FROM entries e"
            " JOIN rounds r ON r.source = e.source JOIN pages p ON p.source = e.source AND p.url = e.page"
            " WHERE ?1 IS NULL OR e.source = ?1 ORDER BY e.source, e.key",
            (source,),
        )
        for name, language, blob, first_seen, listed in rows.fetchall():
            entry = msgspec.json.decode(blob, type=Entry)
            url = entry.video_url or entry.video_fallback
            about = found.get((name, url), nothing)
            if about[0] == "dead" and entry.video_fallback and url != entry.video_fallback:
                url = entry.video_fallback
                about = found.get((name, url), nothing)
            if not url:
                about = ["none", "", "", "the site names no clip"]
            yield Kept(name, language, entry, first_seen, bool(listed), url, *about)

    def dead_links(self) -> list[tuple[str, str, str]]:
        """(source, address, why) of clips and pages that cannot be had."""
        return self._db.execute(
            "SELECT source, url, error FROM videos WHERE status IN ('dead', 'failed') UNION ALL"
            " SELECT source, url, status || ': ' || error FROM pages WHERE status NOT IN ('done', 'waiting')"
            " ORDER BY 1, 2"
        ).fetchall()

    def counts(self, source: str, since: float = 0) -> Counts:
        """How far a source is; `since`: seconds since 1970 from which on an entry is new."""
        pages = dict(
            self._db.execute(
                "SELECT status, count(*) FROM pages WHERE source = ? GROUP BY status", (source,)
            ).fetchall()
        )
        kept = list(self.kept(source))
        states = [k.status for k in kept]
        whole = not pages.get("waiting") and not pages.get("failed") and not pages.get("changed")
        return Counts(
            entries=len(kept),
            new=sum(k.first_seen >= since for k in kept),
            pages=sum(pages.values()),
            waiting=pages.get("waiting", 0),
            failed=pages.get("failed", 0) + pages.get("changed", 0),
            dead=pages.get("dead", 0) + pages.get("refused", 0),
            gone=sum(not k.listed for k in kept) if whole else 0,
            stored=states.count("stored"),
            alive=states.count("alive"),
            dead_links=states.count("dead") + states.count("none"),
        )

    def errors(self, source: str) -> list[tuple[str, str]]:
        """(address, what went wrong) of pages that failed or have changed."""
        return self._db.execute(
            "SELECT url, error FROM pages WHERE source = ? AND status IN ('failed', 'changed') ORDER BY url", (source,)
        ).fetchall()

    def body(self, url: str) -> tuple[float, int, bytes, bytes] | None:
        """Time, status, headers and body of an answer that was kept."""
        row = self._db.execute("SELECT time, status, headers, body FROM bodies WHERE url = ?", (url,)).fetchone()
        return None if row is None else (row[0], row[1], row[2], zlib.decompress(row[3]))

    def keep_body(self, url: str, status: int, headers: bytes, body: bytes) -> None:
        """Keep an answer as it came."""
        with self._transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO bodies VALUES (?, ?, ?, ?, ?)",
                (url, time.time(), status, headers, zlib.compress(body)),
            )

    def _add(self, source: str, visits: Iterable[Visit]) -> list[Visit]:
        """Note pages to fetch; gives the new ones. A known one is noted as still listed."""
        (current,) = self._db.execute("SELECT round FROM rounds WHERE source = ?", (source,)).fetchone()
        new = []
        for visit in visits:
            added = self._db.execute(
                "INSERT OR IGNORE INTO pages (source, url, kind, visit, round) VALUES (?, ?, ?, ?, ?)",
                (source, visit.url, visit.kind, msgspec.json.encode(visit), current),
            )
            if added.rowcount:
                new.append(visit)
            else:
                self._db.execute(
                    "UPDATE pages SET round = ? WHERE source = ? AND url = ?", (current, source, visit.url)
                )
        return new

    def _transaction(self) -> "_Transaction":
        return _Transaction(self._db)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self.close()


class _Transaction:
    """All or nothing."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> sqlite3.Connection:
        self._db.execute("BEGIN IMMEDIATE")
        return self._db

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.execute("COMMIT" if kind is None else "ROLLBACK")
