"""The values that pass between the stages: frozen dataclasses of arrays.

Shapes: T frames, J landmarks, F features, K classes; the last axis of points is x, y, z. NaN means "not
seen"; zero is a place.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from chereme.errors import LayoutError
from chereme.layout import Layout

__all__ = ["Bools", "DOUBTS", "Clip", "Doubt", "Features", "Floats", "PoseSequence", "Prediction", "Ranked"]

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

Doubt = Literal["no_hand", "unlike", "unsure"]
"""Why a recognizer declines, as the API says it."""
DOUBTS: Mapping[Doubt, str] = {
    "no_hand": "no hand seen, unless at rest",
    "unlike": "unlike any sign it knows",
    "unsure": "no word stands out",
}
"""The same for people."""


@dataclass(frozen=True, eq=False)
class PoseSequence:
    """Landmarks of one person over time; T = 1 for a picture.

    As extracted, x, y and z are in frame heights (x runs to width / height, so proportions are true; y
    points down; z is the extractor's relative depth in the same unit, away from the camera). After
    alignment the unit is the shoulder width. Left and right are the signer's own.
    """

    points: Floats
    """(T, J, 3); NaN in all three where a landmark was not seen."""
    layout: Layout
    fps: float
    """Frames per second, constant over the sequence."""
    size: tuple[int, int]
    """Width and height in pixels of the picture the points come from."""
    confidence: Floats | None = None
    """(T, J) from 0 to 1, or None where the source gave none."""
    filled: Bools | None = None
    """(T, J): points that a later step invented; None while there are none."""

    def __post_init__(self) -> None:
        if self.points.ndim != 3 or self.points.shape[1:] != (len(self.layout), 3):
            raise LayoutError(
                f"points of shape {self.points.shape} do not fit layout {self.layout.name}: (T, {len(self.layout)}, 3)"
            )
        if self.points.dtype != np.float32:
            object.__setattr__(self, "points", self.points.astype(np.float32))

    def __len__(self) -> int:
        return len(self.points)

    @property
    def seconds(self) -> float:
        """Duration: T frames last T / fps seconds."""
        return len(self) / self.fps

    @property
    def seen(self) -> Bools:
        """(T, J): where a landmark has a position."""
        return np.asarray(~np.isnan(self.points[..., 0]))

    def group(self, name: str) -> Floats:
        """The points of one group, a (T, n, 3) view: `sequence.group("left_hand")`.

        Raises:
            LayoutError: the layout has no such group.
        """
        try:
            return self.points[:, self.layout.groups[name]]
        except KeyError:
            known = ", ".join(self.layout.groups)
            raise LayoutError(f"layout {self.layout.name} has no group {name}; it has {known}") from None

    def landmark(self, name: str) -> Floats:
        """One landmark's track, a (T, 3) view: `sequence.landmark("pose/left_wrist")`."""
        return self.points[:, self.layout.index(name)]

    def with_points(self, points: Floats, *, filled: Bools | None = None, fps: float | None = None) -> "PoseSequence":
        """The same sequence with other points; `filled` is added to what was filled before.

        Confidence is kept while the number of frames stays the same, else dropped.
        """
        same_frames = len(points) == len(self)
        before = self.filled if same_frames else None
        if filled is not None and before is not None:
            filled = filled | before
        return replace(
            self,
            points=points,
            fps=self.fps if fps is None else fps,
            confidence=self.confidence if same_frames else None,
            filled=before if filled is None else filled,
        )

    def pick(self, layout: Layout) -> "PoseSequence":
        """The landmarks of another layout, found by name.

        Raises:
            LayoutError: some are not here; the text names them.
        """
        if layout == self.layout:
            return self
        at = self.layout.indices(layout.names)
        return replace(
            self,
            points=self.points[:, at],
            layout=layout,
            confidence=None if self.confidence is None else self.confidence[:, at],
            filled=None if self.filled is None else self.filled[:, at],
        )

    def with_missing(self, layout: Layout) -> "PoseSequence":
        """The landmarks of another layout by name, NaN for those that are not here."""
        at = [(i, self.layout.index(name)) for i, name in enumerate(layout.names) if self.layout.has(name)]
        to, source = [i for i, _ in at], [j for _, j in at]
        points = np.full((len(self), len(layout), 3), np.nan, np.float32)
        points[:, to] = self.points[:, source]
        confidence = filled = None
        if self.confidence is not None:
            confidence = np.zeros(points.shape[:2], np.float32)
            confidence[:, to] = self.confidence[:, source]
        if self.filled is not None:
            filled = np.zeros(points.shape[:2], bool)
            filled[:, to] = self.filled[:, source]
        return replace(self, points=points, layout=layout, confidence=confidence, filled=filled)

    def mirrored(self) -> "PoseSequence":
        """As in a mirror: left and right landmarks change places and x runs the other way.

        x is mirrored about the middle of the picture, so an extracted sequence stays inside it.
        """
        order = self.layout.mirrored_order()
        points = self.points[:, order].copy()
        points[..., 0] = self.size[0] / self.size[1] - points[..., 0]
        return replace(
            self,
            points=points,
            confidence=None if self.confidence is None else self.confidence[:, order],
            filled=None if self.filled is None else self.filled[:, order],
        )


@dataclass(frozen=True)
class Clip:
    """One row of a manifest: a stretch of video or landmarks in which one sign is made."""

    id: str
    """Unique in its manifest; never the file stem alone."""
    path: str
    """Of the video or `.pose`, relative to the manifest's folder; empty when the store holds the landmarks."""
    gloss: str
    language: str = ""
    """ISO 639-3: `bzs` Libras, `ase` ASL, `ins` Indian."""
    signer: str = ""
    source: str = ""
    """Where it was recorded or published; a session or block stands here too, when that is all one knows."""
    variant: str = ""
    start: float | None = None
    """Seconds from the file's start; None: from its beginning."""
    end: float | None = None
    licence: str = ""
    split: str = ""
    """`train`, `validation`, `test` or empty."""


@dataclass(frozen=True, eq=False)
class Features:
    """What a model reads of a clip."""

    values: Floats
    """(T, F) per frame."""
    names: tuple[str, ...]
    """F names."""
    clip_values: Floats
    """(G,) once per clip: duration and the like."""
    clip_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ranked:
    """One gloss of a prediction."""

    gloss: str
    probability: float


@dataclass(frozen=True)
class Prediction:
    """What a recognizer says of a clip: glosses with calibrated probabilities, best first."""

    ranked: tuple[Ranked, ...]
    unknown_because: Doubt | None = None
    """Why the recognizer declines, if it does."""

    @property
    def unknown(self) -> bool:
        """The recognizer declines: what it saw is probably no sign of its vocabulary."""
        return self.unknown_because is not None

    def as_json(self, top: int | None = None) -> Mapping[str, Any]:
        """The form that `recognize --json` and the API print."""
        found: dict[str, Any] = {
            "predictions": [{"gloss": r.gloss, "probability": r.probability} for r in self.ranked[:top]],
            "unknown": self.unknown,
        }
        return {**found, "unknown_because": self.unknown_because} if self.unknown else found
