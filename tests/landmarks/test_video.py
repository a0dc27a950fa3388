"""Decoding: containers, rotation, narrow pixels, stretches, and what is no usable video."""

import wave
from fractions import Fraction

import pytest

from chereme.errors import ClipError
from chereme.landmarks.video import Video


def frames_of(path, **kwargs):
    with Video(path) as video:
        return [(f.time, f.size, f.rgb()) for f in video.frames(**kwargs)]


def is_red(pixel):
    return pixel[0] > 180 and pixel[1] < 90 and pixel[2] < 90


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("a.mp4", "libx264"),
        ("a.mov", "libx264"),
        ("a.mkv", "libx264"),
        ("a.webm", "libvpx"),
        ("a.avi", "mpeg4"),
        ("a.MP4", "libx264"),
    ],
)
def test_every_container_gives_its_frames_in_order(film, name, codec):
    frames = frames_of(film(name.replace("MP4", "mp4"), codec=codec))
    assert [t for t, _, _ in frames] == pytest.approx([i / 10 for i in range(12)], abs=2e-3)
    assert all(size == (64, 48) and image.shape == (48, 64, 3) for _, size, image in frames)
    assert is_red(frames[0][2][10, 10])
    assert not is_red(frames[0][2][40, 50])


@pytest.mark.parametrize(
    ("rotation", "corner"),
    [
        pytest.param(-90, (5, -5), id="a phone held upright: turned clockwise, red goes to the upper right"),
        pytest.param(90, (-5, 5), id="the other way: lower left"),
        pytest.param(180, (-5, -5), id="upside down: lower right"),
    ],
)
def test_rotation_flag_is_honoured(film, rotation, corner):
    _, size, image = frames_of(film("turned.mp4", frames=2, rotation=rotation))[0]
    assert size == ((64, 48) if rotation == 180 else (48, 64))
    assert image.shape == (size[1], size[0], 3)
    assert image.flags.c_contiguous
    assert is_red(image[corner])
    assert not is_red(image[-corner[0], -corner[1]])


def test_narrow_pixels_become_square(film):
    _, size, image = frames_of(film("anamorphic.mp4", frames=2, pixel=Fraction(3, 2)))[0]
    assert size == (96, 48)
    assert image.shape == (48, 96, 3)


def test_large_frames_are_scaled_down_and_their_true_size_told(film):
    _, size, image = frames_of(film("wide.mp4", frames=1, size=(3840, 64)))[0]
    assert size == (3840, 64)
    assert image.shape == (32, 1920, 3)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        pytest.param(None, 0.3, [0, 1, 2], id="until before the end"),
        pytest.param(0.5, 0.8, [5, 6, 7], id="a stretch"),
        pytest.param(0.98, None, [10, 11], id="to the nearest frame"),
        pytest.param(5, None, [], id="after the film"),
    ],
)
def test_a_stretch_of_a_film(film, name, start, end, expected):
    frames = frames_of(film(name), start=start, end=end, keep_partial=start == 5)
    assert [round(t * 10) for t, _, _ in frames] == expected


def cut(path, share):
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    return path


def sound_only(path):
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(bytes(8000))
    return path


def written(path, text):
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("make", "says"),
    [
        pytest.param(lambda film, tmp: written(tmp / "a.mp4", "a shopping list\n" * 50), "not a video", id="text"),
        pytest.param(
            lambda film, tmp: written(tmp / "a.mp4", f"#EXTM3U\n#EXTINF:1\n{film('b.mp4')}\n"),
            "not a video",
            id="a play list that leads to another file",
        ),
        pytest.param(lambda film, tmp: written(tmp / "a.mp4", ""), "the file is empty", id="no bytes"),
        pytest.param(lambda film, tmp: tmp / "gone.mp4", "No such file", id="no file"),
        pytest.param(lambda film, tmp: tmp, "Is a directory", id="a folder"),
        pytest.param(lambda film, tmp: film("a.mp4", frames=0), "no video", id="mp4 of no frames"),
        pytest.param(lambda film, tmp: film("a.mkv", frames=0), "not a video", id="mkv of no frames"),
        pytest.param(lambda film, tmp: sound_only(tmp / "a.wav"), "only sound in it, no video", id="audio only"),
        pytest.param(
            lambda film, tmp: cut(film("a.mp4"), 0.5), "cut short before its index", id="mp4 without its index"
        ),
        pytest.param(lambda film, tmp: cut(film("a.mp4", index_first=True), 0.6), "cut short or damaged", id="mp4 cut"),
        pytest.param(lambda film, tmp: cut(film("a.mkv"), 0.6), "cut short or damaged", id="mkv cut"),
        pytest.param(lambda film, tmp: cut(film("a.avi", codec="mpeg4"), 0.6), "cut short or damaged", id="avi cut"),
    ],
)
def test_what_is_no_usable_video_is_said_in_one_line(film, tmp_path, make, says):
    path = make(film, tmp_path)
    with pytest.raises(ClipError) as caught:
        frames_of(path)
    line = str(caught.value)
    assert line.startswith(f"{path}: ")
    assert says in line
    assert "\n" not in line


def test_what_comes_before_the_damage_can_be_kept(film):
    frames = frames_of(cut(film("a.mp4", index_first=True), 0.6), keep_partial=True)
    assert 0 < len(frames) < 12


def test_an_unreadable_file_is_said(film):
    path = film("a.mp4", frames=1)
    path.chmod(0)
    try:
        path.open("rb").close()
    except PermissionError:
        with pytest.raises(ClipError, match="Permission denied; check the path"):
            Video(path)
    else:
        pytest.skip("this user may read everything")


def test_a_film_of_no_frames_has_none(film):
    assert frames_of(film("none.avi", frames=0, codec="mpeg4")) == []


def test_a_frame_larger_than_memory_should_take_is_refused(film, monkeypatch):
    monkeypatch.setattr("chereme.landmarks.picture.MAX_PIXELS", 1000)
    with pytest.raises(ClipError, match="64x48 is more than the 1,000 pixels"):
        Video(film("a.mp4", frames=1))
