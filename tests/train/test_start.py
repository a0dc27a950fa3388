"""A recognizer begins where another left off, though it reads more and knows other words."""

from dataclasses import replace

import pytest
import torch

from chereme.bundle import Bundle, clip_digest
from chereme.errors import TrainingError
from chereme.models import ModelConfig, build_recognizer
from chereme.recipe import find_recipe
from chereme.train.config import RecognizerRecipe
from chereme.train.start import Start, begin_from, read_start, start_of

HANDS = ("hand_shape/a", "hand_shape/b", "wrist_places/x")
BODY = ("body_points/x", *reversed(HANDS))
MODEL = ModelConfig(width=8, embedding=12, heads=2)


def recognizer(inputs, classes, seed, **settings):
    torch.manual_seed(seed)
    return build_recognizer(inputs, classes, ModelConfig(**{**vars(MODEL), **settings}))


def test_features_and_glosses_are_matched_by_name():
    old, new = recognizer(3, 2, 0).state_dict(), recognizer(4, 3, 1)
    fresh = new.classify.weight[2].detach().clone()
    begin_from(new, Start(old, ("no", "yes"), "old", HANDS), "classify", ("maybe", "no", "other"), BODY)
    now = new.state_dict()
    assert torch.equal(now["stem.weight"][:, 1:], old["stem.weight"].flip(1))
    assert not now["stem.weight"][:, 0].any()
    assert torch.equal(now["classify.weight"][1], old["classify.weight"][0])
    assert torch.equal(now["classify.weight"][2], fresh)
    assert torch.equal(now["stages.0.0.over_time.weight"], old["stages.0.0.over_time.weight"])


def test_a_model_of_another_width_is_no_start():
    old = Start(recognizer(3, 2, 0, width=16).state_dict(), ("no", "yes"), "bundle old", HANDS)
    new = recognizer(4, 2, 1, embedding=24)
    with pytest.raises(TrainingError, match=r"bundle old: none of its weights fits this model; use its own \[model\]"):
        begin_from(new, old, "classify", ("no", "yes"), BODY)


def test_a_bundle_is_read_with_the_names_of_its_features(small_bundle):
    start = read_start(small_bundle, "recognizer")
    assert start.inputs
    assert start.state["stem.weight"].shape[1] == len(start.inputs)
    with pytest.raises(TrainingError, match="holds no speller"):
        read_start(small_bundle)
    with pytest.raises(TrainingError, match="no weights to start from"):
        read_start("last.ckpt", "recognizer")


def test_weights_are_not_tested_on_what_they_learnt(small_bundle):
    start = read_start(small_bundle, "recognizer")
    known = Start({}, (), "bundle old", seen=frozenset({clip_digest("a/1")}))
    known.refuse(["a/2", "b/1"])
    with pytest.raises(TrainingError, match=r"bundle old: was trained on 1 of the clips .* first a/1; begin from an"):
        known.refuse(["a/2", "a/1"])
    assert start.seen == Bundle.load(small_bundle).trained_on


def test_a_recipe_names_what_it_begins_from(small_bundle):
    plain = RecognizerRecipe.read(find_recipe("isl43"))
    assert start_of(replace(plain, train=replace(plain.train, start=""))) is None
    begun = start_of(replace(plain, train=replace(plain.train, start=str(small_bundle))))
    assert begun is not None
    assert begun.origin == read_start(small_bundle, "recognizer").origin
    with pytest.raises(TrainingError, match=r"nowhere: no weights to start from"):
        start_of(replace(plain, train=replace(plain.train, start="nowhere")))
