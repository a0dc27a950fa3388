"""Two sets of videos: their clips, for a manifest; landmarks are made by `chereme extract`."""

import csv
from collections.abc import Iterator
from pathlib import Path

from chereme.dataset.manifest import nfc
from chereme.errors import ManifestError
from chereme.types import Clip

__all__ = ["asl24_videos", "libras25_videos"]


def asl24_videos(folder: Path) -> Iterator[Clip]:
    """120 videos of 24 American Sign Language words, four signers, five takes a word.

    Signer labels are the packer's, from the background, not the source's.
    """
    with (folder / "index.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            yield Clip(
                id=f"{row['gloss']}/{Path(row['file']).stem}",
                path=row["file"],
                gloss=row["gloss"],
                language="ase",
                signer=row["signer"],
                licence="not stated; identifiable people: measuring only",
            )


def libras25_videos(folder: Path) -> Iterator[Clip]:
    """24 Libras videos, one a word, from four dictionaries; for trying the way from video to landmarks.

    A file is `word_dictionary_signer.mp4`; accents come in whichever Unicode form the disk has and are given
    in NFC. Signer numbers count within a dictionary.

    Raises:
        ManifestError: a file of another name.
    """
    for path in sorted((folder / "videos").glob("*.mp4"), key=lambda p: nfc(p.name)):
        name = nfc(path.stem)
        try:
            gloss, dictionary, signer = name.rsplit("_", 2)
        except ValueError:
            raise ManifestError(f"{path}: not named word_dictionary_signer.mp4") from None
        yield Clip(
            id=name,
            path=f"videos/{nfc(path.name)}",
            gloss=gloss,
            language="bzs",
            signer=f"{dictionary}{signer}",
            source=dictionary,
            licence="not stated; the dictionaries have terms of their own: measuring only",
        )
