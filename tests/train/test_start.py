"""A recognizer begins where another left off, though it reads more and knows other words."""

import pytest
import torch

from chereme.errors import TrainingError
from chereme.models import ModelConfig, build_recognizer
from chereme.train.start import Start, begin_from, read_start

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
