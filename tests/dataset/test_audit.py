"""Audits and statistics of stores made in sight."""

import numpy as np
import pytest

from chereme.dataset.audit import audit
from chereme.dataset.stats import stats
from chereme.dataset.store import pack
from chereme.dataset.twins import find_twins
from chereme.layout import BODY_HANDS_75
from chereme.types import Clip, PoseSequence


def sign(seed: int, frames: int = 40, fps: float = 25.0) -> PoseSequence:
    """Hands that wander on smooth paths of their own before a body that stands still."""
    rng = np.random.default_rng(seed)
    points = np.tile(np.random.default_rng(99).random((75, 3)) * 0.2 + 0.8, (frames, 1, 1))
    time = np.linspace(0, 1, frames)[:, None, None]
    for side in ("left_hand", "right_hand"):
        at = BODY_HANDS_75.groups[side]
        shape, *waves = rng.random((21, 3)) * 0.1, *rng.normal(0, 0.2, (3, 1, 3))
        points[:, at] += shape + sum(np.sin((k + 1) * np.pi * time) * wave for k, wave in enumerate(waves))
        points[:, BODY_HANDS_75.index(f"pose/{side.removesuffix('_hand')}_wrist")] = points[:, at.start]
    return PoseSequence(points.astype(np.float32), BODY_HANDS_75, fps, (1280, 720))


def clip(id, gloss="casa", **more):
    return Clip(id, "", gloss, **more)


def store_of(tmp_path, *items):
    return pack(items, tmp_path / "store")


def kinds(store):
    return {(store.clips[t.first].id, store.clips[t.second].id, t.kind) for t in find_twins(store)}


def test_the_same_recording_is_found_however_it_was_filed(tmp_path):
    one = sign(1)
    noisy = one.points + np.random.default_rng(2).normal(0, 2e-3, one.points.shape).astype(np.float32)
    store = store_of(
        tmp_path,
        (clip("a"), one),
        (clip("copy"), one),
        (clip("other"), sign(2)),
        (clip("extracted again"), one.with_points(noisy)),
        (clip("resized, slower"), sign(1, frames=64)),
        (clip("mirrored"), one.mirrored()),
        (clip("third"), sign(3)),
    )
    found = kinds(store)
    assert ("a", "copy", "identical") in found
    assert ("a", "extracted again", "near") in found
    assert ("a", "resized, slower", "near") in found
    assert ("a", "mirrored", "mirrored") in found
    assert not {"other", "third"} & {id for pair in found for id in pair[:2]}


def test_a_part_of_a_recording_is_found(tmp_path):
    one, again = sign(1, frames=60), sign(1, frames=60)
    trembling = np.random.default_rng(2).normal(0, 1e-4, (45, 75, 3)).astype(np.float32)
    store = store_of(
        tmp_path,
        (clip("whole"), one),
        (clip("cut", "pai"), again.with_points(again.points[6:51] + 0.3 + trembling)),
        (clip("cut and mirrored"), again.with_points(again.points[8:53]).mirrored()),
        (clip("other"), sign(2, frames=60)),
    )
    found = audit(store, {"mine": {"whole": "train", "cut": "test", "other": "train"}})
    assert {(p.clips, p.kind) for p in found.twins} == {
        (("whole", "cut"), "part"),
        (("whole", "cut and mirrored"), "mirrored part"),
        (("cut", "cut and mirrored"), "mirrored part"),
    }
    assert [(t.kind, t.clips) for t in found.split_twins] == [("part", ("whole", "cut"))]
    assert "3 a part of the other" in found.as_text()
    assert "casa = pai  (whole, cut)" in found.as_text()


def one_handed(seed: int) -> PoseSequence:
    """A sign of the right hand, a little different in each take."""
    base, take = sign(7), sign(100 + seed)
    points = base.points + 0.05 * (take.points - take.points.mean(0))
    points[:, BODY_HANDS_75.groups["left_hand"]] = np.nan
    points[:, BODY_HANDS_75.index("pose/left_wrist")] = (1.0, 1.2, 0)
    return base.with_points(points.astype(np.float32))


def test_a_clip_that_is_mirrored_among_others_is_found(tmp_path):
    takes = [(clip(str(i)), one_handed(i)) for i in range(8)]
    for turned in (2, 5):
        takes[turned] = (takes[turned][0], takes[turned][1].mirrored())
    found = audit(store_of(tmp_path, *takes), {})
    assert sorted(one.clip for one in found.turned) == ["2", "5"]
    assert all(one.nearer < 0.9 for one in found.turned)
    assert "clips that are probably mirrored: 2" in found.as_text()


def test_of_two_clips_nobody_can_say_which_is_mirrored(tmp_path):
    found = audit(store_of(tmp_path, (clip("a"), one_handed(1)), (clip("b"), one_handed(2).mirrored())), {})
    assert found.turned == ()


def body(size: float, rng) -> PoseSequence:
    """Somebody of that size who moves a little."""
    still = np.random.default_rng(5).random((75, 3)) * size
    return PoseSequence((still + rng.normal(0, 0.01, (10, 75, 3))).astype(np.float32), BODY_HANDS_75, 25.0, (1280, 720))


def test_a_clip_under_a_wrong_signer_is_found(tmp_path, rng):
    sizes = {"Ana": 0.5, "Bo": 0.8, "Cy": 1.1}
    clips = [(clip(f"{who}{i}", signer=who), body(size, rng)) for who, size in sizes.items() for i in range(60)]
    clips += [(clip(f"wrong{i}", signer="Bo"), body(0.5, rng)) for i in range(3)]
    clips += [(clip("nobody"), body(0.5, rng)), (clip("once", signer="Di"), body(0.5, rng))]
    found = audit(store_of(tmp_path, *clips), {})
    assert {(o.clip, o.signer, o.looks_like) for o in found.other_signers} == {
        (f"wrong{i}", "Bo", "Ana") for i in range(3)
    }
    assert "wrong0: filed under Bo, looks like Ana" in found.as_text()


def test_bodies_that_cannot_be_told_apart_say_nothing(tmp_path, rng):
    clips = [(clip(str(i), signer="AB"[i % 2]), body(0.5, rng)) for i in range(80)]
    assert audit(store_of(tmp_path, *clips), {}).other_signers == ()


def test_two_takes_of_a_still_body_are_not_one_recording(tmp_path):
    first, second = sign(1), sign(2)
    for sequence in (first, second):  # hands that barely move: the posture is nearly the same
        still = sequence.points - sequence.points.mean(0)
        sequence.points[:] = sign(5).points.mean(0) + still * 0.05
    assert kinds(store_of(tmp_path, (clip("a"), first), (clip("b"), second))) == set()


def test_a_clip_in_which_nothing_was_seen_is_like_no_other(tmp_path):
    empty = sign(1).with_points(np.full((5, 75, 3), np.nan, np.float32))
    longer = sign(1).with_points(np.full((6, 75, 3), np.nan, np.float32))
    assert kinds(store_of(tmp_path, (clip("a"), empty), (clip("b"), longer))) == set()


def test_an_audit_of_everything_that_can_be_wrong(tmp_path):
    store = store_of(
        tmp_path,
        (clip("1", "avô", signer="s1"), sign(1)),
        (clip("2", "Avó", signer="s2"), sign(1)),
        (clip("3", "casa", signer="s1", source="web"), sign(2)),
        (clip("4", "casa", signer="s3", source="web"), sign(3)),
    )
    parts = {"1": "train", "2": "test", "3": "test", "4": "train"}
    found = audit(store, {"mine": parts})
    assert [(t.kind, t.clips, t.under_two_glosses) for t in found.twins] == [("identical", ("1", "2"), True)]
    assert found.alike_glosses == (("Avó", "avô"),)
    assert [(g.column, g.value, g.parts) for g in found.shared_groups] == [
        ("signer", "s1", {"test": 1, "train": 1}),
        ("source", "web", {"test": 1, "train": 1}),
    ]
    assert [(t.clips, t.parts) for t in found.split_twins] == [(("1", "2"), ("train", "test"))]
    assert not found.clean
    assert "mine: signer s1: 1 test, 1 train" in found.as_text()
    assert "avô = Avó" in found.as_text()
    assert found.as_json()["clean"] is False


def test_sources_are_compared_within_a_gloss(tmp_path):
    """Block 1 of one word and block 1 of another have nothing in common."""
    store = store_of(
        tmp_path,
        (clip("1", "casa", source="block0"), sign(1)),
        (clip("2", "casa", source="block1"), sign(2)),
        (clip("3", "pai", source="block1"), sign(3)),
        (clip("4", "pai", source="block2"), sign(4)),
    )
    found = audit(store, {"mine": {"1": "train", "2": "test", "3": "train", "4": "test"}})
    assert found.clean
    assert "nothing found" in found.as_text()


@pytest.fixture
def small(tmp_path):
    unseen = sign(2, frames=50)
    unseen.points[:10, BODY_HANDS_75.groups["left_hand"]] = np.nan
    blind = sign(3, frames=10, fps=10.0)
    blind.points[:, 33:] = np.nan
    return store_of(
        tmp_path,
        (clip("1", signer="s1", language="bzs"), sign(1, frames=40)),
        (clip("2", signer="s2", language="bzs"), unseen),
        (clip("3", "pai", signer="s2", language="bzs"), blind),
    )


def test_stats_count_and_measure(small):
    found = stats(small)
    assert found.totals["clips"] == 3
    assert (found.totals["signers"], found.totals["clips without any hand"]) == (2, 1)
    casa, pai = found.classes
    assert (casa["gloss"], casa["clips"], casa["signers"], casa["median s"]) == ("casa", 2, 2, 1.8)
    assert (casa["no left_hand"], pai["no left_hand"], pai["no pose"]) == (round(10 / 90, 3), 1.0, 0.0)
    assert found.missing["no left_hand"] == 0.2
    assert found.rates == [{"fps": 10.0, "clips": 1}, {"fps": 25.0, "clips": 2}]
    assert [(row["width"], row["height"], row["clips"]) for row in found.sizes] == [(1280, 720, 3)]
    assert [row["clips"] for row in found.signers] == [1, 2]
    assert found.sources == []
    assert found.seconds["longest"] == 2.0
    assert "sources: not known" in found.as_text()
    assert "… and 1 more" in found.as_text(rows=1)
