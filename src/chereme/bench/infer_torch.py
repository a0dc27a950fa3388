"""`infer-torch`: what a clip costs in ONNX Runtime, beside the same weights in eager torch."""

from pathlib import Path

import numpy as np

from chereme.bench import BenchResult
from chereme.bundle import Bundle, find_bundle
from chereme.bundle.write import load_model
from chereme.export import compare_speed, made_up_clips
from chereme.recognize import DEFAULT_BUNDLE, Recognizer

__all__ = ["measure"]


def measure(
    data: str | Path | None = None, *, bundle: str | Path = DEFAULT_BUNDLE, clips: int = 30, rounds: int = 10
) -> BenchResult:
    """Median milliseconds of a clip, batch of one, one thread each, turn about on the same clips.

    Only the networks are timed, from features to logits: landmarks and features are the same for both.
    Milliseconds are processor time of the working thread, see `chereme.export.compare_speed`.

    Args:
        data: not read; the clips are made up, since time does not depend on what is signed.
        bundle: whose model.
        clips: of different lengths.
        rounds: passes over them.
    """
    loaded = Bundle.load(find_bundle(bundle))
    recognizer, model = Recognizer(loaded), load_model(loaded)
    values = [recognizer.features(c).values for c in made_up_clips(loaded.layout, clips, np.random.default_rng(0))]
    speed = compare_speed(model, loaded.onnx_path, values, rounds=rounds)
    return BenchResult(
        name="infer-torch",
        value=speed.onnx_ms,
        unit="ms per clip",
        peer="torch eager, one thread",
        peer_value=speed.torch_ms,
        ratio=speed.onnx_ms / speed.torch_ms,
        n=clips * rounds,
        details={
            "goal": "ratio <= 0.5",
            "bundle": loaded.name,
            "parameters": sum(p.numel() for p in model.parameters()),
            "median_frames": float(np.median([len(v) for v in values])),
        },
    )
