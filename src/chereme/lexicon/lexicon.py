"""A lexicon: signs shown once and known from then on."""

import threading
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
import numpy as np
from sqlalchemy import select, update

from chereme.bundle import Card
from chereme.errors import BundleError, KnownEntryError, LexiconError
from chereme.lexicon.gallery import Gallery
from chereme.lexicon.index import EXACT, has_faiss
from chereme.lexicon.memory import Memory, Watch
from chereme.lexicon.place import Place
from chereme.lexicon.rows import (
    NewEntry,
    entries_where,
    find_entries,
    insert_entry,
    is_of,
    known_as,
    new_entry,
    read_pose_bytes,
    remove_entries,
)
from chereme.lexicon.sign import About, Entry, Hit, Sign, clean
from chereme.lexicon.tables import meta
from chereme.places import BUNDLES
from chereme.poses import pose_from_bytes
from chereme.recognize import DEFAULT_ENCODER, Recognizer
from chereme.types import Floats, PoseSequence

__all__ = ["Lexicon", "name_of"]


class Lexicon:
    """Signs known by example, kept in a file or database; safe to share between threads.

    What many processes add and remove is seen by all at their next search. Open one with `Lexicon.open`.
    """

    def __init__(self, place: Place, encoder: Recognizer | None = None) -> None:
        self.place = place
        self._encoder = encoder
        self._memory: Memory | None = None
        self._lock = threading.RLock()

    @classmethod
    def open(cls, where: str | Path, encoder: Recognizer | None = None, create: bool = False) -> Self:
        """Open a lexicon.

        Args:
            where: an SQLite file, the name of a lexicon that ships, or any SQLAlchemy URL of a database. A file that
                may not be written is read.
            encoder: what embeds clips; None: the bundle that the lexicon names, else the one that ships.
            create: make an empty one where there is none.

        Raises:
            LexiconError: there is none, or what is there is no lexicon, or one of a newer chereme; or one that ships is
                to be added to.
        """
        return cls(Place.open(where, create), encoder)

    def close(self) -> None:
        self.place.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def name(self) -> str:
        """File or address, for people."""
        return self.place.name

    @property
    def encoder(self) -> Recognizer:
        """What embeds clips, loaded when it is first needed.

        Raises:
            BundleError: the bundle is not here, or makes no embeddings.
        """
        with self._lock:
            if self._encoder is None:
                name = self.encoder_name or DEFAULT_ENCODER
                try:
                    self._encoder = Recognizer.load(name)
                except BundleError as error:
                    raise BundleError(f"{self.name}: clips are looked up in it with bundle {name}: {error}") from error
            return self._encoder

    @property
    def encoder_name(self) -> str:
        """The bundle that the lexicon names, which is the one that embedded its first entry; empty: none yet."""
        with self.place.reading() as connection:
            return str(connection.execute(select(meta.c.encoder)).scalar_one())

    @property
    def card(self) -> Card | None:
        """What the lexicon is, what it was made of and what it may be used for; None: nobody said.

        Raises:
            LexiconError: it is damaged.
        """
        with self.place.reading() as connection:
            kept = connection.execute(select(meta.c.card)).scalar_one()
        try:
            return msgspec.json.decode(kept, type=Card) if kept else None
        except msgspec.DecodeError as error:
            raise LexiconError(f"{self.name}: its card is damaged: {error}") from error

    def describe(self, card: Card) -> None:
        """Give the lexicon a card, or another."""
        with self.place.writing() as connection:
            connection.execute(update(meta).values(card=msgspec.json.encode(card).decode()))

    @property
    def memory(self) -> Memory:
        """The embeddings of the encoder's space, in memory."""
        with self._lock:
            if self._memory is None:
                self._memory = Memory(self.place, self.encoder.bundle.space, self.embed)
            return self._memory

    def embed(self, sequence: PoseSequence) -> Floats:
        """Where a clip lies among all signs: (E,), of length 1.

        Raises:
            BundleError: the encoder makes no embeddings.
            LayoutError: the clip lacks landmarks that the encoder cannot do without.
            LexiconError: the encoder gave no numbers.
        """
        vector = self.encoder.embed(sequence)
        if not np.isclose(np.linalg.norm(vector), 1, atol=1e-3):
            raise LexiconError(f"{self.encoder.bundle.name}: finds no place among the signs for this clip")
        return vector

    # -- adding, listing, removing ---------------------------------------------------------------------------------

    def add(
        self, sign: Sign | str, sequence: PoseSequence, about: About | None = None, *, keep_pose: bool = True
    ) -> Entry:
        """Add a clip as an example of a sign; when this returns, it is on the disk.

        Args:
            sign: what it shows; a text is its gloss.
            sequence: the clip's landmarks, as extracted.
            about: where it comes from.
            keep_pose: keep the landmarks, so that the entry can be drawn and follow a change of the encoder.

        Raises:
            KnownEntryError: the sign has this very clip already.
            UnseenError: no hand was seen in it.
            LayoutError: it lacks landmarks that the encoder cannot do without.
        """
        new = new_entry(Sign(sign) if isinstance(sign, str) else sign, sequence, about or About())
        new = self.embedded(new, sequence)
        return self.insert(new if keep_pose else replace(new, pose=None), encoder=name_of(self.encoder))

    def embedded(self, new: NewEntry, sequence: PoseSequence) -> NewEntry:
        """The same with the encoder's embedding of its landmarks."""
        return replace(new, vectors={self.memory.space: self.embed(sequence)})

    def holds(self, new: NewEntry) -> int | None:
        """Id of the entry that is the same clip under the same sign, if there is one."""
        with self.place.reading() as connection:
            return known_as(connection, new)

    def insert(self, new: NewEntry, encoder: str = "") -> Entry:
        """Write an entry, whole or not at all.

        Args:
            new: the entry.
            encoder: bundle that the lexicon names from now on, if it names none yet.

        Raises:
            KnownEntryError: the sign has this very clip already.
        """
        with self.place.writing() as connection:
            if (known := known_as(connection, new)) is not None:
                raise KnownEntryError(f"{new.sign}: has this very clip already, as entry {known}")
            id = insert_entry(connection, new)
            if encoder:
                connection.execute(update(meta).where(meta.c.encoder == "").values(encoder=encoder))
            (entry,) = find_entries(connection, entries_where(id=id))
        return entry

    def entries(
        self,
        gloss: str | None = None,
        language: str | None = None,
        variant: str | None = None,
        sense: str | None = None,
        id: int | None = None,
    ) -> list[Entry]:
        """Examples by gloss, those to show first before others; an argument that is None admits all."""
        gloss = None if gloss is None else clean(gloss, "gloss")
        with self.place.reading() as connection:
            return find_entries(connection, entries_where(gloss, language, variant, sense, id))

    def signs(self, gloss: str | None = None, language: str | None = None) -> dict[Sign, list[Entry]]:
        """Each sign with its examples."""
        found: dict[Sign, list[Entry]] = {}
        for entry in self.entries(gloss, language):
            found.setdefault(entry.sign, []).append(entry)
        return found

    def pose(self, id: int) -> PoseSequence:
        """The landmarks of an entry.

        Raises:
            LexiconError: no such entry, or it has embeddings only.
        """
        return pose_from_bytes(self.pose_bytes(id), f"entry {id}")

    def pose_bytes(self, id: int) -> bytes:
        """The same as the bytes of a `.pose`."""
        with self.place.reading() as connection:
            found = read_pose_bytes(connection, id)
        if found is None:
            raise LexiconError(f"entry {id}: has embeddings only, no landmarks to draw; add a clip of it")
        return found

    def remove(self, sign: Sign | None = None, *, id: int | None = None) -> int:
        """Remove all examples of a sign, or one entry; gives how many went."""
        assert (sign is None) != (id is None), "one of the two"
        with self.place.writing(removes=True) as connection:
            return remove_entries(connection, entries_where(id=id) if sign is None else [is_of(sign)])

    # -- searching -------------------------------------------------------------------------------------------------

    def search(self, shown: PoseSequence | Floats, top: int | None = 10, language: str | None = None) -> list[Hit]:
        """The signs that are most like a clip, the nearest first.

        Up to 10,000 examples each is looked at. Beyond, an index finds the nearest few hundred and their signs are
        compared exactly, when the extra `index` is installed.

        Args:
            shown: a clip's landmarks, or its embedding (E,) of length 1.
            top: how many signs; None: all that were compared.
            language: look among the signs of one language only.

        Raises:
            LayoutError: the clip lacks landmarks that the encoder cannot do without.
        """
        query = self.embed(shown) if isinstance(shown, PoseSequence) else np.asarray(shown, np.float32)
        return self.memory.nearest(query, top, language)

    def prepare(self, watch: Watch = iter) -> Gallery:
        """Bring what is in memory up to date, embedding poses that have no embedding of the encoder's space yet.

        Searching does this by itself; call it to show how far it is.
        """
        return self.memory.refresh(watch)

    def nothing_found(self, language: str | None = None) -> LexiconError:
        """Why a search found no sign, and what to do."""
        what = f"sign of {language}" if language else "sign"
        then = "; ".join(self.remarks) or "add one with `chereme lexicon add`"
        return LexiconError(f"{self.name}: no {what} to compare with; {then}")

    @property
    def remarks(self) -> list[str]:
        """What a user should know of a search: entries that were left out, an index that is missing."""
        memory, found = self.memory, []
        count, spaces = memory.left_out
        if count:
            found.append(
                f"{_entries(count)} left out: embeddings only, made by {', '.join(spaces) or 'nothing'}, which do not"
                f" compare with those of {memory.space}; name that bundle with --bundle, or add the clips again"
            )
        if memory.unfit:
            id, why = next(iter(memory.unfit.items()))
            found.append(f"{_entries(len(memory.unfit))} left out: entry {id} cannot be embedded: {why}")
        if len(self.prepare()) > EXACT and not has_faiss():
            found.append(
                f"more than {EXACT} examples are looked at one by one; pip install 'chereme[index]' is quicker"
            )
        return found


def _entries(count: int) -> str:
    return f"{count} {'entry is' if count == 1 else 'entries are'}"


def name_of(encoder: Recognizer) -> str:
    """What a lexicon calls its encoder: the name of a bundle that ships, else where it is."""
    folder = encoder.bundle.folder.resolve()
    return folder.name if folder.parent == BUNDLES.resolve() else str(folder)
