"""What of a lexicon is held in memory to search it, kept true to what is on the disk."""

import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import numpy as np
from sqlalchemy import Connection, select

from chereme.errors import CheremeError, LexiconError
from chereme.lexicon.gallery import Gallery
from chereme.lexicon.index import CANDIDATES, EXACT, IndexedBy, VectorIndex, has_faiss
from chereme.lexicon.place import Place
from chereme.lexicon.rows import (
    as_vector,
    entries_where,
    find_entries,
    insert_embeddings,
    left_out,
    new_embeddings,
    read_pose_bytes,
    waiting,
)
from chereme.lexicon.sign import Hit
from chereme.lexicon.tables import meta
from chereme.poses import pose_from_bytes
from chereme.types import Floats, PoseSequence

__all__ = ["Memory", "Watch"]

Watch = Callable[[list[int]], Iterable[int]]
"""Goes through ids of entries, and may show how far it is."""

_BATCH = 32
"""Entries that are embedded between two writes."""


class Memory:
    """The embeddings of one space, read again only when the lexicon's revision says that there is something new.

    Args:
        place: of the lexicon.
        space: of the embeddings.
        embed: makes one of a clip's landmarks, for entries that have none of this space yet.
    """

    def __init__(self, place: Place, space: str, embed: Callable[[PoseSequence], Floats]) -> None:
        self.place = place
        self.space = space
        self.left_out: tuple[int, list[str]] = (0, [])
        """How many entries have neither an embedding of this space nor a pose, and the spaces that they have."""
        self.unfit: dict[int, str] = {}
        """Entries whose pose cannot be embedded, and why."""
        self._embed = embed
        self._made: dict[int, Floats] = {}  # where they may not be written
        self._gallery = Gallery.empty()
        self._revision = -1
        self._index: VectorIndex | None = None
        self._lock = threading.RLock()

    def refresh(self, watch: Watch = iter) -> Gallery:
        """All embeddings as they are now; poses that have none of this space are embedded first, and that is kept."""
        with self._lock:
            changed, todo = self._read()
            if changed and (todo := [id for id in todo if id not in self.unfit and id not in self._made]):
                self._embed_poses(todo, watch)
                self._revision = -1 if not self.place.writable else self._revision
                self._read()
            return self._gallery

    def nearest(self, query: Floats, top: int | None, language: str | None) -> list[Hit]:
        """The signs nearest to an embedding (E,): all of them looked at up to `EXACT` examples, else by the index."""
        gallery = self.refresh()
        if not len(gallery):
            return []
        if query.shape != gallery.base.shape[1:]:
            raise LexiconError(
                f"{self.place.name}: its embeddings have {gallery.base.shape[1]} numbers, not {query.size}"
            )
        allowed = None if language is None else gallery.rows_in(language)
        few = len(gallery) if allowed is None else int(allowed.sum())
        if few <= EXACT or not has_faiss():
            return gallery.nearest(query, top, language)
        rows = self._index_of(gallery).candidates(gallery, query, max(CANDIDATES, 20 * (top or 0)), allowed)
        return gallery.nearest_among(query, rows, top)

    def _read(self) -> tuple[bool, list[int]]:
        """Read what is new: whether there was anything, and which entries wait to be embedded."""
        with self.place.reading() as connection:
            revision, removed = connection.execute(select(meta.c.revision, meta.c.removed)).one()
            if revision == self._revision:
                return False, []
            afresh = removed > self._revision or not self.place.writable
            self._gallery = self._with_new(Gallery.empty() if afresh else self._gallery, connection)
            todo = waiting(connection, self.space)
            if self._made:
                self._gallery = self._with_made(self._gallery, connection, todo)
            self.left_out = left_out(connection, self.space)
            self.unfit = {id: why for id, why in self.unfit.items() if id in set(todo)}
            self._revision = revision
        return True, todo

    def _with_new(self, gallery: Gallery, connection: Connection) -> Gallery:
        last = int(gallery.ids[-1]) if len(gallery) else 0
        found = list(new_embeddings(connection, self.space, last))
        if not found:
            return gallery
        ids, entries, signs, kept = zip(*found, strict=True)
        vectors = [as_vector(data) for data in kept]
        sizes = {len(vector) for vector in vectors} | set(gallery.base.shape[1:] if len(gallery) else ())
        if len(sizes) > 1:
            raise LexiconError(f"{self.place.name}: damaged: embeddings of {self.space} have {sorted(sizes)} numbers")
        return gallery.added(np.stack(vectors), signs, entries, ids)

    def _with_made(self, gallery: Gallery, connection: Connection, todo: list[int]) -> Gallery:
        """With embeddings that are in memory only, under numbers above all that were written."""
        last = int(gallery.ids[-1]) if len(gallery) else 0
        signs = {entry.id: entry.sign for entry in find_entries(connection)}
        made = [id for id in todo if id in self._made]
        vectors = np.stack([self._made[id] for id in made]) if made else np.zeros((0, 0), np.float32)
        return gallery.added(vectors, [signs[id] for id in made], made, range(last + 1, last + 1 + len(made)))

    def _embed_poses(self, todo: list[int], watch: Watch) -> None:
        made: dict[int, Floats] = {}
        for number, id in enumerate(watch(todo), 1):
            try:
                with self.place.reading() as connection:
                    if not find_entries(connection, entries_where(id=id)):
                        continue  # removed meanwhile
                    pose = read_pose_bytes(connection, id)
                assert pose is not None, "only entries with a pose wait"
                made[id] = self._embed(pose_from_bytes(pose, f"entry {id}"))
            except CheremeError as error:
                self.unfit[id] = str(error)
            if made and (len(made) == _BATCH or number == len(todo)) and self.place.writable:
                with self.place.writing() as connection:
                    insert_embeddings(connection, self.space, made)
                made = {}
        self._made |= made

    def _index_of(self, gallery: Gallery) -> VectorIndex:
        with self._lock:
            if self._index is None or not self._index.fits(gallery):
                self._index = self._read_index(gallery) or self._build_index(gallery)
            return self._index

    def _read_index(self, gallery: Gallery) -> VectorIndex | None:
        path = self._index_path
        found = VectorIndex.read(path, self._lexicon_made(), self.space) if path else None
        return found if found and found.fits(gallery) else None

    def _build_index(self, gallery: Gallery) -> VectorIndex:
        index = VectorIndex.build(gallery, IndexedBy(self._lexicon_made(), self.space, int(gallery.ids[-1])))
        if (path := self._index_path) and self.place.writable:
            with suppress(OSError):  # it is made again next time
                index.write(path)
        return index

    @property
    def _index_path(self) -> Path | None:
        """Beside the file of the lexicon."""
        return self.place.path and self.place.path.with_name(f"{self.place.path.name}.{self.space}.index")

    def _lexicon_made(self) -> str:
        with self.place.reading() as connection:
            return str(connection.execute(select(meta.c.made)).scalar_one())
