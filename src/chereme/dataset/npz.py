"""The alphabet portal's data file: hand features and labels in one `.npz`.

| key | type | meaning |
|---|---|---|
| `features` | float32 (N, 84) | see `chereme.features.hand.hand_84` |
| `labels` | int64 (N,) | place in `label_names` |
| `label_names` | text (K,) | classes, sorted, each once; a class may have no row |
"""

import hashlib
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
    if problem := _problem(features, labels, names):
        raise ManifestError(f"{path}: {problem}")
    return FeatureTable(_as_float32(features), labels.astype(np.int64), tuple(map(str, names)))


def _problem(features: NDArray[Any], labels: NDArray[Any], names: NDArray[Any]) -> str:
    """What does not fit the schema; empty when all does."""
    if names.ndim != 1 or names.dtype.kind != "U":
        return f"label_names of shape {names.shape} and type {names.dtype}, a list of names (K,) is needed"
    if double := [name for name, count in Counter(names.tolist()).items() if count > 1]:
        return f"label_names names {double[0]!r} twice; each class needs a name of its own"
    if features.ndim != 2 or features.shape[1] != FEATURES or features.dtype.kind not in "fiu":
        return f"features of shape {features.shape} and type {features.dtype}, (N, {FEATURES}) numbers are needed"
    if not np.isfinite(_as_float32(features)).all():
        row = int(np.flatnonzero(~np.isfinite(_as_float32(features)).all(1))[0])
        return f"features of row {row} hold NaN or infinity; finite numbers are needed"
    if labels.shape != (len(features),) or not np.issubdtype(labels.dtype, np.integer):
        return f"labels of shape {labels.shape}, {len(features)} whole numbers are needed"
    if len(labels) and not 0 <= labels.min() <= labels.max() < len(names):
        return f"labels from {labels.min()} to {labels.max()} for {len(names)} label_names"
    return ""


def _as_float32(features: NDArray[Any]) -> Floats:
    with np.errstate(over="ignore"):  # what is too large becomes infinite, which is refused
        return features.astype(np.float32)


def store_from_npz(path: str | Path, folder: str | Path) -> Store:
    """Pack the hands of a portal data file, one clip of one frame each, in layout `hand_21`.

    The first 63 features are the hand's points, about the wrist and in units of its size, so the hand comes back but
    for its place and size. Names of pictures are not kept, so an id is a digest of the hand's features: a hand
    that a bundle was trained on is known again under any file name and in any row. Signers are not kept either, so only
    a random split can be made, and pictures without a hand are not in it.

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
            (Clip(name, "", table.label_names[label]), PoseSequence(hands[row], HAND_21, 1.0, (1, 1)))
            for row, (name, label) in enumerate(zip(_ids(table.features), table.labels.tolist(), strict=True))
        ),
        folder,
    )


def _ids(features: Floats) -> Iterator[str]:
    """A digest of each row; the second of equal rows ends in `-2`, and so on."""
    seen: Counter[str] = Counter()
    for row in np.ascontiguousarray(features + 0.0, "<f4"):  # + 0.0 makes one of the two zeros
        name = hashlib.sha256(row.tobytes()).hexdigest()[:16]
        seen[name] += 1
        yield name if seen[name] == 1 else f"{name}-{seen[name]}"
