"""`recipes-asl24`: `cnn-lstm`, an image encoder and an LSTM, on 120 videos of 24 ASL words, signers left out.

`$CHEREME_BENCH_ENCODER` names the encoder, an ONNX file. Without one a small convolutional network stands in whose
weights were drawn at random and never trained: what is then measured is that the way from frames to words works, not
how far an encoder trained on pictures would bring it. The record says which of the two it was.
"""

import hashlib
import os
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from filelock import FileLock
from torch import nn

from chereme.bench import BenchResult
from chereme.bench.accuracy import peer_predictions
from chereme.bench.digests import code_digest
from chereme.bench.recipes import Entrant, score_recipe, train_all
from chereme.dataset.importers import VIDEO_SETS
from chereme.dataset.split import leave_one_out
from chereme.dataset.store import Store, pack
from chereme.errors import CheremeError
from chereme.export.image_encoder import convert_encoder
from chereme.files import write_beside
from chereme.landmarks import ExtractConfig
from chereme.landmarks.image_features import ImageEncoder
from chereme.landmarks.job import plan_job, run_job
from chereme.layout import image_layout
from chereme.places import data_folder
from chereme.poses import read_pose
from chereme.recipe import find_recipe
from chereme.train.answers import split_parts
from chereme.train.config import RecognizerRecipe

__all__ = ["ENCODER", "encoded", "measure", "write_random_encoder"]

ENCODER = "CHEREME_BENCH_ENCODER"
DATA = "asl24_videos"
SIDE = 128
"""Pixels that the random encoder reads."""


def measure(
    data: str | Path | None = None,
    only: str | None = None,
    changes: Sequence[str] = (),
    work: Path = Path("runs/bench/recipes-asl24"),
) -> BenchResult:
    """Top-1 and top-5, three seeds, each of four signers left out in turn.

    Args:
        data: folder of the public data sets.
        only: see `train_all`.
        changes: to the recipe.
        work: folder in which features and trainings are kept.
    """
    encoder, count, described = _encoder(work)
    store = encoded(data_folder(data) / DATA, encoder, work)
    entrant = Entrant("cnn-lstm", (f"preprocess.layout={image_layout(count).name}",))
    splits = {f"asl24-{signer}": split for signer, split in leave_one_out(store.clips, ["signer"]).items()}
    found = train_all(store, splits, (entrant,), work, only, changes)
    row = score_recipe(entrant, found["cnn-lstm"])
    peers = _peers(store, splits, entrant)
    best = max(peers, key=peers.__getitem__)
    return BenchResult(
        "recipes-asl24",
        row["top1"],
        "top-1",
        f"{best} on the same features of 24 frames, same splits; the better of two",
        peers[best],
        round(row["top1"] / peers[best], 4) if peers[best] else float("nan"),
        row["n"],
        {
            "split": "one of four signers left out in turn, the next one validates; signer labels are the packer's",
            "encoder": described,
            "resampled": "clips, each with its answers of all seeds",
            "peers": peers,
            "rows": [row],
        },
    )


def encoded(videos: Path, encoder: Path, work: Path) -> Store:
    """The features of a set of videos, extracted once by each encoder.

    Raises:
        CheremeError: a video gave none.
    """
    digest = hashlib.sha256(encoder.read_bytes() + code_digest(("landmarks/image_features.py",)).encode())
    folder = work / f"features-{digest.hexdigest()[:8]}"
    work.mkdir(parents=True, exist_ok=True)
    with FileLock(work / "features.lock"):
        if not (folder / "store" / "store.json").is_file():
            job = plan_job([videos], folder / "poses", ExtractConfig(encoder=str(encoder)))
            if failed := [outcome.error for outcome in run_job(job, 1) if outcome.error]:
                raise CheremeError(f"{len(failed)} videos gave no features: {failed[0]}")
            clips = list(VIDEO_SETS[DATA](videos))
            poses = (folder / "poses" / Path(clip.path).with_suffix(".pose") for clip in clips)
            pack(((clip, read_pose(pose)) for clip, pose in zip(clips, poses, strict=True)), folder / "store")
    return Store.open(folder / "store")


def write_random_encoder(path: Path, seed: int = 0) -> None:
    """An encoder of 512 features that nothing was taught: three convolutions, 32 channels kept at 4 x 4 places."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = nn.Sequential(
            nn.Conv2d(3, 16, 5, stride=2, padding=2),
            nn.ReLU(),
            nn.Conv2d(16, 32, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(32, 32, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.AvgPool2d(SIDE // 8 // 4),
            nn.Flatten(),
        ).eval()
    for layer in network:
        if isinstance(layer, nn.Conv2d):  # so that what goes in keeps its size through the layers
            nn.init.kaiming_normal_(layer.weight, generator=torch.Generator().manual_seed(seed))
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
    path.parent.mkdir(parents=True, exist_ok=True)
    with write_beside(path.with_suffix(".pt")) as part:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of TorchScript's age
            torch.jit.trace(network, torch.zeros(1, 3, SIDE, SIDE)).save(str(part))  # type: ignore[no-untyped-call]
        convert_encoder(part, path, SIDE)
    path.with_suffix(".pt").unlink()


def _encoder(work: Path) -> tuple[Path, int, str]:
    """The file, how many features it gives, and what the record says of it."""
    given = os.environ.get(ENCODER)
    path = Path(given) if given else work / "random.onnx"
    if not given:
        work.mkdir(parents=True, exist_ok=True)
        with FileLock(work / "random.lock"):
            if not path.exists():
                write_random_encoder(path)
    with ImageEncoder(path) as encoder:
        count = encoder.count
    if not given:
        return path, count, f"weights drawn at random (seed 0) and never trained, {count} features"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    return path, count, f"{path.name}, {count} features, sha256 {digest}"


def _peers(store: Store, splits: dict[str, dict[str, str]], entrant: Entrant) -> dict[str, float]:
    """Top-1 over all test clips of two classic classifiers, trained on the same clips."""
    recipe = RecognizerRecipe.read(find_recipe(entrant.recipe).changed(entrant.changes))
    right: dict[str, list[bool]] = {}
    for split in splits.values():
        parts = split_parts(store, split, recipe)
        for name, answers in peer_predictions(parts, np.concatenate([parts.train, parts.validation])).items():
            right.setdefault(name, []).extend((answers == parts.clips.classes[parts.test]).tolist())
    return {name: round(float(np.mean(hits)), 4) for name, hits in right.items()}
