"""Bundles of handshape models: written, read back, and told from other bundles."""

import json

import numpy as np
import onnx
import pytest
import torch

from chereme.bundle import Bundle, kind_of
from chereme.bundle.write import load_model
from chereme.errors import BundleError
from chereme.features.hand import HAND_FEATURES, hand_feature_names
from chereme.layout import HAND_21
from chereme.models.handshape import HANDSHAPES
from chereme.recognize import Recognizer, onnx_session
from chereme.spell import Speller
from made_up import made_up_hands, made_up_speller


@pytest.mark.parametrize("features", HAND_FEATURES)
@pytest.mark.parametrize("kind", HANDSHAPES)
def test_onnx_answers_as_torch(kind, features, tmp_path, rng):
    bundle = made_up_speller(tmp_path / "letters", kind, features)
    assert (bundle.kind, bundle.layout, len(bundle.labels)) == ("speller", HAND_21, 26)
    speller, model = Speller(bundle), load_model(bundle)
    assert not model.training
    hands = made_up_hands(9, rng)
    with torch.inference_mode():
        theirs = model(torch.from_numpy(speller.features(hands))).numpy()
    np.testing.assert_allclose(speller.logits(hands), theirs, atol=1e-5)
    for number in range(9):  # alone as in a batch
        np.testing.assert_allclose(speller.logits(hands[number : number + 1])[0], theirs[number], atol=1e-5)


def test_the_onnx_model(tmp_path):
    bundle = made_up_speller(tmp_path / "letters", "residual", "geometry")
    onnx.checker.check_model(onnx.load(bundle.onnx_path), full_check=True)
    session = onnx_session(bundle.onnx_path)
    (features,), (logits,) = session.get_inputs(), session.get_outputs()
    assert (features.name, features.shape[1]) == ("features", len(hand_feature_names("geometry")))
    assert (logits.name, logits.shape[1]) == ("logits", 26)
    assert all(isinstance(one.shape[0], str) for one in (features, logits))  # any number of hands
    assert session.run(None, {"features": np.zeros((0, features.shape[1]), np.float32)})[0].shape == (0, 26)


def test_what_is_written_is_what_is_read(tmp_path):
    bundle = made_up_speller(tmp_path / "letters")
    again = Bundle.load(tmp_path / "letters", "speller")
    assert (again.labels, again.language, again.calibration) == (bundle.labels, "ase", bundle.calibration)
    assert again.recipe.text == bundle.recipe.text
    assert kind_of(again.folder) == "speller"
    page = (again.folder / "card.md").read_text(encoding="utf-8")
    assert "## Its 26 letters" in page
    assert {p.name for p in again.folder.iterdir()} == {
        "bundle.json", "card.md", "model.onnx", "model.safetensors", "recipe.toml", "scores.json",
    }  # fmt: skip


def test_kinds_are_not_mixed_up(small_bundle, tmp_path):
    letters = made_up_speller(tmp_path / "letters").folder
    with pytest.raises(BundleError, match="holds a speller, not a recognizer"):
        Recognizer.load(letters)
    with pytest.raises(BundleError, match="holds a recognizer, not a speller"):
        Speller.load(small_bundle)
    assert kind_of(small_bundle) == "recognizer"
    with pytest.raises(BundleError, match=r"no bundle\.json"):
        kind_of(tmp_path)


@pytest.mark.parametrize("name", ["model.onnx", "model.safetensors", "recipe.toml", "scores.json", "card.md"])
def test_a_changed_or_missing_file_is_found(name, tmp_path):
    folder = made_up_speller(tmp_path / "letters").folder
    path = folder / name
    whole = path.read_bytes()
    path.write_bytes(whole + b"\n")
    with pytest.raises(BundleError, match=f"{name} is not the file that was written"):
        Bundle.load(folder, "speller")
    path.unlink()
    with pytest.raises(BundleError, match=f"{name} is missing"):
        Bundle.load(folder, "speller")


def test_a_model_of_other_features_is_refused(tmp_path):
    bundle = made_up_speller(tmp_path / "letters")
    other = made_up_speller(tmp_path / "other", "v1", "geometry")
    index = json.loads((bundle.folder / "bundle.json").read_text())
    for name in ("model.onnx", "model.safetensors"):
        (bundle.folder / name).write_bytes((other.folder / name).read_bytes())
        index["files"][name] = json.loads((other.folder / "bundle.json").read_text())["files"][name]
    (bundle.folder / "bundle.json").write_text(json.dumps(index))
    with pytest.raises(BundleError, match="does not read the 84 features"):
        Speller.load(bundle.folder)
    with pytest.raises(BundleError, match="the weights do not fit the recipe"):
        load_model(Bundle.load(bundle.folder, "speller"))
