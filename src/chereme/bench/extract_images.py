"""`extract-images`: photographs a second of two of our processes, beside the source system's loop in one process.

Both read the same files from disk. They take turns over stretches of them, so that noise of the machine falls on both.
Ours looks at a picture again where the first look finds no hand; the other loop leaves that picture out.
"""

import statistics
import tarfile
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
from PIL import Image

from chereme.bench import BenchResult
from chereme.landmarks.hand_pictures import Picture, find_hands
from chereme.landmarks.holistic import quiet_engine
from chereme.places import data_folder

__all__ = ["measure"]

_ROUNDS = 3
_WORKERS = 2
_WARM = 40
"""Pictures that go first and do not count: processes take a while to start, and long jobs do not notice."""


def measure(data: str | Path | None = None) -> BenchResult:
    """Pictures a second with two processes over those of the bare loop; goal: a ratio of at least 1.6."""
    folder = data_folder(data)
    with tempfile.TemporaryDirectory() as place:
        with tarfile.open(folder / "libras_letters_univali/images.tar") as tar:
            tar.extractall(place, filter="data")
        files = sorted(Path(place).rglob("*.jpg"))
        ours, bare = [], []
        for i in range(_ROUNDS):
            files_now = files[i::_ROUNDS]
            bare.append(_bare_loop(files_now))
            ours.append(_two_processes(files_now))
    value, peer = statistics.harmonic_mean(ours), statistics.harmonic_mean(bare)
    return BenchResult(
        name="extract-images",
        value=round(value, 2),
        unit="pictures/s",
        peer="one process: Pillow, MediaPipe Hands in static mode at its defaults",
        peer_value=round(peer, 2),
        ratio=round(value / peer, 3),
        n=len(files),
        details={
            "goal": 1.6,
            "processes": _WORKERS,
            "ratio_by_round": [round(a / b, 3) for a, b in zip(ours, bare, strict=True)],
        },
    )


def _two_processes(files: Sequence[Path]) -> float:
    warm = files[-_WARM:]
    pictures = [Picture(str(file)) for file in (*warm, *files)]
    with closing(find_hands(pictures, workers=_WORKERS)) as done:
        moments = []
        for _, found in done:
            assert not isinstance(found, str), found
            moments.append(time.perf_counter())
    return len(files) / (moments[-1] - moments[len(warm) - 1])


def _bare_loop(files: Sequence[Path]) -> float:
    """What the source's preparation does for each picture, up to the landmarks."""
    from mediapipe.python.solutions.hands import Hands

    with quiet_engine():
        hands = Hands(static_image_mode=True, max_num_hands=1, model_complexity=1, min_detection_confidence=0.5)
    with hands:
        with quiet_engine():
            for file in files[:_WARM]:
                hands.process(np.asarray(Image.open(file).convert("RGB")))
        begun = time.perf_counter()
        for file in files:
            hands.process(np.asarray(Image.open(file).convert("RGB")))
        return len(files) / (time.perf_counter() - begun)
