"""Retrain the producers that ship with chereme: `python -m chereme.train.bundled_producers`, or `make models`.

Some minutes on one core. They hold weights only: no recording, no pose of a person.
"""

import csv
import io
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import torch

from chereme.bundle import Card
from chereme.dataset.importers import IMPORTERS
from chereme.dataset.protocols import isl43
from chereme.errors import ManifestError
from chereme.layout import BODY_HANDS_75
from chereme.places import BUNDLES, data_folder
from chereme.poses import pose_from_bytes
from chereme.recipe import find_recipe
from chereme.train.decoder import DecoderConfig, train_decoder, write_decoder
from chereme.types import Clip, PoseSequence

__all__ = ["PRODUCERS", "BundledProducer", "by_gloss", "isl43_clips", "letter_clips", "train_bundled"]

Item = tuple[Clip, PoseSequence]


@dataclass(frozen=True)
class BundledProducer:
    """One producer that ships: its data, recipe, language and card."""

    clips: Callable[[Path], Sequence[Item]]
    """Folder of the data sets to its training clips."""
    recipe: str
    language: str
    card: Card


def isl43_clips(data: Path, parts: tuple[str, ...] = ("train", "validation")) -> list[Item]:
    """Clips of isl43 by the protocol's parts; without the test blocks unless they are asked for."""
    items = list(IMPORTERS["isl_include43_poses"](data / "isl_include43_poses"))
    part = isl43([clip for clip, _ in items])["isl43"]
    return [(clip, sequence) for clip, sequence in items if part[clip.id] in parts]


def letter_clips(data: Path, language: str) -> list[Item]:
    """The letters of one language of fingerspelling_poses that come with body and depth: one clip of each."""
    return list(_letters(data / "fingerspelling_poses" / "pose_files_bzs_ase_sgg_gsg.tar.xz", language))


def _letters(archive: Path, language: str) -> Iterator[Item]:
    depth = 750  # what that of the hands was divided by: see the importer of the hands alone
    with tarfile.open(archive) as members:
        files = {m.name.removeprefix("./"): members.extractfile(m) for m in members if m.isfile()}
        held = {name: file.read() for name, file in files.items() if file is not None}
    if "index.csv" not in held:
        raise ManifestError(f"{archive}: no index.csv in it, so it is not the archive of this set")
    for row in csv.DictReader(io.StringIO(held["index.csv"].decode("utf-8"))):
        if row["signed_language"] != language:
            continue
        sequence = pose_from_bytes(held[row["path"]], row["path"]).pick(BODY_HANDS_75)
        points = sequence.points.copy()
        for side in ("left", "right"):
            hand = points[:, sequence.layout.groups[f"{side}_hand"]]
            hand[..., 2] = (hand[..., 2] - hand[:, :1, 2]) * depth
        clip = Clip(f"fingerspelling_poses/{row['path']}", "", row["glosses"].upper(), language)
        yield clip, sequence.with_points(points)


def by_gloss(items: Sequence[Item]) -> dict[str, list[PoseSequence]]:
    """Gloss to its clips, glosses sorted."""
    found: dict[str, list[PoseSequence]] = {gloss: [] for gloss in sorted({clip.gloss for clip, _ in items})}
    for clip, sequence in items:
        found[clip.gloss].append(sequence)
    return found


_JUDGED = "no Deaf signer has judged the signs; do not learn or teach from them"
_UPSTREAM = "MIT (the repository's); the recordings' own licence was not checked"


def _letters_card(name: str) -> Card:
    return Card(
        f"The letters of {name}, from name to pose",
        "A small network that fingerspells single letters, body and right hand. It holds weights only: no recording, no"
        " pose of a person.",
        ("fingerspelling_poses",),
        _UPSTREAM,
        "open",
        (
            "one clip of each letter by one person: it is that person's way to spell",
            "the clips were trimmed and changed to about a second each by their publisher",
            _JUDGED,
        ),
    )


PRODUCERS: Mapping[str, BundledProducer] = {
    "isl43_producer": BundledProducer(
        isl43_clips,
        "isl43-producer",
        "ins",
        Card(
            "43 Indian Sign Language words, from gloss to pose",
            "A small network that signs 43 words. It holds weights only: no recording, no pose of a person. Each word"
            " is fitted to the typical way that its training clips are signed, under time warping.",
            ("isl_include43_poses",),
            "not stated by the source; looks like INCLUDE (believed CC BY 4.0, unchecked)",
            "research",
            (
                "its words come from the same recordings as those that the bundled recognizer was trained on: that"
                " it names them measures nothing; `chereme bench back-recognition` does",
                "hands, arms and head only: no facial expression, no mouthing",
                "what signers do differently is averaged away",
                _JUDGED,
            ),
        ),
    ),
    "ase_letters_producer": BundledProducer(
        lambda data: letter_clips(data, "ase"), "letters-producer", "ase", _letters_card("American Sign Language")
    ),
    "bzs_letters_producer": BundledProducer(
        lambda data: letter_clips(data, "bzs"), "letters-producer", "bzs", _letters_card("Libras")
    ),
}


def train_bundled(name: str, data: Path, out: Path) -> Path:
    """Train one producer that ships and write its bundle."""
    made = PRODUCERS[name]
    torch.set_num_threads(1)  # sums of several threads differ in the last bit
    recipe = find_recipe(made.recipe)
    recipe.check_tables(["decoder"])
    items = made.clips(data)
    decoder = train_decoder(by_gloss(items), recipe.stage("decoder", DecoderConfig))
    return write_decoder(out, decoder, recipe, made.card, made.language, [clip.id for clip, _ in items])


@click.command()
@click.option("--data", type=click.Path(path_type=Path), help="Folder of the public data sets.")
@click.option("-o", "--out", type=click.Path(path_type=Path), default=BUNDLES, help="Folder of the bundles.")
@click.option("--only", type=click.Choice(tuple(PRODUCERS)), help="This one alone.")
def main(data: Path | None, out: Path, only: str | None) -> None:
    """Train the producers that ship with chereme again."""
    for name in [only] if only else PRODUCERS:
        click.echo(train_bundled(name, data_folder(data), out / name))


if __name__ == "__main__":
    main()
