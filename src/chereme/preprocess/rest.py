"""Hands at rest: they belong to the room and the camera, not to the sign.

How often an engine finds a hand that hangs depends on clothes, light and picture. A model that sees it learns by which
of a few sessions a word was recorded, and is wrong in the next one.
"""

import numpy as np

from chereme.preprocess.align import body_group
from chereme.preprocess.trim import Signing
from chereme.types import Floats, PoseSequence

__all__ = ["hide_resting_hands", "rest_line", "while_hands_are_raised"]

_HANGS = 0.85
"""Share of the arm's length by which a hand at rest lies below the shoulders."""
_REACH = 90
"""Percentile of an arm's length in the picture that is taken for its whole length: mostly it is bent."""


def rest_line(sequence: PoseSequence) -> Floats:
    """(T,) the y below which a hand hangs; NaN where no shoulder was seen, or in a layout without arms.

    The line lies 0.85 of an arm's length below the middle of the shoulders. That length is the longer one of both
    arms, upper arm and forearm as the picture shows them.
    """
    group = body_group(sequence.layout)
    names = [[f"{group}/{side}_{joint}" for joint in ("shoulder", "elbow", "wrist")] for side in ("left", "right")]
    nowhere = np.full(len(sequence), np.nan, np.float32)
    if not all(sequence.layout.has(name) for arm in names for name in arm):
        return nowhere
    arms = np.stack([[sequence.landmark(name)[:, :2] for name in arm] for arm in names]).astype(np.float64)
    lengths = np.linalg.norm(np.diff(arms, axis=1), axis=-1).sum(1)  # (2, T) of arms (2, 3, T, 2)
    known = [arm[~np.isnan(arm)] for arm in lengths]
    if not any(map(len, known)):
        return nowhere
    length = max(float(np.percentile(arm, _REACH)) for arm in known if len(arm))
    return np.asarray(arms[:, 0, :, 1].mean(0) + _HANGS * length, np.float32)


def hide_resting_hands(sequence: PoseSequence, line: Floats) -> PoseSequence:
    """Hands whose wrist lies below the line become unseen.

    Args:
        sequence: T frames of a layout with hands.
        line: (T,) as `rest_line` gives it; where it is NaN hands stay.

    Returns:
        A new sequence; the same one where no hand rests.
    """
    points, resting = sequence.points, np.zeros(sequence.points.shape[:2], bool)
    for name, at in sequence.layout.groups.items():
        if "hand" in name:
            resting[:, at] = (points[:, at.start, 1] > line)[:, None]
    if not resting.any():
        return sequence
    return sequence.with_points(np.where(resting[..., None], np.float32(np.nan), points))


def while_hands_are_raised(sequence: PoseSequence, line: Floats, lead: float) -> Signing:
    """From the first to the last frame in which a wrist of the body lies above the line; the whole clip without one.

    Args:
        sequence: T frames.
        line: (T,) as `rest_line` gives it.
        lead: seconds that are kept before and after.
    """
    last = len(sequence) - 1
    if np.isnan(line).all():
        return Signing(0, last)
    group = body_group(sequence.layout)
    wrists = np.stack([sequence.landmark(f"{group}/{side}_wrist")[:, 1] for side in ("left", "right")])
    raised = np.flatnonzero((wrists <= line).any(0))
    if not len(raised):
        return Signing(0, last)
    more = round(lead * sequence.fps)
    return Signing(max(0, int(raised[0]) - more), min(last, int(raised[-1]) + more), "arms", "arms")
