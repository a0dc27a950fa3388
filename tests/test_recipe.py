import pytest

from chereme.errors import RecipeError
from chereme.places import RECIPES
from chereme.preprocess import PreprocessConfig
from chereme.recipe import Recipe, find_recipe
from chereme.train.config import RecognizerRecipe


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.toml")), ids=lambda p: p.stem)
def test_every_recipe_that_ships_is_found_by_its_name(path):
    recipe = find_recipe(path.stem)
    assert (recipe.name, recipe.text) == (path.stem, path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("[model]\nwidht = 3", r"\[model\]: unknown key 'widht'; did you mean 'width'\?", id="key"),
        pytest.param("[modle]\nwidth = 3", "unknown key 'modle'; did you mean 'model'", id="table"),
        pytest.param("[model]\nwidth = 'wide'", r"\[model\]: Expected `int`, got `str`", id="type"),
        pytest.param("[model]\nkernel = 4", "kernel must be odd", id="range"),
        pytest.param("[features]\nblocks = ['hand']", "unknown block 'hand'; known: body_points", id="block"),
        pytest.param("[preprocess]\nlayout = 'hands'", "'hands' is not known; known: hand_21", id="layout"),
        pytest.param("[model]\nheads = 0", "must be at least 1", id="zero heads"),
        pytest.param("[train]\nseed = -1", "seed must not be below 0", id="seed"),
        pytest.param("[augment]\nrotate = -1.0", "rotate must not be below 0", id="spread"),
        pytest.param(
            "[preprocess]\nlayout = 'kinect_20'", "body_points cannot be computed on layout kinect_20", id="plan"
        ),
        pytest.param("[model\n", "not TOML", id="syntax"),
        pytest.param("model = 3", r"\[model\]: expected a table, got 3", id="no table"),
    ],
)
def test_a_wrong_recipe_says_where(text, message):
    with pytest.raises(RecipeError, match=message):
        RecognizerRecipe.read(Recipe.from_text(text))


def test_a_changed_recipe_carries_its_changes_in_its_text():
    changed = find_recipe("gru").changed(["train.epochs=7", "preprocess.align=hands"])
    again = Recipe.from_text(changed.text)
    assert again.tables["train"]["epochs"] == 7
    assert again.stage("preprocess", PreprocessConfig).align == "hands"
    assert find_recipe("gru").tables["train"]["epochs"] != 7


@pytest.mark.parametrize("change", ["epochs=7", "train.epochs", "=3"])
def test_a_change_needs_its_form(change):
    with pytest.raises(RecipeError, match=r"TABLE\.KEY=VALUE"):
        find_recipe("gru").changed([change])


def test_a_recipe_that_is_not_there_names_the_nearest():
    with pytest.raises(RecipeError, match="did you mean 'lstm'"):
        find_recipe("lsmt")
    with pytest.raises(RecipeError, match="cannot be read"):
        Recipe.from_file("nowhere.toml")


@pytest.mark.parametrize("change", ["preprocess.dominant=true", "augment.mirror=0.5"])
def test_a_face_is_not_mirrored_inside_out(change):
    with pytest.raises(RecipeError, match="two sides of the face"):
        RecognizerRecipe.read(find_recipe("isl-transformer").changed([change]))
