"""Blocks of numbers that describe one frame of signing, each computed for all frames of all clips at once.

Every block takes points (..., T, J, 3), aligned, NaN where nothing was seen, and gives (..., T, n). A block
names its numbers, so that a model's input can be read, chosen and weighed.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from chereme.errors import LayoutError
from chereme.features.facts import FrameFacts
from chereme.layout import HAND_POINTS, UPPER_BODY_POINTS, Layout
from chereme.types import Floats

__all__ = ["SIGNER_BLOCKS", "Block", "Frame", "Part"]

SIDES = ("left", "right")
TIPS = (0, 4, 8, 12, 16, 20)
"""Wrist and fingertips."""
PALM = (5, 9, 17)
"""Knuckles whose distance from the wrist is the size of a hand."""
FINGERS = ((0, 1, 2, 3, 4), (0, 5, 6, 7, 8), (0, 9, 10, 11, 12), (0, 13, 14, 15, 16), (0, 17, 18, 19, 20))
UPPER_BODY = list(UPPER_BODY_POINTS[:11])
TIP_PAIRS = tuple((a, b) for a in range(6) for b in range(a + 1, 6))
FIRST_TIPS, SECOND_TIPS = np.array(TIPS)[np.array(TIP_PAIRS).T]
PARENTS = np.array([finger[joint] for finger in FINGERS for joint in range(4)])
"""The landmark before each of 1 to 20 on its finger."""


class Frame:
    """The points of a batch, and what several blocks need of them, computed once."""

    def __init__(self, points: Floats, layout: Layout, facts: FrameFacts | None = None) -> None:
        self.points = points
        self.layout = layout
        self.shape = points.shape[:-2]
        """(..., T)."""
        self._facts = facts
        self._hands: tuple[Floats, Floats] | None = None
        self._planes: Floats | None = None

    @property
    def facts(self) -> FrameFacts:
        """When the frames were taken; made up where nobody said so."""
        if self._facts is None:
            self._facts = FrameFacts.unknown(self.shape)
        return self._facts

    @staticmethod
    def plane_names(layout: Layout) -> list[str]:
        """Names of the planes of a layout: x of every landmark but those of the face, then y."""
        return [f"{name}.{axis}" for axis in "xy" for name in layout.names if not name.startswith("face/")]

    def planes(self) -> Floats:
        """(planes, all frames of all clips): each coordinate of a landmark lies together, for whole-frame sums."""
        if self._planes is None:
            spans = [at for group, at in self.layout.groups.items() if group != "face"]
            count = sum(at.stop - at.start for at in spans)
            flat = self.points.reshape(-1, *self.points.shape[-2:])
            planes = np.empty((2, count, len(flat)), np.float32)
            start = 0
            for at in spans:
                end = start + at.stop - at.start
                for axis in range(2):
                    planes[axis, start:end] = flat[:, at, axis].T
                start = end
            self._planes = planes.reshape(2 * count, len(flat))
        return self._planes

    def as_frames(self, rows: Floats) -> Floats:
        """Numbers by frames (n, all frames), as (..., T, n); a view."""
        return rows.T.reshape(*self.shape, len(rows))

    def wrists(self) -> Floats:
        """(..., T, 2, 3): wrist of the left and right hand."""
        return self.points[..., self.layout.indices(f"{side}_hand/wrist" for side in SIDES), :]

    def hands(self) -> tuple[Floats, Floats]:
        """Hands from the wrist, in hand sizes: (..., T, 2, 21, 3), and the size used (..., T, 2, 1).

        A hand's size is half its own in this frame, half its mean over the clip: a fist turned to the
        camera looks small, but the hand did not shrink.
        """
        if self._hands is None:
            groups = self.layout.groups
            both = np.stack([self.points[..., groups[f"{side}_hand"], :] for side in SIDES], axis=-3)
            shape = both - both[..., :1, :]
            size = _length(shape.take(PALM, axis=-2)).mean(-1, keepdims=True)
            seen = ~np.isnan(size)
            total = np.where(seen, size, 0).sum(-3, keepdims=True)
            over_clip = total / np.maximum(seen.sum(-3, keepdims=True), 1)
            size = np.maximum(0.5 * size + 0.5 * over_clip, np.float32(1e-3))
            shape *= 1 / size[..., None]
            self._hands = shape, size
        return self._hands

    def body(self, points: list[str]) -> Floats:
        """(..., T, n, 3) of named body points."""
        group = "body" if "body" in self.layout.groups else "pose"
        return self.points[..., self.layout.indices(f"{group}/{p}" for p in points), :]


@dataclass(frozen=True, eq=False)
class Part:
    """Numbers of one block that a model reads, made ready for one layout."""

    names: list[str]
    moving: bool
    compute: Callable[[Frame], Floats]
    """(..., T, n)."""


@dataclass(frozen=True)
class Block:
    """A named group of numbers per frame."""

    compute: Callable[[Frame], Floats]
    """Points to (..., T, n)."""
    names: Callable[[Layout], list[str]]
    """The n names."""
    moving: bool
    """A position whose change over time is a feature too (see `FeatureConfig.velocities`)."""

    def part(self, block: str, layout: Layout, wanted: Callable[[str], bool]) -> Part:
        """The wanted numbers on a layout.

        Raises:
            LayoutError: it lacks what the block reads.
        """
        blank = np.full((1, len(layout), 3), np.nan, np.float32)
        try:
            self.compute(Frame(blank, layout))
        except (KeyError, IndexError) as error:
            raise LayoutError(f"no {error}") from error
        names = self.names(layout)
        keep = [i for i, name in enumerate(names) if wanted(f"{block}/{name}")]
        if len(keep) == len(names):
            return Part(names, self.moving, self.compute)
        return Part([names[i] for i in keep], self.moving, lambda frame: self.compute(frame)[..., keep])


def _flat(values: Floats, axes: int = 2) -> Floats:
    return values.reshape(*values.shape[:-axes], -1)


def _length(vectors: Floats) -> Floats:
    """Length along the last axis; einsum is several times quicker than a sum over so short an axis."""
    return np.asarray(np.sqrt(np.einsum("...i,...i->...", vectors, vectors)))


def _distances(a: Floats, b: Floats) -> Floats:
    """Every point of a (..., n, d) to every point of b (..., m, d): (..., n * m)."""
    return _flat(_length(a[..., :, None, :] - b[..., None, :, :]))


def _body_points(frame: Frame) -> Floats:
    return _flat(frame.body(UPPER_BODY)[..., :2])


def _kinect_points(layout: Layout) -> list[str]:
    return [n.partition("/")[2] for n in layout.names[:11]]


def _body_depth_points(frame: Frame) -> Floats:
    return _flat(frame.points[..., :11, :])


def _hand_shape(frame: Frame) -> Floats:
    return _flat(frame.hands()[0][..., 1:, :], 3)


def _wrist_places(frame: Frame) -> Floats:
    return _flat(frame.wrists()[..., :2])


def _wrist_paths(frame: Frame) -> Floats:
    """Wrists from the middle of where the clip's wrists are: the same wherever a signer sits in the picture."""
    wrists = frame.wrists()[..., :2]
    seen = ~np.isnan(wrists[..., :1])
    count = np.maximum(seen.sum((-3, -2), keepdims=True), 1)
    return _flat(wrists - np.where(seen, wrists, 0).sum((-3, -2), keepdims=True) / count.astype(np.float32))


def _tip_distances(frame: Frame) -> Floats:
    shape = frame.hands()[0]
    return _flat(_length(shape.take(FIRST_TIPS, axis=-2) - shape.take(SECOND_TIPS, axis=-2)))


def _finger_bends(frame: Frame) -> Floats:
    shape = frame.hands()[0]
    bones = shape[..., 1:, :] - shape.take(PARENTS, axis=-2)
    bones = bones.reshape(*bones.shape[:-2], 5, 4, 3)
    length = np.maximum(_length(bones), np.float32(1e-4))
    turns = np.einsum("...i,...i->...", bones[..., 1:, :], bones[..., :-1, :])
    return _flat(turns / (length[..., 1:] * length[..., :-1]), 3)


def _hands_to_body(frame: Frame) -> Floats:
    """Wrist and index fingertip of both hands to nose, mouth and shoulders."""
    at = frame.layout.indices(f"{side}_hand/{p}" for side in SIDES for p in ("wrist", "index_finger_tip"))
    marks = frame.body(["nose", "mouth_left", "left_shoulder", "right_shoulder"])
    return _distances(frame.points[..., at, :2], marks[..., :2])


def _hand_to_nose(frame: Frame) -> Floats:
    at = frame.layout.indices(f"right_hand/{p}" for p in ("wrist", "index_finger_tip"))
    return _flat(frame.points[..., at, :2] - frame.body(["nose"])[..., :2])


def _hand_to_hand(frame: Frame) -> Floats:
    wrists = frame.wrists()[..., :2]
    return np.asarray(wrists[..., 0, :] - wrists[..., 1, :])


def _hand_seen(frame: Frame) -> Floats:
    return np.asarray((~np.isnan(frame.wrists()[..., 0])).astype(np.float32))


KINECT_MARKS = ["head", "shoulder_centre", "left_shoulder", "right_shoulder", "spine", "left_hand", "right_hand"]
KINECT_HANDS = ["left_hand", "right_hand", "left_wrist", "right_wrist"]


def _arms_to_body(frame: Frame) -> Floats:
    return _distances(frame.body(KINECT_HANDS), frame.body(KINECT_MARKS))


def _kinect_limbs(frame: Frame) -> Floats:
    """Directions of forearms and upper arms: what an arm's length does not change."""
    body = frame.body(["left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_hand", "right_hand"])
    upper, lower = body[..., 2:4, :] - body[..., 0:2, :], body[..., 4:6, :] - body[..., 2:4, :]
    bones = np.concatenate([upper, lower], axis=-2)
    return _flat(bones / np.maximum(_length(bones), np.float32(1e-4))[..., None])


def _axes(points: list[str], axes: str = "xy") -> list[str]:
    return [f"{p}.{axis}" for p in points for axis in axes]


def _pairs(a: list[str], b: list[str]) -> list[str]:
    return [f"{p}-{q}" for p in a for q in b]


SIGNER_BLOCKS: dict[str, Block] = {
    "body_points": Block(_body_points, lambda _: _axes(UPPER_BODY), moving=True),
    "body_depth_points": Block(_body_depth_points, lambda layout: _axes(_kinect_points(layout), "xyz"), moving=True),
    "hand_shape": Block(
        _hand_shape, lambda _: _axes([f"{s}_{p}" for s in SIDES for p in HAND_POINTS[1:]], "xyz"), moving=True
    ),
    "wrist_places": Block(_wrist_places, lambda _: _axes([f"{s}_wrist" for s in SIDES]), moving=True),
    "wrist_paths": Block(_wrist_paths, lambda _: _axes([f"{s}_wrist" for s in SIDES]), moving=False),
    "tip_distances": Block(
        _tip_distances,
        lambda _: [f"{s}_{HAND_POINTS[TIPS[a]]}-{HAND_POINTS[TIPS[b]]}" for s in SIDES for a, b in TIP_PAIRS],
        moving=False,
    ),
    "finger_bends": Block(
        _finger_bends,
        lambda _: [f"{s}_{HAND_POINTS[f[j]]}_bend" for s in SIDES for f in FINGERS for j in range(1, 4)],
        moving=False,
    ),
    "hands_to_body": Block(
        _hands_to_body,
        lambda _: _pairs(
            [f"{s}_{p}" for s in SIDES for p in ("wrist", "index_finger_tip")],
            ["nose", "mouth_left", "left_shoulder", "right_shoulder"],
        ),
        moving=False,
    ),
    "hand_to_nose": Block(
        _hand_to_nose, lambda _: _axes(["right_wrist-nose", "right_index_finger_tip-nose"]), moving=False
    ),
    "hand_to_hand": Block(_hand_to_hand, lambda _: _axes(["left_wrist-right_wrist"]), moving=False),
    "hand_seen": Block(_hand_seen, lambda _: [f"{s}_hand_seen" for s in SIDES], moving=False),
    "arms_to_body": Block(_arms_to_body, lambda _: _pairs(KINECT_HANDS, KINECT_MARKS), moving=False),
    "limb_directions": Block(
        _kinect_limbs,
        lambda _: _axes([f"{s}_{part}" for part in ("upper_arm", "forearm") for s in SIDES], "xyz"),
        moving=False,
    ),
}
