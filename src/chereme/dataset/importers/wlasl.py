"""WLASL as landmarks of two hands: 1,700 glosses of American Sign Language, no body."""

import csv
import io
import lzma
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chereme.dataset.sides import assign_sides
from chereme.layout import HANDS_42
from chereme.types import Bools, Clip, Floats, PoseSequence

__all__ = ["first_glosses", "twin_groups", "unseen_glosses", "wlasl_hands"]

ASPECT = 4 / 3
"""Width / height taken for every clip: the set does not say, and its web sites differ."""
USUAL_FPS = 29.97
"""For the eight clips without a rate: what most of the others have."""
_PARTS = {"train": "train", "val": "validation", "test": "test"}


def wlasl_hands(folder: Path) -> Iterator[tuple[Clip, PoseSequence]]:
    """9,941 clips of 1,700 glosses, MediaPipe Hands, `hands_42`.

    The source keeps hands in the order of detection, so sides here are our guess: a hand is followed from
    frame to frame, and the two tracks are named by where they lie (see `chereme.dataset.sides`). x and z come
    in picture widths and are brought to heights as if every picture were 4:3. `source` is the web site,
    `split` the official one. Signer ids are WLASL's own, unchecked.
    """
    rows = _rows(folder)
    hands, frame, slot = _detected_hands(folder)
    hands *= np.array([ASPECT, 1, ASPECT], np.float32)
    for start in range(0, len(rows), 512):  # sides are found for many clips at once
        batch = rows[start : start + 512]
        clips = [_two_slots(row, hands, frame, slot) for row in batch]
        for row, points, swapped in zip(batch, clips, _swapped(clips), strict=True):
            points[swapped] = points[swapped, ::-1]
            sequence = PoseSequence(
                points.reshape(len(points), 42, 3), HANDS_42, float(row["fps"] or USUAL_FPS), (640, 480)
            )
            yield _clip(row), sequence


def twin_groups(folder: Path) -> dict[str, str]:
    """Clip id to the name of its group of clips that show the same video, for those 1,822 clips that have twins."""
    return {row["video_id"]: row["same_video_group"] for row in _rows(folder) if row["same_video_group"]}


def first_glosses(folder: Path, count: int) -> frozenset[str]:
    """Glosses among WLASL's first `count` classes that have a clip: with 100, those of WLASL100."""
    return frozenset(row["gloss"] for row in _rows(folder) if int(row["class_id"]) < count)


def unseen_glosses(folder: Path) -> frozenset[str]:
    """The 200 glosses that the one-shot protocol keeps out of training."""
    return frozenset((folder / "dev_unseen_glosses.txt").read_text(encoding="utf-8").split("\n")) - {""}


def _rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "index.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _detected_hands(folder: Path) -> tuple[Floats, NDArray[np.uint8], NDArray[np.uint8]]:
    """(hands, 21, 3) as picture fractions, the frame of each in its clip, and its slot, 0 or 1."""
    with lzma.open(folder / "hands.npz.xz") as packed:
        arrays = np.load(io.BytesIO(packed.read()))
    coded = arrays["lo"] | arrays["hi"].astype(np.uint16) << 8  # zigzag: the sign is in the lowest bit
    steps = ((coded >> 1).astype(np.int16) ^ -(coded & 1).astype(np.int16)).reshape(-1, 21, 3)
    tenths_of_thousandths = steps.cumsum(0, dtype=np.int16).cumsum(1, dtype=np.int16)
    return tenths_of_thousandths.astype(np.float32) / 1e4, arrays["frame"], arrays["slot"]


def _two_slots(row: dict[str, str], hands: Floats, frame: NDArray[np.uint8], slot: NDArray[np.uint8]) -> Floats:
    """(T, 2, 21, 3) with the hands of one clip in order of detection."""
    points = np.full((int(row["n_frames"]), 2, 21, 3), np.nan, np.float32)
    mine = slice(int(row["start"]), int(row["stop"]))
    points[frame[mine], slot[mine]] = hands[mine]
    return points


def _swapped(clips: Sequence[Floats]) -> Iterator[Bools]:
    padded = np.full((len(clips), max(map(len, clips)), 2, 21, 3), np.nan, np.float32)
    for i, points in enumerate(clips):
        padded[i, : len(points)] = points
    for points, swapped in zip(clips, assign_sides(padded, centre=ASPECT / 2), strict=True):
        yield swapped[: len(points)]


def _clip(row: dict[str, str]) -> Clip:
    return Clip(
        id=row["video_id"],
        path="",
        gloss=row["gloss"],
        language="ase",
        signer=row["signer_id"],
        source=row["source"],
        variant=row["variation_id"],
        licence="WLASL: C-UDA, academic and computational use only",
        split=_PARTS[row["subset"]],
    )
