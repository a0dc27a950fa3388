"""A lexicon as one file to hand on: an SQLite file without a log beside it, with landmarks or without."""

import sqlite3
import uuid
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

from chereme.errors import CheremeError, KnownEntryError, LexiconError
from chereme.files import write_beside
from chereme.lexicon.exchange import BadRow, ExportReport, ImportReport
from chereme.lexicon.lexicon import Lexicon
from chereme.lexicon.rows import read_kept
from chereme.lexicon.sign import Entry

__all__ = ["import_packed", "pack"]

Watch = Callable[[list[Entry]], Iterable[Entry]]


def pack(lexicon: Lexicon, path: str | Path, embeddings_only: bool = False) -> ExportReport:
    """Write the whole lexicon as one file.

    Args:
        lexicon: what to pack.
        path: of the file, whose name ends in `.lexicon` by custom.
        embeddings_only: leave the landmarks out: signs are found as before, but no sign can be drawn, and none
            follows a change of the encoder.

    Raises:
        LexiconError: it is the lexicon's own file, or an entry would be left with nothing.
    """
    path = Path(path)
    if lexicon.place.path is not None and path.resolve() == lexicon.place.path.resolve():
        raise LexiconError(f"{path}: is the lexicon itself; name another file")
    if embeddings_only:
        lexicon.prepare()  # what the encoder can embed is embedded before its landmarks go
        if lexicon.memory.unfit:
            id, why = next(iter(lexicon.memory.unfit.items()))
            raise LexiconError(f"entry {id} would have neither landmarks nor an embedding: {why}; remove it first")
    count = len(lexicon.entries())
    with write_beside(path) as part:
        if lexicon.place.path is None:
            with Lexicon.open(part, create=True) as copy:
                _merge(lexicon, copy, iter)
                if (card := lexicon.card) is not None:
                    copy.describe(card)
        else:
            lexicon.place.copy_to(part)
        _make_to_be_read(part, embeddings_only)
    return ExportReport(count, 0)


def import_packed(lexicon: Lexicon, path: str | Path, watch: Watch = iter) -> ImportReport:
    """Add what a packed lexicon holds, or any other; what is in this one is passed over, so it can be taken up again.

    Embeddings come along as they are: those of another space than the encoder's are compared only where landmarks
    came with them.

    Raises:
        LexiconError: no lexicon, or one of a newer chereme.
    """
    with Lexicon.open(path) as source:
        return _merge(source, lexicon, watch)


def _merge(source: Lexicon, into: Lexicon, watch: Watch) -> ImportReport:
    report, encoder = ImportReport(), source.encoder_name
    for entry in watch(sorted(source.entries(), key=lambda entry: entry.id)):
        try:
            with source.place.reading() as connection:
                new = read_kept(connection, entry)
            into.insert(new, encoder)
            report.added += 1
        except KnownEntryError:
            report.skipped += 1
        except CheremeError as error:
            report.failed.append(BadRow(entry.id, f"entry {entry.id}", str(error)))
    return report


def _make_to_be_read(path: Path, embeddings_only: bool) -> None:
    """One file, in a form that is read without writing beside it, under a name of its own."""
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("PRAGMA journal_mode=DELETE")
        file.execute("UPDATE lexicon_meta SET made = ?", (uuid.uuid4().hex,))
        (encoder,) = file.execute("SELECT encoder FROM lexicon_meta").fetchone()
        if Path(encoder).is_absolute():  # a bundle on this machine says nothing elsewhere, and whose machine it is
            file.execute("UPDATE lexicon_meta SET encoder = ''")
        if embeddings_only:
            file.execute("UPDATE lexicon_entries SET pose = NULL")
            file.execute("VACUUM")
