"""`chereme evaluate`: which split is meant, what is printed, what is written."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from chereme.cli.evaluate import command
from chereme.dataset.npz import FeatureTable, write_npz
from chereme.dataset.store import pack
from chereme.errors import BundleError, CheremeError, ManifestError, StoreError
from chereme.features.hand import hand_84
from chereme.layout import HANDS_42
from chereme.types import Clip, PoseSequence
from made_up import made_up_hands, made_up_speller


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


@pytest.fixture
def speller(tmp_path):
    return made_up_speller(tmp_path / "letters")


def test_a_speller_on_pictures(speller, tmp_path, rng):
    hands = made_up_hands(3, rng)

    def items():
        for number, letter in enumerate("ABCJ"):
            points = np.full((1, 42, 3), np.nan, np.float32)
            if number < 2:
                points[0, HANDS_42.groups["right_hand"]] = hands[number]
            yield Clip(f"p{number}", "", letter), PoseSequence(points, HANDS_42, 1.0, (640, 480))

    pack(items(), tmp_path / "store")
    given = [str(speller.folder), "--data", str(tmp_path / "store"), "-o", str(tmp_path / "report"), "--part", "all"]
    run = CliRunner().invoke(command, [*given, "--json"])
    assert run.exit_code == 0  # a picture without a hand is an answer, not a failure
    answer = json.loads(run.stdout)
    assert (answer["task"], answer["bundle"], answer["n"], answer["moving"]) == ("spell", "letters", 3, 1)
    assert answer["detection_rate"] == 0.6667
    assert "3 pictures of 3 letters" in CliRunner().invoke(command, given).stdout


@pytest.mark.parametrize(
    ("options", "split", "n"),
    [
        pytest.param([], "all clips", 40, id="by default all of it"),
        pytest.param(["--split", "random"], "random (optimistic)", 8, id="a random share, called optimistic"),
        pytest.param(["--part", "test"], "random (optimistic)", 8, id="the only split that there can be"),
    ],
)
def test_features_of_the_portal(options, split, n, speller, tmp_path, rng):
    table = FeatureTable(hand_84(made_up_hands(40, rng)), np.arange(40) % 4, ("A", "B", "C", "D"))
    write_npz(table, tmp_path / "data.npz")
    given = [str(speller.folder), "--data", str(tmp_path / "data.npz"), "-o", str(tmp_path / "report"), "--json"]
    answer = json.loads(CliRunner().invoke(command, [*given, *options]).stdout)
    assert (answer["split"], answer["n"], answer["detection_rate"]) == (split, n, 1)


def test_features_without_names(speller, tmp_path, rng):
    np.savez(tmp_path / "data.npz", features=hand_84(made_up_hands(2, rng)), labels=np.array([0, 1]))
    run = CliRunner().invoke(command, [str(speller.folder), "--data", str(tmp_path / "data.npz")])
    assert isinstance(run.exception, ManifestError)
    assert "no label_names" in str(run.exception)
