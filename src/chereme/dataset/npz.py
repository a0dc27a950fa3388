"""The alphabet portal's data file: hand features and labels in one `.npz`.

| key | type | meaning |
|---|---|---|
| `features` | float32 (N, 84) | see `chereme.features.hand.hand_84` |
| `labels` | int64 (N,) | place in `label_names` |
| `label_names` | text (K,) | classes, sorted; a class may have no row |
"""

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chereme.dataset.store import Store, pack
from chereme.errors import ManifestError
from chereme.files import write_beside
from chereme.layout import HAND_21
from chereme.types import Clip, Floats, PoseSequence

__all__ = ["FEATURES", "FeatureTable", "read_npz", "store_from_npz", "write_npz"]

FEATURES = 84


@dataclass(frozen=True, eq=False)
class FeatureTable:
    """N hands, each with its features and its class."""

    features: Floats
    """(N, 84)."""
    labels: NDArray[np.int64]
    """(N,) places in `label_names`."""
    label_names: tuple[str, ...]


def write_npz(table: FeatureTable, path: str | Path) -> None:
    """Write a table in the portal's schema, compressed, whole or not at all.

    Raises:
        ManifestError: it cannot be written.
    """
    path = Path(path)
    try:
        with write_beside(path) as part, part.open("wb") as file:
            np.savez_compressed(
                file,
                features=table.features.astype(np.float32),
                labels=table.labels.astype(np.int64),
                label_names=np.array(table.label_names, dtype=np.str_),
            )
    except OSError as error:
        raise ManifestError(f"{path}: cannot be written: {error.strerror or error}") from error


def read_npz(path: str | Path) -> FeatureTable:
    """Read what `write_npz` or the portal's `prepare_dataset.py` wrote; nothing in the file is run.

    A file without `label_names` is refused: the portal would call its classes A, B, … by their numbers, which is wrong
    without an error as soon as a letter is missing.

    Raises:
        ManifestError: no such file, not this schema, or labels that do not fit the names.
    """
    path = Path(path)
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            if missing := [key for key in ("features", "labels", "label_names") if key not in file]:
                raise ManifestError(
                    f"{path}: no {' and no '.join(missing)} in it; make it with `chereme extract --hands`"
                )
            features, labels, names = (file[key] for key in ("features", "labels", "label_names"))
    except (OSError, ValueError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise ManifestError(f"{path}: cannot be read as .npz: {error}") from error
    if features.ndim != 2 or features.shape[1] != FEATURES or not np.isfinite(features).all():
        raise ManifestError(f"{path}: features of shape {features.shape}, (N, {FEATURES}) finite numbers are needed")
    if labels.shape != (len(features),) or not np.issubdtype(labels.dtype, np.integer):
        raise ManifestError(f"{path}: labels of shape {labels.shape}, {len(features)} whole numbers are needed")
    if len(labels) and not 0 <= labels.min() <= labels.max() < len(names):
        raise ManifestError(f"{path}: labels from {labels.min()} to {labels.max()} for {len(names)} label_names")
    return FeatureTable(features.astype(np.float32), labels.astype(np.int64), tuple(map(str, names)))


def store_from_npz(path: str | Path, folder: str | Path) -> Store:
    """Pack the hands of a portal data file, one clip of one frame each, in layout `hand_21`.

    The first 63 features are the hand's points, about the wrist and in units of its size, so the hand comes back but
    for its place and size. Ids are the file's stem and the row, for names of pictures are not kept; neither are
    signers, so only a random split can be made, and pictures without a hand are not in it.

    Raises:
        ManifestError: as `read_npz`, or no row in it.
        StoreError: the store cannot be written.
    """
    path = Path(path)
    table = read_npz(path)
    if not len(table.labels):
        raise ManifestError(f"{path}: no hand in it; make it with `chereme extract --hands`")
    hands = table.features[:, :63].reshape(-1, 1, 21, 3)
    return pack(
        (
            (Clip(f"{path.stem}/{row}", "", table.label_names[label]), PoseSequence(hands[row], HAND_21, 1.0, (1, 1)))
            for row, label in enumerate(table.labels.tolist())
        ),
        folder,
    )
