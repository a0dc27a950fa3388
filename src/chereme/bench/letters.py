"""What the benches of letters share: train on some hands, answer for the pictures of other people, count every picture.

A picture in which no hand was found is answered wrongly, so each accuracy is detection times recognition.
"""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chereme.bench import BenchResult
from chereme.bench.digests import code_digest
from chereme.bundle import Calibration
from chereme.dataset.importers.pictures import PICTURE_SETS
from chereme.dataset.store import Store
from chereme.evaluate.metrics import score
from chereme.files import write_beside
from chereme.landmarks.hand_pictures import store_of_pictures
from chereme.places import data_folder
from chereme.recipe import find_recipe
from chereme.train.letters import Hands, fit_letters, gather_hands, letter_logits
from chereme.train.letters_config import LettersRecipe
from chereme.train.start import read_start
from chereme.types import Floats

__all__ = [
    "PICTURES",
    "SEEDS",
    "STILL",
    "Answers",
    "answer",
    "finder_digest",
    "letters_result",
    "picture_store",
    "trained_logits",
]

log = logging.getLogger(__name__)

STILL = tuple("ABCDEFGHIKLMNOPQRSTUVWXY")
"""The ASL letters that do not move."""
SEEDS = (0, 1, 2)


PICTURES = Path("runs/bench/pictures")
"""Where the hands of public sets of pictures are kept, found once for all benches."""
TRAINING = (
    "features/hand.py",
    "augment/hand.py",
    "models/handshape.py",
    "train/letters.py",
    "train/letters_config.py",
    "train/loop.py",
    "train/module.py",
)


@dataclass(frozen=True, eq=False)
class Answers:
    """Probabilities for N pictures, each of one run; NaN where no hand was found."""

    probabilities: Floats
    """(N, K)."""
    truth: NDArray[np.int64]
    clips: tuple[str, ...]
    signers: tuple[str, ...]
    seed: int

    @property
    def right(self) -> NDArray[np.bool_]:
        """(N,): named as it is, undetected ones not."""
        answered = ~np.isnan(self.probabilities[:, 0])
        return np.asarray(answered & (np.nan_to_num(self.probabilities).argmax(1) == self.truth))


def picture_store(data: str | Path | None, name: str) -> Store:
    """The hands of a public set of pictures, found once and kept."""
    folder = PICTURES / finder_digest() / name
    if (folder / "store.json").is_file():
        return Store.open(folder)
    return store_of_pictures(PICTURE_SETS[name](data_folder(data) / name), folder)


def finder_digest() -> str:
    """Changes with the code that finds hands."""
    return code_digest(("landmarks/hands.py", "landmarks/hand_pictures.py", "landmarks/picture.py"))


def trained_logits(
    recipe_name: str,
    seed: int,
    train: Hands,
    points: Floats,
    digest: str,
    work: Path,
    start: str = "",
) -> NDArray[np.float32]:
    """Train a recipe on some hands, to its last epoch, and score others (N, 21, 3); kept in `work`, where it resumes.

    Args:
        recipe_name: of a recipe that ships.
        seed: instead of the recipe's.
        train: hands to learn from.
        points: hands to answer for.
        digest: of everything that they come from.
        work: folder.
        start: bundle whose weights it begins from; empty: random ones.
    """
    recipe = LettersRecipe.read(find_recipe(recipe_name).changed([f"letters.seed={seed}"]))
    recipe = replace(recipe, letters=replace(recipe.letters, patience=0))
    begin = read_start(start) if start else None
    if begin is not None:
        digest += hashlib.sha256(b"".join(value.numpy().tobytes() for value in begin.state.values())).hexdigest()
    folder = work / f"{recipe_name}-{seed}-{_digest(recipe, train, digest)}"
    done = folder / f"answers-{hashlib.sha256(points.tobytes()).hexdigest()[:8]}.npz"
    if not done.exists():  # a training that is finished only gives its weights
        resume = (folder / "checkpoints" / "last.ckpt").exists()
        kept = fit_letters(train, None, recipe, folder, start=begin, resume=resume)
        with write_beside(done) as part:
            np.savez(part, logits=letter_logits(kept.model, points, recipe.features))
    with np.load(done) as found:
        return np.asarray(found["logits"], np.float32)


def answer(
    store: Store, chosen: Sequence[int], labels: tuple[str, ...], seed: int, logits: Mapping[int, Floats]
) -> Answers:
    """Answers for some pictures of a store, restricted to the letters asked for.

    Args:
        store: pictures.
        chosen: places in it.
        labels: that may be answered.
        seed: of the run.
        logits: place of a picture to its scores (K,); pictures without a hand have none.
    """
    probabilities = np.full((len(chosen), len(labels)), np.nan, np.float32)
    for row, i in enumerate(chosen):
        if i in logits:
            probabilities[row] = Calibration().probabilities(logits[i])
    clips = [store.clips[i] for i in chosen]
    return Answers(
        probabilities,
        np.array([labels.index(clip.gloss) for clip in clips], np.int64),
        tuple(clip.id for clip in clips),
        tuple(clip.signer for clip in clips),
        seed,
    )


def letters_result(
    name: str,
    runs: Sequence[Answers],
    peer: Sequence[Answers],
    labels: tuple[str, ...],
    details: Mapping[str, Any],
    peer_hands: str = "the same hands",
) -> BenchResult:
    """The figure of a bench: accuracy over all pictures, detection included, with its interval over pictures.

    Args:
        name: of the bench.
        runs: ours; several seeds, several folds, or both.
        peer: the portal's v1 on the same hands.
        labels: in class order.
        details: what else to record.
        peer_hands: what the peer was trained on, in words.
    """
    probabilities = np.concatenate([run.probabilities for run in runs])
    truth = np.concatenate([run.truth for run in runs])
    units = [clip for run in runs for clip in run.clips]
    scores = score(probabilities, truth, labels, units)
    detected = ~np.isnan(probabilities[:, 0])
    right = np.concatenate([run.right for run in runs])
    theirs = float(np.concatenate([run.right for run in peer]).mean())
    signers = np.array([signer for run in runs for signer in run.signers])
    return BenchResult(
        name,
        round(scores.top1, 4),
        "detection x accuracy",
        f"the alphabet portal's v1 (256-128-64), trained as it is there on {peer_hands}",
        round(theirs, 4),
        round(scores.top1 / theirs, 4),
        len(set(units)),
        {
            **details,
            "top1_ci95": [round(scores.top1_ci95.low, 4), round(scores.top1_ci95.high, 4)],
            "resampled": "pictures",
            "detection_rate": round(float(detected.mean()), 4),
            "top1_detected": round(float(right[detected].mean()), 4),
            "macro_f1": round(scores.macro_f1, 4),
            "by_seed": {
                seed: _mean(run.right for run in runs if run.seed == seed) for seed in sorted({r.seed for r in runs})
            },
            "by_signer": {s: round(float(right[signers == s].mean()), 4) for s in sorted(set(signers))},
            "peer_by_seed": {
                seed: _mean(run.right for run in peer if run.seed == seed) for seed in sorted({r.seed for r in peer})
            },
            "weakest_letters": _weakest(right, truth, labels),
        },
    )


def seen(store: Store, chosen: Sequence[int], recipe_name: str, labels: tuple[str, ...]) -> Hands:
    """The hands of those pictures in which one was found."""
    return gather_hands(store, chosen, LettersRecipe.read(find_recipe(recipe_name)).letters, labels)


def _mean(parts: Any) -> float:
    return round(float(np.concatenate(list(parts)).mean()), 4)


def _weakest(right: NDArray[np.bool_], truth: NDArray[np.int64], labels: tuple[str, ...]) -> dict[str, float]:
    recall = {label: float(right[truth == k].mean()) for k, label in enumerate(labels) if (truth == k).any()}
    return {label: round(recall[label], 3) for label in sorted(recall, key=recall.__getitem__)[:6]}


def _digest(recipe: LettersRecipe, train: Hands, origin: str) -> str:
    """Eight letters that change with any setting, hand or statement of the training code."""
    found = hashlib.sha256(repr([getattr(recipe, f.name) for f in fields(recipe) if f.name != "source"]).encode())
    found.update(repr((origin, train.labels, train.sources, code_digest(TRAINING))).encode())
    for array in (train.points, train.classes):
        found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()[:8]
