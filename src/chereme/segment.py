"""Signs cut out of running landmarks: a sign lies between two moments in which the hands rest.

The page does the same in the browser (`web/src/pipeline/segmenter.ts`): numbers that change here change there.
"""

from collections import deque
from dataclasses import dataclass

import numpy as np

from chereme.errors import LayoutError
from chereme.landmarks.timing import even_times, on_grid
from chereme.layout import Layout
from chereme.types import Floats, PoseSequence

__all__ = ["Cut", "Rest", "Segmenter"]

_SPAN = 0.2
"""Seconds over which a wrist's speed is taken: shorter, and the tracker's trembling counts as motion."""
_WIDTHS = 31
"""Frames whose median is the width of the shoulders."""
_USUAL_WIDTH = 0.25
"""Picture heights; until the shoulders were seen."""
_SHOULDERS = ("pose/left_shoulder", "pose/right_shoulder")
_WRISTS = ("pose/left_wrist", "pose/right_wrist")


@dataclass(frozen=True)
class Rest:
    """When hands move and when they rest: in seconds, and in shoulder widths per second."""

    moving: float = 0.9
    """A sign begins when a wrist is faster than this."""
    resting: float = 0.4
    """It ends when both wrists have been slower than this for as long as `pause`."""
    pause: float = 0.5
    """Seconds."""
    lead: float = 0.25
    """Seconds that are kept of what was before a sign began and after it ended."""
    shortest: float = 0.5
    """What is shorter is no sign."""
    reach: float = 0.35
    """Nor is what moves no wrist by as much as this, in shoulder widths."""
    longest: float = 6.0
    """A sign that goes on for longer is cut here."""


@dataclass(frozen=True, eq=False)
class Cut:
    """A sign that has come to its end."""

    points: Floats
    """(T, J, 3) as they came."""
    times: tuple[float, ...]
    """Seconds of its T frames."""

    def sequence(self, layout: Layout, size: tuple[int, int]) -> PoseSequence:
        """The sign at an even rate, whatever the rate at which its frames came.

        Raises:
            ClipError: the times do not go forward.
        """
        times = np.array(self.times)
        rate = (len(times) - 1) / max(times[-1] - times[0], 1e-6)
        grid, fps = even_times(times, rate, "sign")
        seen = (~np.isnan(self.points[..., 0])).astype(np.float32)
        if len(grid) == len(times):
            return PoseSequence(self.points, layout, fps, size)
        points, _, filled = on_grid(grid, times, self.points, seen, near=0.25 / fps)
        return PoseSequence(points, layout, fps, size, filled=filled if filled.any() else None)


class Segmenter:
    """Takes frame after frame and gives a sign when it has come to its end; gives nothing while nobody signs.

    Args:
        layout: of the landmarks; needs shoulders and wrists.
        rest: what counts as rest.

    Raises:
        LayoutError: no shoulders or no wrists.
    """

    def __init__(self, layout: Layout, rest: Rest | None = None) -> None:
        self.layout, self.rest = layout, rest or Rest()
        if lacking := [name for name in (*_SHOULDERS, *_WRISTS) if not layout.has(name)]:
            raise LayoutError(f"signs are cut by shoulders and wrists, and {layout.name} has no {lacking[0]}")
        self._shoulders, self._wrists = layout.indices(_SHOULDERS), layout.indices(_WRISTS)
        self._hands = [at for name, at in layout.groups.items() if name.endswith("_hand")]
        self._frames: deque[tuple[float, Floats]] = deque()
        self._widths: deque[float] = deque(maxlen=_WIDTHS)
        self._begun = self._moved = float("nan")

    @property
    def signing(self) -> bool:
        """Whether somebody signs just now."""
        return not np.isnan(self._begun)

    def __len__(self) -> int:
        """How many frames it holds."""
        return len(self._frames)

    def push(self, points: Floats, time: float) -> Cut | None:
        """Take the next frame (J, 3), in picture heights, at so many seconds; time that goes back begins anew."""
        if self._frames and time <= self._frames[-1][0]:
            self.clear()
        self._frames.append((time, points))
        left, right = points[self._shoulders, :2]
        if (width := float(np.hypot(*(left - right)))) > 0:
            self._widths.append(width)
        speed = self._speed()
        if not self.signing:
            keep = max(self.rest.lead, _SPAN) + _SPAN
            while self._frames[0][0] < time - keep:
                self._frames.popleft()
            if speed > self.rest.moving:
                self._begun = self._moved = time
            return None
        if speed > self.rest.resting:
            self._moved = time
        rested = time - self._moved >= self.rest.pause
        return self._finish() if rested or time - self._begun >= self.rest.longest else None

    def flush(self) -> Cut | None:
        """What is under way when no more frames come."""
        return self._finish() if self.signing else None

    def clear(self) -> None:
        """Forget what came."""
        self._frames.clear()
        self._begun = self._moved = float("nan")

    def _finish(self) -> Cut | None:
        rest = self.rest
        first, last = self._begun - _SPAN - rest.lead, self._moved + rest.lead
        kept = [(time, points) for time, points in self._frames if first <= time <= last]
        lasting = self._moved - self._begun + _SPAN
        self.clear()
        points = np.stack([points for _, points in kept])
        far = self._extent(points) > rest.reach * self._width
        hand = any((~np.isnan(points[:, at, 0])).any() for at in self._hands) or not self._hands
        return Cut(points, tuple(time for time, _ in kept)) if lasting >= rest.shortest and far and hand else None

    @property
    def _width(self) -> float:
        return float(np.median(self._widths)) if self._widths else _USUAL_WIDTH

    def _speed(self) -> float:
        """Of the faster wrist, in shoulder widths per second."""
        now, here = self._frames[-1]
        before, there = next((f for f in reversed(self._frames) if f[0] <= now - _SPAN), self._frames[0])
        if before == now:
            return 0.0
        apart = np.nan_to_num(np.linalg.norm((here - there)[self._wrists, :2], axis=-1))
        return float(apart.max()) / (now - before) / self._width

    def _extent(self, points: Floats) -> float:
        """How far a wrist gets from where it was first seen."""
        farthest = 0.0
        for wrist in self._wrists:
            seen = points[~np.isnan(points[:, wrist, 0]), wrist, :2]
            if len(seen):
                farthest = max(farthest, float(np.linalg.norm(seen - seen[0], axis=-1).max()))
        return farthest
