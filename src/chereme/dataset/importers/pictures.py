"""Sets of hand photographs: each yields its clips with the bytes of their picture files.

Their landmarks are found by `chereme.landmarks.hand_pictures`. The pictures stay in the tar that the set comes in.
"""

import csv
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

from chereme.dataset.manifest import nfc
from chereme.errors import ManifestError
from chereme.types import Clip

__all__ = ["PICTURE_SETS"]

_OPEN = "open; the pixels' own source is unchecked"
_MEASURE = "not stated; identifiable people: measuring only"


def asl_letters_users(folder: Path) -> Iterator[tuple[Clip, bytes]]:
    """961 uncut photos of 24 ASL letters (no J, Z) by four signers."""
    return _pictures(folder, lambda row: row["label"].upper(), language="ase", signer="signer", licence=_MEASURE)


def asl_alphanum_massey(folder: Path) -> Iterator[tuple[Clip, bytes]]:
    """2,515 hands cut out on black, ASL letters and digits by five signers; letters come as capitals."""
    return _pictures(folder, lambda row: row["label"].upper(), signer="signer", licence="not stated; measuring only")


def libras_letters_univali(folder: Path) -> Iterator[tuple[Clip, bytes]]:
    """900 photos of 15 letters that Libras and ASL share; one signer, it seems, filmed in a row."""
    return _pictures(folder, lambda row: row["label"].upper(), licence=f"MIT; {_OPEN}")


def digits_ankara(folder: Path) -> Iterator[tuple[Clip, bytes]]:
    """2,059 photos of the digits 0 to 9, 100 pixels square, by 218 students; who is who is not said."""
    return _pictures(folder, lambda row: row["label"], licence="Apache-2.0")


def lsa16_handshapes(folder: Path) -> Iterator[tuple[Clip, bytes]]:
    """800 pictures of 16 handshapes of Argentinian Sign Language: ten signers, coloured gloves, cut out on black."""
    return _pictures(
        folder, lambda row: row["label"], language="aed", signer="signer", licence="CC BY-NC-SA 4.0; measuring only"
    )


PICTURE_SETS: dict[str, Callable[[Path], Iterator[tuple[Clip, bytes]]]] = {
    "asl_letters_users": asl_letters_users,
    "asl_alphanum_massey": asl_alphanum_massey,
    "libras_letters_univali": libras_letters_univali,
    "digits_ankara": digits_ankara,
    "lsa16_handshapes": lsa16_handshapes,
}
"""Sets of pictures: name, also its folder's name, to a function that gives clips and picture files, in index order."""


def _pictures(
    folder: Path, gloss_of: Callable[[dict[str, str]], str], language: str = "", signer: str = "", licence: str = ""
) -> Iterator[tuple[Clip, bytes]]:
    """Clips of `index.csv` with their files in `images.tar`; `signer` is the name of its column.

    Raises:
        ManifestError: a file of the index is not in the tar, or one of the two cannot be read.
    """
    try:
        with (
            (folder / "index.csv").open(encoding="utf-8", newline="") as lines,
            tarfile.open(folder / "images.tar") as tar,
        ):
            inside = {nfc(member.name): member for member in tar.getmembers()}
            for row in csv.DictReader(lines):
                member = inside.get(nfc(row["file"]))
                file = None if member is None else tar.extractfile(member)
                if file is None:
                    raise ManifestError(f"{folder}: images.tar holds no {row['file']}; get the set again")
                clip = Clip(
                    id=nfc(row["file"]),
                    path="",
                    gloss=nfc(gloss_of(row)),
                    language=language,
                    signer=row[signer] if signer else "",
                    source=folder.name,
                    licence=licence,
                )
                yield clip, file.read()
    except (OSError, tarfile.TarError, KeyError) as error:
        raise ManifestError(f"{folder}: its index.csv or images.tar cannot be read: {error}") from error
