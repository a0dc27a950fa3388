"""Stretches of letters from gains per frame, worked by hand."""

import math

import numpy as np
import pytest

from chereme.spell.decode import Held, held_letters, smooth, stretch_ids

INF = float("inf")


@pytest.mark.parametrize(
    ("gains", "held"),
    [
        pytest.param([[1], [1], [1]], [Held(0, 0, 2)], id="enough for a letter"),
        pytest.param([[1], [0.5]], [], id="not enough"),
        pytest.param([[-1], [1], [2], [-1]], [Held(0, 1, 2)], id="only where it gains"),
        pytest.param([[3], [-1], [3]], [Held(0, 0, 2)], id="a loss smaller than the cost is bridged"),
        pytest.param([[3], [-3], [3]], [Held(0, 0, 0), Held(0, 2, 2)], id="a larger one splits"),
        pytest.param([[3], [-INF], [3]], [Held(0, 0, 0), Held(0, 2, 2)], id="so does a frame where it cannot be"),
        pytest.param([[3, -3], [-3, 3]], [Held(0, 0, 0), Held(1, 1, 1)], id="one letter after the other"),
        pytest.param([[3, 0], [-1, 2], [3, 0]], [Held(0, 0, 2)], id="a short other one is no letter"),
        pytest.param([[-INF, -INF]] * 3, [], id="nothing is possible"),
    ],
)
def test_held_letters(gains, held):
    assert held_letters(np.array(gains, np.float32), cost=2.0) == held


def test_nothing_of_nothing():
    assert held_letters(np.zeros((0, 3), np.float32), 1.0) == []


def test_the_best_of_all_ways(rng):
    """Against every way to give 7 frames one of 2 classes or none, counted out."""
    for _ in range(20):
        gains = rng.normal(0, 1, (7, 2)).astype(np.float32)
        held = held_letters(gains, 0.7)
        total = sum(gains[h.start : h.end + 1, h.label].sum() - 0.7 for h in held)
        best = 0.0
        for code in range(3**7):
            way = [code // 3**t % 3 for t in range(7)]
            value = sum(gains[t, k - 1] - 0.7 * (t == 0 or way[t - 1] != k) for t, k in enumerate(way) if k)
            best = max(best, value)
        assert total == pytest.approx(best, abs=1e-5)


def test_stretch_ids():
    present = np.array([False, True, True, False, True])
    assert stretch_ids(present).tolist() == [-1, 1, 1, -1, 2]


def test_smooth_stays_in_its_stretch():
    values = np.array([[1.0], [1.0], [0.0], [8.0], [8.0]], np.float32)
    np.testing.assert_allclose(smooth(values, np.array([1, 1, -1, 2, 2]), 25.0, 0.2)[:, 0], [1, 1, 0, 8, 8], atol=1e-6)


@pytest.mark.parametrize("fps", [15, 30, 60, 120])
def test_smooth_is_as_wide_at_any_rate(fps):
    step = (np.arange(2 * fps) >= fps).astype(np.float32)[:, None]
    smoothed = smooth(step, np.zeros(2 * fps, int), fps, 0.4)[:, 0]
    assert smoothed[fps - 1] + smoothed[fps] == pytest.approx(1, abs=1e-5)
    deviation = 0.1 * fps  # in frames; the step is half a frame before frame `fps`
    for lag in range(round(2 * deviation)):
        share = (1 + math.erf((lag + 0.5) / deviation / math.sqrt(2))) / 2
        assert smoothed[fps + lag] == pytest.approx(share, abs=0.04)
    assert (np.diff(smoothed) > -1e-6).all()


def test_smooth_of_a_film_shorter_than_its_width():
    np.testing.assert_allclose(smooth(np.ones((2, 1), np.float32), np.zeros(2, int), 60.0, 1.0), 1)
