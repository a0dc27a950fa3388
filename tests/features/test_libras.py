"""The numbers of the Libras system: their order as the reference lists it, and each of its defects mended."""

import numpy as np
import pytest

from chereme.bench.features import made_up_holistic
from chereme.bench.libras_loop import loop_frames, loop_gaps, loop_libras
from chereme.errors import LayoutError, RecipeError
from chereme.features import PRESETS, FeatureConfig, FeaturePlan, FrameFacts, SamplingConfig, features
from chereme.features.facts import HandGaps, hand_gaps
from chereme.layout import BODY_HANDS_75, HAND_POINTS, HANDS_42, HOLISTIC_543, POSE_POINTS, UPPER_BODY_55
from chereme.preprocess import PreprocessConfig, preprocess

nan = float("nan")

POSE_ANGLES = (
    "12 14 16, 14 16 18, 18 16 22, 14 12 24, 11 13 15, 13 15 17, 17 15 21, 13 11 23, 13 15 19, 14 16 20, 11 0 12,"
    " 11 15 19, 12 16 20"
)
HAND_ANGLES = (
    "0 1 2, 1 2 3, 2 3 4, 5 6 7, 6 7 8, 9 10 11, 10 11 12, 13 14 15, 14 15 16, 17 18 19, 18 19 20, 4 0 8, 8 0 16,"
    " 0 9 12, 0 17 20"
)
POSE_DISTANCES = "15 16, 19 20, 21 22, 15 0, 16 0, 15 11, 16 12, 15 12, 16 11"
HAND_DISTANCES = "4 8, 4 12, 4 16, 4 20, 8 12, 12 16, 16 20, 8 16, 8 20, 5 9, 9 13, 13 17"
POSE_DIFFERENCES = "0, 11, 12, 13, 14, 15, 16, 19, 20, 21, 22"
HAND_DIFFERENCES = "0, 4, 8, 12, 16, 20, 5, 9, 13, 17"
"""Typed from the tables of the reference, section f, and on purpose not taken from the code."""


def plan(preset="libras-339", layout=HOLISTIC_543, **settings) -> FeaturePlan:
    return FeaturePlan(layout, FeatureConfig(preset=preset, **settings))


def values(points, facts=None, preset="libras-339", **settings):
    """Numbers of one clip by name."""
    made = plan(preset, **settings)
    return dict(zip(made.names, made.compute(points, facts).T, strict=True))


def named(block, pose, hand, ends):
    found = []
    for group, numbers in (("pose", pose), ("right_hand", hand), ("left_hand", hand)):
        points = POSE_POINTS if group == "pose" else HAND_POINTS
        for each in numbers.split(", "):
            found += [f"{block}/{group}/{'-'.join(points[int(i)] for i in each.split())}{end}" for end in ends]
    return found


def positions():
    return [
        f"positions/{group}/{point}.{axis}"
        for group, points in (("pose", POSE_POINTS), ("right_hand", HAND_POINTS), ("left_hand", HAND_POINTS))
        for axis in "xy"
        for point in points
    ]


ANGLES = named("angles", POSE_ANGLES, HAND_ANGLES, (".sin", ".cos"))
DIFFERENCES = named("differences", POSE_DIFFERENCES, HAND_DIFFERENCES, (".x", ".y"))
DISTANCES = named("distances", POSE_DISTANCES, HAND_DISTANCES, ("",))
METADATA = [
    *(f"clip_metadata/{name}" for name in ("fps", "frames", "seconds", "place")),
    *(f"hand_metadata/{name}" for name in ("left_guessed", "left_gap", "right_guessed", "right_gap")),
]


def test_how_many_of_each():
    assert [len(part) for part in (ANGLES, DIFFERENCES, DISTANCES, METADATA, positions())] == [86, 62, 33, 8, 150]


def test_the_order_of_libras_189():
    assert list(plan("libras-189").names) == [*ANGLES, *DIFFERENCES, *DISTANCES, *METADATA]


def test_the_order_of_libras_339():
    assert list(plan("libras-339").names) == [*ANGLES, *DIFFERENCES, *DISTANCES, *positions(), *METADATA]


@pytest.mark.parametrize("layout", [HOLISTIC_543, BODY_HANDS_75], ids=lambda layout: layout.name)
def test_each_number_reads_the_landmarks_that_its_name_says(layout, rng):
    """Moving a landmark changes the numbers that name it and no other."""
    points = rng.normal(size=(1, len(layout), 3)).astype(np.float32)
    made = plan(layout=layout, leave_out=("*_metadata/*", "differences/*"))
    before = made.compute(points)[0]
    for i, landmark in enumerate(layout.names):
        moved = points.copy()
        moved[0, i] += np.float32([0.3, 0.4, 0.5])
        group, _, point = landmark.partition("/")
        changed = {name for name, a, b in zip(made.names, before, made.compute(moved)[0], strict=True) if a != b}
        reads = {
            n for n in made.names if n.split("/")[1] == group and point in n.split("/")[2].split(".")[0].split("-")
        }
        assert changed <= reads
        assert len(reads - changed) <= 2  # a cosine may round to the same number


def test_a_function_per_number_and_frame_gives_the_same(rng):
    clips = [made_up_holistic(rng) for _ in range(3)]
    chosen = np.arange(len(clips[0]))
    together = FrameFacts.stack([FrameFacts.of(clip, chosen) for clip in clips])
    ours = plan().compute(np.stack([clip.points for clip in clips]), together)
    for clip, numbers in zip(clips, ours, strict=True):
        np.testing.assert_allclose(
            numbers, loop_libras(loop_frames(clip, loop_gaps(clip)), len(clip), clip.fps), atol=1e-5
        )


def test_a_large_batch_gives_what_each_clip_gives(rng):
    points = rng.normal(size=(40, 30, 543, 3)).astype(np.float32)
    batch = plan().compute(points)
    for i in (0, 29, 30, 39):
        np.testing.assert_array_equal(batch[i], plan().compute(points[i]))


def test_picture_and_folder_shapes(rng):
    points = rng.normal(size=(2, 3, 4, 543, 3)).astype(np.float32)
    deep = plan().compute(points)
    assert deep.shape == (2, 3, 4, 339)
    np.testing.assert_array_equal(deep[1, 2], plan().compute(points[1, 2]))


def elbow(x, y):
    """One frame in which the right forearm points to (x, y) from an elbow that hangs below its shoulder."""
    points = np.zeros((1, 543, 3), np.float32)
    points[0, 12, :2], points[0, 14, :2], points[0, 16, :2] = (0, -1), (0, 0), (x, y)
    return points


@pytest.mark.parametrize(
    ("x", "y", "sine", "cosine"),
    [
        pytest.param(0, -2, 0, 1, id="folded"),
        pytest.param(3, 0, 1, 0, id="a quarter clockwise as seen"),
        pytest.param(0, 1, 0, -1, id="straight"),
        pytest.param(-1, 0, -1, 0, id="three quarters"),
        pytest.param(0, 0, 0, 1, id="a side of no length"),
    ],
)
def test_angles_run_clockwise(x, y, sine, cosine):
    """The first is called right_shoulder_angle in the source, and lies at the elbow: names say what is read."""
    name = "angles/pose/right_shoulder-right_elbow-right_wrist"
    found = values(elbow(x, y))
    assert plan().names[:2] == (f"{name}.sin", f"{name}.cos")
    assert (found[f"{name}.sin"][0], found[f"{name}.cos"][0]) == pytest.approx((sine, cosine), abs=1e-6)


def test_defect_distances_stay_near_minus_1():
    """The source divides by √8 and takes 1 off: a hand's breadth is -0.9 there. Ours are in shoulder widths."""
    points = np.zeros((1, 543, 3), np.float32)
    points[0, 15, :2], points[0, 16, :2] = (1.5, 2), (0, 0)
    assert values(points)["distances/pose/left_wrist-right_wrist"][0] == 2.5


def test_defect_unseen_reads_as_a_position(rng):
    """A group that was not seen is NaN in `measure`, 0 beside a mask in `compute`, and never an average hand."""
    points = rng.normal(size=(4, 543, 3)).astype(np.float32)
    points[1:3, HOLISTIC_543.groups["left_hand"]] = nan
    made = plan()
    left = np.array(["/left_hand/" in name for name in made.names])
    raw = made.measure(points)
    late = np.array(["differences/left_hand" in name for name in made.names])
    assert np.isnan(raw[1:3][:, left]).all()
    assert not np.isnan(raw[:, ~left]).any()
    assert np.isnan(raw[3, late]).all()
    found = made.compute(points)
    assert not found[1:3][:, left].any()
    mask = found[:, made.names.index("hand_metadata/left_guessed")]
    assert mask.tolist() == [-1, 1, 1, -1]


def test_defect_a_movement_is_not_divided_by_its_time(rng):
    """Frames taken twice as far apart give the same difference, where the source's would be twice as large."""
    way = rng.normal(size=(1, 543, 3)).astype(np.float32)
    points = np.arange(9, dtype=np.float32)[:, None, None] * way * np.float32(0.1)
    every, second = (
        values(points[::step], FrameFacts(np.arange(0.0, 9, step), np.array(9.0), np.array(20.0))) for step in (1, 2)
    )
    name = "differences/right_hand/index_finger_tip.x"
    np.testing.assert_allclose(every[name][1:5], second[name][1:], rtol=1e-4)
    tenth_of_a_second = values(points[::2])[name]  # with nothing known of time the source's number: half the way
    np.testing.assert_allclose(second[name], tenth_of_a_second, rtol=1e-4)
    track = points[::2, HOLISTIC_543.index("right_hand/index_finger_tip"), 0]
    np.testing.assert_allclose(tenth_of_a_second[1:], np.diff(track) / 2, rtol=1e-4)


def test_a_repeated_frame_does_not_move(rng):
    points = rng.normal(size=(3, 543, 3)).astype(np.float32)
    facts = FrameFacts(np.array([0.0, 0.0, 1.0]), np.array(2.0), np.array(25.0))
    found = values(points, facts)["differences/pose/nose.x"]
    assert found[0] == found[1] == 0 != found[2]


def test_defect_frame_rate_length_and_duration_tell_the_source(rng):
    """They are off, as 0 in their places, until a recipe asks for them."""
    points = rng.normal(size=(6, 543, 3)).astype(np.float32)
    ines, brasil = (FrameFacts(np.arange(6.0), np.array(6.0), np.array(fps)) for fps in (12.0, 60.0))
    told = [f"clip_metadata/{name}" for name in ("fps", "frames", "seconds")]
    for facts in (ines, brasil):
        found = values(points, facts)
        assert not any(found[name].any() for name in told)
        np.testing.assert_allclose(found["clip_metadata/place"], np.arange(6) / 6, rtol=1e-6)
    asked = [values(points, facts, source_metadata=True) for facts in (ines, brasil)]
    assert [float(found[told[0]][3]) for found in asked] == pytest.approx([-0.6, 1])
    assert float(asked[0][told[1]][0]) == pytest.approx(2 * 6 / 350 - 1)
    assert float(asked[0][told[2]][0]) == pytest.approx(2 * 0.5 / 7 - 1)


def test_defect_a_mirrored_hand_turns_its_angles_the_other_way(rng):
    """Mirrored before features, left and right change places and sines their sign, as if signed with the other hand."""
    points = rng.normal(size=(5, 543, 3)).astype(np.float32)
    mirrored = points[:, HOLISTIC_543.mirrored_order()] * np.float32([-1, 1, 1])
    before, after = values(points), values(mirrored)
    for name in plan().names:
        if name.startswith(("angles/left_hand", "distances/left_hand")):
            other = after[name.replace("left_hand", "right_hand")]
            np.testing.assert_allclose(before[name], -other if name.endswith(".sin") else other, atol=1e-5)


def test_gaps_of_the_hands(signing):
    points = signing.points[:20].copy()
    points[:2, signing.layout.groups["left_hand"]] = nan
    points[5:10, signing.layout.groups["left_hand"]] = nan
    clip = signing.with_points(points)
    filled = np.zeros(points.shape[:2], bool)
    filled[12, signing.layout.groups["right_hand"]] = True
    gaps = hand_gaps(clip.with_points(points, filled=filled))
    assert np.flatnonzero(gaps.guessed[:, 0]).tolist() == [0, 1, 5, 6, 7, 8, 9]
    assert np.flatnonzero(gaps.guessed[:, 1]).tolist() == [12]  # filled since, but not seen
    assert gaps.seconds[:2, 0].tolist() == [0, 0]  # at the end of a clip
    assert gaps.seconds[5:10, 0] == pytest.approx(5 / 25)
    made = plan("libras-189", BODY_HANDS_75)
    numbers = made.compute(points, FrameFacts(np.arange(20.0), np.array(20.0), np.array(25.0), gaps))
    column = numbers[:, made.names.index("hand_metadata/left_gap")]
    assert column[[0, 3, 7]] == pytest.approx([-1, -1, 2 * 0.2 / 0.5 - 1])


def test_padding_is_0_throughout(rng):
    points = rng.normal(size=(2, 5, 543, 3)).astype(np.float32)
    points[1, 3:] = nan
    places = np.array([[0, 1, 2, 3, 4], [0, 1, 2, nan, nan]])
    gaps = HandGaps(np.zeros((2, 5, 2), bool), np.zeros((2, 5, 2), np.float32))
    facts = FrameFacts(places, np.array([5.0, 3.0]), np.array([25.0, 25.0]), gaps)
    found = plan(source_metadata=True).compute(points, facts)
    assert not found[1, 3:].any()
    short = FrameFacts(places[1, :3], np.array(3.0), np.array(25.0), HandGaps(gaps.guessed[1, :3], gaps.seconds[1, :3]))
    np.testing.assert_array_equal(found[1, :3], plan(source_metadata=True).compute(points[1, :3], short))


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_of_a_clip_without_a_face(preset, signing):
    """Only INCLUDE-123 reads the face; where it is missing the rest still counts."""
    config = PreprocessConfig(layout="holistic_543")
    made = plan(preset, source_metadata=True)
    found = features(preprocess(signing, config), made, SamplingConfig())
    assert found.names == made.names
    assert np.isfinite(found.values).all()
    empty = {name for name, column in zip(found.names, found.values.T, strict=True) if not column.any()}
    face = {name for name in found.names if name.startswith("face_points")}
    assert face <= empty
    assert len(empty - face) <= 8


def test_features_chosen_by_name():
    config = FeatureConfig(
        ("angles", "distances"), names=("angles/right_hand/*.cos", "distances/*"), leave_out=("*thumb*", "*/pose/*")
    )
    names = FeaturePlan(HANDS_42, config).names  # no pose is needed for what is left
    assert names[0] == "angles/right_hand/index_finger_mcp-index_finger_pip-index_finger_dip.cos"
    assert all(name.endswith(".cos") for name in names if name.startswith("angles"))
    assert len(names) == 15 - 4 + 2 * (12 - 4)


def test_chosen_features_are_columns_of_all(rng):
    points = rng.normal(size=(2, 7, 55, 3)).astype(np.float32)
    every = FeaturePlan(UPPER_BODY_55, FeatureConfig())
    some = FeaturePlan(UPPER_BODY_55, FeatureConfig(names=("hand_shape/*index*", "tip_distances/*"), velocities=(2,)))
    columns = [every.names.index(name) for name in some.names]
    np.testing.assert_array_equal(some.compute(points), every.compute(points)[..., columns])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param({"names": ("angles/right_hands/*",)}, "features.names: no feature is called", id="no such name"),
        pytest.param({"leave_out": ("*",)}, "leave no feature", id="nothing is left"),
        pytest.param({"names": ("angles/pose/nose",), "preset": "libras-189"}, "did you mean", id="the nearest"),
    ],
)
def test_names_that_choose_nothing(settings, message):
    with pytest.raises(RecipeError, match=message):
        FeaturePlan(HOLISTIC_543, FeatureConfig(**({"preset": "libras-339"} | settings)))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param({"preset": "libras-340"}, "known: libras-189", id="unknown preset"),
        pytest.param({"preset": "isl-408", "blocks": ("angles",)}, "give one of them", id="both"),
    ],
)
def test_presets_that_are_refused(settings, message):
    with pytest.raises(RecipeError, match=message):
        FeatureConfig(**settings)


def test_a_layout_without_the_landmarks_is_refused_by_their_names():
    with pytest.raises(
        LayoutError, match=r"feature block angles cannot be computed on layout upper_body_55.*left_pinky"
    ):
        plan("libras-189", UPPER_BODY_55)
