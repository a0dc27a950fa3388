"""`features`: all 339 numbers of the Libras system for whole clips at once, against a function per number and frame.

The peer (`chereme.bench.libras_loop`) has the shape of that system's code. A second peer computes preprocessing and our
own blocks one frame and one landmark at a time; its ratio is a detail of the result. Both are checked to agree.
"""

import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np

from chereme.bench import BenchResult
from chereme.bench.libras_loop import loop_frames, loop_gaps, loop_libras
from chereme.errors import CheremeError
from chereme.features import FeatureConfig, FeaturePlan, FrameFacts, SamplingConfig, features
from chereme.features.blocks import FINGERS, PALM, TIP_PAIRS, TIPS
from chereme.layout import BODY_HANDS_75, HOLISTIC_543, UPPER_BODY_55
from chereme.preprocess import PreprocessConfig, preprocess
from chereme.types import Features, Floats, PoseSequence

LIBRAS_CLIPS = 30
LIBRAS_FRAMES = 60
CLIPS = 40
FRAMES = 61
CONFIG = PreprocessConfig(layout="upper_body_55")
NAN = float("nan")

Point = tuple[float, float, float]
Track = list[Point]


def measure(data: str | Path | None = None) -> BenchResult:
    """Frames per second of both on the same made-up clips, hands missing in a part of the frames.

    Both begin with the clips' arrays of points, and know beforehand where hands were not seen. Ours takes all clips
    in one call, as training does; `ratio_clip_by_clip` tells how it is with one call for each, and
    `ratio_lists_ready` how it is when the peer has its points as lists beforehand. They take turns, and the
    processor's time counts, so that a busy machine slows all alike.
    """
    rng = np.random.default_rng(0)
    clips = [made_up_holistic(rng) for _ in range(LIBRAS_CLIPS)]
    plan = FeaturePlan(HOLISTIC_543, FeatureConfig(preset="libras-339"))
    chosen = np.arange(LIBRAS_FRAMES)
    facts = [FrameFacts.of(clip, chosen) for clip in clips]
    points, together = np.stack([clip.points for clip in clips]), FrameFacts.stack(facts)
    gaps = [loop_gaps(clip) for clip in clips]
    found = plan.compute(points, together)
    difference = 0.0
    times: dict[str, list[float]] = {"batch": [], "clip": [], "loop": [], "lists": []}
    for i, clip in enumerate(clips):
        frames = loop_frames(clip, gaps[i])
        numbers = np.array(loop_libras(frames, LIBRAS_FRAMES, clip.fps))
        difference = max(difference, float(np.abs(found[i] - numbers).max()))
        if difference > 1e-4:
            raise CheremeError(f"clip {i}: the two differ by {difference:.2g}, so their times cannot be compared")
        turns: dict[str, tuple[Callable[[], object], int]] = {
            "batch": (partial(plan.compute, points, together), 3),
            "clip": (partial(plan.compute, points[i], facts[i]), 20),
            "loop": (partial(_read_and_loop, clip, gaps[i]), 1),
            "lists": (partial(loop_libras, frames, LIBRAS_FRAMES, clip.fps), 1),
        }
        for name, (work, calls) in turns.items():
            times[name].append(_seconds(work, calls) / (LIBRAS_CLIPS if name == "batch" else 1))
    rate = {name: LIBRAS_FRAMES / statistics.median(found) for name, found in times.items()}
    return BenchResult(
        "features",
        rate["batch"],
        "frames/s",
        "the same 339 numbers by a Python function per number and frame",
        rate["loop"],
        rate["batch"] / rate["loop"],
        LIBRAS_CLIPS * LIBRAS_FRAMES,
        {
            "largest_difference": difference,
            "features": len(plan.names),
            "ratio_clip_by_clip": rate["clip"] / rate["loop"],
            "ratio_lists_ready": rate["batch"] / rate["lists"],
            **_of_the_signer(),
        },
    )


def _read_and_loop(clip: PoseSequence, gaps: Mapping[str, Sequence[int]]) -> list[list[float]]:
    return loop_libras(loop_frames(clip, gaps), LIBRAS_FRAMES, clip.fps)


def _seconds(work: Callable[[], object], times: int) -> float:
    """Processor seconds of one call of several."""
    start = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - start) / times


def made_up_holistic(rng: np.random.Generator) -> PoseSequence:
    """Two seconds of a preprocessed signer: a steady body, hands that come late, leave early and vanish between."""
    points = rng.normal(0, 0.5, (1, 543, 3)) + np.cumsum(rng.normal(0, 0.02, (LIBRAS_FRAMES, 543, 3)), axis=0)
    for group in ("left_hand", "right_hand"):
        start, end, gap = rng.integers(0, 12), LIBRAS_FRAMES - rng.integers(0, 12), rng.integers(20, 40)
        points[:start, HOLISTIC_543.groups[group]] = np.nan
        points[end:, HOLISTIC_543.groups[group]] = np.nan
        points[gap : gap + rng.integers(0, 8), HOLISTIC_543.groups[group]] = np.nan
    return PoseSequence(points.astype(np.float32), HOLISTIC_543, 30.0, (1280, 720))


def _signer(clip: PoseSequence, plan: FeaturePlan, sampling: SamplingConfig) -> Features:
    return features(preprocess(clip, CONFIG), plan, sampling)


def _of_the_signer() -> dict[str, float]:
    """Preprocessing and our own blocks, against a loop over frames and landmarks: the figure of earlier versions."""
    rng = np.random.default_rng(0)
    clips = [_made_up_clip(rng) for _ in range(CLIPS)]
    plan = FeaturePlan(UPPER_BODY_55, FeatureConfig())
    sampling = SamplingConfig()
    ours = [_signer(clip, plan, sampling).values for clip in clips[:8]]
    difference = max(
        float(np.abs(mine - np.array(loop_features(clip, sampling))).max())
        for mine, clip in zip(ours, clips[:8], strict=True)
    )
    fast, slow = [], []
    for clip in clips:
        fast.append(_seconds(partial(_signer, clip, plan, sampling), 5))
        slow.append(_seconds(partial(loop_features, clip, sampling), 1))
    value, peer = FRAMES / statistics.median(fast), FRAMES / statistics.median(slow)
    return {
        "signer_features": len(plan.names),
        "signer_frames_per_second": value,
        "signer_peer_frames_per_second": peer,
        "signer_ratio": value / peer,
        "signer_largest_difference": difference,
    }


def _made_up_clip(rng: np.random.Generator) -> PoseSequence:
    """A random walk with the spread of a signer; the numbers need no meaning here, only the cost."""
    points = rng.normal(0, 0.25, (1, 75, 3)) + np.cumsum(rng.normal(0, 0.01, (FRAMES, 75, 3)), axis=0)
    points[:, BODY_HANDS_75.index("pose/left_shoulder")] = (0.95, 0.4, 0)
    points[:, BODY_HANDS_75.index("pose/right_shoulder")] = (0.7, 0.4, 0)
    for group in ("left_hand", "right_hand"):
        start = int(rng.integers(5, FRAMES - 20))
        points[start : start + 4, BODY_HANDS_75.groups[group]] = np.nan  # short: is filled
        points[start + 10 :, BODY_HANDS_75.groups[group]] = np.nan if rng.random() < 0.4 else 0.1
    points = np.where(np.isnan(points), points, points + rng.normal(0, 0.002, points.shape))
    return PoseSequence(points.astype(np.float32), BODY_HANDS_75, 25.0, (1280, 720))


def loop_features(clip: PoseSequence, sampling: SamplingConfig) -> list[list[float]]:
    """What `features(preprocess(clip))` gives, one frame and landmark at a time."""
    tracks = _tracks(clip.pick(UPPER_BODY_55).points)
    _sort_hands(tracks)
    tracks = _aligned([_filled(t, clip.fps) for t in tracks])
    count = round(sampling.frames_at_unit * min(max(len(clip) / clip.fps / sampling.unit, 0.25), 3) ** sampling.power)
    count = min(max(count, sampling.least), sampling.most)
    chosen = [math.floor(i / (count - 1) * (len(clip) - 1) + 0.5) for i in range(count)]
    sizes = [_clip_hand_size(tracks, chosen, at) for at in (13, 34)]
    moving, still = [], []
    for frame in chosen:
        row = [c for j in range(11) for c in tracks[j][frame][:2]]
        shapes = []
        for at, size in zip((13, 34), sizes, strict=True):
            shapes.append(_hand_shape([tracks[at + k][frame] for k in range(21)], size))
            row += [c for point in shapes[-1][1:] for c in point]
        row += [c for at in (13, 34) for c in tracks[at][frame][:2]]
        moving.append(row)
        still.append(_still(tracks, shapes, frame))
    rows = []
    for i, row in enumerate(moving):
        for lag in (1, 2):
            before = moving[i - lag] if i >= lag else moving[i]
            row = row + [(a - b) * 4 / lag for a, b in zip(moving[i], before, strict=True)]
        rows.append([0.0 if math.isnan(v) else min(max(v, -6.0), 6.0) for v in row + still[i]])
    return rows


def _tracks(points: Floats) -> list[Track]:
    return [[(float(x), float(y), float(z)) for x, y, z in points[:, j]] for j in range(points.shape[1])]


def _sort_hands(tracks: list[Track]) -> None:
    for frame in range(len(tracks[0])):
        left, right = tracks[9][frame][:2], tracks[10][frame][:2]
        keep, swap = 0.0, 0.0
        for at, own, other in ((13, left, right), (34, right, left)):
            wrist = tracks[at][frame][:2]
            if not math.isnan(wrist[0]):
                keep += math.dist(wrist, own)
                swap += math.dist(wrist, other)
        if swap < keep:
            for k in range(21):
                first, second = tracks[13 + k], tracks[34 + k]
                first[frame], second[frame] = second[frame], first[frame]


def _filled(track: Track, fps: float) -> Track:
    track = list(track)
    seen = [t for t, point in enumerate(track) if not math.isnan(point[0])]
    for a, b in pairwise(seen):
        if 1 < b - a <= round(0.25 * fps) + 1:
            for t in range(a + 1, b):
                share = (t - a) / (b - a)
                track[t] = _blend(track[a], track[b], share)
    return track


def _blend(a: Point, b: Point, share: float) -> Point:
    x, y, z = (p * (1 - share) + q * share for p, q in zip(a, b, strict=True))
    return x, y, z


def _aligned(tracks: list[Track]) -> list[Track]:
    left, right = tracks[5], tracks[6]
    both = [t for t in range(len(left)) if not math.isnan(left[t][0] + right[t][0])]
    middle = [statistics.median((left[t][c] + right[t][c]) / 2 for t in both) for c in range(3)]
    width = statistics.median(math.dist(left[t][:2], right[t][:2]) for t in both)
    moved = [[_scaled(point, middle, width) for point in track] for track in tracks]
    if _path(moved[9]) <= 1.3 * _path(moved[10]):
        return moved
    order = UPPER_BODY_55.mirrored_order()
    return [[(-x, y, z) for x, y, z in moved[j]] for j in order]


def _scaled(point: Point, middle: list[float], width: float) -> Point:
    x, y, z = ((c - m) / width for c, m in zip(point, middle, strict=True))
    return x, y, z


def _path(track: Track) -> float:
    seen = [p for p in track if not math.isnan(p[0])]
    return sum(abs(b[0] - a[0]) + abs(b[1] - a[1]) for a, b in pairwise(seen))


def _palm(hand: list[Point]) -> float:
    return sum(math.dist(hand[k], hand[0]) for k in PALM) / len(PALM)


def _clip_hand_size(tracks: list[Track], chosen: list[int], at: int) -> float:
    sizes = [_palm([tracks[at + k][frame] for k in range(21)]) for frame in chosen]
    seen = [s for s in sizes if not math.isnan(s)]
    return sum(seen) / len(seen) if seen else 0.0


def _hand_shape(hand: list[Point], clip_size: float) -> list[list[float]]:
    size = 0.5 * _palm(hand) + 0.5 * clip_size
    size = size if math.isnan(size) else max(size, 1e-3)
    return [[(c - w) / size for c, w in zip(point, hand[0], strict=True)] for point in hand]


def _still(tracks: list[Track], shapes: list[list[list[float]]], frame: int) -> list[float]:
    """Every number that has no velocity."""
    row = [math.dist(shape[TIPS[a]], shape[TIPS[b]]) for shape in shapes for a, b in TIP_PAIRS]
    for shape in shapes:
        for finger in FINGERS:
            bones = []
            for a, b in pairwise(finger):
                bone = [q - p for p, q in zip(shape[a], shape[b], strict=True)]
                length = math.hypot(*bone)
                bones.append([c / (length if math.isnan(length) else max(length, 1e-4)) for c in bone])
            row += [sum(p * q for p, q in zip(x, y, strict=True)) for x, y in pairwise(bones)]
    marks = [tracks[j][frame][:2] for j in (0, 3, 5, 6)]
    row += [math.dist(tracks[at][frame][:2], mark) for at in (13, 21, 34, 42) for mark in marks]
    row += [a - b for at in (34, 42) for a, b in zip(tracks[at][frame][:2], marks[0], strict=True)]
    row += [a - b for a, b in zip(tracks[13][frame][:2], tracks[34][frame][:2], strict=True)]
    return row + [0.0 if math.isnan(tracks[at][frame][0]) else 1.0 for at in (13, 34)]
