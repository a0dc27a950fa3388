"""Features that read times and gaps: a batch of training gives what recognizing one clip gives."""

import numpy as np
import pytest

from chereme.features import FeaturePlan, features
from chereme.layout import layout_named
from chereme.preprocess import preprocess
from chereme.recipe import Recipe
from chereme.train.batches import make_batch, prepare
from chereme.train.config import RecognizerRecipe
from made_up import made_up_signer

RECIPE = """
[preprocess]
layout = "body_hands_75"
[features]
preset = "{preset}"
source_metadata = true
[model]
kind = "gru"
"""


@pytest.mark.parametrize("preset", ["libras-189", "libras-339"])
def test_a_batch_is_what_recognizing_computes(preset, rng):
    recipe = RecognizerRecipe.read(Recipe.from_text(RECIPE.format(preset=preset)))
    clips = [made_up_signer(frames, rng, fps) for frames, fps in ((20, 12.0), (90, 60.0), (40, 25.0))]
    left = clips[0].layout.groups["left_hand"]
    for clip, (start, end) in zip(clips, ((4, 6), (30, 60), (0, 3)), strict=True):  # filled, too long, at the end
        clip.points[start:end, left] = np.nan
    plan = FeaturePlan(layout_named(recipe.preprocess.layout), recipe.features)
    values, mask = make_batch(prepare(clips, [0, 1, 2], recipe), np.array([2, 0, 1]), recipe, plan, None)
    for row, number in enumerate((2, 0, 1)):
        alone = features(preprocess(clips[number], recipe.preprocess), plan, recipe.sampling).values
        assert mask[row].sum() == len(alone)
        np.testing.assert_array_equal(values[row, : len(alone)], alone)
        assert not values[row, len(alone) :].any()
        guessed = alone[:, plan.names.index("hand_metadata/left_guessed")]
        assert {-1, 1} == set(guessed.tolist())
