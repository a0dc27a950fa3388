"""Where a lexicon is kept: an SQLite file, or a database that several machines share.

Many may read while one writes. In SQLite that is its write-ahead log, and a writer takes the lock before it reads
what it is about to change; elsewhere the writer holds the one row of `lexicon_meta`. A writer that is killed leaves
what it had reported, and nothing half.
"""

import contextlib
import os
import sqlite3
import stat
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, make_url, select, update
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

from chereme.errors import LexiconError
from chereme.lexicon.ships import find_lexicon, list_lexicons, ships
from chereme.lexicon.tables import FORMAT, TABLES, meta

__all__ = ["PATIENCE", "Place"]

PATIENCE = 30.0
"""Seconds to wait for another writer."""


class Place:
    """An open lexicon's tables; `reading` and `writing` give a transaction each.

    Args:
        engine: SQLAlchemy's.
        name: for people; passwords are left out.
        path: of the SQLite file; None: another database.
        writable: whether it may be changed.
    """

    def __init__(self, engine: Engine, name: str, path: Path | None, writable: bool) -> None:
        self.engine = engine
        self.name = name
        self.path = path
        self.writable = writable
        self._logs_ahead = False

    @classmethod
    def open(cls, where: str | Path, create: bool = False) -> "Place":
        """Open the lexicon at a file or SQLAlchemy URL.

        Args:
            where: path, name of one that ships, or URL.
            create: make an empty one where there is none.

        Raises:
            LexiconError: there is none, or what is there is no lexicon, or one of a newer chereme; or one that ships is
                to be added to.
        """
        place = _place(where, create)
        try:
            place._check(create)
        except BaseException:
            place.close()
            raise
        return place

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the lexicon, whatever others write meanwhile."""
        options = {} if self.path is not None else {"isolation_level": "REPEATABLE READ"}
        with self._telling(), self.engine.connect().execution_options(**options) as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self, removes: bool = False) -> Iterator[Connection]:
        """A transaction that no other writer comes between; all of it is kept when the block ends well, or nothing.

        Raises:
            LexiconError: it may not be written, or another writer did not finish.
        """
        if self.path is not None and ships(self.path):
            raise LexiconError(_shipped(self.name))
        if not self.writable:
            raise LexiconError(f"{self.name}: may not be written; copy it to a place of yours first")
        with self._telling():
            self._log_ahead()
            with self.engine.connect().execution_options(immediate=True) as connection, connection.begin():
                connection.execute(update(meta).values(revision=meta.c.revision + 1))
                if removes:
                    connection.execute(update(meta).values(removed=meta.c.revision))
                yield connection

    def copy_to(self, path: Path) -> None:
        """Write one state of an SQLite lexicon to an empty file, without gaps."""
        with self._telling():
            connection = self.engine.raw_connection()
            try:
                connection.cursor().execute("VACUUM INTO ?", (str(path),))
            finally:
                connection.close()

    def _check(self, create: bool) -> None:
        with self._telling():
            with self.engine.connect() as connection, connection.begin():
                tables = set(inspect(connection).get_table_names())
            if meta.name not in tables:
                if tables and self.path is not None:
                    raise LexiconError(f"{self.name}: an SQLite file, but no lexicon; name another")
                if not create:
                    raise LexiconError(f"{self.name}: holds no lexicon; make one with `chereme lexicon add`")
                self._make()
            with self.engine.connect() as connection, connection.begin():
                written = connection.execute(select(meta.c.format)).scalar_one_or_none()
        if written is None:
            raise LexiconError(f"{self.name}: holds no lexicon: its table {meta.name} is empty")
        if written > FORMAT:
            raise LexiconError(f"{self.name}: written by a newer chereme (format {written}); update chereme")

    def _make(self) -> None:
        self._log_ahead()
        with self.engine.connect().execution_options(immediate=True) as connection, connection.begin():
            TABLES.create_all(connection)
            if connection.execute(select(meta.c.one)).first() is None:  # another may have been quicker
                values = {"one": 1, "format": FORMAT, "made": uuid.uuid4().hex, "revision": 0, "removed": 0}
                connection.execute(insert(meta).values(**values, encoder=""))

    def _log_ahead(self) -> None:
        """Let readers read while a writer writes. A packed file, made to be read, is changed only when written."""
        if self.path is None or self._logs_ahead:
            return
        connection = self.engine.raw_connection()
        try:
            with contextlib.suppress(sqlite3.OperationalError):  # somebody reads just now: it is as safe without
                connection.cursor().execute("PRAGMA journal_mode=WAL")
        finally:
            connection.close()
        self._logs_ahead = True

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Say in one line what a database complains of at length."""
        try:
            yield
        except (SQLAlchemyError, sqlite3.Error) as error:
            raise LexiconError(f"{self.name}: {_short(error)}") from error


def _short(error: Exception) -> str:
    text = str(error.orig if isinstance(error, DBAPIError) else error).strip().split("\n")[0]
    known = {
        "file is not a database": "no lexicon: not an SQLite file; name another",
        "malformed": "damaged; take a copy of it, or import the clips again",
        "locked": f"another program has been writing for {PATIENCE:g} s; try again when it is done",
        "readonly": "may not be written; copy it to a place of yours first",
    }
    return next((told for part, told in known.items() if part in text), text)


def _place(where: str | Path, create: bool) -> Place:
    if isinstance(where, str) and "://" in where:
        try:
            url = make_url(where)
            if url.get_backend_name() != "sqlite":
                engine = create_engine(url, pool_pre_ping=True)
                return Place(engine, url.render_as_string(hide_password=True), None, writable=True)
        except (ArgumentError, NoSuchModuleError) as error:
            raise LexiconError(f"{where.partition('://')[0]}://…: no address of a database: {error}") from None
        except ModuleNotFoundError as error:
            raise LexiconError(f"{where.partition('://')[0]}://…: needs its driver: pip install {error.name}") from None
        if url.database in (None, "", ":memory:"):
            raise LexiconError(f"{where}: names no file; write sqlite:///FILE, or the file alone")
        where = str(url.database)
    path = find_lexicon(where)
    if path.is_dir():
        raise LexiconError(f"{path}: a folder, no lexicon; `chereme lexicon import` reads folders")
    if not path.exists():
        if not create:
            raise LexiconError(
                f"{path}: no such lexicon; make one with `chereme lexicon add GLOSS CLIP`, or name one that ships:"
                f" {', '.join(list_lexicons())}"
            )
        path.parent.mkdir(parents=True, exist_ok=True)
    name = str(where)
    if (shipped := ships(path)) and create:
        raise LexiconError(_shipped(name))
    writable = not shipped and _may_write(path)
    return Place(_sqlite(path, create, writable), name, path, writable)


def _shipped(name: str) -> str:
    return (
        f"{name}: ships with chereme and is not changed; make one of yours of it with"
        f" `chereme lexicon import {name} --lexicon mine.sqlite`, and add to that"
    )


def _may_write(path: Path) -> bool:
    """Whether the file, and beside it the log that SQLite keeps, may be written; a closed mode binds root as well."""
    there = [path.parent, path] if path.exists() else [path.parent]
    return all(os.access(one, os.W_OK) and one.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP) for one in there)


def _sqlite(path: Path, create: bool, writable: bool) -> Engine:
    mode = "rwc" if create else "rw"
    if not writable:
        log = path.with_name(path.name + "-wal")
        # nobody writes it, so nothing need be locked; but entries that are still in the log must be seen
        mode = "ro" if log.exists() and log.stat().st_size else "ro&immutable=1"
    uri = f"{path.resolve().as_uri()}?mode={mode}"

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(uri, uri=True, timeout=PATIENCE, check_same_thread=False, isolation_level=None)

    engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool)

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA synchronous=FULL")  # what was reported added is on the disk

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get("immediate")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine
