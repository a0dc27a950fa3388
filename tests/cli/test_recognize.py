"""`chereme recognize`: the agreed JSON, files that fail beside files that do not, and nothing heavy loaded."""

import json
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from chereme.cli.recognize import _line, command
from chereme.errors import ClipError
from chereme.layout import KINECT_20, Layout
from chereme.lexicon import Lexicon, Sign
from chereme.poses import read_pose, write_pose
from chereme.recognize import Recognizer
from chereme.types import PoseSequence
from made_up import hung, made_up_signer

WORDS = {"casa", "pai", "água"}


@pytest.fixture
def pose(signing, tmp_path):
    path = tmp_path / "clip.pose"
    write_pose(signing, path)
    return path


def recognize(*arguments):
    return CliRunner().invoke(command, [str(a) for a in arguments])


def test_pose_as_json(pose, small_bundle):
    run = recognize(pose, "--bundle", small_bundle, "--json")
    assert run.exit_code == 0
    (answer,) = json.loads(run.stdout)
    assert set(answer) == {"file", "predictions", "unknown", "seconds", "bundle"}
    assert (answer["file"], answer["bundle"], answer["unknown"]) == (str(pose), "small", False)
    assert {p["gloss"] for p in answer["predictions"]} == WORDS
    probabilities = [p["probability"] for p in answer["predictions"]]
    assert probabilities == sorted(probabilities, reverse=True)
    assert sum(probabilities) == pytest.approx(1)
    assert set(answer["seconds"]) == {"extract", "recognize"}


def test_words_that_are_hardly_possible_are_not_listed_for_people():
    ranked = [{"gloss": "casa", "probability": 0.99}, {"gloss": "pai", "probability": 0.004}]
    answer = {"file": "x.pose", "predictions": ranked, "unknown": False, "seconds": {"extract": 0.5, "recognize": 0.25}}
    assert _line(answer) == "x.pose: casa 99 %  [0.75 s]"
    unsure = answer | {
        "predictions": [{"gloss": "casa", "probability": 0.003}],
        "unknown": True,
        "unknown_because": "unsure",
    }
    assert _line(unsure) == "x.pose: unknown: no word stands out (perhaps casa 0 %)  [0.75 s]"
    unlike = answer | {"unknown": True, "unknown_because": "unlike"}
    assert _line(unlike) == "x.pose: unknown: unlike any sign it knows (closest: casa)  [0.75 s]"


def test_pose_for_people(pose, small_bundle):
    run = recognize(pose, "--bundle", small_bundle, "--top", 2)
    assert run.exit_code == 0
    (line,) = run.stdout.splitlines()
    assert line.startswith(f"{pose}: ")
    assert line.count(" % ") + line.count(" %,") == 2


def test_the_rest_goes_on(pose, small_bundle, tmp_path):
    fake = tmp_path / "fake.mp4"
    fake.write_text("not a video")
    short = tmp_path / "short.pose"
    short.write_bytes(pose.read_bytes()[:500])
    missing = tmp_path / "missing.pose"
    run = recognize(fake, short, missing, pose, "--bundle", small_bundle, "--json")
    assert run.exit_code == 1
    answers = json.loads(run.stdout)
    assert [a["file"] for a in answers] == [str(p) for p in (fake, short, missing, pose)]
    assert [set(a) == {"file", "error"} for a in answers] == [True, True, True, False]
    assert all("\n" not in a["error"] for a in answers[:3])


def test_a_name_that_no_disk_takes_does_not_stop_the_rest(pose, small_bundle):
    run = recognize("x" * 5000, pose, "--bundle", small_bundle, "--json")
    assert run.exit_code == 1
    failed, named = json.loads(run.stdout)
    assert "too long" in failed["error"]
    assert named["file"] == str(pose)
    assert named["predictions"]


def test_a_failed_file_is_one_line_on_stderr(pose, small_bundle, tmp_path):
    run = recognize(tmp_path / "missing.pose", pose, "--bundle", small_bundle)
    assert run.exit_code == 1
    assert len(run.stdout.splitlines()) == 1
    (line,) = run.stderr.splitlines()
    assert line.startswith("error: ")
    assert line.count("missing.pose") == 1


def test_another_layout_names_what_is_missing(small_bundle, tmp_path):
    path = tmp_path / "kinect.pose"
    write_pose(PoseSequence(np.ones((5, 20, 3), np.float32), KINECT_20, 30.0, (640, 480)), path)
    run = recognize(path, "--bundle", small_bundle, "--json")
    assert run.exit_code == 1
    (answer,) = json.loads(run.stdout)
    assert "cannot do without: pose/left_shoulder" in answer["error"]


def test_landmarks_that_can_be_done_without_are_named(signing, small_bundle, tmp_path):
    names = [n for n in signing.layout.names if n not in ("pose/nose", "pose/left_hip")]
    write_pose(signing.pick(Layout("without", tuple(names))), tmp_path / "x.pose")
    (answer,) = json.loads(recognize(tmp_path / "x.pose", "--bundle", small_bundle, "--json").stdout)
    assert answer["missing"] == ["pose/nose", "pose/left_hip"]
    shown = recognize(tmp_path / "x.pose", "--bundle", small_bundle)
    assert shown.exit_code == 0
    assert "without pose/nose, pose/left_hip: it can do without, but less surely" in shown.stdout


def test_no_hand_is_unknown(signing, small_bundle, tmp_path):
    points = signing.points.copy()
    for side in ("left_hand", "right_hand"):
        points[:, signing.layout.groups[side]] = np.nan
    path = tmp_path / "handless.pose"
    write_pose(signing.with_points(points), path)
    write_pose(hung(signing, slice(None)), tmp_path / "idle.pose")
    for shown in (path, tmp_path / "idle.pose"):
        (answer,) = json.loads(recognize(shown, "--bundle", small_bundle, "--json").stdout)
        assert answer["unknown"]
        assert answer["unknown_because"] == "no_hand"
        said = recognize(shown, "--bundle", small_bundle).stdout
        assert said.startswith(f"{shown}: unknown: no hand seen, unless at rest  [")


def test_folder_of_clips(pose, small_bundle, signing, tmp_path):
    write_pose(signing, tmp_path / "words" / "casa" / "b.pose")
    write_pose(signing, tmp_path / "words" / "a.pose")
    (tmp_path / "words" / "notes.txt").write_text("mine")
    run = recognize(tmp_path / "words", "--bundle", small_bundle, "--json")
    files = [a["file"] for a in json.loads(run.stdout)]
    assert files == [str(tmp_path / "words" / name) for name in ("a.pose", "casa/b.pose")]


def test_folder_of_pictures_is_one_clip(small_bundle, signing, tmp_path, monkeypatch):
    seen = []

    def extract_frames(images, fps, config, name):
        seen.append(([int(image[0, 0, 0]) for image in images], fps, config.mirrored))
        return signing

    monkeypatch.setattr("chereme.landmarks.extract_frames", extract_frames)
    for number in (2, 0, 1):
        Image.new("RGB", (8, 8), (number, 0, 0)).save(tmp_path / f"{number}.png")
    run = recognize(tmp_path, "--bundle", small_bundle, "--fps", 10, "--mirrored", "--json")
    (answer,) = json.loads(run.stdout)
    assert answer["file"] == str(tmp_path)
    assert seen == [([0, 1, 2], 10.0, True)]


def test_empty_folder(small_bundle, tmp_path):
    (answer,) = json.loads(recognize(tmp_path, "--bundle", small_bundle, "--json").stdout)
    assert "no video, picture or .pose" in answer["error"]


def test_video_goes_through_extraction(small_bundle, signing, tmp_path, monkeypatch):
    monkeypatch.setattr("chereme.landmarks.extract_clip", lambda path, config: signing)
    (answer,) = json.loads(recognize(tmp_path / "x.mp4", "--bundle", small_bundle, "--json").stdout)
    assert len(answer["predictions"]) == 3


def test_webcam(small_bundle, signing, monkeypatch):
    monkeypatch.setattr("chereme.landmarks.camera.extract_webcam", lambda *_: signing)
    run = recognize("--webcam", "--bundle", small_bundle, "--json")
    (answer,) = json.loads(run.stdout)
    assert answer["file"] == "webcam 0"
    assert "watching" in run.stderr


def test_webcam_that_is_not_there(small_bundle, monkeypatch):
    def absent(*_):
        raise ClipError("webcam 0: cannot be opened; is it plugged in, allowed, and free?")

    monkeypatch.setattr("chereme.landmarks.camera.extract_webcam", absent)
    run = recognize("--webcam", "--bundle", small_bundle)
    assert run.exit_code == 1
    assert "error: webcam 0: cannot be opened" in run.stderr


@pytest.mark.parametrize("arguments", [(), ("a.mp4", "--webcam")])
def test_usage(arguments):
    assert recognize(*arguments).exit_code == 2


@pytest.fixture
def signs(pose, small_bundle, tmp_path):
    """A lexicon of two signs, one of them shown by the clip."""
    place = tmp_path / "signs.sqlite"
    with Lexicon.open(place, Recognizer.load(small_bundle), create=True) as lexicon:
        lexicon.add(Sign("casa", "bzs", "north", "building"), read_pose(pose))
        lexicon.add(Sign("lar", "ase"), made_up_signer(15, np.random.default_rng(7)))
    return place


def test_signs_of_a_lexicon_instead_of_words(pose, signs):
    (answer,) = json.loads(recognize(pose, "--lexicon", signs, "--json").stdout)
    assert set(answer) == {"file", "predictions", "unknown", "seconds", "bundle", "lexicon"}
    assert (answer["bundle"], answer["lexicon"], answer["unknown"]) == ("small", str(signs), False)
    first, second = answer["predictions"]
    assert {k: v for k, v in first.items() if k != "probability"} == {
        "gloss": "casa",
        "language": "bzs",
        "variant": "north",
        "sense": "building",
    }
    assert first["probability"] > second["probability"]
    assert first["probability"] + second["probability"] == pytest.approx(1)
    shown = recognize(pose, "--lexicon", signs).stdout
    assert "casa (bzs, north, building) " in shown


def test_signs_of_one_language(pose, signs):
    (answer,) = json.loads(recognize(pose, "--lexicon", signs, "--language", "ASE", "--json").stdout)
    assert answer["predictions"] == [{"gloss": "lar", "probability": 1.0, "language": "ase"}]


def test_a_lexicon_and_a_classifier_together(pose, signs, small_bundle):
    (words,) = json.loads(recognize(pose, "--bundle", small_bundle, "--json").stdout)
    (alone,) = json.loads(recognize(pose, "--lexicon", signs, "--json").stdout)
    run = recognize(pose, "--lexicon", signs, "--bundle", small_bundle, "--json")
    (answer,) = json.loads(run.stdout)
    together = {p["gloss"]: p["probability"] for p in answer["predictions"]}
    assert set(together) == {*WORDS, "lar"}
    halves = dict.fromkeys(together, 0.0)
    for p in words["predictions"] + alone["predictions"]:
        halves[p["gloss"]] += p["probability"] / 2
    assert together == pytest.approx(halves)


def test_a_lexicon_that_is_not_there(pose, tmp_path):
    run = recognize(pose, "--lexicon", tmp_path / "none.sqlite")
    assert run.exit_code == 1
    assert "no such lexicon" in str(run.exception)


def test_a_language_without_a_lexicon(pose):
    assert recognize(pose, "--language", "ase").exit_code == 2


def test_nothing_heavy_is_loaded_for_a_pose(pose, small_bundle):
    code = (
        "import sys\n"
        "from chereme.cli.recognize import command\n"
        f"command([{str(pose)!r}, '--bundle', {str(small_bundle)!r}], standalone_mode=False)\n"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(run.stdout.splitlines()[-1].split())
    assert "onnxruntime" in loaded
    heavy = {"torch", "lightning", "mediapipe", "av", "cv2", "matplotlib", "pandas", "pyarrow", "scipy", "sklearn"}
    assert loaded & heavy == set()
