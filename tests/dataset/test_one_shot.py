"""The one-shot protocols: what is kept out of training, and which clips stand as examples."""

from collections import Counter

import pytest

from chereme.dataset.importers import IMPORTERS
from chereme.dataset.importers.wlasl import first_glosses, twin_groups, unseen_glosses
from chereme.dataset.protocols import galleries, one_shot, one_shot_known, one_shot_train
from chereme.errors import SplitError
from chereme.types import Clip


@pytest.fixture
def folder(tmp_path):
    """Of a set with one unseen gloss, `late`: `a3` shows the same video as its clip `u1`, and `b2` the one of `b1`."""
    (tmp_path / "dev_unseen_glosses.txt").write_text("late\n")
    twins = {"a3": "1", "u1": "1", "b1": "2", "b2": "2"}
    rows = [f"{clip.id},{clip.gloss},{number},{twins.get(clip.id, '')}" for number, clip in enumerate(CLIPS)]
    (tmp_path / "index.csv").write_text("\n".join(["video_id,gloss,class_id,same_video_group", *rows]) + "\n")
    return tmp_path


CLIPS = [
    Clip("a1", "", "all", split="train"),
    Clip("a2", "", "all", split="test"),
    Clip("a3", "", "all", split="train"),
    Clip("b1", "", "both", split="validation"),
    Clip("b2", "", "both", split="test"),
    Clip("c1", "", "calm", split="test"),
    Clip("u1", "", "late", split="train"),
    Clip("u2", "", "late", split="test"),
]


def test_unseen_glosses_and_their_twins_do_not_train(folder):
    assert unseen_glosses(folder) == {"late"}
    assert one_shot_train(CLIPS, folder) == dict.fromkeys(["a1", "a2", "b1", "b2", "c1"], "train")


def test_known_glosses_are_tested_where_no_twin_trains(folder):
    """`b2` has a twin in training, `calm` has no training clip."""
    assert one_shot_known(CLIPS, folder) == {"a1": "train", "a2": "test", "b1": "train"}


def test_first_glosses_are_those_of_the_first_classes(folder):
    assert first_glosses(folder, 4) == {"all", "both"}


def test_the_protocol_needs_the_folder(folder):
    assert list(one_shot(CLIPS, folder)) == ["one-shot", "one-shot-known"]
    with pytest.raises(SplitError, match="reads the unseen glosses"):
        one_shot(CLIPS)


def test_a_gallery_has_one_clip_of_each_gloss():
    glosses = {"b": ["b2", "b1"], "a": ["a1", "a3", "a2"]}
    drawn = [galleries(glosses, seed) for seed in range(20)]
    assert {tuple(examples) for examples, _ in drawn} == {("a", "b")}
    assert {examples["a"] for examples, _ in drawn} == {"a1", "a2", "a3"}
    for examples, queries in drawn:
        assert sorted([*examples.values(), *queries]) == ["a1", "a2", "a3", "b1", "b2"]
    turned = {"a": ["a3", "a2", "a1"], "b": ["b1", "b2"]}
    assert galleries(turned, 3) == drawn[3]  # whatever order the clips come in


def test_one_shot_of_wlasl(data):
    folder = data / "wlasl_hands"
    clips = [clip for clip, _ in IMPORTERS["wlasl_hands"](folder)]
    glosses, twins = {clip.id: clip.gloss for clip in clips}, twin_groups(folder)
    unseen = unseen_glosses(folder)
    train, known = one_shot(clips, folder).values()
    assert len(unseen) == 200
    assert len(train) == 9941 - 1196
    assert Counter(known.values()) == {"train": 7933, "test": 664}
    assert {glosses[i] for i in (*train, *known)}.isdisjoint(unseen)
    held_out = {twins[i] for i, gloss in glosses.items() if gloss in unseen and i in twins}
    assert held_out.isdisjoint({twins.get(i) for i in train})
    by_part = {part: {twins[i] for i in known if known[i] == part and i in twins} for part in ("train", "test")}
    assert by_part["train"].isdisjoint(by_part["test"])
    assert len(first_glosses(folder, 100)) <= 100
