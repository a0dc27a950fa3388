import numpy as np
import pytest

from chereme.preprocess.tracks import through_gaps

nan = np.nan


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param([0, nan, nan, 3], [0, 1, 2, 3], id="a line through a gap"),
        pytest.param([nan, 1, nan], [1, 1, 1], id="the ends are held"),
        pytest.param([nan, nan], [nan, nan], id="nothing seen stays so"),
        pytest.param([1, 2], [1, 2], id="whole already"),
    ],
)
def test_through_gaps(before, after):
    track = np.array(before, np.float32)[:, None]
    np.testing.assert_allclose(through_gaps(track)[:, 0], after)
    np.testing.assert_array_equal(track[:, 0], before)


def test_each_column_by_itself():
    track = np.array([[[0, nan]], [[nan, 5]], [[2, nan]]], np.float32)
    np.testing.assert_allclose(through_gaps(track), [[[0, 5]], [[1, 5]], [[2, 5]]])
