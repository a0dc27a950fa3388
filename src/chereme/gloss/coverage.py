"""Which glosses of a text a lexicon or producer can sign."""

from collections.abc import Iterable
from dataclasses import dataclass

from chereme.gloss.names import find_name, is_spelled, nearest

__all__ = ["Coverage", "coverage"]


@dataclass(frozen=True)
class Coverage:
    """Of the glosses of a text, each counted as often as it stands there."""

    known: tuple[str, ...]
    missing: dict[str, tuple[str, ...]]
    """Each gloss that is not there, once, with the nearest names that are."""
    to_spell: tuple[str, ...]
    """Glosses that say their letters: names."""
    share: float
    """Of the glosses that need a sign, how many have one; 1 when none needs one."""

    def as_json(self) -> dict[str, object]:
        """As `gloss --json` prints it."""
        return {
            "known": list(self.known),
            "missing": {gloss: list(near) for gloss, near in self.missing.items()},
            "to_spell": list(self.to_spell),
            "share": round(self.share, 4),
        }


def coverage(glosses: Iterable[str], names: Iterable[str]) -> Coverage:
    """Compare glosses with the names of the signs that there are."""
    names = list(names)
    known, absent, to_spell = [], [], []
    for gloss in glosses:
        if find_name(gloss, names) is not None:
            known.append(gloss)
        elif is_spelled(gloss):
            to_spell.append(gloss)
        else:
            absent.append(gloss)
    needed = len(known) + len(absent)
    missing = {gloss: tuple(nearest(gloss, names)) for gloss in absent}
    return Coverage(tuple(known), missing, tuple(to_spell), len(known) / needed if needed else 1.0)
