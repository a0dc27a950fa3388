"""Similarities as probabilities, worked by hand; a lexicon and a classifier together."""

from dataclasses import replace

import numpy as np
import pytest

from chereme.bundle import Calibration
from chereme.errors import LexiconError
from chereme.lexicon import Lexicon, LexiconPrediction, RankedSign, Sign, join, rank_signs
from chereme.recognize import Recognizer
from chereme.types import Prediction, Ranked
from made_up import hung


@pytest.fixture
def calibrated(encoder):
    def with_calibration(**numbers) -> Recognizer:
        return Recognizer(replace(encoder.bundle, calibration=Calibration(**numbers)))

    return with_calibration


def test_old_bundles_get_the_defaults(encoder):
    calibration = encoder.bundle.calibration
    assert (calibration.similarity_temperature, calibration.unknown_similarity) == (0.05, 0.0)


def test_probabilities_are_a_softmax_of_similarities(lexicon, keep, clips, monkeypatch, towards):
    keep(lexicon, "near", 1, 0)
    keep(lexicon, "far", 0.6, 0.8)
    monkeypatch.setattr(lexicon, "embed", lambda _: towards(1, 0))
    found = rank_signs(lexicon, clips[0])
    near = 1 / (1 + np.exp((0.6 - 1) / 0.05))
    assert [(r.gloss, pytest.approx(r.probability, abs=1e-5)) for r in found.ranked] == [
        ("near", near),
        ("far", 1 - near),
    ]
    assert not found.unknown


@pytest.mark.parametrize(("threshold", "because"), [(0.59, None), (0.61, "unlike")])
def test_declines_when_nothing_is_similar(lexicon, keep, clips, monkeypatch, towards, calibrated, threshold, because):
    keep(lexicon, "near", 0.6, 0.8)
    with Lexicon.open(lexicon.place.path, calibrated(unknown_similarity=threshold)) as strict:
        monkeypatch.setattr(strict, "embed", lambda _: towards(1, 0))
        assert rank_signs(strict, clips[0]).unknown_because == because


def test_declines_without_hands(lexicon, clips):
    lexicon.add("casa", clips[0])
    points = clips[0].points.copy()
    points[:, 33:] = np.nan
    assert rank_signs(lexicon, clips[0].with_points(points)).unknown_because == "no_hand"


def test_declines_hands_at_rest(lexicon, clips):
    lexicon.add("casa", clips[0])
    assert not rank_signs(lexicon, clips[0]).unknown
    assert rank_signs(lexicon, hung(clips[0], slice(None))).unknown_because == "no_hand"


def test_one_language_only(lexicon, clips):
    lexicon.add(Sign("casa", "bzs"), clips[0])
    lexicon.add(Sign("house", "ase"), clips[1])
    assert [r.gloss for r in rank_signs(lexicon, clips[0], "ase").ranked] == ["house"]
    with pytest.raises(LexiconError, match="no sign of gsg to compare with"):
        rank_signs(lexicon, clips[0], "gsg")


def test_nothing_to_compare_with(lexicon, clips):
    with pytest.raises(LexiconError, match="no sign to compare with; add one"):
        rank_signs(lexicon, clips[0])


WORDS = Prediction((Ranked("bank", 0.7), Ranked("casa", 0.3)))


def test_together_each_weighs_half_and_what_both_know_adds_up():
    signs = LexiconPrediction((RankedSign("casa", 0.9, "bzs"), RankedSign("pai", 0.1, "bzs")))
    found = join(signs, WORDS, "bzs")
    assert [(r.gloss, round(r.probability, 6)) for r in found.ranked] == [("casa", 0.6), ("bank", 0.35), ("pai", 0.05)]
    assert sum(r.probability for r in found.ranked) == pytest.approx(1)


def test_of_homographs_the_likeliest_gets_the_classifiers_half():
    signs = LexiconPrediction(
        (RankedSign("bank", 0.6, "ase", "", "river"), RankedSign("bank", 0.4, "ase", "", "money"))
    )
    found = join(signs, WORDS, "ase")
    assert [(r.gloss, getattr(r, "sense", ""), round(r.probability, 6)) for r in found.ranked] == [
        ("bank", "river", 0.65),
        ("bank", "money", 0.2),
        ("casa", "", 0.15),
    ]


@pytest.mark.parametrize(
    ("language", "words"),
    [("bzs", 3), ("ase", 2), ("", 2)],
    ids=["another language is another word", "the same", "not said"],
)
def test_languages(language, words):
    signs = LexiconPrediction((RankedSign("bank", 1.0, "ase"),))
    assert len(join(signs, WORDS, language).ranked) == words


@pytest.mark.parametrize(
    ("sign", "word", "both"),
    [(None, "unsure", None), ("unlike", None, None), ("unlike", "unsure", "unlike"), (None, None, None)],
)
def test_unknown_when_both_decline(sign, word, both):
    signs = LexiconPrediction((RankedSign("pai", 1.0),), sign)
    assert join(signs, replace(WORDS, unknown_because=word), "bzs").unknown_because == both


def test_json_tells_what_keeps_signs_apart():
    ranked = (RankedSign("bank", 0.6, "ase", "north", "river"), RankedSign("pai", 0.3), Ranked("casa", 0.1))
    assert LexiconPrediction(ranked).as_json(3) == {
        "predictions": [
            {"gloss": "bank", "probability": 0.6, "language": "ase", "variant": "north", "sense": "river"},
            {"gloss": "pai", "probability": 0.3},
            {"gloss": "casa", "probability": 0.1},
        ],
        "unknown": False,
    }
    assert len(LexiconPrediction(ranked).as_json(1)["predictions"]) == 1
