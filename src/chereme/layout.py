"""Which landmark stands where: names, groups, bones and mirror pairs of a landmark set.

Landmarks go by name everywhere (`layout.index("pose/left_wrist")`, `layout.groups["left_hand"]`), so a
sequence from any source can be brought to the landmarks that a model knows, and what is missing can be said.
Left and right are the signer's own, not the picture's.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from chereme.errors import LayoutError

__all__ = [
    "BODY_HANDS_75",
    "HANDS_42",
    "HAND_21",
    "HAND_BONES",
    "HAND_POINTS",
    "HOLISTIC_543",
    "HOLISTIC_553",
    "KINECT_20",
    "LAYOUTS",
    "POINT_1",
    "POSE_POINTS",
    "UPPER_BODY_55",
    "UPPER_BODY_POINTS",
    "Layout",
    "image_count",
    "image_layout",
    "layout_named",
]

POSE_POINTS = tuple(
    "nose left_eye_inner left_eye left_eye_outer right_eye_inner right_eye right_eye_outer left_ear right_ear"
    " mouth_left mouth_right left_shoulder right_shoulder left_elbow right_elbow left_wrist right_wrist"
    " left_pinky right_pinky left_index right_index left_thumb right_thumb left_hip right_hip left_knee"
    " right_knee left_ankle right_ankle left_heel right_heel left_foot_index right_foot_index".split()
)
"""The 33 MediaPipe body landmarks, in MediaPipe's order."""

HAND_POINTS = (
    "wrist",
    *(f"{finger}_{joint}" for finger, joints in (
        ("thumb", "cmc mcp ip tip"),
        ("index_finger", "mcp pip dip tip"),
        ("middle_finger", "mcp pip dip tip"),
        ("ring_finger", "mcp pip dip tip"),
        ("pinky", "mcp pip dip tip"),
    ) for joint in joints.split()),
)  # fmt: skip
"""The 21 MediaPipe hand landmarks, in MediaPipe's order."""

HAND_BONES = (
    (0, 1), (1, 2), (2, 3), (3, 4),
    (0, 5), (5, 6), (6, 7), (7, 8),
    (5, 9), (9, 10), (10, 11), (11, 12),
    (9, 13), (13, 14), (14, 15), (15, 16),
    (13, 17), (17, 18), (18, 19), (19, 20),
    (0, 17),
)  # fmt: skip
"""The 21 edges of a hand, as index pairs into `HAND_POINTS`."""

_POSE_BONES = (
    (0, 1), (1, 2), (2, 3), (3, 7), (0, 4), (4, 5), (5, 6), (6, 8), (9, 10), (11, 12), (11, 13), (13, 15),
    (12, 14), (14, 16), (11, 23), (12, 24), (23, 24), (23, 25), (25, 27), (24, 26), (26, 28), (27, 29),
    (29, 31), (28, 30), (30, 32),
)  # fmt: skip

_KINECT_POINTS = tuple(
    "head shoulder_centre left_shoulder right_shoulder left_elbow right_elbow left_wrist right_wrist left_hand"
    " right_hand spine hip_centre left_hip right_hip left_knee right_knee left_ankle right_ankle left_foot"
    " right_foot".split()
)
_KINECT_BONES = (
    (0, 1), (1, 2), (1, 3), (2, 4), (3, 5), (4, 6), (5, 7), (6, 8), (7, 9), (1, 10), (10, 11), (11, 12),
    (11, 13), (12, 14), (13, 15), (14, 16), (15, 17), (16, 18), (17, 19),
)  # fmt: skip


@dataclass(frozen=True)
class Layout:
    """Names of J landmarks in order, and what is known of them.

    Equality is by names: two layouts with the same names hold the same landmarks.
    """

    name: str = field(compare=False)
    """Short name for people: `body_hands_75`."""
    names: tuple[str, ...]
    """J unique names, `group/point`: `pose/left_wrist`, `left_hand/thumb_tip`."""
    bones: tuple[tuple[int, int], ...] = field(default=(), compare=False)
    """Index pairs to draw as lines."""
    mirror: tuple[tuple[int, int], ...] = field(default=(), compare=False)
    """Index pairs (left, right) that change places when the picture is mirrored."""

    def __post_init__(self) -> None:
        if len(set(self.names)) != len(self.names):
            twice = sorted({n for n in self.names if self.names.count(n) > 1})
            raise LayoutError(f"layout {self.name}: landmark {twice[0]} is named twice")

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def groups(self) -> Mapping[str, slice]:
        """Group name (the part before the slash) to its slice of the landmark axis."""
        found: dict[str, slice] = {}
        for i, name in enumerate(self.names):
            group = name.partition("/")[0]
            start = found[group].start if group in found else i
            found[group] = slice(start, i + 1)
        return found

    @cached_property
    def _position(self) -> Mapping[str, int]:
        return {name: i for i, name in enumerate(self.names)}

    def has(self, name: str) -> bool:
        return name in self._position

    def index(self, name: str) -> int:
        """Position of one landmark.

        Raises:
            LayoutError: it is not in this layout.
        """
        try:
            return self._position[name]
        except KeyError:
            raise LayoutError(f"layout {self.name} has no landmark {name}") from None

    def indices(self, names: Iterable[str]) -> list[int]:
        """Positions of several landmarks, all missing ones named at once.

        Raises:
            LayoutError: some are not in this layout.
        """
        names = list(names)
        if missing := [n for n in names if n not in self._position]:
            shown = ", ".join(missing[:8]) + (f" and {len(missing) - 8} more" if len(missing) > 8 else "")
            raise LayoutError(f"layout {self.name} lacks {len(missing)} landmarks: {shown}")
        return [self._position[n] for n in names]

    def mirrored_order(self) -> list[int]:
        """Index list that puts each left landmark where its right partner was, and the other way round."""
        order = list(range(len(self)))
        for left, right in self.mirror:
            order[left], order[right] = right, left
        return order


def _in_group(group: str, points: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"{group}/{point}" for point in points)


def _shift(bones: Iterable[tuple[int, int]], by: int) -> tuple[tuple[int, int], ...]:
    return tuple((a + by, b + by) for a, b in bones)


def _left_right(points: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    def other(point: str) -> str:
        if point.startswith("left_"):
            return "right_" + point.removeprefix("left_")
        return point.removesuffix("_left") + "_right" if point.endswith("_left") else point

    return tuple((i, points.index(other(p))) for i, p in enumerate(points) if other(p) != p)


def _hands(at: int) -> tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]]:
    """Bones and mirror pairs of a left and a right hand that start at landmark `at`."""
    bones = _shift(HAND_BONES, at) + _shift(HAND_BONES, at + 21)
    return bones, tuple((at + i, at + 21 + i) for i in range(21))


def _holistic(name: str, face_points: int, *, hands_at: int) -> Layout:
    body = _in_group("pose", POSE_POINTS)
    face = _in_group("face", map(str, range(face_points)))
    hands = _in_group("left_hand", HAND_POINTS) + _in_group("right_hand", HAND_POINTS)
    bones, pairs = _hands(hands_at)
    return Layout(name, body + face + hands, _POSE_BONES + bones, _left_right(POSE_POINTS) + pairs)


HAND_21 = Layout("hand_21", _in_group("hand", HAND_POINTS), HAND_BONES)
HANDS_42 = Layout("hands_42", _in_group("left_hand", HAND_POINTS) + _in_group("right_hand", HAND_POINTS), *_hands(0))
BODY_HANDS_75 = _holistic("body_hands_75", 0, hands_at=33)
"""The default: 33 body landmarks, 21 of the left hand, 21 of the right."""
HOLISTIC_543 = _holistic("holistic_543", 468, hands_at=501)
"""Body, 468 face landmarks, hands. Mirroring changes no face point's side: recipes that read them do not mirror."""
HOLISTIC_553 = _holistic("holistic_553", 478, hands_at=511)
UPPER_BODY_POINTS = tuple(
    "nose left_eye right_eye mouth_left mouth_right left_shoulder right_shoulder left_elbow right_elbow left_wrist"
    " right_wrist left_hip right_hip".split()
)


def _upper_body() -> Layout:
    hands, pairs = _hands(13)
    arms = ((5, 6), (5, 7), (7, 9), (6, 8), (8, 10), (5, 11), (6, 12), (11, 12), (0, 1), (0, 2), (3, 4))
    names = _in_group("pose", UPPER_BODY_POINTS) + HANDS_42.names
    return Layout("upper_body_55", names, arms + hands, _left_right(UPPER_BODY_POINTS) + pairs)


UPPER_BODY_55 = _upper_body()
"""What our recognizers read of `body_hands_75`: no legs, no ears, no second estimate of the hands."""
KINECT_20 = Layout("kinect_20", _in_group("body", _KINECT_POINTS), _KINECT_BONES, _left_right(_KINECT_POINTS))
POINT_1 = Layout("point_1", ("hand/centre",))

LAYOUTS: dict[str, Layout] = {
    layout.name: layout
    for layout in (HAND_21, HANDS_42, BODY_HANDS_75, UPPER_BODY_55, HOLISTIC_543, HOLISTIC_553, KINECT_20, POINT_1)
}


def image_layout(count: int) -> Layout:
    """So many features of an image encoder, three to a "point", so that they travel where landmarks do.

    They are no places: a sequence of them is neither aligned, turned nor drawn.
    """
    name = f"image_{count}"
    return Layout(name, _in_group(name, map(str, range(-(-count // 3)))))


def image_count(layout: Layout) -> int:
    """How many features of an image encoder a layout holds; 0: it holds landmarks."""
    found = re.fullmatch(r"image_([1-9]\d{0,4})/0", layout.names[0])
    return int(found[1]) if found else 0


def layout_named(name: str) -> Layout:
    """A known layout by its name; `image_512` and the like are those of image encoders.

    Raises:
        LayoutError: there is none of that name.
    """
    if found := re.fullmatch(r"image_([1-9]\d{0,4})", name):
        return image_layout(int(found[1]))
    try:
        return LAYOUTS[name]
    except KeyError:
        raise LayoutError(f"no layout is called {name!r}; known: {', '.join(LAYOUTS)}") from None
