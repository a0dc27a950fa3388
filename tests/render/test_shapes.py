import numpy as np
import pytest

from chereme.render.shapes import Layer

SKIN = (200, 150, 120)


def ground(size=64):
    return np.full((size, size, 3), 240, np.uint8)


def layer(size=64):
    return Layer(ground(size), np.array([[0, 0], [size, size]], np.float32), 0)


def vector(*values):
    return np.array(values, np.float32)


def test_a_capsule_covers_its_own_area():
    drawn = layer()
    drawn.capsule(vector(20, 32, 0), vector(44, 32, 0), (6, 6), 1)
    expected = 24 * 12 + np.pi * 6**2
    covered = np.clip(drawn.inside + 0.5, 0, 1).sum()
    assert covered == pytest.approx(expected, rel=0.02)


def test_a_capsule_towards_the_viewer_is_nearest_at_its_near_end():
    drawn = layer()
    drawn.capsule(vector(32, 32, 0), vector(32, 32, -20), (5, 5), 1)
    assert drawn.depth[32, 32] == pytest.approx(-25, abs=0.3)
    np.testing.assert_allclose(drawn.normal[32, 32], [0, 0, -1], atol=0.1)


def test_a_tilted_capsule_has_the_depth_of_a_true_cylinder():
    drawn = layer()
    drawn.capsule(vector(12, 32, 0), vector(52, 32, -40), (5, 5), 1)
    # at 45 degrees the surface above the axis lies nearer by the radius times the square root of two
    assert drawn.depth[32, 32] == pytest.approx(-20 - 5 * 2**0.5, abs=0.3)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["far one first", "near one first"])
def test_the_nearer_shape_hides_the_farther_whatever_the_order(order):
    drawn = layer()
    shapes = [(vector(10, 32, 10), vector(54, 32, 10), 1), (vector(32, 10, -10), vector(32, 54, -10), 2)]
    for i in order:
        start, end, part = shapes[i]
        drawn.capsule(start, end, (5, 5), part)
    assert drawn.part[32, 32] == 2
    assert drawn.part[32, 12] == 1


def test_an_ellipsoid_turns_with_its_first_axis():
    drawn = layer()
    drawn.ellipsoid(vector(32, 32, 0), (20, 8, 8), vector(0, 1), 1)
    assert drawn.part[48, 32] == 1
    assert drawn.part[32, 48] == 0


def test_a_surface_faces_the_viewer_and_stands_forward_by_its_thickness():
    drawn = layer()
    drawn.surface(np.stack([vector(10, 10, 0), vector(54, 10, 0), vector(32, 54, 0)]), np.array([[0, 1, 2]]), 3, 1)
    assert drawn.depth[20, 32] == pytest.approx(-3, abs=1e-3)
    np.testing.assert_allclose(drawn.normal[20, 32], [0, 0, -1], atol=1e-5)


def test_shapes_outside_the_picture_leave_it_as_it_was():
    picture = ground()
    drawn = layer()
    drawn.capsule(vector(-50, -50, 0), vector(-30, -40, 0), (5, 5), 1)
    drawn.ellipsoid(vector(300, 300, 0), (5, 5, 5), vector(1, 0), 1)
    drawn.paint(picture, [(0, 0, 0), SKIN])
    assert (picture == 240).all()


def test_painting_lights_the_side_towards_the_light_and_outlines_the_whole():
    picture = ground()
    drawn = layer()
    drawn.ellipsoid(vector(32, 32, 0), (16, 16, 16), vector(1, 0), 1)
    drawn.paint(picture, [(0, 0, 0), SKIN])
    red = picture[..., 0].astype(int)
    assert red[24, 26] > red[40, 38]
    assert red[32, 32 + 17] < 150  # the outline is darker than ground and skin
    assert red[2, 2] == 240


def test_a_part_before_another_throws_a_contour():
    plain, contoured = ground(), ground()
    for picture, least in ((plain, np.inf), (contoured, 2)):
        drawn = layer()
        drawn.capsule(vector(10, 32, 10), vector(54, 32, 10), (8, 8), 1)
        drawn.capsule(vector(32, 10, -10), vector(32, 54, -10), (4, 4), 2)
        drawn.paint(picture, [(0, 0, 0), SKIN, SKIN], contour=least)
    darker = contoured.astype(int).sum(-1) < plain.astype(int).sum(-1) - 60
    assert darker[32, 26:29].any()
    assert not darker[32, 32]
