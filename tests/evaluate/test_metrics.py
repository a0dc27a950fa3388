"""Scores against numbers worked by hand and against scikit-learn."""

import math

import numpy as np
import pytest

from chereme.evaluate.metrics import (
    ClassScores,
    averages,
    bootstrap,
    class_table,
    confusion,
    predicted_classes,
    score,
    truth_ranks,
)

nan = float("nan")
LABELS = ("casa", "água", "pai")
# true: casa casa água água; answered: casa água água casa. No clip shows pai.
FOUR = np.array([[0.7, 0.2, 0.1], [0.3, 0.6, 0.1], [0.1, 0.8, 0.1], [0.5, 0.1, 0.4]], np.float32)
TRUTH = np.array([0, 0, 1, 1])


def test_score_by_hand():
    scores = score(FOUR, TRUTH, LABELS)
    assert (scores.n, scores.unanswered, scores.absent) == (4, 0, ("pai",))
    assert scores.top1 == 0.5
    assert scores.top2 == 0.75  # the last clip has água third
    assert scores.top3 == scores.top5 == 1
    assert scores.macro_f1 == 0.5  # both present glosses: 1 hit, 2 clips, 2 answers; pai has no F1 to average
    # four bins of one clip each: |.7 - 1|, |.6 - 0|, |.8 - 1|, |.5 - 0|
    assert scores.ece == pytest.approx((0.3 + 0.6 + 0.2 + 0.5) / 4)
    assert scores.nll == pytest.approx(-np.log([0.7, 0.3, 0.8, 0.1]).mean(), rel=1e-6)
    assert scores.resampled == "clips"
    assert scores.top1_ci95.low <= 0.5 <= scores.top1_ci95.high


def test_a_clip_without_an_answer_is_wrong_but_not_miscalibrated():
    probabilities = FOUR.copy()
    probabilities[0] = nan
    scores = score(probabilities, TRUTH, LABELS)
    assert (scores.unanswered, scores.top1, scores.top5) == (1, 0.25, 0.75)
    assert scores.ece == pytest.approx((0.6 + 0.2 + 0.5) / 3)
    assert predicted_classes(probabilities).tolist() == [-1, 1, 1, 0]
    assert confusion(probabilities, TRUTH).tolist() == [[0, 1, 0], [1, 1, 0], [0, 0, 0]]


def test_no_answer_at_all():
    scores = score(np.full((4, 3), nan, np.float32), TRUTH, LABELS)
    assert (scores.top1, scores.top5, scores.macro_f1, scores.unanswered) == (0, 0, 0, 4)
    assert math.isnan(scores.ece)
    assert math.isnan(scores.nll)


def test_of_equal_probabilities_the_earlier_class_stands_first():
    even = np.full((3, 3), 1 / 3, np.float32)
    assert truth_ranks(even, np.array([0, 1, 2])).tolist() == [0, 1, 2]
    assert predicted_classes(even).tolist() == [0, 0, 0]


def test_class_table_by_hand():
    casa, agua, pai = class_table(FOUR, TRUTH, LABELS)
    assert (casa.gloss, casa.precision, casa.recall, casa.f1, casa.support, casa.predicted) == (
        "casa", 0.5, 0.5, 0.5, 2, 2,
    )  # fmt: skip
    assert agua.support == 2
    assert (pai.support, pai.predicted) == (0, 0)
    assert math.isnan(pai.f1)


def test_averages_by_hand():
    table = [
        ClassScores("A", 0.5, 1, 2 / 3, 3, 6, 0),
        ClassScores("B", math.nan, 0, 0, 1, 0, 1),  # nobody was taken for it: precision 0, not left out
        ClassScores("C", 0, math.nan, 0, 0, 2, 0),  # no clip of it: in no mean
    ]
    macro, weighted = averages(table)
    assert (macro.precision, macro.recall, macro.f1) == pytest.approx((0.25, 0.5, 1 / 3))
    assert (weighted.precision, weighted.recall, weighted.f1) == pytest.approx((0.375, 0.75, 0.5))
    assert (macro.support, macro.predicted, macro.unanswered) == (4, 8, 1)


def test_agrees_with_scikit_learn(rng):
    reference = pytest.importorskip("sklearn.metrics")
    probabilities = rng.dirichlet(np.ones(6), 200).astype(np.float32)
    truth = rng.integers(0, 6, 200)
    labels = tuple("abcdef")
    scores = score(probabilities, truth, labels)
    predicted = probabilities.argmax(1)
    for average in ("macro", "weighted"):
        expected = reference.precision_recall_fscore_support(truth, predicted, average=average)[:3]
        ours = [getattr(scores, f"{average}_{name}") for name in ("precision", "recall", "f1")]
        assert ours == pytest.approx(expected)
    for k in (2, 3, 5):
        expected = reference.top_k_accuracy_score(truth, probabilities, k=k, labels=range(6))
        assert getattr(scores, f"top{k}") == pytest.approx(expected)
    assert confusion(probabilities, truth).tolist() == reference.confusion_matrix(truth, predicted).tolist()
    assert scores.nll == pytest.approx(reference.log_loss(truth, probabilities, labels=range(6)), rel=1e-4)


def test_interval_is_the_binomials_on_independent_clips(rng):
    truth = np.zeros(400, np.int64)
    probabilities = np.tile(np.array([[0.2, 0.8]], np.float32), (400, 1))
    probabilities[:320] = 0.8, 0.2
    scores = score(probabilities, truth, ("a", "b"))
    half = 1.96 * math.sqrt(0.8 * 0.2 / 400)
    assert scores.top1 == 0.8
    assert scores.top1_ci95.low == pytest.approx(0.8 - half, abs=0.01)
    assert scores.top1_ci95.high == pytest.approx(0.8 + half, abs=0.01)


def test_signers_are_drawn_with_all_their_clips(rng):
    signers = [f"s{i // 5}" for i in range(40)]
    weights, resampled = bootstrap(40, signers, 200, rng)
    assert resampled == "signers"
    by_signer = weights.reshape(200, 8, 5)
    assert (by_signer == by_signer[..., :1]).all()
    assert (by_signer[..., 0].sum(1) == 8).all()


@pytest.mark.parametrize(
    "signers",
    [
        pytest.param([], id="no signers known"),
        pytest.param([f"s{i % 7}" for i in range(40)], id="seven signers"),
        pytest.param(["", *(f"s{i}" for i in range(39))], id="one clip without a signer"),
    ],
)
def test_clips_are_drawn_where_signers_are_few_or_unknown(signers, rng):
    weights, resampled = bootstrap(40, signers, 50, rng)
    assert resampled == "clips"
    assert (weights.sum(1) == 40).all()


def test_signers_who_differ_widen_the_interval():
    truth = np.zeros(200, np.int64)
    right = np.repeat(np.arange(10) % 2 == 0, 20)  # every other signer is always understood, the rest never
    probabilities = np.where(right[:, None], [[0.9, 0.1]], [[0.1, 0.9]]).astype(np.float32)
    by_signer = score(probabilities, truth, ("a", "b"), [f"s{i // 20}" for i in range(200)])
    by_clip = score(probabilities, truth, ("a", "b"))
    width = [s.top1_ci95.high - s.top1_ci95.low for s in (by_signer, by_clip)]
    assert width[0] > 3 * width[1]


def test_the_same_answers_give_the_same_interval():
    assert score(FOUR, TRUTH, LABELS) == score(FOUR, TRUTH, LABELS)
