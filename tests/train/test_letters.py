"""Training on made-up handshapes: a store of pictures in, a speller that answers out."""

import csv
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from chereme.augment.hand import HandAugmentConfig
from chereme.bundle import Bundle, Card, clip_digest
from chereme.bundle.write import load_model
from chereme.dataset.store import Store, pack
from chereme.errors import RecipeError, SplitError, TrainingError
from chereme.features.hand import hand_features
from chereme.layout import HAND_21, HANDS_42
from chereme.recipe import Recipe, find_recipe
from chereme.spell import Speller
from chereme.train.letters import (
    Hands,
    LetterBatches,
    LetterDataset,
    fit_letters,
    gather_hands,
    letter_logits,
    read_start,
    train_speller,
)
from chereme.train.letters_config import LettersConfig, LettersRecipe
from chereme.types import Clip, Floats, PoseSequence
from made_up import made_up_hands

CARD = Card("made up", "Three made-up handshapes.", ("made up",), "none", "open")
LETTERS = "ABC"
SHAPES = made_up_hands(3, np.random.default_rng(7))
RECIPE = """
[hand_features]
kind = "hand-84"
[hand_augment]
joint = 3.0
[handshape]
kind = "residual"
hidden = [16, 16]
dropout = 0.2
[letters]
epochs = 4
batch = 8
average = 0.9
validate_every = 2
save_every = 0
balance = false
"""


def recipe(*changes: str) -> LettersRecipe:
    return LettersRecipe.read(Recipe.from_text(RECIPE, "small").changed(changes))


def hand(letter: str, rng: np.random.Generator) -> Floats:
    """A right hand (21, 3) that shows a letter, somewhere in the picture, near or far."""
    shape = SHAPES[LETTERS.index(letter)]
    points = shape + rng.normal(0, 1e-3, shape.shape) + rng.normal(0, 0.1, 3)
    return (points * rng.uniform(0.5, 1.5)).astype(np.float32)


def picture(points: Floats | None, side: str = "right") -> PoseSequence:
    """One frame with a hand on one side, or with none at all; a left hand is the mirror image of a right one."""
    frame = np.full((1, 42, 3), np.nan, np.float32)
    if points is not None:
        frame[0, HANDS_42.groups[f"{side}_hand"]] = points * (1 if side == "right" else np.array([-1, 1, 1]))
    return PoseSequence(frame, HANDS_42, 1.0, (640, 480))


def clip(gloss: str, number: int, source: str = "studio") -> Clip:
    return Clip(f"{gloss}/{number}", "", gloss, "zxx", f"s{number % 4}", source)


def progress(folder: Path) -> list[dict[str, str]]:
    with (folder / "progress.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Store:
    """Twelve pictures of each letter, every third of a left hand, and one more A without any hand."""
    rng = np.random.default_rng(0)
    items = [
        (clip(letter, i), picture(hand(letter, rng), "left" if i % 3 == 0 else "right"))
        for letter in LETTERS
        for i in range(12)
    ]
    return pack([*items, (clip("A", 12), picture(None))], tmp_path_factory.mktemp("letters") / "store")


@pytest.fixture(scope="module")
def split(store) -> dict[str, str]:
    return {c.id: "validation" if c.signer == "s3" else "train" for c in store.clips}


@pytest.fixture(scope="module")
def hands(store) -> Hands:
    return gather_hands(store, range(len(store)), recipe().letters)


def head(state: dict[str, torch.Tensor]) -> torch.Tensor:
    """(K, F) weights of the last layer."""
    return state["head.3.weight"]


# Which hands


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


# A run


@pytest.fixture(scope="module")
def learnt(store, split, tmp_path_factory) -> Bundle:
    folder = tmp_path_factory.mktemp("learnt") / "run"
    chosen = recipe("letters.epochs=40", "letters.rate=1e-2", "letters.validate_every=10")
    return train_speller(chosen, store, split, folder, CARD, split_name="s3 out")


def test_a_trained_bundle_answers_right_for_either_hand(learnt, rng):
    speller = Speller.load(learnt.folder)
    for letter in LETTERS:
        for side in ("left", "right"):
            answer = speller.spell(picture(hand(letter, rng), side))
            assert (answer.letter, answer.handedness) == (letter, side)
            assert answer.probability is not None
            assert answer.probability > 0.6
    assert speller.spell(picture(None)).verdict == "no hand"


def test_a_bundle_says_how_it_was_made(learnt):
    assert (learnt.labels, learnt.language, learnt.kind) == (("A", "B", "C"), "zxx", "speller")
    scores = learnt.scores
    assert (scores["split"], scores["train_hands"], scores["validation_hands"]) == ("s3 out", 27, 9)
    assert scores["validation_top1"] == 1.0
    assert learnt.recipe.tables["letters"]["epochs"] == 40


def test_onnx_answers_what_training_computed(learnt, hands):
    expected = letter_logits(load_model(learnt), hands.points, recipe().features)
    np.testing.assert_allclose(Speller(learnt).logits(hands.points), expected, atol=1e-4)


ADAM = (
    "handshape.kind=v1", "handshape.hidden=[8]", "letters.optimiser=adam", "letters.schedule=steps",
    "letters.rate=0.001", "letters.weight_decay=1e-5", "letters.average=0", "letters.gradient_norm=0",
    "letters.batch=16", "letters.validate_every=1", "letters.save_every=10", "letters.epochs=62",
)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "stop", "averaged"),
    [
        pytest.param(("letters.save_every=3",), 3, True, id="cosine and moving average"),
        pytest.param(ADAM, 30, False, id="steps, broken off where the rate falls"),
    ],
)
def test_a_resumed_run_ends_with_the_same_weights(hands, tmp_path, changes, stop, averaged):
    chosen = recipe(*changes)
    train, held = hands.subset(np.arange(36) % 4 > 0), hands.subset(np.arange(36) % 4 == 0)
    unbroken = fit_letters(train, held, chosen, tmp_path / "a")
    fit_letters(train, held, chosen, tmp_path / "b", stop_after=stop)
    resumed = fit_letters(train, held, chosen, tmp_path / "b", resume=True)
    last = [torch.load(tmp_path / run / "checkpoints" / "last.ckpt", weights_only=True) for run in "ab"]
    for kept in ("state_dict", *(["current_model_state"] if averaged else [])):
        for name, value in last[0][kept].items():
            assert torch.equal(value, last[1][kept][name]), f"{kept} {name}"
    assert resumed.validation_top1 == unbroken.validation_top1
    assert (tmp_path / "a" / "progress.csv").read_text() == (tmp_path / "b" / "progress.csv").read_text()
    assert sorted(p.name for p in (tmp_path / "a" / "checkpoints").iterdir()) == sorted(
        p.name for p in (tmp_path / "b" / "checkpoints").iterdir()
    )
    if not averaged:  # the portal's schedule: a tenth from the 31st epoch, a hundredth from the 61st
        rates = [float(row["rate"]) for row in progress(tmp_path / "b")]
        assert [rates[epoch] for epoch in (0, 29, 30, 59, 60, 61)] == pytest.approx(
            [1e-3, 1e-3, 1e-4, 1e-4, 1e-5, 1e-5]
        )
        kept_epochs = {f"epoch={n}.ckpt" for n in (9, 19, 29, 39, 49, 59)}
        assert {p.name for p in (tmp_path / "b" / "checkpoints").glob("epoch*")} == kept_epochs


@pytest.mark.parametrize(
    ("every", "validated", "kept"),
    [
        pytest.param(2, 3, ["epoch=1.ckpt", "epoch=3.ckpt", "epoch=5.ckpt"], id="also of epochs without validation"),
        pytest.param(1, 6, [f"epoch={n}.ckpt" for n in range(6)], id="every one"),
        pytest.param(0, 2, [], id="none"),
    ],
)
def test_checkpoints_of_their_own(hands, tmp_path, every, validated, kept):
    chosen = recipe(f"letters.save_every={every}", f"letters.validate_every={validated}", "letters.epochs=6")
    fit_letters(hands, hands, chosen, tmp_path)
    assert sorted(p.name for p in (tmp_path / "checkpoints").iterdir()) == ["best.ckpt", *kept, "last.ckpt"]


def test_the_same_seed_gives_the_same_weights(hands, tmp_path):
    models = [
        fit_letters(hands, None, recipe("letters.epochs=2", f"letters.seed={seed}"), tmp_path / str(i)).model
        for i, seed in enumerate((3, 3, 4))
    ]
    states = [model.state_dict() for model in models]
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())
    assert not torch.equal(head(states[0]), head(states[2]))


@pytest.mark.parametrize(
    ("name", "kind", "hidden"), [("letters-v1", "v1", [256, 128, 64]), ("letters-v2", "v2", [512, 256, 128])]
)
def test_the_portals_models_train(store, split, tmp_path, name, kind, hidden):
    chosen = LettersRecipe.read(find_recipe(name).changed(["letters.epochs=1", "letters.batch=16"]))
    bundle = train_speller(chosen, store, split, tmp_path / "run", CARD, split_name="s")
    table = bundle.recipe.tables["handshape"]
    assert (table["kind"], table["hidden"]) == (kind, hidden)  # all that is needed to load it, unlike the portal's
    parts = load_model(bundle).state_dict()
    assert {84, *hidden} <= {size for value in parts.values() for size in value.shape}
    assert Speller(bundle).probabilities(SHAPES).shape == (3, 3)


def test_refit_learns_from_the_validation_hands_too(store, split, tmp_path):
    chosen = recipe("letters.epochs=2")
    bundle = train_speller(chosen, store, split, tmp_path / "run", CARD, split_name="s", refit=True)
    assert bundle.scores["train_hands"] == 36
    assert bundle.scores["refit_on_validation"] is True
    assert clip_digest("A/3") in bundle.trained_on
    assert clip_digest("A/12") not in bundle.trained_on  # no hand in it
    again = train_speller(chosen, store, split, tmp_path / "run", CARD, split_name="s", refit=True, resume=True)
    assert again.weights_path.read_bytes() == bundle.weights_path.read_bytes()


def test_refit_without_validation_is_refused_before_it_trains(store, tmp_path):
    everything = {c.id: "train" for c in store.clips}
    with pytest.raises(SplitError, match="no validation hands"):
        train_speller(recipe(), store, everything, tmp_path / "run", CARD, split_name="s", refit=True)
    assert not (tmp_path / "run").exists()


def test_without_validation_it_goes_to_the_end_uncalibrated(store, tmp_path):
    bundle = train_speller(
        recipe(), store, {c.id: "train" for c in store.clips}, tmp_path / "run", CARD, split_name="s"
    )
    assert bundle.scores["epochs"] == 4
    assert "validation_top1" not in bundle.scores
    assert (bundle.temperature, bundle.unknown_below) == (1.0, 0.0)


def test_two_runs_do_not_mix(store, split, tmp_path):
    one = recipe("letters.epochs=1")
    train_speller(one, store, split, tmp_path, CARD, split_name="s")
    with pytest.raises(TrainingError, match="holds a run already"):
        train_speller(one, store, split, tmp_path, CARD, split_name="s")
    other = {i: "train" if part == "validation" else "validation" for i, part in split.items()}
    start = read_start(tmp_path / "checkpoints" / "last.ckpt")
    for changed in (
        {"recipe": recipe("letters.epochs=2"), "split": split},
        {"recipe": recipe("letters.epochs=1", "letters.seed=1"), "split": split},
        {"recipe": one, "split": other},
        {"recipe": one, "split": split, "start": start},
    ):
        given = {"store": store, "folder": tmp_path, "card": CARD, "split_name": "s", "resume": True} | changed
        with pytest.raises(TrainingError, match="another recipe, split, data or seed"):
            train_speller(**given)


@pytest.mark.parametrize(
    ("parts", "labels", "message"),
    [
        pytest.param({}, None, "leaves no hand to train on", id="nothing"),
        pytest.param({"A/12": "train"}, None, "leaves no hand to train on", id="only a picture without a hand"),
        pytest.param(
            {"A/0": "train", "A/1": "train", "B/0": "validation"}, None, "no training clip of B", id="untrained"
        ),
        pytest.param({"A/0": "train", "A/1": "train"}, ("A", "Q", "R"), r"no training clip of Q, R \(2", id="wanted"),
        pytest.param({"A/0": "train"}, None, "1 hands to train on", id="one"),
    ],
)
def test_a_split_that_cannot_be_trained_by(store, tmp_path, parts, labels, message):
    with pytest.raises(SplitError, match=message):
        train_speller(recipe(), store, parts, tmp_path, CARD, split_name="s", labels=labels)


def test_class_weights_survive_a_letter_without_hands(store, split, tmp_path):
    """C is seen in no training picture, so it weighs nothing, and nothing becomes infinite."""
    rng = np.random.default_rng(3)
    items = [(clip(g, i), picture(hand(g, rng))) for g, n in (("A", 16), ("B", 4)) for i in range(n)]
    few = pack([*items, (clip("C", 0), picture(None))], tmp_path / "store")
    everything = {c.id: "train" for c in few.clips}
    losses = {}
    for weighted in ("true", "false"):
        chosen = recipe(f"letters.class_weights={weighted}", "letters.epochs=1", "letters.batch=20")
        bundle = train_speller(chosen, few, everything, tmp_path / weighted, CARD, split_name="s")
        assert bundle.labels == ("A", "B", "C")
        assert all(torch.isfinite(value).all() for value in load_model(bundle).state_dict().values())
        losses[weighted] = float(progress(tmp_path / weighted)[0]["loss"])
    assert np.isfinite(losses["true"])
    assert losses["true"] != losses["false"]


# Beginning from other weights

FROZEN = ("letters.epochs=1", "letters.rate=1e-12", "letters.weight_decay=0", "letters.average=0")


def subset(store: Store, folder: Path, letters: str) -> Store:
    return pack(((c, store.sequence(i)) for i, c in enumerate(store.clips) if c.gloss in letters), folder)


def test_a_bundle_lends_the_rows_of_the_letters_that_both_know(learnt, store, tmp_path):
    two = subset(store, tmp_path / "store", "BC")
    renamed = [
        (replace(c, id=f"x{c.id}", gloss="X"), two.sequence(i)) for i, c in enumerate(two.clips) if c.gloss == "B"
    ]
    own = [(c, two.sequence(i)) for i, c in enumerate(two.clips)]
    mixed = pack([*own, *renamed], tmp_path / "mixed")
    begun = fit_letters(
        gather_hands(mixed, range(len(mixed)), recipe().letters), None, recipe(*FROZEN), tmp_path / "run",
        start=read_start(learnt.folder),
    ).model.state_dict()  # fmt: skip
    given = load_model(learnt).state_dict()
    torch.testing.assert_close(head(begun)[:2], head(given)[1:])  # B and C, now the first two of B, C, X
    assert not torch.allclose(head(begun)[2], head(given)[0], atol=1e-3)  # X is nobody's
    torch.testing.assert_close(begun["stem.1.weight"], given["stem.1.weight"])
    torch.testing.assert_close(begun["layers.0.3.weight"], given["layers.0.3.weight"])


def test_transfer_answers_at_once_where_a_random_start_does_not(learnt, store, split, tmp_path):
    start = read_start(str(learnt.folder))
    tops = {}
    for name, given in (("lent", start), ("random", None)):
        bundle = train_speller(recipe(*FROZEN), store, split, tmp_path / name, CARD, split_name="s", start=given)
        tops[name] = bundle.scores["validation_top1"]
        assert bundle.scores.get("started_from") == (given.origin if given else None)
    assert tops["lent"] > 0.9 > tops["random"]


def test_a_checkpoint_goes_on_elsewhere(hands, tmp_path):
    first = fit_letters(hands, None, recipe("letters.epochs=2"), tmp_path / "a").model.state_dict()
    start = read_start(tmp_path / "a" / "checkpoints" / "last.ckpt")
    second = fit_letters(hands, None, recipe(*FROZEN), tmp_path / "b", start=start).model.state_dict()
    for name in ("head.3.weight", "stem.1.weight", "layers.0.3.bias"):
        torch.testing.assert_close(second[name], first[name])


@pytest.mark.parametrize("change", ["handshape.hidden=[24, 24]", "handshape.kind=v1"])
def test_weights_of_another_shape_are_refused(learnt, hands, tmp_path, change):
    with pytest.raises(TrainingError, match="none of its weights fits this model"):
        fit_letters(hands, None, recipe(change), tmp_path, start=read_start(learnt.folder))


def test_what_is_no_start_is_said(small_bundle, tmp_path):
    (tmp_path / "torn.ckpt").write_bytes(b"torn")
    (tmp_path / "foreign.ckpt").write_bytes(b"\x80\x02}q\x00.")
    torch.save({"weights": 1}, tmp_path / "other.ckpt")
    for source in (
        "nowhere",
        tmp_path,
        small_bundle,
        *(tmp_path / f"{n}.ckpt" for n in ("torn", "foreign", "other", "no")),
    ):
        with pytest.raises(TrainingError, match="no weights to start from"):
            read_start(source)


def test_letters_that_only_helped_are_cut_off(store, split, tmp_path, hands):
    chosen = recipe("letters.average=0")
    bundle = train_speller(chosen, store, split, tmp_path, CARD, split_name="s", labels=("C", "A"))
    assert bundle.labels == ("C", "A")
    kept = torch.load(tmp_path / "checkpoints" / "best.ckpt", weights_only=True)["state_dict"]
    assert head({k.removeprefix("model."): v for k, v in kept.items()}).shape[0] == 3  # B helped
    torch.testing.assert_close(head(load_model(bundle).state_dict()), kept["model.head.3.weight"][:2])
    assert Speller(bundle).logits(hands.points).shape == (36, 2)


# Settings


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("letters.epochs=0", "must be at least 1"),
        ("letters.batch=1", "batch at least 2"),
        ("letters.rate=0.0", "rate must be above 0"),
        ("letters.hold=[0.7, 0.3]", "two rising shares"),
        ("letters.label_smoothing=1.0", "shares from 0 to below 1"),
        ("letters.weights={studio = 0}", "leave the source out"),
        ("letters.save_every=-1", "must not be below 0"),
        ("letters.optimiser=sgd", "Invalid enum value 'sgd'"),
        ("letters.epoch=3", "did you mean 'epochs'"),
        ("hand_augment.joint=-1", "must not be below 0"),
        ("handshape.hidden=[64, 32]", "layers of `residual` are of one size"),
        ("hand_features.kind=hand-63", "is not known; known: hand-84, geometry"),
        ("train.epochs=3", "unknown key 'train'"),
    ],
)
def test_a_setting_out_of_range_is_named(change, message):
    with pytest.raises(RecipeError, match=message):
        recipe(change)


def test_sources_may_be_named_with_spaces():
    text = '[letters.weights]\n"poses, other languages" = 4\nstudio = 2\n'
    assert LettersRecipe.read(Recipe.from_text(text)).letters.weights == {"poses, other languages": 4, "studio": 2}


def test_tables_that_only_a_speller_reads_are_known():
    text = RECIPE + '[hands]\nmax_hands = 2\n[motions.C]\nshapes = ["A"]\npoint = "wrist"\npath = [[0, 0], [0, 1]]\n'
    assert LettersRecipe.read(Recipe.from_text(text)).source.tables["hands"] == {"max_hands": 2}


def test_defaults_are_our_own_model():
    made = LettersRecipe.read(Recipe.from_text(""))
    assert (made.features.kind, made.model.kind, made.letters.optimiser) == ("geometry", "residual", "adamw")
    assert made.augment == HandAugmentConfig()


def test_a_run_is_recorded_line_by_line(hands, tmp_path):
    fit_letters(hands, hands, recipe(), tmp_path)
    rows = progress(tmp_path)
    assert [int(row["epoch"]) for row in rows] == [1, 2, 3, 4]
    assert Counter(row["validation_top1"] != "" for row in rows)[True] >= 2
    assert json.loads((tmp_path / "finished.json").read_text())["checkpoint"] == "best.ckpt"
