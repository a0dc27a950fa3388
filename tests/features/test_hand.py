"""Numbers of a hand against a slow reference that is written here again, one number at a time, in plain Python."""

import hashlib
import math

import numpy as np
import pytest

from chereme.errors import LayoutError, RecipeError
from chereme.features.hand import (
    HAND_84_EDGES,
    HAND_FEATURES,
    HandFeatureConfig,
    hand_84,
    hand_feature_names,
    hand_features,
    hand_geometry,
    right_hands,
)
from chereme.layout import BODY_HANDS_75, HAND_21, HAND_BONES, HAND_POINTS, HANDS_42, KINECT_20
from chereme.types import PoseSequence
from made_up import made_up_hands

PORTAL_EDGES = (
    "3-4 0-5 17-18 0-17 13-14 13-17 18-19 5-6 5-9 14-15 0-1 9-10 1-2 9-13 10-11 19-20 6-7 15-16 2-3 11-12 7-8".split()
)
"""Features 63 to 83 as the portal's checkpoints have them; `../shared/reference/asl_alphabet.md`."""

PARENTS = {tip: tip - 1 for tip in range(2, 21)} | dict.fromkeys((1, 5, 9, 13, 17), 0)
NUMBER = {name: number for number, name in enumerate(HAND_POINTS)}


@pytest.fixture
def hands(rng):
    """Bent hands, and points anywhere, whose fingers are of no sane length."""
    return np.concatenate([made_up_hands(20, rng), rng.normal(0, 3, (20, 21, 3)).astype(np.float32)])


def slow_scaled(hand):
    """Points about the wrist, by the largest distance from it."""
    about = [[float(a) - float(b) for a, b in zip(point, hand[0], strict=True)] for point in hand]
    reach = max(math.hypot(*point) for point in about) or 1
    return [[v / reach for v in point] for point in about]


def slow_84(hand):
    points = slow_scaled(hand)
    edges = [tuple(map(int, edge.split("-"))) for edge in PORTAL_EDGES]
    return [v for point in points for v in point] + [math.dist(points[a], points[b]) for a, b in edges]


class SlowGeometry:
    """One feature at a time, by what its name says."""

    def __init__(self, hand):
        self.points = slow_scaled(hand)
        flat = max(math.hypot(*point[:2]) for point in self.points) or 1
        self.flat = [[v / flat for v in point[:2]] for point in self.points]
        (ax, ay, az), (bx, by, bz) = self.points[5], self.points[17]
        self.facing = self.unit([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx])

    @staticmethod
    def unit(vector):
        return [v / (math.hypot(*vector) + 1e-6) for v in vector]

    def bone(self, point):
        return self.unit(self.between(point, PARENTS[point]))

    def between(self, a, b):
        return [p - q for p, q in zip(self.points[a], self.points[b], strict=True)]

    def feature(self, name):
        what, _, kind = name.partition("/")
        axis = "xyz".find(name[-1])
        if what == "palm":
            return self.facing[axis]
        first, _, second = (NUMBER.get(part) for part in what.partition("-"))
        match kind.partition("_"):
            case ("x" | "y" | "z", _, _):
                return self.points[first][axis]
            case ("direction", _, _):
                return self.bone(first)[axis]
            case ("bend", _, _):
                return dot(self.bone(PARENTS[first]), self.bone(first))
            case ("lean", _, _):
                return dot(self.bone(first), self.bone(9))
            case ("above", _, knuckle):
                return 2 * dot(self.between(first, NUMBER[knuckle]), self.facing)
            case ("across", _, _):
                return 4 * dot(self.between(first, second), self.between(5, 17))
            case ("plane", "", _):
                return math.dist(self.flat[first], self.flat[second])
            case ("plane", _, _):
                return self.flat[first][axis]
            case ("", _, _):
                return math.dist(self.points[first], self.points[second])
        raise AssertionError(name)


def dot(a, b):
    return sum(p * q for p, q in zip(a, b, strict=True))


def test_the_portals_edges():
    assert [f"{a}-{b}" for a, b in HAND_84_EDGES] == PORTAL_EDGES
    assert {frozenset(edge) for edge in HAND_84_EDGES} == {frozenset(bone) for bone in HAND_BONES}


def test_hand_84_is_the_portals_vector(hands):
    values = hand_84(hands)
    assert (values.shape, values.dtype) == ((40, 84), np.float32)
    np.testing.assert_allclose(values, [slow_84(hand) for hand in hands], atol=2e-6)


def test_hand_84_of_a_hand_worked_by_hand():
    hand = np.zeros((1, 21, 3), np.float32)
    hand[0] += [1, 2, 3]
    hand[0, 4] += [3, 0, 4]  # the farthest point, 5 away
    hand[0, 3] += [3, 0, 0]
    values = hand_84(hand)[0]
    assert values[:3].tolist() == [0, 0, 0]
    np.testing.assert_allclose(values[12:15], [0.6, 0, 0.8], atol=1e-6)
    assert values[63] == pytest.approx(0.8)  # edge 3-4
    assert values[81] == pytest.approx(0.6)  # edge 2-3
    assert np.count_nonzero(np.abs(values[63:]) > 1e-6) == 2


def test_geometry_is_what_its_names_say(hands):
    values, names = hand_geometry(hands), hand_feature_names("geometry")
    assert values.dtype == np.float32
    for row, hand in zip(values, hands, strict=True):
        slow = SlowGeometry(hand)
        np.testing.assert_allclose(row, [slow.feature(name) for name in names], atol=2e-5)


def test_the_order_is_that_of_the_bundles():
    """A bundle knows features by their places alone: with another order here it would answer nonsense."""
    text = "\n".join(hand_feature_names("geometry"))
    assert (text.count("\n") + 1, hashlib.sha256(text.encode()).hexdigest()[:16]) == (314, "2c10f9854479f62c")


@pytest.mark.parametrize("kind", list(HAND_FEATURES))
def test_as_many_names_as_features(kind, hands):
    names = hand_feature_names(kind)
    assert len(set(names)) == len(names) == hand_features(hands, HandFeatureConfig(kind)).shape[1]


@pytest.mark.parametrize("kind", list(HAND_FEATURES))
class TestEveryKind:
    def test_neither_place_nor_size_counts(self, kind, hands):
        moved = hands.astype(np.float64) * 7 + [3, -2, 1]
        near, far = (hand_features(h, HandFeatureConfig(kind)) for h in (hands, moved.astype(np.float32)))
        np.testing.assert_allclose(near, far, atol=2e-4)

    def test_how_the_hand_is_turned_counts(self, kind, hands):
        turned = hands[..., [1, 0, 2]] * np.array([-1, 1, 1], np.float32)
        config = HandFeatureConfig(kind)
        assert (np.abs(hand_features(turned, config) - hand_features(hands, config)).max(1) > 0.1).all()

    @pytest.mark.parametrize("points", [(), (0,), (20,), range(21)])
    def test_a_point_that_is_not_seen_leaves_no_numbers(self, kind, points, hands):
        config = HandFeatureConfig(kind)
        alone = hand_features(hands, config)
        hands[3, list(points)] = np.nan
        values = hand_features(hands, config)
        others = np.arange(len(hands)) != 3
        np.testing.assert_array_equal(values[others], alone[others])
        assert np.isnan(values[3]).any() == bool(len(points))
        if len(points) == 21:
            assert np.isnan(values[3]).all()

    def test_a_hand_without_size(self, kind):
        hand = np.full((1, 21, 3), 0.4, np.float32)
        assert not hand_features(hand, HandFeatureConfig(kind)).any()

    def test_a_hand_seen_edge_on(self, kind, hands):
        hands[..., :2] = 0.4
        assert np.isfinite(hand_features(hands, HandFeatureConfig(kind))).all()

    def test_no_hand(self, kind):
        none = hand_features(np.zeros((0, 21, 3), np.float32), HandFeatureConfig(kind))
        assert none.shape == (0, len(hand_feature_names(kind)))

    def test_one_hand_or_many(self, kind, hands):
        config = HandFeatureConfig(kind)
        alone = np.concatenate([hand_features(hand[None], config) for hand in hands])
        np.testing.assert_allclose(alone, hand_features(hands, config), atol=1e-6)

    def test_a_left_hand_is_as_its_mirror_image(self, kind, hands):
        points = np.full((40, 42, 3), np.nan, np.float32)
        points[:, HANDS_42.groups["right_hand"]] = hands
        right = PoseSequence(points, HANDS_42, 25.0, (640, 480))
        of_right, sides = right_hands(right)
        of_left, other_sides = right_hands(right.mirrored())
        assert (set(sides), set(other_sides)) == ({"right"}, {"left"})
        config = HandFeatureConfig(kind)
        np.testing.assert_allclose(hand_features(of_left, config), hand_features(of_right, config), atol=2e-4)

    def test_the_argument_stays(self, kind, hands):
        before = hands.copy()
        hand_features(hands, HandFeatureConfig(kind))
        np.testing.assert_array_equal(hands, before)


def test_an_unknown_kind():
    with pytest.raises(RecipeError, match=r"hand_features\.kind: 'hand-85' is not known; known: hand-84, geometry"):
        HandFeatureConfig("hand-85")


def sequence(left, right, layout=HANDS_42):
    """Frames in which a hand is seen (its x) or not (None)."""
    points = np.full((len(left), len(layout), 3), np.nan, np.float32)
    for frame, pair in enumerate(zip(left, right, strict=True)):
        for side, x in zip(("left_hand", "right_hand"), pair, strict=True):
            if x is not None:
                points[frame, layout.groups[side]] = x, 2, 3
    return PoseSequence(points, layout, 25.0, (640, 480))


@pytest.mark.parametrize("layout", [HANDS_42, BODY_HANDS_75])
@pytest.mark.parametrize(
    ("left", "right", "xs", "sides"),
    [
        pytest.param([None], [1], [1], ["right"], id="right"),
        pytest.param([1], [None], [-1], ["left"], id="left, mirrored"),
        pytest.param([None], [None], [None], [""], id="none"),
        pytest.param([1], [2], [2], ["right"], id="of both, the right one"),
        pytest.param([1, 1], [2, None], [-1, -1], ["left", "left"], id="the one seen in more frames"),
        pytest.param([1, None], [2, 2], [2, 2], ["right", "right"], id="the right one, seen in more frames"),
        pytest.param([1, None, 1], [None, 2, None], [-1, 2, -1], ["left", "right", "left"], id="never together"),
    ],
)
def test_right_hands(left, right, xs, sides, layout):
    shown = sequence(left, right, layout)
    points, found = right_hands(shown)
    assert found == tuple(sides)
    assert points.dtype == np.float32
    for hand, x in zip(points, xs, strict=True):
        expected = [math.nan] * 3 if x is None else [x, 2, 3]
        np.testing.assert_array_equal(hand, np.tile(np.float32(expected), (21, 1)))


def test_right_hands_of_a_single_hand(rng):
    hand = rng.normal(0, 1, (2, 21, 3)).astype(np.float32)
    hand[1] = np.nan
    given = PoseSequence(hand, HAND_21, 1.0, (10, 10))
    points, sides = right_hands(given)
    assert sides == ("right", "")
    np.testing.assert_array_equal(points, hand)
    points[0] = 0  # the caller's own to change
    assert given.points[0].any()


def test_right_hands_of_a_layout_without_hands():
    with pytest.raises(LayoutError, match="kinect_20 has no group right_hand"):
        right_hands(PoseSequence(np.zeros((1, 20, 3), np.float32), KINECT_20, 30.0, (640, 480)))
