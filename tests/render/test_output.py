import numpy as np
import pytest
from PIL import Image

from chereme.errors import ClipError, LayoutError
from chereme.layout import HAND_21
from chereme.render import STYLES, check_suffix, draw_pose, render_to, render_together
from chereme.types import PoseSequence

KINDS = (".mp4", ".gif", ".png", ".svg", ".html")


def part(sequence, frames):
    return sequence.with_points(sequence.points[:frames])


@pytest.mark.parametrize("suffix", KINDS)
@pytest.mark.parametrize("frames", [1, 3])
def test_every_kind_of_file(tmp_path, signing, suffix, frames):
    path = tmp_path / f"a{suffix}"
    assert render_to(part(signing, frames), path, size=96) == frames
    assert path.stat().st_size > 500


@pytest.mark.parametrize("suffix", KINDS)
def test_several_together(tmp_path, signing, suffix):
    path = tmp_path / f"a{suffix}"
    assert render_together([part(signing, 2), part(signing, 4)], ["a", "b"], path, size=96) == 4
    assert path.stat().st_size > 500


def test_a_sheet_has_rows_of_moments_with_their_times(tmp_path, signing):
    assert render_to(signing, tmp_path / "a.png", "skeleton", 72, sheet=10) == 10
    with Image.open(tmp_path / "a.png") as sheet:
        assert sheet.size == (5 * (128 + 6) + 6, 2 * (72 + 16 + 6) + 6)
    render_to(signing, tmp_path / "strip.png", "skeleton", 72)
    with Image.open(tmp_path / "strip.png") as strip:
        assert strip.size == (6 * 128, 72)


def test_compared_in_a_picture_each_has_a_row(tmp_path, signing):
    render_together([part(signing, 8), signing], ["a", "b"], tmp_path / "a.png", "skeleton", 72, sheet=4)
    with Image.open(tmp_path / "a.png") as sheet:
        shown = np.asarray(sheet)
    tile = [[shown[6 + r * 94 :, 6 + c * 134 :][:72, :128] for c in range(4)] for r in range(2)]
    assert not np.array_equal(tile[0][0], tile[0][1])
    np.testing.assert_array_equal(tile[0][2], tile[0][3])  # it has ended
    assert not np.array_equal(tile[1][2], tile[1][3])


@pytest.mark.parametrize("suffix", KINDS)
@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda s: s.with_points(np.full_like(s.points, np.nan)), id="nothing seen"),
        pytest.param(lambda s: part(s, 0), id="no frames"),
    ],
)
def test_nothing_to_draw_leaves_no_file(tmp_path, signing, suffix, make):
    with pytest.raises(ClipError, match=r"no (frames|shoulders|landmark)"):
        render_to(make(signing), tmp_path / f"a{suffix}", size=96)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("factor", [1e-6, 1e6, 1e18])
def test_coordinates_of_any_size_can_be_drawn(signing, style, factor):
    sequence = signing.with_points((part(signing, 2).points * np.float32(factor)).astype(np.float32))
    if factor < 1 and style != "skeleton":
        with pytest.raises(ClipError, match="no shoulders"):  # all in one place
            draw_pose(sequence, style, 96)
        return
    for picture in draw_pose(sequence, style, 96):
        assert picture.std() > 5


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("value", [1e30, -1e30, np.inf, np.nan], ids=str)
def test_single_landmarks_of_nonsense_do_no_harm(signing, style, value):
    points = part(signing, 6).points.copy()
    sane = list(draw_pose(part(signing, 6), style, 96))
    for frame, landmark in enumerate((0, 15, 40, 11, 23, 60)):
        points[frame, landmark] = value
    for whole, picture in zip(sane, draw_pose(signing.with_points(points), style, 96), strict=True):
        assert (np.abs(whole.astype(int) - picture).max(-1) > 40).mean() < 0.1


def test_arms_suffice_for_a_signer(signing):
    names = [f"pose/{side}_{joint}" for joint in ("shoulder", "elbow", "wrist") for side in ("left", "right")]
    at = signing.layout.indices(names)
    arms = type(signing.layout)("arms", tuple(names))
    sequence = PoseSequence(signing.points[:2, at], arms, 25, signing.size)
    assert all(picture.std() > 20 for picture in draw_pose(sequence, "signer", 96))


@pytest.mark.parametrize("style", ["signer", "flat"])
def test_a_layout_without_arms_is_named(style):
    hand = PoseSequence(np.full((2, 21, 3), 0.5, np.float32), HAND_21, 25, (100, 100))
    with pytest.raises(LayoutError, match="pose/left_shoulder"):
        draw_pose(hand, style)


def test_what_is_not_known_is_named():
    with pytest.raises(ClipError, match=r"cannot write \.avi; known: \.mp4, \.gif, \.png, \.svg, \.html"):
        check_suffix("a.avi")
    with pytest.raises(ClipError, match="a file without suffix"):
        check_suffix("a")
    assert check_suffix("A.PNG") == ".png"
    hand = PoseSequence(np.zeros((2, 21, 3), np.float32), HAND_21, 25, (100, 100))
    with pytest.raises(ClipError, match="no style is called 'oil'"):
        draw_pose(hand, "oil")
