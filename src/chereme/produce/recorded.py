"""The signs of a lexicon that kept their landmarks, by the names under which they can be asked for."""

from functools import cached_property, lru_cache

from chereme.errors import LexiconError
from chereme.gloss import find_name, nearest
from chereme.lexicon import Entry, Lexicon, Sign
from chereme.produce.material import common_layout, material, place_in_picture
from chereme.types import PoseSequence

__all__ = ["RecordedSigns"]

_KEPT = 256
"""Clips in memory."""


class RecordedSigns:
    """Signs of one language, each by its first example.

    A sign is named by its gloss; `bank#river` says the sense, `casa/north` the variant, `bank#river/north` both, and
    `bank#2` is the second sense in the order of the lexicon. A gloss alone is the sign without sense and variant, else
    the first.

    Raises:
        LexiconError: no sign kept its landmarks, or there are several languages and none was named.
    """

    def __init__(self, lexicon: Lexicon, language: str | None = None) -> None:
        self.lexicon = lexicon
        self._signs = lexicon.signs(language=language and language.lower())
        languages = sorted({sign.language for sign in self._signs})
        of = f" of {language}" if language else ""
        if not any(entry.has_pose for entries in self._signs.values() for entry in entries):
            why = "embeddings only, no landmarks" if self._signs else f"no sign{of}"
            raise LexiconError(f"{lexicon.name}: holds {why}, so nothing can be signed with it; add clips of signs")
        if len(languages) > 1:
            raise LexiconError(
                f"{lexicon.name}: holds signs of {len(languages)} languages"
                f" ({', '.join(name or 'not said' for name in languages)}); say which with --language"
            )
        self._read = lru_cache(maxsize=_KEPT)(lexicon.pose)

    @cached_property
    def _entries(self) -> dict[str, Entry]:
        """Each name's example."""
        by_gloss: dict[str, list[Sign]] = {}
        for sign, entries in sorted(self._signs.items()):
            if any(entry.has_pose for entry in entries):
                by_gloss.setdefault(sign.gloss, []).append(sign)
        return {
            name: next(entry for entry in self._signs[sign] if entry.has_pose)
            for signs in by_gloss.values()
            for name, sign in _names(signs).items()
        }

    @property
    def glosses(self) -> tuple[str, ...]:
        """All names that can be asked for."""
        return tuple(self._entries)

    def entry(self, gloss: str) -> Entry:
        """The example that is meant.

        Raises:
            LexiconError: there is none; the nearest names are given.
        """
        name = find_name(gloss, self._entries)
        if name is not None:
            return self._entries[name]
        if find_name(gloss, [sign.gloss for sign in self._signs]) is not None:
            raise LexiconError(f"{gloss}: {self.lexicon.name} knows it by embeddings only; add a clip of it")
        near = nearest(gloss, self._entries)
        raise LexiconError(f"{gloss}: not in {self.lexicon.name}" + (f"; near it: {', '.join(near)}" if near else ""))

    def clip(self, gloss: str) -> PoseSequence:
        """A sign's landmarks as they were recorded.

        Raises:
            LexiconError: as `entry`.
        """
        return self._read(self.entry(gloss).id)

    def produce(self, gloss: str, fps: float = 25.0, size: tuple[int, int] = (1280, 720)) -> PoseSequence:
        """A sign at that rate, in the middle of a picture of that size, hands on their wrists; nothing is cut off.

        Raises:
            LexiconError: as `entry`.
            ClipError: its clip shows no shoulders or no hand.
            LayoutError: its clip has no arms or hands among the landmarks.
        """
        clip = self.clip(gloss)
        return place_in_picture(material(clip, common_layout([clip.layout]), fps), size)


def _names(signs: list[Sign]) -> dict[str, Sign]:
    """The names of the signs that are written alike."""
    gloss = signs[0].gloss
    plain = next((sign for sign in signs if not sign.sense and not sign.variant), signs[0])
    found = {gloss: plain}
    senses = list(dict.fromkeys(sorted(sign.sense for sign in signs)))
    for sign in signs:
        own = f"{gloss}{f'#{sign.sense}' if sign.sense else ''}{f'/{sign.variant}' if sign.variant else ''}"
        found.setdefault(own, sign)
        if sign.sense:
            found.setdefault(f"{gloss}#{sign.sense}", sign)
    if len(senses) > 1:
        for number, sense in enumerate(senses, 1):
            own_signs = [sign for sign in signs if sign.sense == sense]
            found.setdefault(f"{gloss}#{number}", own_signs[0])
            found |= {f"{gloss}#{number}/{sign.variant}": sign for sign in own_signs if sign.variant}
    return found
