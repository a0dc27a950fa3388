"""How often a hand was found, by class."""

import numpy as np
import pytest
from PIL import Image

from chereme.dataset.detection import detection_by_class, detection_text, plot_detection, write_detection
from chereme.dataset.store import pack
from chereme.layout import HANDS_42
from chereme.types import Clip, PoseSequence


@pytest.fixture
def classes(tmp_path):
    """Of A, two of three; of B, none of one; a film in which a hand comes and goes counts once."""

    def items():
        for i, (gloss, frames) in enumerate([("A", [1]), ("A", [0]), ("B", [0]), ("A", [0, 1, 0])]):
            points = np.full((len(frames), 42, 3), np.nan, np.float32)
            points[np.array(frames) == 1, 21:] = 0.5
            yield Clip(str(i), "", gloss), PoseSequence(points, HANDS_42, 1.0, (10, 10))

    return detection_by_class(pack(items(), tmp_path / "store"))


def test_rates(classes):
    assert [(c.name, c.pictures, c.detected) for c in classes] == [("A", 3, 2), ("B", 1, 0)]
    assert classes[0].rate == pytest.approx(2 / 3)


def test_table(classes, tmp_path):
    write_detection(classes, tmp_path / "detection.csv")
    assert (tmp_path / "detection.csv").read_bytes().decode() == (
        "class,pictures,detected,rate\r\nA,3,2,0.6667\r\nB,1,0,0.0000\r\n"
    )
    assert detection_text(classes).splitlines()[1:] == [
        "A             3         2  0.667",
        "B             1         0  0.000",
        "all           4         2  0.500",
    ]


def test_plot(classes, tmp_path):
    plot_detection(classes, tmp_path / "detection.png")
    with Image.open(tmp_path / "detection.png") as picture:
        assert picture.width > 600
        assert np.ptp(np.asarray(picture.convert("L"))) > 100
