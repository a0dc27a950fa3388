import json

import av
import pytest
from click.testing import CliRunner
from PIL import Image

from chereme.cli.render import command
from chereme.poses import write_pose
from chereme.render import render_skeleton, write_video
from chereme.types import PoseSequence


@pytest.fixture
def pose(tmp_path, signing):
    path = tmp_path / "água.pose"
    write_pose(signing.with_points(signing.points[:5]), path)
    return path


def run(*arguments):
    return CliRunner().invoke(command, [str(a) for a in arguments])


def size_of(path):
    with av.open(str(path)) as film:
        stream = film.streams.video[0]
        return stream.width, stream.height, float(stream.average_rate)


@pytest.mark.parametrize(
    ("style", "size"),
    [
        pytest.param("signer", (160, 160), id="signer"),
        pytest.param("flat", (160, 160), id="flat"),
        pytest.param("skeleton", (284, 160), id="skeleton"),
    ],
)
def test_a_video_beside_the_pose(pose, style, size):
    result = run(pose, "--style", style, "--size", 160)
    assert result.exit_code == 0, result.output
    assert "5 frames at 25 per second" in result.output
    assert size_of(pose.with_suffix(".mp4")) == (*size, 25)


def test_several_go_into_a_folder(pose, tmp_path):
    second = tmp_path / "b.pose"
    second.write_bytes(pose.read_bytes())
    result = run(pose, second, "-o", tmp_path / "films", "--size", 96, "--json")
    assert result.exit_code == 0
    assert [r["frames"] for r in json.loads(result.stdout)] == [5, 5]
    assert sorted(p.name for p in (tmp_path / "films").iterdir()) == ["b.mp4", "água.mp4"]


def test_a_bad_file_is_noted_and_the_rest_goes_on(pose, tmp_path):
    bad = tmp_path / "bad.pose"
    bad.write_bytes(b"no pose")
    result = run(bad, pose, "-o", tmp_path / "films", "--size", 96, "--json")
    assert result.exit_code == 1
    first, second = json.loads(result.stdout)
    assert "not a .pose file" in first["error"]
    assert second["frames"] == 5


def test_gif_and_png(pose, tmp_path):
    for name in ("a.gif", "a.png"):
        assert run(pose, "-o", tmp_path / name, "--size", 96).exit_code == 0
    with Image.open(tmp_path / "a.gif") as gif:
        assert gif.n_frames == 5
    with Image.open(tmp_path / "a.png") as strip:
        assert strip.size == (5 * 96, 96)


def test_over_a_video_of_another_rate(pose, tmp_path, signing):
    film, out = tmp_path / "film.mp4", tmp_path / "over.mp4"
    write_video(render_skeleton(signing.with_points(signing.points[:8]), 120, (90, 20, 20)), film, 50)
    result = run(pose, "--over", film, "-o", out)
    assert result.exit_code == 0, result.output
    assert size_of(out) == (214, 120, 25)
    with av.open(str(out)) as drawn:
        frames = [f.to_ndarray(format="rgb24") for f in drawn.decode(video=0)]
    assert 4 <= len(frames) <= 5  # 0.16 s of film at the pose's 25 frames per second


def test_a_pose_without_a_body_says_how_it_can_be_drawn(tmp_path, signing):
    import numpy as np

    path = tmp_path / "nobody.pose"
    points = signing.points.copy()
    points[:, :33] = np.nan
    write_pose(signing.with_points(points), path)
    result = run(path)
    assert result.exit_code == 1
    assert "--style skeleton" in result.output
    assert not path.with_suffix(".mp4").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["a.pose", "b.pose", "-o", "c.mp4"], id="two into one"),
        pytest.param(["a.pose", "b.pose", "--over", "c.mp4"], id="two over one"),
        pytest.param(["a.pose", "--over", "c.mp4", "--style", "signer"], id="a solid signer over a video"),
        pytest.param(["a.pose", "--over", "c.mp4", "-o", "a.svg"], id="over a video, as vectors"),
        pytest.param(["a.pose", "--compare", "-o", "a.png"], id="one alone compared"),
        pytest.param(["a.pose", "b.pose", "--compare"], id="compared into no file"),
        pytest.param(["a.pose", "b.pose", "--compare", "-o", "films"], id="compared into a folder"),
        pytest.param(["a.pose", "--sheet", "4", "-o", "a.mp4"], id="a sheet that moves"),
        pytest.param(["a.pose", "--sheet", "0", "-o", "a.png"], id="a sheet of nothing"),
        pytest.param(["a.pose", "-o", "a.svg", "--style", "signer"], id="shaded vectors"),
        pytest.param(["a.pose", "-o", "a.html", "--style", "flat"], id="a page of a flat signer"),
        pytest.param(["x/a.pose", "y/a.pose", "-o", "films"], id="two of one name into a folder"),
        pytest.param([], id="nothing to draw"),
    ],
)
def test_usage_errors(arguments):
    assert run(*arguments).exit_code == 2


def test_a_suffix_that_we_do_not_write(pose, tmp_path):
    result = run(pose, "-o", tmp_path / "a.avi")
    assert result.exit_code == 1
    assert "cannot write .avi" in result.output


@pytest.mark.parametrize("name", ["a.svg", "a.html", "a.png"])
def test_kinds_that_do_not_move_by_themselves(pose, tmp_path, name):
    result = run(pose, "-o", tmp_path / name, "--size", 96)
    assert result.exit_code == 0, result.output
    assert ("5 frames at 25" if name == "a.html" else "5 moments") in result.output
    assert (tmp_path / name).stat().st_size > 1000


def test_a_sheet_is_a_picture_beside_the_pose(pose):
    assert run(pose, "--sheet", 3, "--size", 96).exit_code == 0
    with Image.open(pose.with_suffix(".png")) as sheet:
        assert sheet.size == (3 * (96 + 6) + 6, 96 + 16 + 12)


def test_several_compared_in_one_film(pose, tmp_path, signing):
    longer, film = tmp_path / "b.pose", tmp_path / "both.mp4"
    write_pose(signing.with_points(signing.points[:8]), longer)
    result = run(pose, longer, "--compare", "-o", film, "--size", 96, "--json")
    assert result.exit_code == 0, result.output
    assert [(r["file"], r["output"], r["frames"]) for r in json.loads(result.stdout)] == [
        (str(pose), str(film), 8),
        (str(longer), str(film), 8),
    ]
    assert size_of(film) == (2 * 102 + 6, 96 + 16 + 12, 25)


def test_one_bad_file_stops_the_comparison(pose, tmp_path):
    result = run(pose, tmp_path / "none.pose", "--compare", "-o", tmp_path / "both.mp4", "--json")
    assert result.exit_code == 1
    assert all("none.pose: cannot be read" in r["error"] for r in json.loads(result.stdout))
    assert not (tmp_path / "both.mp4").exists()


def test_a_layout_without_a_body_says_how_it_can_be_drawn(tmp_path, signing):
    from chereme.layout import HAND_21

    path = tmp_path / "hand.pose"
    hand = PoseSequence(signing.group("left_hand")[:3], HAND_21, 25, signing.size)
    write_pose(hand, path)
    result = run(path)
    assert result.exit_code == 1
    assert f"{path}: layout" in result.output
    assert "pose/left_shoulder" in result.output
    assert "--style skeleton" in result.output
    assert run(path, "--style", "skeleton", "--size", 96).exit_code == 0


def test_a_place_that_cannot_be_written_is_named(pose, tmp_path):
    (tmp_path / "file").write_text("in the way")
    target = tmp_path / "file" / "a.mp4"
    result = run(pose, "-o", target, "--size", 96)
    assert result.exit_code == 1
    assert f"error: {target}: cannot be written: " in result.output
    assert "[Errno" not in result.output
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "água.pose"]


def test_an_unknown_suffix_is_said_before_anything_is_read(tmp_path):
    result = run(tmp_path / "none.pose", "-o", tmp_path / "a.webm")
    assert "cannot write .webm; known: .mp4, .gif, .png, .svg, .html" in result.output
