"""The bench compares equal batches; its figure is not judged here, where other tests share the machine."""

import json

import pytest

from chereme.bench import store
from chereme.errors import CheremeError


def test_a_small_run(monkeypatch, tmp_path):
    monkeypatch.setattr(store, "ROUNDS", 1)
    monkeypatch.setattr(store, "BATCHES", 3)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    result = store.measure(clips=20)
    assert result.ratio == pytest.approx(result.value / result.peer_value)
    assert json.loads(json.dumps(result.as_json()))["clips"] == 20
    assert list(tmp_path.iterdir()) == []


def test_no_room(monkeypatch):
    monkeypatch.setattr(store, "_SPACE", 1e18)
    with pytest.raises(CheremeError, match="3 GB free"):
        store.measure()
