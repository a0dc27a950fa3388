"""The benches of inference and cold start, small: their figures are real, their size is not."""

import pytest

from chereme.bench import cold, infer_torch
from chereme.errors import CheremeError


def test_infer_torch(small_bundle):
    result = infer_torch.measure(bundle=small_bundle, clips=3, rounds=2)
    assert (result.name, result.n) == ("infer-torch", 6)
    assert result.ratio == pytest.approx(result.value / result.peer_value)
    assert result.details["bundle"] == "small"


def test_cold(small_bundle):
    result = cold.measure(bundle=small_bundle, runs=1, frames=20)
    assert result.value > 0.05
    assert result.details["rss_mib"] > 20
    assert result.details["peer_rss_mib"] > result.details["rss_mib"]
    assert result.details["help_imports"] == []
    assert result.as_json()["rss_ratio"] < 1


def test_cold_says_when_a_command_fails():
    with pytest.raises(CheremeError, match="cold: python -c import nothing_of_this_name failed"):
        cold._launch(["-c", "import nothing_of_this_name"])
