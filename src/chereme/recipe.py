"""A recipe: one whole TOML file with a table per stage, checked before any data is read.

The settings of a stage are a frozen dataclass beside the code that reads them; `settings` turns a table
into one and names the nearest key when it meets one it does not know.
"""

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import tomli_w

from chereme.errors import RecipeError
from chereme.places import RECIPES

__all__ = ["Recipe", "find_recipe", "settings"]

S = TypeVar("S")


@dataclass(frozen=True)
class Recipe:
    """The tables of a recipe file, as read; each stage turns its own into settings."""

    name: str
    """For people and for messages: the file's stem, or the bundled recipe's name."""
    text: str
    """The TOML as written, comments and all: a bundle keeps it."""
    tables: Mapping[str, Any]

    @classmethod
    def from_text(cls, text: str, name: str = "recipe") -> "Recipe":
        """Raises RecipeError when the text is no TOML."""
        try:
            return cls(name, text, tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            raise RecipeError(f"recipe {name}: not TOML: {error}") from error

    @classmethod
    def from_file(cls, path: str | Path) -> "Recipe":
        """Raises RecipeError when there is no such file or it is no TOML."""
        path = Path(path)
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise RecipeError(f"recipe {path}: cannot be read: {error}") from error
        return cls.from_text(text, path.stem)

    def changed(self, changes: Iterable[str]) -> "Recipe":
        """The recipe with some values set: `train.epochs=20`, the value as TOML writes it.

        Raises:
            RecipeError: a change is not of that form.
        """
        tables = {name: dict(table) if isinstance(table, Mapping) else table for name, table in self.tables.items()}
        for change in changes:
            place, equals, value = change.partition("=")
            table, dot, key = place.strip().partition(".")
            try:
                read = tomllib.loads(f"value = {value}")["value"]
            except tomllib.TOMLDecodeError:
                read = value.strip()  # a bare word is meant as text
            if not (equals and dot and key) or not isinstance(tables.setdefault(table, {}), dict):
                raise RecipeError(f"{change!r} is no change to a recipe; write TABLE.KEY=VALUE")
            tables[table][key] = read
        return Recipe(self.name, tomli_w.dumps(tables), tables)

    def check_tables(self, known: Iterable[str]) -> None:
        """Raises RecipeError when a table is none of the known stages."""
        _check_keys(self.tables, known, f"recipe {self.name}")

    def stage(self, table: str, kind: type[S]) -> S:
        """The settings of one stage; defaults where the recipe has no such table."""
        return settings(kind, self.tables.get(table, {}), f"recipe {self.name}, [{table}]")


def find_recipe(name: str | Path) -> Recipe:
    """A recipe by its file's path, or by the name of one that ships with chereme.

    Raises:
        RecipeError: neither; the nearest name is given.
    """
    if Path(name).is_file():
        return Recipe.from_file(name)
    shipped = sorted(p.stem for p in RECIPES.glob("*.toml"))
    if name in shipped:
        return Recipe.from_file(RECIPES / f"{name}.toml")
    near = difflib.get_close_matches(str(name), shipped, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"those that ship: {', '.join(shipped)}"
    raise RecipeError(f"{name}: neither a recipe file nor one that ships with chereme; {hint}")


def settings(kind: type[S], table: Mapping[str, Any], where: str) -> S:
    """Turn a TOML table into the settings dataclass `kind`.

    Args:
        kind: a dataclass; its own `__post_init__` checks ranges.
        table: keys and values as read.
        where: named in every error.

    Raises:
        RecipeError: an unknown key (with the nearest known one), a missing one, or a wrong type.
    """
    if not isinstance(table, Mapping):
        raise RecipeError(f"{where}: expected a table, got {table!r}")
    known = fields(kind)  # type: ignore[arg-type]
    _check_keys(table, [f.name for f in known], where)
    for f in known:
        if f.default is MISSING and f.default_factory is MISSING and f.name not in table:
            raise RecipeError(f"{where}: {f.name} is missing")
    try:
        return msgspec.convert(dict(table), kind)
    except msgspec.ValidationError as error:
        raise RecipeError(f"{where}: {error}") from error


def _check_keys(table: Mapping[str, Any], known: Iterable[str], where: str) -> None:
    known = list(known)
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
            raise RecipeError(f"{where}: unknown key {key!r}; {hint}")
