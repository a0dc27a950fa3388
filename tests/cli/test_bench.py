"""`chereme bench`: list, run, record, print what was recorded."""

import json

import pytest
from click.testing import CliRunner

from chereme import bench
from chereme.bench import BENCHES, BenchResult, records
from chereme.cli.bench import command
from chereme.errors import CheremeError

RESULT = BenchResult("store", 500.0, "batches/s", "a file per clip", 50.0, 10.0, 100, {"clips": 10})


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A repository without any record, where `store` gives `RESULT` and `cold` fails."""

    def run_bench(name, data=None):
        if name == "cold":
            raise CheremeError("cold: no bundle")
        return RESULT

    (tmp_path / "pyproject.toml").touch()
    monkeypatch.setattr(records, "RESULTS", tmp_path / "benchmarks" / "results")
    monkeypatch.setattr(bench, "run_bench", run_bench)
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(command, arguments)


def test_list():
    assert run("--list").stdout.split() == list(BENCHES)
    assert json.loads(run("--list", "--json").stdout) == list(BENCHES)


def test_figure_peer_and_ratio(clone):
    done = run("store")
    assert done.exit_code == 0
    first, *details = done.stdout.splitlines()
    assert first == "store: 500 batches/s, a file per clip: 50, ratio 10.000 (n = 100)"
    assert details == ["  clips: 10"]


def test_the_others_go_on(clone):
    done = run("cold", "store", "--json")
    assert done.exit_code == 1
    failed, fine = json.loads(done.stdout)
    assert failed == {"name": "cold", "error": "cold: no bundle"}
    assert fine == RESULT.as_json()


def test_record_and_read_it_again(clone):
    assert run("store", "--record").exit_code == 0
    (record,) = json.loads(run("store", "--recorded", "--json").stdout)
    assert record | RESULT.as_json() == record
    assert record["command"] == "chereme bench store"
    assert {"commit", "day", "machine"} <= record.keys()


def test_no_record_yet(clone):
    done = run("store", "--recorded")
    assert done.exit_code == 1
    assert "no record yet; make one with `chereme bench store --record`" in done.stderr


def test_an_installed_package_has_no_records(clone):
    (clone / "pyproject.toml").unlink()
    done = run("store", "--recorded")
    assert done.exit_code == 1
    assert "installed package" in done.stderr


@pytest.mark.parametrize("arguments", [(), ("speed",), ("store", "--record", "--recorded")])
def test_usage(arguments):
    assert run(*arguments).exit_code == 2
