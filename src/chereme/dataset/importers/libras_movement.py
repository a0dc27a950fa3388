"""Libras Movement (UCI): the path of one hand's centre, 15 kinds of movement."""

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from chereme.layout import POINT_1
from chereme.types import Clip, PoseSequence

__all__ = ["uci_libras_movement"]

FPS = 45 / 7
"""45 moments evenly spaced over a video of about 7 seconds; the file itself gives no time."""
_HEADER_LINES = 1


def uci_libras_movement(folder: Path) -> Iterator[tuple[Clip, PoseSequence]]:
    """360 paths of 45 points, 24 of each class 1 to 15, of which 330 are distinct; `point_1`.

    x and y run from 0 to 1 in a square, which stands here for a picture of 1000 x 1000; there is no depth (z
    is 0) and no signer id. Classes have numbers only, hence glosses `movement-01` to `movement-15`.
    """
    with (folder / "movement_libras.data").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.reader(lines))[_HEADER_LINES:]
    for number, row in enumerate(rows, 1):
        points = np.zeros((45, 1, 3), np.float32)
        points[:, 0, :2] = np.array(row[:-1], np.float32).reshape(45, 2)
        clip = Clip(
            id=f"{number:03d}",
            path="",
            gloss=f"movement-{int(row[-1]):02d}",
            language="bzs",
            licence="CC BY 4.0 (UCI, unchecked)",
        )
        yield clip, PoseSequence(points, POINT_1, FPS, (1000, 1000))
