"""`render-speed`: pictures per second of the solid drawn signer, and whether MediaPipe finds its hands again."""

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from pose_format import Pose
from pose_format.pose_visualizer import PoseVisualizer

from chereme.bench import BenchResult
from chereme.landmarks import ExtractConfig, extract_frames
from chereme.poses import pose_to_bytes
from chereme.produce import Decoder
from chereme.render import draw_flat, draw_pose, draw_signer
from chereme.render.posture import pose_for_drawing
from chereme.render.shapes import Picture
from chereme.types import PoseSequence

__all__ = ["measure"]

Draw = Callable[[PoseSequence], Iterable[Picture]]


def measure(
    data: str | Path | None = None, *, size: int = 512, rounds: int = 3, words: int = 8, find: bool = True
) -> BenchResult:
    """Pictures per second of processor time, one thread, of the words that the bundled decoder signs.

    The peer draws the same frames, with the face landmarks that neither has left out, as pose-format's users see
    them: dots and lines. All take turns, word by word. Then MediaPipe looks for hands in the signer's pictures.

    Args:
        data: not read; the words come from a bundle.
        size: height of the pictures in pixels; the signer's are square, and so are the peer's.
        rounds: passes over the words; the fastest counts.
        words: how many, those of the demo first.
        find: also look for hands.
    """
    decoder = Decoder.load("isl43_producer")
    signs = [decoder.produce(gloss) for gloss in list(dict.fromkeys(decoder.demo + decoder.glosses))[:words]]
    draws: dict[str, Draw] = {
        "signer": lambda sign: draw_signer(sign, size),
        "flat": lambda sign: draw_flat(sign, size),
        "skeleton": lambda sign: draw_pose(sign, "skeleton", size),
        "peer": lambda sign: PoseVisualizer(_square(sign, size)).draw(),
    }
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        seconds, wall = _time(draws, signs, rounds)
    finally:
        cv2.setNumThreads(threads)
    frames = sum(map(len, signs))
    details: dict[str, Any] = {
        "goal": ">= 25 frames/s",
        "size": size,
        "flat": frames / seconds["flat"],
        "skeleton": frames / seconds["skeleton"],
        "by_the_clock": frames / wall["signer"],
    }
    if find:
        details["hands_found"] = {
            style: _hands_found([draws[style](sign) for sign in signs], signs, size) for style in ("signer", "flat")
        }
    return BenchResult(
        name="render-speed",
        value=frames / seconds["signer"],
        unit="frames/s",
        peer="pose-format's PoseVisualizer: the same frames as dots and lines",
        peer_value=frames / seconds["peer"],
        ratio=seconds["peer"] / seconds["signer"],
        n=frames,
        details=details,
    )


def _time(
    draws: dict[str, Draw], signs: Sequence[PoseSequence], rounds: int
) -> tuple[dict[str, float], dict[str, float]]:
    """Seconds of the processor (all threads) and of the clock for all signs; of each sign the fastest round counts."""
    busy = {name: np.full(len(signs), np.inf) for name in draws}
    wall = {name: np.full(len(signs), np.inf) for name in draws}
    for _ in range(rounds):
        for i, sign in enumerate(signs):
            for name, draw in draws.items():
                clock, processor = time.perf_counter(), time.process_time()
                count = sum(1 for _ in draw(sign))
                busy[name][i] = min(busy[name][i], time.process_time() - processor)
                wall[name][i] = min(wall[name][i], time.perf_counter() - clock)
                assert count == len(sign)
    return {n: float(s.sum()) for n, s in busy.items()}, {n: float(s.sum()) for n, s in wall.items()}


def _square(sign: PoseSequence, size: int) -> Pose:
    """What the peer draws: the same landmarks in pixels of a picture as large as the signer's."""
    posture = pose_for_drawing(sign, size)
    placed = PoseSequence(posture.points / size, sign.layout, sign.fps, (size, size))
    return Pose.read(pose_to_bytes(placed))


def _hands_found(films: Iterable[Iterable[Picture]], signs: Iterable[PoseSequence], size: int) -> dict[str, float]:
    """Of the hands that were drawn, the share that is found, and how far off its landmarks lie in palm lengths."""
    drawn, found, off = 0, 0, list[float]()
    for film, sign in zip(films, signs, strict=True):
        posture = pose_for_drawing(sign, size)
        seen = extract_frames(film, sign.fps, ExtractConfig(keep_handless=True)).points[: len(sign)]
        for side in range(2):
            hand = slice(33 + 21 * side, 54 + 21 * side)
            shown = posture.hand_shown[: len(seen), side]
            hit = shown & np.isfinite(seen[:, hand]).all((1, 2))
            away = np.linalg.norm(seen[hit, hand, :2] * size - posture.points[: len(seen)][hit, hand, :2], axis=-1)
            drawn, found = drawn + int(shown.sum()), found + int(hit.sum())
            off += (away.mean(1) / posture.palm[side]).tolist()
    return {"share": found / drawn, "of": drawn, "median_error_palms": float(np.median(off)) if off else float("nan")}
