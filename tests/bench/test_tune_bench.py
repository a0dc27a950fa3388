import pytest

from chereme.bench.tune import RECIPE, tally
from chereme.recipe import Recipe
from chereme.train.config import RecognizerRecipe
from chereme.train.search import read_space


@pytest.mark.parametrize(
    ("ended", "begun", "again", "expected"),
    [
        pytest.param([(1,), (2,), (3,)], [0, 1, 2], [], {"lost": 0, "twice": 0}, id="as it should be"),
        pytest.param([(1,), (2,)], [0, 1, 2], [], {"lost": 1, "twice": 0}, id="one never ended"),
        pytest.param([(1,), (2,), (3,)], [0, 1, 1, 2], [], {"lost": 0, "twice": 1}, id="one began anew"),
        pytest.param([(1,), (2,), (1,)], [0, 1, 2], [], {"lost": 0, "twice": 1}, id="the same settings again"),
        pytest.param([(1,), (2,), (3,)], [0, 1, 2], [0], {"lost": 0, "twice": 1}, id="one that had ended"),
    ],
)
def test_what_is_lost_and_done_twice(ended, begun, again, expected):
    assert tally(3, ended, begun, again) == expected


def test_the_recipe_of_the_bench_can_be_searched():
    recipe = Recipe.from_text(RECIPE, "short")
    config, space = read_space(RecognizerRecipe.read(recipe).tune, recipe)
    assert config.trials == 20
    assert set(space) == {"train.rate", "model.width", "model.dropout"}
