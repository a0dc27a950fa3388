"""`one-shot-cross`: 43 Indian words, looked up by one example each, with an encoder that saw American signs alone."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from chereme.bench import BenchResult
from chereme.bench.embeddings import (
    GALLERIES,
    WORK,
    Gallery,
    by_gloss,
    embed_all,
    encoder,
    lookup_scores,
    one_shot_encoders,
    retrieval_result,
    sequences_of,
    wlasl_store,
)
from chereme.bench.recipes import packed
from chereme.dataset.protocols import galleries, last_blocks
from chereme.types import Floats

__all__ = ["measure", "standardised"]


def measure(
    data: str | Path | None = None,
    only: str | None = None,
    changes: Sequence[str] = (),
    work: Path = WORK,
) -> BenchResult:
    """Recall@1, recall@10 and mean reciprocal rank with the encoders of `one-shot`, five galleries each.

    A recording block stands for a signer: examples come from blocks before each word's last, queries from the last.

    Args:
        data: folder of the public data sets.
        only: see `train_all`.
        changes: to the recipe.
        work: folder in which trainings are kept.
    """
    store, folder = wlasl_store(data, work)
    runs = one_shot_encoders(store, folder, work, only, changes)
    indian = packed(data, "isl_include43_poses", work / "isl43")
    part = last_blocks(indian.clips)
    glosses = {clip.id: clip.gloss for clip in indian.clips}
    shown = [clip for clip in indian.clips if part[clip.id] != "test"]
    queries = [clip.id for clip in indian.clips if part[clip.id] == "test"]
    drawn = [Gallery.of(galleries(by_gloss(shown), seed)[0], queries, glosses) for seed in GALLERIES]
    sequences = sequences_of(indian, glosses)
    vectors = [embed_all(encoder(run), sequences) for run in runs]
    others = [clip.id for clip in shown]
    centred = [standardised(some, others) for some in vectors]
    details = {
        "split": "isl43: a random clip of each word before its last recording block as example, the 146 clips of the"
        " last blocks look it up; hands alone, nothing Indian in training",
        "standardised_on_unlabelled_clips": {
            **lookup_scores([gallery.look_up(some) for some in centred for gallery in drawn]),
            "how": f"embeddings less the mean and over the spread of the {len(others)} clips of earlier blocks,"
            " whose words are not used",
        },
    }
    return retrieval_result("one-shot-cross", drawn, sequences, runs, vectors, details)


def standardised(vectors: Mapping[str, Floats], some: Sequence[str]) -> dict[str, Floats]:
    """Embeddings less the mean of some of them and over their spread, of length 1 again."""
    known = np.stack([vectors[i] for i in some])
    mean, spread = known.mean(0), np.maximum(known.std(0), 1e-6)
    moved = {i: (vector - mean) / spread for i, vector in vectors.items()}
    return {i: vector / max(float(np.linalg.norm(vector)), 1e-12) for i, vector in moved.items()}
