"""A folder of class folders as a data set: `casa/1.mp4` is a clip of the gloss `casa`."""

import logging
from collections import Counter
from pathlib import Path

from chereme.dataset.manifest import check_ids, nfc
from chereme.errors import ManifestError
from chereme.types import Clip

__all__ = ["CLIP_SUFFIXES", "check_new", "is_pose", "read_folder"]

CLIP_SUFFIXES = frozenset(
    ".pose .mp4 .m4v .webm .mov .avi .mkv .mpg .mpeg .ogv .3gp .gif .jpg .jpeg .png .bmp .webp".split()
)
"""Files taken from a class folder; others (notes, thumbnails' databases) are passed over."""


def check_new(folder: Path) -> None:
    """Raises ManifestError when something stands at `folder` already; an empty folder may."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ManifestError(f"{folder}: exists and is not empty; name a new folder")


def read_folder(folder: str | Path) -> tuple[Clip, ...]:
    """The clips below a folder of class folders, in order of their paths.

    The gloss is the class folder's name, the id the path without its suffix (with it where two files differ
    in nothing else). A video beside the `.pose` made from it counts once, as the `.pose`.

    Raises:
        ManifestError: no such folder, no clip in it, or clips that lie outside any class folder.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ManifestError(f"{folder}: no such folder")
    files = sorted(
        (path.relative_to(folder) for path in folder.rglob("*") if path.suffix.lower() in CLIP_SUFFIXES),
        key=lambda path: nfc(path.as_posix()),
    )
    files = [path for path in files if not any(part.startswith(".") for part in path.parts)]
    if loose := [path for path in files if len(path.parts) == 1]:
        raise ManifestError(
            f"{folder}: {len(loose)} clips lie outside any class folder (first: {loose[0]});"
            " put each in a folder named for its gloss, or write a manifest"
        )
    posed = {_stem(path) for path in files if is_pose(path)}
    files = [path for path in files if is_pose(path) or _stem(path) not in posed]
    if not files:
        raise ManifestError(f"{folder}: no videos, pictures or .pose files in class folders")
    for inside in folder.iterdir():
        if inside.is_dir() and not inside.name.startswith(".") and all(p.parts[0] != inside.name for p in files):
            logging.getLogger(__name__).warning("%s: class folder without clips", inside)
    same = Counter(_stem(path) for path in files)
    clips = [
        Clip(
            id=_stem(path) if same[_stem(path)] == 1 else nfc(path.as_posix()),
            path=nfc(path.as_posix()),
            gloss=nfc(path.parts[0]),
        )
        for path in files
    ]
    check_ids(clips, str(folder))
    return tuple(clips)


def is_pose(path: str | Path) -> bool:
    """Whether a file holds landmarks already."""
    return str(path).lower().endswith(".pose")


def _stem(path: Path) -> str:
    """Path without suffixes: `casa/1.pose` and `casa/1.mp4.pose` come from `casa/1.mp4`."""
    if is_pose(path) and path.with_suffix("").suffix.lower() in CLIP_SUFFIXES:
        path = path.with_suffix("")
        return nfc(path.as_posix())
    return nfc(path.with_suffix("").as_posix())
