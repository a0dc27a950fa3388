"""Give each hand back to the side that it belongs to."""

from dataclasses import replace

import numpy as np

from chereme.types import Floats, PoseSequence

__all__ = ["sort_hands"]


def sort_hands(sequence: PoseSequence) -> PoseSequence:
    """Put hands that the extractor filed under the other side back where they are, frame by frame.

    Holistic looks for a hand around each wrist of the body, and where the hands come close the box of one can
    catch the other. A lone hand goes to the nearer wrist of the body; two hands go where the sum of their
    distances is smaller. Frames without both wrists of the body stay.

    Returns:
        A new sequence; the same one where nothing changes sides or the layout has no body.
    """
    layout = sequence.layout
    if not {"pose", "left_hand", "right_hand"} <= set(layout.groups):
        return sequence
    left, right = layout.groups["left_hand"], layout.groups["right_hand"]
    left_wrist, right_wrist = (sequence.landmark(f"pose/{side}_wrist")[:, :2] for side in ("left", "right"))
    first, second = sequence.points[:, left.start, :2], sequence.points[:, right.start, :2]
    keep = _distance(first, left_wrist) + _distance(second, right_wrist)
    swap = _distance(first, right_wrist) + _distance(second, left_wrist)
    body = ~np.isnan(left_wrist[:, 0] + right_wrist[:, 0])
    wrong = np.flatnonzero(body & (swap < keep))
    if not len(wrong):
        return sequence

    def swapped(values: Floats) -> Floats:
        result = values.copy()
        result[wrong, left], result[wrong, right] = values[wrong, right], values[wrong, left]
        return result

    return replace(
        sequence,
        points=swapped(sequence.points),
        confidence=None if sequence.confidence is None else swapped(sequence.confidence),
        filled=None if sequence.filled is None else swapped(sequence.filled),  # type: ignore[arg-type]
    )


def _distance(hand: Floats, wrist: Floats) -> Floats:
    """(T,) from hand to wrist, 0 where either was not seen."""
    gap = hand - wrist
    return np.asarray(np.nan_to_num(np.sqrt(np.einsum("ti,ti->t", gap, gap))))
