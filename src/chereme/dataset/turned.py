"""Clips that are mirrored where the others of their gloss are not: filmed by a selfie camera, or turned by somebody."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from chereme.dataset.store import Store
from chereme.dataset.twins import Twins, centred, mirrored, tracks_of, unit
from chereme.types import Floats

__all__ = ["Turned", "find_turned"]

LESS = 0.93
"""A clip is told when its mirror image lies nearer to its gloss than this share of its own distance.

Chosen on signers s05 and s07 of `isl30_kinect` (0.1 % told; of 40 turned clips in 540, nine in ten) and on
`isl_include43_poses` (1 %; some of its clips may be mirrored)."""
NEAREST = 3
"""So many clips are asked, for the nearest one may be mirrored as well."""
FEWEST = 3
"""Of two clips, nobody can say which is the mirrored one."""


@dataclass(frozen=True)
class Turned:
    """A clip whose mirror image lies nearer to the other clips of its gloss than itself."""

    clip: int
    """Its place in `Store.clips`."""
    nearer: float
    """The mirror image's distance as a share of the clip's own."""


def find_turned(store: Store, twins: Iterable[Twins] = ()) -> list[Turned]:
    """Clips that are probably mirrored, the surest first.

    The clip that gains most is turned round before the others are asked again, so that those which lay beside it are
    not told in its stead. A gloss of two-handed signs that are their own mirror image tells nothing.

    Args:
        store: packed clips.
        twins: pairs of one recording, which say nothing about each other here.
    """
    if not store.layout.mirror:
        return []
    groups: dict[str, list[int]] = defaultdict(list)
    for i, clip in enumerate(store.clips):
        groups[clip.gloss].append(i)
    apart: dict[int, set[int]] = defaultdict(set)
    for pair in twins:
        apart[pair.first].add(pair.second)
        apart[pair.second].add(pair.first)
    found = []
    for at in groups.values():
        if len(at) >= FEWEST:
            tracks = tracks_of(store, np.array(at))
            same, turned = _distances(tracks, tracks), _distances(mirrored(tracks, store.layout), tracks)
            known = ~np.isnan(tracks).all((1, 2, 3))
            for i, place in enumerate(at):
                beside = [j for j, other in enumerate(at) if j == i or other in apart[place] or not known[j]]
                same[i, beside] = turned[i, beside] = np.inf
            found += [Turned(at[i], nearer) for i, nearer in _turn(same, turned)]
    return sorted(found, key=lambda one: one.nearer)


def _distances(rows: Floats, others: Floats) -> Floats:
    a, b = unit(centred(rows)), unit(centred(others))
    apart: Floats = np.sqrt(np.maximum(2 - 2 * (a @ b.T), 0)).astype(np.float32)
    return apart


def _turn(same: Floats, turned: Floats) -> list[tuple[int, float]]:
    found: list[tuple[int, float]] = []
    for _ in range(len(same) // 2):
        near, mirror = _nearest(same), _nearest(turned)
        share = np.full(len(same), np.inf)
        np.divide(mirror, near, out=share, where=np.isfinite(near) & (near > 0))
        share[[i for i, _ in found]] = np.inf
        i = int(share.argmin())
        if not share[i] < LESS:
            break
        found.append((i, round(float(share[i]), 4)))
        same[i], turned[i] = turned[i].copy(), same[i].copy()
        same[:, i], turned[:, i] = turned[:, i].copy(), same[:, i].copy()
    return found


def _nearest(apart: Floats) -> Floats:
    """(N,) mean distance of the nearest clips; infinite where there are fewer than two."""
    nearest = np.partition(apart, min(NEAREST, len(apart)) - 1, 1)[:, :NEAREST]
    known = np.isfinite(nearest)
    mean: Floats = np.where(known, nearest, 0).sum(1) / np.maximum(known.sum(1), 1)
    return np.where(known.sum(1) >= min(2, len(apart) - 1), mean, np.inf)
