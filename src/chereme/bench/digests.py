"""What a kept training depends on, as a few letters: change the code that made it, and it is made anew."""

import ast
import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from chereme.bundle import digest, find_bundle
from chereme.train.config import RecognizerRecipe

__all__ = ["TRAINING_CODE", "code_digest", "start_digest"]

PACKAGE = Path(__file__).parents[1]
TRAINING_CODE = (
    "preprocess",
    "features",
    "augment",
    "models",
    "train/answers.py",
    "train/batches.py",
    "train/config.py",
    "train/loop.py",
    "train/module.py",
    "train/run.py",
    "train/start.py",
)
"""Files and folders of the package that decide what weights a training ends in."""


def start_digest(recipe: RecognizerRecipe) -> str:
    """Of the weights that a recipe begins from: empty where it begins from random ones."""
    if not recipe.train.start:
        return ""
    return digest(find_bundle(recipe.train.start) / "model.safetensors")


@cache
def code_digest(parts: Sequence[str] = TRAINING_CODE) -> str:
    """Eight letters that change with any statement of some files, and not with what they say to people.

    Comments and docstrings do not count: a training of hours is not lost to a better sentence.
    """
    found = hashlib.sha256()
    for part in parts:
        place = PACKAGE / part
        for path in [place] if place.is_file() else sorted(place.rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for node in ast.walk(tree):
                body = getattr(node, "body", None)
                if isinstance(body, list):
                    node.body = [line for line in body if not _is_text(line)]  # type: ignore[attr-defined]
            found.update(f"{path.relative_to(PACKAGE).as_posix()}\n{ast.dump(tree)}\n".encode())
    return found.hexdigest()[:8]


def _is_text(line: ast.AST) -> bool:
    return isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant) and isinstance(line.value.value, str)
