"""The benches of letters: who is tested, what counts as right, and that nothing is trained twice."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from chereme.bench import acc_letters_cross, acc_letters_loso, acc_massey
from chereme.bench import letters as bench
from chereme.bench.letters import STILL, Answers, answer, letters_result, trained_logits
from chereme.dataset.store import pack
from chereme.layout import HAND_21
from chereme.recipe import Recipe
from chereme.train.bundled_letters import ALIKE, ALPHABETS, OTHER_LANGUAGES, alphabet_split
from chereme.train.letters import gather_hands
from chereme.train.letters_config import LettersConfig
from chereme.types import Clip, PoseSequence
from made_up import made_up_hands

SMALL = """
[handshape]
hidden = [8]
[letters]
epochs = 2
batch = 16
save_every = 0
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Four signers show each still letter once; the last A of the last signer was not found."""
    rng = np.random.default_rng(0)
    shapes = made_up_hands(len(STILL), rng)
    items = []
    for signer in "abcd":
        for letter, shape in zip(STILL, shapes, strict=True):
            points = (shape + rng.normal(0, 1e-3, shape.shape)).astype(np.float32)[None]
            if (signer, letter) == ("d", "A"):
                points[:] = np.nan
            clip = Clip(f"{signer}/{letter}", "", letter, "ase", signer)
            items.append((clip, PoseSequence(points, HAND_21, 1.0, (9, 9))))
    items.append((Clip("a/5", "", "5", "ase", "a"), PoseSequence(points, HAND_21, 1.0, (9, 9))))
    return pack(items, tmp_path_factory.mktemp("bench") / "store")


def answers(right, seed=0, signers="", undetected=()):
    """Two letters, the first always true."""
    probabilities = np.array([[0.9, 0.1] if hit else [0.2, 0.8] for hit in right], np.float32)
    probabilities[list(undetected)] = np.nan
    ids = tuple(f"p{i}" for i in range(len(right)))
    return Answers(probabilities, np.zeros(len(right), np.int64), ids, tuple(signers or ["s"] * len(right)), seed)


def test_a_picture_without_a_hand_counts_as_wrong(store):
    chosen = [i for i, clip in enumerate(store.clips) if clip.signer == "d"]
    logits = {i: np.eye(24, dtype=np.float32)[STILL.index(store.clips[i].gloss)] * 9 for i in chosen[1:]}
    given = answer(store, chosen, STILL, 0, logits)
    assert given.right.tolist() == [False] + [True] * 23
    assert given.clips[:2] == ("d/A", "d/B")
    np.testing.assert_allclose(given.probabilities[1:].sum(1), 1, rtol=1e-6)


def test_a_figure_is_accuracy_times_detection_over_all_runs():
    ours = [
        answers([True, True, True, True], 0, "aabb", undetected=[3]),
        answers([True, True, False, False], 1, "aabb", undetected=[3]),
    ]
    found = letters_result("x", ours, [answers([True, False, False, False])], ("A", "B"), {"recipe": "r"})
    assert found.value == pytest.approx(5 / 8)
    assert found.peer_value == pytest.approx(1 / 4)
    assert found.n == 4
    details = found.details
    assert details["detection_rate"] == pytest.approx(6 / 8)
    assert details["top1_detected"] == pytest.approx(5 / 6, abs=1e-4)
    assert details["by_seed"] == {0: 0.75, 1: 0.5}
    assert details["by_signer"] == {"a": 1.0, "b": 0.25}
    assert details["weakest_letters"] == {"A": 0.625}
    assert details["recipe"] == "r"


def test_the_tested_signer_never_trains(store, monkeypatch, tmp_path):
    seen = []

    def watched(recipe, seed, train, points, digest, work, start=""):
        assert digest not in {store.clips[i].signer for i in train.clips}
        seen.append((recipe + (" from " + start if start else ""), seed, digest, len(train), len(points)))
        return np.zeros((len(points), len(STILL)), np.float32)

    monkeypatch.setattr(acc_letters_loso, "trained_logits", watched)
    monkeypatch.setattr(acc_letters_loso, "picture_store", lambda *_: letters_only(store, tmp_path))
    found = acc_letters_loso.measure()
    assert Counter(recipe for recipe, *_ in seen) == {
        "letters from asl_letters": 12,  # 3 seeds, 4 signers
        "letters": 12,
        "letters-v1": 12,
    }
    assert {(signer, trained, tested) for _, _, signer, trained, tested in seen} == {
        *((s, 71, 24) for s in "abc"),
        ("d", 72, 23),
    }
    assert found.n == 96
    assert found.details["detection_rate"] == pytest.approx(95 / 96, abs=1e-4)


def letters_only(store, folder):
    kept = ((clip, store.sequence(i)) for i, clip in enumerate(store.clips) if clip.gloss in STILL)
    return pack(kept, folder / "letters")


@pytest.mark.parametrize(("module", "name"), [(acc_letters_cross, "acc-letters-cross"), (acc_massey, "acc-massey")])
def test_other_sets_are_answered_with_still_letters(store, monkeypatch, tmp_path, module, name):
    opened = letters_only(store, tmp_path)
    extra = [(Clip("j", "", "J", "ase"), opened.sequence(0)), (Clip("z", "", "Z", "ase"), opened.sequence(0)),
             (Clip("d5", "", "digit 5", "ase"), opened.sequence(0))]  # fmt: skip
    whole = [(clip, opened.sequence(i)) for i, clip in enumerate(opened.clips)]
    monkeypatch.setattr(acc_letters_cross, "alphabet_store", lambda *_: pack([*whole, *extra], tmp_path / "open"))
    monkeypatch.setattr(acc_letters_cross, "WORK", tmp_path / "work")
    asked = []

    def picture_store(data, chosen):
        asked.append(chosen)
        return store

    def knows(recipe, seed, train, points, digest, work):
        assert train.labels == (*"ABCDEFGHIJKLMNOPQRSTUVWXYZ", "digit 5")
        logits = np.zeros((len(points), 27), np.float32)
        logits[:, [9, 25, 26]] = 9  # J, Z and the digit, which are never asked for
        logits[:, 0] = 1
        return logits

    monkeypatch.setattr(acc_letters_cross, "picture_store", picture_store)
    monkeypatch.setattr(acc_letters_cross, "trained_logits", knows)
    found = module.measure()
    assert (found.name, asked) == (name, [acc_letters_cross.TESTS[name]])
    assert found.n == 96  # the digit is no letter
    assert found.value == pytest.approx(3 / 96, abs=1e-4)  # every hand was called A; one A was not found


def test_a_training_is_kept_and_told_apart_by_all_that_made_it(store, monkeypatch, tmp_path):
    monkeypatch.setattr(bench, "find_recipe", lambda name: Recipe.from_text(SMALL, name))
    train = gather_hands(store, range(96), LettersConfig(), STILL)
    points = train.points[:5]
    first = trained_logits("small", 0, train, points, "a", tmp_path)
    assert first.shape == (5, 24)
    trained = []
    fit = bench.fit_letters
    monkeypatch.setattr(bench, "fit_letters", lambda *a, **k: trained.append(a) or fit(*a, **k))
    np.testing.assert_array_equal(trained_logits("small", 0, train, points, "a", tmp_path), first)
    assert trained == []
    for again in (
        ("small", 1, train, points, "a"),
        ("small", 0, train.subset(np.arange(90)), points, "a"),
        ("small", 0, train, points[:4], "a"),
        ("small", 0, train, points, "b"),
    ):
        trained_logits(*again, tmp_path)
    assert len(trained) == 4


def test_answers_that_were_half_written_are_not_read_again(store, monkeypatch, tmp_path):
    monkeypatch.setattr(bench, "find_recipe", lambda name: Recipe.from_text(SMALL, name))
    train = gather_hands(store, range(96), LettersConfig(), STILL)

    def torn(file, **arrays):
        Path(file).write_bytes(b"PK half an archive")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(np, "savez", torn)
        with pytest.raises(OSError, match="No space left"):
            trained_logits("small", 0, train, train.points[:5], "a", tmp_path)
    assert trained_logits("small", 0, train, train.points[:5], "a", tmp_path).shape == (5, 24)


# What the bundles learn from


def test_no_set_for_testing_trains_a_bundle():
    used = {name for alphabet in ALPHABETS.values() for name in alphabet.sets}
    assert not used & {*acc_letters_cross.TESTS.values(), acc_letters_loso.DATA, "lsa16_handshapes"}
    for alphabet in ALPHABETS.values():
        assert alphabet.card.use == "open"
        assert all(any(name in line for line in alphabet.card.data) for name in alphabet.sets)


def choose(alphabet, name, **clip):
    return ALPHABETS[alphabet].sets[name](Clip("x", "", **clip))


def test_digits_that_look_like_letters_help_the_letters():
    given = [choose("asl_letters", "digits_ankara", gloss=d, source="digits_ankara").gloss for d in "0269513"]
    assert given == ["O", "V", "W", "F", "digit 5", "digit 1", "digit 3"]


@pytest.mark.parametrize("alphabet", ["asl_letters", "libras_letters"])
def test_of_other_languages_only_letters_that_look_alike(alphabet):
    poses = {"name": "fingerspelling_poses", "source": "fingerspelling_poses"}
    own = ALPHABETS[alphabet].language
    assert choose(alphabet, gloss="T", language=own, **poses).source == "fingerspelling_poses"
    assert choose(alphabet, gloss="L", language="eso", **poses).source == OTHER_LANGUAGES
    assert choose(alphabet, gloss="A", language="eso", **poses) is None
    assert choose(alphabet, gloss="A", language="jos", **poses) is None
    assert all(set(letters) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ") - {"J", "Z"} for letters in ALIKE.values())


def test_libras_takes_of_asl_only_what_both_share():
    webcam = {"name": "asl_letters_handlandmarks", "source": "handlandmarks block 1", "language": "ase"}
    kept = {g for g in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if choose("libras_letters", gloss=g, **webcam)}
    assert kept == set("ABCDEILORSUVWY")


def test_those_who_calibrate_are_not_trained_on():
    clips = [
        Clip("1", "", "A", "ase", source="handlandmarks block 0"),
        Clip("2", "", "A", "bzs", source="libras_letters_univali"),
        Clip("3", "", "A", "ase", source="fingerspelling_poses"),
        Clip("4", "", "A", "eso", source=OTHER_LANGUAGES),
    ]
    parts = alphabet_split(ALPHABETS["asl_letters"], clips)
    assert parts == {"1": "train", "2": "validation", "3": "validation", "4": "train"}
    parts = alphabet_split(ALPHABETS["libras_letters"], clips)
    assert parts == {"1": "train", "2": "train", "3": "train", "4": "validation"}


def test_a_set_without_people_is_cut_in_stretches():
    clips = [Clip(f"{d}/{i:02d}", "", d) for d in "01" for i in range(10)]
    parts = alphabet_split(ALPHABETS["digits"], clips)
    assert [i for i, part in parts.items() if part == "validation"] == ["0/08", "0/09", "1/08", "1/09"]
