"""`chereme doctor`: what it says of packages and bundles, whole and damaged."""

import json
import shutil

import pytest
from click.testing import CliRunner

from chereme.cli import doctor
from chereme.places import BUNDLES
from made_up import made_up_speller


def run(*arguments):
    return CliRunner().invoke(doctor.command, [str(a) for a in arguments])


def test_for_machines(small_bundle):
    done = run(small_bundle, "--json")
    assert done.exit_code == 0
    found = json.loads(done.stdout)
    assert found["packages"]["base"]["numpy"]
    assert {"train", "dev"} <= found["packages"].keys()
    assert found["torch"] is True
    (bundle,) = [b for b in found["bundles"] if b["folder"] == str(small_bundle)]
    assert bundle == {
        "folder": str(small_bundle),
        "kind": "recognizer",
        "name": "small",
        "title": "Three words",
        "use": "open",
        "data": ["made up"],
        "language": "bzs",
        "labels": 3,
        "layout": "body_hands_75",
        "scores": {"split": "fair", "top1": 0.5, "top1_ci95": [0.2, 0.8], "n": 4},
    }


def test_for_people(small_bundle):
    text = run(small_bundle).stdout
    assert "small (recognizer): Three words" in text
    assert "use: any use, with credit; trained on made up" in text
    assert "split fair, top1 0.500, top1_ci95 [0.200, 0.800], n 4" in text


def test_a_damaged_bundle_is_named(small_bundle, tmp_path):
    shutil.copytree(small_bundle, tmp_path / "damaged")
    (tmp_path / "damaged" / "model.onnx").unlink()
    done = run(tmp_path / "damaged")
    assert done.exit_code == 1
    assert "model.onnx is missing" in done.stdout


@pytest.mark.parametrize(
    ("extra", "code", "advice"),
    [
        pytest.param("train", 0, "pip install 'chereme[train]'", id="an extra is optional"),
        pytest.param("base", 1, "pip install 'chereme'", id="the base is not"),
    ],
)
def test_missing_package(monkeypatch, extra, code, advice):
    monkeypatch.setattr(doctor, "_packages", lambda: {"base": {"numpy": "1.26"}, extra: {"something": None}})
    done = run()
    assert done.exit_code == code
    assert f"missing: something; {advice}" in done.stdout


def test_requirements_are_read_by_extra(monkeypatch):
    asked = ["av>=14", "python-multipart>=0.0.12", "torch==2.13.0; extra == 'train'", 'ruff>=0.9; extra == "dev"']
    monkeypatch.setattr(doctor.metadata, "requires", lambda _: asked)
    monkeypatch.setattr(doctor, "_version", lambda name: {"av": "14.0"}.get(name))
    assert doctor._packages() == {
        "base": {"av": "14.0", "python-multipart": None},
        "train": {"torch": None},
        "dev": {"ruff": None},
    }


def test_bundles_that_ship_are_listed():
    found = json.loads(run("--json").stdout)
    kinds = {b["name"]: b["kind"] for b in found["bundles"]}
    assert kinds.items() >= {"isl43": "recognizer", "isl43_producer": "decoder"}.items()
    assert all(b["use"] in ("open", "research") for b in found["bundles"])


def test_spellers_and_decoders_may_be_named(tmp_path):
    speller = made_up_speller(tmp_path / "letters").folder
    found = json.loads(run(speller, "--json").stdout)["bundles"][-1]
    assert (found["kind"], found["use"], found["labels"]) == ("speller", "open", 26)
    text = run(speller, BUNDLES / "isl43_producer").stdout
    assert "letters (speller): Made up\n    26 letters, language ase, landmarks hand" in text
    assert "use: any use, with credit; trained on nothing" in text
    assert text.count("isl43_producer (decoder)") == 2


def test_a_folder_that_is_no_bundle(tmp_path):
    done = run(tmp_path)
    assert done.exit_code == 1
    assert "it is no bundle" in done.stdout
