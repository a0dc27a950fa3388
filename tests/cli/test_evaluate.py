"""`chereme evaluate`: which split is meant, what is printed, what is written."""

import json

import pytest
from click.testing import CliRunner

from chereme.cli.evaluate import command
from chereme.errors import BundleError, CheremeError, StoreError


@pytest.fixture
def evaluate(small_bundle, small_store, tmp_path):
    def run(*arguments):
        given = [str(small_bundle), "--data", str(small_store), "-o", str(tmp_path / "report"), *arguments]
        return CliRunner().invoke(command, given)

    return run


def test_json_and_report(evaluate, tmp_path):
    run = evaluate("--json")
    assert run.exit_code == 0
    answer = json.loads(run.stdout)
    assert (answer["task"], answer["n"], answer["split"], answer["part"]) == ("recognize", 4, "fair", "test")
    assert answer["report"] == str(tmp_path / "report")
    written = json.loads((tmp_path / "report" / "report.json").read_text())
    assert answer == written | {"report": str(tmp_path / "report")}


def test_for_people(evaluate, tmp_path):
    run = evaluate("--split", "fair", "--part", "train")
    assert run.exit_code == 0
    shown, report = run.stdout.removesuffix("\n").rsplit("\n", 1)
    written = (tmp_path / "report" / "results.txt").read_text()
    assert written.startswith(shown + "\n\n")
    assert "precision  recall     F1  clips" in written
    assert report == f"report: {tmp_path / 'report'}"
    assert "small on fair / train: 5 clips of 3 words" in run.stdout
    assert "1 of 5 clips were in the bundle's training data" in run.stdout


def test_all_clips(evaluate):
    answer = json.loads(evaluate("--part", "all", "--json").stdout)
    assert (answer["n"], answer["split"]) == (9, "all clips")


def test_which_split_is_meant(evaluate, small_bundle, small_store, tmp_path):
    other = tmp_path / "store"
    other.mkdir()
    for path in small_store.iterdir():
        (other / path.name).symlink_to(path)
    (other / "splits").unlink()
    run = CliRunner().invoke(command, [str(small_bundle), "--data", str(other)])
    assert run.exit_code == 2
    assert "score all with --part all" in run.stderr
    (other / "splits").mkdir()
    for name in ("one", "two"):
        (other / "splits" / f"{name}.csv").write_text("id,split\nclip0,test\n")
    run = CliRunner().invoke(command, [str(small_bundle), "--data", str(other)])
    assert run.exit_code == 2
    assert "one, two" in run.stderr


def test_no_bundle_no_store(small_bundle, tmp_path):
    no_store = CliRunner().invoke(command, [str(small_bundle), "--data", str(tmp_path)])
    assert isinstance(no_store.exception, StoreError)
    no_bundle = CliRunner().invoke(command, [str(tmp_path), "--data", str(tmp_path)])
    assert isinstance(no_bundle.exception, BundleError)


def test_a_folder_that_is_no_report_is_refused_before_the_work(evaluate, tmp_path):
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "thesis.txt").write_text("mine")
    run = evaluate()
    assert isinstance(run.exception, CheremeError)
    assert "is not a report" in str(run.exception)
