"""Numbers of the INCLUDE-123 system and of the alphabet portal as features of a frame: their order, their defects."""

import hashlib

import numpy as np
import pytest

from chereme.errors import LayoutError
from chereme.features import FeatureConfig, FeaturePlan
from chereme.features.hand import hand_84, hand_feature_names
from chereme.layout import BODY_HANDS_75, HAND_21, HAND_POINTS, HOLISTIC_543, HOLISTIC_553, POSE_POINTS, UPPER_BODY_55

nan = float("nan")


def plan(preset, layout=HOLISTIC_543):
    return FeaturePlan(layout, FeatureConfig(preset=preset))


def test_the_order_of_isl_408():
    assert list(plan("isl-408").names) == [
        *(f"pose_points_seen/{point}.{value}" for point in POSE_POINTS for value in ("x", "y", "z", "seen")),
        *(
            f"{side}_hand_points/{point}.{axis}"
            for side in ("left", "right")
            for point in HAND_POINTS
            for axis in "xyz"
        ),
        *(f"face_points/{point}.{axis}" for point in range(0, 442, 9) for axis in "xyz"),
    ]


@pytest.mark.parametrize("layout", [HOLISTIC_543, HOLISTIC_553], ids=lambda layout: layout.name)
def test_isl_408_holds_the_landmarks_themselves(layout, rng):
    points = rng.normal(size=(2, 3, len(layout), 3)).astype(np.float32)
    made = plan("isl-408", layout)
    found = made.compute(points)[1, 2]
    assert found.shape == (408,)
    for name, value in zip(made.names, found, strict=True):
        block, _, landmark = name.partition("/")
        point, _, axis = landmark.rpartition(".")
        group = block.removesuffix("_seen").removesuffix("_points")
        at = layout.index(f"{group}/{point}")
        assert value == (1 if axis == "seen" else points[1, 2, at, "xyz".index(axis)])


def test_defect_hands_by_the_order_of_the_result(rng):
    """A lone right hand stands in the block of the right hand; the source would file it as the first, the left."""
    points = rng.normal(size=(1, 543, 3)).astype(np.float32)
    points[:, HOLISTIC_543.groups["left_hand"]] = nan
    found = plan("isl-408").compute(points)[0]
    assert not found[132:195].any()
    np.testing.assert_array_equal(found[195:258], points[0, HOLISTIC_543.groups["right_hand"]].ravel())


def test_defect_zero_for_what_was_not_seen(rng):
    """NaN until the model's input, where a body that was not seen has 0 beside each landmark, not visibility."""
    points = rng.normal(size=(2, 543, 3)).astype(np.float32)
    points[1] = nan
    raw, found = plan("isl-408").measure(points), plan("isl-408").compute(points)
    assert found[:, 3:132:4].tolist() == [[1] * 33, [0] * 33]
    assert np.isnan(np.delete(raw[1], np.arange(3, 132, 4))).all()


def test_hand_84_is_the_portals(rng):
    points = rng.normal(size=(4, 75, 3)).astype(np.float32)
    right = points[:, BODY_HANDS_75.groups["right_hand"]]
    made = plan("hand-84", BODY_HANDS_75)
    assert list(made.names) == [f"hand_84/{name}" for name in hand_feature_names("hand-84")]
    np.testing.assert_allclose(made.compute(points), hand_84(right), atol=1e-6)
    np.testing.assert_array_equal(plan("hand-84", HAND_21).compute(right), made.compute(points))
    points[2:] = nan
    assert not made.compute(points)[2:].any()


def test_layouts_that_lack_the_landmarks():
    with pytest.raises(LayoutError, match="feature block face_points cannot be computed on layout body_hands_75"):
        plan("isl-408", BODY_HANDS_75)


def test_what_ships_reads_the_same_numbers_in_the_same_order():
    """The model of bundle isl43 was trained on these 522; presets and new blocks must not move them."""
    names = FeaturePlan(UPPER_BODY_55, FeatureConfig()).names
    digest = hashlib.sha256("\n".join(names).encode()).hexdigest()
    assert (len(names), digest[:16]) == (522, "61fe9228c157234c")
