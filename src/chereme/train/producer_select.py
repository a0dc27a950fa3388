"""Which producer to train: a short run of each, and the table of their validation losses."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from chereme.dataset.store import Store
from chereme.errors import CheremeError, SplitError
from chereme.files import write_beside
from chereme.train.producer import fit_producer
from chereme.train.producer_config import ProducerRecipe
from chereme.train.producer_data import make_pairs
from chereme.train.run import claim, split_digest

__all__ = ["Candidate", "select_producer"]


@dataclass(frozen=True)
class Candidate:
    """One recipe after its short run."""

    recipe: str
    validation_loss: float | None
    """Mean square on seen landmarks of validation clips, each produced at its predicted length; None: it failed."""
    epochs: int
    weights: int
    """How many numbers were learnt."""
    failed: str = ""


def select_producer(
    recipes: Sequence[ProducerRecipe],
    store: Store,
    split: Mapping[str, str],
    folder: Path,
    *,
    split_name: str,
    epochs: int = 5,
    patience: int = 2,
    resume: bool = False,
    show: bool = False,
) -> list[Candidate]:
    """A short run of each recipe on the same clips, best first; `folder/selection.csv` holds the table.

    All are compared by the same loss, whatever they are trained by. A recipe that fails stands last, with its reason.

    Raises:
        SplitError: no validation clips to compare them by.
    """
    if "validation" not in split.values():
        raise SplitError(f"split {split_name}: no validation clips, so nothing tells which producer is best")
    found = []
    for recipe in recipes:
        short = replace(
            recipe, train=replace(recipe.train, epochs=epochs, patience=min(patience, epochs), validate_every=1)
        )
        name, run = recipe.source.name, folder / recipe.source.name
        try:
            about = {"recipe": recipe.source.text, "split": f"{split_name} {split_digest(store, split)}"}
            claim(run, {**about, "seed": recipe.train.seed, "epochs": epochs}, resume)
            pairs = make_pairs(store, split, short)
            begun = resume and (run / "checkpoints" / "last.ckpt").exists()
            kept = fit_producer(pairs, short, run, resume=begun, show=show)
        except CheremeError as error:
            found.append(Candidate(name, None, 0, 0, str(error)))
            continue
        weights = sum(p.numel() for p in kept.model.parameters() if p.requires_grad)
        found.append(Candidate(name, kept.validation_top1, kept.epochs, weights))
    found.sort(key=lambda one: float("inf") if one.validation_loss is None else one.validation_loss)
    folder.mkdir(parents=True, exist_ok=True)
    with write_beside(folder / "selection.csv") as part, part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["recipe", "validation_loss", "epochs", "weights", "failed"])
        writer.writerows([one.recipe, one.validation_loss, one.epochs, one.weights, one.failed] for one in found)
    return found
