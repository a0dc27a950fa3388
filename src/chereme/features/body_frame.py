"""What a producer makes of a signer: so many numbers a frame, in one body frame, and the way back.

One frame for the whole body, as far as a picture can be drawn again: all points from the middle of the shoulders, in
shoulder widths, in true proportions. Each hand is where its wrist is.
"""

from dataclasses import dataclass

import numpy as np

from chereme.errors import RecipeError, UnseenError
from chereme.layout import HAND_BONES, HAND_POINTS, UPPER_BODY_55, Layout
from chereme.types import Floats, PoseSequence

__all__ = ["ISIGN_76", "PRODUCED", "PoseConfig", "from_values", "produced_bones", "to_values"]

_ISIGN_BODY = (
    "nose left_eye right_eye left_ear right_ear left_shoulder right_shoulder left_elbow right_elbow left_wrist"
    " right_wrist".split()
)
_ISIGN_FACE = (
    61, 291, 17, 0, 70, 105, 107, 300, 334, 336, 161, 158, 33, 163, 153, 133, 388, 385, 263, 390, 380, 362, 9
)  # fmt: skip
ISIGN_76 = Layout(
    "isign_76",
    (
        *(f"{side}_hand/{point}" for side in ("left", "right") for point in HAND_POINTS),
        *(f"pose/{point}" for point in _ISIGN_BODY),
        *(f"face/{point}" for point in _ISIGN_FACE),
    ),
    (*HAND_BONES, *((a + 21, b + 21) for a, b in HAND_BONES), (47, 48), (47, 49), (49, 51), (48, 50), (50, 52)),
)
"""76 landmarks in the order of a system that reads iSign: in the picture, 152 numbers a frame."""
PRODUCED: dict[str, Layout] = {layout.name: layout for layout in (UPPER_BODY_55, ISIGN_76)}
"""What a producer can make, by the name that a recipe gives."""

_SHOULDER_WIDTH, _SHOULDERS_AT = 0.25, 0.38
"""In picture heights: a signer who is seen from head to hips."""
_SHOULDERS = ("pose/left_shoulder", "pose/right_shoulder")
_SIDES = ("left", "right")


@dataclass(frozen=True)
class PoseConfig:
    """What a producer makes of a signer: which landmarks, in how many dimensions, how fast and how long."""

    points: str = "upper_body_55"
    """A key of `chereme.features.body_frame.PRODUCED`: `upper_body_55`, or `isign_76` with points of the face."""
    dims: int = 2
    """2: in the picture; 3: with depth as the extractor guessed it. 152 numbers a frame are `isign_76` in 2."""
    fps: float = 25.0
    """Frames per second to which every clip is brought."""
    max_frames: int = 96
    """Longer clips are cut here, and nothing longer is made."""

    def __post_init__(self) -> None:
        if self.points not in PRODUCED:
            raise RecipeError(f"pose.points {self.points!r} is not known; known: {', '.join(PRODUCED)}")
        if self.dims not in (2, 3) or not self.fps > 0 or self.max_frames < 2:
            raise RecipeError("pose: dims are 2 or 3, fps is above 0 and max_frames at least 2")

    @property
    def layout(self) -> Layout:
        return PRODUCED[self.points]

    @property
    def size(self) -> int:
        """Numbers a frame."""
        return len(self.layout) * self.dims


def to_values(sequence: PoseSequence, config: PoseConfig) -> Floats:
    """A clip as a producer is taught it.

    Args:
        sequence: any layout with shoulders; landmarks that it lacks are unseen.
        config: see `PoseConfig`.

    Returns:
        (T, P) in shoulder widths from between the shoulders, NaN where not seen.

    Raises:
        LayoutError: there are no shoulders.
        UnseenError: no frame shows both.
    """
    shoulders = sequence.points[:, sequence.layout.indices(_SHOULDERS)]
    shoulders = shoulders[np.isfinite(shoulders).all((1, 2))]
    if not len(shoulders):
        raise UnseenError(f"no frame of {len(sequence)} shows both shoulders, so nothing gives the place and size")
    width = np.linalg.norm((shoulders[:, 0] - shoulders[:, 1])[:, :2], axis=-1).mean()
    points = (sequence.with_missing(config.layout).points - shoulders.mean((0, 1))) / max(float(width), 1e-6)
    frames = max(1, round(len(points) * config.fps / sequence.fps))
    at = np.linspace(0, len(points) - 1, frames)
    before = np.floor(at).astype(np.int64)
    after = np.minimum(before + 1, len(points) - 1)
    share = (at - before)[:, None, None]
    between = points[before] * (1 - share) + points[after] * share
    moved = np.where(share == 0, points[before], between)[: config.max_frames, :, : config.dims]
    return moved.reshape(len(moved), -1).astype(np.float32)


def from_values(values: Floats, config: PoseConfig, size: tuple[int, int] = (1280, 720)) -> PoseSequence:
    """A clip from what a producer made: in frame heights, in the middle of a picture, head to hips.

    Depth that was not made is 0. The body's wrists go where the hands' are.

    Args:
        values: (T, P), NaN where nothing is to be seen.
        config: see `PoseConfig`.
        size: (width, height) of the picture.
    """
    layout = config.layout
    points = np.zeros((len(values), len(layout), 3), np.float32)
    points[..., : config.dims] = values.reshape(len(values), len(layout), config.dims)
    points[np.isnan(points).any(-1)] = np.nan
    for side in _SIDES:
        wrist, hand = layout.index(f"pose/{side}_wrist"), layout.index(f"{side}_hand/wrist")
        points[:, wrist, :2] = np.where(np.isnan(points[:, hand, :2]), points[:, wrist, :2], points[:, hand, :2])
    points *= _SHOULDER_WIDTH
    points[..., :2] += np.array([size[0] / size[1] / 2, _SHOULDERS_AT], np.float32)
    return PoseSequence(points, layout, config.fps, size)


def produced_bones(config: PoseConfig) -> list[tuple[int, int]]:
    """Bones of the hands and arms: distances that a body keeps, depth or not, within a moment of signing."""
    return [(a, b) for a, b in config.layout.bones if _bone(config.layout.names[a], config.layout.names[b])]


def _bone(a: str, b: str) -> bool:
    return "hand/" in a or any(part in a + b for part in ("elbow", "shoulder"))
