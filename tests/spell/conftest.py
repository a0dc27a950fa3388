"""Films of one made-up hand, and a speller that answers what the film's script says."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from chereme.layout import HANDS_42
from chereme.spell.motion import Motion
from chereme.types import Floats, PoseSequence
from made_up import made_up_hands

LABELS = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
J_PATH = ((0, 0), (-0.25, 0.3), (-0.3, 0.7), (0, 0.95), (0.35, 0.85), (0.45, 0.45))
Z_PATH = ((0, 0), (-1, -0.05), (0, 0.85), (-1, 0.85))
MOTIONS = {"J": Motion(("I",), "pinky_tip", J_PATH), "Z": Motion(("D",), "index_finger_tip", Z_PATH)}


class ScriptedSpeller:
    """Reads the letter, and how sure it is, from the depth of the wrist, where `HandFilm` wrote them."""

    def __init__(self) -> None:
        self.bundle = SimpleNamespace(labels=LABELS, name="scripted")
        self.motions = MOTIONS
        self.still = np.array([label not in MOTIONS for label in LABELS])

    def probabilities(self, points: Floats) -> Floats:
        script = points[:, 0, 2]
        best, sure = np.floor(script).astype(int), script % 1
        answers = np.repeat((1 - sure[:, None]) / len(LABELS), len(LABELS), 1)
        answers[np.arange(len(best)), np.clip(best, 0, 25)] += sure
        return answers.astype(np.float32)


class HandFilm:
    """A right hand in the middle of the picture that does one thing after the other; the palm is 0.1 heights."""

    def __init__(self, fps: float = 30.0, rng: np.random.Generator | None = None, jitter: float = 0.0) -> None:
        self.fps, self.rng, self.jitter = fps, rng or np.random.default_rng(0), jitter
        self.hand = made_up_hands(1, np.random.default_rng(3))[0]
        self.place = np.zeros(2)
        self.frames: list[Floats] = []

    def show(self, letter: str, seconds: float, sure: float = 0.95, path: Any = ((0, 0),)) -> "HandFilm":
        """A handshape for a time, moved along a path in palms; `?` is a shape that is no letter."""
        path = np.array(path, float) * 0.1
        along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
        count = round(seconds * self.fps)
        for share in (np.arange(count) + 1) / count:
            place = [np.interp(share * along[-1], along, path[:, axis]) for axis in (0, 1)] if len(path) > 1 else (0, 0)
            frame = self.hand.copy()
            frame[:, :2] += self.place + place + self.rng.normal(0, self.jitter * 0.1, (21, 2))
            frame[0, 2] = 0.01 if letter == "?" else LABELS.index(letter) + sure
            self.frames.append(frame)
        self.place = self.place + (path[-1] if len(path) > 1 else 0)
        return self

    def lose(self, seconds: float) -> "HandFilm":
        self.frames += [np.full((21, 3), np.nan, np.float32)] * round(seconds * self.fps)
        return self

    def sequence(self, side: str = "right") -> PoseSequence:
        points = np.full((len(self.frames), 42, 3), np.nan, np.float32)
        hand = np.array(self.frames, np.float32).reshape(-1, 21, 3)
        points[:, HANDS_42.groups[f"{side}_hand"]] = hand if side == "right" else hand * (-1, 1, 1) + (1.2, 0, 0)
        return PoseSequence(points, HANDS_42, self.fps, (1200, 1000))


@pytest.fixture
def speller() -> ScriptedSpeller:
    return ScriptedSpeller()


@pytest.fixture
def film(rng: np.random.Generator) -> Callable[..., HandFilm]:
    return lambda fps=30.0, jitter=0.0: HandFilm(fps, rng, jitter)
