"""`extract`: what our landmark extraction costs beside a bare MediaPipe Holistic loop on the same frames.

Both decode with the same decoder in the same process, clip by clip in turns, so that noise of the machine falls on
both; the figure is CPU time. Then frames per second of two worker processes beside one, and how far the landmarks of
stride 2 lie from those of every frame.
"""

import csv
import statistics
import tempfile
import time
from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from chereme.bench import BenchResult
from chereme.landmarks.clip import extract_clip
from chereme.landmarks.extractor import ExtractConfig
from chereme.landmarks.holistic import quiet_engine
from chereme.landmarks.job import Job, Task, run_job
from chereme.landmarks.video import Video
from chereme.places import data_folder
from chereme.types import Floats, PoseSequence

__all__ = ["measure", "stride_cost"]

_ROUNDS = 3
_SHOULDERS = ("pose/left_shoulder", "pose/right_shoulder")


def measure(data: str | Path | None = None) -> BenchResult:
    """CPU milliseconds per frame of `extract_clip` beside a bare Holistic loop; goal: a ratio of at most 1.05."""
    folder = data_folder(data)
    clips = _one_clip_per_sign(folder)
    few = clips[::6]
    extract_clip(few[0])  # loads the engine
    _bare_loop(few[0])
    ours, bare, frames = [], [], 0
    for _ in range(_ROUNDS):
        for clip in few:
            bare_cost, count = _cpu(_bare_loop, clip)
            our_cost, sequence = _cpu(extract_clip, clip)
            assert len(sequence) == count
            bare.append(bare_cost / count)
            ours.append(our_cost / count)
            frames += count
    by_round = [
        statistics.fmean(ours[i : i + len(few)]) / statistics.fmean(bare[i : i + len(few)])
        for i in range(0, len(ours), len(few))
    ]
    value, peer = 1000 * statistics.fmean(ours), 1000 * statistics.fmean(bare)
    one, two = _frames_per_second(clips, 1), _frames_per_second(clips, 2)
    return BenchResult(
        name="extract",
        value=round(value, 2),
        unit="CPU ms/frame",
        peer="bare MediaPipe Holistic loop, same decoder, same frames",
        peer_value=round(peer, 2),
        ratio=round(value / peer, 4),
        n=frames,
        details={
            "ratio_by_round": [round(r, 4) for r in by_round],
            "goal": 1.05,
            "frames_per_second_1_process": round(one, 2),
            "frames_per_second_2_processes": round(two, 2),
            "processes_2_over_1": round(two / one, 3),
            "processes_goal": 1.6,
            "stride_2": stride_cost([*clips[::2], *sorted((folder / "libras25_videos/videos").glob("*.mp4"))[1::6]]),
        },
    )


def stride_cost(clips: list[Path], stride: int = 2) -> dict[str, Any]:
    """How far, in shoulder widths, the landmarks taken with a stride lie from those of every frame.

    Counted are the landmarks that both have and, of the body, those above the hips: below, the engine guesses.

    Returns:
        mean, median and 95th percentile in the picture's plane, for all frames and for the interpolated ones
        alone; which share of the hands seen in every frame is seen with the stride; and its CPU time over that
        of every frame.
    """
    distances: list[Floats] = []
    interpolated: list[Floats] = []
    kept = seen = 0
    cost_every = cost_some = 0.0
    for clip in clips:
        cost, every = _cpu(lambda c: extract_clip(c, ExtractConfig(keep_handless=True)), clip)
        cost_every += cost
        cost, some = _cpu(lambda c: extract_clip(c, ExtractConfig(keep_handless=True, stride=stride)), clip)
        cost_some += cost
        shoulders = every.points[:, every.layout.indices(_SHOULDERS), :2]
        width = np.nanmedian(np.linalg.norm(shoulders[:, 0] - shoulders[:, 1], axis=-1))
        apart = np.linalg.norm((every.points - some.points)[..., :2], axis=-1) / width
        apart[:, 23:33] = np.nan  # from the hips down
        between = np.arange(len(apart)) % stride != 0
        distances.append(apart[~np.isnan(apart)])
        interpolated.append(apart[between][~np.isnan(apart[between])])
        hands = [every.layout.index(f"{side}_hand/wrist") for side in ("left", "right")]
        seen += int(every.seen[:, hands].sum())
        kept += int((every.seen & some.seen)[:, hands].sum())
    return {
        "clips": len(clips),
        "cpu_over_every_frame": round(cost_some / cost_every, 3),
        "unit": "shoulder widths",
        "all_frames": _summary(np.concatenate(distances)),
        "interpolated_frames": _summary(np.concatenate(interpolated)),
        "hands_kept": round(kept / seen, 4),
    }


def _summary(distances: Floats) -> dict[str, float]:
    return {
        "mean": round(float(distances.mean()), 4),
        "median": round(float(np.median(distances)), 4),
        "p95": round(float(np.percentile(distances, 95)), 4),
    }


def _one_clip_per_sign(folder: Path) -> list[Path]:
    """A clip of each word of asl24_videos, of its signers in turn, so that people and picture sizes mix."""
    with (folder / "asl24_videos/index.csv").open(encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: (row["gloss"], row["file"]))
    by_gloss = [list(group) for _, group in groupby(rows, key=lambda row: row["gloss"])]
    return [folder / "asl24_videos" / takes[i % len(takes)]["file"] for i, takes in enumerate(by_gloss)]


def _bare_loop(clip: Path) -> int:
    """What one writes after reading MediaPipe's page: a Holistic, its `process` on each frame, nothing kept."""
    from mediapipe.python.solutions.holistic import Holistic

    count = 0
    with quiet_engine():
        holistic = Holistic(model_complexity=1)
        holistic._graph.wait_until_idle()  # it logs while it loads
    with Video(clip) as video, holistic:
        for frame in video.frames():
            holistic.process(frame.rgb())
            count += 1
    return count


def _cpu(run: Callable[[Path], Any], clip: Path) -> tuple[float, Any]:
    begun = time.process_time()
    result: PoseSequence | int = run(clip)
    return time.process_time() - begun, result


def _frames_per_second(clips: list[Path], workers: int) -> float:
    """Of a whole job, from the first clip's end on: processes take a while to start, and long jobs do not notice.

    For the same reason the longest clips go first: at the end no process waits long for another.
    """
    clips = sorted(clips, key=lambda clip: clip.stat().st_size, reverse=True)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        tasks = tuple(Task(clip, out / f"{i}.pose") for i, clip in enumerate(clips))
        frames, moments = [], []
        for outcome in run_job(Job(out, ExtractConfig(keep_handless=True), tasks, ()), workers):
            assert outcome.sequence is not None, outcome.error
            frames.append(len(outcome.sequence))
            moments.append(time.perf_counter())
    return sum(frames[workers:]) / (moments[-1] - moments[workers - 1])
