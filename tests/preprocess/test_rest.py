"""Hands at rest are not looked at, and signing begins when an arm is raised."""

from dataclasses import replace

import numpy as np
import pytest

from chereme.layout import HANDS_42, KINECT_20
from chereme.preprocess import PreprocessConfig, TrimConfig, explain, preprocess, rest_line
from chereme.produce import Decoder
from chereme.recognize import DEFAULT_BUNDLE, DEFAULT_ENCODER, Recognizer
from chereme.types import PoseSequence
from made_up import SIDES, hung

HIDE = PreprocessConfig(layout="upper_body_55", hide_resting=True, dominant=False)
RAISED = TrimConfig(kind="raised", lead=0.0)


def shown(clip: PoseSequence, side: str) -> list[bool]:
    return (~np.isnan(clip.group(f"{side}_hand")).any((1, 2))).tolist()


@pytest.fixture
def rests(signing: PoseSequence) -> PoseSequence:
    """Both arms hang in frames 0 to 9 and from 40 on, the left one in all."""
    return hung(hung(hung(signing, slice(10)), slice(40, None)), slice(None), ("left",))


def test_hands_that_hang_are_hidden_and_others_stay(rests):
    ready = preprocess(rests, HIDE)
    frames = len(rests)
    assert shown(ready, "left") == [False] * frames
    assert shown(ready, "right") == [10 <= t < 40 for t in range(frames)]
    assert np.isfinite(ready.landmark("pose/left_wrist")).all()
    assert shown(preprocess(rests, replace(HIDE, hide_resting=False)), "left") == [True] * frames


def test_signing_lasts_while_an_arm_is_raised(rests):
    found = explain(rests, HIDE, RAISED)
    assert (found.signing.start, found.signing.end, found.signing.start_by) == (10, 39, "arms")
    assert len(found.after) == 30
    more = explain(rests, HIDE, TrimConfig(kind="raised", lead=0.2)).signing
    assert (more.start, more.end) == (5, 44)


def test_what_the_engine_finds_of_a_resting_hand_makes_no_difference(rests):
    """Two recordings of the same sign, in one of which the hand at rest was never found."""
    points = rests.points.copy()
    points[:, rests.layout.groups["left_hand"]] = np.nan
    points[:10, rests.layout.groups["right_hand"]] = np.nan
    seen, unseen = (preprocess(clip, HIDE, RAISED) for clip in (rests, rests.with_points(points)))
    np.testing.assert_array_equal(seen.points, unseen.points)


def test_hands_alone_are_hidden_by_the_body_they_came_with(rests):
    config = PreprocessConfig(layout="hands_42", align="hands", hide_resting=True)
    ready = preprocess(rests, config, TrimConfig(kind="hands"))
    assert len(ready) == 30
    assert shown(ready, "left") == [False] * 30
    alone = rests.pick(HANDS_42)  # without a body nobody knows: they stay
    assert np.isfinite(preprocess(alone, config, TrimConfig(kind="raised")).points).all()


def test_an_arm_is_as_long_as_it_shows(rests):
    """By the longer of both arms: one that points at the camera looks short."""
    points = rests.points.copy()
    elbow, wrist = (rests.layout.index(f"pose/right_{joint}") for joint in ("elbow", "wrist"))
    points[:, wrist] = points[:, elbow] + np.float32([0, 0.01, 0])
    line = rest_line(rests.with_points(points))
    np.testing.assert_allclose(line, 0.42 + 0.85 * 0.44, atol=0.005)


def test_nobody_raises_an_arm(signing):
    still = hung(signing, slice(None))
    assert len(preprocess(still, HIDE, RAISED)) == len(signing)


def test_shoulders_unseen_for_a_while_hide_nothing_there(rests):
    points = rests.points.copy()
    points[:1, [rests.layout.index(f"pose/{side}_shoulder") for side in SIDES]] = np.nan
    ready = preprocess(rests.with_points(points), HIDE)
    assert shown(ready, "right")[:10] == [True] + [False] * 9


def test_arms_never_seen_hide_nothing(rests):
    points = rests.points.copy()
    points[:, [rests.layout.index(f"pose/{side}_elbow") for side in SIDES]] = np.nan
    ready = preprocess(rests.with_points(points), HIDE, RAISED)
    assert len(ready) == len(rests)
    assert shown(ready, "right") == [True] * len(rests)


def test_a_skeleton_without_hands_is_trimmed_too():
    points = np.zeros((20, len(KINECT_20), 3), np.float32)
    for side, x in (("left", 0.2), ("right", -0.2)):
        for joint, y in (("shoulder", 0.0), ("elbow", 0.3), ("wrist", 0.6)):
            points[:, KINECT_20.index(f"body/{side}_{joint}"), :2] = x, y
    points[6:15, KINECT_20.index("body/right_wrist"), 1] = 0.1
    clip = PoseSequence(points, KINECT_20, 25.0, (1, 1))
    found = explain(clip, PreprocessConfig(layout="kinect_20"), RAISED)
    assert (found.signing.start, found.signing.end) == (6, 14)


class TestRecognizersThatShip:
    @pytest.fixture(params=[DEFAULT_BUNDLE, DEFAULT_ENCODER])
    def recognizer(self, request) -> Recognizer:
        return Recognizer.load(request.param)

    @pytest.fixture
    def word(self) -> PoseSequence:
        """`Attack` as the decoder signs it: by the right hand, from beside the hip; the left stays there."""
        return Decoder.load().produce("Attack", 30.0)

    def test_a_resting_hand_that_was_not_found_makes_no_difference(self, recognizer, word):
        points, found = word.points.copy(), 0
        for side in SIDES:
            hand = word.layout.groups[f"{side}_hand"]
            low = points[:, hand.start, 1] > word.landmark(f"pose/{side}_hip")[:, 1]
            found += np.isfinite(points[low, hand.start, 1]).sum()
            points[low, hand] = np.nan
        assert found > len(word)
        unseen = word.with_points(points)
        np.testing.assert_array_equal(recognizer.embed(word), recognizer.embed(unseen))
        assert recognizer.recognize(word) == recognizer.recognize(unseen)

    def test_who_stands_there_says_nothing(self, recognizer, word):
        assert not recognizer.recognize(word).unknown
        assert recognizer.recognize(hung(word, slice(None))).unknown_because == "no_hand"
