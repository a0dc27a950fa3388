"""`join-dgs`: dictionary signs that somebody stitched into a sentence, made into running signing.

32 sentences of German Sign Language, each as it was signed and as stitched from a dictionary. Where the stitched
clips begin and end is not told, and of the signed sentence nothing is used but to measure: neither frames nor length.
Known beside the stitched landmarks is how many glosses the sentence has, as whoever stitched it knew.
"""

import json
import lzma
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chereme.bench import BenchResult
from chereme.errors import StoreError
from chereme.evaluate.metrics import Interval
from chereme.evaluate.production import SIGNATURE, bone_length_drift, compared, distances
from chereme.layout import BODY_HANDS_75
from chereme.places import data_folder
from chereme.poses import pose_from_bytes
from chereme.produce import JoinConfig, tighten
from chereme.types import PoseSequence

Doubles = NDArray[np.float64]

__all__ = ["SECONDS_PER_GLOSS", "Sentence", "measure", "read_sentences"]

SECONDS_PER_GLOSS = 0.345
"""Of the 8 sentences to validate on: 448 frames at 25 per second signed, 52 glosses."""
_VALIDATION = tuple(f"train_{number}" for number in range(1, 9))
"""The others are the test."""


@dataclass(frozen=True, eq=False)
class Sentence:
    """One sentence twice."""

    name: str
    signed: PoseSequence
    stitched: PoseSequence
    glosses: int


def read_sentences(data: str | Path | None = None) -> list[Sentence]:
    """The sentences of `dgs_sentence_poses_sample`, by name.

    Raises:
        StoreError: the archive is damaged.
        ManifestError: there is no folder of data.
    """
    path = data_folder(data) / "dgs_sentence_poses_sample" / "sample_dataset.tar.xz"
    parts: dict[str, dict[str, bytes]] = {}
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                file = archive.extractfile(member)
                if file is not None:
                    name, _, kind = Path(member.name).stem.rpartition("_")
                    parts.setdefault(name, {})[kind] = file.read()
        return [_sentence(name, parts[name]) for name in sorted(parts, key=_in_order)]
    except (OSError, EOFError, tarfile.TarError, lzma.LZMAError, KeyError, ValueError) as error:
        raise StoreError(f"{path}: damaged or cut short ({error}); copy it again") from error


def _sentence(name: str, files: dict[str, bytes]) -> Sentence:
    glosses = json.loads(files["metadata"])["sentence"]["glosses"]["gloss"]
    signed, stitched = (pose_from_bytes(files[kind], f"{name}_{kind}") for kind in ("original", "updated"))
    return Sentence(name, signed, stitched, len(glosses))


def _in_order(name: str) -> tuple[str, int]:
    part, _, number = name.partition("_")
    return part, int(number)


def measure(
    data: str | Path | None = None, *, part: str = "test", config: JoinConfig | None = None, resamples: int = 2000
) -> BenchResult:
    """nDTW-MJE to the signed sentence, mean over the sentences, of ours and of the stitched landmarks as they are.

    Args:
        data: folder of the public data sets.
        part: `test`, the 24 sentences; `validation`, the other 8, on which all was chosen.
        config: of the joining; the duration is set here.
        resamples: of the sentences, for the interval of the ratio.
    """
    sentences = [s for s in read_sentences(data) if (s.name in _VALIDATION) == (part == "validation")]
    config = config or JoinConfig()
    ours = [tighten(s.stitched, _lasting(config, s.glosses)) for s in sentences]
    found = np.array([_compared(made, s) for made, s in zip(ours, sentences, strict=True)])
    plain = np.array([_compared(s.stitched, s) for s in sentences])
    own_pace = [tighten(s.stitched, config) for s in sentences]
    scores = found.mean(0), plain.mean(0)
    interval = _interval(found[:, 0], plain[:, 0], resamples)
    seconds = [sum(x.seconds for x in some) for some in (ours, [s.stitched for s in sentences], own_pace)]
    signed = sum(s.signed.seconds for s in sentences)
    return BenchResult(
        "join-dgs",
        round(float(scores[0][0]), 4),
        "nDTW-MJE to the signed sentence",
        "the stitched dictionary signs as they are",
        round(float(scores[1][0]), 4),
        round(float(scores[0][0] / scores[1][0]), 4),
        len(sentences),
        {
            "goal": "ratio <= 0.7; length <= 1.2 x the signed",
            "ratio_ci95": [round(interval.low, 3), round(interval.high, 3)],
            "length_ratio": round(seconds[0] / signed, 3),
            "length_ratio_peer": round(seconds[1] / signed, 3),
            "length_ratio_without_a_duration": round(seconds[2] / signed, 3),
            "ndtw_mje_without_a_duration": _mean(own_pace, sentences),
            "hands_dtw": [round(float(score[1]), 4) for score in scores],
            "speed_ratio": [round(float(score[2]), 3) for score in scores],
            "bone_length_drift": [_drift(some) for some in (ours, [s.stitched for s in sentences])],
            "pairs": "ours, then the peer",
            "unchanged": sum(len(made) == len(s.stitched) for made, s in zip(ours, sentences, strict=True)),
            "split": f"{part}: {len(sentences)} of 32 sentences; chosen on {', '.join(_VALIDATION)}",
            "seconds_per_gloss": SECONDS_PER_GLOSS,
            "signature": SIGNATURE + "|nose: none in this set, 0 in all",
        },
    )


def _lasting(config: JoinConfig, glosses: int) -> JoinConfig:
    return replace(config, seconds=SECONDS_PER_GLOSS * glosses)


def _compared(made: PoseSequence, sentence: Sentence) -> tuple[float, float, float]:
    """nDTW-MJE, the same of the hands alone, and how fast it moves beside the signed one."""
    found = distances(*(compared(x.with_missing(BODY_HANDS_75)) for x in (made, sentence.signed)))
    return found.ndtw_mje, found.hands_dtw, found.speed


def _mean(made: Sequence[PoseSequence], sentences: Sequence[Sentence]) -> float:
    return round(float(np.mean([_compared(x, s)[0] for x, s in zip(made, sentences, strict=True)])), 4)


def _drift(some: Sequence[PoseSequence]) -> float:
    return round(float(np.nanmean([bone_length_drift(x.with_missing(BODY_HANDS_75)) for x in some])), 4)


def _interval(ours: Doubles, plain: Doubles, resamples: int) -> Interval:
    """Of the ratio of means: sentences are drawn again and again."""
    drawn = np.random.default_rng(0).integers(0, len(ours), (resamples, len(ours)))
    ratios = ours[drawn].mean(1) / plain[drawn].mean(1)
    low, high = np.quantile(ratios, [0.025, 0.975])
    return Interval(float(low), float(high))
