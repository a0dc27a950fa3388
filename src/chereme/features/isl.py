"""Whole groups of landmarks as they are, as the INCLUDE-123 system reads them, and the portal's numbers of one hand.

Source: SignSpeak, final year project, commit 0fa96fc. We differ where it was wrong: hands go by their side, not by the
order in which they were found; points are NaN where unseen; and since a packed set keeps no visibility, 1 stands for a
landmark of the body that was seen and 0 for one that was not.
"""

import numpy as np

from chereme.errors import LayoutError
from chereme.features.blocks import Block, Frame
from chereme.features.hand import hand_84, hand_feature_names
from chereme.layout import HAND_POINTS, POSE_POINTS, Layout
from chereme.types import Floats

__all__ = ["GROUP_BLOCKS"]

FACE_POINTS = tuple(range(0, 450, 9))
"""Every ninth of the face mesh: an even spread over it, no choice of mouth or brows."""


def _points(frame: Frame, names: list[str]) -> Floats:
    return frame.points[..., frame.layout.indices(names), :]


def _flat(values: Floats) -> Floats:
    return values.reshape(*values.shape[:-2], -1)


def _pose_points_seen(frame: Frame) -> Floats:
    points = _points(frame, [f"pose/{point}" for point in POSE_POINTS])
    seen = ~np.isnan(points[..., :1])
    return _flat(np.concatenate([points, seen.astype(np.float32)], axis=-1))


def _left_hand_points(frame: Frame) -> Floats:
    return _flat(_points(frame, [f"left_hand/{point}" for point in HAND_POINTS]))


def _right_hand_points(frame: Frame) -> Floats:
    return _flat(_points(frame, [f"right_hand/{point}" for point in HAND_POINTS]))


def _face_points(frame: Frame) -> Floats:
    return _flat(_points(frame, [f"face/{point}" for point in FACE_POINTS]))


def _hand_84(frame: Frame) -> Floats:
    """Of the one hand that a layout has, or of the right, the dominant one once a clip is mirrored to it."""
    names = frame.layout.groups
    if not {"hand", "right_hand"} & set(names):
        raise LayoutError(f"layout {frame.layout.name} has no hand")
    group = "hand" if "hand" in names else "right_hand"
    points = _points(frame, [f"{group}/{point}" for point in HAND_POINTS])
    return hand_84(points.reshape(-1, 21, 3)).reshape(*frame.shape, 84)


def _named(points: tuple[str, ...], axes: str = "xyz", more: tuple[str, ...] = ()) -> list[str]:
    return [f"{point}.{end}" for point in points for end in (*axes, *more)]


def _pose_names(_: Layout) -> list[str]:
    return _named(POSE_POINTS, more=("seen",))


GROUP_BLOCKS: dict[str, Block] = {
    "pose_points_seen": Block(_pose_points_seen, _pose_names, moving=False),
    "left_hand_points": Block(_left_hand_points, lambda _: _named(HAND_POINTS), moving=False),
    "right_hand_points": Block(_right_hand_points, lambda _: _named(HAND_POINTS), moving=False),
    "face_points": Block(_face_points, lambda _: _named(tuple(map(str, FACE_POINTS))), moving=False),
    "hand_84": Block(_hand_84, lambda _: list(hand_feature_names("hand-84")), moving=False),
}
