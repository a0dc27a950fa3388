"""`transitions`: the hand between two letters, on pairs that were not shown in training."""

from pathlib import Path

import numpy as np
import torch

from chereme.bench import BenchResult
from chereme.places import data_folder
from chereme.train.transitions import TransitionConfig, blend_distances, read_transitions, train_transitions
from chereme.train.transitions import transition_split as split_of

SEEDS = (0, 1, 2)
PEER = "blend of own ends"


def measure(data: str | Path | None = None) -> BenchResult:
    """Hand distance by time warping through that of a straight line; about five minutes on one core."""
    torch.set_num_threads(1)
    pairs = read_transitions(data_folder(data) / "fingerspell_transitions_asl")
    train, validation, test = split_of(len(pairs))
    found = []
    for seed in SEEDS:
        network, _ = train_transitions(pairs, train, validation, TransitionConfig(seed=seed))
        found.append(blend_distances(pairs, test, network))
    ours = np.mean([one["ours"] for one in found], axis=0)
    line = found[0][PEER]
    drawn = np.random.default_rng(0).integers(len(test), size=(2000, len(test)))
    low, high = np.percentile(ours[drawn].mean(1) / line[drawn].mean(1), [2.5, 97.5])
    ratio = float(ours.mean() / line.mean())
    return BenchResult(
        "transitions",
        ratio,
        "hands DTW through that of the straight line",
        "a straight line between the pair's own first and last frame, which ours is not given",
        1.0,
        ratio,
        len(test),
        {
            "split": "20 % of the letter pairs (seed 0) tested, 10 % validated",
            "seeds": list(SEEDS),
            "ratio_ci95": [round(float(low), 4), round(float(high), 4)],
            "resampled": "pairs",
            "palm_lengths": {name: round(float(np.mean([one[name] for one in found])), 4) for name in found[0]},
            "pairs_nearer_than_the_line": round(float((ours < line).mean()), 4),
        },
    )
