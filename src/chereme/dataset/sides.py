"""Which of two detected hands is the left one, when the source does not say.

A hand detector gives up to two hands a frame in no fixed order. Three things tell them apart: a hand moves
little from frame to frame; a signer who faces the camera has the left hand on the right of the picture most
of the time; and a left hand is a mirrored right one, so its fingers curl to the other side of its palm.
None is sure, so the result is a guess: the docs say how often it is right where the truth is known.
"""

import numpy as np
from numpy.typing import NDArray

from chereme.layout import HAND_POINTS
from chereme.types import Bools, Floats

__all__ = ["assign_sides", "handedness"]

LONGEST_STEP = 0.3
"""Moving costs its distance, up to this: after a longer jump, nothing speaks for the same hand."""
NEW_HAND = 0.1
"""Cost of a hand not seen before, in frame heights of movement."""
FAR_SIDE = 0.2
"""Cost of a hand on the other side of the picture, per frame height that it lies across the middle."""
CROSSED = 0.1
"""Cost of two hands that have changed places, per frame height between them."""
LONGEST_REACH = 0.4
"""Distance across the middle, and between crossed hands, after which the side is no surer."""
CURLED_WRONG = 0.05
"""Cost of a hand whose fingers curl as the other hand's would, per palm length that they do."""

_WRIST, _INDEX, _MIDDLE, _PINKY = (
    HAND_POINTS.index(name) for name in ("wrist", "index_finger_mcp", "middle_finger_mcp", "pinky_mcp")
)
_KNUCKLES = [i for i, name in enumerate(HAND_POINTS) if name.endswith("_mcp") and not name.startswith("thumb")]
_TIPS = [i for i, name in enumerate(HAND_POINTS) if name.endswith("_tip") and not name.startswith("thumb")]


def assign_sides(hands: Floats, centre: float) -> Bools:
    """Follow the hands of N clips and say in which frames the two detections must change places.

    Of the two ways to name the hands in each frame, the cheapest path through the clip is taken (Viterbi);
    the constants of this module are the costs.

    Args:
        hands: (N, T, 2, 21, 3) the two detections of each frame in frame heights, y down, z away from the
            camera; NaN where there was none, and in frames after a clip's end.
        centre: x of the signer's middle, in frame heights: half of width / height.

    Returns:
        (N, T): true where detection 0 is the right hand and detection 1 the left.
    """
    clips, frames = hands.shape[:2]
    wrists = hands[..., _WRIST, :2]  # (N, T, 2, 2)
    keep = _misnamed(wrists, handedness(hands), centre)  # (N, T)
    swap = _misnamed(wrists[:, :, ::-1], handedness(hands)[:, :, ::-1], centre)
    cost = np.zeros((clips, 2))  # of the best path to each naming: 0 keeps the order, 1 swaps it
    last = np.full((clips, 2, 2, 2), np.nan, np.float32)  # (clip, naming, side, xy): where that path last saw it
    came_from = np.zeros((clips, frames, 2), np.int8)
    everyone = np.arange(clips)
    for t in range(frames):
        named = np.stack([wrists[:, t], wrists[:, t, ::-1]], 1)  # (clip, naming, side, xy)
        moved = _moved(last[:, :, None], named[:, None])  # (clip, naming before, naming now)
        total = cost[:, :, None] + moved + np.stack([keep[:, t], swap[:, t]], -1)[:, None]
        best = total.argmin(1)  # (clip, naming now)
        came_from[:, t] = best
        cost = np.take_along_axis(total, best[:, None], 1)[:, 0]
        last = np.where(np.isnan(named), last[everyone[:, None], best], named)
    naming = cost.argmin(1)
    swapped: Bools = np.zeros((clips, frames), np.bool_)
    for t in range(frames - 1, -1, -1):
        swapped[:, t] = naming == 1
        naming = came_from[everyone, t, naming]
    swapped &= ~np.isnan(wrists[..., 0]).all(-1)
    return swapped


def handedness(hands: Floats) -> Floats:
    """How far the fingers curl to the right hand's side of the palm: above 0 for a right hand, below for a left.

    Args:
        hands: (..., 21, 3) in frame heights, y down, z away from the camera.

    Returns:
        (...) in palm lengths; NaN where no hand was seen.
    """
    wrist = hands[..., _WRIST, :]
    palm = np.cross(hands[..., _INDEX, :] - wrist, hands[..., _PINKY, :] - wrist)
    palm /= np.linalg.norm(palm, axis=-1, keepdims=True) + np.float32(1e-9)
    reach = hands[..., _TIPS, :].mean(-2) - hands[..., _KNUCKLES, :].mean(-2)
    length = np.linalg.norm(hands[..., _MIDDLE, :] - wrist, axis=-1) + np.float32(1e-9)
    curl: Floats = (palm * reach).sum(-1) / length
    return curl


def _moved(before: Floats, now: Floats) -> NDArray[np.float64]:
    """Cost of the step between last sightings and sightings now, summed over both sides."""
    step = np.minimum(np.linalg.norm(now - before, axis=-1), LONGEST_STEP)
    step = np.where(np.isnan(before[..., 0]), NEW_HAND, step)
    total: NDArray[np.float64] = np.where(np.isnan(now[..., 0]), 0, step).sum(-1, dtype=np.float64)
    return total


def _misnamed(wrists: Floats, curl: Floats, centre: float) -> NDArray[np.float64]:
    """Cost (N, T) of taking the first detection for the left hand and the second for the right.

    Args:
        wrists: (N, T, 2, 2).
        curl: (N, T, 2), as `handedness` gives it.
        centre: x of the signer's middle.
    """
    left, right = wrists[..., 0, 0], wrists[..., 1, 0]
    far = np.clip(np.nan_to_num(np.stack([centre - left, right - centre], -1)), 0, LONGEST_REACH).sum(-1)
    crossed = np.clip(np.nan_to_num(right - left), 0, LONGEST_REACH)
    curled = np.clip(np.nan_to_num(np.stack([curl[..., 0], -curl[..., 1]], -1)), 0, 1).sum(-1)
    total: NDArray[np.float64] = FAR_SIDE * far + CROSSED * crossed + CURLED_WRONG * curled
    return total
