"""Bench `audit`: faults planted in `isl30_kinect`, the share of them that `dataset audit` finds, and its false alarms.

The bounds of the audit were chosen on signers s05 and s07 and on another set; the faults are planted among the eight
other signers. (An older bound, of the motion of whole twins, was set on all ten.) The peer is what one would write in
pandas: digests of the landmarks, labels without case and spaces, signers of each part.
"""

import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from chereme.bench import BenchResult
from chereme.dataset.audit import Audit, SharedGroup, SplitTwins, TwinPair, audit
from chereme.dataset.load import find_source
from chereme.dataset.store import Store, pack
from chereme.places import data_folder
from chereme.types import Clip, Floats, PoseSequence

__all__ = ["measure"]

CHOSEN_ON = ("s05", "s07")
TESTED, VALIDATED = "s01", "s02"
"""Signers of the split that is audited."""
SEEDS = (0, 1, 2)
EACH = 40
"""Faults of each kind."""
COPIES = ("to the bit", "again at another rate and size", "without its ends")

Item = tuple[Clip, PoseSequence]


@dataclass
class Planted:
    """A set with faults, and what an audit should say of it."""

    items: list[Item] = field(default_factory=list)
    parts: dict[str, str] = field(default_factory=dict)
    """The split."""
    faults: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """Kind to (clip, clip of the same recording or empty)."""

    def named(self) -> set[str]:
        return {clip for pairs in self.faults.values() for pair in pairs for clip in pair}


def measure(data: str | Path | None = None, seeds: tuple[int, ...] = SEEDS, each: int = EACH) -> BenchResult:
    """The share of planted faults that is found, over all seeds, and the share of sound clips that is told.

    Args:
        data: folder of the public data sets; needs `isl30_kinect`.
        seeds: each plants the faults elsewhere.
        each: faults of each kind.

    Raises:
        ManifestError: the set is not there.
    """
    source = find_source("isl30_kinect", data_folder(data))
    clean = [(clip, sequence) for clip, sequence in source.items() if clip.signer not in CHOSEN_ON]
    planted, ours, theirs = Counter[str](), Counter[str](), Counter[str]()
    sound = their_alarms = 0
    alarms: set[tuple[int, str]] = set()
    by_kind = Counter[str]()
    for seed in seeds:
        faulty = plant(clean, np.random.default_rng(seed), each)
        with tempfile.TemporaryDirectory(prefix="chereme-bench-") as folder:
            store = pack(iter(faulty.items), Path(folder) / "store")
            found = audit(store, {"planted": faulty.parts})
            peer = _by_pandas(store, faulty.parts)
        planted.update({kind: len(pairs) for kind, pairs in faulty.faults.items()})
        ours.update({kind: sum(told) for kind, told in _found(found, faulty).items()})
        theirs.update({kind: sum(told) for kind, told in _found(peer, faulty).items()})
        rest = {clip.id for clip, _ in faulty.items} - faulty.named()
        sound += len(rest)
        for kind, told in _told(found).items():
            by_kind[kind] += len(rest & told)
            alarms |= {(seed, clip) for clip in rest & told}
        their_alarms += len(rest & set().union(*_told(peer).values()))
    value, peer_value = ours.total() / planted.total(), theirs.total() / planted.total()
    return BenchResult(
        name="audit",
        value=value,
        unit="share of planted faults found",
        peer="digests, labels and signers compared in pandas",
        peer_value=peer_value,
        ratio=value / peer_value,
        n=planted.total(),
        details={
            "goal": 0.95,
            "false_alarms": len(alarms) / sound,
            "false_alarms_goal": 0.01,
            "peer_false_alarms": their_alarms / sound,
            "false_alarms_by_kind": dict(by_kind),
            "sound_clips": sound,
            "seeds": len(seeds),
            "found": {kind: round(ours[kind] / count, 4) for kind, count in planted.items()},
            "peer_found": {kind: round(theirs[kind] / count, 4) for kind, count in planted.items()},
        },
    )


def plant(clean: list[Item], rng: np.random.Generator, each: int) -> Planted:
    """Faults of eleven kinds, each on clips of its own: copied, filed wrongly, turned round, leaked."""
    signers = sorted({clip.signer for clip, _ in clean})
    glosses = sorted({clip.gloss for clip, _ in clean})
    part_of = {s: "test" if s == TESTED else "validation" if s == VALIDATED else "train" for s in signers}
    faulty = Planted()
    places = {part: [i for i, (c, _) in enumerate(clean) if part_of[c.signer] == part] for part in part_of.values()}
    for part in places.values():
        rng.shuffle(part)
    changed: dict[int, Item] = {}

    def some(part: str = "train") -> list[int]:
        return [places[part].pop() for _ in range(each)]

    def copied(kind: str, change: Callable[[Item, int], Item], where: str = "") -> None:
        pairs = []
        for number, i in enumerate(some()):
            clip, sequence = change(clean[i], number)
            clip = replace(clip, id=f"{kind} {number}")
            faulty.items.append((clip, sequence))
            faulty.parts[clip.id] = where or part_of[clip.signer]
            pairs.append((clip.id, clean[i][0].id))
        faulty.faults[kind] = pairs

    def altered(kind: str, change: Callable[[Item], Item], part: str = "train", where: str = "") -> None:
        at = some(part)
        for i in at:
            changed[i] = change(clean[i])
            if where:
                faulty.parts[clean[i][0].id] = where
        faulty.faults[kind] = [(clean[i][0].id, "") for i in at]

    for form, name in enumerate(COPIES):
        copied(f"copy {name}", lambda item, _, form=form: (item[0], _copy(item[1], form, rng)))  # type: ignore[misc]
    copied(
        "copy under another label",
        lambda item, n: (
            replace(item[0], gloss=_other(glosses, item[0].gloss, rng)),
            _copy(item[1], n % len(COPIES), rng),
        ),
    )
    altered("label spelt otherwise", lambda item: (replace(item[0], gloss=_spelt(item[0].gloss, rng)), item[1]))
    copied("mirrored copy", lambda item, n: (item[0], _copy(item[1], n % len(COPIES), rng).mirrored()))
    altered("mirrored", lambda item: (item[0], item[1].mirrored()))
    copied(
        "copy of a training clip under the tested signer",
        lambda item, n: (replace(item[0], signer=TESTED), _copy(item[1], n % len(COPIES), rng)),
    )
    altered(
        "training signer under the tested signer's name",
        lambda item: (replace(item[0], signer=TESTED), item[1]),
        where="test",
    )
    altered(
        "tested signer under a training signer's name",
        lambda item: (replace(item[0], signer=_other(signers[2:], TESTED, rng)), item[1]),
        part="test",
        where="train",
    )
    altered("clip of the validated signer in training", lambda item: item, "validation", "train")
    for i, item in enumerate(clean):
        faulty.items.append(changed.get(i, item))
        faulty.parts.setdefault(item[0].id, part_of[item[0].signer])
    return faulty


def _copy(sequence: PoseSequence, form: int, rng: np.random.Generator) -> PoseSequence:
    """The same recording as one meets it again: equal, extracted and resized, or cut and moved."""
    points, seconds = sequence.points, len(sequence) / sequence.fps
    if form == 1:
        frames = np.arange(int(seconds * 25)) / 25 * sequence.fps
        points = _between(points, frames.clip(0, len(points) - 1)) * np.float32(rng.uniform(0.7, 1.4))
        tall = float(np.nanmax(points[..., 1]) - np.nanmin(points[..., 1]))
        points = points + rng.normal(0, 0.001 * tall, points.shape).astype(np.float32)
        return sequence.with_points(points.astype(np.float32), fps=25.0)
    if form == 2:
        first, last = (rng.uniform(0.05, 0.15, 2) * len(points)).astype(int)
        moved = rng.uniform(-0.3, 0.3, 3).astype(np.float32)
        return sequence.with_points(points[first : len(points) - last] + moved)
    return sequence


def _between(points: Floats, frames: NDArray[np.float64]) -> Floats:
    before = np.floor(frames).astype(int)
    after = np.minimum(before + 1, len(points) - 1)
    share = (frames - before).astype(np.float32)[:, None, None]
    between: Floats = points[before] * (1 - share) + points[after] * share
    return between


def _other(values: list[str], own: str, rng: np.random.Generator) -> str:
    return str(rng.choice([value for value in values if value != own]))


def _spelt(gloss: str, rng: np.random.Generator) -> str:
    return str(rng.choice([gloss.upper(), gloss.title(), gloss[0] + "\u0301" + gloss[1:], f"{gloss[:2]}-{gloss[2:]}"]))


def _found(found: Audit, faulty: Planted) -> dict[str, list[bool]]:
    """For each kind, which of its faults the audit says."""
    pairs = {frozenset(pair.clips): pair for pair in found.twins}
    leaked = {frozenset(pair.clips) for pair in found.split_twins}
    turned = {one.clip for one in found.turned}
    others = {one.clip for one in found.other_signers}
    glosses = {clip.id: clip.gloss for clip, _ in faulty.items}
    signers = {clip.id: clip.signer for clip, _ in faulty.items}
    alike = {gloss for group in found.alike_glosses for gloss in group}
    shared = {group.value for group in found.shared_groups if group.column == "signer"}

    def said(kind: str, clip: str, source: str) -> bool:
        pair = pairs.get(frozenset((clip, source)))
        if kind == "label spelt otherwise":
            return glosses[clip] in alike
        if kind == "mirrored":
            return clip in turned
        if kind == "clip of the validated signer in training":
            return signers[clip] in shared
        if kind.endswith("name"):
            return clip in others
        if kind == "copy under another label":
            return pair is not None and pair.under_two_glosses
        if kind == "copy of a training clip under the tested signer":
            return frozenset((clip, source)) in leaked
        return pair is not None and ("mirrored" in pair.kind) == (kind == "mirrored copy")

    return {kind: [said(kind, *pair) for pair in given] for kind, given in faulty.faults.items()}


def _told(found: Audit) -> dict[str, set[str]]:
    """Clips that an audit names, by what it says of them; clips beside planted ones are not asked for."""
    return {
        "one recording": {clip for pair in found.twins for clip in pair.clips},
        "mirrored": {one.clip for one in found.turned},
        "another signer": {one.clip for one in found.other_signers},
    }


def _by_pandas(store: Store, parts: dict[str, str]) -> Audit:
    """What is found by comparing columns."""
    table = pd.DataFrame(
        {
            "id": [clip.id for clip in store.clips],
            "gloss": [clip.gloss for clip in store.clips],
            "signer": [clip.signer for clip in store.clips],
            "digest": store.digests,
        }
    )
    table["part"] = table.id.map(parts)
    table["plain"] = table.gloss.str.lower().str.strip()
    both = table.merge(table, on="digest")
    both = both[both.id_x < both.id_y]
    twins = tuple(
        TwinPair("identical", 0.0, (a, b), (first, second))
        for a, b, first, second in both[["id_x", "id_y", "gloss_x", "gloss_y"]].to_numpy().tolist()
    )
    leaks = both[both.part_x != both.part_y][["id_x", "id_y", "part_x", "part_y"]].to_numpy().tolist()
    spelt = table.groupby("plain").gloss.unique()
    shared = table.groupby("signer").part.value_counts().unstack(fill_value=0)
    return Audit(
        clips=len(table),
        splits=("planted",),
        twins=twins,
        alike_glosses=tuple(tuple(sorted(group)) for group in spelt if len(group) > 1),
        turned=(),
        other_signers=(),
        shared_groups=tuple(
            SharedGroup("planted", "signer", str(signer), {str(k): int(v) for k, v in row.items() if v})
            for signer, row in shared.iterrows()
            if (row > 0).sum() > 1
        ),
        split_twins=tuple(SplitTwins("planted", "identical", (a, b), (p, q)) for a, b, p, q in leaks),
    )
