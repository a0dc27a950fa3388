"""The layout of Kaggle's "Isolated Sign Language Recognition" (asl-signs): a Parquet file per clip, a row per landmark.

`train.csv` lists path, participant_id, sequence_id and sign; `sign_to_prediction_index_map.json` numbers the signs.
Each frame has 543 rows: 468 of the face, 21 of the left hand, 33 of the pose, 21 of the right hand. There x is a share
of the picture's width, y of its height; ours are both in heights, so the picture's shape matters. That layout says
neither shape nor frame rate, nor whose number a participant is: what we write says so in a file of our own beside it.
"""

import csv
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from chereme.dataset.folder import check_new
from chereme.dataset.store import Store
from chereme.errors import LayoutError, ManifestError
from chereme.files import write_folder_beside
from chereme.layout import HOLISTIC_543
from chereme.types import Clip, Floats, PoseSequence

__all__ = ["read_asl_signs", "write_asl_signs"]

OWN = "chereme.json"
SIGNS = "sign_to_prediction_index_map.json"
TYPES = ("face", "left_hand", "pose", "right_hand")
_COLUMNS = ("path", "participant_id", "sequence_id", "sign")
_KINDS = np.concatenate([np.full(len(range(*HOLISTIC_543.groups[t].indices(543))), t, object) for t in TYPES])
_PLACES = np.concatenate([np.arange(543)[HOLISTIC_543.groups[t]] for t in TYPES])
"""Of the 543 rows of a frame, where each stands in our layout."""
_NUMBERS = np.concatenate([np.arange(len(range(*HOLISTIC_543.groups[t].indices(543)))) for t in TYPES])


def write_asl_signs(store: Store, folder: Path) -> int:
    """Write a store in that layout; landmarks that it lacks are empty, as they are there.

    Returns:
        How many clips.

    Raises:
        ManifestError: the folder exists and is not empty.
        LayoutError: no landmark of the store is one of the 543.
    """
    check_new(folder)
    if not any(HOLISTIC_543.has(name) for name in store.layout.names):
        raise LayoutError(f"{store.folder}: layout {store.layout.name} has no landmark of asl-signs' 543")
    signers = {signer: number for number, signer in enumerate(dict.fromkeys(clip.signer for clip in store.clips))}
    glosses = sorted({clip.gloss for clip in store.clips})
    rows, own = [], []
    with write_folder_beside(folder) as part:
        for number, clip in enumerate(store.clips):
            sequence = store.sequence(number)
            path = f"train_landmark_files/{signers[clip.signer]}/{number}.parquet"
            (part / path).parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(_table(sequence), part / path)
            rows.append((path, signers[clip.signer], number, clip.gloss))
            own.append({**asdict(clip), "path": path, "fps": sequence.fps, "size": sequence.size})
        with (part / "train.csv").open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out, lineterminator="\n")
            writer.writerows([_COLUMNS, *rows])
        numbers = {gloss: i for i, gloss in enumerate(glosses)}
        (part / SIGNS).write_text(json.dumps(numbers, ensure_ascii=False), encoding="utf-8")
        (part / OWN).write_text(json.dumps(own, ensure_ascii=False, indent=1), encoding="utf-8")
    return len(rows)


def read_asl_signs(
    folder: Path, fps: float = 30.0, size: tuple[int, int] = (1, 1)
) -> Iterator[tuple[Clip, PoseSequence]]:
    """Clips of such a folder, of 543 landmarks.

    Args:
        folder: with `train.csv`.
        fps: frames per second, where the folder does not say.
        size: width and height of the pictures, where the folder does not say.

    Raises:
        ManifestError: a file is missing or is not in that layout.
    """
    try:
        with (folder / "train.csv").open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.DictReader(lines))
        own = json.loads((folder / OWN).read_text(encoding="utf-8")) if (folder / OWN).is_file() else []
        known = {row["path"]: row for row in own}
    except (OSError, ValueError, KeyError, TypeError, csv.Error) as error:
        raise ManifestError(f"{folder}: not in the layout of asl-signs: {error}") from error
    if not rows or (missing := [name for name in _COLUMNS if name not in rows[0]]):
        raise ManifestError(f"{folder / 'train.csv'}: no column {missing[0]}" if rows else f"{folder}: no clips in it")
    for row in rows:
        told = known.get(row["path"])
        if told is None:
            clip = Clip(row["path"], "", row["sign"], "ase", row["participant_id"], "asl-signs")
            yield clip, _sequence(folder / row["path"], fps, size)
        else:
            rate, (width, height) = told.pop("fps"), told.pop("size")
            clip = Clip(**{**told, "path": ""})
            yield clip, _sequence(folder / row["path"], rate, (width, height))


def _table(sequence: PoseSequence) -> pa.Table:
    points = sequence.with_missing(HOLISTIC_543).points[:, _PLACES].astype(np.float64)
    width, height = sequence.size
    points[..., [0, 2]] *= height / width  # depth is in the unit of x
    frames = np.repeat(np.arange(len(points)), len(_PLACES))
    kinds, numbers = np.tile(_KINDS, len(points)), np.tile(_NUMBERS, len(points))
    names = [f"{frame}-{kind}-{number}" for frame, kind, number in zip(frames, kinds, numbers, strict=True)]
    values: dict[str, Any] = {
        "frame": frames.astype(np.int16 if len(points) < 2**15 else np.int32),
        "row_id": names,
        "type": pa.array(kinds, pa.string()),
        "landmark_index": numbers.astype(np.int16),
    }
    for axis, name in enumerate("xyz"):
        values[name] = pa.array(points[..., axis].ravel(), from_pandas=True)  # NaN becomes null, as there
    return pa.table(values)


def _sequence(file: Path, fps: float, size: tuple[int, int]) -> PoseSequence:
    try:
        table = pq.read_table(file, columns=["frame", "type", "landmark_index", "x", "y", "z"])
        kinds = table["type"].to_numpy(zero_copy_only=False)
        starts = np.array([HOLISTIC_543.groups[kind].start for kind in kinds.tolist()])
        frames = table["frame"].to_numpy()
        places = starts + table["landmark_index"].to_numpy()
        seen, row = np.unique(frames, return_inverse=True)
        points: Floats = np.full((len(seen), 543, 3), np.nan, np.float32)
        points[row, places] = np.stack([table[axis].to_numpy(zero_copy_only=False) for axis in "xyz"], -1)
    except (OSError, pa.ArrowException, KeyError, IndexError, ValueError) as error:
        raise ManifestError(f"{file}: not in the layout of asl-signs: {error}") from error
    points[..., [0, 2]] *= size[0] / size[1]
    return PoseSequence(points, HOLISTIC_543, fps, size)
