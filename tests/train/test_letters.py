"""Training on made-up handshapes: a store of pictures in, a speller that answers out."""

import numpy as np
import pytest
import torch

from chereme.bundle import clip_digest
from chereme.bundle.write import load_model
from chereme.dataset.store import pack
from chereme.errors import SplitError, TrainingError
from chereme.recipe import find_recipe
from chereme.spell import Speller
from chereme.train.letters import (
    fit_letters,
    letter_logits,
    train_speller,
)
from chereme.train.letters_config import LettersRecipe
from chereme.train.start import read_start
from made_up_letters import CARD, LETTERS, SHAPES, clip, hand, head, picture, progress, recipe


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


@pytest.mark.parametrize("device", ["gpu", "cuda", "mps"])
def test_a_device_that_is_not_there_is_said_before_anything_is_written(store, split, tmp_path, monkeypatch, device):
    for backend in (torch.cuda, torch.backends.mps):
        monkeypatch.setattr(backend, "is_available", lambda: False)
    with pytest.raises(TrainingError, match=f"device '{device}': torch sees none here; train on `cpu`"):
        train_speller(recipe(f"letters.device={device}"), store, split, tmp_path / "run", CARD, split_name="s")
    assert not (tmp_path / "run").exists()


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
