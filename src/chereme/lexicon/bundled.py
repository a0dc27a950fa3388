"""Make the lexicons that ship with chereme again: `python -m chereme.lexicon.bundled`, or `make models`.

They hold embeddings alone, no landmarks and no picture. Embeddings are of one encoder, so a bundle that is trained anew
asks for lexicons that are made anew. It takes a minute or two: 24 videos are looked at.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby, zip_longest
from pathlib import Path

from tqdm import tqdm

from chereme.bundle import Card
from chereme.dataset.importers import IMPORTERS, VIDEO_SETS
from chereme.dataset.manifest import find_file
from chereme.dataset.protocols import last_blocks
from chereme.errors import ManifestError
from chereme.landmarks import extract_clip
from chereme.lexicon.lexicon import Lexicon
from chereme.lexicon.packed import pack
from chereme.lexicon.sign import About, Sign
from chereme.places import LEXICONS, data_folder
from chereme.recognize import DEFAULT_ENCODER, Recognizer, hand_seen
from chereme.types import Clip, PoseSequence

__all__ = ["BUNDLED", "Bundled", "indian_examples", "libras_examples", "make_lexicon"]

Examples = Iterator[tuple[Clip, PoseSequence]]

DICTIONARIES = {"ne": "INES", "sb": "SignBank", "uf": "UFV", "vl": "V-Librasil"}
"""Where the Libras videos come from."""
MOST = 3
"""Examples of each Indian word."""


@dataclass(frozen=True)
class Bundled:
    """What a lexicon that ships is made of."""

    card: Card
    folder: str
    """Of the public set."""
    examples: Callable[[Path], Examples]
    """Of that folder: clips and their landmarks."""


def libras_examples(folder: Path) -> Examples:
    """The one video of each of 24 Libras words, through our own extractor.

    Raises:
        ManifestError: a video is not there.
        ClipError: a video cannot be read, or shows no hand.
    """
    for clip in VIDEO_SETS["libras25_videos"](folder):
        path = find_file(folder, clip.path)
        if path is None:
            raise ManifestError(f"{folder / clip.path}: no such video")
        yield replace(clip, source=DICTIONARIES.get(clip.source, clip.source)), extract_clip(path)


def indian_examples(folder: Path, most: int = MOST) -> Examples:
    """Clips of each of 43 Indian words, none of its last recording block, which is the test of protocol isl43.

    Blocks take turns, so that the examples show as many signers as there are.

    Args:
        folder: of `isl_include43_poses`.
        most: clips of a word.
    """
    clips = {clip.id: (clip, sequence) for clip, sequence in IMPORTERS["isl_include43_poses"](folder)}
    parts = last_blocks([clip for clip, _ in clips.values()])
    shown = [clip for clip, sequence in clips.values() if parts[clip.id] != "test" and hand_seen(sequence)]
    shown.sort(key=lambda clip: (clip.gloss, clip.source, clip.id))
    for _, of_word in groupby(shown, key=lambda clip: clip.gloss):
        blocks = [list(block) for _, block in groupby(of_word, key=lambda clip: clip.source)]
        in_turn = [clip for turn in zip_longest(*blocks) for clip in turn if clip is not None]
        yield from (clips[clip.id] for clip in in_turn[:most])


BUNDLED = {
    "libras24": Bundled(
        Card(
            title="24 words of Libras, by one example each; unmeasured: one clip per word",
            summary=(
                "Names one of 24 words of Brazilian Sign Language, each known by a single video of a dictionary. Shows"
                " that signs of any language can be looked up with an encoder that learnt from American signs alone."
            ),
            data=("libras25_videos", "wlasl_hands"),
            licence=(
                "none stated for the videos, whose dictionaries (INES, SignBank, UFV, V-Librasil) have terms of their"
                " own; WLASL, which the encoder learnt from: academic and computational use only"
            ),
            use="research",
            limits=(
                "Unmeasured: there is one clip per word, so none is left to test on.",
                "Knows these 24 words only, signed alone, one at a time; it is no interpreter.",
                "One signer's way of each word; other regions sign other forms.",
                "Embeddings only: signs can be found, not drawn.",
                "Body and face are not read, so signs that differ there alone are not told apart.",
            ),
        ),
        "libras25_videos",
        libras_examples,
    ),
    "isl43": Bundled(
        Card(
            title="43 words of Indian Sign Language, by up to three examples each",
            summary=(
                "Names one of 43 words by clips of each, with an encoder that learnt from American signs alone. The"
                " recognizer `isl43` was trained on more clips of the same words."
            ),
            data=("isl_include43_poses", "wlasl_hands"),
            licence=(
                "none stated for the clips, which look like INCLUDE, believed CC BY 4.0, not checked; WLASL, which the"
                " encoder learnt from: academic and computational use only"
            ),
            use="research",
            limits=(
                "Knows these 43 words only, signed alone, one at a time; it is no interpreter.",
                "Few signers, recorded alike; other regions and other cameras will differ.",
                "Unmeasured as it is: `chereme bench one-shot-cross` looks the same words up by one example of each.",
                "Embeddings only: signs can be found, not drawn.",
                "Body and face are not read, so signs that differ there alone are not told apart.",
            ),
        ),
        "isl_include43_poses",
        indian_examples,
    ),
}
"""Name to what it is made of."""


def make_lexicon(path: Path, card: Card, examples: Iterable[tuple[Clip, PoseSequence]], encoder: Recognizer) -> Path:
    """Write a lexicon of embeddings alone at a path, whole or not at all; the same clips give the same embeddings.

    Args:
        path: of the file, taken if there is one.
        card: what it is and what it may be used for.
        examples: clips with their landmarks.
        encoder: what embeds them.

    Raises:
        KnownEntryError: a clip comes twice.
        UnseenError: a clip shows no hand.
    """
    with (
        tempfile.TemporaryDirectory() as scratch,
        Lexicon.open(Path(scratch) / path.name, encoder, create=True) as lexicon,
    ):
        for clip, sequence in examples:
            about = About(f"{card.data[0]}: {clip.source}", card.licence)
            lexicon.add(Sign(clip.gloss, clip.language), sequence, about, keep_pose=False)
        lexicon.describe(card)
        pack(lexicon, path, embeddings_only=True)
    return path


def main() -> None:
    """Parse the command line and make them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(BUNDLED), metavar="NAME", help="default: all")
    parser.add_argument("--data", help="folder of the public data sets")
    parser.add_argument("--bundle", default=DEFAULT_ENCODER, help="what embeds the clips; default: %(default)s")
    parser.add_argument("-o", "--out", type=Path, default=LEXICONS)
    chosen = parser.parse_args()
    if strangers := [name for name in chosen.names if name not in BUNDLED]:
        parser.error(f"no lexicon {strangers[0]} ships; {', '.join(BUNDLED)} do")
    encoder, data = Recognizer.load(chosen.bundle), data_folder(chosen.data)
    for name in chosen.names:
        made_of = BUNDLED[name]
        examples = tqdm(made_of.examples(data / made_of.folder), name, unit="clip", disable=None)
        path = make_lexicon(chosen.out / f"{name}.sqlite", made_of.card, examples, encoder)
        print(f"{path}: {path.stat().st_size} bytes, embedded by {encoder.bundle.space}")


if __name__ == "__main__":
    main()
