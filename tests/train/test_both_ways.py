"""A recognizer that looks at a clip and its mirror image answers both alike, in training's scores and through ONNX."""

import numpy as np
import pytest

from chereme.bundle import Bundle, Card
from chereme.bundle.write import load_model
from chereme.dataset.store import pack
from chereme.preprocess import either_hand_leads, preprocess
from chereme.recipe import Recipe
from chereme.recognize import Recognizer
from chereme.train.answers import logits_of, split_parts
from chereme.train.config import RecognizerRecipe
from chereme.train.run import train_bundle
from chereme.types import Clip
from made_up import made_up_signer

RECIPE = """
[preprocess]
layout = "upper_body_55"
both_ways = {both}
[sampling]
most = 16
[features]
blocks = ["wrist_places", "hand_shape", "hand_metadata"]
[model]
kind = "conv-transformer"
width = 16
layers = 1
convolutions = 1
embedding = 8
[train]
epochs = 1
batch = 8
"""


def recipe(both: str) -> RecognizerRecipe:
    return RecognizerRecipe.read(Recipe.from_text(RECIPE.format(both=both), "both"))


@pytest.fixture(scope="module")
def clips():
    rng = np.random.default_rng(4)
    return [(Clip(str(i), "", "ab"[i % 2], "zxx"), made_up_signer(24 + i % 5, rng)) for i in range(24)]


@pytest.fixture(scope="module")
def made(clips, tmp_path_factory):
    folder = tmp_path_factory.mktemp("both")
    store = pack(clips, folder / "store")
    split = {clip.id: ("train", "train", "validation", "test")[int(clip.id) % 4] for clip in store.clips}
    card = Card("made up", "Two signs.", ("made up",), "none", "open")
    train_bundle(recipe("true"), store, split, folder / "run", card, split_name="made up")
    return store, split, folder / "run" / "bundle"


def test_a_clip_and_its_mirror_image_get_one_answer(made, clips):
    reads = Recognizer.load(made[2])
    config = recipe("true").preprocess
    either = [either_hand_leads(preprocess(sequence, config)) for _, sequence in clips]
    assert any(either)
    for _, sequence in clips:
        np.testing.assert_allclose(reads.logits(sequence.mirrored()), reads.logits(sequence), atol=1e-4)


def test_without_it_some_answers_differ(made, clips):
    bundle = Bundle.load(made[2])
    reads = Recognizer(bundle)
    reads._preprocess = recipe("false").preprocess
    apart = [np.abs(reads.logits(s.mirrored()) - reads.logits(s)).max() for _, s in clips]
    assert max(apart) > 1e-3


def test_training_scores_clips_as_recognizing_does(made):
    store, split, folder = made
    chosen = recipe("true")
    parts = split_parts(store, split, chosen)
    scores = logits_of(load_model(Bundle.load(folder)), parts, parts.test, chosen)
    reads = Recognizer.load(folder)
    alone = np.stack([reads.logits(store.sequence(store.positions[parts.ids[i]])) for i in parts.test])
    np.testing.assert_allclose(scores, alone, atol=2e-3)
