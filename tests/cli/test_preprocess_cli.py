import json

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from chereme.cli.preprocess import command
from chereme.errors import RecipeError
from chereme.poses import read_pose, write_pose
from chereme.render import draw_signer, write_video
from chereme.types import PoseSequence


@pytest.fixture(scope="module")
def clip():
    """A made-up sign of two seconds, with the first and last posture held for a second each."""
    from made_up import made_up_signer

    signer = made_up_signer(50, np.random.default_rng(0))
    points = np.concatenate([signer.points[:1].repeat(25, 0), signer.points, signer.points[-1:].repeat(25, 0)])
    points[40:43, signer.layout.groups["left_hand"]] = np.nan
    points[55:80, signer.layout.groups["left_hand"]] = np.nan
    return PoseSequence(points, signer.layout, 25.0, (1280, 720))


@pytest.fixture
def pose(tmp_path, clip):
    path = tmp_path / "água.v2.pose"
    write_pose(clip, path)
    return path


@pytest.fixture(scope="module")
def film(tmp_path_factory, clip):
    """The same as a film of a drawn person, shortened, in which the engine finds body and hands."""
    path = tmp_path_factory.mktemp("films") / "drawn.mp4"
    few = clip.with_points(clip.points[15:45])
    write_video(draw_signer(few, 240), path, 25)
    return path


def run(*arguments):
    return CliRunner().invoke(command, [str(a) for a in arguments])


def test_a_pose_is_cut_and_aligned(pose, tmp_path):
    result = run(pose, "-o", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert "água.v2.pose: frames 2" in result.output
    made = read_pose(tmp_path / "out" / "água.v2.pose")
    assert 45 <= len(made) <= 60
    assert made.size == (720, 720)
    shoulders = (made.landmark("pose/left_shoulder") + made.landmark("pose/right_shoulder")) / 2
    np.testing.assert_allclose(np.median(shoulders[:, 1]), 0.52, atol=2e-3)


def test_defect_names_with_dots_collided(pose, tmp_path):
    """The source cut a name at its first dot; both files must come out, each under its own name."""
    other = pose.with_name("água.v1.pose")
    other.write_bytes(pose.read_bytes())
    assert run(pose, other, "-o", tmp_path / "out").exit_code == 0
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "água.v1.json", "água.v1.pose", "água.v2.json", "água.v2.pose",
    ]  # fmt: skip


def test_json_says_cuts_reference_and_gaps(pose, tmp_path):
    result = run(pose, "-o", tmp_path / "out", "--json")
    (answer,) = json.loads(result.stdout)
    assert answer == json.loads((tmp_path / "out" / "água.v2.json").read_text(encoding="utf-8"))
    assert answer["kept"] == answer["end"] - answer["start"] + 1 == len(read_pose(answer["output"]))
    assert (answer["start_by"], answer["motion"]["weights"]) == ("threshold", {"landmarks": 1.0})
    assert answer["reference"]["from_all"] == []
    assert answer["reference"]["still_frames"] == answer["frames"] - answer["kept"]
    short, long = answer["gaps"]["left_hand"]
    assert (short["frames"], short["filled"], short["first"]) == (3, True, 40 - answer["start"])
    assert (long["filled"], long["at_end"]) == (False, answer["end"] < 80)
    assert answer["gaps"]["right_hand"] == []


def test_without_pixels_it_is_said_and_the_landmarks_count(pose, tmp_path):
    result = run(pose, "-o", tmp_path / "out", "--set", "trim.difference=0.3", "--set", "trim.background=0.7")
    assert "no pixels for difference and background" in result.output


def test_explained_in_pictures(pose, tmp_path):
    result = run(pose, "-o", tmp_path / "out", "--explain", "--json", "--set", "trim.kind=complex")
    assert result.exit_code == 0, result.output
    motion, sheet, film = json.loads(result.stdout)[0]["pictures"]
    with Image.open(motion) as picture:
        assert picture.size == (1300, 624)
    with Image.open(sheet) as picture:
        assert picture.width > 1200
        dark = np.asarray(picture)[-200:-60, 300:500].mean()  # an aligned skeleton on its dark ground
        assert dark < 80
    with Image.open(film) as picture:
        assert picture.n_frames == 50  # four seconds, 12.5 pictures each
        assert picture.info["duration"] == 80
    assert (tmp_path / "out" / "água.v2-before-after.gif").stat().st_size < 2_000_000


def test_a_recipe_decides(pose, tmp_path):
    result = run(pose, "-o", tmp_path / "out", "--recipe", "isl43", "--explain", "--json")
    (answer,) = json.loads(result.stdout)
    assert (answer["start"], answer["end"], answer["start_by"]) == (0, 99, "arms")
    assert "reference" not in answer
    assert [p.rpartition("-")[2] for p in answer["pictures"]] == ["after.png", "after.gif"]  # nothing was measured
    assert len(read_pose(answer["output"]).layout) == 55


def test_a_folder_keeps_its_subfolders(pose, tmp_path):
    (tmp_path / "clips" / "casa").mkdir(parents=True)
    pose.rename(tmp_path / "clips" / "casa" / "1.pose")
    assert run(tmp_path / "clips", "-o", tmp_path / "out").exit_code == 0
    assert (tmp_path / "out" / "casa" / "1.pose").is_file()


def test_a_folder_without_clips_is_an_error(tmp_path):
    (tmp_path / "empty").mkdir()
    result = run(tmp_path / "empty", "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert "no video or .pose in this folder" in result.output


def test_bad_files_are_noted_and_the_rest_goes_on(pose, tmp_path):
    bad, same = tmp_path / "bad.pose", tmp_path / "sub" / pose.name
    bad.write_bytes(b"no pose")
    same.parent.mkdir()
    same.write_bytes(pose.read_bytes())
    result = run(bad, pose, same, tmp_path / "gone.mp4", "-o", tmp_path / "out", "--json")
    assert result.exit_code == 1
    first, second, third, fourth = json.loads(result.stdout)
    assert "not a .pose file" in first["error"]
    assert second["kept"] > 0
    assert "would replace that of" in third["error"]
    assert "cannot be read" in fourth["error"]


def test_a_clip_is_not_replaced_by_its_result(pose):
    before = pose.read_bytes()
    result = run(pose, "-o", pose.parent)
    assert result.exit_code == 1
    assert "replaced by its own result" in result.output
    assert pose.read_bytes() == before


def test_a_picture_is_one_frame(tmp_path, clip):
    one = clip.with_points(clip.points[:1])
    write_pose(one, tmp_path / "one.pose")
    result = run(tmp_path / "one.pose", "-o", tmp_path / "out", "--explain", "--json")
    (answer,) = json.loads(result.stdout)
    assert (answer["kept"], len(answer["pictures"])) == (1, 1)


def test_a_film_with_all_three_measures(film, tmp_path):
    mix = [f"--set=trim.{name}={weight}" for name, weight in (("difference", 0.3), ("background", 0.7))]
    result = run(film, "-o", tmp_path / "out", "--explain", "--json", *mix)
    assert result.exit_code == 0, result.output
    (answer,) = json.loads(result.stdout)
    assert answer["motion"] == {"weights": {"landmarks": 0.5, "difference": 0.15, "background": 0.35}, "left_out": []}
    assert answer["frames"] == 30
    assert len(answer["pictures"]) == 3


@pytest.mark.parametrize(
    "arguments", [pytest.param(["a.pose"], id="no folder"), pytest.param(["-o", "out"], id="no clip")]
)
def test_usage_errors(arguments):
    assert run(*arguments).exit_code == 2


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        pytest.param("jovem_ne_1", 3 / 12, 28 / 12, id="12 frames a second"),
        pytest.param("comer_uf_3", 13 / 29.97, 68 / 29.97, id="29.97 frames a second"),
    ],
)
def test_real_clips_are_cut_where_the_source_cut_them(data, tmp_path, name, first, last):
    """By the project's own table `video_metadata_v4.csv`, whose ends are a frame early."""
    video = data / "libras25_videos" / "videos" / f"{name}.mp4"
    result = run(video, "-o", tmp_path, "--json")
    (answer,) = json.loads(result.stdout)
    assert answer["start_seconds"] == pytest.approx(first, abs=0.1)
    assert answer["end_seconds"] - 1 / answer["fps"] == pytest.approx(last, abs=0.2)


def test_features_of_pictures_are_left_alone(pose, tmp_path):
    result = run(pose, "-o", tmp_path / "out", "--set", "preprocess.layout=image_512")
    assert isinstance(result.exception, RecipeError)
    assert "features of pictures" in str(result.exception)


def test_no_input_is_replaced_by_the_result_of_another(pose, tmp_path):
    before = pose.read_bytes()
    film = tmp_path / f"{pose.stem}.mp4"
    film.write_bytes(b"not looked at")
    (tmp_path / "sub").mkdir()
    for out in (tmp_path, tmp_path / "sub" / ".."):
        result = run(film, pose, "-o", out)
        assert result.exit_code == 1
        assert "would replace" in result.stderr
        assert "own result" in result.stderr
        assert pose.read_bytes() == before
