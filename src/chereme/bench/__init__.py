"""Benches: speed as a ratio to a named peer in the same run, accuracy on a named split with its interval.

A bench is a function of a module here, `measure(data)`, listed in `BENCHES`. Benches that train take long:
they keep what they found in `benchmarks/results/NAME.json`, and `chereme bench NAME --recorded` prints that.
"""

import importlib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from chereme.errors import CheremeError

__all__ = ["BENCHES", "BenchResult", "run_bench"]

BENCHES = {
    "extract": "chereme.bench.extract",
    "detect-hands": "chereme.bench.detect_hands",
    "extract-images": "chereme.bench.extract_images",
    "features": "chereme.bench.features",
    "store": "chereme.bench.store",
    "infer-torch": "chereme.bench.infer_torch",
    "cold": "chereme.bench.cold",
    "spell-words": "chereme.bench.spell_words",
    "spell-latency": "chereme.bench.spell_latency",
    "acc-isl43": "chereme.bench.acc_isl43",
    "acc-isl43-rotation": "chereme.bench.acc_isl43_rotation",
    "acc-isl30": "chereme.bench.acc_isl30",
    "acc-letters-loso": "chereme.bench.acc_letters_loso",
    "acc-letters-cross": "chereme.bench.acc_letters_cross",
    "acc-massey": "chereme.bench.acc_massey",
    "tune": "chereme.bench.tune",
    "recipes-isl43": "chereme.bench.recipes_isl43",
    "recipes-isl30": "chereme.bench.recipes_isl30",
    "recipes-asl24": "chereme.bench.recipes_asl24",
    "peers-isl43": "chereme.bench.peers_isl43",
    "peers-isl30": "chereme.bench.peers_isl30",
    "peers-wlasl100": "chereme.bench.peers_wlasl100",
    "train-time": "chereme.bench.train_time",
    "acc-wlasl1700": "chereme.bench.acc_wlasl1700",
    "acc-wlasl100": "chereme.bench.acc_wlasl100",
    "one-shot": "chereme.bench.one_shot",
    "one-shot-cross": "chereme.bench.one_shot_cross",
    "asl24": "chereme.bench.asl24",
    "mirror": "chereme.bench.mirror",
    "unknown": "chereme.bench.unknown",
    "train-cost": "chereme.bench.train_cost",
    "infer-roofline": "chereme.bench.infer_roofline",
    "lexicon-search": "chereme.bench.lexicon_search",
    "join-speed": "chereme.bench.join_speed",
    "join-dgs": "chereme.bench.join_dgs",
    "render-speed": "chereme.bench.render_speed",
    "collect-replica": "chereme.bench.collect_replica",
    "curate": "chereme.bench.curate",
    "audit": "chereme.bench.audit",
    "produce-isl43": "chereme.bench.produce_isl43",
    "back-recognition": "chereme.bench.back_recognition",
    "transitions": "chereme.bench.transitions",
    "loop": "chereme.bench.loop",
    "api-latency": "chereme.bench.api_latency",
    "api-load": "chereme.bench.api_load",
    "server-cold": "chereme.bench.server_cold",
    "web-parity": "chereme.bench.web_parity",
    "web-fps": "chereme.bench.web_fps",
    "web-size": "chereme.bench.web_size",
}


@dataclass(frozen=True)
class BenchResult:
    """One figure beside its peer's."""

    name: str
    value: float
    unit: str
    peer: str
    """What it is compared with, in words."""
    peer_value: float
    ratio: float
    n: int
    """How many frames, clips, batches or runs the value rests on."""
    details: dict[str, Any] = field(default_factory=dict)
    """Further figures of this bench; they stand beside the others in JSON."""

    def as_json(self) -> dict[str, Any]:
        shown = asdict(self)
        details = shown.pop("details")
        return {**shown, **details}


def run_bench(name: str, data: str | Path | None = None) -> BenchResult:
    """Run one bench; `data` is the folder of the public data sets."""
    if name not in BENCHES:
        raise CheremeError(f"no bench is called {name!r}; known: {', '.join(BENCHES)}")
    result = importlib.import_module(BENCHES[name]).measure(data)
    assert isinstance(result, BenchResult)
    return result
