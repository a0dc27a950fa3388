"""The bench of drawing, small."""

import cv2
import pytest

from chereme.bench import render_speed


def test_render_speed():
    threads = cv2.getNumThreads()
    result = render_speed.measure(size=128, rounds=1, words=1, find=False)
    assert result.name == "render-speed"
    assert 30 < result.n < 100
    assert result.ratio == pytest.approx(result.value / result.peer_value)
    assert result.details["flat"] > result.value > 5
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
