"""`detect-hands`: in how many photographs of a hand it is found, and in how many without one something is taken for it.

Beside it MediaPipe Hands as one finds it: its default threshold, the picture as it is.
"""

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from chereme.bench import BenchResult
from chereme.dataset.importers.pictures import PICTURE_SETS
from chereme.landmarks.extractor import Image
from chereme.landmarks.hands import HandConfig, HandFinder
from chereme.landmarks.picture import decode_picture
from chereme.places import data_folder

__all__ = ["PLAIN", "hand_free", "measure"]

PLAIN = HandConfig(min_detection_confidence=0.5, min_presence_confidence=0.5, paddings=(0.0,))
"""MediaPipe's own defaults for still pictures, as the source system has them."""
_GOALS = {"libras_letters_univali": 0.98, "digits_ankara": 0.99}
_BOXES = {"libras_letters_univali": ("xmin", "ymin", "xmax", "ymax"), "asl_letters_users": ("x0", "y0", "x1", "y1")}
_GROWN = 0.15
"""A box is covered with so much more of it on every side, since fingers reach over it."""
_LEAST = 90
"""Pixels that a crop beside the hand must have at least, across and down."""


def measure(data: str | Path | None = None) -> BenchResult:
    """Share of the pictures in which our finder sees a hand; goals: .98 of Libras letters, .99 of digits."""
    folder = data_folder(data)
    with HandFinder() as ours, HandFinder(PLAIN) as plain:
        found = {name: _rates(_pictures(folder / name), ours, plain) for name in _GOALS}
        kinds = defaultdict(list)
        for kind, image in hand_free(folder):
            kinds[kind].append(image)
        false = {kind: _rates(images, ours, plain) for kind, images in kinds.items()}
    letters, digits = found.values()
    return BenchResult(
        name="detect-hands",
        value=letters["ours"],
        unit="share of libras_letters_univali found",
        peer="MediaPipe Hands at its defaults, the picture as it is",
        peer_value=letters["plain"],
        ratio=round(letters["ours"] / letters["plain"], 4),
        n=letters["n"],
        details={
            "goal": _GOALS["libras_letters_univali"],
            "digits_ankara": digits["ours"],
            "digits_ankara_peer": digits["plain"],
            "digits_ankara_n": digits["n"],
            "digits_goal": _GOALS["digits_ankara"],
            "false_finds": {kind: {"ours": f["ours"], "peer": f["plain"], "n": f["n"]} for kind, f in false.items()},
        },
    )


def hand_free(folder: Path) -> Iterator[tuple[str, Image]]:
    """Pictures without a hand, made of ones with it: the hand covered, or cut off; each with its kind.

    Forearms and faces stay, so these are harder than pictures of something else.
    """
    for name, step in (("libras_letters_univali", 3), ("asl_letters_users", 4)):
        with (folder / name / "index.csv").open(encoding="utf-8", newline="") as lines:
            boxes = [[row[corner] for corner in _BOXES[name]] for row in csv.DictReader(lines)]
        for image, box in islice(zip(_pictures(folder / name), boxes, strict=True), 0, None, step):
            if not all(box):
                continue
            left, top, right, bottom = map(int, box)
            yield f"{name}, hand covered", _covered(image, left, top, right, bottom)
            if name == "asl_letters_users":
                height, width = image.shape[:2]
                around = (
                    image[:, : max(0, left - 10)],
                    image[:, min(width, right + 10) :],
                    image[: max(0, top - 10)],
                    image[min(height, bottom + 10) :],
                )
                for crop in around:
                    if min(crop.shape[:2]) >= _LEAST:
                        yield f"{name}, beside the hand", np.ascontiguousarray(crop)


def _covered(image: Image, left: int, top: int, right: int, bottom: int) -> Image:
    across, down = round(_GROWN * (right - left)), round(_GROWN * (bottom - top))
    colour = image.reshape(-1, 3).mean(0).round().tolist()
    corners = (left - across, top - down), (right + across, bottom + down)
    return np.asarray(cv2.rectangle(image.copy(), *corners, colour, cv2.FILLED), np.uint8)


def _pictures(folder: Path) -> Iterator[Image]:
    for clip, content in PICTURE_SETS[folder.name](folder):
        yield decode_picture(content, clip.id)[0]


def _rates(images: Iterable[Image], ours: HandFinder, plain: HandFinder) -> dict[str, Any]:
    """Shares of the pictures in which each sees a hand."""
    seen = np.array([(bool(ours.find(image)), bool(plain.find(image))) for image in images])
    return {"ours": round(float(seen[:, 0].mean()), 4), "plain": round(float(seen[:, 1].mean()), 4), "n": len(seen)}
