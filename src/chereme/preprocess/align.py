"""Bring a signer to a common place, size and side."""

from dataclasses import dataclass, replace

import numpy as np

from chereme.layout import Layout
from chereme.types import Floats, PoseSequence

__all__ = ["align_body", "align_hands", "body_group", "either_hand_leads", "mirror_to_dominant", "turned_round"]


@dataclass(frozen=True)
class _Anchors:
    """Names that say where a body is, for the layouts that have one."""

    left: str
    right: str
    left_wrist: str
    right_wrist: str


def body_group(layout: Layout) -> str:
    """Name of the group that holds shoulders and arms, in the layouts that have one."""
    return "body" if "body" in layout.groups else "pose"


def _anchors(layout: Layout) -> _Anchors:
    group = body_group(layout)
    return _Anchors(*(f"{group}/{name}" for name in ("left_shoulder", "right_shoulder", "left_wrist", "right_wrist")))


def align_body(sequence: PoseSequence, turn: bool = False) -> PoseSequence:
    """Put the middle of the shoulders at the origin and make the shoulders one unit apart.

    Both are medians over the clip, so that a shrug or a step stays visible as motion.

    Args:
        sequence: a layout with shoulders.
        turn: also turn the body about its upright axis to face the camera. Only for sources with true depth
            (Kinect): the z of a single camera is a guess, and turning by it adds noise.

    Returns:
        Points in shoulder widths. Unchanged, but centred on what was seen, when the shoulders never were.
    """
    names = _anchors(sequence.layout)
    left, right = sequence.landmark(names.left), sequence.landmark(names.right)
    both = ~np.isnan(left[:, 0] + right[:, 0])
    if not both.any():
        return _scaled(sequence, _middle(sequence.points), 1.0)
    left, right = left[both], right[both]
    across = np.median(left - right, axis=0)
    origin = np.median((left + right) / 2, axis=0)
    flat = slice(None) if turn else slice(2)
    width = float(np.median(np.linalg.norm((left - right)[:, flat], axis=-1)))
    aligned = _scaled(sequence, origin, width if width > 1e-4 else 1.0)
    if not turn:
        return aligned
    yaw = np.arctan2(across[2], across[0])
    cos, sin = np.cos(yaw), np.sin(yaw)
    about_upright = np.array([[cos, 0, -sin], [0, 1, 0], [sin, 0, cos]], np.float32)
    return aligned.with_points(aligned.points @ about_upright)


def align_hands(sequence: PoseSequence, in_picture: bool = False) -> PoseSequence:
    """The same for clips that hold hands alone: origin at the middle of the wrists' places, unit from the palms.

    A palm (wrist to middle knuckle) is taken as 0.22 shoulder widths, so that units stay comparable.

    Args:
        sequence: a layout with hands.
        in_picture: put the origin into the middle of the picture instead: where signers are filmed alike, the height
            of a hand says whether it is at the face or the chest.
    """
    wrists = np.concatenate([sequence.landmark(f"{side}_hand/wrist") for side in ("left", "right")])
    knuckles = np.concatenate([sequence.landmark(f"{side}_hand/middle_finger_mcp") for side in ("left", "right")])
    seen = ~np.isnan(wrists[:, 0])
    if not seen.any():
        return sequence
    palm = float(np.median(np.linalg.norm((knuckles - wrists)[seen], axis=-1)))
    origin = np.median(wrists[seen], axis=0)
    if in_picture:
        origin[:2] = sequence.size[0] / sequence.size[1] / 2, 0.5
    origin[2] = 0
    return _scaled(sequence, origin, palm / 0.22 if palm > 1e-5 else 1.0)


def mirror_to_dominant(sequence: PoseSequence, clearly: float = 1.3) -> PoseSequence:
    """Mirror an aligned clip whose left hand moves clearly more, so that the dominant hand is always the right.

    Args:
        sequence: aligned: x runs both ways from the middle of the body.
        clearly: how many times longer the left wrist's path must be.
    """
    return sequence if _path(sequence, "left") <= clearly * _path(sequence, "right") else turned_round(sequence)


def turned_round(sequence: PoseSequence) -> PoseSequence:
    """The mirror image of an aligned clip: about the middle of the body, not of the picture."""
    order = sequence.layout.mirrored_order()
    points = sequence.points[:, order].copy()
    points[..., 0] *= -1
    return replace(
        sequence,
        points=points,
        confidence=None if sequence.confidence is None else sequence.confidence[:, order],
        filled=None if sequence.filled is None else sequence.filled[:, order],
    )


def either_hand_leads(sequence: PoseSequence, clearly: float = 1.3) -> bool:
    """Whether `mirror_to_dominant` would leave both the aligned clip and its mirror image as they are."""
    left, right = _path(sequence, "left"), _path(sequence, "right")
    return left <= clearly * right and right <= clearly * left


def _path(sequence: PoseSequence, side: str) -> float:
    """Length of a wrist's path; without a body, the hand's presence counts a little too."""
    layout = sequence.layout
    names = _anchors(layout)
    body = names.left_wrist if side == "left" else names.right_wrist
    has_body = layout.has(body)
    track = sequence.landmark(body if has_body else f"{side}_hand/wrist")[:, :2]
    track = track[~np.isnan(track[:, 0])]
    steps = np.abs(np.diff(track, axis=0)).sum()
    return float(steps) if has_body else float(steps) + 0.1 * len(track)


def _middle(points: Floats) -> Floats:
    seen = points[~np.isnan(points[..., 0])]
    return np.median(seen, axis=0) if len(seen) else np.zeros(3, np.float32)


def _scaled(sequence: PoseSequence, origin: Floats, unit: float) -> PoseSequence:
    return sequence.with_points(((sequence.points - origin) / np.float32(unit)).astype(np.float32))
