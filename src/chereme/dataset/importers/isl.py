"""Two sets of Indian Sign Language: 43 words as body and hands, 30 signs as Kinect skeletons."""

import csv
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from chereme.layout import BODY_HANDS_75, KINECT_20
from chereme.types import Clip, Floats, PoseSequence

__all__ = ["isl30_kinect", "isl_include43_poses", "sort_hands_by_wrist"]

_LEFT_WRIST = BODY_HANDS_75.index("pose/left_wrist")
_RIGHT_WRIST = BODY_HANDS_75.index("pose/right_wrist")


def isl_include43_poses(folder: Path) -> Iterator[tuple[Clip, PoseSequence]]:
    """515 clips of 43 words, MediaPipe Holistic at 25 fps in 16:9 pictures, `body_hands_75`.

    x and z come in picture widths and are brought to picture heights. The file has the two hands under each
    other's name: they go to the pose wrists that they lie at. `source` is the recording block, a stand-in
    for the signer.
    """
    packed = np.load(folder / "poses.npz")
    points, offsets = packed["X"], packed["offsets"]
    points *= np.array([16 / 9, 1, 16 / 9], np.float32)
    points[np.isnan(points).any(-1)] = np.nan
    for row, start, stop in zip(_rows(folder / "index.csv"), offsets[:-1], offsets[1:], strict=True):
        clip = Clip(
            id=f"{row['gloss']}/{row['clip']}",
            path="",
            gloss=row["gloss"],
            language="ins",
            source=f"block{row['block']}",
            licence="not stated; looks like INCLUDE (believed CC BY 4.0, unchecked); research only",
        )
        yield (
            clip,
            PoseSequence(sort_hands_by_wrist(points[start:stop]), BODY_HANDS_75, float(row["fps"]), (1920, 1080)),
        )


def sort_hands_by_wrist(points: Floats) -> Floats:
    """Put the two hands of a clip under the sides whose pose wrists they lie at, taken over all frames.

    One decision for the clip, not one per frame: Holistic looks for a hand at the wrist that it is named for,
    so a lone hand that passes the other wrist is still its own. Frame by frame, 59 of the 515 clips got
    hands that jump from side to side.

    Args:
        points: (T, 75, 3) in frame heights, `body_hands_75`.

    Returns:
        A new array of the same shape; the hands change sides where nothing tells, as everywhere in the set.
    """
    left, right = (BODY_HANDS_75.groups[f"{side}_hand"] for side in ("left", "right"))
    left_wrist, right_wrist = points[:, _LEFT_WRIST, :2], points[:, _RIGHT_WRIST, :2]
    first, second = points[:, left.start, :2], points[:, right.start, :2]

    def distance(hand: Floats, wrist: Floats) -> Floats:
        gap: Floats = np.linalg.norm(hand - wrist, axis=-1)
        return np.nan_to_num(gap)  # 0 where either was not seen

    keep = (distance(first, left_wrist) + distance(second, right_wrist)).sum()
    swap = (distance(first, right_wrist) + distance(second, left_wrist)).sum()
    result = points.copy()
    if swap <= keep:
        result[:, left], result[:, right] = points[:, right], points[:, left]
    return result


def isl30_kinect(folder: Path) -> Iterator[tuple[Clip, PoseSequence]]:
    """2,700 sequences of 30 signs by 10 signers, nine takes each: Kinect v1 skeletons in metres, `kinect_20`.

    The sensor's x grows towards the signer's own right and its y upwards, z away from the sensor. Both are
    turned round (half a turn about z), so that, as in a picture, x grows to the signer's left and y down. 30
    fps is the sensor's nominal rate; the source states none. `size` is the sensor's 640 x 480 picture.
    """
    packed = np.load(folder / "joints.npz")
    points = packed["joints_x10000"].astype(np.float32) / 1e4 * np.array([-1, -1, 1], np.float32)
    offsets = packed["offsets"]
    for row, start, stop in zip(_rows(folder / "index.csv"), offsets[:-1], offsets[1:], strict=True):
        clip = Clip(
            id=row["sample_id"],
            path="",
            gloss=row["gloss"],
            language="ins",
            signer=row["signer"],
            source="kinect",
            licence="MIT (the repository's, written for the code)",
        )
        yield clip, PoseSequence(points[start:stop], KINECT_20, 30.0, (640, 480))


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return [
            {key: unicodedata.normalize("NFC", value) for key, value in row.items()} for row in csv.DictReader(lines)
        ]
