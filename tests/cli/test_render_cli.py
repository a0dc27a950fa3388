import json

import av
import pytest
from click.testing import CliRunner
from PIL import Image

from chereme.cli.render import command
from chereme.poses import write_pose
from chereme.render import render_skeleton, write_video


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
    [pytest.param("signer", (160, 160), id="signer"), pytest.param("skeleton", (284, 160), id="skeleton")],
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
        pytest.param([], id="nothing to draw"),
    ],
)
def test_usage_errors(arguments):
    assert run(*arguments).exit_code == 2


def test_a_suffix_that_we_do_not_write(pose, tmp_path):
    result = run(pose, "-o", tmp_path / "a.avi")
    assert result.exit_code == 1
    assert "cannot write .avi" in result.output
