"""What makes signs of glosses: a lexicon of recorded ones, or a trained network. To its user they are alike."""

from pathlib import Path
from typing import Protocol

from chereme.bundle import find_bundle, kind_of
from chereme.errors import BundleError, CheremeError
from chereme.lexicon import Lexicon, find_lexicon, list_lexicons
from chereme.produce.decoder import Decoder
from chereme.produce.generate import Generator
from chereme.produce.recorded import RecordedSigns
from chereme.types import PoseSequence

__all__ = ["Producer", "clip_of", "open_bundle", "open_lexicon", "open_producer"]


class Producer(Protocol):
    """Anything that can sign some glosses."""

    @property
    def glosses(self) -> tuple[str, ...]:
        """The names that it knows."""

    def produce(self, gloss: str, fps: float = 25.0, size: tuple[int, int] = (1280, 720)) -> PoseSequence:
        """One sign, in frame heights of a picture of that size.

        Raises:
            CheremeError: it does not know the gloss.
        """


def clip_of(producer: Producer, gloss: str, fps: float, size: tuple[int, int]) -> PoseSequence:
    """One sign to be joined to others: a recorded one as it was recorded, so that nothing is done to it twice."""
    return producer.clip(gloss) if isinstance(producer, RecordedSigns) else producer.produce(gloss, fps, size)


def open_lexicon(where: str | Path, language: str | None = None) -> RecordedSigns:
    """The recorded signs of a lexicon: a file, the name of one that ships, or the URL of a database.

    Raises:
        LexiconError: there is none, it holds no landmarks, or several languages of which none was named.
    """
    return RecordedSigns(Lexicon.open(where), language)


def open_bundle(where: str | Path) -> Producer:
    """A trained producer: a folder, or the name of one that ships.

    Raises:
        BundleError: it is none.
    """
    return Generator.load(where) if kind_of(find_bundle(where)) == "producer" else Decoder.load(where)


def open_producer(where: str | Path, language: str | None = None) -> Producer:
    """A lexicon or a bundle, whichever is there.

    Raises:
        CheremeError: neither; or what `open_lexicon` and `open_bundle` raise.
    """
    if "://" in str(where) or find_lexicon(where).is_file():
        return open_lexicon(where, language)
    try:
        find_bundle(where)
    except BundleError as error:
        known = ", ".join(list_lexicons())
        raise CheremeError(f"{where}: no lexicon (those that ship: {known}), and as a bundle: {error}") from error
    return open_bundle(where)
