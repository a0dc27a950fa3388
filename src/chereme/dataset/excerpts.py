"""Clips that were cut from another clip's recording: a beginning or an end is gone, or both.

The most telling frame of each clip is looked for in all others; where it stands, the two are laid side by side in time
and compared as twins are, posture and motion apart, over the stretch that both show.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from chereme.dataset.store import Store
from chereme.dataset.twins import Twins, centred, mirrored, steadied, telling_landmarks, unit
from chereme.types import Floats

__all__ = ["find_excerpts"]

MOMENTS = 16
SHARED = 0.7
"""Share of the shorter clip that must lie within the other: two cuts of one recording may overlap."""
POSTURE_NEAR, MOTION_NEAR = 0.018, 0.15
"""As those of twins, but narrower: laid side by side at their likest moment, takes of one sign look more alike.

Chosen on signers s05 and s07 of `isl30_kinect` and on `isl_include43_poses`, where two pairs are as near; one of the
two is a recording that the set has twice."""
FRAME_NEAR = 0.08
"""Largest distance between two frames, each of length one, for one moment of a recording."""
STEADY = 0.17
"""Seconds over which points are averaged."""
MOST = 12
"""Clips that are compared for one telling frame, the likest first."""
_BLOCK = 256


def find_excerpts(store: Store, clips: NDArray[np.int64]) -> list[Twins]:
    """Pairs of `clips` of which one shows a part of what the other does, at the same speed.

    Args:
        store: packed clips.
        clips: places of those that are compared; one of each recording, as `find_twins` says, saves time.
    """
    if not len(clips):
        return []
    at = np.concatenate(telling_landmarks(store.layout))
    tracks = [
        steadied(store.points[store.offsets[i] : store.offsets[i + 1]][:, at, :2], round(STEADY * float(store.fps[i])))
        for i in clips
    ]
    frames = _postures(np.concatenate(tracks))
    starts = np.concatenate([[0], np.cumsum([len(track) for track in tracks])])
    telling = _telling_frames(frames, starts)
    found: dict[tuple[int, int], Twins] = {}
    for kind in ("part", "mirrored part"):
        mirror = kind == "mirrored part"
        wanted = np.concatenate([tracks[i][frame - starts[i]][None] for i, frame in enumerate(telling)])
        if mirror:
            wanted = mirrored(wanted[None], store.layout)[0]
        postures = _postures(wanted)
        for start in range(0, len(telling), _BLOCK):
            alike = postures[start : start + _BLOCK] @ frames.T
            for row, line in enumerate(alike, start):
                for other, frame in _likest(line, starts, row):
                    a, b = sorted((int(clips[row]), int(clips[other])))
                    if (a, b) in found:
                        continue
                    part = mirrored(tracks[row][None], store.layout)[0] if mirror else tracks[row]
                    rates = float(store.fps[clips[row]]), float(store.fps[clips[other]])
                    moments = (telling[row] - starts[row]) / rates[0], (frame - starts[other]) / rates[1]
                    distance = _distance(part, tracks[other], rates, moments)
                    if distance is not None:
                        found[a, b] = Twins(a, b, kind, distance)
    return sorted(found.values(), key=lambda twins: twins.distance)


def _postures(frames: Floats) -> Floats:
    """(F, D) each frame's telling landmarks about their own middle, of length one; frames without any stay zero."""
    return unit(centred(frames[:, None]))


def _telling_frames(frames: Floats, starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each clip, the frame in its middle that is least like the mean of all clips: rest is in every one of them."""
    odd = 1 - frames @ unit(frames.mean(0, keepdims=True))[0]
    odd[~frames.any(1)] = -np.inf
    chosen = []
    for start, end in pairwise(starts):
        edge = (end - start) // 5
        chosen.append(start + edge + int(odd[start + edge : end - edge].argmax()))
    return np.array(chosen)


def _likest(alike: Floats, starts: NDArray[np.int64], own: int) -> list[tuple[int, int]]:
    """Other clips in which a frame is near, with the nearest frame of each; the likest first."""
    near = np.flatnonzero(alike > 1 - FRAME_NEAR**2 / 2)
    of = np.searchsorted(starts, near, "right") - 1
    best: dict[int, int] = {}
    for frame, clip in sorted(zip(near.tolist(), of.tolist(), strict=True), key=lambda pair: -alike[pair[0]]):
        if clip != own:
            best.setdefault(clip, frame)
        if len(best) == MOST:
            break
    return list(best.items())


def _distance(part: Floats, whole: Floats, rates: tuple[float, float], moments: tuple[float, float]) -> float | None:
    """Between the postures over the time that both show, laid so that two moments meet; None: not one recording."""
    posture, motion = _apart(part, whole, rates, moments[1] - moments[0])
    return posture if posture < POSTURE_NEAR and motion < MOTION_NEAR else None


def _apart(part: Floats, whole: Floats, rates: tuple[float, float], shift: float) -> tuple[float, float]:
    """Distance of posture and of motion when the whole is `shift` seconds ahead; infinite when too little is shared."""
    lengths = (len(part) - 1) / rates[0], (len(whole) - 1) / rates[1]
    begin, end = max(0.0, -shift), min(lengths[0], lengths[1] - shift)
    if end - begin <= 2 * STEADY or end - begin < SHARED * min(lengths):
        return np.inf, np.inf
    seconds = np.linspace(begin + STEADY / 2, end - STEADY / 2, MOMENTS)  # the ends are averaged over less
    both = np.stack([_at(part, seconds * rates[0]), _at(whole, (seconds + shift) * rates[1])])
    both[:, np.isnan(both).any(0)] = np.nan  # a hand that one of them lacks tells nothing
    posture, motion = unit(centred(both)), unit(centred(both, over=1))
    if not motion.any():
        return np.inf, np.inf
    return float(np.linalg.norm(posture[0] - posture[1])), float(np.linalg.norm(motion[0] - motion[1]))


def _at(track: Floats, frames: NDArray[np.float64]) -> Floats:
    """(moments, L, 2) between the frames before and after."""
    before = np.floor(frames).astype(int).clip(0, len(track) - 1)
    after = (before + 1).clip(0, len(track) - 1)
    share = (frames - before).astype(np.float32)[:, None, None]
    line: Floats = track[before] * (1 - share) + track[after] * share
    return line
