"""What a lexicon says of a clip, as probabilities, alone or together with a classifier."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chereme.lexicon.lexicon import Lexicon
from chereme.lexicon.sign import clean
from chereme.recognize import hand_seen
from chereme.types import PoseSequence, Prediction, Ranked

__all__ = ["LexiconPrediction", "RankedSign", "join", "rank_signs"]


@dataclass(frozen=True)
class RankedSign(Ranked):
    """A sign of a lexicon in a prediction."""

    language: str = ""
    variant: str = ""
    sense: str = ""


@dataclass(frozen=True)
class LexiconPrediction(Prediction):
    """A prediction that names signs of a lexicon; words of a classifier may stand among them."""

    def as_json(self, top: int | None = None) -> Mapping[str, Any]:
        """As that of a classifier, and of signs what keeps them apart, where it was said."""
        found = dict(super().as_json(top))
        for row, ranked in zip(found["predictions"], self.ranked[:top], strict=True):
            if isinstance(ranked, RankedSign):
                apart = {"language": ranked.language, "variant": ranked.variant, "sense": ranked.sense}
                row.update({key: value for key, value in apart.items() if value})
        return found


def rank_signs(lexicon: Lexicon, sequence: PoseSequence, language: str | None = None) -> LexiconPrediction:
    """Rank the signs of a lexicon for one clip; declines when no hand was seen or no sign is similar enough.

    Similarities become probabilities by softmax, at the temperature that the encoder's bundle names. They weigh the
    signs against each other; that none is right is for `unknown` to say. Beyond 10,000 examples, the few hundred
    nearest are weighed.

    Args:
        lexicon: with at least one sign.
        sequence: the clip's landmarks.
        language: weigh the signs of one language only.

    Raises:
        LexiconError: there is no sign to compare with.
        LayoutError: the clip lacks landmarks that the encoder cannot do without.
    """
    hits = lexicon.search(sequence, None, language)
    if not hits:
        raise lexicon.nothing_found(language)
    calibration = lexicon.encoder.bundle.calibration
    similarities = np.array([hit.similarity for hit in hits], np.float32)
    softmax = replace(calibration, temperature=calibration.similarity_temperature)
    ranked = tuple(
        RankedSign(hit.sign.gloss, float(p), hit.sign.language, hit.sign.variant, hit.sign.sense)
        for hit, p in zip(hits, softmax.probabilities(similarities), strict=True)
    )
    if not hand_seen(sequence):
        return LexiconPrediction(ranked, "no_hand")
    return LexiconPrediction(ranked, "unlike" if hits[0].similarity < calibration.unknown_similarity else None)


def join(signs: LexiconPrediction, words: Prediction, language: str) -> LexiconPrediction:
    """What a lexicon and a classifier say together: each weighs half, and a gloss known to both adds up.

    A classifier knows no senses or variants: of several signs with its gloss the likeliest gets its half. A sign of
    another language is another word.

    Args:
        signs: of the lexicon, best first.
        words: of the classifier.
        language: ISO 639-3 of the classifier's words.

    Returns:
        All signs and words, best first; unknown when both decline, for the reason that the lexicon has.
    """
    joined: list[Ranked] = [replace(sign, probability=sign.probability / 2) for sign in signs.ranked]
    places: dict[str, int] = {}
    for number, sign in enumerate(joined):
        if isinstance(sign, RankedSign) and (not sign.language or not language or sign.language == language):
            places.setdefault(sign.gloss, number)
    for word in words.ranked:
        place = places.get(clean(word.gloss, "gloss"))
        if place is None:
            joined.append(replace(word, probability=word.probability / 2))
        else:
            more = joined[place].probability + word.probability / 2
            joined[place] = replace(joined[place], probability=more)
    ranked = sorted(joined, key=lambda one: -one.probability)
    return LexiconPrediction(tuple(ranked), signs.unknown_because if words.unknown else None)
