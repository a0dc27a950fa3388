"""Training on made-up signs: small enough to see, real enough to learn."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from chereme.bundle import Bundle, Card
from chereme.bundle.write import load_model
from chereme.dataset.store import Store, pack
from chereme.errors import BundleError, SplitError, TrainingError
from chereme.evaluate.calibration import calibrate
from chereme.recipe import Recipe
from chereme.recognize import Recognizer
from chereme.train.answers import logits_of, split_parts
from chereme.train.batches import TrainingBatches
from chereme.train.config import RecognizerRecipe
from chereme.train.run import class_weights, fit, train_bundle
from chereme.types import Clip, PoseSequence
from made_up import made_up_signer

CARD = Card("made up", "Two made-up signs.", ("made up",), "none", "open")
RECIPE = """
[preprocess]
layout = "upper_body_55"
[sampling]
most = 24
frames_at_unit = 16
[model]
kind = "gru"
width = 16
layers = 2
dropout = 0.2
[train]
epochs = 6
batch = 8
validate_every = 2
average = 0.9
"""


def recipe(*changes: str) -> RecognizerRecipe:
    return RecognizerRecipe.read(Recipe.from_text(RECIPE, "small").changed(changes))


def progress(folder: Path) -> list[dict[str, str]]:
    with (folder / "progress.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def sign(gloss: str, rng: np.random.Generator) -> PoseSequence:
    """`up` raises the right hand over the clip, `down` lowers it."""
    sequence = made_up_signer(int(rng.integers(20, 40)), rng)
    points = sequence.points.copy()
    path = np.linspace(0, -0.2 if gloss == "up" else 0.2, len(points))
    right = [*range(54, 75), 16]
    points[:, right, 1] += path[:, None]
    return sequence.with_points(points)


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Store:
    rng = np.random.default_rng(0)
    items = [(Clip(f"{g}/{i}", "", g, "zxx"), sign(g, rng)) for i in range(16) for g in ("up", "down")]
    return pack(items, tmp_path_factory.mktemp("train") / "store")


@pytest.fixture(scope="module")
def split(store) -> dict[str, str]:
    return {
        c.id: ("train", "train", "train", "validation", "test")[int(c.id.partition("/")[2]) % 5] for c in store.clips
    }


def test_a_resumed_run_ends_with_the_same_weights(store, split, tmp_path):
    chosen = recipe()
    parts = split_parts(store, split, chosen)
    unbroken = fit(parts, parts.train, parts.validation, chosen, tmp_path / "a")
    fit(parts, parts.train, parts.validation, chosen, tmp_path / "b", stop_after=3)
    resumed = fit(parts, parts.train, parts.validation, chosen, tmp_path / "b", resume=True)
    last = [torch.load(tmp_path / run / "checkpoints" / "last.ckpt", weights_only=True) for run in "ab"]
    for kept in ("state_dict", "current_model_state"):  # the averaged weights, and those that were trained on
        for name, value in last[0][kept].items():
            assert torch.equal(value, last[1][kept][name]), f"{kept} {name}"
    assert resumed.validation_top1 == unbroken.validation_top1
    assert (tmp_path / "a" / "progress.csv").read_text() == (tmp_path / "b" / "progress.csv").read_text()


def test_progress_has_a_line_per_epoch(store, split, tmp_path):
    chosen = recipe()
    parts = split_parts(store, split, chosen)
    fit(parts, parts.train, parts.validation, chosen, tmp_path)
    rows = progress(tmp_path)
    assert [int(row["epoch"]) for row in rows] == [1, 2, 3, 4, 5, 6]
    assert [row["validation_top1"] != "" for row in rows] == [False, True, True, True, True, True]
    assert sorted(p.name for p in (tmp_path / "checkpoints").iterdir()) == ["best.ckpt", "last.ckpt"]


def test_every_epoch_sees_the_clips_anew(store, split, tmp_path, monkeypatch):
    seen: list[tuple[int, list[int], float]] = []
    get = TrainingBatches.__getitem__

    def watched(self, key):
        values, mask, targets = get(self, key)
        seen.append((key[0], key[2].tolist(), float(values.sum())))
        return values, mask, targets

    monkeypatch.setattr(TrainingBatches, "__getitem__", watched)
    chosen = recipe("train.epochs=3")
    parts = split_parts(store, split, chosen)
    fit(parts, parts.train, None, chosen, tmp_path)
    assert [epoch for epoch, _, _ in seen] == [0, 0, 1, 1, 2, 2]
    assert len({tuple(order) for _, order, _ in seen}) == 6
    assert len({total for _, _, total in seen}) == 6


def test_nothing_to_resume_is_said(store, split, tmp_path):
    parts = split_parts(store, split, recipe())
    with pytest.raises(TrainingError, match="no checkpoint to resume"):
        fit(parts, parts.train, None, recipe(), tmp_path, resume=True)


def test_patience_stops_early(store, split, tmp_path):
    chosen = recipe("train.patience=2", "train.epochs=40", "train.rate=1e-9")
    parts = split_parts(store, split, chosen)
    fit(parts, parts.train, parts.validation, chosen, tmp_path)
    assert len(progress(tmp_path)) < 10


@pytest.mark.parametrize("kind", ["gru", "conv-transformer"])
def test_a_trained_bundle_recognizes_what_it_learnt(store, split, tmp_path, kind):
    chosen = recipe("train.epochs=40", "train.rate=5e-3", f"model.kind={kind}", "augment.rate=1.1")
    bundle = train_bundle(chosen, store, split, tmp_path / "run", CARD, split_name="fifths", refit=True)
    assert bundle.labels == ("down", "up")
    assert bundle.language == "zxx"
    assert bundle.scores["split"] == "fifths"
    assert bundle.scores["refit_on_validation"] is True
    recognizer = Recognizer.load(bundle.folder)
    tested = [i for i, clip in enumerate(store.clips) if split[clip.id] == "test"]
    right = [recognizer.recognize(store.sequence(i)).ranked[0].gloss == store.clips[i].gloss for i in tested]
    assert len(right) == 6
    assert sum(right) >= 5
    probabilities = recognizer.probabilities(store.sequence(i) for i in tested)
    np.testing.assert_allclose(probabilities.sum(1), 1, rtol=1e-5)


def test_the_recognizer_gives_what_training_computed(store, split, tmp_path):
    chosen = recipe("train.epochs=2")
    bundle = train_bundle(chosen, store, split, tmp_path / "run", CARD, split_name="fifths")
    parts = split_parts(store, split, chosen)
    expected = logits_of(load_model(bundle), parts, parts.test, chosen)
    tested = [i for i, clip in enumerate(store.clips) if split[clip.id] == "test"]
    given = np.stack([Recognizer(bundle).logits(store.sequence(i)) for i in tested])
    np.testing.assert_allclose(given, expected, atol=1e-4)


def test_two_runs_do_not_mix(store, split, tmp_path):
    train_bundle(recipe("train.epochs=1"), store, split, tmp_path, CARD, split_name="a")
    with pytest.raises(TrainingError, match="holds a run already"):
        train_bundle(recipe("train.epochs=1"), store, split, tmp_path, CARD, split_name="a")
    with pytest.raises(TrainingError, match="another recipe, split, data or seed"):
        train_bundle(recipe("train.epochs=2"), store, split, tmp_path, CARD, split_name="a", resume=True)


def test_a_run_does_not_go_on_with_another_split(store, split, tmp_path):
    train_bundle(recipe("train.epochs=1"), store, split, tmp_path, CARD, split_name="a")
    other = {i: {"train": "test", "test": "train"}.get(part, part) for i, part in split.items()}
    with pytest.raises(TrainingError, match="another recipe, split, data or seed"):
        train_bundle(recipe("train.epochs=1"), store, other, tmp_path, CARD, split_name="a", resume=True)


def test_a_run_that_patience_stopped_is_not_trained_on(store, split, tmp_path):
    chosen = recipe("train.patience=2", "train.epochs=40", "train.rate=1e-9")
    parts = split_parts(store, split, chosen)
    first = fit(parts, parts.train, parts.validation, chosen, tmp_path)
    before = progress(tmp_path)
    again = fit(parts, parts.train, parts.validation, chosen, tmp_path, resume=True)
    assert progress(tmp_path) == before
    assert (again.epochs, again.validation_top1) == (first.epochs, first.validation_top1)


def test_the_last_epoch_is_validated(store, split, tmp_path):
    chosen = recipe("train.epochs=5", "train.validate_every=4")
    parts = split_parts(store, split, chosen)
    fit(parts, parts.train, parts.validation, chosen, tmp_path)
    assert progress(tmp_path)[-1]["validation_top1"] != ""


def test_few_validation_clips_that_are_all_right_do_not_make_it_certain():
    logits = np.eye(4, dtype=np.float32) * 4
    calibration = calibrate(logits, np.arange(4), "clips")
    best = np.exp(logits / calibration.temperature)
    assert calibration.temperature >= 0.25
    assert calibration.unknown_below <= (best.max(1) / best.sum(1)).min()


def test_an_interrupted_refit_resumes(store, split, tmp_path):
    chosen = recipe("train.epochs=2")
    first = train_bundle(chosen, store, split, tmp_path / "a", CARD, split_name="s", refit=True)
    train_bundle(chosen, store, split, tmp_path / "b", CARD, split_name="s", refit=True)
    again = train_bundle(chosen, store, split, tmp_path / "b", CARD, split_name="s", refit=True, resume=True)
    assert again.weights_path.read_bytes() == first.weights_path.read_bytes()


def test_a_gloss_without_training_clips_is_named(store, split):
    without = {i: ("test" if i.startswith("up") else part) for i, part in split.items()}
    with pytest.raises(SplitError, match="no training clip of up"):
        split_parts(store, without, recipe())
    with pytest.raises(SplitError, match="no clip to train on"):
        split_parts(store, {}, recipe())


def testclass_weights_survive_an_empty_class():
    weights = class_weights(np.array([0, 0, 0, 2]), 3)
    assert weights.tolist() == pytest.approx([4 / 6, 0, 2])


def testclass_weights_reach_the_loss(store, split, tmp_path):
    some = {i: p for i, p in split.items() if not (i.startswith("up") and p == "train") or i in ("up/0", "up/1")}
    losses = []
    for weighted in ("true", "false"):
        chosen = recipe(f"train.class_weights={weighted}", "train.epochs=1")
        parts = split_parts(store, some, chosen)
        fit(parts, parts.train, None, chosen, tmp_path / weighted)
        losses.append(progress(tmp_path / weighted)[0]["loss"])
    assert losses[0] != losses[1]


@pytest.fixture(scope="module")
def bundle(store, split, tmp_path_factory) -> Bundle:
    folder = tmp_path_factory.mktemp("bundle") / "run"
    return train_bundle(recipe("train.epochs=1"), store, split, folder, CARD, split_name="s")


@pytest.mark.parametrize("name", ["model.onnx", "model.safetensors", "recipe.toml", "scores.json", "card.md"])
def test_a_bundle_with_a_missing_or_foreign_file_is_refused(bundle, tmp_path, name):
    copy = shutil.copytree(bundle.folder, tmp_path / "copy")
    (copy / name).write_bytes(b"foreign")
    with pytest.raises(BundleError, match=f"{name} is not the file that was written"):
        Bundle.load(copy)
    (copy / name).unlink()
    with pytest.raises(BundleError, match=f"{name} is missing"):
        Bundle.load(copy)


def test_a_folder_that_is_no_bundle_is_said(tmp_path):
    with pytest.raises(BundleError, match=r"no bundle\.json in it"):
        Bundle.load(tmp_path)
    (tmp_path / "bundle.json").write_text("{")
    with pytest.raises(BundleError, match="cannot be read"):
        Bundle.load(tmp_path)
    for broken in ({"kind": "recognizer"}, {"kind": "recognizer", "format": "1", "files": {}}):
        (tmp_path / "bundle.json").write_text(json.dumps(broken))
        with pytest.raises(BundleError, match="does not describe a bundle"):
            Bundle.load(tmp_path)
    (tmp_path / "bundle.json").write_text(json.dumps({"kind": "decoder"}))
    with pytest.raises(BundleError, match="holds a decoder, not a recognizer"):
        Bundle.load(tmp_path)


def test_an_unknown_bundle_name_lists_those_that_ship():
    with pytest.raises(BundleError, match="neither a bundle's folder nor one of those that ship"):
        Recognizer.load("casa")


def test_a_hand_that_is_never_seen_is_unknown(bundle, store):
    points = store.sequence(0).points.copy()
    points[:, 33:] = np.nan
    assert Recognizer(bundle).recognize(store.sequence(0).with_points(points)).unknown_because == "no_hand"


def test_a_second_training_goes_down_the_rates_that_validation_brought_down(store, split, tmp_path):
    """By its own loss, which keeps falling, the rate would never fall."""
    chosen = recipe('train.schedule="plateau"', "train.plateau_patience=0", "train.rate=0.3", "train.validate_every=1")
    train_bundle(chosen, store, split, tmp_path / "run", CARD, split_name="fifths", refit=True)
    first, second = ([row["rate"] for row in progress(folder)] for folder in (tmp_path / "run", tmp_path / "run/refit"))
    assert len(set(first)) > 1
    assert first == second
