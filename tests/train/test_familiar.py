"""A recognizer knows how far a clip is from every word it learnt, and declines what is too far."""

import json

import numpy as np
import pytest

from chereme.bundle import Bundle, Card, Familiar, digest
from chereme.dataset.store import pack
from chereme.errors import BundleError
from chereme.evaluate.calibration import calibrate
from chereme.recipe import Recipe
from chereme.recognize import Recognizer
from chereme.train.config import RecognizerRecipe
from chereme.train.run import train_bundle
from chereme.train.space import familiar_words
from chereme.types import Clip
from made_up import made_up_signer

RECIPE = """
[preprocess]
layout = "upper_body_55"
[sampling]
most = 16
[features]
blocks = ["wrist_places", "hand_shape"]
[model]
width = 16
layers = 1
convolutions = 1
embedding = 8
[train]
epochs = 2
batch = 8
"""


def test_the_nearest_word_counts_along_directions_that_matter(rng):
    classes = np.repeat([0, 1], 40)
    points = np.stack([classes * 2.0 + rng.normal(0, 0.1, 80), rng.normal(0, 3, 80)], 1).astype(np.float32)
    known = familiar_words(points, classes, 3)  # the third word has no clip
    near, along, between = known.distance(np.array([[2, 0], [2, 1], [1, 0]], np.float32))
    assert near < along < between
    assert np.isfinite(known.distance(points)).all()


def test_distances_to_each_of_many_clips_at_once():
    known = Familiar(np.eye(2, dtype=np.float32), np.array([[0, 0], [3, 4]], np.float32))
    np.testing.assert_allclose(known.distance(np.array([[[3, 0]], [[3, 4]]], np.float32)), [[3], [0]])


def test_the_threshold_keeps_nineteen_of_twenty_right_answers(rng):
    logits = np.zeros((400, 2), np.float32)
    logits[:, 0] = 3
    truth = np.repeat([0, 1], [200, 200])  # the second half is wrong, and far: it does not count
    distances = np.concatenate([rng.random(200), rng.random(200) + 9]).astype(np.float32)
    found = calibrate(logits, truth, "clips", distances)
    assert (distances[:200] <= found.unknown_beyond).mean() == pytest.approx(0.95, abs=0.01)
    assert found.unknown_beyond < 1.001
    assert calibrate(logits, truth, "clips").unknown_beyond == 0


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    rng = np.random.default_rng(4)
    folder = tmp_path_factory.mktemp("familiar")
    clips = [(Clip(str(i), "", "ab"[i % 2], "zxx"), made_up_signer(24 + i % 5, rng)) for i in range(24)]
    store = pack(clips, folder / "store")
    split = {clip.id: ("train", "train", "validation")[int(clip.id) // 2 % 3] for clip in store.clips}
    card = Card("made up", "Two signs.", ("made up",), "none", "open")
    recipe = RecognizerRecipe.read(Recipe.from_text(RECIPE, "familiar"))
    return train_bundle(recipe, store, split, folder / "run", card, split_name="made up", refit=True)


def with_threshold(bundle, folder, beyond):
    """A copy whose calibration says another distance."""
    folder.mkdir()
    for file in bundle.folder.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    index = json.loads((folder / "bundle.json").read_text())
    index["calibration"] |= {"unknown_beyond": beyond, "unknown_below": 0.0}
    (folder / "bundle.json").write_text(json.dumps(index))
    return Recognizer.load(folder)


def test_a_clip_too_far_from_every_word_is_declined(bundle, tmp_path, rng):
    clip = made_up_signer(26, rng)
    assert bundle.calibration.unknown_beyond > 0
    distance = Recognizer(bundle).distance(clip)
    assert distance == pytest.approx(bundle.familiar().distance(Recognizer(bundle).embed(clip)), rel=1e-5)
    assert with_threshold(bundle, tmp_path / "near", 0.99 * distance).recognize(clip).unknown_because == "unlike"
    assert not with_threshold(bundle, tmp_path / "far", 1.01 * distance).recognize(clip).unknown
    silent = with_threshold(bundle, tmp_path / "silent", 0.0)
    assert not silent.recognize(clip).unknown
    assert np.isnan(silent.distance(clip))


def test_a_damaged_file_is_named(bundle, tmp_path):
    with_threshold(bundle, tmp_path / "bad", 1.0)
    (tmp_path / "bad" / "familiar.json").write_bytes(b"nothing")
    with pytest.raises(BundleError, match=r"familiar\.json is not the file that was written"):
        Bundle.load(tmp_path / "bad")
    index = json.loads((tmp_path / "bad" / "bundle.json").read_text())
    index["files"]["familiar.json"] = digest(tmp_path / "bad" / "familiar.json")
    (tmp_path / "bad" / "bundle.json").write_text(json.dumps(index))
    with pytest.raises(BundleError, match=r"familiar\.json: cannot be read"):
        Recognizer.load(tmp_path / "bad")
