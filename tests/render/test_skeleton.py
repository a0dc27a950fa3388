import numpy as np
import pytest

from chereme.errors import ClipError
from chereme.layout import BODY_HANDS_75, HAND_21, HANDS_42
from chereme.render.skeleton import LEFT, RIGHT, draw_skeleton, render_skeleton
from chereme.types import PoseSequence


def test_left_and_right_have_their_own_colour():
    points = np.full((42, 3), np.nan, np.float32)
    points[0] = 0.25, 0.5, 0
    points[21] = 0.75, 0.5, 0
    drawn = draw_skeleton(np.zeros((80, 80, 3), np.uint8), points, HANDS_42)
    assert tuple(drawn[40, 20]) == LEFT
    assert tuple(drawn[40, 60]) == RIGHT


def test_what_was_not_seen_is_left_out():
    empty = np.full((60, 90, 3), 7, np.uint8)
    nothing = np.full((75, 3), np.nan, np.float32)
    np.testing.assert_array_equal(draw_skeleton(empty, nothing, BODY_HANDS_75), empty)
    one_end = nothing.copy()
    one_end[11] = 0.2, 0.2, 0  # a shoulder without the other or its elbow: a dot, no line
    changed = (draw_skeleton(empty, one_end, BODY_HANDS_75) != 7).any(-1)
    assert 0 < changed.sum() < 40


@pytest.mark.parametrize("value", [1e9, -1e9, np.inf], ids=["far right", "far left", "infinite"])
def test_points_beyond_all_pictures_do_no_harm(value):
    points = np.full((21, 3), 0.5, np.float32)
    points[8] = value
    assert draw_skeleton(np.zeros((40, 40, 3), np.uint8), points, HAND_21).any()


def test_the_picture_given_is_not_changed(signing):
    image = np.zeros((72, 128, 3), np.uint8)
    drawn = draw_skeleton(image, signing.points[0], signing.layout)
    assert not image.any()
    assert drawn.any()
    assert drawn.shape == image.shape


def test_render_keeps_the_source_proportions(signing):
    frames = list(render_skeleton(signing, size=90))
    assert len(frames) == len(signing)
    assert frames[0].shape == (90, 160, 3)


@pytest.mark.parametrize(
    ("low", "high", "stray"),
    [
        pytest.param(30, 31, None, id="metres"),
        pytest.param(-0.2, 0.2, None, id="about zero"),
        pytest.param(1e20, 1.1e20, None, id="huge"),
        pytest.param(30, 31, 1e30, id="one landmark far off"),
    ],
)
def test_what_lies_outside_its_picture_is_brought_in(rng, low, high, stray):
    points = np.zeros((2, 21, 3), np.float32)
    points[..., :2] = rng.uniform(low, high, (2, 21, 2))
    if stray:
        points[1, 4, 0] = stray
    inside = next(iter(render_skeleton(PoseSequence(points, HAND_21, 25, (100, 100)), 64)))
    ys, xs = np.nonzero((inside != (24, 26, 32)).any(-1))
    assert ys.min() < 14
    assert ys.max() > 49
    assert xs.min() < 14
    assert xs.max() > 49


def test_a_header_of_absurd_proportions_gives_a_picture_all_the_same(signing):
    tall = PoseSequence(signing.points[:1], signing.layout, 25, (1, 10_000))
    assert next(iter(render_skeleton(tall, 64))).shape == (64, 16, 3)


def test_only_the_frames_asked_for_are_drawn(signing):
    every = list(render_skeleton(signing, 60))
    few = list(render_skeleton(signing, 60, frames=[3, 3, 40]))
    np.testing.assert_array_equal(few, [every[3], every[3], every[40]])


def test_nothing_seen_is_said(signing):
    nobody = signing.with_points(np.full_like(signing.points, np.nan))
    with pytest.raises(ClipError, match="no landmark seen in any of 50 frames"):
        render_skeleton(nobody)
