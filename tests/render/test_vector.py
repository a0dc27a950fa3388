import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from chereme.errors import ClipError
from chereme.render.vector import svg_moments, write_svg

SVG = "{http://www.w3.org/2000/svg}"


def written(tmp_path, moments, *arguments, **named):
    path = tmp_path / "a.svg"
    write_svg(list(moments), path, *arguments, **named)
    return ElementTree.parse(path).getroot(), path


@pytest.mark.parametrize(("style", "wide"), [("flat", 2000), ("skeleton", 3556)])
def test_moments_are_frames_of_one_scalable_picture(tmp_path, signing, style, wide):
    root, path = written(tmp_path, svg_moments(signing, [0, 10, 20], style), "água", columns=2)
    inner = root.findall(f"{SVG}svg")
    assert [(int(s.get("width")), int(s.get("height"))) for s in inner] == [(wide, 2000)] * 3
    x, y, across, down = map(int, root.get("viewBox").split())
    assert (x, y) == (0, 0)
    assert across == 2 * wide + 33
    assert down == 2 * 2000 + 33
    assert path.stat().st_size < 3 * 30_000
    assert all(len(s.findall(f".//{SVG}path")) > 3 for s in inner)


def test_a_title_and_captions_are_escaped(tmp_path, signing):
    root, _ = written(tmp_path, svg_moments(signing, [0]), 'a < b & "c"\x07', captions=["<i>&\x00"])
    assert root.find(f"{SVG}title").text == 'a < b & "c"'
    assert root.find(f"{SVG}text").text == "<i>&"


def test_landmarks_not_seen_or_far_off_are_left_out(signing):
    points = signing.points[:1].copy()
    (whole, _), *_ = svg_moments(signing.with_points(points), [0], "skeleton")
    points[0, 33:54] = np.nan
    points[0, 54:75] = 1e9
    (without, _), *_ = svg_moments(signing.with_points(points), [0], "skeleton")
    assert len(without) < 0.6 * len(whole)
    assert "nan" not in without


def test_what_cannot_be_written_is_said(tmp_path, signing):
    with pytest.raises(ClipError, match="signer has no vectors"):
        svg_moments(signing, [0], "signer")
    with pytest.raises(ClipError, match="no frames"):
        write_svg([], tmp_path / "a.svg", "nothing")
    assert not list(tmp_path.iterdir())
