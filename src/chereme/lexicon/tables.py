"""The tables of a lexicon, alike in SQLite and PostgreSQL."""

from sqlalchemy import (
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

__all__ = ["FORMAT", "TABLES", "embeddings", "entries", "meta"]

FORMAT = 1
"""Of the tables; a lexicon of a higher one was made by a newer chereme."""

TABLES = MetaData()

meta = Table(
    "lexicon_meta",
    TABLES,
    Column("one", Integer, primary_key=True, autoincrement=False),  # there is one row, and a writer holds it
    Column("format", Integer, nullable=False),
    Column("made", String, nullable=False),  # a name for this lexicon alone; a copy that is packed gets another
    Column("revision", Integer, nullable=False),  # one more with every change
    Column("removed", Integer, nullable=False),  # revision at which an entry last went
    Column("encoder", String, nullable=False),  # bundle that embeds what is added; empty: the one that ships
    Column("card", String, nullable=False, server_default=""),  # of one that ships, as JSON
)

entries = Table(
    "lexicon_entries",
    TABLES,
    Column("id", Integer, primary_key=True),
    Column("gloss", String, nullable=False),
    Column("language", String, nullable=False),
    Column("variant", String, nullable=False),
    Column("sense", String, nullable=False),
    Column("source", String, nullable=False),
    Column("licence", String, nullable=False),
    Column("signer", String, nullable=False),
    Column("added", String, nullable=False),
    Column("seconds", Double, nullable=False),
    Column("words", String, nullable=False),
    Column("spoken_language", String, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("digest", String, nullable=False),  # of the landmarks, kept where they are not
    Column("pose", LargeBinary),  # a .pose, zlib
    UniqueConstraint("language", "gloss", "variant", "sense", "digest", "spoken_language", "words"),
    Index("lexicon_entries_by_gloss", "gloss"),
    sqlite_autoincrement=True,  # a number that was given is never given again
)

embeddings = Table(
    "lexicon_embeddings",
    TABLES,
    Column("id", Integer, primary_key=True),  # in the order in which they were written
    Column("entry", Integer, ForeignKey("lexicon_entries.id", ondelete="CASCADE"), nullable=False),
    Column("space", String, nullable=False),
    Column("vector", LargeBinary, nullable=False),  # float32, little endian, of length 1
    UniqueConstraint("entry", "space"),
    Index("lexicon_embeddings_by_space", "space", "id"),
    sqlite_autoincrement=True,
)
