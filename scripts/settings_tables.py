"""Write the tables of settings in docs/recipes.md from the settings classes themselves (`make docs`).

With --check nothing is written: exit 1 when the page is not what would be written.
"""

import argparse
import ast
import inspect
import json
import sys
import textwrap
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any, get_type_hints

from chereme.landmarks.hands import HandConfig
from chereme.recipe import Recipe
from chereme.spell.motion import Motion
from chereme.train.config import RecognizerRecipe
from chereme.train.decoder import DecoderConfig
from chereme.train.letters_config import LettersRecipe
from chereme.train.producer_config import ProducerRecipe

PAGE = Path(__file__).parents[1] / "docs" / "recipes.md"
PLACE = "<!-- settings of {} -->\n"
END = "<!-- end of settings of {} -->"

PLAIN = {
    "augment.shift": "Standard deviation of a shift of the whole signer.",
    "augment.hand_scale": "Standard deviation of a stretch of each hand.",
    "model.width": "Channels inside the model; even, and a multiple of `heads`.",
    "model.heads": "Attention heads.",
    "train.epochs": "Passes over the training clips.",
    "train.batch": "Clips per step.",
    "train.weight_decay": "Of AdamW.",
    "train.label_smoothing": "Share of the target that is spread over all glosses.",
    "train.gradient_norm": "Longer gradients are cut to this length.",
    "train.plateau_factor": "Of the schedule `plateau`: what the rate is multiplied by.",
    "train.plateau_patience": "Of the schedule `plateau`: validations without a lower loss before that.",
    "train.seed": "Of weights, order and augmentation.",
    "hands.max_hands": "Hands that are looked for in a picture; one is read.",
    "handshape.dropout": "In each hidden layer.",
    "letters.epochs": "Passes over as many hands as there are to train on.",
    "letters.batch": "Hands per step.",
    "letters.weight_decay": "Of the optimiser.",
    "letters.label_smoothing": "Share of the target that is spread over all letters.",
    "letters.seed": "Of weights, order and augmentation.",
}
"""For fields whose name says enough to a reader of the code, but not to one of the page."""


def groups() -> dict[str, dict[str, type]]:
    """Who reads the tables, and each table's settings class."""
    signs, letters, producers = (
        {name: kind for name, kind in get_type_hints(recipe).items() if kind is not Recipe}
        for recipe in (RecognizerRecipe, LettersRecipe, ProducerRecipe)
    )
    renamed = {"features": "hand_features", "augment": "hand_augment", "model": "handshape"}
    letters = {renamed.get(name, name): kind for name, kind in letters.items()}
    return {
        "signs": signs,
        "letters": {"hands": HandConfig, **letters, "motions.LETTER": Motion},
        "producers": {**producers, "decoder": DecoderConfig},
    }


def tables(kinds: dict[str, type]) -> str:
    """A heading, a sentence and a table for each table of a recipe."""
    text = ""
    for table, kind in kinds.items():
        meanings = _field_docs(kind)
        text += f"\n### `[{table}]`\n\n{kind.__doc__.splitlines()[0]}\n\n| key | default | meaning |\n|---|---|---|\n"
        for field in fields(kind):
            meaning = meanings.get(field.name) or PLAIN.get(f"{table}.{field.name}")
            if not meaning:
                sys.exit(f"{table}.{field.name}: nothing says what it means; write a string below the field")
            text += f"| `{field.name}` | {_default(field)} | {meaning} |\n"
    return text + "\n"


def _field_docs(kind: type) -> dict[str, str]:
    """The string below each field of a settings class; Python itself does not keep them."""
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    assert isinstance(definition, ast.ClassDef)
    docs, last = {}, None
    for node in definition.body:
        match node:
            case ast.AnnAssign(target=ast.Name(id=name)):
                last = name
            case ast.Expr(value=ast.Constant(value=str(text))) if last:
                docs[last] = " ".join(text.split())
                last = None
            case _:
                last = None
    return docs


def _default(field: "Field[Any]") -> str:
    """As TOML writes it; a dash where the key must be there."""
    value = field.default if field.default_factory is MISSING else field.default_factory()
    if value is MISSING:
        return "–"
    return f"`{json.dumps(list(value) if isinstance(value, tuple) else value)}`"


def main() -> None:
    """Write the page, or check it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when the page is out of date")
    check = parser.parse_args().check
    page = PAGE.read_text(encoding="utf-8")
    made = page
    for group, kinds in groups().items():
        start, end = PLACE.format(group), END.format(group)
        before, _, rest = made.partition(start)
        made = before + start + tables(kinds) + end + rest.partition(end)[2]
    if check and made != page:
        sys.exit(f"{PAGE.name}: its tables are not what the settings say; run `make docs`")
    if not check:
        PAGE.write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main()
