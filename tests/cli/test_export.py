"""`chereme export` on the command line."""

import json

from click.testing import CliRunner

from chereme.cli.export import command


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
