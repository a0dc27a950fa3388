"""Splits move whole groups, keep the classes even, and say which class they leave empty."""

from collections import Counter

import pytest

from chereme.dataset.protocols import isl30, last_blocks, wlasl
from chereme.dataset.split import (
    check_split,
    group_folds,
    group_names,
    hold_out,
    leave_one_out,
    leave_out,
    official,
    random_split,
    write_split,
)
from chereme.errors import SplitError
from chereme.types import Clip


def people(signers: int, glosses: int = 3, takes: int = 2) -> list[Clip]:
    return [
        Clip(f"{g}-{s}-{t}", "", f"g{g}", signer=f"s{s:02d}")
        for s in range(signers)
        for g in range(glosses)
        for t in range(takes)
    ]


def signers_of(clips, parts):
    found = {}
    for clip in clips:
        found.setdefault(parts[clip.id], set()).add(clip.signer)
    return found


def test_hold_out_keeps_signers_whole_and_shares_close():
    clips = people(10)
    parts = hold_out(clips, ["signer"], test=0.2, validation=0.1)
    sides = signers_of(clips, parts)
    assert {part: len(who) for part, who in sides.items()} == {"train": 7, "validation": 1, "test": 2}
    assert not sides["train"] & sides["test"]
    assert check_split(clips, parts) == []


def test_hold_out_is_the_same_for_a_seed_and_another_for_another():
    clips = people(10)
    assert hold_out(clips, ["signer"], seed=1) == hold_out(clips, ["signer"], seed=1)
    assert len({tuple(hold_out(clips, ["signer"], seed=s).items()) for s in range(5)}) > 1


def test_hold_out_evens_classes_out():
    # signers 0-4 make only g0, signers 5-9 only g1: a fair test part has one of each
    clips = [Clip(f"{s}-{t}", "", f"g{s // 5}", signer=f"s{s}") for s in range(10) for t in range(4)]
    parts = hold_out(clips, ["signer"], test=0.2, validation=0.0)
    assert Counter(c.gloss for c in clips if parts[c.id] == "test") == {"g0": 4, "g1": 4}


def test_no_part_stays_empty():
    parts = hold_out(people(3), ["signer"], test=0.1, validation=0.1)
    assert set(parts.values()) == {"train", "validation", "test"}


@pytest.mark.parametrize(
    ("make", "says"),
    [
        pytest.param(lambda c: hold_out(c, ["signer"]), "2 group", id="fewer groups than parts"),
        pytest.param(lambda c: hold_out(c, ["signer"], test=0.9, validation=0.2), "leave some clips", id="no train"),
        pytest.param(lambda c: hold_out(c, ["age"]), "cannot group by 'age'; columns: id, path", id="unknown column"),
        pytest.param(lambda c: hold_out(c, ["source"]), "12 of 12 clips have none", id="empty column"),
        pytest.param(lambda c: leave_out(c, ["signer"], "s9"), "no signer is called 's9'; there: s00, s01", id="who?"),
        pytest.param(lambda c: leave_out(c, ["signer"], "s00"), "too few", id="too few to validate"),
        pytest.param(lambda c: group_folds(c, ["signer"], 2), "at least 3", id="two folds"),
        pytest.param(official, "split column is empty", id="no official split"),
    ],
)
def test_splits_that_cannot_be_made(make, says):
    with pytest.raises(SplitError, match=says):
        make(people(2))


def test_folds_test_every_group_once():
    clips = people(7)
    folds = group_folds(clips, ["signer"], 5)
    tested = [signers_of(clips, parts)["test"] for parts in folds]
    assert sorted(who for fold in tested for who in fold) == [f"s{i:02d}" for i in range(7)]
    assert all(signers_of(clips, parts)["validation"] == tested[(i + 1) % 5] for i, parts in enumerate(folds))


def test_leave_one_out_validates_on_the_next_and_wraps():
    clips = people(4)
    splits = leave_one_out(clips, ["signer"])
    assert list(splits) == ["s00", "s01", "s02", "s03"]
    sides = signers_of(clips, splits["s03"])
    assert sides == {"test": {"s03"}, "validation": {"s00"}, "train": {"s01", "s02"}}


def test_groups_may_be_of_two_columns():
    clip = Clip("a", "", "casa", source="block1")
    assert group_names([clip], ["gloss", "source"]) == ["casa/block1"]


def test_random_gives_each_class_something_to_train_on_and_to_test():
    clips = [*people(2, glosses=2, takes=1), Clip("alone", "", "single")]
    parts = random_split(clips, test=0.2, validation=0.3)
    assert Counter(parts[c.id] for c in clips if c.gloss == "g0") == {"train": 1, "test": 1}
    assert parts["alone"] == "train"


def test_a_split_that_leaves_a_class_empty():
    clips = [Clip(f"{g}{i}", "", g) for g in ("casa", "pai") for i in range(2)] + [Clip("x", "", "mãe")]
    parts = {"casa0": "train", "casa1": "test", "pai0": "train", "pai1": "train", "x": "train"}
    with pytest.raises(SplitError, match=r"class mãe with one sample only, .* class pai without test clips"):
        check_split(clips, parts)
    assert len(check_split(clips, parts, allow_missing=True)) == 2


def test_a_split_name_stays_in_the_store(tmp_path):
    assert write_split(tmp_path, "mine", {"a": "train"}).read_text() == "id,split\na,train\n"
    with pytest.raises(SplitError, match="cannot be called"):
        write_split(tmp_path, "../mine", {})


def blocks(*sizes: int) -> list[Clip]:
    return [Clip(f"{b}{i}", "", "w", source=f"block{b}") for b, size in enumerate(sizes) for i in range(size)]


@pytest.mark.parametrize(
    ("sizes", "turn", "test", "validation"),
    [
        pytest.param((2, 1, 2), 0, "20 21", "10", id="three blocks: the last tests, the one before validates"),
        pytest.param((2, 1, 2), 1, "10", "20 21", id="the next turn"),
        pytest.param((2, 1, 2), 3, "20 21", "10", id="turns come round"),
        pytest.param((3, 2), 0, "10 11", "02", id="two blocks: one training clip validates"),
        pytest.param((4,), 0, "03", "02", id="one block: single clips"),
    ],
)
def test_last_blocks(sizes, turn, test, validation):
    parts = last_blocks(blocks(*sizes), turn)
    assert [i for i, part in parts.items() if part == "test"] == test.split()
    assert [i for i, part in parts.items() if part == "validation"] == validation.split()
    assert len(parts) == sum(sizes)


def test_last_blocks_of_another_set():
    with pytest.raises(SplitError, match="source 'web' is no block"):
        last_blocks([Clip("a", "", "w", source="web")])


def test_isl30_and_wlasl_by_hand():
    assert list(isl30(people(3))) == ["isl30-s00", "isl30-s01", "isl30-s02"]
    assert wlasl([Clip("a", "", "w", split="test")]) == {"wlasl": {"a": "test"}}
