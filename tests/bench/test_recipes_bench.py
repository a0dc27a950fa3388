"""The benches of whole recipes: equal clips for all, nothing trained twice, and when ours is said to be ahead."""

import numpy as np
import pytest
from filelock import FileLock

from chereme.bench import digests, recipes, recipes_asl24, recipes_isl30, recipes_isl43
from chereme.bench.recipes import Entrant, Training, compare_recipes, recipes_result, score_recipe, train_all
from chereme.dataset.store import pack
from chereme.errors import CheremeError
from chereme.landmarks.image_features import ImageEncoder
from chereme.layout import KINECT_20
from chereme.recipe import find_recipe
from chereme.train.config import RecognizerRecipe
from chereme.train.loop import Kept
from chereme.types import Clip, PoseSequence
from made_up import colour_encoder, made_up_signer

TINY = ("model.width=16", "model.layers=1", "train.epochs=4")


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Two words, three signers, two takes of each."""
    rng = np.random.default_rng(0)
    clips = [(gloss, signer, take) for gloss in ("casa", "pai") for signer in "abc" for take in "12"]
    items = [
        (Clip("/".join(clip), "", clip[0], "bzs", clip[1]), made_up_signer(20 + i, rng)) for i, clip in enumerate(clips)
    ]
    return pack(items, tmp_path_factory.mktemp("bench") / "store")


@pytest.fixture
def split(store):
    part = {"a": "train", "b": "validation", "c": "test"}
    return {"c": {clip.id: part[clip.signer] for clip in store.clips}}


def training(recipe, right, seed=0, split="s"):
    """Two glosses, the first always true."""
    logits = np.array([[1.0, 0.0] if hit else [0.0, 1.0] for hit in right], np.float32)
    clips = tuple(f"clip{i}" for i in range(len(right)))
    return Training(recipe, split, seed, logits, np.zeros(len(right), np.int64), ("a", "b"), clips, 90.0, 7, 100, 5)


# Training


def test_the_epochs_are_chosen_on_validation_clips_then_both_parts_train(store, split, monkeypatch, tmp_path):
    fits = []
    fit = recipes.fit

    def watched(parts, train, validation, recipe, folder, **rest):
        fits.append((len(train), validation is not None, recipe.train.epochs))
        kept = fit(parts, train, validation, recipe, folder, **rest)
        return Kept(kept.model, 3, kept.validation_top1) if validation is not None else kept

    monkeypatch.setattr(recipes, "fit", watched)
    entrant = Entrant("libras-rnn", seeds=(0,))
    found = train_all(store, split, [entrant], tmp_path, "", TINY)
    assert fits == [(4, True, 4), (8, False, 3)]
    (run,) = found["libras-rnn"]
    assert run.epochs == 3
    assert run.inputs == 189
    assert run.parameters > 1000
    assert run.cpu_seconds > 0
    assert run.clips == tuple(clip.id for clip in store.clips if clip.signer == "c")
    assert run.truth.tolist() == [0, 0, 1, 1]


def test_without_patience_there_is_one_training_of_all_epochs(store, split, monkeypatch, tmp_path):
    fits = []
    fit = recipes.fit
    monkeypatch.setattr(recipes, "fit", lambda *a, **k: fits.append((len(a[1]), a[2])) or fit(*a, **k))
    train_all(store, split, [Entrant("isl43", seeds=(0,))], tmp_path, "", ("train.epochs=1", "model.width=16"))
    assert fits == [(8, None)]


def test_nothing_is_trained_twice_and_parts_make_the_whole(store, split, monkeypatch, tmp_path):
    entrants = [Entrant("knn", seeds=(0,)), Entrant("knn-2", seeds=(0, 1))]
    monkeypatch.setattr(recipes, "find_recipe", lambda name: find_recipe("knn"))
    with pytest.raises(CheremeError, match=r"knn:0: trained .* others are: knn-2:0,knn-2:1"):
        train_all(store, split, entrants, tmp_path, "knn")
    monkeypatch.setenv(recipes.ONLY, "knn-2:1")
    with pytest.raises(CheremeError, match=r"knn-2:1: trained .* others are: knn-2:0"):
        train_all(store, split, entrants, tmp_path)
    monkeypatch.setenv(recipes.ONLY, "gru")
    with pytest.raises(CheremeError, match="gru is none of knn, knn-2, knn-2:0"):
        train_all(store, split, entrants, tmp_path)
    monkeypatch.delenv(recipes.ONLY)
    fits = []
    fit = recipes.fit
    monkeypatch.setattr(recipes, "fit", lambda *a, **k: fits.append(a) or fit(*a, **k))
    found = train_all(store, split, entrants, tmp_path)
    assert len(fits) == 1
    assert [run.seed for run in found["knn-2"]] == [0, 1]
    train_all(store, split, entrants, tmp_path)
    assert len(fits) == 1
    other = {"c": {i: "train" if part == "validation" else part for i, part in split["c"].items()}}
    train_all(store, other, entrants, tmp_path)
    assert len(fits) == 4


def test_each_split_may_have_a_seed_of_its_own(store, split, monkeypatch, tmp_path):
    entrants = [Entrant("knn", seeds=(0,)), Entrant("knn-2")]
    monkeypatch.setattr(recipes, "find_recipe", lambda name: find_recipe("knn"))
    (part,) = split.values()
    found = train_all(store, {"a": part, "b": part}, entrants, tmp_path, seed_of={"a": 4, "b": 3})
    for entrant in entrants:
        runs = found[entrant.recipe]
        assert {run.split: run.seed for run in runs} == {"a": 4, "b": 3}
        assert recipes.score_recipe(entrant, runs)["seeds"] == [3, 4]


def test_an_interrupted_training_goes_on_and_its_time_is_kept(store, split, monkeypatch, tmp_path):
    entrant = Entrant("isl43", seeds=(0,))
    small = ("train.epochs=3", "model.width=16", "model.layers=1")
    whole = train_all(store, split, [entrant], tmp_path / "whole", "", small)["isl43"][0]
    fit = recipes.fit

    def killed(*arguments, **rest):
        fit(*arguments, **rest, stop_after=1)
        raise KeyboardInterrupt

    monkeypatch.setattr(recipes, "fit", killed)
    with pytest.raises(KeyboardInterrupt):
        train_all(store, split, [entrant], tmp_path, "", small)
    (spent,) = tmp_path.glob("isl43*/train/cpu_seconds.txt")
    before = float(spent.read_text())
    spent.write_text(f"{before + 1000}")
    monkeypatch.setattr(recipes, "fit", fit)
    again = train_all(store, split, [entrant], tmp_path, "", small)["isl43"][0]
    np.testing.assert_array_equal(again.logits, whole.logits)
    assert again.cpu_seconds > 1000 + before


def test_what_another_process_trains_is_left_to_it_until_the_rest_is_done(store, split, monkeypatch, tmp_path):
    order = []
    train = recipes._train
    entrants = [Entrant("knn", seeds=(0, 1))]
    job = recipes._job(store, "c", split["c"], entrants[0], 0, tmp_path, ())
    lock = FileLock(tmp_path / f"{job.folder.name}.lock")
    lock.acquire()
    released = []

    def release(*arguments):
        if not released:
            released.append(lock.release())
        train(*arguments)

    monkeypatch.setattr(recipes, "_train", lambda job, *rest: order.append(job.name) or release(job, *rest))
    train_all(store, split, entrants, tmp_path)
    assert order == ["knn:1", "knn:0"]


# Scores


def test_a_row_is_the_mean_over_seeds_with_an_interval_over_clips():
    runs = [training("x", [1, 1, 1, 0, 1, 1, 1, 1]), training("x", [1, 0, 1, 0, 1, 1, 1, 1], seed=1)]
    row = score_recipe(Entrant("x", ("a.b=1",), "the face", (0, 1)), runs)
    assert row["top1"] == 13 / 16
    assert row["n"] == 8
    assert row["top1_per_split_and_seed"] == {"s": [0.875, 0.75]}
    low, high = row["top1_ci95"]
    assert low < 13 / 16 < high
    assert row["top5"] == 1
    assert row["cpu_minutes"] == 1.5
    assert (row["parameters"], row["inputs"], row["epochs"]) == (100, 5, [7, 7])
    assert (row["changes"], row["left_out"]) == (["a.b=1"], "the face")


def test_a_clip_is_drawn_with_its_answers_of_all_seeds():
    """A recipe that draws nothing at random stands beside each seed of the others."""
    always, half = [True] * 20, [True, False] * 10
    found = compare_recipes({"x": [training("x", always, s) for s in (0, 1, 2)], "knn": [training("knn", half)]})
    assert found.resampled == "signers"  # here: clips, whole
    (pair,) = found.pairs
    assert (pair.run, pair.other, pair.difference) == ("x", "knn", 0.5)
    once = compare_recipes({"x": [training("x", always)], "knn": [training("knn", half)]}).pairs[0]
    assert pair.ci95.low == pytest.approx(once.ci95.low, abs=0.02)  # three seeds are not three times the clips


ENTRANTS = (Entrant("libras-lstm", seeds=(0,)), Entrant("knn", seeds=(0,)), Entrant("isl43", seeds=(0,), ours=True))


@pytest.mark.parametrize(
    ("ours", "best", "ahead"),
    [
        pytest.param([1] * 40, [1, 0] * 20, True, id="far ahead"),
        pytest.param([1] * 40, [1] * 39 + [0], False, id="ahead by chance"),
        pytest.param([1, 0] * 20, [1] * 40, False, id="behind"),
    ],
)
def test_ahead_is_said_when_chance_cannot_explain_it(ours, best, ahead):
    found = {
        "libras-lstm": [training("libras-lstm", best)],
        "knn": [training("knn", [0] * 40)],
        "isl43": [training("isl43", ours)],
    }
    result = recipes_result("recipes", ENTRANTS, found, "a split", {"more": 1})
    assert result.details["ahead"] is ahead
    assert result.peer.startswith("libras-lstm")
    assert result.details["difference"] == pytest.approx(np.mean(ours) - np.mean(best))
    low, high = result.details["difference_ci95"]
    assert low <= result.details["difference"] <= high
    assert [row["top1"] for row in result.details["rows"]] == sorted([np.mean(ours), np.mean(best), 0.0], reverse=True)
    assert result.details["more"] == 1


# Who takes part


@pytest.mark.parametrize(
    "entrant",
    [*recipes_isl43.ENTRANTS, *recipes_isl30.ENTRANTS],
    ids=lambda entrant: f"{entrant.recipe}, {len(entrant.changes)} changes",
)
def test_every_entrant_is_a_valid_recipe_and_says_what_it_leaves_out(entrant):
    recipe = RecognizerRecipe.read(find_recipe(entrant.recipe).changed(entrant.changes))
    assert bool(entrant.changes) == bool(entrant.left_out)
    if entrant.ours:
        assert not entrant.changes
    if recipe.preprocess.layout == "kinect_20":
        assert not recipe.features.preset
    else:
        assert recipe.preprocess.layout in ("body_hands_75", "upper_body_55")


def test_the_source_recipes_of_the_table_all_take_part():
    names = {entrant.recipe for entrant in recipes_isl43.ENTRANTS}
    assert names == {
        "libras-rnn", "libras-gru", "libras-lstm", "libras-transformer", "knn", "isl-transformer", "isl43",
    }  # fmt: skip


def test_the_three_signers_are_left_out_in_turn(monkeypatch, tmp_path):
    frames = np.ones((3, 20, 3), np.float32)
    signers = [f"s{i:02d}" for i in range(1, 11)]
    clips = [
        (Clip(f"{s}/{g}", "", g, "ins", s), PoseSequence(frames, KINECT_20, 30.0, (1, 1)))
        for s in signers
        for g in "ab"
    ]
    store = pack(clips, tmp_path / "store")
    monkeypatch.setattr(recipes_isl30, "packed", lambda *_: store)
    seen = {}

    def watched(store, splits, entrants, *_):
        seen.update(splits)
        return {e.recipe: [training(e.recipe, [True] * 9, split=name) for name in splits] for e in entrants}

    monkeypatch.setattr(recipes_isl30, "train_all", watched)
    result = recipes_isl30.measure()
    assert list(seen) == ["isl30-s04", "isl30-s06", "isl30-s08"]
    for name, split in seen.items():
        tested = {clip.partition("/")[0] for clip, part in split.items() if part == "test"}
        assert tested == {name.removeprefix("isl30-")}
    assert result.value == 1


# Pictures


def test_the_random_encoder_is_the_same_each_time(tmp_path):
    picture = np.random.default_rng(0).integers(0, 255, (90, 120, 3), np.uint8)
    values = []
    for name in ("a", "b"):
        recipes_asl24.write_random_encoder(tmp_path / f"{name}.onnx")
        with ImageEncoder(tmp_path / f"{name}.onnx") as encoder:
            values.append(encoder.encode(picture))
    np.testing.assert_array_equal(*values)
    assert values[0].shape == (512,)
    assert 0.05 < values[0].std() < 20


def test_an_encoder_of_ones_own_is_named_in_the_record(monkeypatch, tmp_path):
    encoder = colour_encoder(tmp_path / "mine.onnx", 8)
    monkeypatch.setenv(recipes_asl24.ENCODER, str(encoder))
    path, count, described = recipes_asl24._encoder(tmp_path)
    assert (path, count) == (encoder, 4)
    assert described.startswith("mine.onnx, 4 features, sha256 ")
    monkeypatch.delenv(recipes_asl24.ENCODER)
    path, count, described = recipes_asl24._encoder(tmp_path)
    assert "random" in described
    assert count == 512
    assert path.exists()


# What a kept training depends on


def test_code_counts_and_what_it_says_to_people_does_not(monkeypatch, tmp_path):
    monkeypatch.setattr(digests, "PACKAGE", tmp_path)
    (tmp_path / "stage").mkdir()

    def digest(text):
        (tmp_path / "stage" / "x.py").write_text(text)
        digests.code_digest.cache_clear()
        return digests.code_digest(("stage",))

    first = digest('"""One."""\nX = 1\ndef f():\n    """Two."""\n    return X\n')
    assert digest('"""Another."""\nX = 1  # why\n\n\ndef f():\n    """Three."""\n    return X\n') == first
    assert digest('"""One."""\nX = 2\ndef f():\n    """Two."""\n    return X\n') != first
    digests.code_digest.cache_clear()


def test_all_code_of_trainings_is_there():
    assert all((digests.PACKAGE / part).exists() for part in digests.TRAINING_CODE)
