import numpy as np
import pytest
from PIL import Image

from chereme.errors import ClipError
from chereme.preprocess import AlignConfig, PreprocessConfig, TrimConfig, explain
from chereme.render.before_after import Shown, draw_before_after, moments, write_before_after
from chereme.render.motion import draw_motion


@pytest.fixture
def shown(signing):
    """The made-up sign, cut where it begins to move fast, at six moments over noise that no GIF can shrink."""
    done = explain(
        signing, PreprocessConfig(align="reference"), TrimConfig(kind="simple", threshold=0.9, smoothing=0.1)
    )
    assert 1 < done.signing.frames < 50
    rng = np.random.default_rng(0)
    frames = moments(50, 25.0, 6)
    return Shown("água", done, AlignConfig(), frames, [rng.integers(0, 255, (180, 320, 3), np.uint8) for _ in frames])


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param((12, 25.0, 3), [2, 6, 10], id="middles of equal parts"),
        pytest.param((4, 25.0, 6), [0, 1, 2, 3], id="no more than there are"),
        pytest.param((50, 25.0, 90, 5.0), list(range(2, 50, 5)), id="so many a second"),
        pytest.param((1, 1.0, 6), [0], id="a picture"),
    ],
)
def test_moments(arguments, expected):
    assert moments(*arguments) == expected


def test_a_frame_that_was_cut_off_is_empty_below(shown):
    sheet = draw_before_after(shown)
    tile = 208
    for column, frame in enumerate(shown.frames):
        x = 82 + column * (tile + 8)
        corner = sheet[-44 - tile + 8, x + 8]  # of the aligned picture
        assert (corner.max() < 40) == shown.kept(frame)


def test_a_gif_keeps_its_limit(shown, tmp_path):
    path = tmp_path / "a.gif"
    assert write_before_after(shown, path, 2.0) == 6
    large = path.stat().st_size
    write_before_after(shown, path, 2.0, most_bytes=large // 3)
    assert path.stat().st_size < large // 3
    with Image.open(path) as film:
        assert film.n_frames * film.info["duration"] == pytest.approx(2000, abs=40)


def test_no_curve_to_draw(signing, tmp_path):
    done = explain(signing, PreprocessConfig())
    with pytest.raises(ClipError, match="no motion to draw"):
        draw_motion(done, TrimConfig(), tmp_path / "a.png", "água")
