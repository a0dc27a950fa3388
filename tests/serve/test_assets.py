"""What a browser that recognizes by itself is given: settings, models, the landmark engine."""

import gzip
from dataclasses import fields

import pytest

from chereme.bundle import Bundle
from chereme.features import FeatureConfig
from chereme.landmarks import task_file
from chereme.preprocess import PreprocessConfig
from chereme.serve import assets


def test_a_spec_holds_every_setting(service, small_bundle):
    spec = service.client.get("/api/v1/bundles/isl43/spec.json").json()
    assert set(spec["preprocess"]) == {field.name for field in fields(PreprocessConfig)}
    assert set(spec["features"]) == {field.name for field in fields(FeatureConfig)}
    assert spec["preprocess"]["both_ways"] is True
    assert spec["sampling"]["least"] == 8  # a default, which the recipe does not write down
    assert len(spec["labels"]) == 43
    assert len(spec["tracked"]["names"]) == 75
    assert spec["layout"]["name"] == "upper_body_55"
    assert spec["calibration"]["unknown_beyond"] > 0
    assert set(spec["familiar"]) == {"metric", "means"}


def test_the_service_gives_its_own_bundle(service, small_bundle):
    own = Bundle.load(small_bundle)
    spec = service.client.get(f"/api/v1/bundles/{own.name}/spec.json").json()
    assert spec["labels"] == list(own.labels)
    assert spec["familiar"] is None
    found = service.client.get(spec["model"]["href"])
    assert found.content == own.onnx_path.read_bytes()
    assert "immutable" in found.headers["cache-control"]


def test_what_a_browser_has_is_not_sent_again(service):
    for path in ("/api/v1/bundles/isl43/spec.json", "/api/v1/bundles/isl43/model.onnx"):
        first = service.client.get(path)
        assert first.headers["cache-control"] == "no-cache"
        again = service.client.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert again.status_code == 304
        assert again.content == b""


@pytest.mark.parametrize("path", ["models", "samples"])
def test_lists_are_not_sent_again_while_they_are_the_same(service, path):
    first = service.client.get(f"/api/v1/{path}")
    assert isinstance(first.json(), list)
    assert first.headers["cache-control"] == "no-cache"
    again = service.client.get(f"/api/v1/{path}", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert service.client.get(f"/api/v1/{path}", headers={"If-None-Match": '"other"'}).content == first.content


def test_a_speller_says_which_letters_move(service):
    spec = service.client.get("/api/v1/bundles/asl_letters/spec.json").json()
    assert set(spec["moving"]) == {"J", "Z"}
    assert service.client.get(spec["model"]["href"]).status_code == 200


@pytest.mark.parametrize("name", ["nowhere", "..", "%2e%2e%2fisl43", "demo_words"])
def test_what_neither_recognizes_nor_spells_is_refused(service, name):
    for file in ("spec.json", "model.onnx"):
        assert service.client.get(f"/api/v1/bundles/{name}/{file}").status_code == 404
    refused = service.client.get("/api/v1/bundles/nowhere/spec.json").json()
    assert refused["code"] == "unknown_bundle"
    assert "GET /api/v1/models" in refused["detail"]


def test_the_engine_is_made_once_and_packed(service, tmp_path, monkeypatch):
    made = []
    monkeypatch.setattr(assets, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(task_file, "holistic_task", lambda: made.append(1) or b"engine" * 100)
    path = "/api/v1/engine/holistic.task"
    packed = service.client.get(path)
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["x-unpacked-length"] == "600"
    assert packed.content == b"engine" * 100
    assert service.client.get(path, headers={"Accept-Encoding": "identity"}).content == b"engine" * 100
    assert service.client.get(path, headers={"If-None-Match": packed.headers["etag"]}).status_code == 304
    assert made == [1]


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path, monkeypatch):
    (tmp_path / "cache").write_text("a file stands where the folder should")
    monkeypatch.setattr(assets, "cache_folder", lambda: tmp_path / "cache" / "chereme")
    monkeypatch.setattr(task_file, "holistic_task", lambda: b"engine")
    path = assets.Assets([], tmp_path / "own").engine()
    assert path.is_relative_to(tmp_path / "own")
    assert gzip.decompress(path.read_bytes()) == b"engine"
