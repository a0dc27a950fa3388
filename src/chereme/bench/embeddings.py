"""What the benches of the sign encoder share: its trainings, and looking signs up by one example of each.

Every figure is read as users get it: from the bundle of a training, through ONNX Runtime.
"""

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from chereme.bench import BenchResult
from chereme.bench.recipes import Entrant, Training, packed, train_all
from chereme.bundle import Bundle, Calibration, Card
from chereme.bundle.write import write_bundle
from chereme.dataset.protocols import one_shot_train
from chereme.dataset.store import Store
from chereme.evaluate.metrics import bootstrap, truth_ranks
from chereme.features import FeatureConfig, FeaturePlan
from chereme.models import ModelConfig, NearestClips, build_recognizer
from chereme.places import data_folder
from chereme.recognize import Recognizer
from chereme.types import Clip, Floats, PoseSequence

__all__ = [
    "ENTRANT",
    "GALLERIES",
    "WORK",
    "Gallery",
    "by_gloss",
    "dtw_likeness",
    "embed_all",
    "encoder",
    "lookup_scores",
    "one_shot_encoders",
    "retrieval_result",
    "sequences_of",
    "untrained",
    "wlasl_store",
]

DATA = "wlasl_hands"
WORK = Path("runs/bench/asl1700")
"""Trainings of the encoder, shared by all its benches."""
ENTRANT = Entrant("asl1700", seeds=(0, 1, 2), ours=True)
GALLERIES = range(5)
"""Seeds of the examples that are drawn."""

Vectors = Mapping[str, Floats]
"""Clip id to its embedding (E,)."""
Lookup = tuple[Floats, NDArray[np.int64]]
"""Likeness (Q, G) of Q clips to the examples of G glosses, and which of them is right (Q,)."""


@dataclass(frozen=True, eq=False)
class Gallery:
    """One example each of G glosses, and Q clips to be looked up among them."""

    examples: tuple[str, ...]
    """(G,) clip ids, in the order of their glosses."""
    queries: tuple[str, ...]
    """(Q,) clip ids."""
    truth: NDArray[np.int64]
    """(Q,) which example shows the same gloss."""

    @classmethod
    def of(cls, examples: Mapping[str, str], queries: Sequence[str], glosses: Mapping[str, str]) -> "Gallery":
        """A gallery of gloss to example, and clips to look up; `glosses` says what each of these shows."""
        order = {gloss: k for k, gloss in enumerate(sorted(examples))}
        truth = np.array([order[glosses[i]] for i in queries], np.int64)
        return cls(tuple(examples[gloss] for gloss in order), tuple(queries), truth)

    def look_up(self, vectors: Vectors) -> Lookup:
        """By the cosine of embeddings."""
        examples, queries = (np.stack([vectors[i] for i in ids]) for ids in (self.examples, self.queries))
        return queries @ examples.T, self.truth

    def look_up_untrained(self, features: Vectors) -> Lookup:
        """By time warping of features (T, F)."""
        likeness = dtw_likeness([features[i] for i in self.examples], [features[i] for i in self.queries])
        return likeness, self.truth


def wlasl_store(data: str | Path | None, work: Path = WORK) -> tuple[Store, Path]:
    """The set, packed once, and its folder."""
    return packed(data, DATA, work), data_folder(data) / DATA


def one_shot_encoders(
    store: Store, folder: Path, work: Path = WORK, only: str | None = None, changes: Sequence[str] = ()
) -> list[Training]:
    """The encoder trained on all glosses but the 200 unseen ones, three seeds; kept in `work`.

    Args:
        store: of `wlasl_hands`.
        folder: of the set.
        work: where trainings are kept.
        only: see `train_all`.
        changes: to the recipe.
    """
    split = {"one-shot": one_shot_train(store.clips, folder)}
    return train_all(store, split, (ENTRANT,), work, only, changes, bundles=True)[ENTRANT.recipe]


def encoder(training: Training) -> Recognizer:
    """What a training ended in."""
    assert training.bundle is not None
    return Recognizer(Bundle.load(training.bundle))


def untrained(like: Recognizer, folder: Path, seed: int = 0) -> Recognizer:
    """A recognizer of the same recipe with weights as training begins from; its bundle goes to `folder`."""
    bundle = like.bundle
    inputs = len(FeaturePlan(bundle.layout, bundle.recipe.stage("features", FeatureConfig)).names)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = build_recognizer(inputs, len(bundle.labels), bundle.recipe.stage("model", ModelConfig))
    return Recognizer(
        write_bundle(
            folder,
            model,
            bundle.recipe,
            labels=bundle.labels,
            language=bundle.language,
            calibration=Calibration(),
            card=Card("Untrained", "Weights drawn at random.", (), "", "research"),
            scores={},
            trained_on=(),
        )
    )


def by_gloss(clips: Iterable[Clip]) -> dict[str, list[str]]:
    """Gloss to the ids of its clips."""
    found: dict[str, list[str]] = {}
    for clip in clips:
        found.setdefault(clip.gloss, []).append(clip.id)
    return found


def sequences_of(store: Store, ids: Iterable[str]) -> dict[str, PoseSequence]:
    """Clip id to its landmarks."""
    return {i: store.sequence(store.positions[i]) for i in ids}


def embed_all(recognizer: Recognizer, sequences: Mapping[str, PoseSequence]) -> dict[str, Floats]:
    """Clip id to its embedding (E,), of length 1."""
    return {i: recognizer.embed(sequence) for i, sequence in sequences.items()}


def retrieval_result(
    name: str,
    drawn: Sequence[Gallery],
    sequences: Mapping[str, PoseSequence],
    runs: Sequence[Training],
    vectors: Sequence[Vectors],
    details: Mapping[str, Any],
    further: int = 10,
) -> BenchResult:
    """The figure of a bench: recall over all galleries and seeds, beside time warping and the untrained net.

    Args:
        name: of the bench.
        drawn: galleries.
        sequences: clip id to landmarks, of examples and queries.
        runs: one training per seed.
        vectors: what each of them makes of the clips.
        details: what else to record.
        further: the k of the second recall.
    """
    first = encoder(runs[0])
    features = {i: _positions(first, sequence) for i, sequence in sequences.items()}
    with tempfile.TemporaryDirectory(prefix="chereme-") as folder:
        raw = embed_all(untrained(first, Path(folder) / "untrained"), sequences)
    ours = lookup_scores([gallery.look_up(some) for some in vectors for gallery in drawn], further)
    peer = lookup_scores([gallery.look_up_untrained(features) for gallery in drawn], further)
    return BenchResult(
        name,
        ours["recall1"],
        "recall@1",
        "1-NN by dynamic time warping (32 frames, band of 20 %) of the encoder's features without velocities,"
        " standardised",
        peer["recall1"],
        round(ours["recall1"] / peer["recall1"], 4) if peer["recall1"] else float("nan"),
        len({i for gallery in drawn for i in gallery.queries}),
        {
            **ours,
            "resampled": "glosses, each with all its clips in all galleries and seeds",
            "glosses": len(drawn[0].examples),
            "galleries": len(drawn),
            "seeds": [run.seed for run in runs],
            "by_seed": [
                {"seed": run.seed, **_points(lookup_scores([gallery.look_up(some) for gallery in drawn], further))}
                for run, some in zip(runs, vectors, strict=True)
            ],
            "by_gallery": [
                _points(lookup_scores([gallery.look_up(some) for some in vectors], further)) for gallery in drawn
            ],
            "peer_scores": peer,
            "untrained_net": lookup_scores([gallery.look_up(raw) for gallery in drawn], further),
            "recipe": ENTRANT.recipe,
            "epochs": [run.epochs for run in runs],
            "parameters": runs[0].parameters,
            "cpu_minutes_each": [round(run.cpu_seconds / 60, 2) for run in runs],
            **details,
        },
    )


def _positions(recognizer: Recognizer, sequence: PoseSequence) -> Floats:
    """(T, F) what it reads of a clip, but no velocities: with them time warping gets half as many right."""
    found = recognizer.features(sequence)
    return np.ascontiguousarray(found.values[:, ["@" not in name for name in found.names]])


def lookup_scores(lookups: Sequence[Lookup], further: int = 10) -> dict[str, Any]:
    """How often the right gloss stood first, or among the first `further`, and the mean of 1 / its place.

    Means over all look-ups; 95 % intervals draw glosses with all their clips. All galleries have the same glosses.
    """
    ranks = np.concatenate([truth_ranks(likeness, truth) for likeness, truth in lookups])
    glosses, unit = np.unique(np.concatenate([truth for _, truth in lookups]), return_inverse=True)
    weights, _ = bootstrap(len(glosses), (), 2000, np.random.default_rng(0))
    asked = weights @ np.bincount(unit)
    found: dict[str, Any] = {}
    for name, value in (
        ("recall1", ranks < 1),
        (f"recall{further}", ranks < further),
        ("mrr", 1 / (ranks + 1)),
    ):
        low, high = np.percentile(weights @ np.bincount(unit, value) / asked, [2.5, 97.5])
        found[name] = round(float(value.mean()), 4)
        found[f"{name}_ci95"] = [round(float(low), 4), round(float(high), 4)]
    return found


def _points(scores: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in scores.items() if not name.endswith("_ci95")}


def dtw_likeness(examples: Sequence[Floats], queries: Sequence[Floats]) -> Floats:
    """(Q, G): larger where a clip is nearer to an example, both as features (T, F)."""
    config = ModelConfig(kind="knn", distance="dtw", frames=32, band=0.2, neighbours=1)
    nearest = NearestClips(examples[0].shape[1], len(examples), config)
    nearest.remember(*_padded(examples), torch.arange(len(examples)))
    with torch.no_grad():
        return np.asarray(nearest(*_padded(queries)), np.float32)


def _padded(clips: Sequence[Floats]) -> tuple[Tensor, Tensor]:
    """Features (N, T, F) and mask (N, T)."""
    lengths = torch.tensor([len(clip) for clip in clips])
    values = torch.nn.utils.rnn.pad_sequence([torch.from_numpy(clip) for clip in clips], batch_first=True)
    return values, torch.arange(values.shape[1]) < lengths[:, None]
