"""The real engines on half a second of a real signer: the same numbers as MediaPipe's own, whose hand is whose."""

import json
import re
import zipfile

import numpy as np
import pytest
from mediapipe.python.solutions.holistic import Holistic

from chereme.errors import ClipError, RecipeError
from chereme.landmarks import ExtractConfig, extract_clip, extract_frames
from chereme.landmarks.camera import extract_webcam
from chereme.landmarks.holistic import HolisticExtractor
from chereme.landmarks.task_file import holistic_task
from chereme.landmarks.tasks import TasksExtractor
from chereme.landmarks.video import Video

END = 0.5  # seconds: 15 frames


@pytest.fixture(scope="module")
def images(person):
    with Video(person) as video:
        return [frame.rgb() for frame in video.frames(end=END)]


@pytest.fixture(scope="module")
def plain(person):
    return extract_clip(person, end=END)


def test_same_file_twice_is_the_same_to_the_bit(person, plain):
    again = extract_clip(person, end=END)
    np.testing.assert_array_equal(again.points, plain.points)
    np.testing.assert_array_equal(again.confidence, plain.confidence)


def test_landmarks_equal_a_bare_holistic_loop_to_the_bit(images, plain):
    """Leaving the face part out of the graph must not move the rest."""
    with Holistic(model_complexity=1) as bare:
        for t, image in enumerate(images):
            found = bare.process(image)
            parts = [found.pose_landmarks, found.left_hand_landmarks, found.right_hand_landmarks]
            for group, part in zip(("pose", "left_hand", "right_hand"), parts, strict=True):
                if part is None:
                    assert np.isnan(plain.group(group)[t]).all()
                    continue
                expected = np.array([(p.x, p.y, p.z) for p in part.landmark], np.float32)
                expected[:, [0, 2]] *= np.float32(640 / 360)
                np.testing.assert_allclose(plain.group(group)[t], expected, rtol=1e-6)


def test_points_are_in_frame_heights_and_seen_ones_have_confidence(plain):
    assert plain.points.shape == (15, 75, 3)
    assert plain.size == (640, 360)
    nose = plain.landmark("pose/nose")
    assert (abs(nose[:, 0] - 640 / 360 / 2) < 0.3).all()  # the signer stands about in the middle
    np.testing.assert_array_equal(plain.confidence > 0, plain.seen)


def test_left_is_the_signers_own(plain):
    """Who faces the camera has the left hand on the right of the picture."""
    assert (plain.landmark("pose/left_shoulder")[:, 0] > plain.landmark("pose/right_shoulder")[:, 0]).all()
    for side in ("left", "right"):
        apart = plain.landmark(f"{side}_hand/wrist") - plain.landmark(f"pose/{side}_wrist")
        assert np.nanmedian(np.linalg.norm(apart[:, :2], axis=-1)) < 0.05


def test_a_mirrored_film_gives_the_same_signer_once_that_is_said(images, plain):
    mirrored = [image[:, ::-1] for image in images]
    told = extract_frames(mirrored, plain.fps, ExtractConfig(mirrored=True))
    np.testing.assert_array_equal(told.points, plain.points)

    untold = extract_frames(mirrored, plain.fps)  # sides are swapped, about where the mirror says
    apart = np.linalg.norm((untold.points - plain.mirrored().points)[:, 33:, :2], axis=-1)
    assert np.nanmedian(apart) < 0.03
    swapped = np.linalg.norm((untold.points - plain.points)[:, 33:, :2], axis=-1)
    assert np.nanmedian(swapped) > 2 * np.nanmedian(apart)


def test_stride_stays_near_on_a_real_sign(person, plain):
    strided = extract_clip(person, ExtractConfig(stride=2), end=END)
    assert len(strided) == len(plain)
    assert strided.filled[1::2, :33].all()
    assert not strided.filled[::2].any()
    apart = np.linalg.norm((strided.points - plain.points)[:, :23, :2], axis=-1)
    assert np.nanmean(apart) < 0.03


def test_holistic_543_has_the_face_and_the_same_body_and_hands(images, plain):
    full = extract_frames(images[:4], plain.fps, ExtractConfig(layout="holistic_543"))
    assert full.points.shape == (4, 543, 3)
    assert not np.isnan(full.group("face")).any()
    np.testing.assert_array_equal(full.pick(plain.layout).points, plain.points[:4])


def test_engine_logs_nothing(images, plain, capfd):
    extract_frames(images[:2], plain.fps)
    assert capfd.readouterr().err == ""


def test_nobody_in_a_real_picture(film):
    with pytest.raises(ClipError, match="nobody seen in any of 3 frames"):
        extract_clip(film("noise.mp4", frames=3))


def test_a_picture_of_a_person(images, tmp_path):
    from PIL import Image

    Image.fromarray(images[0]).save(tmp_path / "a.png")
    sequence = extract_clip(tmp_path / "a.png")
    assert len(sequence) == 1
    assert sequence.seen[0, :33].all()


def test_webcam_stops_after_its_seconds_or_at_the_end(person):
    """OpenCV opens a film as it opens a camera."""
    sequence = extract_webcam(str(person), seconds=0.7)
    assert len(sequence) >= 2
    assert sequence.seconds < 1.2
    assert sequence.size == (640, 360)


def test_a_missing_webcam_is_said():
    with pytest.raises(ClipError, match="webcam 97: cannot be opened; is it plugged in, allowed, and free"):
        extract_webcam(97, 1)


@pytest.fixture(scope="module")
def task(tmp_path_factory):
    """A holistic bundle of the wheel's own models, as the Tasks interface wants it."""
    path = tmp_path_factory.mktemp("task") / "holistic.task"
    path.write_bytes(holistic_task())
    return path


def test_a_bundle_is_the_same_each_time(task):
    assert holistic_task() == task.read_bytes()


def test_tasks_bundle_finds_the_same_body_and_hands(task, images, plain):
    sequence = extract_frames(images, plain.fps, ExtractConfig(task=str(task)))
    apart = np.linalg.norm((sequence.points - plain.points)[..., :2], axis=-1)
    assert np.nanmean(apart[:, 33:]) < 0.004
    assert np.nanmean(apart[:, :33]) < 0.02
    assert sequence.seen[:, 33:].mean() > 0.8
    again = extract_frames(images, plain.fps, ExtractConfig(task=str(task)))
    np.testing.assert_array_equal(again.points, sequence.points)


def test_both_engines_count_the_same_overlap_of_bodies_as_one(task):
    with TasksExtractor(ExtractConfig(task=str(task))) as tasks, HolisticExtractor(ExtractConfig()) as holistic:
        graphs = [str(tasks._landmarker._runner.get_graph_config()), holistic._graph._graph.text_config]
    overlap = re.compile(r"pose_?detect.*?min_suppression_threshold: ([\d.]+)", re.DOTALL)
    assert [overlap.findall(graph)[0] for graph in graphs] == ["0.3", "0.3"]


def test_what_is_no_tasks_bundle_is_said(tmp_path, images):
    (tmp_path / "a.task").write_text(json.dumps({}))
    with pytest.raises(RecipeError, match=r"a\.task: not a \.task bundle"):
        extract_frames(images[:1], 30, ExtractConfig(task=str(tmp_path / "a.task")))
    with zipfile.ZipFile(tmp_path / "b.task", "w") as bundle:
        bundle.writestr("readme.txt", "hello")
    with pytest.raises(RecipeError, match=r"b\.task: not a holistic bundle"):
        extract_frames(images[:1], 30, ExtractConfig(task=str(tmp_path / "b.task")))
