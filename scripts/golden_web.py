"""Write what Python computes of drawn signs, for the browser's recognizer to be held against.

    .venv/bin/python scripts/golden_web.py OUT.json

Of each bundle: its `spec.json`, where its model lies, and clips with the features and answers that belong to them. The
clips are words of the decoder that ships, and the same with what cameras do to them. Nothing of it is kept in the
repository: tests/serve/test_web_parity.py has it written anew.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from chereme.bundle import Bundle, find_bundle
from chereme.features import sampled_features
from chereme.landmarks.timing import even_times, on_grid
from chereme.lexicon.gallery import Gallery
from chereme.lexicon.sign import Sign
from chereme.preprocess import ways
from chereme.produce import Decoder
from chereme.recognize import DEFAULT_BUNDLE, DEFAULT_ENCODER, Recognizer, hand_seen
from chereme.serve.assets import browser_spec
from chereme.types import PoseSequence

BUNDLES = (DEFAULT_BUNDLE, DEFAULT_ENCODER)


def drawn(words: int = 3) -> Iterator[tuple[str, PoseSequence]]:
    """Words as the decoder signs them, at several frame rates and picture sizes; then one word as cameras spoil it."""
    decoder = Decoder.load()
    for i, gloss in enumerate(decoder.glosses[:words]):
        fps, size = ((25.0, (1280, 720)), (30.0, (640, 480)), (12.5, (720, 1280)))[i % 3]
        yield gloss, decoder.produce(gloss, fps, size)
    word = decoder.produce(decoder.glosses[0], 30.0)
    yield "idle", replace(word, points=np.repeat(word.points[-1:], 30, axis=0), confidence=None, filled=None)
    yield from spoilt(word)


def spoilt(clip: PoseSequence) -> Iterator[tuple[str, PoseSequence]]:
    """What happens to a clip: noise, gaps, hands mistaken for each other, landmarks that were never seen."""
    rng = np.random.default_rng(7)
    left, right = clip.layout.groups["left_hand"], clip.layout.groups["right_hand"]
    trembling = clip.with_points(clip.points + rng.normal(0, 0.004, clip.points.shape).astype(np.float32))
    yield "trembling", trembling
    yield "left-handed", trembling.mirrored()

    points = trembling.points.copy()
    points[10:14, left] = np.nan
    points[20:35, right] = np.nan
    points[:5, right] = np.nan
    points[30:38, :33] = np.nan
    yield "short and long gaps", trembling.with_points(points)

    points = trembling.points.copy()
    points[15:25, left], points[15:25, right] = points[15:25, right].copy(), points[15:25, left].copy()
    points[40:50, left] = points[40:50, right]
    points[40:50, right] = np.nan
    yield "hands under the other side", trembling.with_points(points)

    points = trembling.points.copy()
    points[:, [clip.layout.index(f"pose/{side}_shoulder") for side in ("left", "right")]] = np.nan
    yield "shoulders never seen", trembling.with_points(points)

    points = trembling.points.copy()
    points[:, left.start :] = np.nan
    yield "no hand", trembling.with_points(points)
    yield "a picture", replace(trembling, points=trembling.points[20:21], fps=1.0, confidence=None, filled=None)
    yield "three frames", replace(trembling, points=trembling.points[20:23], confidence=None, filled=None)
    yield "astray", trembling.with_points(np.where(rng.random((*clip.points.shape[:2], 1)) < 0.01, 9, trembling.points))


def left_out(clip: PoseSequence) -> tuple[list[float], np.ndarray, PoseSequence]:
    """As a camera sends it that leaves frames out: times and points of what came, and what Python makes of that."""
    rng = np.random.default_rng(3)
    came = np.sort(rng.choice(np.arange(1, len(clip)), 2 * len(clip) // 3, replace=False))
    return at_odd_times(clip, came, came / clip.fps + rng.uniform(0, 0.2 / clip.fps, len(came)))


def at_odd_times(
    clip: PoseSequence, came: np.ndarray, times: np.ndarray
) -> tuple[list[float], np.ndarray, PoseSequence]:
    """Times and points of the frames that came, and what Python makes of them."""
    grid, fps = even_times(times, 0.0, "camera")
    points = clip.points[came]
    seen = np.ones(points.shape[:2], np.float32)
    gridded, _, _ = on_grid(grid, times, points, seen, near=0.25 / fps)
    return times.tolist(), points, replace(clip, points=gridded, fps=fps, confidence=None)


def golden(bundle: str) -> dict[str, Any]:
    """A bundle's spec and its clips, with what Python makes of them."""
    recognizer = Recognizer(Bundle.load(find_bundle(bundle)))
    clips = []
    for name, clip in drawn():
        times = (np.arange(len(clip)) / clip.fps).tolist()
        clips.append(_told(recognizer, name, times, clip.points, clip))
    clip = Decoder.load().produce(Decoder.load().glosses[0], 30.0)
    clips.append(_told(recognizer, "frames left out", *left_out(clip)))
    came = np.array([20, 23, 32])  # as of a camera on a machine with much else to do
    clips.append(_told(recognizer, "three frames at odd times", *at_odd_times(clip, came, came / clip.fps)))
    return {
        "spec": browser_spec(recognizer.bundle),
        "model": str(recognizer.bundle.onnx_path),
        "clips": clips,
        "searched": _searched(clips),
    }


def _told(
    recognizer: Recognizer, name: str, times: list[float], points: np.ndarray, clip: PoseSequence
) -> dict[str, Any]:
    """The frames as they came, and what `clip`, made of them, comes to."""
    looks = ways(clip, recognizer._preprocess, recognizer._trim, recognizer._align)
    features = [sampled_features(way, recognizer._plan, recognizer._sampling)[0].values for way in looks]
    labels = recognizer.bundle.labels
    prediction = recognizer.recognize(clip)
    found = {ranked.gloss: ranked.probability for ranked in prediction.ranked}
    return {
        "name": name,
        "times": times,
        "points": _numbers(points),
        "size": list(clip.size),
        "features": [_numbers(values) for values in features],
        "probabilities": [found[label] for label in labels],
        "unknownBecause": prediction.unknown_because,
        "embedding": recognizer.embed(clip).tolist(),
        "seen": hand_seen(clip),
    }


def _numbers(values: np.ndarray) -> list[Any]:
    """Frame by frame, null for NaN."""
    rows = values.reshape(len(values), -1).astype(float)
    return [[None if value != value else value for value in row] for row in rows.tolist()]


def _searched(clips: list[dict[str, Any]]) -> dict[str, Any]:
    """A search among the clips, the first three of which are examples of one sign."""
    names = [clips[0]["name"]] * 3 + [clip["name"] for clip in clips[3:]]
    vectors = np.array([clip["embedding"] for clip in clips], np.float32)
    ids = list(range(len(names)))
    gallery = Gallery.empty().added(vectors, [Sign(name) for name in names], ids, ids)
    hits = gallery.nearest(vectors[1], None)
    return {"query": 1, "names": names, "found": [[hit.sign.gloss, hit.similarity] for hit in hits]}


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps([golden(bundle) for bundle in BUNDLES]), encoding="utf-8")
