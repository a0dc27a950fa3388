"""What to try when settings are searched: a recipe's table `tune`, or a file of its own."""

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from chereme.errors import RecipeError
from chereme.recipe import Recipe, settings

__all__ = ["Choice", "Dimension", "Range", "TuneConfig", "as_changes", "grid", "read_space"]


@dataclass(frozen=True)
class TuneConfig:
    """How settings are searched by `chereme tune`, and which."""

    sampler: Literal["tpe", "random", "grid"] = "tpe"
    """`tpe` looks where good trials were; `grid` tries every combination, in random order."""
    pruner: Literal["median", "hyperband", "none"] = "median"
    """Stops trials early: `median` those below the median of the earlier ones at the same epoch."""
    trials: int = 20
    """How many settings are tried in all."""
    startup: int = 5
    """Trials that `median` lets end before it stops any, and that `tpe` draws at random."""
    space: dict[str, Any] = field(default_factory=dict)
    """What to try: `"TABLE.KEY"` to a list of values, or to a range `{low, high, step, log}`."""

    def __post_init__(self) -> None:
        if self.trials < 1 or self.startup < 1:
            raise RecipeError("tune.trials and tune.startup must be at least 1")


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, both included; whole numbers when both are whole."""

    low: int | float
    high: int | float
    step: int | float | None = None
    log: bool = False
    """Draw from the logarithm: as many between 0.001 and 0.01 as between 0.01 and 0.1."""

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise RecipeError(f"low must be below high, got {self.low} and {self.high}")
        if self.log and (self.low <= 0 or self.step is not None):
            raise RecipeError("a range with log begins above 0 and has no step")
        if self.step is not None and self.step <= 0:
            raise RecipeError(f"step must be above 0, got {self.step}")

    @property
    def whole(self) -> bool:
        """Whether it holds whole numbers only."""
        return all(isinstance(n, int) for n in (self.low, self.high, self.step or 1))

    def values(self) -> list[Any]:
        """All its values, for a grid.

        Raises:
            RecipeError: there are endlessly many.
        """
        if self.log or (self.step is None and not self.whole):
            raise RecipeError("a grid needs a list of values, or a range with a step")
        step = self.step or 1
        count = int((self.high - self.low) / step + 1e-9) + 1
        return [self.low + n * step if self.whole else round(self.low + n * step, 12) for n in range(count)]


@dataclass(frozen=True)
class Choice:
    """Some values that have no order."""

    options: tuple[Any, ...]

    def values(self) -> list[Any]:
        """All of them."""
        return list(self.options)


Dimension = Range | Choice


def read_space(config: TuneConfig, recipe: Recipe, file: Path | None = None) -> tuple[TuneConfig, dict[str, Dimension]]:
    """The settings to try, from the recipe's own table or from a file, which then stands for the whole table.

    Args:
        config: the recipe's table `tune`.
        recipe: named in errors.
        file: TOML with what the table `tune` would hold.

    Raises:
        RecipeError: nothing to try, or a dimension that is neither a list nor a range.
    """
    where = f"recipe {recipe.name}, [tune]"
    if file is not None:
        read = Recipe.from_file(file)
        where = str(file)
        config = settings(TuneConfig, read.tables.get("tune", read.tables), where)
    if not config.space:
        raise RecipeError(f"{where}: nothing to try; give it a table space, or name a file with --space (docs/tune.md)")
    space: dict[str, Dimension] = {}
    for name, value in sorted(_dotted(config.space).items()):
        if isinstance(value, list) and value:
            space[name] = Choice(tuple(value))
        elif isinstance(value, Mapping):
            space[name] = settings(Range, value, f"{where}, {name}")
        else:
            raise RecipeError(f"{where}: {name} is {value!r}; write a list of values or {{low = …, high = …}}")
    return config, space


def _dotted(space: Mapping[str, Any]) -> dict[str, Any]:
    """Dimensions by `TABLE.KEY`, whether the key was quoted or the table written out."""
    found: dict[str, Any] = {}
    for name, value in space.items():
        inner = isinstance(value, Mapping) and not {"low", "high"} & value.keys()
        found |= {f"{name}.{key}": v for key, v in value.items()} if inner and "." not in name else {name: value}
    return found


def grid(space: Mapping[str, Dimension]) -> list[dict[str, Any]]:
    """Every combination.

    Raises:
        RecipeError: a range has endlessly many values.
    """
    columns = []
    for name, dimension in space.items():
        try:
            columns.append(dimension.values())
        except RecipeError as error:
            raise RecipeError(f"tune, {name}: {error}") from error
    return [dict(zip(space, row, strict=True)) for row in itertools.product(*columns)]


def as_changes(values: Mapping[str, Any]) -> list[str]:
    """Values by `TABLE.KEY` as `Recipe.changed` takes them."""
    return [f"{name}={json.dumps(value)}" for name, value in values.items()]


def spelled(options: Sequence[Any]) -> list[Any]:
    """Options as Optuna can keep them: lists as their JSON."""
    return [json.dumps(option) if isinstance(option, list | dict) else option for option in options]


def meant(dimension: Dimension, value: Any) -> Any:
    """The value that Optuna's stands for."""
    if isinstance(dimension, Choice) and value not in dimension.options:
        return json.loads(value)
    return value
