"""Made-up signers for tests that need sane geometry, not a sign."""

from pathlib import Path

import numpy as np
import torch

from chereme.bundle import Bundle
from chereme.layout import BODY_HANDS_75
from chereme.types import Floats, PoseSequence

SIDES = ("left", "right")


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


def hung(clip: PoseSequence, frames: slice, sides: tuple[str, ...] = SIDES) -> PoseSequence:
    """The clip with arms straight down in some frames, hands hanging from them."""
    points = clip.points.copy()
    for side in sides:
        shoulder, elbow, wrist = (clip.layout.index(f"pose/{side}_{joint}") for joint in ("shoulder", "elbow", "wrist"))
        points[frames, elbow] = points[frames, shoulder] + np.float32([0, 0.22, 0])
        drop = points[frames, shoulder] + np.float32([0, 0.44, 0]) - points[frames, wrist]
        points[frames, clip.layout.groups[f"{side}_hand"]] += drop[:, None]
        points[frames, wrist] += drop
    return clip.with_points(points)


def walking_by(clip: PoseSequence) -> PoseSequence:
    """The same person with hanging arms, going to and fro for half of the time, then standing."""
    points = hung(clip, slice(None)).points
    points[..., 0] += np.float32(0.1) * np.sin(np.arange(len(points)) / 4)[:, None]
    points[len(points) // 2 :] = points[len(points) // 2]
    return clip.with_points(points)


def made_up_hands(count: int, rng: np.random.Generator) -> Floats:
    """Right hands (count, 21, 3) of plausible size with fingers bent at random, in picture heights."""
    hands = np.zeros((count, 21, 3))
    for finger in range(5):
        joint = np.stack([np.full(count, (finger - 2) * -0.03), np.full(count, -0.1 + 0.02 * abs(finger - 2))], 1)
        bend = np.zeros(count)
        for knuckle in range(4):
            hands[:, 1 + 4 * finger + knuckle, :2] = joint
            hands[:, 1 + 4 * finger + knuckle, 2] = -0.01 * knuckle
            bend += rng.uniform(0, 1, count)
            joint = joint + 0.04 * np.stack([0.2 * np.sin(bend), -np.cos(bend)], 1)
    hands += rng.normal(0, 1e-3, hands.shape) + np.array([0.6, 0.7, 0])
    return hands.astype(np.float32)


def made_up_speller(folder: Path, kind: str = "v1", features: str = "hand-84", more: str = "") -> Bundle:
    """An untrained speller of the letters A to Z, J and Z drawn in the air: its answers mean nothing.

    `more` is added to its recipe.
    """
    from chereme.bundle import Calibration, Card
    from chereme.bundle.write import write_bundle
    from chereme.features.hand import hand_feature_names
    from chereme.models.handshape import HandshapeConfig, build_handshape
    from chereme.recipe import Recipe

    text = f"""
[hand_features]
kind = "{features}"
[handshape]
kind = "{kind}"
hidden = [32, 32]
[motions.J]
shapes = ["I"]
point = "pinky_tip"
path = [[0, 0], [0, 1], [0.3, 1.3], [0.7, 1.1]]
[motions.Z]
shapes = ["D"]
point = "index_finger_tip"
path = [[0, 0], [-1, 0], [0, 1], [-1, 1]]
{more}
"""
    recipe = Recipe.from_text(text, "made-up")
    torch.manual_seed(0)
    labels = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    inputs = len(hand_feature_names(features))
    return write_bundle(
        folder,
        build_handshape(inputs, len(labels), recipe.stage("handshape", HandshapeConfig)),
        recipe,
        labels=labels,
        language="ase",
        calibration=Calibration(),
        card=Card("Made up", "Answers at random.", ("nothing",), "none", "open"),
        scores={},
        trained_on=(),
        kind="speller",
    )


def drawn_hand(side: str) -> np.ndarray:
    """A drawn person (360, 480, 3) who holds an open hand up, palm to the camera; MediaPipe finds it."""
    from chereme.render import draw_signer

    bases = np.array([(0.35, -0.25), (0.32, -0.95), (0.08, -1.0), (-0.15, -0.93), (-0.36, -0.8)])
    along = np.array([(0.75, -0.65), (0.2, -1), (0.03, -1), (-0.12, -1), (-0.3, -1)])
    bone = np.array([0.36, 0.33, 0.36, 0.33, 0.26])[:, None]
    hand = np.zeros((21, 3))
    for joint in range(4):
        hand[1 + joint :: 4, :2] = bases + along * bone * joint
        hand[1 + joint :: 4, 2] = -0.03 * joint
    signer = made_up_signer(1, np.random.default_rng(0))
    points, layout = signer.points.copy(), signer.layout
    points[:, layout.groups["left_hand"]] = points[:, layout.groups["right_hand"]] = np.nan
    away, x = (1, 0.63) if side == "right" else (-1, 1.15)
    points[0, layout.index(f"pose/{side}_wrist")] = x, 0.62, 0
    points[0, layout.groups[f"{side}_hand"]] = np.array([x, 0.62, 0]) + 0.18 * hand * (away, 1, 1)
    return next(iter(draw_signer(signer.with_points(points), size=480)))[60:420]


def colour_encoder(path: Path, side: int | str = "side", **about: str) -> Path:
    """An image encoder as ONNX: mean red, green and blue of the picture as it gets it, and their sum."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    sums = np.vstack([np.eye(3), np.ones((1, 3))]).T.astype(np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("GlobalAveragePool", ["picture"], ["mean"]),
            helper.make_node("Flatten", ["mean"], ["flat"]),
            helper.make_node("MatMul", ["flat", "sums"], ["features"]),
        ],
        "colours",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, ["N", 3, side, side])],
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["N", 4])],
        [numpy_helper.from_array(sums, "sums")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    helper.set_model_props(model, {f"chereme.{key}": value for key, value in about.items()})
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path)
    return path


def made_up_swings(count: int) -> PoseSequence:
    """A signer whose right arm goes up and comes down so often, with a second and a half of rest about each."""
    stands = made_up_signer(1, np.random.default_rng(0))
    rest, swing = np.zeros(38), np.sin(np.linspace(0, np.pi, 30))
    heights = np.concatenate([rest, *[swing, rest] * count])
    points = np.repeat(stands.points, len(heights), axis=0)
    arm = [stands.layout.index("pose/right_wrist"), *range(54, 75)]
    points[:, arm, 1] -= 0.3 * heights[:, None]
    return stands.with_points(points)
