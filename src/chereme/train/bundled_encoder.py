"""Retrain the sign encoder that ships with chereme: `python -m chereme.train.bundled_encoder`, or `make models`.

About forty minutes on one core, two trainings. The first leaves 100 glosses and the official validation clips out: on
these it is calibrated, as a recognizer of its glosses and as one that looks signs up by one example. The second learns
from all official training and validation clips, and is what ships.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch

from chereme import __version__
from chereme.bundle import Bundle, Calibration, Card
from chereme.bundle.write import write_bundle
from chereme.dataset.importers import IMPORTERS
from chereme.dataset.importers.wlasl import twin_groups
from chereme.dataset.protocols import validation_glosses, wlasl_all_glosses
from chereme.dataset.split import Split
from chereme.dataset.store import Store, pack
from chereme.evaluate.calibration import calibrate, calibrate_similarity, look_up
from chereme.models import ConvTransformer
from chereme.places import BUNDLES, data_folder
from chereme.recipe import find_recipe
from chereme.train.answers import Parts, embeddings_of, logits_of, split_parts
from chereme.train.config import RecognizerRecipe
from chereme.train.loop import Kept
from chereme.train.run import fit

__all__ = ["ASL1700", "calibration_split", "train_asl1700"]

ASL1700 = Card(
    title="The sign encoder: 1,700 signs of American Sign Language, hands alone",
    summary=(
        "Gives a clip of one sign a place among all signs, so that signs it never saw, of any language, are looked up"
        " by one example each (`chereme lexicon`). Names one of 1,700 ASL glosses as well. Reads two hands, no body."
    ),
    data=("wlasl_hands",),
    licence="WLASL: Computational Use of Data Agreement, academic and computational use only",
    use="research",
    limits=(
        "As a recognizer of 1,700 glosses it is right about half the time: take it for its places, not for its names.",
        "Where a hand is in the picture counts, so film signers as WLASL does: head to hips, in the middle.",
        "Body and face are not read, so signs that differ there alone lie in one place.",
        "Learnt from the hands that MediaPipe Hands found in web videos; every tenth clip shows another gloss's video.",
        "It is no interpreter.",
    ),
)


def calibration_split(store: Store, folder: Path) -> Split:
    """The official split less 100 glosses, which are its part `test`; what shares a video with training is left out."""
    official, twins = wlasl_all_glosses(store.clips), twin_groups(folder)
    held = validation_glosses(store.clips, folder)
    theirs = {twins[clip.id] for clip in store.clips if clip.gloss in held and clip.id in twins}
    parts = {
        clip.id: official[clip.id]
        for clip in store.clips
        if official[clip.id] != "test" and clip.gloss not in held and twins.get(clip.id) not in theirs
    }
    trained = {twins[i] for i, part in parts.items() if part == "train" and i in twins}
    parts = {i: part for i, part in parts.items() if part == "train" or twins.get(i) not in trained}
    glosses = {clip.id: clip.gloss for clip in store.clips}
    known = {glosses[i] for i, part in parts.items() if part == "train"}
    return {i: part for i, part in parts.items() if glosses[i] in known}


def train_asl1700(data: str | Path | None, out: Path, work: Path, seed: int = 0) -> Bundle:
    """Train the encoder from the public set's folder and write its bundle at `out`."""
    folder = data_folder(data) / "wlasl_hands"
    store = pack(IMPORTERS["wlasl_hands"](folder), work / "store")
    recipe = RecognizerRecipe.read(find_recipe("asl1700").changed([f"train.seed={seed}"]))
    calibration, validated = _calibrated(store, folder, recipe, work / "calibration")
    parts = split_parts(store, wlasl_all_glosses(store.clips), recipe)
    used = np.concatenate([parts.train, parts.validation])
    kept = _fit(parts, used, recipe, work / "run")
    written = write_bundle(
        work / "bundle",
        kept.model,
        find_recipe("asl1700"),
        labels=parts.labels,
        language="ase",
        calibration=calibration,
        card=ASL1700,
        scores={
            "split": "wlasl, training and validation clips",
            "seed": seed,
            "epochs": kept.epochs,
            "train_clips": len(used),
            **validated,
            "chereme": __version__,
        },
        trained_on=[parts.ids[i] for i in used],
        name="asl1700",
    )
    if out.exists():
        shutil.rmtree(out)
    shutil.copytree(written.folder, out)
    return Bundle.load(out)


def _fit(parts: Parts, chosen: np.ndarray[tuple[int], np.dtype[np.int64]], recipe: RecognizerRecipe, at: Path) -> Kept:
    """Train to the last epoch; an interrupted training goes on."""
    resume = (at / "checkpoints" / "last.ckpt").exists()
    return fit(parts, chosen, None, recipe, at, resume=resume, show=sys.stderr.isatty())


def _calibrated(
    store: Store, folder: Path, recipe: RecognizerRecipe, work: Path
) -> tuple[Calibration, Mapping[str, object]]:
    """The calibration, and how the first training did on what it was calibrated on."""
    split = calibration_split(store, folder)
    held = validation_glosses(store.clips, folder)
    parts = split_parts(store, split, recipe)
    kept = _fit(parts, parts.train, recipe, work)
    logits = logits_of(kept.model, parts, parts.validation, recipe)
    found = calibrate(logits, parts.clips.classes[parts.validation], "validation clips of other videos")
    unseen = split_parts(store, {clip.id: "train" for clip in store.clips if clip.gloss in held}, recipe)
    assert isinstance(kept.model, ConvTransformer)
    embeddings = embeddings_of(kept.model, unseen, unseen.train, recipe)
    with torch.no_grad():
        placed = kept.model.place(torch.from_numpy(embeddings)).numpy()
    similarities, right = look_up(placed, unseen.clips.classes)
    validated = {
        "validated": "by a training without these clips and glosses; five random examples of each gloss in turn",
        "validation_clips": len(parts.validation),
        "validation_top1": round(float((logits.argmax(1) == parts.clips.classes[parts.validation]).mean()), 4),
        "validation_glosses_unseen": len(unseen.labels),
        "validation_recall1_one_example": round(float((similarities.argmax(1) == right).mean()), 4),
    }
    return calibrate_similarity(found, placed, unseen.clips.classes), validated


def main() -> None:
    """Parse the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", help="folder of the public data sets")
    parser.add_argument("-o", "--out", type=Path, default=BUNDLES / "asl1700")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", type=Path, help="keep the trainings here, and go on with those that are there")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        bundle = train_asl1700(chosen.data, chosen.out, chosen.work or Path(scratch), chosen.seed)
    print(f"{bundle.folder}: {bundle.scores} {bundle.calibration}")


if __name__ == "__main__":
    main()
