import av
import numpy as np
import pytest
from PIL import Image

from chereme.errors import ClipError
from chereme.render.video import write_pictures, write_video


def ramp(count, shape=(48, 64)):
    return [np.full((*shape, 3), 20 * i, np.uint8) for i in range(count)]


@pytest.mark.parametrize("fps", [25, 30000 / 1001, 12.5], ids=["25", "29.97", "12.5"])
def test_mp4_has_the_frames_and_the_rate(tmp_path, fps):
    path = tmp_path / "a.mp4"
    assert write_video(ramp(9), path, fps) == 9
    with av.open(str(path)) as file:
        stream = file.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert float(stream.average_rate) == pytest.approx(fps, rel=1e-3)
        grey = [frame.to_ndarray(format="rgb24").mean() for frame in file.decode(stream)]
    np.testing.assert_allclose(grey, np.arange(9) * 20, atol=4)


def test_an_odd_size_becomes_even(tmp_path):
    path = tmp_path / "a.mp4"
    write_video(ramp(2, (47, 63)), path, 25)
    with av.open(str(path)) as file:
        assert (file.streams.video[0].width, file.streams.video[0].height) == (64, 48)


def test_gif_and_png(tmp_path):
    assert write_pictures(ramp(4), tmp_path / "a.gif", 10) == 4
    with Image.open(tmp_path / "a.gif") as gif:
        assert gif.n_frames == 4
        assert gif.info["duration"] == 100
    write_pictures(ramp(12), tmp_path / "a.png", 10)
    with Image.open(tmp_path / "a.png") as strip:
        assert strip.size == (6 * 64, 48)
    write_pictures(ramp(1), tmp_path / "b.png", 1)
    with Image.open(tmp_path / "b.png") as picture:
        assert picture.size == (64, 48)


@pytest.mark.parametrize("name", ["a.mp4", "a.gif", "a.png"])
def test_no_frames_write_no_file(tmp_path, name):
    with pytest.raises(ClipError, match="no frames"):
        write_pictures([], tmp_path / name, 25)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["a.mp4", "a.gif", "a.png"])
def test_a_failure_in_the_middle_leaves_nothing(tmp_path, name):
    def failing():
        yield from ramp(2)
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        write_pictures(failing(), tmp_path / name, 25)
    assert not list(tmp_path.iterdir())


def test_a_suffix_that_we_do_not_write_is_said(tmp_path):
    with pytest.raises(ClipError, match=r"cannot write \.avi; known: \.mp4, \.gif, \.png"):
        write_pictures(ramp(1), tmp_path / "a.avi", 25)


@pytest.mark.parametrize("fps", [0, -1, float("nan")])
def test_a_rate_that_makes_no_sense_is_said(tmp_path, fps):
    with pytest.raises(ClipError, match="frames per second"):
        write_video(ramp(1), tmp_path / "a.mp4", fps)
