"""The bench of a letter's cost, small: its figures are real, its size is not."""

import pytest

from chereme.bench import spell_latency
from chereme.errors import BundleError
from made_up import made_up_speller


def test_spell_latency(tmp_path):
    made_up_speller(tmp_path / "letters")
    result = spell_latency.measure(bundle=tmp_path / "letters", hands=4, rounds=3)
    assert (result.name, result.n) == ("spell-latency", 12)
    assert result.ratio == pytest.approx(result.value / result.peer_value)
    assert (result.details["bundle"], result.details["features"]) == ("letters", 84)
    assert "(32, 32)" in result.peer
    assert 0 < result.value <= result.details["recognize_ms"]
    assert result.details["ratio_alternating"] > 0


def test_an_untrained_model_takes_the_place_of_a_default_that_is_not_there(monkeypatch):
    monkeypatch.setattr("chereme.bench.spell_latency.DEFAULT_SPELLER", "not_there")
    result = spell_latency.measure(bundle="not_there", hands=2, rounds=2)
    assert result.details["bundle"] == "untrained"
    assert "(256, 256, 256)" in result.peer
    assert result.details["parameters"] > 200_000


def test_a_named_bundle_must_be_there(tmp_path):
    with pytest.raises(BundleError, match="neither a bundle's folder"):
        spell_latency.measure(bundle=tmp_path / "nothing", hands=2, rounds=2)
