"""Place and size of a signer by reference points, measured while the signer stands still."""

from dataclasses import dataclass, replace

import numpy as np

from chereme.errors import RecipeError
from chereme.layout import Layout
from chereme.preprocess.trim import Signing
from chereme.types import Bools, Floats, PoseSequence

__all__ = ["AlignConfig", "Reference", "align_to_reference", "find_reference", "in_picture"]

LENGTHS = ("face_width", "shoulder_width", "face_to_shoulders")


@dataclass(frozen=True)
class AlignConfig:
    """Where and how large a signer stands after `preprocess.align = "reference"`, in a square picture of side 1."""

    by: tuple[str, ...] = ("face_width", "shoulder_width")
    """Lengths that decide the size, the same for x, y and z; of several, the one that makes the signer largest."""
    face_width: float = 0.155
    """From ear to ear."""
    shoulder_width: float = 0.35
    """From shoulder to shoulder; points come out in units of this length."""
    face_to_shoulders: float = 0.275
    """From the middle of the face to the middle of the shoulders."""
    face_share: float = 0.5
    """Share of the face's middle, against the shoulders', in the upright line that goes to `centre_x`."""
    centre_x: float = 0.5
    """Of that line, where a `.pose` or picture shows the aligned signer."""
    shoulders_y: float = 0.52
    """Of the shoulders' middle, from the top, there."""
    least_still: float = 0.1
    """Seconds that a point must be seen outside the signing; less, and it is measured in all frames."""

    def __post_init__(self) -> None:
        if not self.by or not set(self.by) <= set(LENGTHS):
            raise RecipeError(f"align.by names one or more of {', '.join(LENGTHS)}; got {', '.join(self.by) or 'none'}")
        for name in LENGTHS:
            if not 0.01 <= getattr(self, name) <= 1:
                raise RecipeError(f"align.{name} must be 0.01 to 1 of the picture, got {getattr(self, name)}")
        for name in ("face_share", "centre_x", "shoulders_y"):
            if not 0 <= getattr(self, name) <= 1:
                raise RecipeError(f"align.{name} must be 0 to 1, got {getattr(self, name)}")
        if not 0 <= self.least_still <= 5:
            raise RecipeError(f"align.least_still must be 0 to 5 seconds, got {self.least_still}")


@dataclass(frozen=True, eq=False)
class Reference:
    """A signer's place and lengths in the source's frame heights; NaN where nothing told."""

    face: Floats
    """(3,) middle of the face."""
    shoulders: Floats
    """(3,) middle of the shoulders."""
    face_width: float
    shoulder_width: float
    face_to_shoulders: float
    still_frames: int
    """Frames before and after the signing."""
    from_all: tuple[str, ...]
    """What had to be measured in all frames, because the still ones showed it too seldom."""


def find_reference(sequence: PoseSequence, signing: Signing, config: AlignConfig) -> Reference:
    """Measure the signer in the frames outside the signing: medians, each of the frames that show what it needs.

    A clip that is cut tight has no such frames, or the signer is out of view in them; then all frames count,
    and `from_all` says so.

    Raises:
        LayoutError: the layout has no shoulders.
    """
    still = np.ones(len(sequence), bool)
    still[signing.start : signing.end + 1] = False
    least = max(1, int(np.ceil(config.least_still * sequence.fps)))
    from_all: list[str] = []

    def typical(name: str, values: Floats) -> Floats:
        seen: Bools = np.isfinite(values).reshape(len(values), -1).all(1)
        if (still & seen).sum() >= least:
            seen &= still
        elif seen.any():
            from_all.append(name)
        return np.median(values[seen], axis=0) if seen.any() else np.full(values.shape[1:], np.nan, np.float32)

    group = "body" if "body" in sequence.layout.groups else "pose"
    left, right = sequence.landmark(f"{group}/left_shoulder"), sequence.landmark(f"{group}/right_shoulder")
    shoulders = (left + right) / 2
    cheeks = _face(sequence)
    face = np.mean(cheeks, axis=0)
    wide = len(cheeks) == 2 and _has_ears(sequence.layout)
    return Reference(
        typical("face", face),
        typical("shoulders", shoulders),
        float(typical("face_width", _distance(*cheeks))) if wide else np.nan,
        float(typical("shoulder_width", _distance(left, right))),
        float(typical("face_to_shoulders", _distance(face, shoulders))),
        int(still.sum()),
        tuple(from_all),
    )


def align_to_reference(sequence: PoseSequence, reference: Reference, config: AlignConfig) -> PoseSequence:
    """Put the middle of the shoulders at the origin and bring the signer to one size, alike in x, y and z.

    One place and one size for the whole clip, so all movement in it is kept. The horizontal middle lies between
    that of the face and that of the shoulders, by `face_share`.

    Returns:
        Points in shoulder widths, as `align_body` gives them. A clip in which neither face nor shoulders were ever
        seen is only centred.
    """
    scale = _scale(reference, config)
    places = [reference.shoulders, reference.face]
    if not any(np.isfinite(place).all() for place in places):
        seen = sequence.points[sequence.seen]
        origin = np.median(seen, axis=0) if len(seen) else np.zeros(3, np.float32)
    elif not np.isfinite(reference.shoulders).all():
        origin = reference.face + np.array([0, config.face_to_shoulders / scale, 0], np.float32)
    else:
        origin = reference.shoulders.copy()
        if np.isfinite(reference.face).all():
            origin[0] += config.face_share * (reference.face[0] - reference.shoulders[0])
    unit = np.float32(config.shoulder_width / scale)
    return sequence.with_points(((sequence.points - origin) / unit).astype(np.float32))


def in_picture(sequence: PoseSequence, config: AlignConfig) -> PoseSequence:
    """Put an aligned sequence into a square picture, for a `.pose` or to look at.

    Args:
        sequence: in shoulder widths about the shoulders' middle, by whichever alignment.
        config: where the shoulders' middle goes, and how wide they become.

    Returns:
        Points in frame heights; the picture is as high as the source's.
    """
    corner = np.array([config.centre_x, config.shoulders_y, 0], np.float32)
    side = sequence.size[1]
    return replace(sequence, points=sequence.points * np.float32(config.shoulder_width) + corner, size=(side, side))


def _scale(reference: Reference, config: AlignConfig) -> float:
    """Picture sides per frame height of the source; a length that is not to be had leaves it to the others."""
    scales = {
        name: getattr(config, name) / getattr(reference, name)
        for name in LENGTHS
        if np.isfinite(getattr(reference, name)) and getattr(reference, name) > 1e-4
    }
    chosen = [scales[name] for name in config.by if name in scales] or list(scales.values())
    return float(max(chosen, default=config.shoulder_width))


_FACES = (("face/234", "face/454"), ("pose/left_ear", "pose/right_ear"), ("pose/left_eye", "pose/right_eye"))
"""Either side of a face, as far out as the layout knows one; eyes give its middle, but not its width."""


def _has_ears(layout: Layout) -> bool:
    return any(layout.has(left) and layout.has(right) for left, right in _FACES[:2])


def _face(sequence: PoseSequence) -> list[Floats]:
    """Tracks (T, 3) whose mean is the middle of the face; one of NaN where the layout has no face."""
    for pair in _FACES:
        if all(sequence.layout.has(name) for name in pair):
            return [sequence.landmark(name) for name in pair]
    if sequence.layout.has("body/head"):
        return [sequence.landmark("body/head")]
    return [np.full((len(sequence), 3), np.nan, np.float32)]


def _distance(first: Floats, second: Floats) -> Floats:
    return np.asarray(np.linalg.norm((first - second)[:, :2], axis=-1), np.float32)
