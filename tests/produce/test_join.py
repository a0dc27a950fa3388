"""Signs joined: one body and rate, no rest between, hands on wrists, shapes kept, time as asked."""

from dataclasses import replace

import numpy as np
import pytest

from chereme.errors import CheremeError, ClipError, LayoutError, TooLargeError
from chereme.layout import BODY_HANDS_75, HAND_BONES, HANDS_42, HOLISTIC_543
from chereme.produce import JoinConfig, join, join_signs, tighten
from chereme.produce.bridge import Bridges, best_meeting, bridge_frames
from chereme.produce.material import common_layout, material
from chereme.produce.pace import Pace
from chereme.produce.rest import resting

HIGH, LOW = (0.70, 0.40), (0.84, 0.56)
UNHURRIED = Pace(hold=1)


def wrist(sequence, side="right"):
    return sequence.landmark(f"pose/{side}_wrist")


def in_shoulder_widths(sequence, side="right"):
    left, right = (sequence.landmark(f"pose/{name}_shoulder") for name in ("left", "right"))
    width = np.linalg.norm(left - right, axis=-1)[:, None]
    return (wrist(sequence, side) - (left + right) / 2)[:, :2] / width


def test_material_puts_signers_of_any_size_and_rate_on_one_body(sign):
    small, large = (
        material(sign(HIGH, scale=scale, fps=fps), BODY_HANDS_75, 50.0) for scale, fps in ((0.5, 100.0), (1.0, 50.0))
    )
    assert len(small) == len(large)
    np.testing.assert_allclose(small.wrists[40:80], large.wrists[40:80], atol=0.01)


def test_material_moves_the_wrist_of_the_body_to_the_hand_and_carries_it_through_gaps(sign):
    clip = sign(HIGH)
    points = clip.points.copy()
    points[:, BODY_HANDS_75.groups["right_hand"], 0] += 0.013  # 0.05 shoulder widths
    points[20:30, BODY_HANDS_75.groups["right_hand"]] = np.nan
    plain, found = (material(c, BODY_HANDS_75, 25.0) for c in (clip, clip.with_points(points)))
    np.testing.assert_allclose(found.wrists[:, 1, 0] - plain.wrists[:, 1, 0], 0.05, atol=0.002)
    assert np.isfinite(found.points[:, BODY_HANDS_75.groups["right_hand"]]).all()
    assert found.invented[25, BODY_HANDS_75.index("right_hand/thumb_tip")]
    assert not found.invented[35, BODY_HANDS_75.index("right_hand/thumb_tip")]


@pytest.mark.parametrize("fps", [12.0, 25.0, 60.0])
def test_a_hand_rests_until_it_is_up_and_from_where_it_falls(sign, fps):
    rests = resting(material(sign(HIGH, fps=fps), BODY_HANDS_75, fps), ends_at_rest=True)
    assert rests[:, 0].all()
    up = np.flatnonzero(~rests[:, 1]) / fps
    assert up[0] == pytest.approx(0.7, abs=2 / fps)
    assert up[-1] == pytest.approx(1.7, abs=2 / fps)


def test_two_signs_are_joined_without_a_rest_between(sign):
    joined = join_signs([("ONE", sign(HIGH)), ("TWO", sign(LOW))], JoinConfig(pace=UNHURRIED))
    first, second = joined.spans
    assert [first.gloss, second.gloss] == ["ONE", "TWO"]
    assert 0 <= first.first < first.last < second.first < second.last < len(joined.sequence)
    between = in_shoulder_widths(joined.sequence)[first.first + 15 : second.last - 15]
    assert between[:, 1].max() < 0.7  # hanging is at 1.7
    held = in_shoulder_widths(joined.sequence)
    for span, at in ((first, HIGH), (second, LOW)):
        middle = held[(span.first + span.last) // 2]
        np.testing.assert_allclose(middle, ((at[0] - 0.89) / 0.26, (at[1] - 0.42) / 0.26), atol=0.05)


def test_the_hands_wrist_is_the_bodys_in_every_frame(sign):
    joined = join_signs([("A", sign(HIGH)), ("B", sign(LOW, hands=("left", "right")))])
    for side in ("left", "right"):
        hand = joined.sequence.group(f"{side}_hand")
        np.testing.assert_array_equal(hand[:, 0], wrist(joined.sequence, side))


def test_hands_keep_their_bones_on_the_way(sign):
    first, second = sign(HIGH), sign(LOW)
    points = second.points.copy()
    hand = BODY_HANDS_75.groups["right_hand"]
    base = points[:, [hand.start]]
    points[:, hand] = base + (points[:, hand] - base) * np.array([-1, -1, 1], np.float32)  # turned upside down
    sequence = join_signs([("A", first), ("B", second.with_points(points))]).sequence
    shape = sequence.group("right_hand")
    start, end = map(list, zip(*[bone for bone in HAND_BONES if bone not in ((5, 9), (9, 13), (13, 17))], strict=True))
    lengths = np.linalg.norm(shape[:, start] - shape[:, end], axis=-1)
    assert (lengths.std(0) / lengths.mean(0)).max() < 0.05


def test_no_hand_jumps_on_the_way(sign):
    signs = [("A", sign(HIGH)), ("B", sign(LOW)), ("C", sign((0.6, 0.3)))]
    sequence = join_signs(signs, JoinConfig(pace=UNHURRIED)).sequence
    steps = np.linalg.norm(np.diff(in_shoulder_widths(sequence), axis=0), axis=-1) * sequence.fps
    assert steps.max() < 9  # raising the arm in 0.3 s is 5.5 shoulder widths per second


def test_a_longer_way_takes_longer_within_bounds(sign):
    here, near, far = (material(sign(at), BODY_HANDS_75, 25.0) for at in (HIGH, (0.72, 0.42), (1.2, 0.7)))
    held = [one.part(20, 40) for one in (here, near, far)]
    counts = [bridge_frames(held[0], other, Bridges()) for other in held]
    assert counts[0] == counts[1] < counts[2]
    assert (counts[2] + 1) / 25 <= Bridges().longest + 0.02


def test_the_frames_that_meet_best_are_found(sign):
    clip = material(sign(HIGH), BODY_HANDS_75, 25.0)
    # the first ends as its hand falls, the second begins as its hand rises: both are nearest while still held
    stop, start = best_meeting(clip.part(18, 45), clip.part(14, 40), Bridges())
    assert 18 + stop <= 44
    assert 14 + start >= 17


def test_an_idle_hand_stays_up_between_two_uses(sign):
    both = sign(LOW, hands=("left", "right"))
    signs = [("A", both), ("B", sign(HIGH)), ("C", both)]
    kept, dropped = (join_signs(signs, JoinConfig(longest_idle=seconds, pace=UNHURRIED)) for seconds in (3.0, 0.0))
    heights = [
        in_shoulder_widths(j.sequence, "left")[j.spans[1].first : j.spans[1].last, 1].max() for j in (kept, dropped)
    ]
    assert heights[0] < 0.7
    assert heights[1] > 1.5


def test_holds_are_shortened_and_movement_keeps_its_time(sign):
    clip = sign(HIGH, hold=2.0)
    quick, slow = (join_signs([("A", clip)], JoinConfig(pace=pace)).sequence for pace in (Pace(), UNHURRIED))
    assert quick.seconds < 0.6 * slow.seconds
    fastest = [np.linalg.norm(np.diff(in_shoulder_widths(x), axis=0), axis=-1).max() for x in (quick, slow)]
    assert fastest[0] == pytest.approx(fastest[1], rel=0.15)


@pytest.mark.parametrize("seconds", [1.0, 2.5, 8.0])
def test_the_whole_lasts_as_long_as_asked(sign, seconds):
    joined = join_signs([("A", sign(HIGH)), ("B", sign(LOW))], JoinConfig(seconds=seconds, fps=30))
    assert joined.sequence.seconds == pytest.approx(seconds, abs=1 / 30)
    assert joined.spans[-1].last < len(joined.sequence)


def test_twice_the_speed_takes_half_the_time(sign):
    signs = [("A", sign(HIGH)), ("B", sign(LOW))]
    once, twice = (join_signs(signs, JoinConfig(speed=speed)).sequence for speed in (1, 2))
    assert twice.seconds == pytest.approx(once.seconds / 2, rel=0.05)


def test_what_would_last_too_long_is_refused_before_it_is_made(sign, monkeypatch):
    signs = [("A", sign(HIGH)), ("B", sign(LOW))]
    lasts = join_signs(signs).sequence.seconds
    assert join_signs(signs, JoinConfig(longest=lasts + 0.1)).sequence.seconds == lasts
    monkeypatch.setattr(join, "place_in_picture", lambda *_: pytest.fail("it was made"))
    for how in (JoinConfig(longest=lasts - 0.1), JoinConfig(speed=0.1, longest=lasts * 5)):
        with pytest.raises(TooLargeError, match=r"would last .* s, more than the .* s that are made; shorten"):
            join_signs(signs, how)


def test_layouts_rates_and_sizes_may_differ(sign):
    signs = [
        ("A", sign(HIGH, fps=12.0, layout=HOLISTIC_543)),
        ("B", sign(LOW, fps=60.0, scale=0.6)),
        ("C", replace(sign(HIGH, fps=29.97), size=(640, 480))),
    ]
    joined = join_signs(signs, JoinConfig(fps=30.0, size=(640, 640)))
    assert joined.sequence.layout == BODY_HANDS_75
    assert (joined.sequence.fps, joined.sequence.size) == (30.0, (640, 640))
    shoulders = joined.sequence.points[:, BODY_HANDS_75.indices(["pose/left_shoulder", "pose/right_shoulder"]), :2]
    np.testing.assert_allclose(np.linalg.norm(shoulders[:, 0] - shoulders[:, 1], axis=-1), 0.25, atol=0.01)
    assert joined.sequence.filled is not None
    assert joined.sequence.filled.any()


def test_one_layout_stays_as_it_is(sign):
    joined = join_signs([("A", sign(HIGH, layout=HOLISTIC_543)), ("B", sign(LOW, layout=HOLISTIC_543))])
    assert joined.sequence.layout == HOLISTIC_543


def test_a_picture_of_a_sign_is_held_a_moment(sign):
    picture = sign(HIGH)
    picture = replace(picture, points=picture.points[25:26], confidence=None)
    joined = join_signs([("A", picture), ("B", sign(LOW))])
    assert joined.spans[0].end - joined.spans[0].start >= 0.25
    assert len(join_signs([("A", picture)]).sequence) >= 2


def test_a_hand_that_no_clip_shows_stays_unseen(sign):
    clips = [sign(HIGH), sign(LOW)]
    for clip in clips:
        clip.points[:, BODY_HANDS_75.groups["left_hand"]] = np.nan
    joined = join_signs([("A", clips[0]), ("B", clips[1])])
    assert np.isnan(joined.sequence.group("left_hand")).all()
    assert np.isfinite(joined.sequence.group("right_hand")).all()


def test_what_cannot_be_joined_is_named(sign):
    with pytest.raises(ClipError, match="no sign to join"):
        join_signs([])
    with pytest.raises(LayoutError, match="hands_42 has no pose/left_shoulder"):
        join_signs([("A", sign(HIGH).pick(HANDS_42))])
    blank = sign(HIGH)
    blank = blank.with_points(np.full_like(blank.points, np.nan))
    with pytest.raises(ClipError, match="B: no shoulders in any of"):
        join_signs([("A", sign(HIGH)), ("B", blank)])
    handless = sign(HIGH)
    for side in ("left", "right"):
        handless.points[:, BODY_HANDS_75.groups[f"{side}_hand"]] = np.nan
    with pytest.raises(ClipError, match="A: no hand in any of"):
        join_signs([("A", handless)])
    assert common_layout([BODY_HANDS_75, HOLISTIC_543]) == BODY_HANDS_75


@pytest.mark.parametrize("wrong", [{"speed": 0}, {"seconds": 0.01}, {"longest": 0}, {"fps": 0}, {"size": (0, 720)}])
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(CheremeError):
        JoinConfig(**wrong)


def test_stitched_signs_are_made_running_ones(sign):
    clips = [sign(HIGH), sign(LOW), sign(HIGH)]
    stitched = clips[0].with_points(np.concatenate([clip.points for clip in clips]))
    tight = tighten(stitched)
    assert tight.layout == stitched.layout
    assert tight.fps == stitched.fps
    assert tight.seconds < 0.6 * stitched.seconds
    assert in_shoulder_widths(tight)[:, 1].max() < 0.7
    assert tighten(stitched, JoinConfig(seconds=1.0)).seconds == pytest.approx(1.0, abs=0.04)
    assert tighten(stitched, JoinConfig(seconds=60.0)).seconds == tight.seconds  # the most, not the least


def test_signing_without_a_rest_comes_back_as_it_is(signing):
    assert tighten(signing, JoinConfig(seconds=10.0)) is signing
