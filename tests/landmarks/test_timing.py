"""Frames at uneven times, and frames left out, on a constant rate."""

import numpy as np
import pytest
from numpy import nan

from chereme.errors import ClipError
from chereme.landmarks.timing import even_times, on_grid


@pytest.mark.parametrize(
    ("times", "rate", "grid", "fps"),
    [
        pytest.param([0, 0.1, 0.2], 10, [0, 0.1, 0.2], 10, id="even frames stay"),
        pytest.param(
            [0, 0.033, 0.067, 0.1], 30, [0, 1 / 30, 2 / 30, 0.1], 30, id="rounding to milliseconds is no variation"
        ),
        pytest.param([0, 0.1, 0.2], 25, [0, 0.1, 0.2], 10, id="the frames win over a wrong header"),
        pytest.param(
            [0, 0.1, 0.2, 0.5, 0.6], 10, [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6], 10, id="dropped frames leave gaps"
        ),
        pytest.param([0, 0.1, 0.4], 25, [0, 0.1, 0.2, 0.3, 0.4], 10, id="of two steps the shorter"),
        pytest.param([0, 0.1, 0.2, 0.6, 1.0], 25, np.arange(11) / 10, 10, id="of two middle steps the shorter"),
        pytest.param([0.7], 25, [0.7], 25, id="one frame has the header's rate"),
    ],
)
def test_even_times(times, rate, grid, fps):
    even, found = even_times(np.array(times, float), rate, "a.mp4")
    np.testing.assert_allclose(even, grid, atol=1e-3)
    assert found == pytest.approx(fps, rel=1e-3)


@pytest.mark.parametrize(
    ("times", "says"),
    [([0, 0.2, 0.1], "run backwards"), ([0, 0.01, 0.02, 5000], "4 frames spread over 5000 s")],
)
def test_damaged_time_stamps_are_said(times, says):
    with pytest.raises(ClipError, match=says):
        even_times(np.array(times, float), 25, "a.mp4")


@pytest.mark.parametrize(
    ("times", "tracks", "expected", "filled"),
    [
        pytest.param([0, 1, 2], [5, 6, 8], [5, 6, 8], [0, 0, 0], id="a frame's own landmark is kept"),
        pytest.param([0, 2], [5, 7], [5, 6, 7], [0, 1, 0], id="between two frames, the straight line"),
        pytest.param([0, 2], [5, nan], [5, nan, nan], [0, 0, 0], id="a line needs both ends, a frame's own point none"),
        pytest.param([0, 0.8, 2], [5, 6, 8], [5, 6, 8], [0, 0, 0], id="near a grid point stands on it"),
        pytest.param([0, 0.5, 2], [0, 5, 8], [0, 6, 8], [0, 1, 0], id="uneven neighbours weigh by nearness"),
    ],
)
def test_on_grid(times, tracks, expected, filled):
    points = np.repeat(np.array(tracks, np.float32)[:, None, None], 3, axis=2)
    confidence = np.isfinite(points[..., 0]).astype(np.float32)
    gridded, sure, invented = on_grid(np.arange(3.0), np.array(times, float), points, confidence, near=0.25)
    np.testing.assert_allclose(gridded[:, 0, 0], expected, atol=1e-6)
    np.testing.assert_array_equal(invented[:, 0], np.array(filled, bool))
    np.testing.assert_array_equal(sure[:, 0] > 0, ~np.isnan(expected))


def test_one_frame_on_a_grid_of_one():
    gridded, _, invented = on_grid(
        np.zeros(1), np.zeros(1), np.ones((1, 1, 3), np.float32), np.ones((1, 1), np.float32), 0.1
    )
    assert gridded.shape == (1, 1, 3)
    assert not invented.any()
