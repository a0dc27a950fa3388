"""The 339 numbers of `libras-339` by a Python function per number and frame, as the Libras system computes them.

It has its own tables and formulas, and takes arc cosines, so that it can tell when ours are wrong. Each frame is read
into lists of plain numbers once, and `math` does the sums: arrays of two numbers would take longer.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chereme.types import PoseSequence

Landmarks = Sequence[Sequence[float]] | None

POSE_ANGLES = {
    "right_shoulder_angle": (12, 14, 16),
    "right_elbow_to_thumb_angle": (14, 16, 18),
    "right_wrist_spread_angle": (18, 16, 22),
    "right_shoulder_tilt_angle": (14, 12, 24),
    "left_shoulder_angle": (11, 13, 15),
    "left_elbow_to_thumb_angle": (13, 15, 17),
    "left_wrist_spread_angle": (17, 15, 21),
    "left_shoulder_tilt_angle": (13, 11, 23),
    "left_elbow_angle": (13, 15, 19),
    "right_elbow_angle": (14, 16, 20),
    "shoulder_neck_tilt": (11, 0, 12),
    "left_arm_curve": (11, 15, 19),
    "right_arm_curve": (12, 16, 20),
}
HAND_ANGLES = {
    "thumb_base": (0, 1, 2),
    "thumb_bend": (1, 2, 3),
    "thumb_tip": (2, 3, 4),
    "index_bend": (5, 6, 7),
    "index_tip": (6, 7, 8),
    "middle_bend": (9, 10, 11),
    "middle_tip": (10, 11, 12),
    "ring_bend": (13, 14, 15),
    "ring_tip": (14, 15, 16),
    "pinky_bend": (17, 18, 19),
    "pinky_tip": (18, 19, 20),
    "thumb_index_spread_angle": (4, 0, 8),
    "index_ring_spread_angle": (8, 0, 16),
    "middle_finger_angle": (0, 9, 12),
    "pinky_finger_angle": (0, 17, 20),
}
POSE_DIFFERENCES = {
    "nose": 0, "left_shoulder": 11, "right_shoulder": 12, "left_elbow": 13, "right_elbow": 14, "left_wrist": 15,
    "right_wrist": 16, "left_index": 19, "right_index": 20, "left_thumb": 21, "right_thumb": 22,
}  # fmt: skip
HAND_DIFFERENCES = {
    "wrist": 0, "thumb_tip": 4, "index_tip": 8, "middle_tip": 12, "ring_tip": 16, "pinky_tip": 20, "index_base": 5,
    "middle_base": 9, "ring_base": 13, "pinky_base": 17,
}  # fmt: skip
POSE_DISTANCES = {
    "wrist_distance": (15, 16),
    "index_distance": (19, 20),
    "thumb_distance": (21, 22),
    "left_hand_to_head": (15, 0),
    "right_hand_to_head": (16, 0),
    "left_hand_to_left_shoulder": (15, 11),
    "right_hand_to_right_shoulder": (16, 12),
    "left_hand_to_right_shoulder": (15, 12),
    "right_hand_to_left_shoulder": (16, 11),
}
HAND_DISTANCES = {
    "thumb_index_tip": (4, 8),
    "thumb_middle_tip": (4, 12),
    "thumb_ring_tip": (4, 16),
    "thumb_pinky_tip": (4, 20),
    "index_middle_tip": (8, 12),
    "middle_ring_tip": (12, 16),
    "ring_pinky_tip": (16, 20),
    "index_ring_tip": (8, 16),
    "index_pinky_tip": (8, 20),
    "index_base_spread": (5, 9),
    "middle_base_spread": (9, 13),
    "ring_base_spread": (13, 17),
}
GROUPS = ("pose", "right_hand", "left_hand")
SIZE = {"pose": 33, "right_hand": 21, "left_hand": 21}


@dataclass(frozen=True)
class LoopFrame:
    """One frame as the source has it: each group of landmarks whole, or None."""

    groups: Mapping[str, Landmarks]
    place: int
    left_gap: int
    """Frames of the gap that the left hand lies in; 0: it was seen; below 0: in a gap at an end."""
    right_gap: int


def loop_gaps(clip: PoseSequence) -> dict[str, list[int]]:
    """Of each frame and hand: 0 where seen, the length of its gap, or -1 in a gap at an end."""
    return {hand: _gap_lengths([not math.isnan(x) for x in clip.group(hand)[:, 0, 0].tolist()]) for hand in GROUPS[1:]}


def _gap_lengths(seen: list[bool]) -> list[int]:
    lengths = []
    for t, here in enumerate(seen):
        before = next((i for i in range(t, -1, -1) if seen[i]), None)
        after = next((i for i in range(t, len(seen)) if seen[i]), None)
        lengths.append(0 if here else -1 if before is None or after is None else after - before - 1)
    return lengths


def loop_frames(clip: PoseSequence, gaps: Mapping[str, Sequence[int]]) -> list[LoopFrame]:
    """Read a clip frame by frame; a group is whole or None."""
    frames = []
    for t, points in enumerate(clip.points):
        groups: dict[str, Landmarks] = {}
        for group in GROUPS:
            landmarks = points[clip.layout.groups[group], :2].tolist()
            groups[group] = None if math.isnan(landmarks[0][0]) else landmarks
        frames.append(LoopFrame(groups, t, gaps["left_hand"][t], gaps["right_hand"][t]))
    return frames


def loop_libras(frames: Sequence[LoopFrame], clip_frames: int, fps: float) -> list[list[float]]:
    """The numbers of every frame, one after another."""
    rows = []
    for i, frame in enumerate(frames):
        before = frames[i - 1] if i else None
        row: list[float] = []
        for group in GROUPS:
            for a, b, c in (POSE_ANGLES if group == "pose" else HAND_ANGLES).values():
                row += angle(frame.groups[group], a, b, c)
        for group in GROUPS:
            for point in (POSE_DIFFERENCES if group == "pose" else HAND_DIFFERENCES).values():
                row += difference(frame, before, group, point, fps)
        for group in GROUPS:
            for a, b in (POSE_DISTANCES if group == "pose" else HAND_DISTANCES).values():
                row.append(distance(frame.groups[group], a, b))
        for group in GROUPS:
            for axis in (0, 1):
                for point in range(SIZE[group]):
                    row.append(position(frame.groups[group], point, axis))
        row += [0.0, 0.0, 0.0, frame.place / clip_frames]
        for gap in (frame.left_gap, frame.right_gap):
            row += [guessed(gap), gap_length(gap, fps)]
        rows.append(row)
    return rows


def angle(landmarks: Landmarks, a: int, b: int, c: int) -> tuple[float, float]:
    """Sine and cosine of the angle at b, clockwise from a to c."""
    if landmarks is None:
        return 0.0, 0.0
    ax, ay = landmarks[a][0] - landmarks[b][0], landmarks[a][1] - landmarks[b][1]
    cx, cy = landmarks[c][0] - landmarks[b][0], landmarks[c][1] - landmarks[b][1]
    lengths = math.hypot(ax, ay) * math.hypot(cx, cy)
    if lengths == 0:
        return 0.0, 1.0
    turn = math.acos(max(-1.0, min(1.0, (ax * cx + ay * cy) / lengths)))
    if ax * cy - ay * cx < 0:
        turn = 2 * math.pi - turn
    return math.sin(turn), math.cos(turn)


def difference(frame: LoopFrame, before: LoopFrame | None, group: str, point: int, fps: float) -> tuple[float, float]:
    """Half of the way since the frame before, as it would be in a tenth of a second."""
    now, then = frame.groups[group], before.groups[group] if before else None
    if before is None or now is None or then is None or frame.place == before.place:
        return 0.0, 0.0
    rate = 0.05 * fps / (frame.place - before.place)
    return (now[point][0] - then[point][0]) * rate, (now[point][1] - then[point][1]) * rate


def distance(landmarks: Landmarks, a: int, b: int) -> float:
    """In shoulder widths."""
    if landmarks is None:
        return 0.0
    return math.hypot(landmarks[a][0] - landmarks[b][0], landmarks[a][1] - landmarks[b][1])


def position(landmarks: Landmarks, point: int, axis: int) -> float:
    """In shoulder widths from the middle of the shoulders."""
    return 0.0 if landmarks is None else landmarks[point][axis]


def guessed(gap: int) -> float:
    """1: the hand was not seen, -1: it was."""
    return 1.0 if gap else -1.0


def gap_length(gap: int, fps: float) -> float:
    """From -1, none, to 1, half a second or more; gaps at the ends of a clip count as none."""
    return 2 * min(max(gap, 0) / fps / 0.5, 1.0) - 1
