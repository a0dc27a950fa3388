"""`one-shot`: 200 glosses of American Sign Language that were never trained on, looked up by one example of each."""

from collections.abc import Sequence
from pathlib import Path

from chereme.bench import BenchResult
from chereme.bench.embeddings import (
    GALLERIES,
    WORK,
    Gallery,
    by_gloss,
    embed_all,
    encoder,
    one_shot_encoders,
    retrieval_result,
    sequences_of,
    wlasl_store,
)
from chereme.dataset.importers.wlasl import twin_groups, unseen_glosses
from chereme.dataset.protocols import galleries

__all__ = ["measure"]


def measure(
    data: str | Path | None = None,
    only: str | None = None,
    changes: Sequence[str] = (),
    work: Path = WORK,
) -> BenchResult:
    """Recall@1, recall@10 and mean reciprocal rank, three seeds, five galleries each; trains for hours.

    Args:
        data: folder of the public data sets.
        only: see `train_all`.
        changes: to the recipe.
        work: folder in which trainings are kept.
    """
    store, folder = wlasl_store(data, work)
    runs = one_shot_encoders(store, folder, work, only, changes)
    unseen, twins = unseen_glosses(folder), twin_groups(folder)
    clips = [clip for clip in store.clips if clip.gloss in unseen]
    glosses = {clip.id: clip.gloss for clip in clips}
    drawn = []
    for seed in GALLERIES:
        examples, queries = galleries(by_gloss(clips), seed)
        shown = {twins[i] for i in examples.values() if i in twins}
        drawn.append(Gallery.of(examples, [i for i in queries if twins.get(i) not in shown], glosses))
    sequences = sequences_of(store, glosses)
    vectors = [embed_all(encoder(run), sequences) for run in runs]
    details = {
        "split": "one-shot: trained on all clips of the other glosses, without twins of these; a random clip of each"
        " as example, the others look it up, but not those of the example's own video; signers are not unseen",
    }
    return retrieval_result("one-shot", drawn, sequences, runs, vectors, details)
