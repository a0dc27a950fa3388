"""What films show: problems, copies, mirror images. The films are made here, of moving shapes."""

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from chereme.curate.alike import find_copies
from chereme.curate.config import Checks
from chereme.curate.film import Look, look_at
from chereme.curate.look import LOOKS, look_at_films
from chereme.curate.rows import Row
from chereme.errors import CollectError
from chereme.layout import BODY_HANDS_75
from chereme.poses import write_pose
from chereme.preprocess.align import turned_round
from made_up import made_up_signer

Scene = Callable[[float], np.ndarray]


def scene(seed: int) -> Scene:
    """A wall and two discs that wander; the wall is the same in all scenes, as in a studio."""
    rng = np.random.default_rng(seed)
    speeds, phases = rng.uniform(2, 9, (2, 2)), rng.uniform(0, 6, (2, 2))
    y, x = np.mgrid[0:1:180j, 0:1:240j]

    def at(time: float) -> np.ndarray:
        picture = 90 + 60 * x + 40 * (y > 0.7)
        for (sx, sy), (px, py) in zip(speeds, phases, strict=True):
            cx, cy = 0.5 + 0.3 * np.sin(sx * time + px), 0.5 + 0.3 * np.sin(sy * time + py)
            picture = np.where((x - cx) ** 2 + (y - cy) ** 2 < 0.02, 230, picture)
        return np.repeat(picture[..., None], 3, 2).astype(np.uint8)

    return at


def write(path: Path, shown: Scene, fps: int = 15, seconds: float = 1.6, size: tuple[int, int] = (240, 180)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for i in range(round(fps * seconds)):
            frame = av.VideoFrame.from_ndarray(shown(i / fps), "rgb24").reformat(*size)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def row(path: str, folder: Path, gloss: str = "x") -> Row:
    return Row("s", gloss, gloss, "0", path=path, folder=str(folder), status="stored")


@pytest.fixture(scope="module")
def films(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    for seed in range(4):
        write(folder / f"{seed}.mp4", scene(seed))
    write(folder / "0-smaller.mp4", scene(0), fps=25, size=(160, 120))
    mirrored = scene(1)
    write(folder / "1-mirrored.mp4", lambda time: mirrored(time)[:, ::-1])
    (folder / "broken.mp4").write_bytes((folder / "2.mp4").read_bytes()[:3000])
    return folder


def test_a_look_at_a_film(films):
    look = look_at(films / "0.mp4")
    assert (look.error, look.frames, look.fps, look.width, look.height, look.people) == ("", 24, 15.0, 240, 180, 0)
    assert look.seconds == pytest.approx(1.6)
    assert look_at(films / "broken.mp4").error.startswith("not a video")
    assert "no such" in look_at(films / "nowhere.mp4").error.lower()


def test_copies_and_mirror_images_are_found_and_other_signs_before_one_wall_are_not(films):
    names = ["0.mp4", "1.mp4", "2.mp4", "3.mp4", "0-smaller.mp4", "1-mirrored.mp4"]
    looks = [look_at(films / name) for name in names]
    found = {(names[a], names[b], kind) for a, b, kind, _ in find_copies([look.thumbs for look in looks])}
    assert found == {("0.mp4", "0-smaller.mp4", "near"), ("1.mp4", "1-mirrored.mp4", "mirrored")}
    assert find_copies([b"", b""]) == []


@pytest.mark.parametrize(
    ("checks", "problem"),
    [
        ({"people": 0}, ""),
        ({}, "people: nobody in view"),
        ({"people": 0, "min_fps": 20}, "few frames per second: 15"),
        ({"people": 0, "min_height": 200}, "small: 240x180"),
        ({"people": 0, "min_seconds": 3}, "short: 1.6 s"),
        ({"people": 0, "max_seconds": 1}, "long: 1.6 s"),
    ],
)
def test_each_check_says_what_it_found(films, tmp_path, checks, problem):
    rows = [row("3.mp4", films)]
    look_at_films(rows, Checks(**checks), tmp_path)
    assert rows[0].problem == problem


def test_rows_are_marked_and_a_film_is_looked_at_once(films, tmp_path, monkeypatch):
    names = ["0.mp4", "1.mp4", "broken.mp4", "0-smaller.mp4", "1-mirrored.mp4"]
    rows = [row(name, films) for name in names] + [Row("s", "y", "y", "0")]
    look_at_films(rows, Checks(people=0, min_height=0), tmp_path)
    assert rows[2].problem.startswith("does not decode: not a video")
    assert (rows[3].copy_of, rows[4].copy_of, rows[4].mirrored) == ("0.mp4", "1.mp4", "mirror image of 1.mp4")
    assert rows[0].copy_of == rows[5].problem == ""

    looked = []
    monkeypatch.setattr("chereme.curate.look.look_at", lambda path: looked.append(path.name) or Look(error="again"))
    (films / "fresh.mp4").write_bytes(b"")
    again = [row(name, films) for name in [*names, "fresh.mp4"]]
    look_at_films(again, Checks(people=0, min_height=0), tmp_path)
    assert looked == ["fresh.mp4"]
    assert again[3].copy_of == "0.mp4"


def test_a_damaged_record_of_looks(tmp_path):
    (tmp_path / LOOKS).write_text("no database at all" * 100)
    with pytest.raises(CollectError, match="remove it"):
        look_at_films([], Checks(), tmp_path)


def test_landmarks_tell_hands_sides_and_copies(films, tmp_path, rng):
    signer = made_up_signer(30, rng)
    points = signer.points.copy()
    points[:, BODY_HANDS_75.index("pose/left_wrist"), :2] = 1.0, 0.6  # the left arm rests: the right one leads
    leads_right = signer.with_points(points)
    unseen = points.copy()
    for hand in ("left_hand", "right_hand"):
        unseen[3:, BODY_HANDS_75.groups[hand]] = np.nan
    poses = {
        "0": leads_right,
        "1": turned_round(leads_right),
        "2": signer.with_points(unseen),
        "3": leads_right.with_points(points * 1.5),
    }
    for name, sequence in poses.items():
        write_pose(sequence, tmp_path / "poses" / f"{name}.pose")
    rows = [row(f"{name}.mp4", films) for name in poses] + [row("0-smaller.mp4", films)]
    look_at_films(rows, Checks(people=0, min_height=0), tmp_path / "out", tmp_path / "poses")
    assert [r.mirrored for r in rows[:2]] == ["", "mirror image of 0.mp4"]
    assert rows[2].problem == "hands: seen in 10% of frames"
    assert rows[3].copy_of == "0.mp4"
    assert rows[4].problem.startswith("no landmarks")


def test_people_are_counted(data):
    """One signer in a real clip; two where two clips stand side by side."""
    from chereme.landmarks.people import count_faces
    from chereme.landmarks.video import Video

    films = [data / "libras25_videos" / name for name in ("casa_vl_6.mp4", "comer_uf_3.mp4")]
    found = [next(data.glob(f"libras25_videos/**/{film.name}")) for film in films]
    pictures = []
    for film in found:
        with Video(film) as video:
            pictures.append(next(video.frames(1.0)).rgb()[:270, :480])
    beside = np.concatenate(pictures, axis=1)
    assert count_faces([*pictures, beside, np.full((200, 300, 3), 90, np.uint8)]) == [1, 1, 2, 0]
