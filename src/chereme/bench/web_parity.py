"""`web-parity`: the page's recognizer in a real browser beside Python's, from the same pictures to the words.

The engine follows a signer from picture to picture and decides by thresholds: it answers a difference in the last bit
of a number by one that can be seen. How large that becomes without any browser is measured too: Python beside itself,
where one bit of one pixel of a clip was turned over.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Pillow

from chereme.bench import BenchResult
from chereme.bench.browser import bench_pages, chromium, served
from chereme.errors import CheremeError
from chereme.landmarks import ExtractConfig, extract_frames
from chereme.landmarks.extractor import Image
from chereme.landmarks.task_file import holistic_task
from chereme.landmarks.video import Video
from chereme.layout import BODY_HANDS_75, UPPER_BODY_55
from chereme.places import data_folder
from chereme.produce import Decoder
from chereme.recognize import DEFAULT_BUNDLE, Recognizer
from chereme.render import draw_signer
from chereme.types import Floats

__all__ = ["measure"]

SET = "libras25_videos"
LEAST_HEIGHT, MOST_HEIGHT = 240, 720
"""Of a film's pictures: in smaller ones hands come and go with every bit, and large ones take long to hand over."""
READ = BODY_HANDS_75.indices(UPPER_BODY_55.names)
"""Landmarks that a recognizer reads: no legs, which are guessed where a camera shows a signer to the hips."""
MOST_PROBABILITY, MOST_APART = 0.02, 0.03
"""The goal: of a probability, and of a landmark in shoulder widths."""
CHANNELS = ("red", "green", "blue")


def measure(data: str | Path | None = None, *, words: int = 2, films: int = 3, size: int = 480) -> BenchResult:
    """Largest difference between the browser's and Python's probabilities of any word of any clip.

    Clips are words that the decoder signs, drawn; and, where the data sets are there, the shortest films of real
    signers. Both get the same pictures, undistorted by a codec. Python runs the very models that the browser is given
    (`chereme extract --task`); what its own engine, of the same networks in an older graph, finds stands beside that
    under `default_engine`. Under `one_bit` is what Python differs by from itself, at most, when the lowest bit of red,
    green or blue in the middle of a clip's first picture is turned over. Landmarks are compared in the picture's plane,
    where both saw them.

    Args:
        data: folder of the public data sets.
        words: drawn clips.
        films: of real signers.
        size: longer side of a drawn picture.
    """
    recognizer = Recognizer.load()
    same, default, one_bit = [], [], []
    with tempfile.TemporaryDirectory() as place:
        task = Path(place, "holistic.task")
        task.write_bytes(holistic_task())
        for browsed in _in_browser([*_drawn(words, size), *_filmed(data, films)]):
            ours = _python(recognizer, browsed.clip, str(task))
            same.append(_compare(browsed, ours))
            default.append(_compare(browsed, _python(recognizer, browsed.clip, "")))
            for channel in range(len(CHANNELS)):
                turned = _python(recognizer, _turned(browsed.clip, channel), str(task))
                one_bit.append(_compare(turned, ours))
    figures = _figures(same)
    return BenchResult(
        "web-parity",
        figures["probabilities_largest"],
        "largest difference of a probability",
        "Python with the same models on the same pictures",
        0.0,
        figures["probabilities_largest"],
        len(same),
        {
            "goal": f"probabilities <= {MOST_PROBABILITY}, landmarks <= {MOST_APART} shoulder widths",
            "bundle": recognizer.bundle.name,
            "drawn": words,
            "filmed": len(same) - words,
            "frames": sum(len(clip.seen_by_one) for clip in same),
            **figures,
            "default_engine": _figures(default),
            "one_bit": _figures(one_bit),
        },
    )


@dataclass(frozen=True)
class _Clip:
    name: str
    images: list[Image]
    fps: float


@dataclass(frozen=True, eq=False)
class _Answer:
    """A clip and what the browser, or Python, says of it."""

    clip: _Clip
    points: Floats
    """(T, 75, 3)."""
    probabilities: dict[str, float]
    unknown: bool


@dataclass(frozen=True, eq=False)
class _Compared:
    name: str
    probability: float
    """Largest difference of any word's."""
    landmarks: Floats
    """Distances in shoulder widths, of those that both saw."""
    farthest: Floats
    """(T,): the largest distance in each picture."""
    seen_by_one: Floats
    """(T,): share of the landmarks that only one of the two saw."""
    same: bool
    """Both name the same word, or both decline."""


def _figures(compared: list[_Compared]) -> dict[str, Any]:
    apart = np.concatenate([clip.landmarks for clip in compared])
    return {
        "probabilities_largest": round(max(clip.probability for clip in compared), 4),
        "landmarks_largest": round(float(apart.max()), 4),
        "landmarks_p99": round(float(np.quantile(apart, 0.99)), 4),
        "landmarks_mean": round(float(apart.mean()), 4),
        "seen_by_one_alone": round(float(np.concatenate([clip.seen_by_one for clip in compared]).mean()), 4),
        "same_answer": sum(clip.same for clip in compared),
        "clips": {clip.name: _of_one(clip) for clip in compared},
    }


def _of_one(clip: _Compared) -> dict[str, Any]:
    beyond = np.flatnonzero(clip.farthest > MOST_APART)
    return {
        "probability": round(clip.probability, 4),
        "landmarks_largest": round(float(clip.landmarks.max()), 4),
        "landmarks_p99": round(float(np.quantile(clip.landmarks, 0.99)), 4),
        "frames": len(clip.farthest),
        "frames_beyond_goal": beyond.tolist(),
        "frames_seen_by_one": np.flatnonzero(clip.seen_by_one).tolist(),
        "same_answer": clip.same,
    }


def _drawn(words: int, size: int) -> Iterator[_Clip]:
    decoder = Decoder.load()
    for gloss in decoder.glosses[:words]:
        signed = decoder.produce(gloss)
        yield _Clip(gloss, list(draw_signer(signed, size=size)), signed.fps)


def _filmed(data: str | Path | None, films: int) -> Iterator[_Clip]:
    try:
        folder = data_folder(data) / SET / "videos"
    except CheremeError:
        return
    clips = []
    for path in folder.glob("*.mp4"):
        with Video(path) as video:
            if LEAST_HEIGHT <= video.size[1] <= MOST_HEIGHT:
                clips.append((video.rate * (video.seconds or 0), path))
    for _, path in sorted(clips)[:films]:
        with Video(path) as video:
            yield _Clip(path.stem, [frame.rgb() for frame in video.frames()], video.rate)


def _in_browser(clips: list[_Clip]) -> Iterator[_Answer]:
    with tempfile.TemporaryDirectory() as place:
        pages, pictures = Path(place, "pages"), Path(place, "pictures")
        pictures.mkdir()
        bench_pages(pages)
        with served(bench=pages, pictures=pictures) as url, chromium() as browser:
            page = browser.new_page()
            page.goto(f"{url}/bench/parity.html")
            for number, clip in enumerate(clips):
                page.evaluate("async () => (await parity).begin()")
                rows = []
                for i, image in enumerate(clip.images):
                    name = f"{number}-{i}.png"
                    Pillow.fromarray(image).save(pictures / name, compress_level=1)
                    asked = [f"/pictures/{name}", i / clip.fps]
                    rows.append(page.evaluate("async ([href, time]) => (await parity).look(href, time)", asked))
                answer: dict[str, Any] = page.evaluate(
                    "async ([bundle, fps]) => (await parity).recognize(bundle, fps)", [DEFAULT_BUNDLE, clip.fps]
                )
                points = np.array([[np.nan if value is None else value for value in row] for row in rows], np.float32)
                found = {one["gloss"]: one["probability"] for one in answer["predictions"]}
                yield _Answer(clip, points.reshape(len(points), -1, 3), found, answer["unknownBecause"] is not None)


def _turned(clip: _Clip, channel: int) -> _Clip:
    """The clip with the lowest bit of one channel turned over, in the middle of its first picture."""
    first = clip.images[0].copy()
    first[first.shape[0] // 2, first.shape[1] // 2, channel] ^= 1
    return replace(clip, name=f"{clip.name}, {CHANNELS[channel]}", images=[first, *clip.images[1:]])


def _python(recognizer: Recognizer, clip: _Clip, task: str) -> _Answer:
    """What Python says of a clip.

    Args:
        recognizer: Python's.
        clip: its pictures.
        task: path of the models that Python runs; empty: its own engine.
    """
    seen = extract_frames(clip.images, clip.fps, ExtractConfig(keep_handless=True, task=task))
    prediction = recognizer.recognize(seen)
    found = {ranked.gloss: ranked.probability for ranked in prediction.ranked}
    return _Answer(clip, seen.points, found, prediction.unknown)


def _compare(one: _Answer, python: _Answer) -> _Compared:
    """An answer's numbers beside Python's of the same clip."""
    shoulders = python.points[:, BODY_HANDS_75.indices(["pose/left_shoulder", "pose/right_shoulder"]), :2]
    width = float(np.nanmedian(np.linalg.norm(shoulders[:, 0] - shoulders[:, 1], axis=-1)))
    apart = np.linalg.norm((one.points - python.points)[:, READ, :2], axis=-1) / width
    found, theirs = one.probabilities, python.probabilities
    same_word = max(found, key=lambda gloss: found[gloss]) == max(theirs, key=lambda gloss: theirs[gloss])
    return _Compared(
        one.clip.name,
        max(abs(found[gloss] - theirs[gloss]) for gloss in theirs),
        apart[~np.isnan(apart)],
        np.nan_to_num(apart).max(1),
        (np.isnan(one.points[:, READ, 0]) != np.isnan(python.points[:, READ, 0])).mean(1),
        one.unknown == python.unknown and (same_word or python.unknown),
    )
