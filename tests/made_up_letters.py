"""Made-up handshapes that stand for letters, and how to train on them in no time."""

import csv
from pathlib import Path

import numpy as np
import torch

from chereme.bundle import Card
from chereme.layout import HANDS_42
from chereme.recipe import Recipe
from chereme.train.letters_config import LettersRecipe
from chereme.types import Clip, Floats, PoseSequence
from made_up import made_up_hands

CARD = Card("made up", "Three made-up handshapes.", ("made up",), "none", "open")
LETTERS = "ABC"
SHAPES = made_up_hands(3, np.random.default_rng(7))
RECIPE = """
[hand_features]
kind = "hand-84"
[hand_augment]
joint = 3.0
[handshape]
kind = "residual"
hidden = [16, 16]
dropout = 0.2
[letters]
epochs = 4
batch = 8
average = 0.9
validate_every = 2
save_every = 0
balance = false
"""


def recipe(*changes: str) -> LettersRecipe:
    return LettersRecipe.read(Recipe.from_text(RECIPE, "small").changed(changes))


def hand(letter: str, rng: np.random.Generator) -> Floats:
    """A right hand (21, 3) that shows a letter, somewhere in the picture, near or far."""
    shape = SHAPES[LETTERS.index(letter)]
    points = shape + rng.normal(0, 1e-3, shape.shape) + rng.normal(0, 0.1, 3)
    return (points * rng.uniform(0.5, 1.5)).astype(np.float32)


def picture(points: Floats | None, side: str = "right") -> PoseSequence:
    """One frame with a hand on one side, or with none at all; a left hand is the mirror image of a right one."""
    frame = np.full((1, 42, 3), np.nan, np.float32)
    if points is not None:
        frame[0, HANDS_42.groups[f"{side}_hand"]] = points * (1 if side == "right" else np.array([-1, 1, 1]))
    return PoseSequence(frame, HANDS_42, 1.0, (640, 480))


def clip(gloss: str, number: int, source: str = "studio") -> Clip:
    return Clip(f"{gloss}/{number}", "", gloss, "zxx", f"s{number % 4}", source)


def progress(folder: Path) -> list[dict[str, str]]:
    with (folder / "progress.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def head(state: dict[str, torch.Tensor]) -> torch.Tensor:
    """(K, F) weights of the last layer."""
    return state["head.3.weight"]
