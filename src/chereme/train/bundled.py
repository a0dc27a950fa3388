"""Retrain the recognizer that ships with chereme: `python -m chereme.train.bundled`, or `make models`.

About ten minutes on one core; the encoder `asl1700` must be there. Validation blocks give the calibration; then it
learns from training and validation blocks together, and the score on the test blocks goes into the bundle.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from chereme.bundle import Bundle, Card
from chereme.dataset.importers import IMPORTERS
from chereme.dataset.protocols import isl43
from chereme.dataset.store import pack
from chereme.places import BUNDLES, data_folder
from chereme.recipe import find_recipe
from chereme.train.config import RecognizerRecipe
from chereme.train.run import train_bundle

__all__ = ["ISL43", "train_isl43"]

ISL43 = Card(
    title="43 Indian Sign Language words",
    summary=(
        "Names one of 43 isolated Indian Sign Language words from body and hand landmarks (MediaPipe Holistic,"
        " layout body_hands_75). Small enough for any laptop; meant to show the whole chain at work."
    ),
    data=("isl_include43_poses", "wlasl_hands (in the encoder that training began from)"),
    licence=(
        "none stated by its publisher; looks like INCLUDE, believed CC BY 4.0, not checked; WLASL: Computational Use of"
        " Data Agreement, academic and computational use only"
    ),
    use="research",
    limits=(
        "Knows these 43 words only, signed alone, one at a time; it is no interpreter.",
        "One seed of three: the figure to quote is the mean of the three, `chereme bench acc-isl43 --recorded`.",
        "Other signing it was never shown: it declines some signs outside its words, and is sure and wrong on others,"
        " `chereme bench unknown --recorded`.",
        "Signers of the test blocks are probably, not certainly, other people than those it learnt from.",
        "Few signers, recorded alike; other regions and other cameras will differ.",
        "Facial expression is not read, so signs that differ in it alone cannot be told apart.",
    ),
)


def train_isl43(data: str | Path | None, out: Path, work: Path, seed: int = 0) -> Bundle:
    """Train the default recognizer from the public set's folder and write its bundle at `out`."""
    name = "isl_include43_poses"
    store = pack(IMPORTERS[name](data_folder(data) / name), work / "store")
    split = isl43(store.clips)["isl43"]
    recipe = RecognizerRecipe.read(
        find_recipe("isl43").changed([f"train.seed={seed}"]) if seed else find_recipe("isl43")
    )
    train_bundle(
        recipe,
        store,
        split,
        work / "run",
        ISL43,
        split_name="isl43",
        name="isl43",
        refit=True,
        test=True,
        show=sys.stderr.isatty(),
    )
    if out.exists():
        shutil.rmtree(out)
    shutil.copytree(work / "run" / "bundle", out)
    return Bundle.load(out)


def main() -> None:
    """Parse the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", help="folder of the public data sets")
    parser.add_argument("-o", "--out", type=Path, default=BUNDLES / "isl43")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        bundle = train_isl43(chosen.data, chosen.out, Path(work), chosen.seed)
    print(f"{bundle.folder}: {bundle.scores}")


if __name__ == "__main__":
    main()
