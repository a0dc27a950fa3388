"""Folders of pictures to stores: names, resuming, what cannot be read, and a journal that was cut short."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from chereme.dataset.split import write_split
from chereme.errors import ClipError, ManifestError, StoreError
from chereme.landmarks import hand_job
from chereme.landmarks.hand_job import JOURNAL, STORE, pack_hand_job, plan_hand_job, run_hand_job, sides_of
from chereme.landmarks.hand_pictures import Picture, find_hands, hands_of_pictures, store_of_pictures
from chereme.landmarks.hands import HandConfig
from chereme.landmarks.journal import Journal
from chereme.layout import HANDS_42
from chereme.types import Clip, PoseSequence
from made_up import drawn_hand


def a_hand(seed: int, side: str = "right") -> PoseSequence:
    points = np.full((1, 42, 3), np.nan, np.float32)
    if side:
        points[:, HANDS_42.groups[f"{side}_hand"]] = np.random.default_rng(seed).normal(size=(21, 3))
    return PoseSequence(points, HANDS_42, 1.0, (200, 100))


@pytest.fixture
def pictures(tmp_path):
    """Writes files that only look like pictures and gives their folder."""

    def make(*names: str):
        for name in names:
            path = tmp_path / "in" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(name)
        return tmp_path / "in"

    return make


@pytest.fixture
def looked(monkeypatch):
    """No engine: a hand of each picture's own, none where its name says so; gives the names that were asked for."""
    asked: list[str] = []

    def find(pictures, config, count):
        for picture in pictures:
            name = picture.name.rpartition("/in/")[2]
            asked.append(name)
            if "bad" in name:
                yield picture, f"{picture.name}: not a picture that can be read; convert it to JPEG or PNG"
            else:
                side = "" if "none" in name else "left" if "left" in name else "right"
                yield picture, a_hand(sum(name.encode()), side)

    monkeypatch.setattr(hand_job, "find_hands", find)
    return asked


def run(folder, out, **settings):
    job = plan_hand_job(folder, out, HandConfig(**settings))
    return list(run_hand_job(job)), job


def test_a_folder_becomes_a_store(pictures, looked, tmp_path):
    folder = pictures("A/1.jpg", "A/deep/er/2.PNG", "B/none.webp", "B/left.tif", "B/notes.txt", "B/.hidden.jpg")
    outcomes, job = run(folder, tmp_path / "out")
    assert all(not outcome.error for outcome in outcomes)
    store = pack_hand_job(job)
    assert [(c.id, c.gloss) for c in store.clips] == [
        ("A/1.jpg", "A"),
        ("A/deep/er/2.PNG", "A"),
        ("B/left.tif", "B"),
        ("B/none.webp", "B"),
    ]
    assert sides_of(store) == {"A/1.jpg": "right", "A/deep/er/2.PNG": "right", "B/left.tif": "left", "B/none.webp": ""}
    assert store.layout == HANDS_42
    assert store.lengths.tolist() == [1, 1, 1, 1]
    np.testing.assert_array_equal(store.sequence(0).points, a_hand(sum(b"A/1.jpg")).points)
    assert store.sequence(0).size == (200, 100)


def test_what_is_done_is_not_done_again(pictures, looked, tmp_path):
    folder, out = pictures("A/1.jpg", "A/2.jpg", "A/bad.jpg"), tmp_path / "out"
    outcomes, _ = run(folder, out)
    assert [bool(o.error) for o in outcomes] == [False, False, True]
    looked.clear()
    pictures("A/3.jpg")
    later = (folder / "A/2.jpg").stat().st_mtime + 10
    os.utime(folder / "A/2.jpg", (later, later))
    _, job = run(folder, out)
    assert looked == ["A/2.jpg", "A/3.jpg", "A/bad.jpg"]
    assert [c.id for c in pack_hand_job(job).clips] == ["A/1.jpg", "A/2.jpg", "A/3.jpg"]


@pytest.mark.parametrize("cut", [1, 30, 200, "whole record"])
def test_a_record_that_was_cut_short_is_made_again(pictures, looked, tmp_path, cut):
    folder, out = pictures("A/1.jpg", "A/2.jpg", "A/3.jpg"), tmp_path / "out"
    _, job = run(folder, out)
    expected = pack_hand_job(job)
    journal = (out / JOURNAL).read_bytes()
    lines = journal.splitlines(keepends=True)
    (out / JOURNAL).write_bytes(journal[: -len(lines[-1]) if cut == "whole record" else -cut])
    looked.clear()
    _, job = run(folder, out)
    assert looked == ["A/3.jpg"]
    assert (out / JOURNAL).read_bytes() == journal
    assert pack_hand_job(job).digests == expected.digests


def test_stopped_in_the_middle(pictures, looked, tmp_path):
    folder, out = pictures("A/1.jpg", "A/2.jpg", "A/3.jpg"), tmp_path / "out"
    running = run_hand_job(plan_hand_job(folder, out))
    next(running)
    with pytest.raises(KeyboardInterrupt):
        running.throw(KeyboardInterrupt())
    assert not (out / STORE).exists()
    looked.clear()
    run(folder, out)
    assert looked == ["A/2.jpg", "A/3.jpg"]


def test_garbage_in_the_middle_costs_what_follows(pictures, looked, tmp_path):
    folder, out = pictures("A/1.jpg", "A/2.jpg"), tmp_path / "out"
    run(folder, out)
    header, first, second = (out / JOURNAL).read_bytes().splitlines(keepends=True)
    (out / JOURNAL).write_bytes(header + b"\0" * len(first[:-1]) + b"\n" + second)
    assert [c.id for c, _ in plan_hand_job(folder, out).left] == ["A/1.jpg", "A/2.jpg"]


def test_other_settings_are_an_error_or_redone(pictures, looked, tmp_path):
    folder, out = pictures("A/1.jpg"), tmp_path / "out"
    run(folder, out)
    with pytest.raises(ManifestError, match=r"settings \(min_detection_confidence 0\.1, not 0\.5\); .*--redo"):
        plan_hand_job(folder, out, HandConfig(min_detection_confidence=0.5))
    job = plan_hand_job(folder, out, HandConfig(min_detection_confidence=0.5), redo=True)
    assert len(job.left) == 1


def test_a_file_that_is_no_journal_is_left_alone(pictures, looked, tmp_path):
    (tmp_path / JOURNAL).write_text("dear diary\n")
    with pytest.raises(ManifestError, match="is no journal"):
        plan_hand_job(pictures("A/1.jpg"), tmp_path)
    assert (tmp_path / JOURNAL).read_text() == "dear diary\n"


def test_a_store_that_holds_the_same_keeps_its_splits(pictures, looked, tmp_path):
    folder, out = pictures("A/1.jpg", "A/2.jpg"), tmp_path / "out"
    _, job = run(folder, out)
    write_split(pack_hand_job(job).folder, "mine", {"A/1.jpg": "train", "A/2.jpg": "test"})
    _, job = run(folder, out)
    assert pack_hand_job(job).split_names() == ["mine"]
    pictures("A/3.jpg")
    _, job = run(folder, out)
    assert pack_hand_job(job).split_names() == []


def test_somebody_elses_folder_is_not_replaced(pictures, looked, tmp_path):
    (tmp_path / "out/store").mkdir(parents=True)
    (tmp_path / "out/store/thesis.txt").touch()
    with pytest.raises(StoreError, match="exists and is not a store"):
        plan_hand_job(pictures("A/1.jpg"), tmp_path / "out")


def test_nothing_that_can_be_read(pictures, looked, tmp_path):
    _, job = run(pictures("A/bad.jpg"), tmp_path / "out")
    with pytest.raises(ManifestError, match="none of 1 pictures could be read"):
        pack_hand_job(job)


def test_a_full_disk_is_said(pictures, looked, tmp_path):
    job = plan_hand_job(pictures("A/1.jpg"), tmp_path / "out")
    job.journal.path = Path("/dev/full")
    with pytest.raises(ManifestError, match="No space left on device; what is finished stays"):
        list(run_hand_job(job))


def test_a_journal_gives_back_what_it_got(tmp_path):
    with Journal(tmp_path / "j", {"a": 1}) as journal:
        for i, side in enumerate(("left", "right", "")):
            journal.add(f"é{i}\udcff", (1, 2**62), a_hand(i, side))
    with Journal(tmp_path / "j", {"a": 1}) as again:
        assert list(again.found) == ["é0\udcff", "é1\udcff", "é2\udcff"]
        for i, (stamp, sequence) in enumerate(again.found.values()):
            assert stamp == (1, 2**62)
            assert sequence.size == (200, 100)
            np.testing.assert_array_equal(sequence.points, a_hand(i, ("left", "right", "")[i]).points)
    assert json.loads((tmp_path / "j").read_text().splitlines()[0]) == {"format": "chereme hands", "a": 1}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """Six pictures by the real engine's measure: left, right, grey, left, right, grey."""
    folder = tmp_path_factory.mktemp("drawn")
    for i, side in enumerate(("left", "right", "", "left", "right", "")):
        image = drawn_hand(side) if side else np.full((90, 120, 3), 128, np.uint8)
        Image.fromarray(image).save(folder / f"{i}.png")
    return folder


def test_processes_find_the_hands_and_keep_the_order(drawn, tmp_path):
    def pictures():
        for i in range(6):
            yield Clip(f"{i}", "", "AB"[i % 2], signer=f"s{i}"), (drawn / f"{i}.png").read_bytes()

    store = store_of_pictures(pictures(), tmp_path / "store", workers=2)
    assert [c.id for c in store.clips] == ["0", "1", "2", "3", "4", "5"]
    assert list(sides_of(store).values()) == ["left", "right", "", "left", "right", ""]
    assert store.digests[:3] == store.digests[3:]
    assert store.sizes.tolist()[:3] == [[480, 360], [480, 360], [120, 90]]


def test_a_damaged_picture_of_a_set_stops_it(drawn):
    def pictures():
        yield Clip("whole", "", "A"), (drawn / "0.png").read_bytes()
        yield Clip("cut", "", "A"), (drawn / "1.png").read_bytes()[:500]

    with pytest.raises(ClipError, match="cut: damaged or cut short"):
        list(hands_of_pictures(pictures(), workers=1))


def test_files_that_cannot_be_read_are_told(drawn, tmp_path):
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.png").write_text("hello")
    names = [str(path) for path in (drawn / "0.png", tmp_path / "empty.png", tmp_path / "text.png", tmp_path / "gone")]
    found = {picture.name: answer for picture, answer in find_hands(map(Picture, names), workers=1)}
    whole, empty, text, gone = (found[name] for name in names)
    assert whole.seen[0, HANDS_42.groups["left_hand"]].all()
    assert "the file is empty" in empty
    assert "not a picture that can be read" in text
    assert "No such file" in gone
