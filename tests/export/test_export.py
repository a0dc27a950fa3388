"""The exported model against torch: equal on clips of any length, alone and in a padded batch."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch

from chereme.bundle import Bundle
from chereme.bundle.write import load_model
from chereme.dataset.store import Store, pack
from chereme.errors import BundleError, CheremeError
from chereme.export import (
    LARGEST_DIFFERENCE,
    compare_speed,
    export_bundle,
    made_up_clips,
    made_up_values,
    one_thread,
    prove_bundle,
)
from chereme.layout import BODY_HANDS_75, HANDS_42, KINECT_20
from chereme.recognize import Recognizer, onnx_session
from chereme.types import Clip, PoseSequence
from made_up import made_up_hands, made_up_speller


def test_export_on_clips_made_up(small_bundle, tmp_path):
    bundle = Bundle.load(small_bundle)
    parity = export_bundle(bundle, tmp_path / "out", clips=12)
    assert (parity.clips, parity.source, parity.same_word) == (12, "made up", 12)
    assert 0 <= parity.largest_difference <= LARGEST_DIFFERENCE
    assert parity.onnx_bytes == (tmp_path / "out" / "model.onnx").stat().st_size
    assert parity.torch_bytes == bundle.weights_path.stat().st_size
    assert min(parity.onnx_ms, parity.torch_ms) > 0
    assert (tmp_path / "out" / "labels.txt").read_text(encoding="utf-8") == "casa\npai\nágua\n"
    assert json.loads((tmp_path / "out" / "parity.json").read_text())["clips"] == 12


def test_export_on_a_store(small_bundle, small_store, tmp_path):
    parity = export_bundle(Bundle.load(small_bundle), tmp_path / "out", Store.open(small_store), clips=5)
    assert (parity.clips, parity.source) == (5, "small")
    assert parity.largest_difference <= LARGEST_DIFFERENCE


def test_a_model_that_differs_is_not_written(small_bundle, tmp_path, monkeypatch):
    def other_weights(bundle):
        model = load_model(bundle)
        with torch.no_grad():
            model.classify.bias += torch.tensor([1.0, 0.0, 0.0])
        return model

    from chereme.bundle.write import write_onnx

    original = load_model(Bundle.load(small_bundle))
    monkeypatch.setattr("chereme.export.load_model", other_weights)
    monkeypatch.setattr("chereme.export.write_onnx", lambda _, *others: write_onnx(original, *others))
    with pytest.raises(BundleError, match="differ by"):
        export_bundle(Bundle.load(small_bundle), tmp_path / "out", clips=4)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_no_export_is_left_alone(small_bundle, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(CheremeError, match="is not an export"):
        export_bundle(Bundle.load(small_bundle), tmp_path, clips=2)
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_a_padded_batch_answers_as_each_clip_alone(small_bundle, rng):
    recognizer = Recognizer.load(small_bundle)
    values = [recognizer.features(clip).values for clip in made_up_clips(BODY_HANDS_75, 4, rng)]
    longest = max(map(len, values)) + 5
    batch = np.zeros((4, longest, values[0].shape[1]), np.float32)
    mask = np.zeros((4, longest), bool)
    for row, value in enumerate(values):
        batch[row, : len(value)] = value
        mask[row, : len(value)] = True
    session = onnx_session(recognizer.bundle.onnx_path)
    together = session.run(None, {"features": batch, "mask": mask})[0]
    for row, value in enumerate(values):
        alone = session.run(None, {"features": value[None], "mask": np.ones((1, len(value)), bool)})[0]
        np.testing.assert_allclose(together[row], alone[0], atol=1e-4)


def test_made_up_clips_are_the_same_for_a_seed():
    one, two = (made_up_clips(KINECT_20, 3, np.random.default_rng(5)) for _ in range(2))
    for a, b in zip(one, two, strict=True):
        np.testing.assert_array_equal(a.points, b.points)
    assert len({len(clip) for clip in one}) > 1


def test_some_made_up_clips_lose_a_hand(rng):
    unseen = [np.isnan(clip.points).any() for clip in made_up_clips(BODY_HANDS_75, 20, rng)]
    assert any(unseen)
    assert not all(unseen)


def test_speed_leaves_torch_as_it_was(small_bundle):
    threads = torch.get_num_threads()
    bundle = Bundle.load(small_bundle)
    inputs = onnx_session(bundle.onnx_path).get_inputs()[0].shape[-1]
    clips = [np.zeros((frames, inputs), np.float32) for frames in (8, 20)]
    speed = compare_speed(load_model(bundle), bundle.onnx_path, clips, rounds=2)
    assert (speed.clips, speed.rounds) == (2, 2)
    assert torch.get_num_threads() == threads
    with one_thread():
        assert torch.get_num_threads() == 1


@pytest.mark.parametrize("kind", ["gru", "lstm", "transformer", "conv-transformer"])
def test_every_recognizer_exports(kind, small_bundle, tmp_path):
    from chereme.bundle.write import write_bundle
    from chereme.features import FeatureConfig, FeaturePlan
    from chereme.models import ModelConfig, build_recognizer
    from chereme.recipe import Recipe

    small = Bundle.load(small_bundle)
    recipe = Recipe.from_text(f"[model]\nkind = '{kind}'\nwidth = 16\nlayers = 2\nembedding = 16\nhalve_time = true\n")
    inputs = len(FeaturePlan(small.layout, FeatureConfig()).names)
    model = build_recognizer(inputs, 3, recipe.stage("model", ModelConfig))
    with torch.no_grad():
        for weight in model.parameters():
            weight *= 3  # untrained weights answer all alike; larger ones tell clips apart
    bundle = write_bundle(
        tmp_path / kind,
        model,
        recipe,
        labels=small.labels,
        language="bzs",
        calibration=small.calibration,
        card=small.card,
        scores={},
        trained_on=[],
    )
    parity = export_bundle(bundle, tmp_path / "out", clips=8)
    assert parity.largest_difference <= LARGEST_DIFFERENCE


@pytest.fixture(scope="module")
def speller(tmp_path_factory):
    return made_up_speller(tmp_path_factory.mktemp("speller") / "letters", "residual", "geometry")


def pictures(folder, hands):
    """A store of one picture per hand; None: no hand was found in it."""

    def items():
        for number, hand in enumerate(hands):
            points = np.full((1, 42, 3), np.nan, np.float32)
            if hand is not None:
                points[0, HANDS_42.groups["left_hand" if number % 2 else "right_hand"]] = hand
            yield Clip(f"p{number}", "", "A"), PoseSequence(points, HANDS_42, 1.0, (640, 480))

    return pack(items(), folder)


def test_a_speller_exports(speller, tmp_path):
    parity = export_bundle(speller, tmp_path / "out", clips=30)
    assert (parity.clips, parity.source, parity.same_word) == (30, "made up", 30)
    assert parity.largest_difference <= LARGEST_DIFFERENCE
    assert min(parity.onnx_ms, parity.torch_ms) > 0
    assert (tmp_path / "out" / "labels.txt").read_text(encoding="utf-8").split() == list(speller.labels)
    values = made_up_values(speller, 5)
    assert len(values) == 5
    session = onnx_session(tmp_path / "out" / "model.onnx")
    np.testing.assert_allclose(
        session.run(None, {"features": np.stack(values)})[0],
        load_model(speller)(torch.from_numpy(np.stack(values))).detach(),
        atol=1e-4,
    )


def test_a_speller_on_pictures(speller, tmp_path, rng):
    hands = [*made_up_hands(3, rng), None]
    parity = export_bundle(speller, tmp_path / "out", pictures(tmp_path / "store", hands))
    assert (parity.clips, parity.source) == (3, "store")  # the picture without a hand has nothing to compare


def test_a_speller_on_pictures_without_hands(speller, tmp_path):
    with pytest.raises(CheremeError, match="none of the 2 clips looked at shows a hand"):
        export_bundle(speller, tmp_path / "out", pictures(tmp_path / "store", [None, None]))
    assert not (tmp_path / "out").exists()


def test_prove_bundle(speller, tmp_path):
    assert prove_bundle(speller, clips=5).largest_difference <= LARGEST_DIFFERENCE
    other = tmp_path / "other"
    shutil.copytree(speller.folder, other)
    made_up_speller(tmp_path / "v1", "v2", "geometry")
    (other / "model.onnx").write_bytes((tmp_path / "v1" / "model.onnx").read_bytes())
    with pytest.raises(BundleError, match="differ by"):
        prove_bundle(replace(speller, folder=other), clips=5)
