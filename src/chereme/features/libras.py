"""The angles, differences, distances, positions and metadata of the Libras system, in its order.

Its groups come as pose, right hand, left hand. A number is named by the landmarks that it reads, for the source's own
names mislead: its `right_shoulder_angle` lies at the elbow, its `right_elbow_to_thumb_angle` ends at the little finger.

All is computed for every frame of every clip at once, on planes (landmarks, frames) of x and of y: a number of all
frames then lies in one piece of memory, and a family costs a handful of NumPy's calls.

Source: OmdenaAI, São Paulo chapter, Brazilian Sign Language, commit 80eea18. We differ where it was wrong: lengths are
in shoulder widths, alike for x and y; a movement is per time, not per frame; what was not seen is NaN, not 0; and
what tells the website from which a clip came is off.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chereme.features.blocks import Block, Frame, Part
from chereme.features.facts import STEP
from chereme.layout import HAND_POINTS, POSE_POINTS, Layout
from chereme.types import Floats

__all__ = ["LIBRAS_BLOCKS", "WITHOUT_SOURCE", "PointFamily"]

POSE_ANGLES = (
    (12, 14, 16), (14, 16, 18), (18, 16, 22), (14, 12, 24), (11, 13, 15), (13, 15, 17), (17, 15, 21), (13, 11, 23),
    (13, 15, 19), (14, 16, 20), (11, 0, 12), (11, 15, 19), (12, 16, 20),
)  # fmt: skip
"""(a, b, c): the angle at b, from a to c."""
HAND_ANGLES = (
    (0, 1, 2), (1, 2, 3), (2, 3, 4), (5, 6, 7), (6, 7, 8), (9, 10, 11), (10, 11, 12), (13, 14, 15), (14, 15, 16),
    (17, 18, 19), (18, 19, 20), (4, 0, 8), (8, 0, 16), (0, 9, 12), (0, 17, 20),
)  # fmt: skip
POSE_DIFFERENCES = (0, 11, 12, 13, 14, 15, 16, 19, 20, 21, 22)
HAND_DIFFERENCES = (0, 4, 8, 12, 16, 20, 5, 9, 13, 17)
POSE_DISTANCES = ((15, 16), (19, 20), (21, 22), (15, 0), (16, 0), (15, 11), (16, 12), (15, 12), (16, 11))
HAND_DISTANCES = (
    (4, 8), (4, 12), (4, 16), (4, 20), (8, 12), (12, 16), (16, 20), (8, 16), (8, 20), (5, 9), (9, 13), (13, 17),
)  # fmt: skip
GROUPS = ("pose", "right_hand", "left_hand")

Row = tuple[str, ...]
"""Landmarks that a number is made of, or one coordinate of one: `pose/nose.y`."""
Index = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class PointFamily:
    """Numbers of one kind, each made of a few landmarks; any of them can be chosen alone.

    A layout must hold the landmarks of those chosen, not of all.
    """

    rows: tuple[tuple[str, Row], ...]
    """What is made, in order: a name and what it is made of."""
    ready: Callable[[Index, int], Callable[[Frame], Floats]]
    """Takes the planes (see `Frame.planes`) of each row, (rows, landmarks), and how many planes further a landmark's y
    is than its x; gives a function of a frame to (rows * ends, frames)."""
    ends: tuple[str, ...] = ("",)
    """How the names of the numbers of a row end."""
    moving: bool = False

    def names(self, layout: Layout) -> list[str]:
        """Every name, in order."""
        return [f"{name}{end}" for name, _ in self.rows for end in self.ends]

    def part(self, block: str, layout: Layout, wanted: Callable[[str], bool]) -> Part:
        """The wanted numbers on a layout.

        Raises:
            LayoutError: the layout lacks a landmark of theirs.
        """
        rows = [(name, row) for name, row in self.rows if any(wanted(f"{block}/{name}{end}") for end in self.ends)]
        names = [f"{name}{end}" for name, _ in rows for end in self.ends]
        keep = [i for i, name in enumerate(names) if wanted(f"{block}/{name}")]
        whole = len(keep) == len(names)
        layout.indices(dict.fromkeys(point.partition(".")[0] for _, row in rows for point in row))
        plane = {name: i for i, name in enumerate(Frame.plane_names(layout))}
        at = np.array([[plane[point if "." in point else f"{point}.x"] for point in row] for _, row in rows], np.intp)
        ready = self.ready(at, len(plane) // 2) if rows else None

        def compute(frame: Frame) -> Floats:
            assert ready is not None
            made = ready(frame)
            return frame.as_frames(made if whole else made[keep])

        return Part([names[i] for i in keep], self.moving, compute)


def _angles(at: Index, to_y: int) -> Callable[[Frame], Floats]:
    """Sine and cosine of the angle at b from a to c, clockwise in the picture; (0, 1) where a side has no length.

    No arc is computed: cross and dot product of the two sides are sine and cosine but for one factor.
    """
    a, b, c = at.T
    tips, base = np.concatenate([a, c, a + to_y, c + to_y]), np.concatenate([b, b + to_y])

    def compute(frame: Frame) -> Floats:
        planes = frame.planes()
        sides = planes.take(tips, 0).reshape(2, 2, len(at), -1)  # x and y, of first and second sides
        sides -= planes.take(base, 0).reshape(2, 1, len(at), -1)
        (first_x, second_x), (first_y, second_y) = sides
        made = np.empty((len(at), 2, planes.shape[1]), np.float32)
        sine, cosine = made[:, 0], made[:, 1]
        np.multiply(first_x, second_y, out=sine)
        np.multiply(first_x, second_x, out=cosine)
        second_x *= first_y
        second_y *= first_y
        sine -= second_x
        cosine += second_y
        lengths = np.multiply(sine, sine, out=first_x)
        lengths += np.multiply(cosine, cosine, out=first_y)
        np.sqrt(lengths, out=lengths)
        if (none := lengths < _LEAST).any():
            sine[none], cosine[none], lengths[none] = 0, 1, 1
        made /= lengths[:, None]
        return made.reshape(2 * len(at), -1)

    return compute


def _differences(at: Index, _: int) -> Callable[[Frame], Floats]:
    """Half of the way since the frame before, as it would be in `STEP` seconds.

    0 in the first frame of a clip, and where a short clip repeats a frame.
    """

    def compute(frame: Frame) -> Floats:
        tracks = frame.planes().take(at[:, 0], 0)
        between = frame.facts.seconds_between()
        rate = np.zeros(frame.shape, np.float32)
        np.divide(0.5 * STEP, between, out=rate[..., 1:], where=~(between <= 0), casting="same_kind")
        made = np.empty_like(tracks)
        np.subtract(tracks[:, 1:], tracks[:, :-1], out=made[:, 1:])
        made[:, 1:] *= rate.reshape(-1)[1:]
        made.reshape(len(at), *frame.shape)[..., 0] = 0  # where the frame before is of another clip
        return made

    return compute


def _distances(at: Index, to_y: int) -> Callable[[Frame], Floats]:
    a, b = at.T
    ends, starts = np.concatenate([a, a + to_y]), np.concatenate([b, b + to_y])

    def compute(frame: Frame) -> Floats:
        planes = frame.planes()
        between = planes.take(ends, 0)
        between -= planes.take(starts, 0)
        between *= between
        across, down = between.reshape(2, len(at), -1)
        across += down
        return np.asarray(np.sqrt(across, out=across))

    return compute


def _positions(at: Index, _: int) -> Callable[[Frame], Floats]:
    return lambda frame: frame.planes().take(at[:, 0], 0)


def _clip_place(frame: Frame) -> Floats:
    """The share of the clip that has gone by, with 0 in place of what tells the source of a clip."""
    values = np.zeros((*frame.shape, 4), np.float32)
    values[..., 3] = frame.facts.places / frame.facts.frames[..., None]
    return values


def _clip_metadata(frame: Frame) -> Floats:
    values, facts = _clip_place(frame), frame.facts
    whole = (facts.fps / 60, facts.frames / 350, facts.frames / facts.fps / 7)
    for column, share in enumerate(whole):
        values[..., column] = 2 * share[..., None] - 1
    values[np.isnan(facts.places)] = np.nan
    return values


def _hand_metadata(frame: Frame) -> Floats:
    """Of the left hand, then the right: was it not seen, and how long was the gap; from -1 to 1."""
    values = np.empty((*frame.shape, 2, 2), np.float32)
    gaps = frame.facts.gaps
    for side, wrist in enumerate(frame.layout.indices(["left_hand/wrist", "right_hand/wrist"])):
        np.isnan(frame.points[..., wrist, 0], out=values[..., side, 0], casting="unsafe")
    if gaps is None:
        values[..., 1] = 0
    else:
        np.maximum(values[..., 0], gaps.guessed, out=values[..., 0])
        np.minimum(gaps.seconds / np.float32(LONGEST_GAP), 1, out=values[..., 1])
    values *= 2
    values -= 1
    padding = np.isnan(frame.facts.places)
    if padding.any():
        values[padding] = np.nan
    return values.reshape(*frame.shape, 4)


def _made_of(
    pose: Sequence[int | tuple[int, ...]], hand: Sequence[int | tuple[int, ...]]
) -> tuple[tuple[str, Row], ...]:
    """Names and landmarks of numbers that are given by landmark numbers, in the order of `GROUPS`."""
    rows = []
    for group in GROUPS:
        points = POSE_POINTS if group == "pose" else HAND_POINTS
        for numbers in pose if group == "pose" else hand:
            row = [points[i] for i in (numbers if isinstance(numbers, tuple) else (numbers,))]
            rows.append((f"{group}/{'-'.join(row)}", tuple(f"{group}/{point}" for point in row)))
    return tuple(rows)


def _both_axes(rows: Sequence[tuple[str, Row]]) -> tuple[tuple[str, Row], ...]:
    return tuple((f"{name}.{axis}", (f"{name}.{axis}",)) for name, _ in rows for axis in "xy")


_LEAST = np.float32(1e-20)
"""A product of two sides below this is none: one of them has no length."""
LONGEST_GAP = 0.5
"""Seconds from which on the length of a gap no longer counts: 15 frames at 30 a second."""
_CLIP_METADATA = ("fps", "frames", "seconds", "place")
_HAND_METADATA = tuple(f"{side}_{what}" for side in ("left", "right") for what in ("guessed", "gap"))

LIBRAS_BLOCKS: dict[str, PointFamily | Block] = {
    "angles": PointFamily(_made_of(POSE_ANGLES, HAND_ANGLES), _angles, (".sin", ".cos")),
    "differences": PointFamily(_both_axes(_made_of(POSE_DIFFERENCES, HAND_DIFFERENCES)), _differences),
    "distances": PointFamily(_made_of(POSE_DISTANCES, HAND_DISTANCES), _distances),
    "positions": PointFamily(
        tuple(
            (f"{group}/{point}.{axis}", (f"{group}/{point}.{axis}",))
            for group in GROUPS
            for axis in "xy"
            for point in (POSE_POINTS if group == "pose" else HAND_POINTS)
        ),
        _positions,
    ),
    "clip_metadata": Block(_clip_metadata, lambda _: list(_CLIP_METADATA), moving=False),
    "hand_metadata": Block(_hand_metadata, lambda _: list(_HAND_METADATA), moving=False),
}

WITHOUT_SOURCE = Block(_clip_place, lambda _: list(_CLIP_METADATA), moving=False)
"""`clip_metadata` with 0 for frame rate, length and duration: they tell from which website a clip comes (12 frames a
second: INES), and so let a model learn the site instead of the sign."""
