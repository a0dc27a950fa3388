"""An evaluation of a speller: pictures without a hand count as wrong, letters that move are left out."""

import csv
import json
from types import SimpleNamespace

import numpy as np
import pytest

from chereme.dataset.split import write_split
from chereme.dataset.store import pack
from chereme.errors import SplitError
from chereme.evaluate.report import evaluate_recognizer, write_report
from chereme.layout import HAND_21, HANDS_42
from chereme.recipe import Recipe
from chereme.spell import Speller
from chereme.types import Clip, PoseSequence, Prediction, Ranked
from made_up import made_up_hands, made_up_speller

LABELS = ("A", "B", "C", "J")
MOTIONS = Recipe.from_text("[motions.J]\nshapes = ['I']\npoint = 'pinky_tip'\npath = [[0, 0], [0, 1]]\n")


class Oracle:
    """Ranks the three still letters from the one that the wrist's x names; 0.5 more says that it is not sure."""

    bundle = SimpleNamespace(kind="speller", name="oracle", labels=LABELS, trained_on=frozenset(), recipe=MOTIONS)

    def recognize(self, sequence: PoseSequence) -> Prediction:
        says = float(sequence.points[0, 0, 0])
        if np.isnan(says):
            return Prediction((), "no_hand")
        order = [(int(says) + step) % 3 for step in range(3)]
        ranked = zip(order, (0.7, 0.2, 0.1), strict=True)
        return Prediction(
            tuple(Ranked(self.bundle.labels[k], p) for k, p in ranked), "unsure" if says % 1 > 0 else None
        )


NONE = float("nan")
SHOWN = [("A", 0), ("A", 1), ("B", 1), ("b", 1.5), ("C", NONE), ("C", 2), ("J", 0), ("J", NONE), ("7", NONE), ("8", 0)]


def pictures(folder, shown=SHOWN, layout=HAND_21):
    def items():
        for number, (letter, says) in enumerate(shown):
            points = np.full((1, len(layout), 3), says, np.float32)
            yield Clip(f"p{number}", "", letter, signer=f"s{number % 2}"), PoseSequence(points, layout, 1.0, (9, 9))

    return pack(items(), folder)


def test_scores_of_pictures(tmp_path):
    found = evaluate_recognizer(Oracle(), pictures(tmp_path / "store"), part="all")
    assert found.ids == ("p0", "p1", "p2", "p3", "p4", "p5")
    assert found.truth.tolist() == [0, 0, 1, 1, 2, 2]  # `b` is the letter B
    assert found.scores.top1 == pytest.approx(4 / 6)
    assert found.detection_rate == pytest.approx(5 / 6)
    assert found.top1_detected == pytest.approx(4 / 5)
    assert found.top1_detected * found.detection_rate == pytest.approx(found.scores.top1)
    assert found.scores.top2 == pytest.approx(4 / 6)
    assert found.scores.top3 == pytest.approx(5 / 6)  # a picture without an answer is beyond every rank
    assert found.scores.absent == ("J",)
    assert found.scores.weighted_recall == pytest.approx(4 / 6)
    assert (found.moving, found.strangers, found.strangers_declined) == (2, 2, 1)
    assert found.failed == {}
    assert found.declined.tolist() == [False, False, False, True, False, False]
    c = {row.gloss: row for row in found.table}["C"]
    assert (c.precision, c.recall, c.support, c.predicted, c.unanswered) == (1, 0.5, 2, 1, 1)


def test_json_and_text(tmp_path):
    found = evaluate_recognizer(Oracle(), pictures(tmp_path / "store"), part="all")
    answer = found.as_json()
    expected = {
        "task": "spell",
        "n": 6,
        "top1": 0.6667,
        "detection_rate": 0.8333,
        "top1_detected": 0.8,
        "undetected": 1,
        "moving": 2,
        "declined": 1,
    }
    assert answer | expected == answer
    assert {"top5", "macro_f1", "weighted_f1", "weighted_precision", "ece", "top1_ci95"} <= answer.keys()
    assert answer["per_class"]["C"] == {"precision": 1.0, "recall": 0.5, "f1": 0.6667, "n": 2}
    json.dumps(answer, allow_nan=False)
    text = found.as_text()
    assert "oracle on all clips / all: 6 pictures of 3 letters" in text
    assert "hand seen       0.833" in text
    assert "top-1 of these  0.800" in text
    assert "no hand seen: 1 of 6" in text
    assert "answered not sure: 1 of 6" in text
    assert "2 clips of letters that move are left out" in text
    table = found.table_as_text().splitlines()
    assert table[0].split() == ["precision", "recall", "F1", "clips", "answered", "so", "no", "answer"]
    assert table[3].split() == ["C", "1.000", "0.500", "0.667", "2", "1", "1"]
    assert table[-2].split() == ["macro", "average", "0.889", "0.667", "0.711", "6", "5", "1"]
    assert len({len(line) for line in table if line}) == 1  # columns stand under each other


def test_report_of_pictures(tmp_path):
    found = evaluate_recognizer(Oracle(), pictures(tmp_path / "store"), part="all")
    write_report(found, tmp_path / "report")
    written = (tmp_path / "report" / "results.txt").read_text(encoding="utf-8")
    assert written == found.as_text() + "\n" + found.table_as_text()
    with (tmp_path / "report" / "answers.csv").open(encoding="utf-8", newline="") as lines:
        answers = {row["id"]: row for row in csv.DictReader(lines)}
    assert answers["p4"] | {"gloss": "C", "answer": "", "rank": ""} == answers["p4"]
    assert (answers["p3"]["answer"], answers["p3"]["unknown"]) == ("B", "True")
    assert all((tmp_path / "report" / name).stat().st_size for name in ("confusion.png", "per_class.png"))


def test_no_hand_in_any_picture(tmp_path):
    found = evaluate_recognizer(Oracle(), pictures(tmp_path / "store", [("A", NONE), ("B", NONE)]), part="all")
    assert (found.detection_rate, found.scores.top1) == (0, 0)
    assert found.as_json()["top1_detected"] is None
    write_report(found, tmp_path / "report")
    assert "top-1 of these    nan" in found.as_text()


def test_a_hand_in_every_picture_is_said(tmp_path):
    found = evaluate_recognizer(Oracle(), pictures(tmp_path / "store", [("A", 0), ("B", 1)]), part="all")
    assert any("a set of landmarks has no pictures in which none was found" in w for w in found.warnings)


def test_a_part_with_a_hand_in_every_picture_is_no_set_of_landmarks(tmp_path):
    store = pictures(tmp_path / "store", [("A", 0), ("B", 1), ("B", NONE)])
    write_split(store.folder, "fair", {"p0": "test", "p1": "test", "p2": "train"})
    found = evaluate_recognizer(Oracle(), store, "fair")
    assert (found.detection_rate, found.warnings) == (1, [])


def test_letters_that_move_only(tmp_path):
    with pytest.raises(SplitError, match="none of its 2 clips shows a letter that a picture can show and oracle knows"):
        evaluate_recognizer(Oracle(), pictures(tmp_path / "store", [("J", 0), ("J", 1)]), part="all")


def test_case_tells_labels_apart_where_a_bundle_has_both(tmp_path):
    oracle = Oracle()
    oracle.bundle = SimpleNamespace(**{**vars(Oracle.bundle), "labels": ("A", "a", "B")})
    found = evaluate_recognizer(oracle, pictures(tmp_path / "store", [("A", 0), ("a", 0), ("b", 2)]), part="all")
    assert found.truth.tolist() == [0, 1]
    assert found.strangers == 1


def test_a_real_speller(tmp_path, rng):
    speller = Speller(made_up_speller(tmp_path / "bundle"))
    hands = made_up_hands(3, rng)

    def items():
        for number, letter in enumerate("ABCJ"):
            points = np.full((1, 42, 3), np.nan, np.float32)
            if number < 2:
                points[0, HANDS_42.groups["right_hand" if number else "left_hand"]] = hands[number]
            yield Clip(f"p{number}", "", letter), PoseSequence(points, HANDS_42, 1.0, (640, 480))

    found = evaluate_recognizer(speller, pack(items(), tmp_path / "store"), part="all")
    assert (len(found.ids), found.moving, found.undetected.tolist()) == (3, 1, [False, False, True])
    answered = found.probabilities[:2]
    np.testing.assert_allclose(answered.sum(1), 1, rtol=1e-5)
    assert not answered[:, [9, 25]].any()  # J and Z
