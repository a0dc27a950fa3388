import json

import pytest
from click.testing import CliRunner

from chereme.cli.train import command as train
from chereme.cli.tune import command
from chereme.errors import MissingExtraError, RecipeError, SplitError
from chereme.evaluate.compare import read_answers
from made_up_signs import RECIPE, made_up_store


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return made_up_store(tmp_path_factory.mktemp("cli-tune") / "store").folder


@pytest.fixture
def recipe(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(RECIPE.replace("epochs = 4", "epochs = 1") + '[tune.space]\n"model.width" = [8, 16, 7]\n')
    return path


def run(verb, *arguments):
    return CliRunner().invoke(verb, [str(a) for a in arguments], catch_exceptions=False)


def test_a_search_ends_with_a_recipe_that_trains(recipe, store, tmp_path):
    out = tmp_path / "search"
    arguments = [recipe, "--data", store, "--split", "fair", "-o", out, "--sampler", "grid"]
    first = run(command, *arguments, "--trials", 1)
    assert (
        f"next: chereme train {out / 'best.toml'} --data {store} --split fair" in first.stdout or first.exit_code == 1
    )
    result = run(command, *arguments, "--resume", "--set", "model.kind='gru'")
    assert result.exit_code == 1  # a width of seven is none
    assert "trial" in result.stderr
    assert "must be even" in result.stderr
    again = run(command, *arguments, "--resume", "--json")
    answer = json.loads(again.stdout)
    assert (answer["complete"], answer["failed"]) == (2, 1)
    assert answer["best"]["settings"]["model.width"] in (8, 16)
    trained = run(train, answer["recipe"], "--data", store, "--split", "fair", "-o", tmp_path / "run", "--json")
    assert json.loads(trained.stdout)["epochs"] == 1


def test_a_space_of_its_own_file(store, tmp_path):
    (tmp_path / "space.toml").write_text(
        'trials = 2\n[space]\n"train.rate" = { low = 1e-4, high = 1e-2, log = true }\n'
    )
    common = ["--data", store, "--split", "fair", "--space", tmp_path / "space.toml", "-o", tmp_path / "out"]
    small = [x for change in ("train.epochs=1", "model.width=8", "sampling.most=8") for x in ("--set", change)]
    result = run(command, "gru", *common, *small)
    assert result.exit_code == 0
    assert "2 complete, 0 pruned, 0 failed" in result.stdout


def test_what_cannot_be_tuned(recipe, store, tmp_path):
    with pytest.raises(RecipeError, match="nothing to try"):
        run(command, "gru", "--data", store, "--split", "fair", "-o", tmp_path / "out")
    with pytest.raises(SplitError, match="no split is called"):
        run(command, recipe, "--data", store, "--split", "unfair", "-o", tmp_path / "out")
    assert run(command, "letters", "--data", store, "--split", "fair").exit_code == 2
    assert run(command, recipe, "--data", store).exit_code == 2


def test_extras_that_are_missing_are_named(recipe, store, tmp_path, monkeypatch):
    import sys

    from chereme.train import tracking

    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.setattr(tracking, "find_spec", lambda name: None)
    common = [recipe, "--data", store, "--split", "fair"]
    with pytest.raises(MissingExtraError, match=r"chereme\[cluster\]"):
        run(command, *common, "-o", tmp_path / "a", "--ray", "auto")
    with pytest.raises(MissingExtraError, match=r"chereme\[track\]"):
        run(train, *common, "-o", tmp_path / "b", "--track", "mlflow")


def test_folds_from_the_command_line(store, tmp_path):
    (tmp_path / "small.toml").write_text(RECIPE)
    arguments = [tmp_path / "small.toml", "--data", store, "--folds", 3, "--by", "signer", "-o", tmp_path / "run"]
    small = ["--set", "train.epochs=1"]
    shown = run(train, *arguments, *small)
    assert shown.exit_code == 0
    assert "mean top-1 of the folds" in shown.stdout
    assert len(read_answers(tmp_path / "run").ids) == 32
    answer = json.loads(run(train, *arguments, *small, "--resume", "--json").stdout)
    assert [fold["fold"] for fold in answer["folds"]] == [1, 2, 3]
    assert answer["resampled"] == "groups"
    assert run(train, *arguments, "--split", "fair").exit_code == 2
    assert run(train, "letters", *arguments[1:]).exit_code == 2
