"""Signs joined into signing: trimmed, led into each other, smoothed, and given the time that is wanted."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from chereme.errors import CheremeError, ClipError, TooLargeError
from chereme.produce.bridge import Bridges, best_meeting, bridge_frames, carry_shapes, way_between
from chereme.produce.material import Material, at_times, common_layout, material, place_in_picture
from chereme.produce.pace import Pace, moments, steady
from chereme.produce.rest import keep_idle_hands_up, resting, stretches
from chereme.types import Bools, PoseSequence

__all__ = ["JoinConfig", "Joined", "Span", "join_signs", "tighten"]

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class JoinConfig:
    """How signs are joined."""

    fps: float = 25.0
    """Frames per second of the result."""
    size: tuple[int, int] = (1280, 720)
    """Width and height of the picture that the signer is put into; the middle of it, head to hips."""
    speed: float = 1.0
    """How many times as fast as signs whose holds are shortened."""
    seconds: float | None = None
    """Duration of the whole; None: what the signs take at that speed."""
    longest: float | None = None
    """What would last longer than so many seconds is refused; None: nothing is."""
    lead: float = 0.3
    """How much of the first sign's rest before it, and of the last one's after it, is kept, in seconds."""
    longest_idle: float = 2.0
    """A hand that rests no longer than this between two uses stays up, in seconds."""
    bridges: Bridges = field(default_factory=Bridges)
    """The ways between signs."""
    pace: Pace = field(default_factory=Pace)
    """How holds are shortened."""

    def __post_init__(self) -> None:
        if not (1 <= self.fps <= 240 and min(self.size) >= 16):
            raise CheremeError(f"{self.fps} frames per second of {self.size} pixels: nothing that can be drawn")
        if not 0.1 <= self.speed <= 10:
            raise CheremeError(f"speed is a factor from 0.1 to 10, got {self.speed}")
        if self.seconds is not None and not 2 / self.fps <= self.seconds <= 3600:
            raise CheremeError(f"seconds must be from {2 / self.fps:g} to 3600, got {self.seconds}")
        if self.longest is not None and not self.longest > 0:
            raise CheremeError(f"longest must be above 0 seconds, got {self.longest}")


@dataclass(frozen=True)
class Span:
    """Where one sign is in joined signing."""

    gloss: str
    start: float
    """Seconds; from the sign's first frame."""
    end: float
    """Seconds; to where the way to the next sign begins."""
    first: int
    """Frame."""
    last: int
    """Frame; it belongs to the sign."""
    spelled: bool = False
    """Made of letters."""

    def as_json(self) -> dict[str, object]:
        """As `produce --json` prints it."""
        where = {"gloss": self.gloss, "start": round(self.start, 3), "end": round(self.end, 3)}
        return {**where, "frames": [self.first, self.last], "spelled": self.spelled}


@dataclass(frozen=True, eq=False)
class Joined:
    """Signs in a row as one movement, and where each of them is."""

    sequence: PoseSequence
    """In frame heights; `filled` marks what no clip showed: ways, and hands whose shape was carried on."""
    spans: tuple[Span, ...]


def join_signs(signs: Sequence[tuple[str, PoseSequence]], config: JoinConfig | None = None) -> Joined:
    """Make one movement of the clips of several signs.

    Each is brought to one body (shoulders), one rate, and cut to where its hands are not at rest; the first keeps how
    hands rise, the last how they fall. Neighbours are cut where hands meet best, and the way between is as long as it
    is far. A hand that a sign does not need stays up between two uses. Holds are shortened.

    Args:
        signs: gloss and clip, in order; layouts, rates and picture sizes may differ.
        config: see `JoinConfig`.

    Raises:
        ClipError: there is no sign, or a clip shows no shoulders or no hand; the text names the gloss.
        TooLargeError: it would last longer than `config.longest`; found before frames are made at the speed asked for.
        LayoutError: a clip has no arms or hands among its landmarks.
    """
    config = config or JoinConfig()
    if not signs:
        raise ClipError("no sign to join: name at least one gloss")
    layout = common_layout([clip.layout for _, clip in signs])
    parts, rests = [], []
    for number, (gloss, clip) in enumerate(signs):
        try:
            part = material(clip, layout, config.fps)
        except ClipError as error:
            raise type(error)(f"{gloss}: {error}") from error
        at_rest = resting(part, ends_at_rest=True)
        start, stop = _signing(at_rest.all(1), round(config.lead * config.fps), number == 0, number == len(signs) - 1)
        kept = np.linspace(start, stop - 1, max(stop - start, round(config.pace.shortest * config.fps)))
        parts.append(at_times(part, kept, config.fps))  # a picture of a sign is held a moment
        rests.append(at_rest[np.rint(kept).astype(np.int64)])
    chained, spans = _chain(parts, rests, config, from_rest=True)
    return _finish(chained, spans, [gloss for gloss, _ in signs], config)


def tighten(sequence: PoseSequence, config: JoinConfig | None = None) -> PoseSequence:
    """Make running signing of signs that somebody else put one after the other and let rest between.

    Where the signs begin and end is not known: wherever both hands rest, one is taken to end and the next to begin.
    What is cut out is bridged, holds are shortened, and idle hands stay up. Signing that never rests and is no longer
    than `config.seconds` comes back as it is. The rate and picture are the sequence's own; `seconds` is the most that
    it may take.

    Raises:
        ClipError: no shoulders or no hand in any frame.
        LayoutError: no arms or hands among the landmarks.
    """
    config = replace(config or JoinConfig(), fps=sequence.fps, size=sequence.size)
    whole = material(sequence, common_layout([sequence.layout]), sequence.fps)
    rests = resting(whole, ends_at_rest=False)
    pieces = stretches(~rests.all(1)) or [(0, len(whole))]
    longest = config.seconds or np.inf
    if pieces == [(0, len(whole))] and sequence.seconds <= longest:
        return sequence
    parts = [whole.part(*piece) for piece in pieces]
    chained, spans = _chain(parts, [rests[slice(*piece)] for piece in pieces], config, from_rest=False)
    tight = _finish(chained, spans, [""] * len(spans), replace(config, seconds=None)).sequence
    return tight if tight.seconds <= longest else _finish(chained, spans, [""] * len(spans), config).sequence


def _signing(at_rest: Bools, lead: int, first: bool, last: bool) -> tuple[int, int]:
    """Which frames of a clip to take: those in which a hand is not at rest, with a lead at the ends of the whole."""
    up = np.flatnonzero(~at_rest)
    if not len(up):
        return 0, len(at_rest)
    start, stop = int(up[0]), int(up[-1]) + 1
    return max(0, start - lead) if first else start, min(len(at_rest), stop + lead) if last else stop


def _chain(
    parts: list[Material], rests: list[Bools], config: JoinConfig, from_rest: bool
) -> tuple[Material, list[tuple[int, int]]]:
    """One movement of several, with ways between them; and start and stop of each in it."""
    layout, fps = parts[0].layout, parts[0].fps
    whole = _concatenated(parts)
    whole = keep_idle_hands_up(whole, np.concatenate(rests), config.longest_idle, from_rest)
    ends = np.cumsum([len(part) for part in parts])
    parts = [whole.part(int(end) - len(part), int(end)) for end, part in zip(ends, parts, strict=True)]
    cuts = [(0, len(part)) for part in parts]
    for i in range(len(parts) - 1):
        stop, start = best_meeting(parts[i], parts[i + 1], config.bridges)
        cuts[i], cuts[i + 1] = (cuts[i][0], max(stop, cuts[i][0] + 1)), (start, cuts[i + 1][1])
    kept = [part.part(*cut) for part, cut in zip(parts, cuts, strict=True)]
    pieces, spans, at = [kept[0]], [(0, len(kept[0]))], len(kept[0])
    for before, after in pairwise(kept):
        way = way_between(before, after, bridge_frames(before, after, config.bridges))
        pieces += [way, after]
        spans.append((at + len(way), at + len(way) + len(after)))
        at = spans[-1][1]
    chained = _concatenated(pieces)
    return steady(carry_shapes(Material(chained.points, chained.invented, layout, fps))), spans


def _concatenated(parts: list[Material]) -> Material:
    points, invented = np.concatenate([p.points for p in parts]), np.concatenate([p.invented for p in parts])
    return replace(parts[0], points=points, invented=invented)


def _finish(signing: Material, spans: list[tuple[int, int]], glosses: list[str], config: JoinConfig) -> Joined:
    """Give each moment its time, and the whole a picture."""
    times = moments(signing, spans, config.pace) / config.speed
    lasts = (times[-1] + 1) / config.fps if config.seconds is None else config.seconds
    if config.longest is not None and lasts > config.longest:
        raise TooLargeError(
            f"the signing would last {lasts:.1f} s, more than the {config.longest:g} s that are made;"
            " shorten the text, or sign it faster"
        )
    frames = max(2, round(lasts * config.fps))
    if times[-1] > 0:
        times *= (frames - 1) / times[-1]
    at = np.interp(np.arange(frames), times, np.arange(len(times)))
    sequence = place_in_picture(at_times(signing, at, config.fps), config.size)
    found = []
    for gloss, (start, stop) in zip(glosses, spans, strict=True):
        first, last = (int(np.clip(round(float(times[i])), 0, frames - 1)) for i in (start, stop - 1))
        found.append(Span(gloss, first / config.fps, (last + 1) / config.fps, first, last))
    return Joined(sequence, tuple(found))
