import numpy as np
import pytest

from chereme.preprocess.peaks import find_peaks, slopes


@pytest.mark.parametrize("seed", range(20))
def test_peaks_are_those_that_scipy_finds(seed):
    signal = pytest.importorskip("scipy.signal")
    rng = np.random.default_rng(seed)
    values = np.convolve(rng.random(120), np.ones(1 + seed % 7), "same").astype(np.float32)
    if seed % 2:
        values = np.round(values, 1)  # flat tops, and neighbours of one height
    height, width = float(np.quantile(values, 0.4)), 1 + seed % 5 * 0.75
    theirs, _ = signal.find_peaks(values, height=height, width=width)
    assert find_peaks(values, height, width).tolist() == theirs.tolist()


@pytest.mark.parametrize("values", [[], [1.0], [1.0, 2.0, 3.0], [2.0, 2.0]], ids=str)
def test_a_curve_without_a_top_has_no_peak(values):
    assert find_peaks(np.array(values, np.float32), 0, 0).tolist() == []


def test_slope_is_the_rise_over_the_window():
    steady = slopes(np.arange(10, dtype=np.float32), 5)
    np.testing.assert_allclose(steady[2:-2], 4, rtol=1e-6)
    values = np.array([0, 0.1, 0.5, 0.7, 0.6, 0.2, 0], np.float32)
    theirs = [np.polyfit(np.linspace(0, 1, 5), values[i : i + 5], 1)[0] for i in range(3)]
    np.testing.assert_allclose(slopes(values, 5)[2:-2], theirs, atol=1e-6)
    assert len(slopes(values[:0], 5)) == 0
