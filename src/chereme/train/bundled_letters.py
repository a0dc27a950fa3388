"""Retrain the spellers that ship with chereme: `python -m chereme.train.bundled_letters`, or `make models`.

Only sets that may be used by anyone take part. Weights and settings are chosen on people that were not trained on;
then each speller learns from all of them. The sets for testing are scored by `chereme bench acc-letters-cross`.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from chereme.bundle import Bundle, Card
from chereme.dataset.importers import IMPORTERS
from chereme.dataset.importers.pictures import PICTURE_SETS
from chereme.dataset.store import Store, pack
from chereme.features.hand import right_hands
from chereme.landmarks.hand_pictures import store_of_pictures
from chereme.layout import HAND_21
from chereme.places import BUNDLES, data_folder
from chereme.recipe import find_recipe
from chereme.train.letters import train_speller
from chereme.train.letters_config import LettersRecipe
from chereme.types import Clip, PoseSequence

__all__ = ["ALPHABETS", "Alphabet", "alphabet_split", "alphabet_store", "train_alphabet"]

OTHER_LANGUAGES = "fingerspelling_poses, other languages"
"""Source of clips of other languages' letters that look like the alphabet's own."""

ALIKE = {
    "asq": "ABCDEFGHIKLMOPSUVWXY",
    "bzs": "ABCDFIKLMOPQUVWXY",
    "eso": "BILMXY",
    "gsg": "ABCDEFHIKLMNOSUVXY",
    "ise": "ABCDEFGHILMOUVWY",
    "lls": "BILRV",
    "mfs": "BCDEGHIKLORSTUVW",
    "psr": "CLO",
    "sgg": "ABCDEFGHIKLMNORTUVWXY",
    "ssp": "CDFGILVW",
    "svk": "ABDEFLMOSUVWY",
    "swl": "KOQ",
}
"""Letters of other languages that have the handshape of the ASL letter of that name: those that a first model, trained
without them, named so with a probability above one half. They bring a dozen more people's hands."""

_LIBRAS_AS_ASL = "ABCDEILORSUVWY"
_MOVING_LIBRAS = "ÇHJKXZ"


@dataclass(frozen=True)
class Alphabet:
    """What a bundled speller learns, and from which clips."""

    name: str
    language: str
    labels: tuple[str, ...]
    sets: Mapping[str, Callable[[Clip], Clip | None]]
    """Public set to a function that gives a clip its label here, or leaves it out; other labels help to train."""
    validates: Callable[[Clip], bool]
    """The clips that calibrate; after that they are trained on as well."""
    held_out: str
    """Those clips in words."""
    card: Card


def _asl(clip: Clip) -> Clip | None:
    if clip.source == "digits_ankara":
        return replace(clip, gloss={"0": "O", "2": "V", "6": "W", "9": "F"}.get(clip.gloss, f"digit {clip.gloss}"))
    if clip.source == "fingerspelling_poses" and clip.language != "ase":
        return replace(clip, source=OTHER_LANGUAGES) if clip.gloss in ALIKE.get(clip.language, "") else None
    return clip


def _libras(clip: Clip) -> Clip | None:
    if clip.source == "fingerspelling_poses" and clip.language != "bzs":
        alike = set(ALIKE.get(clip.language, "")) & set(_LIBRAS_AS_ASL + "MN")
        return replace(clip, source=OTHER_LANGUAGES) if clip.gloss in alike else None
    if clip.source.startswith("handlandmarks"):
        return clip if clip.gloss in _LIBRAS_AS_ASL else None
    return clip


def _digits(clip: Clip) -> Clip | None:
    return clip


_TRIED = "A still picture cannot show a letter that moves; of a film it is read by the line that the finger draws."
_HELPERS = "libras_letters_univali (MIT; its pixels come from a set whose licence is unchecked)"
_POSES = "fingerspelling_poses (MIT; the recordings' own licence unchecked)"

ALPHABETS = {
    "asl_letters": Alphabet(
        "asl_letters",
        "ase",
        tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
        {
            "asl_letters_handlandmarks": _asl,
            "libras_letters_univali": _asl,
            "digits_ankara": _asl,
            "fingerspelling_poses": _asl,
            "fingerspell_transitions_asl": _asl,
        },
        lambda clip: clip.source == "libras_letters_univali" or (clip.language == "ase" and "poses" in clip.source),
        "other people: libras_letters_univali and the ASL clips of fingerspelling_poses",
        Card(
            title="Letters of American Sign Language",
            summary=(
                "Names the letter that one hand shows, from its 21 landmarks (MediaPipe Hands). J and Z are read in"
                " films by the line that the finger draws."
            ),
            data=(
                "asl_letters_handlandmarks (CC0 / MIT)",
                _HELPERS,
                "digits_ankara (Apache-2.0)",
                _POSES,
                "fingerspell_transitions_asl (MIT; the animations' own licence is not stated)",
            ),
            licence="open licences throughout; upstream of three sets unchecked, as said with each",
            use="open",
            limits=(
                _TRIED,
                "J and Z: unmeasured, there is one clip of each.",
                "It names 78 of 100 letters of four other people (`chereme bench acc-letters-cross --recorded`):"
                " some make T, P, Q, G and H in ways that it has not seen. Trained on with three people's pictures, it"
                " names 96 of 100 of a fourth's (`acc-letters-loso`).",
                "Few people: most hands are one person's; the others show each letter once or are drawn by hand.",
                "M, N and T, or R and U, differ in what the landmark engine sees badly: look at the second letter too.",
                "It names letters; a spelled word needs the film, and it is no interpreter.",
            ),
        ),
    ),
    "libras_letters": Alphabet(
        "libras_letters",
        "bzs",
        tuple("ABCÇDEFGHIJKLMNOPQRSTUVWXYZ"),
        {
            "libras_letters_univali": _libras,
            "asl_letters_handlandmarks": _libras,
            "fingerspelling_poses": _libras,
        },
        lambda clip: clip.source == OTHER_LANGUAGES,
        "other people: letters of other languages that look alike",
        Card(
            title="Letters of Libras",
            summary=(
                "Names the letter of the Libras alphabet that one hand shows, from its 21 landmarks (MediaPipe Hands);"
                " letters that move are read in films."
            ),
            data=(_HELPERS, "asl_letters_handlandmarks (CC0 / MIT; the letters that ASL and Libras share)", _POSES),
            licence="open licences throughout; upstream of two sets unchecked, as said with each",
            use="open",
            limits=(
                "Unmeasured: there is no test set of Libras letters, and of twelve letters one clip of one person.",
                _TRIED,
                "Letters that Libras shares with ASL were learnt from both.",
                "It names letters; a spelled word needs the film, and it is no interpreter.",
            ),
        ),
    ),
    "digits": Alphabet(
        "digits",
        "",
        tuple("0123456789"),
        {"digits_ankara": _digits},
        lambda clip: False,
        "the last fifth of each digit's files; who is in them is not said",
        Card(
            title="Digits 0 to 9",
            summary="Names the digit that one hand shows, from its 21 landmarks (MediaPipe Hands).",
            data=("digits_ankara (Apache-2.0)",),
            licence="Apache-2.0",
            use="open",
            limits=(
                "As 218 students in Ankara show them; digits differ between signed languages, most of all 6 to 9.",
                "0 looks like the letter O, 2 like V, 6 like W, 9 like F.",
            ),
        ),
    ),
}


def alphabet_store(alphabet: Alphabet, data: str | Path | None, folder: Path, pictures: Path) -> Store:
    """The clips that an alphabet is learnt from, as right hands, packed at `folder`.

    The hands of each set of pictures are found once and kept in the folder `pictures`.
    """
    return pack(_clips(alphabet, data_folder(data), pictures), folder)


def alphabet_split(alphabet: Alphabet, clips: Iterable[Clip]) -> dict[str, str]:
    """Clip id to `train` or `validation`; a set without people of its own is cut in stretches of file numbers."""
    parts = {clip.id: "validation" if alphabet.validates(clip) else "train" for clip in clips}
    if "validation" not in parts.values():
        by_gloss: dict[str, list[str]] = {}
        for clip in clips:
            by_gloss.setdefault(clip.gloss, []).append(clip.id)
        parts |= {i: "validation" for ids in by_gloss.values() for i in ids[-len(ids) // 5 :]}
    return parts


def train_alphabet(
    alphabet: Alphabet, store: Store, out: Path, work: Path, seed: int | None = None, refit: bool = True
) -> Bundle:
    """Train a bundled speller and write its bundle at `out`."""
    recipe = find_recipe(alphabet.name)
    if seed is not None:
        recipe = recipe.changed([f"letters.seed={seed}"])
    train_speller(
        LettersRecipe.read(recipe),
        store,
        alphabet_split(alphabet, store.clips),
        work,
        alphabet.card,
        split_name=alphabet.held_out,
        name=alphabet.name,
        labels=alphabet.labels,
        language=alphabet.language,
        refit=refit,
        show=sys.stderr.isatty(),
    )
    if out.exists():
        shutil.rmtree(out)
    shutil.copytree(work / "bundle", out)
    return Bundle.load(out, "speller")


def _clips(alphabet: Alphabet, data: Path, pictures: Path) -> Iterator[tuple[Clip, PoseSequence]]:
    for name, choose in alphabet.sets.items():
        for clip, sequence in _found(name, data, pictures):
            chosen = choose(clip)
            if chosen is not None:
                points, _ = right_hands(sequence)
                yield chosen, PoseSequence(points, HAND_21, sequence.fps, sequence.size)


def _found(name: str, data: Path, pictures: Path) -> Iterator[tuple[Clip, PoseSequence]]:
    if name in IMPORTERS:
        return IMPORTERS[name](data / name)
    kept = pictures / name
    store = (
        Store.open(kept)
        if (kept / "store.json").is_file()
        else store_of_pictures(PICTURE_SETS[name](data / name), kept)
    )
    return ((clip, store.sequence(i)) for i, clip in enumerate(store.clips))


def main() -> None:
    """Parse the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(ALPHABETS), help=f"of {', '.join(ALPHABETS)}; all if none")
    parser.add_argument("--data", help="folder of the public data sets")
    parser.add_argument("-o", "--out", type=Path, default=BUNDLES, help="folder for the bundles")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for name in chosen.names:
            work = Path(folder) / name
            store = alphabet_store(ALPHABETS[name], chosen.data, work / "store", Path(folder) / "pictures")
            bundle = train_alphabet(ALPHABETS[name], store, chosen.out / name, work / "run")
            print(f"{bundle.folder}: {bundle.scores}", flush=True)


if __name__ == "__main__":
    main()
