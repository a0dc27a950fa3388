"""Which of a film's hands spells, where the landmark engine at times says left for right."""

import numpy as np

from chereme.errors import LayoutError
from chereme.features.hand import right_hands
from chereme.layout import HAND_POINTS, HANDS_42
from chereme.types import Bools, Floats, PoseSequence

__all__ = ["spelling_hand"]


def spelling_hand(sequence: PoseSequence) -> tuple[Floats, str | None]:
    """The hand that spells throughout a film, or that a picture shows; a left hand mirrored to right.

    The hand that is seen in more frames spells, the right one if both are seen in as many. Engines tell the side frame
    by frame and err now and then; a frame mirrored by that error would throw the hand across the picture and show
    another shape. So a hand that is seen alone on the other side is taken for the one that spells, with its side put
    right, unless the other hand has been seen beside it and was nearer to that place: then it is the other hand.

    Args:
        sequence: any layout with a hand. A single unsided one (`hand_21`) is taken as right.

    Returns:
        points (T, 21, 3), NaN where the hand was not seen, and `left` or `right`, the signer's own; None: no hand.

    Raises:
        LayoutError: the layout has no hand.
    """
    sequence = _with_hands(sequence)
    if "hand" in sequence.layout.groups:
        points, sides = right_hands(sequence)
        return points, "right" if "right" in sides else None
    hands = {side: sequence.group(f"{side}_hand") for side in ("right", "left")}
    seen = {side: ~np.isnan(hand[:, 0, 0]) for side, hand in hands.items()}
    side, other = ("left", "right") if seen["left"].sum() > seen["right"].sum() else ("right", "left")
    points = hands[side].copy()
    if (alone := seen[other] & ~seen[side]).any():
        same = _same_hand(hands[side], hands[other], seen[side], seen[other], alone)
        points[same] = hands[other][same]
    if side == "left":
        points *= np.array([-1, 1, 1], np.float32)
    return points, side if seen[side].any() else None


def _same_hand(own: Floats, other: Floats, own_seen: Bools, other_seen: Bools, alone: Bools) -> Bools:
    """(T,): frames in which the other hand, seen alone, is where the hand that spells was, not where the other was."""
    together = np.flatnonzero(own_seen & other_seen)
    if not len(together):
        return alone
    at, same = np.flatnonzero(own_seen), np.zeros(len(alone), bool)
    for frame in np.flatnonzero(alone):
        place = other[frame, :, :2].mean(0)
        from_own = place - own[at[np.abs(at - frame).argmin()], :, :2].mean(0)
        from_other = place - other[together[np.abs(together - frame).argmin()], :, :2].mean(0)
        same[frame] = np.hypot(*from_own) < np.hypot(*from_other)
    return same


def _with_hands(sequence: PoseSequence) -> PoseSequence:
    """The sequence in a layout of hands: as it is where it has them, else with those that it has.

    Raises:
        LayoutError: it has none.
    """
    groups = sequence.layout.groups
    if "hand" in groups and groups["hand"].stop - groups["hand"].start == len(HAND_POINTS):
        return sequence
    if not any(sequence.layout.has(name) for name in HANDS_42.names):
        raise LayoutError(f"layout {sequence.layout.name} has no hand; extract the film again with `chereme extract`")
    return sequence.with_missing(HANDS_42)
