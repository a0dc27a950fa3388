"""A sign, and one example of it, as a lexicon keeps them."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass, fields, replace

import numpy as np

from chereme.errors import ClipError, LexiconError
from chereme.types import PoseSequence

__all__ = ["About", "Entry", "Hit", "Sign", "clean", "cut", "landmark_digest"]

_LANGUAGE = re.compile(r"[a-z]{3}(-[a-z0-9]{1,8})*")


@dataclass(frozen=True, order=True)
class Sign:
    """What an entry is an example of: signs that differ in any of the four are kept apart.

    Texts are brought to one form (Unicode NFC, no space around), so that what looks alike is alike.

    Raises:
        LexiconError: no gloss, a character that no text holds, or a language that is no code.
    """

    gloss: str
    language: str = ""
    """ISO 639-3 of the signed language: `bzs` Libras, `ase` ASL; empty: not said."""
    variant: str = ""
    """Another way to make the same sign: a region's, an age group's."""
    sense: str = ""
    """Keeps homographs apart: `bank` the house and `bank` of a river."""

    def __post_init__(self) -> None:
        for part in fields(self):
            object.__setattr__(self, part.name, clean(getattr(self, part.name), part.name))
        object.__setattr__(self, "language", self.language.lower())
        if not self.gloss:
            raise LexiconError("a sign needs a gloss; an empty one was given")
        if self.language and not _LANGUAGE.fullmatch(self.language):
            raise LexiconError(
                f"{self.gloss}: {self.language!r} is no ISO 639-3 code of a language; write ase for ASL, bzs for Libras"
            )

    def __str__(self) -> str:
        more = [
            self.language,
            self.variant and f"variant {self.variant}",
            self.sense and f"sense {self.sense}",
        ]
        told = ", ".join(filter(None, more))
        return f"{self.gloss} ({told})" if told else self.gloss


@dataclass(frozen=True)
class About:
    """What is told of an example beside the sign that it shows.

    Raises:
        LexiconError: a character that no text holds.
    """

    source: str = ""
    """Where it was recorded or published."""
    licence: str = ""
    signer: str = ""
    words: str = ""
    """In a spoken language; empty: the gloss alone was given."""
    spoken_language: str = ""
    priority: int = 0
    """Of several examples the one with the lowest number is shown first."""

    def __post_init__(self) -> None:
        for name in ("source", "licence", "signer", "words", "spoken_language"):
            object.__setattr__(self, name, clean(getattr(self, name), name))


@dataclass(frozen=True)
class Entry:
    """One example of a sign, without its landmarks, which `Lexicon.pose` gives."""

    id: int
    sign: Sign
    about: About
    added: str
    """UTC, as in `2026-01-31T12:00:00+00:00`."""
    seconds: float
    has_pose: bool
    """Whether its landmarks were kept; else it has embeddings only, and cannot be drawn."""


@dataclass(frozen=True)
class Hit:
    """A sign that was found."""

    sign: Sign
    similarity: float
    """-1 to 1: mean of the similarity to the sign's nearest example and to the middle of all of its examples."""
    entry: int
    """Id of the nearest example."""
    examples: int
    """How many of its examples could be compared."""


def clean(text: str, what: str) -> str:
    """A text in Unicode NFC, each run of space one space, none around.

    Raises:
        LexiconError: it holds a control character, or bytes that are no text.
    """
    text = unicodedata.normalize("NFC", " ".join(text.split()))
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
        raise LexiconError(f"{what} {text!r} holds a character that cannot be written; retype it")
    return text


def landmark_digest(sequence: PoseSequence) -> str:
    """SHA-256 of which landmarks were where: the same for a clip and for the `.pose` that was written of it."""
    pixels = np.nan_to_num(sequence.points * np.float32(sequence.size[1])).astype("<f4") + 0  # no minus zero
    made = hashlib.sha256("\n".join(sequence.layout.names).encode())
    made.update(np.array([*sequence.size, sequence.fps], "<f4").tobytes())
    made.update(np.packbits(sequence.seen).tobytes())
    made.update(pixels.tobytes())
    return made.hexdigest()


def cut(sequence: PoseSequence, start: int, end: int) -> PoseSequence:
    """The part of a clip from `start` to `end`, in milliseconds; end 0: to the clip's end.

    Raises:
        ClipError: nothing lies between them.
    """
    first = int(np.floor(round(start / 1000 * sequence.fps, 6)))
    last = int(np.ceil(round(end / 1000 * sequence.fps, 6))) if end else len(sequence)
    if start < 0 or end < 0 or first >= min(last, len(sequence)):
        raise ClipError(f"nothing lies from {start} to {end} ms of {1000 * sequence.seconds:.0f} ms")
    frames = slice(first, last)
    return replace(
        sequence,
        points=sequence.points[frames],
        confidence=None if sequence.confidence is None else sequence.confidence[frames],
        filled=None if sequence.filled is None else sequence.filled[frames],
    )
