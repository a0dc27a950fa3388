"""The benches of the page: the numbers that they are made of, and one short clip through a real browser."""

from itertools import islice

import numpy as np
import pytest

from chereme.bench import web_parity, web_size
from chereme.bench.browser import bench_pages, webcam_film
from chereme.errors import CheremeError
from chereme.landmarks.task_file import holistic_task
from chereme.layout import BODY_HANDS_75
from chereme.produce import Decoder
from chereme.recognize import Recognizer
from chereme.render import draw_signer


@pytest.fixture
def clip() -> web_parity._Clip:
    decoder = Decoder.load()
    images = draw_signer(decoder.produce(decoder.demo[0]), size=256)
    return web_parity._Clip("drawn", list(islice(images, 3)), 25.0)


def test_the_browser_finds_what_python_finds(clip, tmp_path):
    try:
        (browsed,) = web_parity._in_browser([clip])
    except CheremeError as error:
        pytest.skip(str(error))
    (tmp_path / "holistic.task").write_bytes(holistic_task())
    python = web_parity._python(Recognizer.load(), clip, str(tmp_path / "holistic.task"))
    compared = web_parity._compare(browsed, python)
    assert compared.landmarks.max() < 0.03
    assert len(compared.landmarks) > 3 * 40
    assert compared.seen_by_one.max() == 0
    assert sum(browsed.probabilities.values()) == pytest.approx(1, abs=1e-4)


def test_figures_of_compared_clips():
    def one(name: str, probability: float, *apart: float) -> web_parity._Compared:
        distances = np.array(apart, np.float32)
        return web_parity._Compared(name, probability, distances, distances, np.array([0.0, 0.5]), True)

    found = web_parity._figures([one("a", 0.01, 0.001, 0.002), one("b", 0.002, 0.02, 0.001)])
    assert found["probabilities_largest"] == 0.01
    assert found["landmarks_largest"] == 0.02
    assert found["landmarks_mean"] == 0.006
    assert found["seen_by_one_alone"] == 0.25
    assert found["same_answer"] == 2
    assert [clip["probability"] for clip in found["clips"].values()] == [0.01, 0.002]
    assert [clip["landmarks_largest"] for clip in found["clips"].values()] == [0.002, 0.02]


def test_what_differs_is_said_of_each_clip():
    apart = np.array([0.01, 0.031, 0.5, np.float32(web_parity.MOST_APART)], np.float32)
    clip = web_parity._Compared("a", 0.1, apart, apart, np.array([0.0, 0.1, 0.0, 0.0]), False)
    assert web_parity._figures([clip])["clips"]["a"] == {
        "probability": 0.1,
        "landmarks_largest": 0.5,
        "landmarks_p99": pytest.approx(0.4859, abs=1e-4),
        "frames": 4,
        "frames_beyond_goal": [1, 2],
        "frames_seen_by_one": [1],
        "same_answer": False,
    }


def test_of_two_answers_only_what_both_saw_is_apart():
    rng = np.random.default_rng(7)
    points = rng.random((3, 75, 3), np.float32)
    left, right = BODY_HANDS_75.indices(["pose/left_shoulder", "pose/right_shoulder"])
    points[:, left, :2], points[:, right, :2] = (0.5, 0.4), (0.25, 0.4)
    other = points.copy()
    other[1, web_parity.READ[0], 0] += 0.1
    other[2] = np.nan
    clip = web_parity._Clip("a", [], 25.0)
    compared = web_parity._compare(
        web_parity._Answer(clip, other, {"sun": 0.6, "rain": 0.4}, False),
        web_parity._Answer(clip, points, {"sun": 0.45, "rain": 0.55}, False),
    )
    np.testing.assert_allclose(compared.farthest, [0, 0.4, 0], atol=1e-6)
    assert len(compared.landmarks) == 2 * len(web_parity.READ)
    assert compared.seen_by_one.tolist() == [0, 0, 1]
    assert compared.probability == pytest.approx(0.15)
    assert not compared.same


def test_one_bit_is_turned_over_and_nothing_else():
    images = [np.full((5, 7, 3), 100, np.uint8), np.full((5, 7, 3), 9, np.uint8)]
    turned = web_parity._turned(web_parity._Clip("a", images, 25.0), 1)
    assert turned.name == "a, green"
    assert np.argwhere(turned.images[0] != images[0]).tolist() == [[2, 3, 1]]
    assert turned.images[0][2, 3, 1] == 101
    assert turned.images[1] is images[1]
    assert (images[0] == 100).all()


def test_a_first_visit_fetches_the_engine_and_a_second_next_to_nothing():
    try:
        found = web_size.measure()
    except CheremeError as error:
        pytest.skip(str(error))
    assert "/api/v1/engine/holistic.task" in found.details["largest_mb"]
    assert 10 < found.value <= 30
    assert found.peer_value < 0.05
    assert all(0 < seconds < 60 for seconds in found.details["seconds_to_first_paint"].values())


def test_no_node_is_said(monkeypatch, tmp_path):
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(CheremeError, match="need Node and a clone of the repository"):
        bench_pages(tmp_path)


def test_a_webcam_film_is_pictures_one_after_the_other(tmp_path):
    webcam_film([np.zeros((8, 8, 3), np.uint8)] * 3, tmp_path / "a.mjpeg")
    assert (tmp_path / "a.mjpeg").read_bytes().count(b"\xff\xd8\xff") == 3
