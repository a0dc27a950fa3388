"""The bench of a letter's cost, small: its figures are real, its size is not."""

import pytest
from sklearn.neural_network import MLPClassifier

from chereme.bench import spell_latency
from chereme.errors import BundleError
from chereme.spell import Speller
from made_up import made_up_speller
from made_up_clock import MadeUpClock


def test_spell_latency(tmp_path, monkeypatch):
    """Letters are really named; only the clock is made up."""
    made_up_speller(tmp_path / "letters")
    clock = MadeUpClock()
    monkeypatch.setattr(spell_latency, "time", clock)
    monkeypatch.setattr(Speller, "probabilities", clock.costs(Speller.probabilities, 0.001))
    monkeypatch.setattr(Speller, "recognize", clock.costs(Speller.recognize, 0.002))
    monkeypatch.setattr(MLPClassifier, "predict", clock.costs(MLPClassifier.predict, 0.004))
    result = spell_latency.measure(bundle=tmp_path / "letters", hands=4, rounds=3)
    assert (result.name, result.n) == ("spell-latency", 12)
    assert (result.value, result.peer_value, result.ratio) == pytest.approx((1, 4, 0.25))
    assert (result.details["bundle"], result.details["features"]) == ("letters", 84)
    assert "(32, 32)" in result.peer
    assert result.details["recognize_ms"] == pytest.approx(3)  # its own, and that of the probabilities it asks for
    assert result.details["ratio_alternating"] == pytest.approx(0.25)


def test_an_untrained_model_takes_the_place_of_a_default_that_is_not_there(monkeypatch):
    monkeypatch.setattr("chereme.bench.spell_latency.DEFAULT_SPELLER", "not_there")
    result = spell_latency.measure(bundle="not_there", hands=2, rounds=2)
    assert result.details["bundle"] == "untrained"
    assert "(256, 256, 256)" in result.peer
    assert result.details["parameters"] > 200_000


def test_a_named_bundle_must_be_there(tmp_path):
    with pytest.raises(BundleError, match="neither a bundle's folder"):
        spell_latency.measure(bundle=tmp_path / "nothing", hands=2, rounds=2)
