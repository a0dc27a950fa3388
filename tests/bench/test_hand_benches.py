"""The benches of hands in pictures, on sets small enough for a test."""

import io
import tarfile

import numpy as np
import pytest
from PIL import Image

from chereme.bench import extract_images
from chereme.bench.detect_hands import hand_free, measure
from made_up import drawn_hand

BOX = (190, 90, 290, 250)
"""Where `drawn_hand("right")` has its hand."""


@pytest.fixture(scope="module")
def sets(tmp_path_factory):
    """The three sets that the benches read, of drawn hands."""
    root = tmp_path_factory.mktemp("data")
    columns = {
        "libras_letters_univali": "xmin,ymin,xmax,ymax",
        "asl_letters_users": "signer,x0,y0,x1,y1",
        "digits_ankara": "",
    }
    for name, more in columns.items():
        (root / name).mkdir()
        rows = [f"file,label,{more}".rstrip(",")]
        with tarfile.open(root / name / "images.tar", "w") as tar:
            for i in range(4):
                content = io.BytesIO()
                Image.fromarray(drawn_hand("right")).save(content, "jpeg", quality=95)
                about = tarfile.TarInfo(f"{i}.jpg")
                about.size = content.tell()
                content.seek(0)
                tar.addfile(about, content)
                box = ["s"] * more.startswith("signer") + [str(v) for v in BOX] * bool(more)
                rows.append(",".join([f"{i}.jpg", "A", *box]))
        (root / name / "index.csv").write_text("\n".join(rows) + "\n")
    return root


def test_hand_free_pictures_show_no_hand(sets):
    pictures = list(hand_free(sets))
    kinds = [kind for kind, _ in pictures]
    assert kinds.count("libras_letters_univali, hand covered") == 2  # every third
    assert kinds.count("asl_letters_users, hand covered") == 1  # every fourth
    covered = pictures[0][1]
    inside = covered[BOX[1] : BOX[3], BOX[0] : BOX[2]]
    assert np.ptp(inside.reshape(-1, 3), axis=0).max() == 0
    assert covered.shape == (360, 480, 3)
    crops = [image for kind, image in pictures if kind.endswith("beside the hand")]
    assert sorted(crop.shape[:2] for crop in crops) == [(100, 480), (360, 180), (360, 180)]


def test_detect_hands(sets):
    result = measure(sets)
    assert (result.name, result.value, result.n) == ("detect-hands", 1.0, 4)
    assert result.details["digits_ankara_n"] == 4
    assert set(result.details["false_finds"]) == {kind for kind, _ in hand_free(sets)}
    for found in result.details["false_finds"].values():
        assert 0 <= found["ours"] <= 1


def test_extract_images(sets, monkeypatch):
    monkeypatch.setattr(extract_images, "_ROUNDS", 1)
    result = extract_images.measure(sets)
    assert result.n == 4
    assert result.ratio == pytest.approx(result.value / result.peer_value, rel=0.01)
    assert result.details["processes"] == 2
