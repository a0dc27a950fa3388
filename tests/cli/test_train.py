import json

import numpy as np
import pytest
from click.testing import CliRunner

from chereme.bundle import Bundle
from chereme.cli.train import command
from chereme.dataset.split import write_split
from chereme.dataset.store import pack
from chereme.errors import RecipeError, StoreError, TrainingError
from chereme.types import Clip
from made_up import made_up_signer

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
    assert "2 words, 1 epochs" in result.stdout
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
