"""Importance of features, of a recognizer whose every reason is known."""

import csv
import json

import numpy as np
import pytest
from click.testing import CliRunner

from chereme.cli.evaluate import command
from chereme.dataset.store import Store, pack
from chereme.errors import SplitError
from chereme.evaluate.importance import feature_importance, importance_text, write_importance
from chereme.evaluate.report import evaluate_recognizer
from chereme.layout import POINT_1
from chereme.types import Clip, Features, PoseSequence, Prediction, Ranked
from made_up import made_up_speller

LABELS = ("casa", "pai", "água")


class Follower:
    """Tells the word by one feature, `place/hand.x`, and its velocity; the others are noise to it."""

    names = ("place/hand.x", "place/hand.x@1", "noise/hand/a", "noise/hand/b")

    def __init__(self, samples=1):
        self.count = samples
        self.bundle = type("B", (), {"kind": "recognizer", "name": "f", "labels": LABELS, "trained_on": frozenset()})()

    def samples(self, sequence):
        x = sequence.points[:, 0, 0]
        noise = np.random.default_rng(len(sequence)).normal(size=(len(x), 2))
        values = np.column_stack([x, np.zeros(len(x)), noise]).astype(np.float32)
        return [Features(values, self.names, np.zeros(1, np.float32)) for _ in range(self.count)]

    def score(self, values, mask):
        assert not values[~mask].any()
        place = values[..., 0].sum(1) / mask.sum(1)
        return -((np.arange(3)[None] - place[:, None]).astype(np.float32) ** 2)

    def recognize(self, sequence):
        best = int(self.score(self.samples(sequence)[0].values[None], np.ones((1, len(sequence)), bool)).argmax())
        order = [best, (best + 1) % 3, (best + 2) % 3]
        return Prediction(tuple(Ranked(LABELS[k], p) for k, p in zip(order, (0.7, 0.2, 0.1), strict=True)))


@pytest.fixture
def store(tmp_path):
    def items():
        for i in range(30):
            points = np.full((3 + i % 7, 1, 3), i % 3, np.float32)
            yield Clip(f"c{i}", "", LABELS[i % 3], signer=f"s{i % 4}"), PoseSequence(points, POINT_1, 25.0, (9, 9))

    return pack(items(), tmp_path / "store")


@pytest.mark.parametrize("samples", [1, 3])
def test_what_is_read_matters_and_the_rest_does_not(store, samples):
    recognizer = Follower(samples)
    found = feature_importance(recognizer, store, evaluate_recognizer(recognizer, store, part="all"), repeats=20)
    assert [(one.kind, one.name, one.numbers) for one in found] == [
        ("family", "place", 2),
        ("family", "noise/hand", 2),
        ("feature", "place/hand.x", 2),
        ("feature", "noise/hand/a", 1),
        ("feature", "noise/hand/b", 1),
    ]
    place, noise = found[0], found[1]
    assert place.drop == pytest.approx(2 / 3, abs=0.06)  # another clip shows the same word in one of three cases
    assert 0.5 < place.low < place.drop < place.high < 0.85
    assert (noise.drop, noise.low, noise.high) == (0, 0, 0)


def test_it_is_the_same_each_time(store):
    evaluation = evaluate_recognizer(Follower(), store, part="all")
    assert feature_importance(Follower(), store, evaluation) == feature_importance(Follower(), store, evaluation)


def test_one_clip_is_too_few(tmp_path):
    points = PoseSequence(np.zeros((3, 1, 3), np.float32), POINT_1, 25.0, (9, 9))
    store = pack([(Clip("a", "", "casa"), points)], tmp_path / "one")
    with pytest.raises(SplitError, match="two clips or more"):
        feature_importance(Follower(), store, evaluate_recognizer(Follower(), store, part="all"))


def test_table_and_picture(store, tmp_path):
    found = feature_importance(Follower(), store, evaluate_recognizer(Follower(), store, part="all"))
    write_importance(found, tmp_path)
    with (tmp_path / "importance.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [row["name"] for row in rows] == [one.name for one in found]
    assert float(rows[0]["drop"]) == pytest.approx(found[0].drop, abs=1e-4)
    assert (tmp_path / "importance.png").read_bytes().startswith(b"\x89PNG")
    assert "top-1 lost without families, the 2 most needed of 2:" in importance_text(found)


def test_the_verb(small_bundle, small_store, tmp_path):
    given = [str(small_bundle), "--data", str(small_store), "-o", str(tmp_path / "report"), "--importance"]
    run = CliRunner().invoke(command, [*given, "--part", "all", "--json"])
    assert run.exit_code == 0, run.output
    told = json.loads(run.stdout)["importance"]
    families = [one["name"] for one in told if one["kind"] == "family"]
    assert {"body_points", "hand_shape", "hand_seen"} <= set(families)
    assert {"importance.csv", "importance.png", "report.json"} <= {p.name for p in (tmp_path / "report").iterdir()}
    shown = CliRunner().invoke(command, [*given, "--part", "train"]).stdout
    assert "top-1 lost without features, the 10 most needed of " in shown


def test_validation_clips_are_asked_by_default(small_bundle, small_store):
    """Choosing features on the test clips would make their score worthless."""
    assert "validation" not in Store.open(small_store).split("fair").values()
    run = CliRunner().invoke(command, [str(small_bundle), "--data", str(small_store), "--importance"])
    assert isinstance(run.exception, SplitError)
    assert "part validation" in str(run.exception)


def test_not_of_a_speller(tmp_path, small_store):
    speller = made_up_speller(tmp_path / "letters")
    run = CliRunner().invoke(command, [str(speller.folder), "--data", str(small_store), "--importance"])
    assert run.exit_code == 2
    assert "--importance is for recognizers of signs" in run.stderr
