"""How much a model doubts that a clip shows its word: what is most doubtful is looked at first.

Doubts are between 0 and 1, and comparable within one way only. None: the model cannot say, for want of landmarks or
because it does not know the word.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from chereme.curate.labels import gloss_of
from chereme.errors import CheremeError
from chereme.lexicon import Lexicon, rank_signs
from chereme.poses import read_pose
from chereme.recognize import Recognizer
from chereme.review.clips import ReviewClip
from chereme.types import Floats, PoseSequence, Prediction

__all__ = ["Doubts", "doubts_among", "doubts_of_lexicon", "doubts_of_recognizer"]

Doubts = list[float | None]
Watch = Callable[[Sequence[ReviewClip]], Iterable[ReviewClip]]
_BLOCK = 1024


def doubts_of_recognizer(recognizer: Recognizer, clips: Sequence[ReviewClip], watch: Watch = iter) -> Doubts:
    """What a recognizer leaves to other words than the clip's own: 1 less that word's probability."""
    known = {gloss_of(label) for label in recognizer.bundle.labels}
    return _left_over(recognizer.recognize, known, clips, watch)


def doubts_of_lexicon(lexicon: Lexicon, clips: Sequence[ReviewClip], watch: Watch = iter) -> Doubts:
    """The same by the signs of a lexicon; senses and variants of one gloss add up.

    Raises:
        LexiconError: the lexicon has no sign.
    """
    known = {gloss_of(sign.gloss) for sign in lexicon.signs()}
    if not known:
        raise lexicon.nothing_found()
    return _left_over(lambda sequence: rank_signs(lexicon, sequence), known, clips, watch)


def doubts_among(encoder: Recognizer, clips: Sequence[ReviewClip], watch: Watch = iter) -> Doubts:
    """How much nearer each clip lies to a clip of another word than to the nearest other clip of its own.

    0.5 is as near to both. Needs no model that knows the words; None where a word has one clip alone.
    """
    sequences = ((i, _landmarks(clip)) for i, clip in enumerate(watch(clips)))
    found: dict[int, Floats] = {}
    for i, sequence in sequences:
        if sequence is not None and (vector := _embedding(encoder, sequence)) is not None:
            found[i] = vector
    doubts: Doubts = [None] * len(clips)
    at = np.array(sorted(found), np.int64)
    if not len(at):
        return doubts
    vectors = np.stack([found[i] for i in at])
    words: dict[str, int] = defaultdict(lambda: len(words))
    word = np.array([words[clips[i].gloss] for i in at])
    for start in range(0, len(at), _BLOCK):
        here = np.arange(start, min(start + _BLOCK, len(at)))
        alike = vectors[here] @ vectors.T
        alike[np.arange(len(here)), here] = -np.inf
        same = word[here, None] == word[None]
        own, other = np.where(same, alike, -np.inf).max(1), np.where(same, -np.inf, alike).max(1)
        for i, mine, theirs in zip(at[here], own, other, strict=True):
            if np.isfinite(mine):
                doubts[i] = round(float(np.clip((2 + max(theirs, -1) - mine) / 4, 0, 1)), 4)
    return doubts


def _left_over(
    recognize: Callable[[PoseSequence], Prediction], known: set[str], clips: Sequence[ReviewClip], watch: Watch
) -> Doubts:
    doubts: Doubts = []
    for clip in watch(clips):
        gloss = gloss_of(clip.gloss)
        sequence = _landmarks(clip) if gloss in known else None
        doubt = None
        if sequence is not None:
            try:
                ranked = recognize(sequence).ranked
                doubt = round(max(0.0, 1 - sum(r.probability for r in ranked if gloss_of(r.gloss) == gloss)), 4)
            except CheremeError:
                doubt = None  # landmarks that this model does not read
        doubts.append(doubt)
    return doubts


def _embedding(encoder: Recognizer, sequence: PoseSequence) -> Floats | None:
    try:
        return encoder.embed(sequence)
    except CheremeError:
        if not encoder.embeds:
            raise
        return None


def _landmarks(clip: ReviewClip) -> PoseSequence | None:
    """The clip's stretch of its landmarks; None where there are none that can be read."""
    if clip.pose is None:
        return None
    try:
        sequence = read_pose(Path(clip.pose))
    except CheremeError:
        return None
    start = round((clip.start or 0) * sequence.fps)
    end = None if clip.end is None else round(clip.end * sequence.fps)
    cut = sequence.points[start:end]
    return sequence.with_points(cut) if len(cut) else None
