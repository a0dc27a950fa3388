"""Motion of a film's pixels."""

import numpy as np
import pytest

from chereme.errors import ClipError
from chereme.landmarks.motion import pixel_motion
from chereme.render import write_video


@pytest.fixture(scope="module")
def square_film(tmp_path_factory):
    """A light square of 40 by 40 that stands still, runs from frame 10 to 20, and stands still again; 25 fps."""
    path = tmp_path_factory.mktemp("films") / "square.mp4"
    frames = []
    for i in range(30):
        frame = np.zeros((120, 160, 3), np.uint8)
        x = 10 + 8 * min(max(i - 10, 0), 10)
        frame[40:80, x : x + 40] = 200
        frames.append(frame)
    write_video(frames, path, 25)
    return path


def test_both_measures_rise_while_something_moves(square_film):
    motion = pixel_motion(square_film)
    assert {name: len(values) for name, values in motion.items()} == {"difference": 29, "background": 29}
    for values in motion.values():
        assert values[11:19].min() > 5 * values[:9].max()
        assert 0 <= values.min() <= values.max() < 0.5
    # 8 columns of 40 pixels appear and 8 vanish with each step of the square
    assert np.median(motion["difference"][11:19]) == pytest.approx(2 * 8 * 40 / (120 * 160), rel=0.2)


def test_settings_matter(square_film):
    coarse = pixel_motion(square_film, grey_step=230)["difference"]
    assert coarse.max() < 0.01
    small = pixel_motion(square_film, picture_side=80)["difference"]
    assert np.median(small[11:19]) == pytest.approx(2 * 8 * 40 / (120 * 160), rel=0.2)


def test_one_frame_has_no_motion(tmp_path):
    write_video([np.zeros((48, 64, 3), np.uint8)], tmp_path / "still.mp4", 25)
    assert {name: values.tolist() for name, values in pixel_motion(tmp_path / "still.mp4").items()} == {
        "difference": [],
        "background": [],
    }


def test_no_video(tmp_path):
    (tmp_path / "no.mp4").write_bytes(b"no film")
    with pytest.raises(ClipError, match="not a video"):
        pixel_motion(tmp_path / "no.mp4")


def test_as_many_steps_as_landmarks_of_a_film_of_varying_rate(film):
    """What `extract_clip` would put on an even grid of 22 frames has 21 steps."""
    times = [100 * i for i in (*range(6), *range(16, 22))]
    path = film("varying.mp4", milliseconds=times)
    motion = pixel_motion(path)
    assert [len(values) for values in motion.values()] == [21, 21]
