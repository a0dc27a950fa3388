import json
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from chereme.bundle import Bundle, clip_digest
from chereme.cli.evaluate import command as evaluate
from chereme.cli.train import command
from chereme.dataset.npz import read_npz, write_npz
from chereme.dataset.split import write_split
from chereme.dataset.store import Store, pack
from chereme.errors import RecipeError, StoreError, TrainingError
from chereme.features.table import hand_84_table
from chereme.layout import HAND_21
from chereme.spell import Speller
from chereme.types import Clip, PoseSequence
from made_up import made_up_hands, made_up_signer

SMALL = ["--set", "train.epochs=1", "--set", "model.width=16", "--set", "sampling.most=24"]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    rng = np.random.default_rng(0)
    clips = [Clip(f"{gloss}/{i}", "", gloss, "bzs") for gloss in ("casa", "pai") for i in range(10)]
    folder = tmp_path_factory.mktemp("cli-train") / "store"
    pack(((clip, made_up_signer(20, rng)) for clip in clips), folder)
    parts = ["train"] * 6 + ["validation"] * 2 + ["test"] * 2
    write_split(folder, "fair", {clip.id: parts[i % 10] for i, clip in enumerate(clips)})
    return folder


def run(*arguments, **options):
    return CliRunner().invoke(command, [str(a) for a in arguments], catch_exceptions=False, **options)


def test_a_recipe_and_a_store_become_a_bundle(store, tmp_path):
    result = run("gru", "--data", store, "--split", "fair", "-o", tmp_path / "run", "--seed", 3, *SMALL, "--json")
    assert result.exit_code == 0
    answer = json.loads(result.stdout)
    bundle = Bundle.load(answer["bundle"])
    assert bundle.labels == ("casa", "pai")
    assert bundle.language == "bzs"
    assert answer["seed"] == 3
    assert answer["validation_clips"] == 4
    assert bundle.recipe.tables["train"]["seed"] == 3


def test_people_are_told_what_is_next(store, tmp_path):
    result = run("lstm", "--data", store, "--split", "fair", "-o", tmp_path / "run", *SMALL)
    assert "2 words, 1 epoch" in result.stdout
    assert f"next: chereme evaluate {tmp_path / 'run' / 'bundle'} --data {store} --split fair" in result.stdout


def test_a_run_goes_on_only_when_asked(store, tmp_path):
    arguments = ["gru", "--data", store, "--split", "fair", "-o", tmp_path / "run", *SMALL]
    run(*arguments)
    with pytest.raises(TrainingError, match="go on with --resume"):
        run(*arguments)
    assert run(*arguments, "--resume").exit_code == 0


def test_the_recipe_is_checked_before_the_data(tmp_path):
    (tmp_path / "mine.toml").write_text("[train]\nepoch = 3\n")
    with pytest.raises(RecipeError, match="unknown key 'epoch'; did you mean 'epochs'"):
        run(tmp_path / "mine.toml", "--data", tmp_path / "nowhere", "--split", "fair")
    with pytest.raises(StoreError, match="nowhere"):
        run("gru", "--data", tmp_path / "nowhere", "--split", "fair")


def test_without_its_options_it_is_a_usage_error():
    assert run("gru").exit_code == 2


# Letters


LETTERS = ["--set", "letters.epochs=1", "--set", "handshape.hidden=[16]", "--set", "letters.batch=8"]


def pictures(signer_of=lambda i: ""):
    """Ten pictures each of two made-up handshapes."""
    rng = np.random.default_rng(0)
    shapes = made_up_hands(2, rng)
    for gloss, shape in zip("AB", shapes, strict=True):
        for i in range(10):
            points = (shape + rng.normal(0, 1e-3, shape.shape)).astype(np.float32)
            yield Clip(f"{gloss}/{i}", "", gloss, "ase", signer_of(i)), PoseSequence(points[None], HAND_21, 1.0, (9, 9))


@pytest.fixture(scope="module")
def letters(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli-letters") / "store"
    pack(pictures(lambda i: f"s{i // 2}"), folder)
    write_split(folder, "s4", {f"{g}/{i}": "validation" if i >= 8 else "train" for g in "AB" for i in range(10)})
    return folder


@pytest.fixture(scope="module")
def nameless(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli-letters") / "nameless"
    pack(pictures(), folder)
    return folder


@pytest.fixture(scope="module")
def npz(letters, tmp_path_factory):
    table = hand_84_table(Store.open(letters))
    path = tmp_path_factory.mktemp("cli-letters") / "letters.npz"
    write_npz(table, path)
    return path


def test_pictures_of_letters_become_a_speller(letters, tmp_path):
    result = run(
        "letters", "--data", letters, "--split", "s4", "-o", tmp_path / "run", "--seed", 3, *LETTERS,
        "--set", "letters.epochs=30", "--set", "letters.rate=0.02", "--json",
    )  # fmt: skip
    answer = json.loads(result.stdout)
    assert (answer["glosses"], answer["train_hands"], answer["validation_hands"]) == (2, 16, 4)
    assert answer["seed"] == 3
    speller = Speller.load(answer["bundle"])
    assert speller.bundle.language == "ase"
    for clip, sequence in pictures():
        assert speller.recognize(sequence).ranked[0].gloss == clip.gloss


def test_people_are_told_what_is_next_for_letters(letters, tmp_path):
    result = run("letters", "--data", letters, "--split", "s4", "-o", tmp_path / "run", *LETTERS)
    assert "2 letters, 1 epoch" in result.stdout
    assert "(4 hands, used to choose the epoch)" in result.stdout
    assert f"next: chereme evaluate {tmp_path / 'run' / 'bundle'} --data {letters} --split s4" in result.stdout


def test_a_share_to_validate_on_keeps_signers_whole(letters, tmp_path):
    result = run("letters", "--data", letters, "--val-split", "0.2", "-o", tmp_path / "run", *LETTERS)
    assert "hands held out: signer; all others trained" in result.stdout
    bundle = Bundle.load(tmp_path / "run" / "bundle", "speller")
    assert (bundle.scores["split"], bundle.scores["validation_hands"]) == ("signer", 4)
    held = [{i // 2 for i in range(10) if clip_digest(f"{g}/{i}") not in bundle.trained_on} for g in "AB"]
    assert held[0] == held[1]
    assert len(held[0]) == 1


def test_without_signers_a_share_is_random_and_says_so(nameless, tmp_path):
    result = run("letters", "--data", nameless, "--val-split", "0.2", "-o", tmp_path / "run", *LETTERS)
    assert "hands held out: random (optimistic)" in result.stdout
    bundle = Bundle.load(tmp_path / "run" / "bundle", "speller")
    assert bundle.scores["split"] == "random (optimistic)"
    assert bundle.scores["validation_hands"] == 4
    assert "random (optimistic)" in (bundle.folder / "card.md").read_text(encoding="utf-8")


def test_a_data_file_of_the_portal_trains_its_model(npz, tmp_path):
    arguments = ["letters-v1", "--data", npz, "--val-split", "0.2", "-o", tmp_path / "run"]
    run(*arguments, "--set", "letters.epochs=2", "--set", "letters.batch=8")
    bundle = Bundle.load(tmp_path / "run" / "bundle", "speller")
    assert bundle.labels == ("A", "B")
    assert bundle.scores["split"] == "random (optimistic)"
    assert (bundle.scores["train_hands"], bundle.scores["validation_hands"]) == (16, 4)
    again = run(*arguments, "--set", "letters.epochs=2", "--set", "letters.batch=8", "--resume")
    assert again.exit_code == 0
    scored = CliRunner().invoke(
        evaluate,
        [str(bundle.folder), "--data", str(npz), "--split", "random", "-o", str(tmp_path / "report"), "--json"],
        catch_exceptions=False,
    )
    found = json.loads(scored.stdout)
    assert found["split"] == "random (optimistic)"
    assert (found["n"], found["trained_on"]) == (4, 0)  # the same draw: those that were held out


def files_in(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_another_data_file_leaves_a_run_as_it_is_and_its_own_goes_on(npz, tmp_path):
    arguments = ["letters-v1", "--val-split", "0.2", "-o", tmp_path / "run", "--set", "letters.epochs=1"]
    run(*arguments, "--data", npz)
    table = read_npz(npz)
    write_npz(replace(table, features=table.features[:12], labels=table.labels[:12]), tmp_path / "other.npz")
    before = files_in(tmp_path / "run")
    with pytest.raises(TrainingError, match="holds a run already"):
        run(*arguments, "--data", tmp_path / "other.npz")
    with pytest.raises(TrainingError, match="begun with another recipe, split, data"):
        run(*arguments, "--data", tmp_path / "other.npz", "--resume")
    assert files_in(tmp_path / "run") == before
    renamed = npz.rename(tmp_path / "renamed.npz")
    try:
        assert run(*arguments, "--data", renamed, "--resume").exit_code == 0
    finally:
        renamed.rename(npz)


def test_letters_begin_from_a_bundle_or_a_checkpoint(letters, tmp_path):
    first = ["letters", "--data", letters, "--split", "s4", *LETTERS]
    run(*first, "-o", tmp_path / "a")
    for name, start in (("b", tmp_path / "a" / "bundle"), ("c", tmp_path / "a" / "checkpoints" / "last.ckpt")):
        answer = json.loads(run(*first, "-o", tmp_path / name, "--from", start, "--json").stdout)
        assert answer["started_from"] in ("bundle a", "checkpoint last.ckpt")


def test_letters_from_a_start_that_is_none(letters, tmp_path):
    with pytest.raises(TrainingError, match="nowhere: no weights to start from"):
        run("letters", "--data", letters, "--split", "s4", "-o", tmp_path / "run", *LETTERS, "--from", "nowhere")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param([], "--split, or a share with --val-split", id="neither"),
        pytest.param(["--split", "s4", "--val-split", "0.2"], "one of the two", id="both"),
        pytest.param(["--val-split", "0"], "0<x<1", id="nothing to validate on"),
        pytest.param(["--val-split", "1"], "0<x<1", id="nothing to train on"),
    ],
)
def test_how_to_validate_must_be_said(letters, options, message):
    result = run("letters", "--data", letters, *options)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())


def test_words_begin_from_a_bundle_of_others(store, tmp_path):
    small = ("--set", "model.kind=conv-transformer", "--set", "model.width=16", "--set", "train.epochs=1")
    run("conv-transformer", "--data", store, "--split", "fair", "-o", tmp_path / "first", *small)
    first = tmp_path / "first" / "bundle"
    run("conv-transformer", "--data", store, "--split", "fair", "-o", tmp_path / "next", "--from", first, *small)
    assert Bundle.load(tmp_path / "next" / "bundle").scores["started_from"] == "bundle first"
    with pytest.raises(TrainingError, match="asl_letters: holds no recognizer"):
        run("gru", "--data", store, "--split", "fair", "--from", "asl_letters")


def test_words_may_be_validated_on_a_share_too(store, tmp_path):
    run("gru", "--data", store, "--val-split", "0.2", "-o", tmp_path / "run", *SMALL)
    assert Bundle.load(tmp_path / "run" / "bundle").scores["split"] == "random (optimistic)"


def test_the_recipe_of_letters_is_checked_before_the_data(tmp_path):
    (tmp_path / "mine.toml").write_text("[handshape]\nhiden = [16]\n")
    with pytest.raises(RecipeError, match="unknown key 'hiden'; did you mean 'hidden'"):
        run(tmp_path / "mine.toml", "--data", tmp_path / "nowhere", "--split", "fair")
    for table, message in (
        ("hands]\nmax_hand = 1", "did you mean 'max_hands'"),
        ("motions.J]\nshapes = ['I']\npoint = 'pinky'\npath = [[0, 0], [0, 1]]", "'pinky' is no point of a hand"),
    ):
        (tmp_path / "mine.toml").write_text(f"[handshape]\n[{table}\n")
        with pytest.raises(RecipeError, match=message):
            run(tmp_path / "mine.toml", "--data", tmp_path / "nowhere", "--split", "fair")
    with pytest.raises(RecipeError, match="unknown key 'letters'"):
        run("gru", "--data", tmp_path / "nowhere", "--split", "fair", "--set", "letters.epochs=3")
