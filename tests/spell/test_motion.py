"""Lines drawn in the air: how alike two are, and where a film draws one."""

import csv
import math

import numpy as np
import pytest

from chereme.bench.spell_words import CLIPS, read_archive
from chereme.errors import RecipeError
from chereme.features.hand import right_hands
from chereme.layout import HAND_POINTS, HANDS_42
from chereme.poses import pose_from_bytes
from chereme.recipe import Recipe
from chereme.spell.motion import Motion, Stroke, best_apart, even_path, find_strokes, read_motions, resemblance

HOOK = np.array([(0, 0), (0, 2), (1, 2)], float)


def turned(path, radians):
    c, s = math.cos(radians), math.sin(radians)
    return path @ np.array([[c, s], [-s, c]])


def test_even_path_forgets_speed_size_and_place():
    slow_first = np.array([(5, 5), (5, 5.1), (5, 5.2), (5, 9), (7, 9)], float)
    np.testing.assert_allclose(even_path(HOOK), even_path(slow_first), atol=1e-6)
    assert np.linalg.norm(even_path(HOOK)) == pytest.approx(1)


def test_even_path_of_a_point_is_nothing():
    assert not even_path(np.ones((4, 2))).any()


@pytest.mark.parametrize(
    ("radians", "alike"),
    [
        pytest.param(0, 1, id="the same"),
        pytest.param(0.3, 1, id="turned by less than is allowed"),
        pytest.param(-0.3, 1, id="the other way"),
        pytest.param(0.35 + 0.5, math.cos(0.5), id="half a radian more than is allowed"),
        pytest.param(-0.35 - 0.5, math.cos(0.5), id="and the other way"),
        pytest.param(math.pi, math.cos(math.pi - 0.35), id="upside down"),
    ],
)
def test_resemblance(radians, alike):
    drawn = even_path(turned(HOOK, radians))
    assert resemblance(drawn, even_path(HOOK), turn=0.35) == pytest.approx(alike, abs=1e-5)


def test_direction_counts():
    assert resemblance(even_path(HOOK[::-1]), even_path(HOOK)) < 0


def hand_drawing(path, frames, still=10):
    """A hand whose index finger draws a path, its palm 1 long, and rests before and after."""
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    moving = np.stack([np.interp(np.linspace(0, along[-1], frames), along, path[:, axis]) for axis in (0, 1)], 1)
    track = np.concatenate([np.repeat(moving[:1], still, 0), moving, np.repeat(moving[-1:], still, 0)])
    points = np.zeros((len(track), 21, 3), np.float32)
    points[:, HAND_POINTS.index("index_finger_tip"), :2] = track
    return points


def strokes(points, motion, **changes):
    settings = {"enough": 0.4, "alike": 0.9, "turn": 0.35} | changes
    return find_strokes(motion, points, np.ones(len(points), np.float32), 30.0, 1.0, **settings)


def test_a_stroke_is_found_where_it_is():
    motion = Motion(("L",), "index_finger_tip", tuple(map(tuple, HOOK)))
    (stroke,) = strokes(hand_drawing(HOOK, 20), motion)
    assert stroke.resemblance > 0.99
    assert stroke.start == pytest.approx(10, abs=3)
    assert stroke.end == pytest.approx(29, abs=3)


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"point": "pinky_tip"}, id="another finger"),
        pytest.param({"least": 5.0}, id="too small"),
        pytest.param({"about": "index_finger_tip"}, id="about itself nothing moves"),
        pytest.param({"path": ((0, 0), (0, -2), (1, -2))}, id="upwards"),
    ],
)
def test_no_stroke(changed):
    settings = {"shapes": ("L",), "point": "index_finger_tip", "path": tuple(map(tuple, HOOK))} | changed
    assert strokes(hand_drawing(HOOK, 20), Motion(**settings)) == []


def test_a_stroke_about_the_wrist_does_not_see_the_arm():
    motion = Motion(("L",), "index_finger_tip", tuple(map(tuple, HOOK)), about="wrist")
    points = hand_drawing(HOOK, 20)
    points[..., 0] += np.linspace(0, 9, len(points))[:, None]
    assert len(strokes(points, motion)) == 1


def test_no_stroke_with_another_hand_or_none():
    motion = Motion(("L",), "index_finger_tip", tuple(map(tuple, HOOK)))
    points = hand_drawing(HOOK, 20)
    assert find_strokes(motion, points, np.full(40, 0.2), 30.0, 1.0, enough=0.4, alike=0.9, turn=0.3) == []
    points[::3] = np.nan
    assert strokes(points, motion) == []


def test_best_apart():
    first, second, third = Stroke(0, 10, 0.9), Stroke(8, 20, 0.95), Stroke(30, 40, 0.91)
    assert best_apart([third, first, second]) == [second, third]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('point = "elbow"', "is no point of a hand"),
        ('about = "elbow"', "is no point of a hand"),
        ("shapes = []", "at least one label"),
        ("path = [[0, 0]]", "at least two places"),
        ("path = [[0, 0], [0, 0]]", "from one place to another"),
        ("path = [[0, 0], [0, nan]]", "from one place to another"),
        ("least = 0", "least must be above 0"),
        ("colour = 1", "unknown key 'colour'"),
    ],
)
def test_motions_that_make_no_sense(line, message):
    lines = {"shapes": 'shapes = ["I"]', "point": 'point = "wrist"', "path": "path = [[0, 0], [1, 0]]"}
    lines[line.partition(" ")[0]] = line
    recipe = Recipe.from_text("[motions.J]\n" + "\n".join(lines.values()))
    with pytest.raises(RecipeError, match=message):
        read_motions(recipe)


def test_motions_of_a_recipe():
    text = """
[motions.H]
shapes = ["K"]
point = "index_finger_tip"
about = "wrist"
path = [[0, 0], [-1, 0]]
least = 0.5
"""
    assert read_motions(Recipe.from_text(text)) == {
        "H": Motion(("K",), "index_finger_tip", ((0.0, 0.0), (-1.0, 0.0)), "wrist", 0.5)
    }
    assert read_motions(Recipe.from_text("")) == {}


J = Motion(("I",), "pinky_tip", ((0, 0), (-0.25, 0.3), (-0.3, 0.7), (0, 0.95), (0.35, 0.85), (0.45, 0.45)))
Z = Motion(("D",), "index_finger_tip", ((0, 0), (-1, -0.05), (0, 0.85), (-1, 0.85)))


@pytest.mark.parametrize("language", ["ase", "bzs"])
def test_real_clips(data, language):
    """The lines of J and Z are in the clips of J and Z, and not in those of letters of the same handshapes."""
    files = read_archive(data / CLIPS / "pose_files_bzs_ase_sgg_gsg.tar.xz")
    rows = csv.DictReader(files["index.csv"].decode().splitlines())
    paths = {row["words"]: row["path"] for row in rows if row["signed_language"] == language}

    def best(letter, motion):
        clip = pose_from_bytes(files[paths[letter]], letter).with_missing(HANDS_42)
        points, _ = right_hands(clip)
        palm = float(np.nanpercentile(np.linalg.norm(points[:, 9, :2] - points[:, 0, :2], axis=1), 75))
        shape = np.ones(len(points), np.float32)
        found = find_strokes(motion, points, shape, clip.fps, palm, enough=0.4, alike=0.3, turn=0.35)
        return max((stroke.resemblance for stroke in found), default=0.0)

    assert best("J", J) > 0.94
    assert best("Z", Z) > 0.94
    assert max(best(letter, J) for letter in "IY") < 0.88
    assert max(best(letter, Z) for letter in "DGL") < 0.88
