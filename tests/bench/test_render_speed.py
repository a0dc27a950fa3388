"""The bench of drawing, small."""

from collections.abc import Callable, Iterator
from typing import Any

import cv2
import pytest

from chereme.bench import render_speed
from made_up_clock import MadeUpClock


def test_render_speed(monkeypatch):
    """Pictures are really drawn; only the clock is made up, and a word drawn again costs half of the first time."""
    clock = MadeUpClock()
    monkeypatch.setattr(render_speed, "time", clock)

    def costs(where: object, name: str, seconds: float) -> None:
        draw: Callable[..., Any] = getattr(where, name)
        passes = 0

        def drawn(*args: object) -> Iterator[object]:
            nonlocal passes
            passes += 1
            for picture in draw(*args):
                clock.pass_by(seconds if passes > 1 else 2 * seconds)
                yield picture

        monkeypatch.setattr(where, name, drawn)

    costs(render_speed, "draw_signer", 0.02)
    costs(render_speed, "draw_flat", 0.01)
    costs(render_speed, "draw_pose", 0.005)
    costs(render_speed.PoseVisualizer, "draw", 0.04)
    threads = cv2.getNumThreads()
    result = render_speed.measure(size=128, rounds=2, words=1, find=False)
    assert result.name == "render-speed"
    assert 30 < result.n < 100
    assert (result.value, result.peer_value, result.ratio) == pytest.approx((50, 25, 2))
    assert (result.details["flat"], result.details["skeleton"]) == pytest.approx((100, 200))
    assert result.details["by_the_clock"] == pytest.approx(25)
    assert result.details["size"] == 128
    assert cv2.getNumThreads() == threads


def test_hands_are_looked_for_in_what_was_drawn():
    from chereme.produce import Decoder
    from chereme.render import draw_signer

    sign = Decoder.load("isl43_producer").produce("Month")
    few = sign.with_points(sign.points[8:20])
    found = render_speed._hands_found([draw_signer(few, 512)], [few], 512)
    assert found["of"] >= 12
    assert found["share"] > 0.7
    assert found["median_error_palms"] < 0.15
