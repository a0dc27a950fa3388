"""A clip as a whole, with a scripted engine: stride, mirroring, varying rate, nobody in it."""

import numpy as np
import pytest
from PIL import Image

from chereme.errors import ClipError, RecipeError
from chereme.landmarks import ExtractConfig, extract_clip, extract_frames


def grey(levels):
    """One picture per level; the scripted engine takes the level for a position."""
    return [np.full((4, 6, 3), level, np.uint8) for level in levels]


@pytest.mark.parametrize(
    ("frames", "stride", "looks", "filled"),
    [
        pytest.param(5, 1, 5, [], id="every frame"),
        pytest.param(5, 2, 3, [1, 3], id="every second"),
        pytest.param(6, 2, 4, [1, 3], id="and the last, which has nothing after it"),
        pytest.param(6, 4, 3, [1, 2, 3], id="every fourth"),
        pytest.param(1, 2, 1, [], id="one frame"),
    ],
)
def test_stride_looks_less_often_and_draws_lines_between(engine, frames, stride, looks, filled):
    opened = engine()
    levels = [10 * i for i in range(frames)]
    sequence = extract_frames(grey(levels), 10, ExtractConfig(stride=stride))
    assert len(opened[0].images) == looks
    np.testing.assert_allclose(sequence.points[:, 0, 0], levels, atol=1e-4)
    marked = np.zeros(frames, bool) if sequence.filled is None else sequence.filled[:, 0]
    np.testing.assert_array_equal(np.flatnonzero(marked), filled)
    assert sequence.fps == 10
    assert sequence.size == (6, 4)


def test_each_clip_has_an_engine_of_its_own(engine):
    opened = engine()
    for _ in range(2):
        extract_frames(grey([1, 2]), 10)
    assert [len(e.images) for e in opened] == [2, 2]


def test_a_mirrored_picture_is_flipped_back_before_anybody_looks(engine):
    opened = engine()
    picture = np.arange(72, dtype=np.uint8).reshape(4, 6, 3)
    extract_frames([picture], 10, ExtractConfig(mirrored=True))
    np.testing.assert_array_equal(opened[0].images[0], picture[:, ::-1])
    assert opened[0].images[0].flags.c_contiguous


def test_varying_rate_comes_out_constant(engine, film):
    engine()
    path = film("vfr.webm", frames=6, codec="libvpx", rate=30, milliseconds=[0, 33, 67, 200, 233, 267])
    sequence = extract_clip(path)
    assert len(sequence) == 9  # 0 to 267 ms in thirtieths
    assert sequence.fps == pytest.approx(30, rel=0.01)
    np.testing.assert_array_equal(np.flatnonzero(sequence.filled[:, 0]), [3, 4, 5])
    assert sequence.size == (64, 48)


def test_one_frame_of_video(engine, film):
    engine()
    sequence = extract_clip(film("one.mp4", frames=1))
    assert len(sequence) == 1
    assert sequence.fps == 10


def test_a_picture_is_a_sequence_of_one(engine, tmp_path):
    engine()
    Image.new("RGB", (30, 20), (7, 7, 7)).save(tmp_path / "a.PNG")
    sequence = extract_clip(tmp_path / "a.PNG")
    assert len(sequence) == 1
    assert sequence.size == (30, 20)
    assert sequence.points[0, 0, 0] == 7


@pytest.mark.parametrize(
    ("script", "frames", "says"),
    [
        ({"people": False, "hands": False}, 3, "frames: nobody seen in any of 3 frames; "),
        ({"hands": False}, 3, "frames: no hand seen in any of 3 frames; "),
        ({"hands": False}, 1, "frames: no hand seen in the picture; "),
        ({}, 0, "frames: no frame in it; "),
    ],
)
def test_nobody_no_hand_no_frame(engine, script, frames, says):
    engine(**script)
    with pytest.raises(ClipError) as caught:
        extract_frames(grey(range(frames)), 10)
    assert str(caught.value).startswith(says)


def test_a_clip_without_hands_can_be_kept(engine):
    engine(hands=False)
    sequence = extract_frames(grey([1, 2]), 10, ExtractConfig(keep_handless=True))
    assert np.isnan(sequence.group("left_hand")).all()
    assert not np.isnan(sequence.group("pose")).any()


def test_a_video_of_no_frames_is_said(engine, film):
    engine()
    with pytest.raises(ClipError, match=r"none\.avi: no frame in it"):
        extract_clip(film("none.avi", frames=0, codec="mpeg4"))


def test_a_stretch_outside_the_film_is_said(engine, film):
    engine()
    with pytest.raises(ClipError, match=r"a\.mp4: no frame in it.*start and end"):
        extract_clip(film("a.mp4"), start=30)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (
            {"layout": "kinect_20"},
            "landmarks.layout must be one of body_hands_75, holistic_543, hands_42, got 'kinect_20'",
        ),
        ({"stride": 0}, "landmarks.stride must be at least 1, got 0"),
        ({"min_detection_confidence": 2}, "landmarks.min_detection_confidence must be from 0 to 1, got 2"),
        ({"task": "gone.task"}, "landmarks.task: gone.task: no such file"),
    ],
)
def test_settings_out_of_range_are_said(wrong, says):
    with pytest.raises(RecipeError) as caught:
        ExtractConfig(**wrong)
    assert says in str(caught.value)
