"""Which hands a handshape model is trained on, in which batches."""

import numpy as np
import pytest
import torch

from chereme.dataset.store import pack
from chereme.features.hand import hand_features
from chereme.layout import HAND_21
from chereme.train.letters import (
    Hands,
    LetterBatches,
    LetterDataset,
    gather_hands,
)
from chereme.train.letters_config import LettersConfig
from chereme.types import PoseSequence
from made_up_letters import SHAPES, clip, recipe


def test_left_hands_are_mirrored_and_pictures_without_a_hand_give_none(store, hands):
    assert (len(store), len(hands)) == (37, 36)
    assert hands.labels == ("A", "B", "C")
    assert len(store) - 1 not in hands.clips
    mean = [np.mean([hand_features(p[None], recipe().features) for p in hands.points[hands.classes == k]], 0)
            for k in range(3)]  # fmt: skip
    for points, k in zip(hands.points, hands.classes, strict=True):
        off = [np.abs(hand_features(points[None], recipe().features) - m).max() for m in mean]
        assert off[k] == min(off) < 0.1  # left or right, it looks like the others of its letter


def test_of_a_clip_the_frames_count_in_which_its_letter_is_held(tmp_path):
    points = np.stack([SHAPES[0]] * 12).astype(np.float32)
    points[:, 0, 2] = np.arange(12)  # a mark on each frame
    points[:2] = np.nan
    sequence = PoseSequence(points, HAND_21, 25.0, (500, 500))
    store = pack([(clip("A", 0, "reel block 3"), sequence), (clip("B", 1), sequence)], tmp_path / "store")
    found = gather_hands(store, [0, 1], recipe("letters.hold=[0.3, 0.6]").letters, labels=("A", "Z"))
    assert found.points[:, 0, 2].tolist() == [5, 6, 7]  # of ten seen frames those from 0.3 to 0.6
    assert found.sources == ("reel",) * 3
    assert (found.classes.tolist(), found.clips.tolist()) == ([0, 0, 0], [0, 0, 0])  # B is none of the labels
    short = gather_hands(store, [0], recipe("letters.hold=[0.0, 0.01]").letters)
    assert len(short) == 1  # never none at all


def test_no_hand_at_all(store):
    assert len(gather_hands(store, [len(store) - 1], recipe().letters)) == 0


# Batches


def test_unbalanced_every_hand_comes_once_an_epoch_in_another_order(hands):
    batches = LetterBatches(hands, recipe("letters.batch=9").letters)
    epochs = []
    for epoch in (0, 1, 0):
        batches.set_epoch(epoch)
        epochs.append([key[2].tolist() for key in batches])
    assert [len(some) for some in epochs[0]] == [9, 9, 9, 9]
    assert sorted(place for some in epochs[0] for place in some) == list(range(36))
    assert epochs[0] == epochs[2] != epochs[1]


def test_a_rest_smaller_than_a_batch_waits_for_the_next_epoch(hands):
    assert [len(key[2]) for key in LetterBatches(hands, recipe("letters.batch=32").letters)] == [32]
    assert [len(key[2]) for key in LetterBatches(hands, recipe("letters.batch=64").letters)] == [36]


def test_balanced_batches_draw_sources_by_weight_and_letters_evenly():
    classes = np.array([0] * 90 + [1] * 6 + [2] * 4 + [0, 1])
    sources = ("many",) * 100 + ("few",) * 2
    points = np.zeros((102, 21, 3), np.float32)
    everything = Hands(points, classes, np.arange(102), sources, ("A", "B", "C"))
    config = LettersConfig(batch=50, weights={"few": 3.0}, seed=5)
    batches = LetterBatches(everything, config)
    drawn = []
    for epoch in range(200):
        batches.set_epoch(epoch)
        found = [key[2] for key in batches]
        assert [len(some) for some in found] == [50, 50]
        drawn += found
    chosen = np.concatenate(drawn)
    assert np.mean(chosen >= 100) == pytest.approx(3 / 4, abs=0.01)
    many = classes[chosen[chosen < 100]]
    np.testing.assert_allclose(np.bincount(many) / len(many), 1 / 3, atol=0.02)
    assert set(chosen) == set(range(102))


def test_batches_depend_on_seed_and_epoch_alone(hands):
    def first(seed: int, epoch: int) -> list[int]:
        batches = LetterBatches(hands, LettersConfig(batch=16, seed=seed))
        batches.set_epoch(epoch)
        return next(iter(batches))[2].tolist()

    assert first(0, 3) == first(0, 3)
    assert first(0, 3) != first(0, 4)
    assert first(0, 3) != first(1, 3)


def test_hands_are_changed_anew_in_every_epoch_and_step(hands):
    chosen = np.arange(8)
    changed = LetterDataset(hands, recipe())
    values = [changed[key][0] for key in ((0, 0, chosen), (0, 0, chosen), (0, 1, chosen), (1, 0, chosen))]
    assert torch.equal(values[0], values[1])
    assert not torch.equal(values[0], values[2])
    assert not torch.equal(values[0], values[3])
    plain, targets = LetterDataset(hands, recipe("letters.augment=false"))[0, 0, chosen]
    np.testing.assert_array_equal(plain, hand_features(hands.points[chosen], recipe().features))
    assert targets.argmax(1).tolist() == hands.classes[chosen].tolist()
