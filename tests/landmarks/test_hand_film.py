"""Hands of films and webcams: times, mirrors, onlookers, by the real engine on a drawn hand."""

import numpy as np
import pytest

from chereme.errors import ClipError
from chereme.landmarks.hand_film import track_clip, track_hands, track_webcam
from chereme.landmarks.hands import HandConfig
from chereme.landmarks.video import Frame
from chereme.render import write_video
from made_up import drawn_hand


@pytest.fixture(scope="module")
def image():
    return drawn_hand("right")


@pytest.fixture(scope="module")
def clip(image, tmp_path_factory):
    path = tmp_path_factory.mktemp("films") / "film.mp4"
    write_video([image] * 30, path, 25.0)
    return path


def frames(image, times):
    return [Frame(time, (image.shape[1], image.shape[0]), lambda: image) for time in times]


def test_a_film(clip):
    sequence = track_clip(clip)
    assert (len(sequence), sequence.fps, sequence.layout.name) == (30, 25, "hands_42")
    assert sequence.size == (480, 360)
    assert not np.isnan(sequence.group("right_hand")[2:]).any()
    assert np.isnan(sequence.group("left_hand")).all()
    assert (sequence.confidence[2:, 21:] > 0.5).all()


def test_a_mirrored_film(image):
    mirrored = np.ascontiguousarray(image[:, ::-1])
    flipped = track_hands(frames(mirrored, [0, 0.04, 0.08]), 25.0, HandConfig(mirrored=True))
    plain = track_hands(frames(image, [0, 0.04, 0.08]), 25.0)
    np.testing.assert_array_equal(flipped.points, plain.points)


def test_uneven_frames_come_out_evenly(image):
    sequence = track_hands(frames(image, [0, 0.04, 0.08, 0.2, 0.24, 0.28]), 25.0)
    assert (len(sequence), sequence.fps) == (8, 25)
    assert sequence.filled[3:5, 21:].all()
    assert not sequence.filled[[0, 1, 2, 5, 6, 7]].any()


def test_an_onlooker_sees_what_came_so_far(image):
    shown = []
    track_hands(frames(image, np.arange(12) * 0.125), 8.0, onlooker=lambda sequence: shown.append(len(sequence)))
    assert shown == [4, 7, 10]


def test_no_frame():
    with pytest.raises(ClipError, match="nothing: no frame in it"):
        track_hands([], 25.0, name="nothing")


def test_a_webcam_stops_after_its_seconds(clip):
    """OpenCV opens a film as it opens a camera."""
    sequence = track_webcam(str(clip), 0.3)
    assert sequence.layout.name == "hands_42"
    assert len(sequence) >= 1
    assert sequence.seconds < 1


def test_a_webcam_that_is_not_there():
    with pytest.raises(ClipError, match="webcam 97: cannot be opened"):
        track_webcam(97, 1.0)
