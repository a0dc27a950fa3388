"""What would make a score on a data set untrue: the same recording twice, labels that collide, shared signers."""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from chereme.dataset.store import Store
from chereme.dataset.twins import find_twins

__all__ = ["Audit", "audit"]

SHOWN = 20
"""Rows of each finding in the text report; JSON holds all."""


@dataclass(frozen=True)
class TwinPair:
    """Two clips of one recording."""

    kind: str
    """`identical`, `near` or `mirrored`."""
    distance: float
    clips: tuple[str, str]
    glosses: tuple[str, str]

    @property
    def under_two_glosses(self) -> bool:
        """One recording is filed under two words: no recognizer can be right about both."""
        return self.glosses[0] != self.glosses[1]


@dataclass(frozen=True)
class SharedGroup:
    """A signer that stands in two parts of a split, or a source that does so with clips of one gloss."""

    split: str
    column: str
    value: str
    parts: dict[str, int]
    """Part to number of clips."""


@dataclass(frozen=True)
class SplitTwins:
    """Two clips of one recording in different parts of a split."""

    split: str
    kind: str
    clips: tuple[str, str]
    parts: tuple[str, str]


@dataclass(frozen=True)
class Audit:
    """Everything an audit found; all empty when there is nothing to say."""

    clips: int
    splits: tuple[str, ...]
    twins: tuple[TwinPair, ...]
    alike_glosses: tuple[tuple[str, ...], ...]
    """Glosses equal but for case, accents, spaces, `_` and `-`; in Portuguese some of them are words apart."""
    shared_groups: tuple[SharedGroup, ...]
    split_twins: tuple[SplitTwins, ...]

    @property
    def clean(self) -> bool:
        """Nothing was found."""
        return not (self.twins or self.alike_glosses or self.shared_groups or self.split_twins)

    def as_json(self) -> dict[str, Any]:
        """For machines; all findings."""
        return {**asdict(self), "clean": self.clean}

    def as_text(self) -> str:
        """For people; the first of each finding."""
        kinds = Counter(pair.kind for pair in self.twins)
        collisions = [pair for pair in self.twins if pair.under_two_glosses]
        lines = [
            f"{self.clips} clips; splits: {', '.join(self.splits) or 'none'}",
            f"pairs that show one recording: {kinds['identical']} identical, {kinds['near']} nearly,"
            f" {kinds['mirrored']} mirrored",
            *_some(f"  {p.kind:9} {p.distance:.3f}  {p.clips[0]}  {p.clips[1]}" for p in self.twins),
            f"of these under two glosses: {len(collisions)}",
            *_some(f"  {p.glosses[0]} = {p.glosses[1]}  ({p.clips[0]}, {p.clips[1]})" for p in collisions),
            f"glosses that differ only in case, accents or spacing: {len(self.alike_glosses)}",
            *_some("  " + " / ".join(group) for group in self.alike_glosses),
            f"signers and sources in several parts of a split: {len(self.shared_groups)}",
            *_some(
                f"  {g.split}: {g.column} {g.value}: " + ", ".join(f"{n} {part}" for part, n in g.parts.items())
                for g in self.shared_groups
            ),
            f"pairs of one recording in two parts of a split: {len(self.split_twins)}",
            *_some(f"  {t.split}: {t.clips[0]} ({t.parts[0]}) = {t.clips[1]} ({t.parts[1]})" for t in self.split_twins),
        ]
        return "\n".join([*lines, "nothing found" if self.clean else "look at these before you believe a score"])


def audit(store: Store, splits: Mapping[str, Mapping[str, str]]) -> Audit:
    """Look for twins among all clips, colliding labels, and what leaks from one part of a split to another.

    Args:
        store: packed clips.
        splits: name to (clip id to part); empty values of signer and source are not compared.
    """
    clips = store.clips
    pairs = find_twins(store)
    return Audit(
        clips=len(store),
        splits=tuple(splits),
        twins=tuple(
            TwinPair(
                t.kind,
                round(t.distance, 4),
                (clips[t.first].id, clips[t.second].id),
                (clips[t.first].gloss, clips[t.second].gloss),
            )
            for t in pairs
        ),
        alike_glosses=_alike_glosses(store),
        shared_groups=tuple(shared for name, parts in splits.items() for shared in _shared(store, name, parts)),
        split_twins=tuple(
            SplitTwins(name, t.kind, ids, (parts[ids[0]], parts[ids[1]]))
            for name, parts in splits.items()
            for t in pairs
            if (ids := (clips[t.first].id, clips[t.second].id))[0] in parts
            and ids[1] in parts
            and parts[ids[0]] != parts[ids[1]]
        ),
    )


def _alike_glosses(store: Store) -> tuple[tuple[str, ...], ...]:
    alike: dict[str, set[str]] = defaultdict(set)
    for clip in store.clips:
        alike[_folded(clip.gloss)].add(clip.gloss)
    return tuple(tuple(sorted(group)) for _, group in sorted(alike.items()) if len(group) > 1)


def _folded(gloss: str) -> str:
    letters = unicodedata.normalize("NFKD", gloss.casefold())
    return "".join(c for c in letters if not unicodedata.combining(c) and c not in " _-")


def _shared(store: Store, name: str, parts: Mapping[str, str]) -> list[SharedGroup]:
    """A signer is looked for over all glosses; a source within one, for blocks and takes are numbered per gloss."""
    found = []
    for column in ("signer", "source"):
        if len({getattr(clip, column) for clip in store.clips}) < 2:
            continue  # all was recorded by one, which no split can part
        counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        for clip in store.clips:
            if clip.id in parts and getattr(clip, column):
                within = clip.gloss if column == "source" else ""
                counts[getattr(clip, column), within][parts[clip.id]] += 1
        shared: dict[str, Counter[str]] = defaultdict(Counter)
        for (value, _), count in counts.items():
            if len(count) > 1:
                shared[value] += count
        found += [SharedGroup(name, column, value, dict(sorted(n.items()))) for value, n in sorted(shared.items())]
    return found


def _some(lines: Iterable[str]) -> list[str]:
    listed = list(lines)
    more = len(listed) - SHOWN
    return listed[:SHOWN] + ([f"  … and {more} more (all with --json)"] if more > 0 else [])
