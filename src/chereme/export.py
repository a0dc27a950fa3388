"""A bundle's model as ONNX, with proof that it answers as torch does, and what each costs."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import numpy as np
import torch
from torch import nn

from chereme.bundle import Bundle
from chereme.bundle.write import load_model, write_onnx
from chereme.dataset.store import Store
from chereme.errors import BundleError, CheremeError
from chereme.features import FeatureConfig, FeaturePlan
from chereme.files import write_folder_beside
from chereme.layout import Layout
from chereme.recognize import Recognizer, onnx_session
from chereme.types import Floats, PoseSequence

__all__ = [
    "LARGEST_DIFFERENCE",
    "Parity",
    "Speed",
    "compare_speed",
    "export_bundle",
    "made_up_clips",
    "measure_parity",
    "one_thread",
]

LARGEST_DIFFERENCE = 1e-4
"""Largest difference of any probability that an export may show."""


@dataclass(frozen=True)
class Speed:
    """Median processor time of one clip, alone in its batch, on one thread."""

    onnx_ms: float
    torch_ms: float
    clips: int
    rounds: int


@dataclass(frozen=True)
class Parity:
    """How an exported model compares with the torch model it was made from."""

    bundle: str
    clips: int
    source: str
    """Where the clips come from: a store's name, or `made up`."""
    largest_difference: float
    """Of any probability of any clip."""
    same_word: int
    """Clips for which both name the same word."""
    onnx_bytes: int
    torch_bytes: int
    onnx_ms: float
    """Median per clip on one thread, batch of one, without features."""
    torch_ms: float


def export_bundle(bundle: Bundle, folder: str | Path, store: Store | None = None, *, clips: int = 200) -> Parity:
    """Write model.onnx, labels.txt and parity.json to a folder, whole or not at all.

    Args:
        bundle: its safetensors weights are what is exported.
        folder: for the files; an earlier export there is replaced.
        store: real clips to compare on, at most `clips` of them, evenly spread; None: clips made by a seeded
            generator, which try the arithmetic but are no signs.
        clips: how many.

    Raises:
        BundleError: the two models differ by more than `LARGEST_DIFFERENCE`; nothing is written.
        CheremeError: `folder` holds something that is no export.
        LayoutError: the store's landmarks are not those the bundle reads.
    """
    folder = Path(folder)
    if folder.exists() and not (folder / "parity.json").is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise CheremeError(f"{folder}: exists and is not an export; give another place with -o, or move it away first")
    model = load_model(bundle)
    if store is None:
        sequences, source = made_up_clips(bundle.layout, clips, np.random.default_rng(0)), "made up"
    else:
        chosen = np.unique(np.linspace(0, len(store) - 1, min(clips, len(store))).astype(int))
        sequences, source = [store.sequence(i) for i in chosen], store.folder.name
    recognizer = Recognizer(bundle)
    values = [recognizer.features(sequence).values for sequence in sequences]
    with write_folder_beside(folder) as part:
        path = part / "model.onnx"
        write_onnx(model, len(FeaturePlan(bundle.layout, bundle.recipe.stage("features", FeatureConfig)).names), path)
        parity = measure_parity(bundle, model, path, values, source)
        if not parity.largest_difference <= LARGEST_DIFFERENCE:
            raise BundleError(
                f"{bundle.folder}: ONNX and torch differ by {parity.largest_difference:.2g} in probability, more than"
                f" {LARGEST_DIFFERENCE:g} allowed; nothing was written"
            )
        (part / "labels.txt").write_text("".join(f"{label}\n" for label in bundle.labels), encoding="utf-8")
        text = json.dumps(asdict(parity), ensure_ascii=False, indent=2)
        (part / "parity.json").write_text(text + "\n", encoding="utf-8")
    return parity


def measure_parity(bundle: Bundle, model: nn.Module, onnx: Path, values: Sequence[Floats], source: str) -> Parity:
    """Compare a torch model with an ONNX file on the features (T, F) of some clips."""
    run_onnx, run_torch = _runners(model, onnx)
    ours, theirs = (
        np.stack([_probabilities(run(v), bundle.temperature) for v in values]) for run in (run_onnx, run_torch)
    )
    speed = compare_speed(model, onnx, values[:: max(1, len(values) // 20)])
    return Parity(
        bundle=bundle.name,
        clips=len(values),
        source=source,
        largest_difference=float(np.abs(ours - theirs).max()),
        same_word=int((ours.argmax(1) == theirs.argmax(1)).sum()),
        onnx_bytes=onnx.stat().st_size,
        torch_bytes=bundle.weights_path.stat().st_size,
        onnx_ms=speed.onnx_ms,
        torch_ms=speed.torch_ms,
    )


def compare_speed(model: nn.Module, onnx: Path, values: Sequence[Floats], *, rounds: int = 5) -> Speed:
    """Time both models on the same clips, one at a time, turn about.

    What is counted is the processor time of the one thread that works: the wall time on an idle machine, and
    on a busy one not the turns of other processes, which would hide the difference.

    Args:
        model: in evaluation mode.
        onnx: the exported file.
        values: features (T, F) per clip.
        rounds: passes over the clips, after one that is not counted.
    """
    taken: tuple[list[float], list[float]] = ([], [])
    with one_thread():
        runners = _runners(model, onnx)
        for round_ in range(rounds + 1):
            for number, clip in enumerate(values):
                order = (0, 1) if (number + round_) % 2 else (1, 0)
                for which in order:
                    begun = time.thread_time()
                    runners[which](clip)
                    if round_:
                        taken[which].append(time.thread_time() - begun)
    onnx_ms, torch_ms = (1000 * median(seconds) for seconds in taken)
    return Speed(onnx_ms, torch_ms, len(values), rounds)


@contextmanager
def one_thread() -> Iterator[None]:
    """Torch on one thread while the block runs."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def made_up_clips(layout: Layout, count: int, rng: np.random.Generator) -> list[PoseSequence]:
    """Clips of landmarks that drift about, of all lengths, some with a group unseen for a while: no signs.

    They reach every branch of the arithmetic and hold nobody's movement, so they can be made anywhere.
    """
    clips = []
    for _ in range(count):
        frames = int(rng.integers(8, 160))
        places = rng.uniform(0.2, 0.9, (1, len(layout), 3))
        drift = np.cumsum(rng.normal(0, 0.01, (frames, len(layout), 3)), axis=0)
        points = (places + drift).astype(np.float32)
        group = rng.choice(list(layout.groups))
        if "hand" in group:  # a body that is never seen cannot be aligned
            begin, end = np.sort(rng.integers(0, frames + 1, 2))
            points[begin:end, layout.groups[group]] = np.nan
        clips.append(PoseSequence(points, layout, 25.0, (1280, 720)))
    return clips


Runner = Callable[[Floats], Floats]


def _runners(model: nn.Module, onnx: Path) -> tuple[Runner, Runner]:
    """Features (T, F) to logits (K,), by ONNX Runtime on one thread and by torch as it stands."""
    session = onnx_session(onnx)
    model = model.eval()

    def run_onnx(values: Floats) -> Floats:
        mask = np.ones((1, len(values)), bool)
        return np.asarray(session.run(None, {"features": values[None], "mask": mask})[0][0])

    @torch.inference_mode()
    def run_torch(values: Floats) -> Floats:
        mask = torch.ones((1, len(values)), dtype=torch.bool)
        return np.asarray(model(torch.from_numpy(values)[None], mask)[0].numpy())

    return run_onnx, run_torch


def _probabilities(logits: Floats, temperature: float) -> Floats:
    scaled = logits.astype(np.float64) / temperature
    odds = np.exp(scaled - scaled.max())
    return np.asarray(odds / odds.sum())
