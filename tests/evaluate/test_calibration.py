"""Temperature, calibration error and the threshold for "unknown"."""

import math

import numpy as np
import pytest

from chereme.evaluate.calibration import (
    choose_unknown_threshold,
    expected_calibration_error,
    fit_temperature,
    reliability,
)


def test_reliability_bins_hold_equally_many():
    confidence = np.linspace(0.1, 1.0, 30)
    bins = reliability(confidence, confidence > 0.5, 15)
    assert [b.n for b in bins] == [2] * 15
    assert bins[0].confidence == pytest.approx(confidence[:2].mean())
    assert (bins[0].accuracy, bins[-1].accuracy) == (0, 1)


def test_equal_confidences_share_a_bin():
    bins = reliability(np.full(40, 0.75), np.arange(40) % 4 != 0)
    assert len(bins) == 1
    assert bins[0].accuracy == 0.75
    assert expected_calibration_error(np.full(40, 0.75), np.arange(40) % 4 != 0) == 0


@pytest.mark.parametrize(
    ("confidence", "right", "error"),
    [
        pytest.param([1.0], [True], 0.0, id="sure and right"),
        pytest.param([1.0], [False], 1.0, id="sure and wrong"),
        pytest.param([0.6, 0.9], [False, True], 0.35, id="a bin each"),
        pytest.param([], [], math.nan, id="no answer"),
    ],
)
def test_expected_calibration_error(confidence, right, error):
    found = expected_calibration_error(np.array(confidence), np.array(right, bool))
    assert found == pytest.approx(error, nan_ok=True)


def test_fit_temperature_finds_what_the_logits_were_multiplied_by(rng):
    logits = rng.normal(0, 2, (4000, 5))
    odds = np.exp(logits)
    truth = np.array([rng.choice(5, p=row / row.sum()) for row in odds])
    assert fit_temperature((3 * logits).astype(np.float32), truth) == pytest.approx(3, rel=0.1)
    assert fit_temperature((logits / 2).astype(np.float32), truth) == pytest.approx(0.5, rel=0.1)


def test_fit_temperature_is_the_best_on_a_grid(rng):
    logits = rng.normal(0, 3, (50, 4)).astype(np.float32)
    truth = rng.integers(0, 4, 50)

    def loss(temperature):
        scaled = logits.astype(np.float64) / temperature
        return (np.log(np.exp(scaled).sum(1)) - scaled[np.arange(50), truth]).mean()

    found = fit_temperature(logits, truth)
    assert loss(found) <= min(loss(t) for t in np.geomspace(0.05, 20, 200)) + 1e-6


def test_fit_temperature_stays_in_its_bounds_when_all_is_right():
    logits = np.eye(3, dtype=np.float32) * 5
    assert fit_temperature(logits, np.arange(3)) == pytest.approx(0.05, rel=1e-3)


def test_unknown_threshold_takes_back_few_right_answers(rng):
    probabilities = rng.dirichlet(np.full(4, 0.5), 1000).astype(np.float32)
    truth = np.where(rng.random(1000) < 0.7, probabilities.argmax(1), rng.integers(0, 4, 1000))
    right = probabilities.argmax(1) == truth
    threshold = choose_unknown_threshold(probabilities, truth, declined=0.1)
    declined = (probabilities.max(1) < threshold)[right].mean()
    assert 0.08 < declined <= 0.1


def test_unknown_threshold_never_declines_when_nothing_is_right():
    assert choose_unknown_threshold(np.array([[0.9, 0.1]], np.float32), np.array([1])) == 0
