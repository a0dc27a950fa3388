"""The lexicons of one service: its own, which grows, and those that ship, which are only looked into."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import select

from chereme.bundle import Bundle
from chereme.errors import LexiconError
from chereme.lexicon import Entry, Hit, Lexicon, Sign, find_lexicon, join, list_lexicons, rank_signs
from chereme.lexicon.gallery import Gallery
from chereme.lexicon.tables import meta
from chereme.recognize import DEFAULT_ENCODER, Recognizer
from chereme.serve.refusals import RefusedError
from chereme.serve.work import Judge
from chereme.types import Floats, PoseSequence, Prediction

__all__ = ["OWN", "Found", "Lexicons", "Listed"]

OWN = "own"
"""What the service's own lexicon is called in ids."""


@dataclass(frozen=True)
class Listed:
    """One sign of one of the lexicons."""

    lexicon: str
    sign: Sign
    entries: tuple[Entry, ...]
    use: str
    """Of the lexicon's card: `open`, `research`, or empty."""

    @property
    def shown(self) -> Entry:
        """The example that stands for the sign: one that can be drawn, if there is one."""
        return next((entry for entry in self.entries if entry.has_pose), self.entries[0])

    @property
    def id(self) -> str:
        return f"{self.lexicon}.{self.shown.id}"


class Found(NamedTuple):
    """A sign that a search found."""

    lexicon: str
    hit: Hit

    @property
    def id(self) -> str:
        return f"{self.lexicon}.{self.hit.entry}"


class Lexicons:
    """Opens each when it is first needed; safe to share between threads.

    Args:
        place: file or URL of the service's own; there may be none yet.
        shipped: names of those that ship.
    """

    def __init__(self, place: str, shipped: tuple[str, ...] | None = None) -> None:
        self.place = place
        self.shipped = tuple(list_lexicons()) if shipped is None else shipped
        self._open: dict[str, Lexicon] = {}
        self._uses: dict[str, str] = {}
        self._encoder: Recognizer | None = None
        self._lock = threading.RLock()

    @property
    def encoder(self) -> Recognizer:
        """What embeds clips for those that name no other."""
        with self._lock:
            if self._encoder is None:
                self._encoder = Recognizer.load(DEFAULT_ENCODER)
            return self._encoder

    def own(self, create: bool = False) -> Lexicon | None:
        """The service's own; None where there is none and it is not to be made.

        Raises:
            RefusedError: it cannot be opened.
        """
        with self._lock:
            if OWN not in self._open:
                there = "://" in self.place or find_lexicon(self.place).exists()
                if not there and not create:
                    return None
                try:
                    self._open[OWN] = self._opened(self.place, create and not there)
                except LexiconError as error:
                    raise RefusedError("no_lexicon", str(error).partition("; ")[0]) from error
            return self._open[OWN]

    def every(self) -> Iterator[tuple[str, Lexicon]]:
        """Each by its name, the own first."""
        if (own := self.own()) is not None:
            yield OWN, own
        for name in self.shipped:
            with self._lock:
                if name not in self._open:
                    self._open[name] = self._opened(name)
                lexicon = self._open[name]
            yield name, lexicon

    def revision(self) -> tuple[int, ...]:
        """Another whenever the own lexicon was changed, by whomever."""
        if (own := self.own()) is None:
            return ()
        with own.place.reading() as connection:
            return tuple(connection.execute(select(meta.c.revision, meta.c.removed)).one())

    def listed(self, language: str | None = None) -> list[Listed]:
        """All signs, of one language where it is named."""
        found = []
        for name, lexicon in self.every():
            if name not in self._uses:
                card = lexicon.card
                self._uses[name] = "" if card is None else card.use
            for sign, entries in lexicon.signs(language=language).items():
                found.append(Listed(name, sign, tuple(entries), self._uses[name]))
        return found

    def entry(self, id: str) -> tuple[str, Lexicon, Entry]:
        """One example by its id, `own.12`.

        Raises:
            RefusedError: there is none.
        """
        name, _, number = id.rpartition(".")
        if number.isdecimal() and len(number) < 19:
            for known, lexicon in self.every():
                if known == name and (entries := lexicon.entries(id=int(number))):
                    return name, lexicon, entries[0]
        raise RefusedError("no_entry", f"{id[:60]!r} is no entry")

    def search(self, sequence: PoseSequence, top: int, language: str | None = None) -> tuple[list[Found], bool]:
        """The signs of all lexicons that are most like a clip, and whether none is like enough.

        Raises:
            LayoutError: the clip lacks landmarks that an encoder cannot do without.
            LexiconError: nothing to compare with.
        """
        embedded: dict[str, Floats] = {}
        found: list[Found] = []
        unlike = True
        nothing: LexiconError | None = None
        for name, lexicon in self.every():
            bundle = lexicon.encoder.bundle
            if bundle.name not in embedded:
                embedded[bundle.name] = lexicon.embed(sequence)
            hits = lexicon.search(embedded[bundle.name], top, language)
            if not hits:
                nothing = nothing or lexicon.nothing_found(language)
                continue
            unlike &= hits[0].similarity < bundle.calibration.unknown_similarity
            found += [Found(name, hit) for hit in hits]
        if not found and nothing is not None:
            raise nothing
        found.sort(key=lambda one: -one.hit.similarity)
        return found[:top], unlike

    def galleries(self) -> Iterator[tuple[str, Bundle, Gallery]]:
        """What `search` compares with: of each lexicon its name, the bundle that embeds for it, and all examples."""
        for name, lexicon in self.every():
            yield name, lexicon.encoder.bundle, lexicon.prepare()

    def beside(self, recognizer: Recognizer) -> Judge:
        """A recognizer whose words are ranked together with the signs of the own lexicon."""
        own = self.own()
        return recognizer if own is None else _Beside(recognizer, own)

    def close(self) -> None:
        while self._open:
            self._open.popitem()[1].close()

    def _opened(self, place: str, create: bool = False) -> Lexicon:
        lexicon = Lexicon.open(place, None, create)
        if lexicon.encoder_name in ("", DEFAULT_ENCODER):  # one encoder in memory serves all that are of its space
            lexicon = Lexicon(lexicon.place, self.encoder)
        return lexicon


@dataclass(frozen=True)
class _Beside:
    recognizer: Recognizer
    lexicon: Lexicon

    @property
    def bundle(self) -> Bundle:
        return self.recognizer.bundle

    def recognize(self, sequence: PoseSequence) -> Prediction:
        words = self.recognizer.recognize(sequence)
        try:
            signs = rank_signs(self.lexicon, sequence)
        except LexiconError:  # it is empty
            return words
        return join(signs, words, self.bundle.language)
