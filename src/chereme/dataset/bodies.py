"""Clips whose body is another signer's: filed under a wrong name, or a person who has two.

A body is described by how long its bones are and where it is in the picture, each the median over a clip. So people
are told apart within the sessions that a set was recorded in; nobody is recognized beyond it, and nothing is kept.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chereme.dataset.store import Store
from chereme.types import Floats

__all__ = ["OtherBody", "find_other_bodies"]

NEIGHBOURS, ALIKE = 9, 6
"""So many of a clip's nearest clips must be one other signer's; the others may be filed wrongly, too.

Chosen on signers s05 and s07 of `isl30_kinect` with 4 to 25 % of clips under the wrong one of the two names."""
SHRUNK = (0.01, 0.1, 0.5)
"""How far the directions in which one body varies are taken for alike; of these, what parts a set's signers best."""
APART = 0.6
"""If fewer of the neighbours than this share are the own signer's, bodies do not tell these signers apart: with a
quarter of the clips of two signers under the wrong name it is 0.62."""
FEWEST = 20
"""Clips of a signer; of fewer, nobody can say how much one body varies."""
ROUNDS = 4
"""Wrong names widen what seems one body, and stand beside other wrong names; so each time those found before go by the
name whose body they have."""
MOST_TOLD = 0.1
"""If more clips than this are told, bodies do not tell these signers apart, and nothing is said."""
_BLOCK = 1000


@dataclass(frozen=True)
class OtherBody:
    """A clip that shows another signer than it says, by the body."""

    clip: int
    """Its place in `Store.clips`."""
    signer: str
    """Whose body it is like."""


def find_other_bodies(store: Store) -> list[OtherBody]:
    """Clips filed under one signer that look like another; none where bodies are not seen or not told apart."""
    counts = Counter(clip.signer for clip in store.clips if clip.signer)
    known = np.array([counts[clip.signer] >= FEWEST for clip in store.clips])
    if len({clip.signer for clip, has in zip(store.clips, known, strict=True) if has}) < 2:
        return []
    bodies = _bodies(store)
    at = np.flatnonzero(known & ~np.isnan(bodies).any(1))
    if bodies.shape[1] == 0 or len(at) <= 2 * NEIGHBOURS:
        return []
    signers = np.array([store.clips[i].signer for i in at])
    believed = signers.copy()
    for _ in range(ROUNDS):
        ways = [_even(bodies[at], believed, shrunk) for shrunk in SHRUNK]
        nearest = max((_nearest(way) for way in ways), key=lambda near: _agreement(near, believed))
        if _agreement(nearest, believed) < APART:
            return []
        told, whose = _strangers(nearest, signers, believed)
        believed = signers.copy()
        believed[told] = whose
    if len(told) > MOST_TOLD * len(at):
        return []
    return [OtherBody(int(at[i]), signer) for i, signer in zip(told, whose, strict=True)]


def _bodies(store: Store) -> Floats:
    """(N, D) medians of the body's landmarks and bones; a column that any clip lacks is left out."""
    groups = store.layout.groups
    own = next((groups[name] for name in ("body", "pose") if name in groups), slice(0, 0))
    bones = np.array([b for b in store.layout.bones if all(own.start <= i < own.stop for i in b)], int).reshape(-1, 2)
    rows = []
    with np.errstate(invalid="ignore"):
        for i in range(len(store)):
            points = store.points[store.offsets[i] : store.offsets[i + 1]]
            place = np.median(points[:, own], 0).ravel()
            lengths = np.median(np.linalg.norm(points[:, bones[:, 0]] - points[:, bones[:, 1]], axis=-1), 0)
            rows.append(np.concatenate([place, lengths]))
    found: Floats = np.array(rows, np.float32).reshape(len(store), -1)
    return found[:, ~np.isnan(found).any(0)]


def _even(bodies: Floats, signers: NDArray[np.str_], shrunk: float) -> Floats:
    """The same with what varies within one signer made equal in all directions (within-class whitening, shrunk)."""
    rows = bodies.astype(np.float64)
    own = [rows[signers == signer] for signer in sorted(set(signers))]
    rest = np.concatenate([mine - np.median(mine, 0) for mine in own if len(mine)])
    scale = np.maximum(rest.std(0), 1e-9)
    within = (rest / scale).T @ (rest / scale) / len(rest) + shrunk * np.eye(rows.shape[1])
    even: Floats = ((rows / scale) @ np.linalg.cholesky(np.linalg.inv(within))).astype(np.float32)
    return even


def _nearest(bodies: Floats) -> NDArray[np.int64]:
    """(N, neighbours) places of the clips whose bodies are likest."""
    square = (bodies**2).sum(1)
    found = []
    for start in range(0, len(bodies), _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, len(bodies)))
        apart = square[rows, None] + square - 2 * bodies[rows] @ bodies.T
        apart[np.arange(len(rows)), rows] = np.inf
        found.append(np.argpartition(apart, NEIGHBOURS, 1)[:, :NEIGHBOURS])
    return np.concatenate(found)


def _agreement(nearest: NDArray[np.int64], signers: NDArray[np.str_]) -> float:
    """Share of neighbours that are the own signer's."""
    return float((signers[nearest] == signers[:, None]).mean())


def _strangers(
    nearest: NDArray[np.int64], signers: NDArray[np.str_], believed: NDArray[np.str_]
) -> tuple[NDArray[np.int64], list[str]]:
    """Clips whose nearest are by what is believed another signer's than they say, and whose."""
    told, whose = [], []
    for i, near in enumerate(believed[nearest]):
        (signer, count), *_ = Counter(near.tolist()).most_common(1)
        if signer != signers[i] and count >= ALIKE:
            told.append(i)
            whose.append(str(signer))
    return np.array(told, np.int64), whose
