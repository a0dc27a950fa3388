"""`chereme export` on the command line."""

import json

import torch
from click.testing import CliRunner

from chereme.bundle import Bundle
from chereme.cli.export import command
from chereme.models.handshape import HandshapeConfig, build_handshape
from made_up import made_up_speller


def test_export_for_machines_and_people(small_bundle, small_store, tmp_path):
    given = [str(small_bundle), "-o", str(tmp_path / "out"), "--data", str(small_store)]
    machine = CliRunner().invoke(command, [*given, "--json"])
    assert machine.exit_code == 0
    answer = json.loads(machine.stdout)
    assert (answer["bundle"], answer["clips"], answer["source"]) == ("small", 9, "small")
    assert answer["folder"] == str(tmp_path / "out")
    person = CliRunner().invoke(command, [*given, "--clips", "3"])
    assert "3 clips, small" in person.stdout
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"model.onnx", "labels.txt", "parity.json"}


def test_a_speller(tmp_path):
    bundle = made_up_speller(tmp_path / "letters")
    run = CliRunner().invoke(command, [str(bundle.folder), "-o", str(tmp_path / "out"), "--clips", "9"])
    assert run.exit_code == 0
    assert "out/model.onnx: 26 letters" in run.stdout
    assert "same letter: 9 of 9 hands" in run.stdout


def test_a_checkpoint_becomes_a_bundle(tmp_path):
    model = build_handshape(84, 3, HandshapeConfig("v1", (16, 8)))
    path = tmp_path / "model.PT"
    torch.save({"model_state_dict": model.state_dict(), "label_mapping": {0: "A", 1: "B", 2: "nothing"}}, path)
    given = [str(path), "-o", str(tmp_path / "mine"), "--clips", "4"]
    answer = json.loads(CliRunner().invoke(command, [*given, "--json", "--language", "bzs"]).stdout)
    assert (answer["file"], answer["labels"]) == (str(path), ["A", "B", "nothing"])
    assert (answer["handshape"]["hidden"], answer["folder"]) == ([16, 8], str(tmp_path / "mine"))
    assert answer["largest_difference"] <= 1e-4
    assert Bundle.load(tmp_path / "mine", "speller").language == "bzs"
    person = CliRunner().invoke(command, given)
    assert "v1 with hidden layers of 16, 8; measure it before trusting it" in person.stdout


def test_language_is_of_a_checkpoint(small_bundle):
    run = CliRunner().invoke(command, [str(small_bundle), "--language", "ase"])
    assert run.exit_code == 2
    assert "a bundle knows its own" in run.stderr
