"""Frames that tracking sees no hand in: when they are looked at as pictures, what that costs, the real engine."""

import numpy as np

from chereme.landmarks import hand_tracker
from chereme.landmarks.extractor import ExtractConfig, open_extractor
from chereme.landmarks.hand_film import track_hands
from chereme.landmarks.hand_tracker import AGAIN, MISSED, CloseUpTracker, HandTracker
from chereme.landmarks.hands import HandConfig, HandFinder, SeenHand
from chereme.landmarks.video import Frame
from made_up import drawn_hand

EMPTY = np.zeros((8, 8, 3), np.uint8)


class ScriptedEngines:
    """A tracker that sees a hand in the frames it is told, a finder that finds one in those it is told."""

    def __init__(self, monkeypatch, tracked=(), found=()) -> None:
        self.looks: list[int] = []
        self.opened = self.closed = 0
        self.frame = -1
        script = self

        class Tracker:
            def __init__(self, config): ...

            def look(self, image):
                script.frame += 1
                points = np.full((42, 3), np.nan, np.float32)
                points[21:] = 1.0 if script.frame in tracked else np.nan
                return points, (~np.isnan(points[:, 0])).astype(np.float32)

            def close(self):
                script.closed += 1

        class Finder:
            def __init__(self, config):
                script.opened += 1
                script.config = config

            def find(self, image):
                script.looks.append(script.frame)
                hand = SeenHand(np.full((21, 3), 2.0, np.float32), "left", 0.9)
                return [hand] if script.frame in found else []

            def close(self):
                script.closed += 1

        Tracker.layout = HandTracker.layout
        monkeypatch.setattr(hand_tracker, "HandTracker", Tracker)
        monkeypatch.setattr(hand_tracker, "HandFinder", Finder)

    def run(self, frames):
        with CloseUpTracker(HandConfig(mirrored=True)) as tracker:
            found = [tracker.look(EMPTY)[0] for _ in range(frames)]
        return ["R" if not np.isnan(p[21, 0]) else "L" if not np.isnan(p[0, 0]) else "." for p in found]


def test_a_film_without_a_hand_is_looked_at_now_and_then(monkeypatch):
    engines = ScriptedEngines(monkeypatch)
    assert set(engines.run(2 * AGAIN + MISSED)) == {"."}
    assert engines.looks == [MISSED - 1, MISSED - 1 + AGAIN, MISSED - 1 + 2 * AGAIN]
    assert (engines.opened, engines.closed) == (1, 2)
    assert not engines.config.mirrored  # the frame has been flipped back before


def test_a_hand_that_only_looks_find_is_in_every_frame_from_then_on(monkeypatch):
    engines = ScriptedEngines(monkeypatch, found=range(2, 8))
    assert "".join(engines.run(9)) == "..LLLLLL."
    assert engines.looks == [*range(2, 9)]


def test_tracking_goes_first(monkeypatch):
    engines = ScriptedEngines(monkeypatch, tracked={0, 1, 4, 5, 8, 9}, found=range(12))
    assert "".join(engines.run(12)) == "RR..RRLLRRLL"
    assert engines.looks == [6, 7, 10, 11]


def test_a_hand_that_is_tracked_opens_no_finder(monkeypatch):
    engines = ScriptedEngines(monkeypatch, tracked=range(20))
    assert set(engines.run(20)) == {"R"}
    assert (engines.opened, engines.closed) == (0, 1)


def test_a_hand_that_fills_the_picture():
    """The drawn hand, cut at its fingertips: tracking does not see it, in a film it is seen from the third frame on.

    What is seen is what a picture of it gives, and the film twice gives the same.
    """
    close_up = np.ascontiguousarray(drawn_hand("right")[95:315, 65:246])
    with HandTracker() as plain:
        assert not any(plain.look(close_up)[1].any() for _ in range(4))
    frames = [Frame(i / 25, (181, 220), lambda: close_up) for i in range(12)]
    first, second = track_hands(frames, 25.0), track_hands(frames, 25.0)
    assert np.isnan(first.points[: MISSED - 1]).all()
    with HandFinder() as finder:
        (hand,) = finder.find(close_up)
    assert hand.side == "right"
    for points in first.group("right_hand")[MISSED - 1 :]:
        np.testing.assert_array_equal(points, hand.points)
    np.testing.assert_array_equal(second.points, first.points)


def test_films_of_hands_alone_are_tracked_so():
    with open_extractor(ExtractConfig(layout="hands_42")) as extractor:
        assert isinstance(extractor, CloseUpTracker)
