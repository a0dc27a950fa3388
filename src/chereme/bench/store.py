"""Bench `store`: random training batches from the packed store against one .npy file per clip.

10,000 made-up clips (34 to 110 frames like the 43-word Indian set, `body_hands_75`, hands missing at times)
are written both ways to a temporary folder. A batch is 64 clips with 64 frames drawn from each, as float32;
both ways read the same batches, in turns, and batches of every round are compared. Files are in the page cache
for both, and the store is mapped, as after a first epoch. Rates are medians; the ratio of means is given too.
"""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chereme.bench import BenchResult
from chereme.dataset.store import Store, pack
from chereme.errors import CheremeError
from chereme.layout import BODY_HANDS_75
from chereme.types import Clip, Floats, PoseSequence

__all__ = ["measure"]

CLIPS = 10_000
BATCH = 64
FRAMES = 64
ROUNDS = 5
BATCHES = 30
"""Batches a round, for each way."""
_SPACE = 3_000_000_000

Batch = tuple[NDArray[np.int64], NDArray[np.int64]]


def measure(data: str | Path | None = None, clips: int = CLIPS) -> BenchResult:
    """Batches per second from `Store.gather`, beside `np.load` of each clip's file.

    Args:
        data: not read: the clips are made up.
        clips: how many.

    Raises:
        CheremeError: the temporary folder has too little room.
    """
    del data
    if shutil.disk_usage(tempfile.gettempdir()).free < _SPACE * clips / CLIPS:
        raise CheremeError(f"{tempfile.gettempdir()}: needs 3 GB free for a while; name another place with $TMPDIR")
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory(prefix="chereme-bench-") as name:
        folder = Path(name)
        files = [folder / f"{i:05d}.npy" for i in range(clips)]
        store = pack(_made_up(files, rng), folder / "store")
        out = np.empty((BATCH, FRAMES, len(BODY_HANDS_75), 3), np.float32)
        ways: dict[str, Callable[[Batch], Floats]] = {
            "store": lambda batch: store.gather(*batch, out=out),
            "store, new array": lambda batch: store.gather(*batch),
            "npy": lambda batch: _from_files(files, batch),
            "npy, mapped": lambda batch: _from_files(files, batch, "r"),
        }
        store.points[:, ::25].sum()  # touches every page
        times: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(ROUNDS):
            batches = list(_batches(store, rng))
            for way, read in ways.items():
                for batch in batches:
                    start = time.perf_counter()
                    points = read(batch)
                    times[way].append(time.perf_counter() - start)
            for batch in batches[:3]:
                expected = ways["npy"](batch)
                for way, read in ways.items():
                    if not np.array_equal(read(batch), expected, equal_nan=True):
                        raise CheremeError(f"{way} and npy give different batches: the figure would mean nothing")
        del points
    rate = {way: 1 / float(np.median(spent)) for way, spent in times.items()}
    return BenchResult(
        name="store",
        value=rate["store"],
        unit="batches/s",
        peer="np.load of one .npy file per clip, frames picked, stacked",
        peer_value=rate["npy"],
        ratio=rate["store"] / rate["npy"],
        n=ROUNDS * BATCHES,
        details={
            "clips": clips,
            "batch": [BATCH, FRAMES, len(BODY_HANDS_75), 3],
            "goal": 10,
            "ratio_of_means": float(np.mean(times["npy"]) / np.mean(times["store"])),
            "ratio_new_array": rate["store, new array"] / rate["npy"],
            "ratio_to_mapped_npy": rate["store"] / rate["npy, mapped"],
        },
    )


def _made_up(files: list[Path], rng: np.random.Generator) -> Iterator[tuple[Clip, PoseSequence]]:
    hands = [BODY_HANDS_75.groups["left_hand"], BODY_HANDS_75.groups["right_hand"]]
    for file in files:
        length = int(np.clip(rng.normal(61, 13), 34, 110))
        points = rng.random((length, len(BODY_HANDS_75), 3), np.float32)
        for hand in hands:
            points[rng.random(length) < 0.27, hand] = np.nan
        np.save(file, points)
        yield (
            Clip(file.stem, "", f"gloss-{int(file.stem) % 43}"),
            PoseSequence(points, BODY_HANDS_75, 25.0, (1920, 1080)),
        )


def _batches(store: Store, rng: np.random.Generator) -> Iterator[Batch]:
    for _ in range(BATCHES):
        clips = rng.integers(0, len(store), BATCH)
        moments = np.sort(rng.random((BATCH, FRAMES)), axis=1)
        yield clips, (moments * store.lengths[clips][:, None]).astype(np.int64)


def _from_files(files: list[Path], batch: Batch, mmap_mode: str | None = None) -> Floats:
    clips, frames = batch
    read = [np.load(files[clip], mmap_mode)[at] for clip, at in zip(clips, frames, strict=True)]  # type: ignore[arg-type]
    return np.stack(read)
