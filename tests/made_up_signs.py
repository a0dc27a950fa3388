"""Made-up signs that differ in movement: few clips, learnt in seconds."""

from pathlib import Path

import numpy as np

from chereme.dataset.split import write_split
from chereme.dataset.store import Store, pack
from chereme.recipe import Recipe
from chereme.train.config import RecognizerRecipe
from chereme.types import Clip, PoseSequence
from made_up import made_up_signer

RECIPE = """
[preprocess]
layout = "upper_body_55"
[sampling]
most = 16
frames_at_unit = 12
[model]
kind = "gru"
width = 16
layers = 1
[train]
epochs = 4
batch = 8
validate_every = 1
average = 0.9
"""


def recipe(*changes: str) -> RecognizerRecipe:
    return RecognizerRecipe.read(Recipe.from_text(RECIPE, "small").changed(changes))


def sign(gloss: str, rng: np.random.Generator) -> PoseSequence:
    """`up` raises the right hand over the clip, `down` lowers it, `still` does neither."""
    sequence = made_up_signer(int(rng.integers(12, 20)), rng)
    points = sequence.points.copy()
    path = np.linspace(0, {"up": -0.2, "down": 0.2, "still": 0}[gloss], len(points))
    points[:, [*range(54, 75), 16], 1] += path[:, None]
    return sequence.with_points(points)


def made_up_store(folder: Path, signers: int = 8, glosses: tuple[str, ...] = ("up", "down")) -> Store:
    """Two clips of each gloss by each signer, in a split `fair`: the last signer tests, the one before validates."""
    rng = np.random.default_rng(0)
    clips = [
        Clip(f"{gloss}/s{signer}/{take}", "", gloss, "zxx", f"s{signer}", f"block{signer % 3}")
        for signer in range(signers)
        for gloss in glosses
        for take in range(2)
    ]
    store = pack(((clip, sign(clip.gloss, rng)) for clip in clips), folder)
    part = {f"s{signers - 1}": "test", f"s{signers - 2}": "validation", f"s{signers - 3}": "validation"}
    write_split(folder, "fair", {clip.id: part.get(clip.signer, "train") for clip in clips})
    return store
