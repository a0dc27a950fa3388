"""Sets of fingerspelled letters as hand landmarks.

All come as `hand_21` with the right hand as the camera sees it: x right, y down, about true proportions.
"""

import csv
import io
import lzma
import tarfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from pose_format import Pose

from chereme.errors import ManifestError
from chereme.layout import HAND_21
from chereme.types import Clip, Floats, PoseSequence

__all__ = ["asl_letters_handlandmarks", "fingerspell_transitions_asl", "fingerspelling_poses"]

_ASPECT = 16 / 9
_SIZE = (500, 500)
_DEPTH = 750
"""What the depth of `fingerspelling_poses` was divided by, judged by how constant it makes the bones."""
BLOCKS = 5
"""Into so many stretches of frame numbers `asl_letters_handlandmarks` is cut."""

SHAPES = {
    "S1f720": "A", "S14720": "B", "S16d20": "C", "S10120": "D", "S14a20": "E", "S1ce20": "F", "S1f000": "G",
    "S11502": "H", "S19220": "I", "S14020": "K", "S1dc20": "L", "S18d20": "M", "S11920": "N", "S17620": "O",
    "S14051": "P", "S1f051": "Q", "S11a20": "R", "S20320": "S", "S1fb20": "T", "S11520": "U", "S10e20": "V",
    "S18620": "W", "S10620": "X", "S19a20": "Y",
}  # fmt: skip
"""SignWriting symbols of the hand-made transitions, as ASL letters; rest, J and Z are left out."""


def asl_letters_handlandmarks(folder: Path) -> Iterator[tuple[Clip, PoseSequence]]:
    """10,508 frames of the ASL letters A to Z from a webcam, probably of one person.

    The file says nothing of the picture; 16:9 makes the bones of a hand most alike over all its poses. The palm faces
    the camera with the thumb on the left, so the picture was mirrored (or the hand a left one): x is turned round.
    `source` is a block of frame numbers: neighbours are near-copies, so random splits mean little.
    """
    packed = np.load(folder / "landmarks.npz")
    points = packed["X"].reshape(-1, 21, 3) * np.array([-_ASPECT, 1, _ASPECT], np.float32)
    points[..., 0] += np.float32(_ASPECT)
    letters = packed["y"]
    numbers = np.array([int("".join(filter(str.isdigit, name))) for name in packed["frame"]])
    last = {letter: numbers[letters == letter].max() + 1 for letter in np.unique(letters)}
    for hand, letter, number in zip(points, letters, numbers, strict=True):
        clip = Clip(
            id=f"asl_letters_handlandmarks/{letter}/{number}",
            path="",
            gloss=str(letter),
            language="ase",
            signer="handlandmarks",
            source=f"handlandmarks block {BLOCKS * number // last[letter]}",
            licence="MIT repository; its data card says CC0",
        )
        yield clip, PoseSequence(hand[None], HAND_21, 1.0, (1280, 720))


def fingerspelling_poses(folder: Path) -> Iterator[tuple[Clip, PoseSequence]]:
    """One clip of each letter in 20 signed languages, about a second long, a person per language.

    For four languages the `.pose` files hold the depth of the hand; of the others it was lost: their z is 0
    throughout. Languages with two-handed letters and one that repeats another's clips are left out.
    """
    poses = _members(folder / "pose_files_bzs_ase_sgg_gsg.tar.xz")
    packed = np.load(folder / "letters75.npz")
    points, valid = packed["X"], packed["valid"]
    for row in _rows(folder / "index.csv"):
        if row["signed_language"] in ("fsl", "tsm", "csq", "cse"):
            continue
        if row["path"] in poses:
            hand = _hand_of(poses[row["path"]])
        else:
            frames = slice(int(row["start"]), int(row["start"]) + int(row["frames"]))
            hand = _flat_hand(points[frames], valid[frames])
        clip = Clip(
            id=f"fingerspelling_poses/{row['path']}",
            path="",
            gloss=row["letter"].upper(),
            language=row["signed_language"],
            signer=f"{row['signed_language']} signer",
            source="fingerspelling_poses",
            licence="MIT repository; the recordings' own licence was not checked",
        )
        yield clip, PoseSequence(hand, HAND_21, float(row["fps"]), _SIZE)


def fingerspell_transitions_asl(folder: Path) -> Iterator[tuple[Clip, PoseSequence]]:
    """The 24 still ASL letters of a hand animated by hand: each clip of a pair gives its first and last frame."""
    for name, data in sorted(_members(folder / "poses.tar.xz").items()):
        shapes = Path(name).stem.split("-")
        hand = np.asarray(Pose.read(data).body.data.data[:, 0], np.float32)
        ends = ((shapes[0], hand[:1]), (shapes[-1], hand[-1:])) if len(shapes) > 1 else ((shapes[0], hand[::3]),)
        for place, (shape, frames) in enumerate(ends):
            if shape not in SHAPES:
                continue
            clip = Clip(
                id=f"fingerspell_transitions_asl/{Path(name).stem}/{place}",
                path="",
                gloss=SHAPES[shape],
                language="ase",
                signer="animated hand",
                source="fingerspell_transitions_asl",
                licence="MIT repository; the animations' own licence is not stated",
            )
            yield clip, PoseSequence(frames, HAND_21, 20.0, (256, 256))


def _hand_of(data: bytes) -> Floats:
    """(T, 21, 3) of the right hand of a `.pose`, NaN where it was not seen."""
    pose = Pose.read(data)
    at = 0
    for component in pose.header.components:
        if component.name == "RIGHT_HAND_LANDMARKS":
            break
        at += len(component.points)
    hand = np.array(pose.body.data.data[:, 0, at : at + 21], np.float32)
    hand[..., 2] = (hand[..., 2] - hand[:, :1, 2]) * _DEPTH
    hand[pose.body.confidence[:, 0, at] == 0] = np.nan
    return hand / np.float32(_SIZE[1])


def _flat_hand(points: Floats, valid: Floats) -> Floats:
    """(T, 21, 3) of the hand that is seen in most frames, mirrored to right where it is the left; z is 0."""
    hands = []
    for at, side in ((slice(54, 75), 1), (slice(33, 54), -1)):
        hand = points[:, at].astype(np.float32) * np.array([side, 1, 0], np.float32)
        hand[~valid[:, at].all(1) | (np.abs(hand[..., :2]).sum((1, 2)) == 0)] = np.nan
        hands.append(hand / np.float32(_SIZE[1]))
    return max(hands, key=lambda hand: int((~np.isnan(hand[:, 0, 0])).sum()))


def _members(archive: Path) -> dict[str, bytes]:
    """Name to content of every file of a tar archive.

    Raises:
        ManifestError: it cannot be read.
    """
    try:
        with tarfile.open(fileobj=io.BytesIO(archive.read_bytes()), mode="r:xz") as tar:
            return {
                member.name.removeprefix("./"): file.read()
                for member in tar
                if member.isfile() and (file := tar.extractfile(member))
            }
    except (OSError, EOFError, tarfile.TarError, lzma.LZMAError) as error:
        raise ManifestError(f"{archive}: cannot be read ({error}); get the data set again") from error


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
