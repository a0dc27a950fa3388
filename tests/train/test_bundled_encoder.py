"""The encoder that ships: which clips choose its calibration, and that one run makes a whole bundle."""

import numpy as np
import pytest

from chereme.bundle import Calibration
from chereme.dataset.protocols import validation_glosses, wlasl_all_glosses
from chereme.evaluate.calibration import calibrate_similarity, look_up
from chereme.train.bundled_encoder import ASL1700, calibration_split
from chereme.types import Clip


@pytest.fixture
def folder(tmp_path):
    """Twelve glosses of six clips, two of them kept out of training; `a` and `b` share a video."""
    glosses = [chr(ord("a") + k) for k in range(12)]
    rows = ["video_id,gloss,class_id,subset,same_video_group"]
    for k, gloss in enumerate(glosses):
        for n in range(6):
            twin = "t1" if gloss in "ab" and n == 0 else "t2" if gloss == "c" and n in (1, 4) else ""
            subset = ("train", "train", "train", "val", "val", "test")[n]
            rows.append(f"{gloss}{n},{gloss},{k},{subset},{twin}")
    (tmp_path / "index.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (tmp_path / "dev_unseen_glosses.txt").write_text("k\nl\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def clips():
    parts = ("train", "train", "train", "validation", "validation", "test")
    return [Clip(f"{g}{n}", "", g, split=parts[n]) for g in "abcdefghijkl" for n in range(6)]


class Packed:
    """As much of a store as the split reads."""

    def __init__(self, clips):
        self.clips = clips


def test_validation_glosses_share_no_video_and_are_not_the_tested_ones(folder, clips):
    found = validation_glosses(clips, folder, 3)
    assert len(found) == 3
    assert found <= set("cdefghij")
    assert found == validation_glosses(clips, folder, 3)


def test_the_calibration_never_sees_its_glosses_nor_validates_on_a_twin(folder, clips, monkeypatch):
    monkeypatch.setattr("chereme.train.bundled_encoder.validation_glosses", lambda clips, folder: frozenset("de"))
    parts = calibration_split(Packed(clips), folder)
    assert not [i for i in parts if i[0] in "de"]
    assert "test" not in parts.values()
    assert "c4" not in parts  # shows what c1 shows, which trains
    assert parts["c3"] == "validation"
    assert parts["c1"] == parts["a0"] == "train"


def test_glosses_without_a_training_clip_are_trained_on_what_there_is(clips):
    moved = [Clip(c.id, "", c.gloss, split="validation" if c.gloss == "a" else c.split) for c in clips]
    parts = wlasl_all_glosses(moved)
    assert {parts[f"a{n}"] for n in range(6)} == {"train"}
    assert parts["b3"] == "validation"


def test_similarities_are_calibrated_on_one_example_each(rng):
    classes = np.repeat(np.arange(6), 8)
    places = np.eye(6, 16, dtype=np.float32)[classes] + rng.normal(0, 0.3, (48, 16)).astype(np.float32)
    places /= np.linalg.norm(places, axis=1, keepdims=True)
    found = calibrate_similarity(Calibration(1.5, 0.2, "x"), places, classes)
    assert (found.temperature, found.unknown_below, found.fitted_on) == (1.5, 0.2, "x")
    assert 0.005 < found.similarity_temperature < 0.5
    assert 0.2 < found.unknown_similarity < 0.9


def test_looking_up_leaves_the_examples_out():
    places = np.eye(3, 4, dtype=np.float32)[[0, 0, 1, 1, 1, 2, 2]]
    similarities, right = look_up(places, np.array([0, 0, 1, 1, 1, 2, 2]), 2)
    assert similarities.shape == (8, 3)
    assert right.tolist() == [0, 1, 1, 2] * 2
    assert (similarities.argmax(1) == right).all()


def test_the_card_says_whose_data_and_for_what():
    assert (ASL1700.use, ASL1700.data) == ("research", ("wlasl_hands",))
