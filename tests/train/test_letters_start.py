"""Beginning from other weights, and the settings of letters."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from chereme.augment.hand import HandAugmentConfig
from chereme.bundle.write import load_model
from chereme.dataset.store import Store, pack
from chereme.errors import BundleError, RecipeError, TrainingError
from chereme.recipe import Recipe
from chereme.spell import Speller
from chereme.train.letters import fit_letters, gather_hands, train_speller
from chereme.train.letters_config import LettersRecipe
from chereme.train.start import read_start
from made_up_letters import CARD, RECIPE, head, progress, recipe

FROZEN = ("letters.epochs=1", "letters.rate=1e-12", "letters.weight_decay=0", "letters.average=0")


def subset(store: Store, folder: Path, letters: str) -> Store:
    return pack(((c, store.sequence(i)) for i, c in enumerate(store.clips) if c.gloss in letters), folder)


def test_a_bundle_lends_the_rows_of_the_letters_that_both_know(learnt, others, tmp_path):
    begun = fit_letters(others, None, recipe(*FROZEN), tmp_path, start=read_start(learnt.folder)).model.state_dict()
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


@pytest.fixture(scope="module")
def others(store, tmp_path_factory):
    """Hands of B, C and X: as many letters as were learnt, but not the same."""
    two = subset(store, tmp_path_factory.mktemp("others") / "two", "BC")
    renamed = [
        (replace(c, id=f"x{c.id}", gloss="X"), two.sequence(i)) for i, c in enumerate(two.clips) if c.gloss == "B"
    ]
    own = [(c, two.sequence(i)) for i, c in enumerate(two.clips)]
    mixed = pack([*own, *renamed], tmp_path_factory.mktemp("others") / "mixed")
    return gather_hands(mixed, range(len(mixed)), recipe().letters)


@pytest.fixture(scope="module")
def checkpoint(hands, tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoint")
    fit_letters(hands, None, recipe("letters.average=0"), folder)
    return folder / "checkpoints" / "last.ckpt"


def without_labels(checkpoint: Path, path: Path) -> Path:
    """As earlier versions wrote them."""
    kept = torch.load(checkpoint, weights_only=True)
    del kept["labels"]
    torch.save(kept, path)
    return path


def test_a_checkpoint_names_its_letters_and_lends_the_rows_of_those_that_both_know(checkpoint, others, tmp_path):
    assert torch.load(checkpoint, weights_only=True)["labels"] == ["A", "B", "C"]
    start = read_start(checkpoint)
    begun = fit_letters(others, None, recipe(*FROZEN), tmp_path, start=start).model.state_dict()
    torch.testing.assert_close(head(begun)[:2], head(start.state)[1:])
    assert not torch.allclose(head(begun)[2], head(start.state)[2], atol=1e-3)


def test_of_a_checkpoint_that_names_no_letters_the_last_layer_is_left_out(checkpoint, others, tmp_path):
    start = read_start(without_labels(checkpoint, tmp_path / "older.ckpt"))
    begun = fit_letters(others, None, recipe(*FROZEN), tmp_path, start=start).model.state_dict()
    assert not torch.isclose(head(begun), head(start.state), atol=1e-3).all(1).any()
    torch.testing.assert_close(begun["layers.0.3.weight"], start.state["layers.0.3.weight"])


def test_a_run_whose_checkpoints_name_no_letters_goes_on(hands, tmp_path):
    unbroken = fit_letters(hands, None, recipe(), tmp_path / "a").model.state_dict()
    fit_letters(hands, None, recipe(), tmp_path / "b", stop_after=2)
    last = tmp_path / "b" / "checkpoints" / "last.ckpt"
    without_labels(last, last)
    resumed = fit_letters(hands, None, recipe(), tmp_path / "b", resume=True).model.state_dict()
    assert all(torch.equal(resumed[name], value) for name, value in unbroken.items())


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


@pytest.mark.parametrize("name", ["best_model.pt", "final.PTH"])
def test_a_checkpoint_of_the_portal_is_told_how_it_becomes_a_start(tmp_path, name):
    (tmp_path / name).write_bytes(b"weights")
    with pytest.raises(TrainingError, match=rf"convert it with `chereme export .*{name} -o FOLDER` first"):
        read_start(tmp_path / name)
    with pytest.raises(BundleError, match=rf"convert it with `chereme export .*{name} -o FOLDER` first"):
        Speller.load(tmp_path / name)


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
        ("letters.device=tape", "Invalid enum value 'tape'"),
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
