"""A bundle's model as ONNX, with proof that it answers as torch does, and what each costs.

`chereme.export.portal` makes bundles of another system's checkpoints.
"""

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
from chereme.features.hand import right_hands
from chereme.files import write_folder_beside
from chereme.layout import Layout
from chereme.recognize import Recognizer, onnx_session
from chereme.spell import Speller
from chereme.types import Floats, PoseSequence

__all__ = [
    "LARGEST_DIFFERENCE",
    "Parity",
    "Speed",
    "compare_speed",
    "export_bundle",
    "made_up_clips",
    "made_up_values",
    "measure_parity",
    "one_thread",
    "prove_bundle",
]

LARGEST_DIFFERENCE = 1e-4
"""Largest difference of any probability that an export may show."""


@dataclass(frozen=True)
class Speed:
    """Median processor time of one clip (or one hand), alone in its batch, on one thread."""

    onnx_ms: float
    torch_ms: float
    clips: int
    rounds: int


@dataclass(frozen=True)
class Parity:
    """How an exported model compares with the torch model it was made from."""

    bundle: str
    clips: int
    """Compared; of a speller's bundle a clip is one hand."""
    source: str
    """Where the clips come from: a store's name, or `made up`."""
    largest_difference: float
    """Of any probability of any clip."""
    same_word: int
    """Clips for which both name the same word or letter."""
    onnx_bytes: int
    torch_bytes: int
    onnx_ms: float
    """Median per clip on one thread, batch of one, without features."""
    torch_ms: float


def export_bundle(bundle: Bundle, folder: str | Path, store: Store | None = None, *, clips: int = 200) -> Parity:
    """Write model.onnx, labels.txt and parity.json to a folder, whole or not at all.

    Args:
        bundle: a recognizer's or speller's; its safetensors weights are what is exported.
        folder: for the files; an earlier export there is replaced.
        store: real clips to compare on, at most `clips` of them, evenly spread; None: clips made by a seeded
            generator, which try the arithmetic but are no signs.
        clips: how many.

    Raises:
        BundleError: the two models differ by more than `LARGEST_DIFFERENCE`; nothing is written.
        CheremeError: `folder` holds something that is no export, or no picture of the store shows a hand.
        LayoutError: the store's landmarks are not those the bundle reads.
    """
    folder = Path(folder)
    if folder.exists() and not (folder / "parity.json").is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise CheremeError(f"{folder}: exists and is not an export; give another place with -o, or move it away first")
    model = load_model(bundle)
    values, source = _values_to_compare(bundle, store, clips)
    with write_folder_beside(folder) as part:
        path = part / "model.onnx"
        write_onnx(model, values[0].shape[-1], path, bundle.kind)
        parity = measure_parity(bundle, model, path, values, source)
        _check(bundle, parity)
        (part / "labels.txt").write_text("".join(f"{label}\n" for label in bundle.labels), encoding="utf-8")
        text = json.dumps(asdict(parity), ensure_ascii=False, indent=2)
        (part / "parity.json").write_text(text + "\n", encoding="utf-8")
    return parity


def prove_bundle(bundle: Bundle, store: Store | None = None, *, clips: int = 200) -> Parity:
    """Compare the ONNX model that a bundle holds with its torch weights; arguments as of `export_bundle`.

    Raises:
        BundleError: they differ by more than `LARGEST_DIFFERENCE`.
    """
    values, source = _values_to_compare(bundle, store, clips)
    parity = measure_parity(bundle, load_model(bundle), bundle.onnx_path, values, source)
    _check(bundle, parity)
    return parity


def measure_parity(bundle: Bundle, model: nn.Module, onnx: Path, values: Sequence[Floats], source: str) -> Parity:
    """Compare a torch model with an ONNX file on the features (T, F) of some clips, or (F,) of some hands."""
    run_onnx, run_torch = _runners(model, onnx)
    ours, theirs = (
        np.stack([bundle.calibration.probabilities(run(v)) for v in values]) for run in (run_onnx, run_torch)
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
        values: features (T, F) per clip, or (F,) per hand.
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


def made_up_values(bundle: Bundle, count: int) -> list[Floats]:
    """What the bundle's model reads of made-up clips: (T, F) of each, or (F,) of each hand for a speller."""
    if bundle.kind == "speller":  # some clips show no hand in any frame
        return _values(bundle, made_up_clips(bundle.layout, 2 * count, np.random.default_rng(0)))[:count]
    return _values(bundle, made_up_clips(bundle.layout, count, np.random.default_rng(0)))


def _values_to_compare(bundle: Bundle, store: Store | None, clips: int) -> tuple[list[Floats], str]:
    """Features of some clips, and where they come from."""
    if store is None:
        return made_up_values(bundle, clips), "made up"
    chosen = np.unique(np.linspace(0, len(store) - 1, min(clips, len(store))).astype(int))
    values = _values(bundle, [store.sequence(i) for i in chosen])
    if not values:
        raise CheremeError(f"{store.folder}: none of the {len(chosen)} clips looked at shows a hand to compare on")
    return values, store.folder.name


def _check(bundle: Bundle, parity: Parity) -> None:
    if not parity.largest_difference <= LARGEST_DIFFERENCE:  # also where it is no number
        raise BundleError(
            f"{bundle.folder}: ONNX and torch differ by {parity.largest_difference:.2g} in probability, more than"
            f" {LARGEST_DIFFERENCE:g} allowed"
        )


def _values(bundle: Bundle, sequences: Sequence[PoseSequence]) -> list[Floats]:
    """Features of each clip; for a speller of the first whole hand of each, leaving out clips that have none."""
    if bundle.kind != "speller":
        recognizer = Recognizer(bundle)
        return [recognizer.features(sequence).values for sequence in sequences]
    hands = [right_hands(sequence)[0] for sequence in sequences]
    whole = [seen[0] for points in hands if len(seen := points[~np.isnan(points).any((1, 2))])]
    return list(Speller(bundle).features(np.stack(whole))) if whole else []


Runner = Callable[[Floats], Floats]


def _runners(model: nn.Module, onnx: Path) -> tuple[Runner, Runner]:
    """Features (T, F) of a clip or (F,) of a hand to logits (K,), by ONNX Runtime on one thread and by torch."""
    session = onnx_session(onnx)
    masked = len(session.get_inputs()) == 2  # a handshape model reads no time, so needs no mask
    model = model.eval()

    def run_onnx(values: Floats) -> Floats:
        read = {"features": values[None]}
        if masked:
            read["mask"] = np.ones((1, len(values)), bool)
        return np.asarray(session.run(None, read)[0][0])

    @torch.inference_mode()
    def run_torch(values: Floats) -> Floats:
        read = [torch.from_numpy(values)[None]]
        if masked:
            read.append(torch.ones((1, len(values)), dtype=torch.bool))
        return np.asarray(model(*read)[0].numpy())

    return run_onnx, run_torch
