from dataclasses import replace

import numpy as np
import pytest

from chereme.errors import CheremeError, SplitError
from chereme.evaluate.production import compared
from chereme.evaluate.production_report import METRICS, Signed, evaluate_producer, floor_signs, score_signs
from chereme.types import Clip, Prediction, Ranked
from made_up import made_up_signer

WORDS = {"rest": 0.0, "half": 0.15, "high": 0.35}


def sign(word, frames=24, seed=0):
    """A made-up signer whose right hand goes up so far for each word."""
    sequence = made_up_signer(frames, np.random.default_rng(seed))
    points = sequence.points.copy()
    points[:, [16, *range(54, 75)], 1] -= WORDS[word] * np.sin(np.linspace(0, np.pi, frames))[:, None] ** 2
    return sequence.with_points(points)


def clips(first, many=2):
    return [
        (Clip(f"{word}/{first + i}", "", word, source=f"block{i // 2}"), sign(word, 20 + 3 * i, first + i))
        for word in WORDS
        for i in range(many)
    ]


def test_true_signs_stand_before_all_floors():
    found = evaluate_producer(lambda word: sign(word, 22, 9), clips(0), clips(10, 3), name="true", split="s")
    assert found.n == 6
    assert found.scores["retrieval1"] == found.scores["retrieval5"] == 1
    assert set(found.floors) == {
        "mean pose", "mean sequence", "gloss mean", "medoid copy", "wrong gloss", "another clip, same block",
    }  # fmt: skip
    for ignoring in ("mean pose", "mean sequence", "wrong gloss"):
        assert found.scores["ndtw_mje"] < found.floors[ignoring]["ndtw_mje"]
    assert found.floors["mean pose"]["speed"] == pytest.approx(0, abs=1e-6)
    assert found.floors["wrong gloss"]["retrieval1"] == 0
    assert found.floors["medoid copy"]["retrieval1"] == 1
    assert found.floors["another clip, same block"]["ndtw_mje"] < 0.05
    assert found.ndtw_mje_ci95.low <= found.scores["ndtw_mje"] <= found.ndtw_mje_ci95.high
    assert found.back_recognition is None
    assert "true" in found.as_text()
    assert found.as_json()["signature"].startswith("nDTW-MJE|points:49")


def test_a_frozen_pose_looks_well_where_padding_counts():
    """Why padded errors alone are no measure: they prefer the mean pose to a true sign that begins later."""
    late = {w: sign(w, 60, 5) for w in WORDS}
    held = {w: s.with_points(np.concatenate([np.repeat(s.points[:1], 18, 0), s.points])) for w, s in late.items()}
    references = [Signed(word, word, "b", compared(one)) for word, one in late.items()]
    still = floor_signs(references, list(WORDS))["mean pose"]
    _, moved = score_signs({w: compared(s) for w, s in held.items()}, references)
    _, frozen = score_signs(still, references)
    assert frozen["padded_mse"] < moved["padded_mse"]
    assert moved["ndtw_mje"] < frozen["ndtw_mje"]


def test_rows_are_per_reference_in_the_order_of_the_metrics():
    references = [Signed("a", "rest", "b", compared(sign("rest"))), Signed("b", "high", "b", compared(sign("high")))]
    rows, means = score_signs({one.gloss: one.clip for one in references}, references)
    assert rows.shape == (2, len(METRICS))
    np.testing.assert_allclose(rows[:, METRICS.index("ndtw_mje")], 0, atol=1e-6)
    assert means["retrieval1"] == 1


def test_what_cannot_be_produced_is_said_and_the_rest_goes_on():
    def produce(word):
        if word == "half":
            raise CheremeError("never taught")
        return sign(word)

    found = evaluate_producer(produce, clips(0))
    assert found.failed == {"half": "never taught"}
    assert found.n == 4
    assert found.floors == {}
    with pytest.raises(SplitError, match="none of the 3 glosses"):
        evaluate_producer(lambda word: produce("half"), clips(0))
    nobody = [(c, replace(s, points=np.full_like(s.points, np.nan))) for c, s in clips(0)]
    with pytest.raises(SplitError, match="shows both shoulders"):
        evaluate_producer(sign, nobody)


def test_back_recognition_counts_what_a_recognizer_reads():
    def recognize(sequence):
        lowest = sequence.landmark("right_hand/wrist")[:, 1].min()
        word = "high" if lowest < 0.25 else "rest"
        return Prediction((Ranked(word, 0.9),))

    found = evaluate_producer(sign, clips(0), recognize=recognize)
    assert found.back_recognition == pytest.approx(2 / 3)
    assert found.as_json()["misread"] == {"half": "rest"}
    assert "recognized back: 2 of 3" in found.as_text()
