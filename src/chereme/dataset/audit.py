"""What would make a score untrue: a recording twice, labels that collide, mirrored clips, signers on both sides."""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from chereme.dataset.bodies import find_other_bodies
from chereme.dataset.excerpts import find_excerpts
from chereme.dataset.store import Store
from chereme.dataset.turned import find_turned
from chereme.dataset.twins import Twins, find_twins

__all__ = ["Audit", "audit"]

SHOWN = 20
"""Rows of each finding in the text report; JSON holds all."""


@dataclass(frozen=True)
class TwinPair:
    """Two clips of one recording."""

    kind: str
    """`identical`, `near`, `mirrored`; `part` or `mirrored part`: one was cut from the other's recording."""
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
class MirroredClip:
    """A clip that is probably mirrored: its mirror image is more like the other clips of its gloss."""

    clip: str
    gloss: str
    nearer: float
    """The mirror image's distance to them as a share of the clip's own."""


@dataclass(frozen=True)
class OtherSigner:
    """A clip that shows another signer than it says, by the body: a leak if the two stand in different parts."""

    clip: str
    signer: str
    looks_like: str


@dataclass(frozen=True)
class Audit:
    """Everything an audit found; all empty when there is nothing to say."""

    clips: int
    splits: tuple[str, ...]
    twins: tuple[TwinPair, ...]
    alike_glosses: tuple[tuple[str, ...], ...]
    """Glosses equal but for case, accents, spaces, `_` and `-`; in Portuguese some of them are words apart."""
    turned: tuple[MirroredClip, ...]
    other_signers: tuple[OtherSigner, ...]
    shared_groups: tuple[SharedGroup, ...]
    split_twins: tuple[SplitTwins, ...]

    @property
    def clean(self) -> bool:
        """Nothing was found."""
        found = (self.twins, self.alike_glosses, self.turned, self.other_signers, self.shared_groups, self.split_twins)
        return not any(found)

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
            f" {kinds['mirrored']} mirrored, {kinds['part'] + kinds['mirrored part']} a part of the other",
            *_some(f"  {p.kind:13} {p.distance:.3f}  {p.clips[0]}  {p.clips[1]}" for p in self.twins),
            f"of these under two glosses: {len(collisions)}",
            *_some(f"  {p.glosses[0]} = {p.glosses[1]}  ({p.clips[0]}, {p.clips[1]})" for p in collisions),
            f"glosses that differ only in case, accents or spacing: {len(self.alike_glosses)}",
            *_some("  " + " / ".join(group) for group in self.alike_glosses),
            f"clips that are probably mirrored: {len(self.turned)}",
            *_some(f"  {t.clip} ({t.gloss}): its mirror image at {t.nearer:.0%} of its distance" for t in self.turned),
            f"clips with another signer's body: {len(self.other_signers)}",
            *_some(f"  {o.clip}: filed under {o.signer}, looks like {o.looks_like}" for o in self.other_signers),
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
    """Look for twins, colliding labels, mirrored clips, wrong signers, and what leaks between the parts of a split.

    Args:
        store: packed clips.
        splits: name to (clip id to part); empty values of signer and source are not compared.
    """
    clips = store.clips
    pairs = _pairs(store)
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
        turned=tuple(MirroredClip(clips[t.clip].id, clips[t.clip].gloss, t.nearer) for t in find_turned(store, pairs)),
        other_signers=tuple(
            OtherSigner(clips[o.clip].id, clips[o.clip].signer, o.signer) for o in find_other_bodies(store)
        ),
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


def _pairs(store: Store) -> list[Twins]:
    """Pairs of one recording: whole ones, then parts among what the first search left apart."""
    whole = find_twins(store)
    known = {(pair.first, pair.second) for pair in whole}
    copies = {pair.second for pair in whole if pair.kind == "identical"}
    distinct = np.array([i for i in range(len(store)) if i not in copies])
    parts = [pair for pair in find_excerpts(store, distinct) if (pair.first, pair.second) not in known]
    return whole + parts


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
