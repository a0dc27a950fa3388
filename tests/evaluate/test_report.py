"""An evaluation of answers made in sight, and the folder it is written to."""

import csv
import json
from types import SimpleNamespace

import numpy as np
import pytest

from chereme.bundle import clip_digest
from chereme.dataset.store import Store, pack
from chereme.errors import CheremeError, ClipError, SplitError
from chereme.evaluate.report import evaluate_recognizer, split_title, write_report
from chereme.layout import POINT_1
from chereme.types import Clip, PoseSequence, Prediction, Ranked

LABELS = ("casa", "pai", "água")


class Oracle:
    """Answers by the place of the clip's one landmark: 0, 1, 2 are the three words, 3 fails, 4 is unknown."""

    bundle = SimpleNamespace(kind="recognizer", name="oracle", labels=LABELS, trained_on=frozenset({clip_digest("c1")}))

    def recognize(self, sequence: PoseSequence) -> Prediction:
        says = int(sequence.points[0, 0, 0])
        if says == 3:
            raise ClipError("clip: no hand seen")
        order = [says % 3, (says + 1) % 3, (says + 2) % 3]
        ranked = zip(order, (0.7, 0.2, 0.1), strict=True)
        return Prediction(tuple(Ranked(LABELS[k], p) for k, p in ranked), "unlike" if says == 4 else None)


@pytest.fixture
def store(tmp_path):
    def item(clip_id, gloss, says, signer=""):
        points = np.full((2, 1, 3), says, np.float32)
        return Clip(clip_id, "", gloss, signer=signer), PoseSequence(points, POINT_1, 25.0, (100, 100))

    items = [
        item("c0", "casa", 0, "ana"),
        item("c1", "casa", 1, "ana"),
        item("c2", "água", 2, "rui"),
        item("c3", "água", 3, "rui"),
        item("c4", "zebra", 4, "rui"),
        item("c5", "pai", 1, "ana"),
    ]
    opened = pack(items, tmp_path / "store")
    (opened.folder / "splits").mkdir()
    rows = "c0,test\nc1,test\nc2,test\nc3,test\nc4,test\nc5,train\n"
    for name in ("fair", "random"):
        (opened.folder / "splits" / f"{name}.csv").write_text(f"id,split\n{rows}")
    return opened


def test_scores_of_the_test_part(store):
    found = evaluate_recognizer(Oracle(), store, "fair")
    assert found.ids == ("c0", "c1", "c2", "c3")
    assert found.scores.top1 == 0.5
    assert found.scores.absent == ("pai",)
    assert found.failed == {"c3": "clip: no hand seen"}
    assert (found.strangers, found.strangers_declined, found.trained_on) == (1, 1, 1)
    assert found.top1_by_signer() == {"ana": {"n": 2, "top1": 0.5}, "rui": {"n": 2, "top1": 0.5}}
    text = found.as_text()
    assert "top-1           0.500" in text
    assert "1 of 4 clips were in the bundle's training data" in text


def test_json_has_the_agreed_names(store):
    answer = evaluate_recognizer(Oracle(), store, "fair").as_json()
    assert answer | {"task": "recognize", "n": 4, "split": "fair", "bundle": "oracle", "resampled": "clips"} == answer
    assert {"top1", "top5", "macro_f1", "ece"} <= answer.keys()
    low, high = answer["top1_ci95"]
    assert 0 <= low <= answer["top1"] <= high <= 1
    json.dumps(answer, allow_nan=False)


def test_a_random_split_is_called_optimistic(store):
    found = evaluate_recognizer(Oracle(), store, "random")
    assert found.as_json()["split"] == "random (optimistic)"
    assert any("random split" in w for w in found.warnings)
    assert split_title("my-random-2") == "my-random-2: random (optimistic)"
    assert split_title("fair") == "fair"


def test_all_clips_need_no_split(store):
    found = evaluate_recognizer(Oracle(), store, part="all")
    assert len(found.ids) == 5
    assert found.split == "all clips"


@pytest.mark.parametrize(
    ("split", "part", "message"),
    [
        pytest.param("fair", "validation", "no clip", id="an empty part"),
        pytest.param("none", "test", "no split is called 'none'", id="no such split"),
    ],
)
def test_nothing_to_score(store, split, part, message):
    with pytest.raises(SplitError, match=message):
        evaluate_recognizer(Oracle(), store, split, part)


def test_clips_of_other_words_only(tmp_path):
    points = PoseSequence(np.zeros((2, 1, 3), np.float32), POINT_1, 25.0, (100, 100))
    other = pack([(Clip("z", "", "zebra"), points)], tmp_path / "other")
    with pytest.raises(SplitError, match="none of its 1 clips shows a word that oracle knows"):
        evaluate_recognizer(Oracle(), other, part="all")


def test_report_folder(store, tmp_path):
    found = evaluate_recognizer(Oracle(), store, "fair")
    folder = tmp_path / "reports" / "fair"
    write_report(found, folder)
    write_report(found, folder)  # an earlier report is replaced
    names = {"report.json", "results.txt", "per_class.csv", "answers.csv"}
    assert {p.name for p in folder.iterdir()} == names | {"confusion.png", "reliability.png", "per_class.png"}
    assert [p.name for p in folder.parent.iterdir()] == ["fair"]
    assert json.loads((folder / "report.json").read_text()) == found.as_json()
    with (folder / "answers.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [(r["id"], r["answer"], r["rank"]) for r in rows] == [
        ("c0", "casa", "1"), ("c1", "pai", "3"), ("c2", "água", "1"), ("c3", "", ""),
    ]  # fmt: skip
    with (folder / "per_class.csv").open(encoding="utf-8", newline="") as lines:
        pai = {r["gloss"]: r for r in csv.DictReader(lines)}["pai"]
    assert (pai["support"], pai["predicted"], pai["recall"]) == ("0", "1", "")
    for plot in folder.glob("*.png"):
        assert plot.read_bytes().startswith(b"\x89PNG")


def test_a_folder_that_is_no_report_is_left_alone(store, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(CheremeError, match="is not a report"):
        write_report(evaluate_recognizer(Oracle(), store, "fair"), tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_nothing_is_written_when_a_plot_fails(store, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("chereme.evaluate.plots.draw_f1", full)
    with pytest.raises(OSError, match="No space"):
        write_report(evaluate_recognizer(Oracle(), store, "fair"), tmp_path / "report")
    assert not list(tmp_path.glob("*report*"))


def test_store_is_open_for_the_real_bundle(small_bundle, small_store):
    from chereme.recognize import Recognizer

    found = evaluate_recognizer(Recognizer.load(small_bundle), Store.open(small_store), "fair")
    assert found.scores.n == 4
    assert found.scores.unanswered == 0
    np.testing.assert_allclose(found.probabilities.sum(1), 1, rtol=1e-5)
