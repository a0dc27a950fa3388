"""Made-up signers for tests that need sane geometry, not a sign."""

import numpy as np

from chereme.layout import BODY_HANDS_75
from chereme.types import PoseSequence


def made_up_signer(frames: int, rng: np.random.Generator, fps: float = 25.0) -> PoseSequence:
    """A torso with arms that swing and hands of plausible size: for tests that need sane geometry, not a sign."""
    layout = BODY_HANDS_75
    points = np.zeros((frames, 75, 3), np.float32)
    rest = {
        "nose": (0.89, 0.25), "left_eye_inner": (0.90, 0.23), "left_eye": (0.91, 0.23), "left_eye_outer": (0.92, 0.23),
        "right_eye_inner": (0.88, 0.23), "right_eye": (0.87, 0.23), "right_eye_outer": (0.86, 0.23),
        "left_ear": (0.94, 0.24), "right_ear": (0.84, 0.24), "mouth_left": (0.91, 0.28), "mouth_right": (0.87, 0.28),
        "left_shoulder": (1.02, 0.42), "right_shoulder": (0.76, 0.42), "left_elbow": (1.06, 0.64),
        "right_elbow": (0.72, 0.64), "left_wrist": (1.00, 0.60), "right_wrist": (0.78, 0.60),
        "left_hip": (0.97, 0.85), "right_hip": (0.81, 0.85),
    }  # fmt: skip
    for name, (x, y) in rest.items():
        points[:, layout.index(f"pose/{name}"), :2] = x, y
    for i, name in enumerate(layout.names[:33]):
        if name.removeprefix("pose/") not in rest:
            points[:, i, :2] = 0.89 + 0.01 * (i % 3), 0.95
    time = np.linspace(0, 2 * np.pi, frames)
    for side, x in (("left", 1.0), ("right", 0.78)):
        wrist = np.stack([x + 0.05 * np.sin(time), 0.55 + 0.08 * np.cos(time), 0 * time], -1)
        points[:, layout.index(f"pose/{side}_wrist")] = wrist
        hand = np.zeros((21, 3))
        for finger in range(5):
            for joint in range(4):
                hand[1 + 4 * finger + joint] = ((finger - 2) * 0.015, -0.03 - 0.015 * joint, -0.005 * joint)
        points[:, layout.groups[f"{side}_hand"]] = wrist[:, None] + hand
    points += rng.normal(0, 1e-4, points.shape).astype(np.float32)
    return PoseSequence(points, layout, fps, (1280, 720), np.ones((frames, 75), np.float32))
