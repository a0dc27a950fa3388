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
