"""The benches of the service, small: their figures are real, their size is not."""

from contextlib import closing

import pytest

from chereme.bench import api_latency, api_load, server_cold
from chereme.bench.served import ask, clip_of, served
from chereme.errors import CheremeError


def test_server_cold(small_bundle):
    result = server_cold.measure(bundle=small_bundle, runs=1)
    assert result.value > 0
    assert result.ratio == pytest.approx(result.value / result.peer_value, abs=1e-3)


def test_api_latency(small_bundle):
    result = api_latency.measure(bundle=small_bundle, clients=2, requests=8, frames=20, rounds=1)
    assert result.n == 8
    assert result.details["p99_ms"] >= result.value > 0
    assert result.details["base64_body_bytes"] < result.details["body_bytes"]


def test_api_load(small_bundle):
    result = api_load.measure(bundle=small_bundle, requests=60, clients=2, frames=20)
    assert result.n == 60
    assert result.details["errors"] == 0, result.details["wrong"]
    assert result.value > 20


def test_a_service_that_refuses(small_bundle):
    assert len(clip_of(small_bundle, 20)) == 20
    with (
        served(small_bundle) as service,
        closing(service.connection()) as connection,
        pytest.raises(CheremeError, match="answered 400"),
    ):
        ask(connection, b"{}")
