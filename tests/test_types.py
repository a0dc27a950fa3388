import numpy as np
import pytest

from chereme.errors import LayoutError
from chereme.layout import BODY_HANDS_75, HANDS_42, HOLISTIC_543, LAYOUTS, Layout, layout_named
from chereme.types import PoseSequence, Prediction, Ranked


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_a_layout_has_the_landmarks_its_name_promises(layout):
    assert len(layout) == int(layout.name.rpartition("_")[2])
    assert all(0 <= a < len(layout) > b >= 0 for a, b in layout.bones)


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_mirroring_twice_changes_nothing_and_swaps_sides(layout):
    order = np.array(layout.mirrored_order())
    assert (order[order] == np.arange(len(layout))).all()
    for left, right in layout.mirror:
        assert "left" in layout.names[left]
        assert "right" in layout.names[right]


def test_a_missing_landmark_is_named():
    with pytest.raises(LayoutError, match="lacks 33 landmarks: pose/nose"):
        HANDS_42.indices(BODY_HANDS_75.names)
    with pytest.raises(LayoutError, match="no layout is called 'hands'; known: hand_21"):
        layout_named("hands")


def test_a_landmark_named_twice_is_refused():
    with pytest.raises(LayoutError, match="a/b is named twice"):
        Layout("two", ("a/b", "a/b"))


def test_points_must_fit_the_layout():
    with pytest.raises(LayoutError, match=r"\(T, 42, 3\)"):
        PoseSequence(np.zeros((2, 41, 3), np.float32), HANDS_42, 25.0, (640, 480))


def test_a_smaller_layout_is_picked_by_name():
    points = np.arange(543, dtype=np.float32)[None, :, None].repeat(3, axis=2)
    picked = PoseSequence(points, HOLISTIC_543, 25.0, (640, 480)).pick(BODY_HANDS_75)
    assert picked.points[0, 0, 0] == 0
    assert picked.points[0, 32, 0] == 32
    assert picked.landmark("left_hand/wrist")[0, 0] == 501
    assert picked.landmark("right_hand/pinky_tip")[0, 0] == 542


def test_a_mirrored_sequence_stays_in_the_picture(signing):
    mirrored = signing.mirrored()
    width = 1280 / 720
    np.testing.assert_allclose(
        mirrored.landmark("pose/left_wrist")[:, 0], width - signing.landmark("pose/right_wrist")[:, 0], rtol=1e-6
    )
    np.testing.assert_array_equal(mirrored.group("left_hand")[..., 1], signing.group("right_hand")[..., 1])
    np.testing.assert_allclose(mirrored.mirrored().points, signing.points, atol=1e-6)


def test_what_was_filled_adds_up(signing):
    first, second = np.zeros((2, 50, 75), bool)
    first[3, 4] = second[5, 6] = True
    both = signing.with_points(signing.points, filled=first).with_points(signing.points, filled=second)
    assert np.argwhere(both.filled).tolist() == [[3, 4], [5, 6]]
    assert both.with_points(both.points[:10]).filled is None


def test_a_prediction_prints_its_best_first():
    prediction = Prediction((Ranked("casa", 0.7), Ranked("pai", 0.2), Ranked("sopa", 0.1)))
    assert prediction.as_json(top=2) == {
        "predictions": [{"gloss": "casa", "probability": 0.7}, {"gloss": "pai", "probability": 0.2}],
        "unknown": False,
    }


def test_a_prediction_that_declines_says_why():
    prediction = Prediction((Ranked("casa", 0.7),), "unlike")
    assert prediction.unknown
    assert prediction.as_json() == {
        "predictions": [{"gloss": "casa", "probability": 0.7}],
        "unknown": True,
        "unknown_because": "unlike",
    }
