"""What a training reads and a trained model answers: prepared clips by part, scores, embeddings."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from chereme.bundle import Familiar
from chereme.dataset.store import Store
from chereme.errors import SplitError
from chereme.features import FeaturePlan, average_samples, surest
from chereme.layout import layout_named
from chereme.models import ConvTransformer
from chereme.train.batches import PreparedClips, ScoringBatch, prepare, scoring_batches
from chereme.train.config import RecognizerRecipe
from chereme.train.space import familiar_words
from chereme.types import Floats

__all__ = ["Parts", "embeddings_of", "logits_of", "places_of", "scored_clips", "split_parts", "words_of"]


@dataclass(frozen=True, eq=False)
class Parts:
    """Prepared clips of a store, and which of them belong to which part of a split."""

    clips: PreparedClips
    ids: tuple[str, ...]
    labels: tuple[str, ...]
    """Glosses in class order: sorted, all that the split uses."""
    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]


def split_parts(store: Store, split: Mapping[str, str], recipe: RecognizerRecipe) -> Parts:
    """Prepare every clip that a split names.

    Args:
        store: packed clips.
        split: clip id to `train`, `validation` or `test`; other clips are left out.
        recipe: says how clips are preprocessed.

    Raises:
        SplitError: no training clip, or a gloss to be validated or tested has none.
    """
    chosen = [i for i, clip in enumerate(store.clips) if split.get(clip.id)]
    parts = np.array([split[store.clips[i].id] for i in chosen])
    glosses = [store.clips[i].gloss for i in chosen]
    trained = {g for g, part in zip(glosses, parts, strict=True) if part == "train"}
    if not trained:
        raise SplitError("the split leaves no clip to train on; look at it with `chereme dataset stats`")
    if lost := sorted(set(glosses) - trained):
        raise SplitError(f"no training clip of {', '.join(lost[:5])} ({len(lost)} glosses), yet they are to be scored")
    labels = tuple(sorted(trained))
    position = {gloss: k for k, gloss in enumerate(labels)}
    clips = prepare([store.sequence(i) for i in chosen], [position[g] for g in glosses], recipe)
    clips = replace(clips, videos=np.unique([store.digests[i] for i in chosen], return_inverse=True)[1])
    train, validation, test = (np.flatnonzero(parts == name) for name in ("train", "validation", "test"))
    return Parts(clips, tuple(store.clips[i].id for i in chosen), labels, train, validation, test)


def scored_clips(parts: Parts, chosen: NDArray[np.int64], recipe: RecognizerRecipe) -> list[ScoringBatch]:
    """Some prepared clips as a model reads them, not augmented."""
    plan = FeaturePlan(layout_named(recipe.preprocess.layout), recipe.features)
    return scoring_batches(parts.clips, chosen, recipe, plan)


def logits_of(model: nn.Module, parts: Parts, chosen: NDArray[np.int64], recipe: RecognizerRecipe) -> Floats:
    """Raw scores (N, K) of some prepared clips, not augmented; each of all its samples, and both ways, together."""
    model.eval()
    scores = _scores(model, parts, chosen, recipe)
    either = parts.clips.either
    if recipe.preprocess.both_ways and either is not None and either[chosen].any():
        rows = np.flatnonzero(either[chosen])
        turned = replace(parts, clips=parts.clips.turned_round(layout_named(recipe.preprocess.layout)))
        both = np.stack([scores[rows], _scores(model, turned, chosen[rows], recipe)], 1)
        scores[rows] = both[np.arange(len(rows)), surest(both)]
    return scores


def _scores(model: nn.Module, parts: Parts, chosen: NDArray[np.int64], recipe: RecognizerRecipe) -> Floats:
    scores = np.zeros((len(chosen), len(parts.labels)), np.float32)
    with torch.no_grad():
        for batch in scored_clips(parts, chosen, recipe):
            logits = model(batch.values, batch.mask).float().numpy()
            scores[batch.rows] = average_samples(logits.reshape(len(batch.rows), -1, len(parts.labels)))
    return scores


def embeddings_of(model: nn.Module, parts: Parts, chosen: NDArray[np.int64], recipe: RecognizerRecipe) -> Floats:
    """Embeddings (N, E) of some prepared clips, not augmented, as the classifier reads them."""
    found = np.zeros((len(chosen), recipe.model.embedding), np.float32)
    model.eval()
    with torch.no_grad():
        for batch in scored_clips(parts, chosen, recipe):
            embeddings = model.embed(batch.values, batch.mask).float().numpy()  # type: ignore[operator]
            found[batch.rows] = embeddings.reshape(len(batch.rows), -1, embeddings.shape[1]).mean(1)
    return found


def places_of(model: nn.Module, parts: Parts, chosen: NDArray[np.int64], recipe: RecognizerRecipe) -> Floats:
    """The same as recognizing gives them: (N, E) of length 1."""
    embeddings = torch.from_numpy(embeddings_of(model, parts, chosen, recipe))
    with torch.no_grad():
        return np.asarray(model.place(embeddings).numpy())  # type: ignore[operator]


def words_of(model: nn.Module, parts: Parts, used: NDArray[np.int64], recipe: RecognizerRecipe) -> Familiar | None:
    """Where the words of a trained model lie, if it makes embeddings; `used` are the clips that it was trained on."""
    if not isinstance(model, ConvTransformer):
        return None
    return familiar_words(places_of(model, parts, used, recipe), parts.clips.classes[used], len(parts.labels))
