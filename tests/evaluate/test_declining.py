import numpy as np
import pytest

from chereme.evaluate.declining import auroc, auroc_interval, declining_scores, mean_auroc


def test_auroc_is_the_chance_of_a_higher_score():
    known, unseen = np.array([3.0, 2.0], np.float32), np.array([1.0, 2.0, 4.0], np.float32)
    assert auroc(known, unseen) == pytest.approx((2 + 1.5) / 6)  # 3 beats two of three; 2 beats one and ties with one
    assert auroc(known, known) == 0.5


def test_the_interval_holds_the_value_and_narrows():
    rng = np.random.default_rng(0)
    widths = []
    for n in (30, 300):
        known, unseen = rng.normal(1, 1, n).astype(np.float32), rng.normal(0, 1, n).astype(np.float32)
        interval = auroc_interval([(known, unseen)], resamples=200)
        assert interval.low < auroc(known, unseen) < interval.high
        widths.append(interval.high - interval.low)
    assert widths[1] < widths[0] / 2


def test_turns_count_alike_whatever_their_clips():
    sure, blind = (np.ones(3, np.float32), np.zeros(9, np.float32)), (np.ones(30, np.float32), np.ones(2, np.float32))
    assert mean_auroc([sure, blind]) == 0.75
    interval = auroc_interval([sure, blind], resamples=20)
    assert (interval.low, interval.high) == (0.75, 0.75)


def test_scores_by_hand():
    """One clip at the first class, one that both classes are equally far from."""
    logits = np.array([[2, 0], [-1, -1]], np.float32)
    found = declining_scores(logits, np.array([0.5, 4], np.float32))
    np.testing.assert_allclose(found["max_probability"], [1 / (1 + np.exp(-2)), 0.5], rtol=1e-6)
    np.testing.assert_allclose(found["max_logit"], [2, -1])
    np.testing.assert_allclose(found["nearness"], [-0.5, -4])
