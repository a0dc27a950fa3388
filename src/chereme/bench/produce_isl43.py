"""`produce-isl43`: 43 words produced and compared with recordings of other blocks."""

from pathlib import Path

import numpy as np
import torch

from chereme.bench import BenchResult
from chereme.bench.producing import OURS, ours, signs_of, store_of
from chereme.dataset.protocols import isl43
from chereme.evaluate.production_report import evaluate_producer

SEEDS = (0, 1, 2)


def measure(data: str | Path | None = None) -> BenchResult:
    """Mean nDTW-MJE of three seeds on the last blocks, learnt from all others; about six minutes on one core."""
    work = Path("runs/bench/produce-isl43")
    store = store_of(data, work)
    part = isl43(store.clips)["isl43"]
    clips = [(clip, store.sequence(i)) for i, clip in enumerate(store.clips)]
    test = [one for one in clips if part[one[0].id] == "test"]
    taught = [one for one in clips if part[one[0].id] != "test"]
    torch.set_num_threads(1)
    signs = signs_of(store, ("train", "validation"))
    found = []
    for seed in SEEDS:
        producer = ours(signs, work / f"seed{seed}", seed)
        floors = taught if seed == SEEDS[0] else []
        found.append(evaluate_producer(producer.produce, test, floors, name=OURS, split="isl43"))
    first = found[0].as_json()
    scores = {name: round(float(np.mean([f.scores[name] for f in found])), 4) for name in found[0].scores}
    copied = float(found[0].floors["medoid copy"]["ndtw_mje"])
    return BenchResult(
        "produce-isl43",
        scores["ndtw_mje"],
        "nDTW-MJE in shoulder widths, smaller is better",
        "a copy of the word's medoid clip",
        copied,
        scores["ndtw_mje"] / copied,
        found[0].n,
        {
            "split": "isl43: the last block of each word; length and first frame predicted",
            "seeds": list(SEEDS),
            **scores,
            "ndtw_mje_per_seed": [round(f.scores["ndtw_mje"], 4) for f in found],
            "retrieval1_per_seed": [round(f.scores["retrieval1"], 4) for f in found],
            "ndtw_mje_ci95": first["ndtw_mje_ci95"],
            "resampled": "words, of the first seed",
            "bone_drift_signed": first["bone_drift_signed"],
            "floors": first["floors"],
            "signature": first["signature"],
        },
    )
