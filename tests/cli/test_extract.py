"""`chereme extract` as it is typed."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from chereme.cli.extract import command
from chereme.errors import ClipError
from chereme.poses import read_pose
from made_up import made_up_signer


@pytest.fixture
def extract():
    """Runs the verb and gives its result."""

    def run(*arguments):
        return CliRunner().invoke(command, [str(a) for a in arguments])

    return run


@pytest.fixture
def scripted(monkeypatch):
    """No engine: a made-up signer, or an error for a file called bad."""

    def extract_clip(path, config, start=None, end=None):
        if "bad" in path.name:
            raise ClipError(f"{path}: no hand seen in any of 3 frames; drop it")
        return made_up_signer(round(25 * ((end or 2) - (start or 0))), np.random.default_rng(0))

    from chereme.landmarks import job

    monkeypatch.setattr("chereme.landmarks.extract_clip", extract_clip)
    monkeypatch.setattr(job, "extract_clip", extract_clip)
    monkeypatch.setattr(job, "_in_processes", lambda j, _: (job._extract(t, j.config) for t in j.tasks))


def test_a_folder_with_a_bad_file_exits_1_and_says_which(extract, scripted, tmp_path):
    for name in ("in/casa/1.mp4", "in/bad.mp4"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    result = extract(tmp_path / "in", "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert result.stdout == f"1 made, 0 there already, 1 failed: {tmp_path / 'out'}\n"
    assert f"error: {tmp_path / 'in/bad.mp4'}: no hand seen in any of 3 frames; drop it\n" in result.stderr
    assert (tmp_path / "out/casa/1.pose").exists()
    (tmp_path / "in/bad.mp4").unlink()
    again = extract(tmp_path / "in", "-o", tmp_path / "out")
    assert again.exit_code == 0
    assert again.stdout == f"0 made, 1 there already, 0 failed: {tmp_path / 'out'}\n"


def test_json_is_a_list_of_one_object_per_file(extract, scripted, tmp_path):
    for name in ("1.mp4", "bad.mp4"):
        (tmp_path / name).touch()
    result = extract(tmp_path / "1.mp4", tmp_path / "bad.mp4", "-o", tmp_path / "out", "--json")
    assert result.exit_code == 1
    assert result.stderr == ""
    assert json.loads(result.stdout) == [
        {
            "file": str(tmp_path / "1.mp4"),
            "output": str(tmp_path / "out/1.pose"),
            "frames": 50,
            "fps": 25.0,
            "size": [1280, 720],
            "left_hand_seen": 1.0,
            "right_hand_seen": 1.0,
        },
        {
            "file": str(tmp_path / "bad.mp4"),
            "error": f"{tmp_path / 'bad.mp4'}: no hand seen in any of 3 frames; drop it",
        },
    ]
    skipped = json.loads(extract(tmp_path / "1.mp4", "-o", tmp_path / "out", "--json").stdout)
    assert skipped == [{"file": str(tmp_path / "1.mp4"), "output": str(tmp_path / "out/1.pose"), "skipped": True}]


def test_one_clip_to_one_pose(extract, scripted, tmp_path):
    (tmp_path / "1.mp4").touch()
    result = extract(tmp_path / "1.mp4", "-o", tmp_path / "a.pose", "--start", 1, "--end", 2)
    assert result.exit_code == 0, result.output
    assert "25 frames at 25 per second; left hand in 100%, right in 100% of frames" in result.stdout
    assert len(read_pose(tmp_path / "a.pose")) == 25


def test_one_bad_clip(extract, scripted, tmp_path):
    result = extract(tmp_path / "bad.mp4", "-o", tmp_path / "a.pose")
    assert result.exit_code == 1
    assert result.stderr == f"error: {tmp_path / 'bad.mp4'}: no hand seen in any of 3 frames; drop it\n"
    assert not (tmp_path / "a.pose").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["-o", "out"], "name files or folders, or --webcam"),
        (["a.mp4", "--webcam", "0", "-o", "out"], "one of the two"),
        (["a.mp4"], "Missing option '-o'"),
        (["a.mp4", "b.mp4", "-o", "x.pose"], "x.pose is one .pose file, for one clip"),
        (["a.mp4", "-o", "out", "--start", "1"], "--start and --end go with one file"),
        (["a.mp4", "-o", "x.pose", "--start", "2", "--end", "1"], "--end must come after --start"),
        (["a.mp4", "-o", "out", "--stride", "0"], "Invalid value for '--stride'"),
        (["a.mp4", "-o", "out", "--layout", "kinect_20"], "Invalid value for '--layout'"),
    ],
)
def test_wrong_use_exits_2(extract, arguments, says):
    result = extract(*arguments)
    assert result.exit_code == 2
    assert says in result.stderr


def test_a_missing_webcam_exits_1(extract, tmp_path):
    result = extract("--webcam", 97, "-o", tmp_path, "--json")
    assert result.exit_code == 1
    (answer,) = json.loads(result.stdout)
    assert answer["file"] == "webcam 97"
    assert "is it plugged in, allowed, and free" in answer["error"]


def test_webcam_writes_what_it_saw(extract, data, tmp_path):
    """OpenCV opens a film as it opens a camera."""
    film = data / "asl24_videos/videos/all_done/sC_2.mp4"
    result = extract("--webcam", film, "--seconds", 1.5, "-o", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert len(read_pose(tmp_path / "out/webcam.pose")) >= 2


def test_same_film_twice_gives_the_same_file(extract, data, tmp_path):
    film = data / "asl24_videos/videos/all_done/sC_2.mp4"
    for name in ("a.pose", "b.pose"):
        assert extract(film, "-o", tmp_path / name, "--end", 0.4, "--stride", 2).exit_code == 0
    assert (tmp_path / "a.pose").read_bytes() == (tmp_path / "b.pose").read_bytes()
    sequence = read_pose(tmp_path / "a.pose")
    assert sequence.layout.name == "body_hands_75"
    assert len(sequence) == 12
