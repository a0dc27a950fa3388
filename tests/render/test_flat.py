import numpy as np
import pytest

from chereme.errors import ClipError
from chereme.render import SignerStyle, draw_flat
from chereme.render.figure import Shape, bulge, ellipse, hull, paint, shaded, stroke
from chereme.render.flat import flat_shapes

SIZE = 200


def area(polygon):
    x, y = polygon.T
    return abs((x * np.roll(y, -1) - y * np.roll(x, -1)).sum()) / 2


def ground(size=64):
    return np.full((size, size, 3), 240, np.uint8)


def test_a_picture_for_each_frame_asked_for(signing):
    every = list(draw_flat(signing, SIZE))
    assert [picture.shape for picture in every] == [(SIZE, SIZE, 3)] * len(signing)
    np.testing.assert_array_equal(list(draw_flat(signing, SIZE, frames=[4, 4, 9])), [every[4], every[4], every[9]])


def test_it_wears_the_colours_of_its_style(signing):
    picture = next(draw_flat(signing, SIZE, SignerStyle(shirt=(10, 200, 30))))
    assert (picture == (10, 200, 30)).all(-1).mean() > 0.05
    assert tuple(picture[0, 0]) == SignerStyle().background


def test_nobody_to_draw_is_said_before_the_first_picture(signing):
    with pytest.raises(ClipError, match="no shoulders"):
        draw_flat(signing.with_points(np.full_like(signing.points, np.nan)), SIZE)


def test_the_nearer_hand_is_painted_last(signing):
    def last(nearer):
        points = signing.points[:1].copy()
        points[:, 15 + nearer, 2] -= 0.3
        (shapes,) = flat_shapes(signing.with_points(points), SIZE)
        return np.concatenate(shapes[-1].polygons)[:, 0].mean()

    assert last(0) > SIZE / 2 > last(1)  # the signer's left is the picture's right


def test_a_hull_of_two_circles_is_a_tapered_limb():
    limb = hull((np.array([0.0, 0]), 2), (np.array([20.0, 0]), 1))
    assert area(limb) == pytest.approx(20 * 3 + np.pi / 2 * (4 + 1), rel=0.02)


def test_an_ellipse_turns_with_its_first_axis():
    tall = ellipse(np.array([5.0, 5.0]), (4, 1), np.array([0.0, 1.0]))
    np.testing.assert_allclose(np.ptp(tall, axis=0), [2, 8], rtol=0.02)


def test_a_stroke_has_its_width():
    assert area(stroke(np.array([[0, 0], [5, 0], [10, 0]]), 2)) == pytest.approx(20)


def test_colours_end_at_white():
    assert shaded((200, 100, 0), 1.5) == (255, 150, 0)


def test_the_line_goes_round_all_polygons_together():
    picture = ground()
    left, right = (np.array([[x, 20], [x + 20, 20], [x + 20, 40], [x, 40]], np.float32) for x in (12, 30))
    paint(picture, [Shape((left, right), (200, 100, 50), 1.5)])
    assert (picture[22:38, 14:48] == (200, 100, 50)).all()  # also where the two meet
    assert picture[30, 11, 0] < 140  # a dark line on either side
    assert picture[30, 51, 0] < 140


def test_a_body_is_darker_at_its_rim_and_leaves_the_rest_alone():
    picture = ground()
    bulge(picture, [hull((np.array([32.0, 32]), 20))], (200, 100, 50), 20)
    assert picture[32, 32, 0] > picture[48, 32, 0] + 20
    assert picture[24, 24, 0] > picture[44, 40, 0]  # light comes from the upper left
    assert (picture[:8] == 240).all()


def test_a_body_outside_the_picture_leaves_it_as_it_was():
    picture = ground()
    bulge(picture, [hull((np.array([-500.0, 32]), 20))], (200, 100, 50), 20)
    assert (picture == 240).all()
