"""The benches of the page: the numbers that they are made of, and one short clip through a real browser."""

from itertools import islice

import numpy as np
import pytest

from chereme.bench import web_parity
from chereme.bench.browser import bench_pages, webcam_film
from chereme.errors import CheremeError
from chereme.landmarks.task_file import holistic_task
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
    compared = web_parity._compare(Recognizer.load(), browsed, str(tmp_path / "holistic.task"))
    assert compared.landmarks.max() < 0.03
    assert len(compared.landmarks) > 3 * 40
    assert compared.seen_by_one.max() == 0
    assert sum(browsed.probabilities.values()) == pytest.approx(1, abs=1e-4)


def test_figures_of_compared_clips():
    def one(name: str, probability: float, *apart: float) -> web_parity._Compared:
        return web_parity._Compared(name, probability, np.array(apart, np.float32), np.array([0.0, 0.5]), True)

    found = web_parity._figures([one("a", 0.01, 0.001, 0.002), one("b", 0.002, 0.02, 0.001)])
    assert found["probabilities_largest"] == 0.01
    assert found["landmarks_largest"] == 0.02
    assert found["landmarks_mean"] == 0.006
    assert found["seen_by_one_alone"] == 0.25
    assert found["same_answer"] == 2
    assert found["clips"] == {"a": [0.01, 0.002], "b": [0.002, 0.02]}


def test_no_node_is_said(monkeypatch, tmp_path):
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(CheremeError, match="need Node and a clone of the repository"):
        bench_pages(tmp_path)


def test_a_webcam_film_is_pictures_one_after_the_other(tmp_path):
    webcam_film([np.zeros((8, 8, 3), np.uint8)] * 3, tmp_path / "a.mjpeg")
    assert (tmp_path / "a.mjpeg").read_bytes().count(b"\xff\xd8\xff") == 3
