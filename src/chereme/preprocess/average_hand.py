"""A relaxed hand that hangs at the signer's side, for hands that a clip never shows."""

import numpy as np

from chereme.types import Floats, PoseSequence

__all__ = ["AVERAGE_HAND", "WRISTS", "hang_unseen_hands"]

_KNUCKLES = np.array([[0.075, 0.21], [0.025, 0.22], [-0.025, 0.21], [-0.07, 0.19]])
_FINGER_LENGTHS = np.array([0.19, 0.21, 0.2, 0.155])
_JOINTS = np.array([0, 0.48, 0.78, 1.0])
_THUMB = np.array([[0.055, 0.05], [0.1, 0.11], [0.12, 0.17], [0.125, 0.22]])


def _average_hand() -> Floats:
    drop = np.array([-0.12, 1.0]) / np.hypot(0.12, 1)  # fingers at rest lean a little to the side of the small one
    fingers = _KNUCKLES[:, None] + _FINGER_LENGTHS[:, None, None] * _JOINTS[:, None] * drop
    flat = np.concatenate([np.zeros((1, 2)), _THUMB, fingers.reshape(16, 2)])
    return np.pad(flat, ((0, 0), (0, 1))).astype(np.float32)


AVERAGE_HAND = _average_hand()
"""(21, 3): a right hand as the camera sees it, hanging from a wrist at the origin, in shoulder widths; z is 0. Drawn
up from the proportions of a hand, not taken from anybody."""
WRISTS = {"left": (0.2, 1.16, 0.0), "right": (-0.27, 1.14, 0.0)}
"""Where such a hand's wrist hangs below the shoulders' middle, in shoulder widths."""


def hang_unseen_hands(sequence: PoseSequence) -> PoseSequence:
    """Give a hand that no frame shows the shape and place of a hand at rest, marked as filled in every frame.

    It is a guess that looks like data: a model that never learns to do without a hand may want it, no other
    should. A hand seen in even one frame is left as it is.

    Args:
        sequence: aligned to a body.

    Source: the Libras project's preprocessing, which hangs an average of its own clips' hands at these places.
    """
    points, filled = sequence.points, np.zeros(sequence.points.shape[:2], bool)
    for side, wrist in WRISTS.items():
        at = sequence.layout.groups.get(f"{side}_hand")
        if at is None or not np.isnan(points[:, at]).all():
            continue
        points = points.copy()
        points[:, at] = AVERAGE_HAND * np.array([-1 if side == "left" else 1, 1, 1]) + np.array(wrist)
        filled[:, at] = True
    return sequence.with_points(points, filled=filled) if filled.any() else sequence
