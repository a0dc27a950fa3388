"""When hands rest: dictionary clips begin and end with hanging hands, running signing does not."""

from dataclasses import replace

import numpy as np

from chereme.preprocess import fill_gaps
from chereme.produce.material import SIDES, Material
from chereme.types import Bools, Floats, PoseSequence

__all__ = ["keep_idle_hands_up", "resting", "stretches"]

HANGING = 1.2
"""Shoulder widths below the shoulders: a wrist that is lower hangs, or lies in the lap."""
_HIGHEST_REST = 0.6
"""No wrist above this rests, however the clip begins."""
_NEAR_REST = 0.25
"""Of the way from where a clip rests to its highest point; below, the hand has not left its rest."""
_ON_ITS_WAY = 0.4
"""Shoulder widths per second: a hand that falls to its rest, or rises from it, faster than this is on its way."""


def resting(signing: Material, ends_at_rest: bool) -> Bools:
    """In which frames each hand rests, or is on its straight way to or from its rest.

    Args:
        signing: T frames.
        ends_at_rest: a clip of one sign, whose first and last frame show where the signer rests: with hands folded
            before the belly this is higher than with hanging hands. False: running signing.

    Returns:
        (T, 2), left and right; a hand whose wrist is never seen rests.
    """
    heights = signing.wrists[..., 1]
    found = np.zeros(heights.shape, bool)
    step = _ON_ITS_WAY / signing.fps
    for side, height in enumerate(heights.T):
        limit = _limit(height) if ends_at_rest else HANGING
        low = ~(height <= limit)
        for start, stop in stretches(low):
            while start > 0 and height[start - 1] < height[start] - step:
                start -= 1
            while stop < len(low) and height[stop] < height[stop - 1] - step:
                stop += 1
            # the highest frame before the fall still belongs to the signing, unless signing never was there
            low[start + (start > 0) : stop - (stop < len(low))] = True
        found[:, side] = low
    return found


def _limit(height: Floats) -> float:
    """Below which height a hand of a clip rests that begins or ends at rest."""
    if np.isnan(height).all():
        return HANGING
    rest, top = max(float(height[0]), float(height[-1])), float(np.nanmin(height))
    return min(HANGING, max(rest - _NEAR_REST * (rest - top), _HIGHEST_REST))


def stretches(flags: Bools) -> list[tuple[int, int]]:
    """Start and stop of each run of true."""
    edges = np.flatnonzero(np.diff(flags, prepend=False, append=False))
    return [(int(start), int(stop)) for start, stop in edges.reshape(-1, 2)]


def keep_idle_hands_up(signing: Material, rests: Bools, longest: float, from_rest: bool) -> Material:
    """Let a hand that rests between two uses go from the one to the other instead of falling and rising again.

    Dictionary clips rest the hand that a sign does not need; in running signing it stays about where it was.

    Args:
        signing: T frames.
        rests: (T, 2), left and right.
        longest: longest rest to bridge, in seconds.
        from_rest: signing begins and ends at rest, so that a hand rises for its first use; else it waits there.
    """
    layout = signing.layout
    points, invented = signing.points.copy(), signing.invented.copy()
    arms = [
        [layout.index(name) for part in ("wrist", "elbow") if layout.has(name := f"pose/{side}_{part}")]
        for side in SIDES
    ]
    for side, joints in enumerate(arms):
        for joint in joints:
            points[rests[:, side], joint] = np.nan
    ends = 0.0 if from_rest else longest
    known = fill_gaps(PoseSequence(points, layout, signing.fps, (1, 1)), longest, ends).points
    still = np.isnan(known)
    points = np.where(still, signing.points, known)
    for side, joints in enumerate(arms):
        invented[:, joints] |= rests[:, [side]] & ~still[:, joints, 0]
    return replace(signing, points=points, invented=invented)
