"""A dropout that begins late: off, then on, and the same whether a run was interrupted or not."""

import itertools

import numpy as np
import pytest
import torch

from chereme.dataset.store import pack
from chereme.errors import RecipeError
from chereme.models import ConvTransformer
from chereme.recipe import find_recipe
from chereme.train.answers import split_parts
from chereme.train.config import RecognizerRecipe
from chereme.train.run import fit
from chereme.types import Clip
from made_up import made_up_signer

CHANGES = ["model.width=16", "model.layers=1", "model.convolutions=1", "train.epochs=3", "train.late_dropout_from=2"]


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    rng = np.random.default_rng(0)
    items = [
        (Clip(f"{gloss}/{take}", "", gloss, "zxx"), made_up_signer(20, rng))
        for gloss, take in itertools.product(("a", "b"), range(4))
    ]
    store = pack(items, tmp_path_factory.mktemp("late") / "store")
    return split_parts(store, dict.fromkeys((clip.id for clip in store.clips), "train"), recipe())


def recipe(*changes):
    return RecognizerRecipe.read(find_recipe("isl43").changed([*CHANGES, *changes]))


def test_dropout_begins_after_the_epochs_that_the_recipe_names(parts, monkeypatch, tmp_path):
    shares = []
    forward = ConvTransformer.forward

    def watched(self, features, mask):
        if self.training:
            shares.append(self.drop.p)
        return forward(self, features, mask)

    monkeypatch.setattr(ConvTransformer, "forward", watched)
    kept = fit(parts, parts.train, None, recipe("model.dropout=0.7"), tmp_path)
    assert shares == [0.0, 0.0, 0.7]  # one batch an epoch
    assert kept.model.drop.p == 0.7


def test_an_interrupted_run_goes_on_with_the_dropout_of_its_epoch(parts, tmp_path):
    whole = fit(parts, parts.train, None, recipe(), tmp_path / "whole")
    fit(parts, parts.train, None, recipe(), tmp_path / "part", stop_after=2)
    again = fit(parts, parts.train, None, recipe(), tmp_path / "part", resume=True)
    for name, weight in whole.model.state_dict().items():
        torch.testing.assert_close(again.model.state_dict()[name], weight, rtol=0, atol=0, msg=name)
    other = fit(parts, parts.train, None, recipe("train.late_dropout_from=0"), tmp_path / "other")
    assert not torch.equal(other.model.classify.weight, whole.model.classify.weight)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param(["train.late_dropout_from=-1"], "must not be below 0", id="before the first epoch"),
        pytest.param(["model.kind=encoder"], "'encoder' has none", id="no dropout before the classifier"),
    ],
)
def test_settings_that_cannot_be(changes, message):
    with pytest.raises(RecipeError, match=message):
        recipe(*changes)
