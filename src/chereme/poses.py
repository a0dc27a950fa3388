"""`.pose` files in and out, through the pose-format library.

Written: v0.2, XYZC, pixels of the source picture; one component per landmark group, named as pose-format
names MediaPipe's. Read: v0.0 to 0.2, any header: a component and point that we know get our names, others
keep their own, so a known layout can be picked from any file that holds its landmarks.

Source: https://github.com/sign-language-processing/pose
"""

import struct
from collections import Counter
from io import BytesIO
from pathlib import Path

import numpy as np
from pose_format import Pose
from pose_format.numpy import NumPyPoseBody
from pose_format.pose_header import PoseHeader, PoseHeaderComponent, PoseHeaderDimensions

from chereme.errors import PoseFileError
from chereme.files import write_beside
from chereme.layout import LAYOUTS, Layout
from chereme.types import PoseSequence

__all__ = ["pose_from_bytes", "pose_to_bytes", "read_pose", "write_pose"]

_GROUP_OF_COMPONENT = {
    "POSE_LANDMARKS": "pose",
    "FACE_LANDMARKS": "face",
    "LEFT_HAND_LANDMARKS": "left_hand",
    "RIGHT_HAND_LANDMARKS": "right_hand",
    "POSE_WORLD_LANDMARKS": "pose_world",
}
_COMPONENT_OF_GROUP = {group: component for component, group in _GROUP_OF_COMPONENT.items()}


def read_pose(path: str | Path) -> PoseSequence:
    """Read a `.pose` file; points the file gives no confidence in become NaN.

    Coordinates are divided by the picture's height. A file of several people is read for its first.

    Raises:
        PoseFileError: not readable, not a `.pose`, truncated, or without frames.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise PoseFileError(f"{path}: cannot be read: {error.strerror or error}") from error
    return pose_from_bytes(data, str(path))


def pose_from_bytes(data: bytes, name: str = "pose") -> PoseSequence:
    """The same from memory; `name` stands in errors."""
    try:
        pose = Pose.read(data)
    except (
        struct.error,
        ArithmeticError,
        LookupError,
        MemoryError,
        NotImplementedError,
        TypeError,
        ValueError,
    ) as error:
        why = "" if isinstance(error, UnicodeDecodeError) else f" ({error})"  # bytes of a film tell nobody anything
        raise PoseFileError(
            f"{name}: not a .pose file, or cut short{why}; `chereme extract` makes one of a video"
        ) from error
    values, confidence = pose.body.data, np.asarray(pose.body.confidence, np.float32)
    if len(values) == 0 or values.shape[1] == 0:
        raise PoseFileError(f"{name}: holds no frame of any person")
    height = pose.header.dimensions.height
    width = pose.header.dimensions.width
    if not pose.body.fps > 0 or height <= 0 or width <= 0:
        raise PoseFileError(f"{name}: {width}x{height} pixels at {pose.body.fps} frames per second makes no sense")
    layout = _layout_of(pose.header)
    points = np.full((len(values), len(layout), 3), 0, np.float32)
    dims = values.shape[-1]
    points[..., : min(dims, 3)] = np.asarray(values[:, 0].data if hasattr(values, "data") else values[:, 0])[..., :3]
    points /= height
    confidence = confidence[:, 0]
    points[~(confidence > 0) | np.isnan(points).any(-1)] = np.nan
    return PoseSequence(points, layout, float(pose.body.fps), (width, height), confidence)


def write_pose(sequence: PoseSequence, path: str | Path) -> None:
    """Write a sequence as `.pose` v0.2, whole or not at all."""
    with write_beside(path) as part:
        part.write_bytes(pose_to_bytes(sequence))


def pose_to_bytes(sequence: PoseSequence) -> bytes:
    """A sequence as the bytes of a `.pose` file; points not seen get confidence 0."""
    width, height = sequence.size
    seen = sequence.seen
    confidence = np.ones(seen.shape, np.float32) if sequence.confidence is None else sequence.confidence
    # pose-format takes confidence 0 for "not seen", so a seen point keeps a trace of it
    confidence = np.where(seen, np.maximum(confidence, 1e-3), 0).astype(np.float32)
    points = np.nan_to_num(sequence.points * height).astype(np.float32)
    depth = min(int(np.ceil(np.abs(points[..., 2]).max(initial=0))), 65535)  # all that the header holds
    header = PoseHeader(0.2, PoseHeaderDimensions(width, height, depth), _components(sequence.layout))
    body = NumPyPoseBody(sequence.fps, points[:, None], confidence[:, None])
    out = BytesIO()
    Pose(header, body).write(out)
    return out.getvalue()


def _components(layout: Layout) -> list[PoseHeaderComponent]:
    found = []
    for group, at in layout.groups.items():
        known = group in _COMPONENT_OF_GROUP
        names = [n.partition("/")[2] for n in layout.names[at]]
        limbs = [(a - at.start, b - at.start) for a, b in layout.bones if at.start <= a < at.stop > b >= at.start]
        found.append(
            PoseHeaderComponent(
                _COMPONENT_OF_GROUP.get(group, group),
                [n.upper() for n in names] if known else names,
                limbs,
                [(255, 128, 0)],
                "XYZC",
            )
        )
    return found


def _layout_of(header: PoseHeader) -> Layout:
    names: list[str] = []
    bones: list[tuple[int, int]] = []
    for component in header.components:
        group = _GROUP_OF_COMPONENT.get(component.name)
        points = [p.lower() for p in component.points] if group else component.points
        bones += [(a + len(names), b + len(names)) for a, b in component.limbs]
        names += [f"{group or component.name}/{p}" for p in points]
    repeated = {n for n, count in Counter(names).items() if count > 1}
    # some old headers name a point twice: number those so that each can still be told apart
    unique = tuple(f"{n}#{i}" if n in repeated else n for i, n in enumerate(names))
    for known in LAYOUTS.values():
        if known.names == unique:
            return known
    return Layout(f"{len(unique)} points", unique, tuple(bones))
