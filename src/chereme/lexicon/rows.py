"""Entries and embeddings in and out of the tables, within a transaction."""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime

import numpy as np
from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, insert, select

from chereme.errors import LexiconError
from chereme.lexicon.sign import About, Entry, Sign, landmark_digest
from chereme.lexicon.tables import embeddings, entries
from chereme.poses import pose_from_bytes, pose_to_bytes
from chereme.recognize import require_hand
from chereme.types import Floats, PoseSequence

__all__ = [
    "NewEntry",
    "as_bytes",
    "as_vector",
    "entries_where",
    "find_entries",
    "insert_embeddings",
    "insert_entry",
    "is_of",
    "known_as",
    "left_out",
    "new_embeddings",
    "new_entry",
    "read_kept",
    "read_pose_bytes",
    "remove_entries",
    "waiting",
]

_LARGEST_POSE = 1 << 29
"""Bytes that a packed pose may become; more is no clip of a sign."""
_FIELDS = [c for c in entries.c if c.name not in ("pose", "digest")]
_SIGN, _ABOUT = ([part.name for part in fields(kind)] for kind in (Sign, About))
_HAS_POSE = entries.c.pose.is_not(None).label("has_pose")


@dataclass(frozen=True, eq=False)
class NewEntry:
    """What is to become an entry."""

    sign: Sign
    digest: str
    pose: bytes | None
    """The bytes of a `.pose`, zlib; None: embeddings only."""
    seconds: float
    added: str
    vectors: Mapping[str, Floats]
    """Embeddings of length 1 by space."""
    about: About = field(default_factory=About)


def new_entry(sign: Sign, sequence: PoseSequence, about: About) -> NewEntry:
    """An entry of a clip, without an embedding.

    Raises:
        UnseenError: no hand was seen, or at rest alone.
    """
    require_hand(sequence)
    pose = zlib.compress(pose_to_bytes(sequence), 6)
    added = datetime.now(UTC).isoformat(timespec="seconds")
    return NewEntry(sign, landmark_digest(sequence), pose, sequence.seconds, added, {}, about)


def as_bytes(vector: Floats) -> bytes:
    """An embedding as it is kept."""
    return np.ascontiguousarray(vector, "<f4").tobytes()


def as_vector(data: bytes) -> Floats:
    """An embedding as it was kept.

    Raises:
        LexiconError: it is none.
    """
    vector = np.frombuffer(data, "<f4") if len(data) % 4 == 0 else np.zeros(0, np.float32)
    if not len(vector) or not np.isclose(np.linalg.norm(vector), 1, atol=1e-3):
        raise LexiconError("an embedding is damaged")
    return vector.astype(np.float32)


def is_of(sign: Sign) -> ColumnElement[bool]:
    """Whether a row is an example of a sign."""
    return and_(
        entries.c.language == sign.language,
        entries.c.gloss == sign.gloss,
        entries.c.variant == sign.variant,
        entries.c.sense == sign.sense,
    )


def entries_where(
    gloss: str | None = None,
    language: str | None = None,
    variant: str | None = None,
    sense: str | None = None,
    id: int | None = None,
) -> list[ColumnElement[bool]]:
    """Conditions on a row; None: any."""
    asked = {"gloss": gloss, "language": language and language.lower(), "variant": variant, "sense": sense, "id": id}
    return [entries.c[name] == value for name, value in asked.items() if value is not None]


def find_entries(connection: Connection, where: Sequence[ColumnElement[bool]] = ()) -> list[Entry]:
    """Entries by gloss, the one to show first before the other examples of its sign."""
    c = entries.c
    order = (c.gloss, c.language, c.variant, c.sense, c.priority, c.id)
    found = connection.execute(select(*_FIELDS, _HAS_POSE).where(*where).order_by(*order))
    return [
        Entry(
            row["id"],
            Sign(**{name: row[name] for name in _SIGN}),
            About(**{name: row[name] for name in _ABOUT}),
            row["added"],
            row["seconds"],
            row["has_pose"],
        )
        for row in found.mappings()
    ]


def known_as(connection: Connection, new: NewEntry) -> int | None:
    """Id of the entry that shows the same sign with the same clip; of an import, for the same words."""
    same = select(entries.c.id).where(is_of(new.sign), entries.c.digest == new.digest)
    if new.about.words:
        words = (entries.c.words == new.about.words, entries.c.spoken_language == new.about.spoken_language)
        same = same.where(*words)
    return connection.execute(same.limit(1)).scalar_one_or_none()


def insert_entry(connection: Connection, new: NewEntry) -> int:
    """Write an entry and its embeddings; gives its id."""
    written = connection.execute(
        insert(entries).values(
            **asdict(new.sign),
            **asdict(new.about),
            added=new.added,
            seconds=new.seconds,
            digest=new.digest,
            pose=new.pose,
        )
    )
    assert written.inserted_primary_key is not None
    id = int(written.inserted_primary_key[0])
    for space, vector in new.vectors.items():
        insert_embeddings(connection, space, {id: vector})
    return id


def insert_embeddings(connection: Connection, space: str, vectors: Mapping[int, Floats]) -> None:
    """Write embeddings by entry; those that were written or whose entry was removed meanwhile are passed over.

    Raises:
        LexiconError: they are not as long as the others of the space, so they cannot be of it.
    """
    length = select(func.length(embeddings.c.vector)).where(embeddings.c.space == space).limit(1)
    if (bytes_there := connection.execute(length).scalar_one_or_none()) is not None:
        for vector in vectors.values():
            if 4 * len(vector) != bytes_there:
                raise LexiconError(f"{len(vector)} numbers are no embedding of {space}: those have {bytes_there // 4}")
    lacking = select(entries.c.id).where(entries.c.id.in_(list(vectors)), ~_embedded(space))
    open_ids = connection.execute(lacking).scalars()
    rows = [{"entry": id, "space": space, "vector": as_bytes(vectors[id])} for id in sorted(open_ids)]
    if rows:
        connection.execute(insert(embeddings), rows)


def remove_entries(connection: Connection, where: Sequence[ColumnElement[bool]]) -> int:
    """Remove entries with all that belongs to them; says how many."""
    ids = select(entries.c.id).where(*where)
    connection.execute(delete(embeddings).where(embeddings.c.entry.in_(ids)))
    return connection.execute(delete(entries).where(*where)).rowcount


def read_pose_bytes(connection: Connection, id: int) -> bytes | None:
    """The bytes of an entry's `.pose`; None when it has none.

    Raises:
        LexiconError: no such entry, or its pose is damaged.
    """
    row = connection.execute(select(entries.c.pose).where(entries.c.id == id)).first()
    if row is None:
        raise LexiconError(f"no entry {id}; `chereme lexicon list` says which there are")
    if row.pose is None:
        return None
    unpacker = zlib.decompressobj()
    try:
        pose = unpacker.decompress(row.pose, _LARGEST_POSE)
    except zlib.error:
        pose = b""
    if not unpacker.eof:
        raise LexiconError(
            f"the pose of entry {id} is damaged, or too large for a clip; remove it and add its clip again"
        )
    return pose


def read_kept(connection: Connection, entry: Entry) -> NewEntry:
    """An entry with all that was kept of it, to go into another lexicon.

    Raises:
        LexiconError: it is damaged.
        PoseFileError: its landmarks cannot be read.
    """
    digest = connection.execute(select(entries.c.digest).where(entries.c.id == entry.id)).scalar_one()
    pose = read_pose_bytes(connection, entry.id)
    if pose is not None:
        digest = landmark_digest(pose_from_bytes(pose, f"entry {entry.id}"))
    of_it = select(embeddings.c.space, embeddings.c.vector).where(embeddings.c.entry == entry.id)
    vectors = {space: as_vector(vector) for space, vector in connection.execute(of_it)}
    if pose is None and not vectors:
        raise LexiconError(f"entry {entry.id}: holds neither landmarks nor an embedding")
    packed = None if pose is None else zlib.compress(pose, 6)
    return NewEntry(entry.sign, digest, packed, entry.seconds, entry.added, vectors, entry.about)


def new_embeddings(connection: Connection, space: str, after: int) -> Iterator[tuple[int, int, Sign, bytes]]:
    """Id, entry, sign and vector of each embedding of a space that was written after one, in that order."""
    c = entries.c
    wanted = (
        select(embeddings.c.id, embeddings.c.entry, c.gloss, c.language, c.variant, c.sense, embeddings.c.vector)
        .join(entries, c.id == embeddings.c.entry)
        .where(embeddings.c.space == space, embeddings.c.id > after)
        .order_by(embeddings.c.id)
    )
    signs: dict[tuple[str, ...], Sign] = {}
    for id, entry, *parts, vector in connection.execute(wanted):
        key = tuple(parts)
        if (sign := signs.get(key)) is None:
            sign = signs[key] = Sign(*key)
        yield id, entry, sign, vector


def waiting(connection: Connection, space: str) -> list[int]:
    """Ids of entries that have no embedding of a space yet, but a pose to make it of."""
    wanted = select(entries.c.id).where(~_embedded(space), entries.c.pose.is_not(None)).order_by(entries.c.id)
    return list(connection.execute(wanted).scalars())


def left_out(connection: Connection, space: str) -> tuple[int, list[str]]:
    """How many entries have no embedding of a space and no pose, and the spaces that they have."""
    without = (~_embedded(space), entries.c.pose.is_(None))
    count = connection.execute(select(func.count()).select_from(entries).where(*without)).scalar_one()
    others = select(embeddings.c.space).join(entries, entries.c.id == embeddings.c.entry).where(*without).distinct()
    return int(count), sorted(connection.execute(others).scalars()) if count else []


def _embedded(space: str) -> ColumnElement[bool]:
    """Whether an entry has an embedding of a space."""
    own = embeddings.alias()
    return exists().where(own.c.entry == entries.c.id, own.c.space == space)
