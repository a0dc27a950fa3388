"""Which clips are for training, validation and test: whole signers, sessions or sources on one side.

A recognizer knows the people, rooms and cameras that it was trained on, so clips that share one must not
stand on both sides: every split here moves whole groups. A random split of clips is made only when asked for
by name, for it measures recall of the recording as much as of the sign.
"""

import csv
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chereme.errors import SplitError
from chereme.files import write_beside
from chereme.types import Clip

__all__ = [
    "PARTS",
    "RANDOM_WARNING",
    "Split",
    "check_split",
    "group_folds",
    "group_names",
    "hold_out",
    "leave_one_out",
    "leave_out",
    "official",
    "random_split",
    "write_split",
]

Split = dict[str, str]
"""Clip id to its part; clips that are left out have no entry."""

PARTS = ("train", "validation", "test")
RANDOM_WARNING = (
    "random (optimistic): clips of one signer and session stand on both sides, so scores on this split say little"
    " about new people; show them only beside a grouped split"
)


def group_names(clips: Sequence[Clip], by: Sequence[str]) -> list[str]:
    """The group of each clip: its values in the named columns, joined by `/`.

    Raises:
        SplitError: no such column, or clips where it is empty.
    """
    known = [f.name for f in fields(Clip)]
    for column in by:
        if column not in known:
            raise SplitError(f"cannot group by {column!r}; columns: {', '.join(known)}")
        if empty := [clip.id for clip in clips if getattr(clip, column) in ("", None)]:
            raise SplitError(
                f"cannot group by {column}: {len(empty)} of {len(clips)} clips have none (first: {empty[0]});"
                " fill it in the manifest (a folder has none: write one), or group by another column"
            )
    return ["/".join(str(getattr(clip, column)) for column in by) for clip in clips]


def hold_out(
    clips: Sequence[Clip], by: Sequence[str], test: float = 0.2, validation: float = 0.1, seed: int = 0
) -> Split:
    """Keep whole groups for test and validation, each part with about its share of every class.

    Groups go one by one, largest first, to the part that they bring nearest to its share of each class; the
    seed settles ties. No part whose share is above zero stays empty.

    Args:
        clips: of any number of classes.
        by: columns that make a group: `["signer"]`, or `["gloss", "source"]` where sessions are named per gloss.
        test: share of clips for test.
        validation: share of clips for validation; 0 for none.
        seed: of the tie-breaking.

    Raises:
        SplitError: fewer groups than parts, or shares that leave nothing to train on.
    """
    shares = np.array([1 - test - validation, validation, test])
    if test <= 0 or validation < 0 or shares[0] <= 0:
        raise SplitError(f"test {test} and validation {validation} must be shares that leave some clips to train on")
    used = np.flatnonzero(shares > 0)
    groups = group_names(clips, by)
    assigned = _assign_groups(clips, groups, shares[used], np.random.default_rng(seed))
    return {clip.id: PARTS[used[assigned[group]]] for clip, group in zip(clips, groups, strict=True)}


def group_folds(clips: Sequence[Clip], by: Sequence[str], folds: int = 5, seed: int = 0) -> list[Split]:
    """K splits in which each group is tested once; the next fold validates, the others train.

    Raises:
        SplitError: fewer than three folds, or fewer groups than folds.
    """
    if folds < 3:
        raise SplitError(f"{folds} folds: at least 3 are needed (train, validation, test)")
    groups = group_names(clips, by)
    fold_of = _assign_groups(clips, groups, np.full(folds, 1 / folds), np.random.default_rng(seed))
    return [
        {
            clip.id: _part_in_turn(fold_of[group], fold, folds, validate=True)
            for clip, group in zip(clips, groups, strict=True)
        }
        for fold in range(folds)
    ]


def leave_out(clips: Sequence[Clip], by: Sequence[str], value: str, validate: bool = True) -> Split:
    """Test on one group; with `validate`, the next group (in order of name, round to the first) validates.

    Raises:
        SplitError: no group of that name, or too few groups.
    """
    groups = group_names(clips, by)
    ordered = sorted(set(groups))
    if value not in ordered:
        shown = ", ".join(ordered[:12]) + (" …" if len(ordered) > 12 else "")
        raise SplitError(f"no {'/'.join(by)} is called {value!r}; there: {shown}")
    if len(ordered) < 2 + validate:
        raise SplitError(f"{len(ordered)} group(s) by {'/'.join(by)}: too few to leave {value!r} out")
    place = {group: i for i, group in enumerate(ordered)}
    return {
        clip.id: _part_in_turn(place[group], place[value], len(ordered), validate)
        for clip, group in zip(clips, groups, strict=True)
    }


def leave_one_out(clips: Sequence[Clip], by: Sequence[str], validate: bool = True) -> dict[str, Split]:
    """`leave_out` for every group in turn, by the group's name."""
    return {value: leave_out(clips, by, value, validate) for value in sorted(set(group_names(clips, by)))}


def random_split(clips: Sequence[Clip], test: float = 0.2, validation: float = 0.1, seed: int = 0) -> Split:
    """Clips of each class drawn without regard to signer or session: whoever shows a score says `RANDOM_WARNING`.

    A class of two or more clips has at least one to train on and one to test on.
    """
    rng = np.random.default_rng(seed)
    parts: Split = {}
    for mine in _by_gloss(clips).values():
        order = rng.permutation(len(mine))
        tests = min(max(round(test * len(mine)), 1), len(mine) - 1)
        validations = min(round(validation * len(mine)), max(len(mine) - tests - 1, 0))
        for rank, i in enumerate(order):
            after_test = "validation" if rank < tests + validations else "train"
            parts[mine[i].id] = "test" if rank < tests else after_test
    return parts


def official(clips: Sequence[Clip]) -> Split:
    """The split that the data set came with, from the clips' own `split` column.

    Raises:
        SplitError: no clip has one.
    """
    parts = {clip.id: clip.split for clip in clips if clip.split in PARTS}
    if not parts:
        raise SplitError("no clip says which part it belongs to: the manifest's split column is empty")
    return parts


def check_split(clips: Sequence[Clip], parts: Mapping[str, str], allow_missing: bool = False) -> list[str]:
    """Classes that a split leaves without training or test clips, in words; raises unless they are allowed.

    Raises:
        SplitError: there are such classes and `allow_missing` is not set.
    """
    counts: dict[str, Counter[str]] = {gloss: Counter() for gloss in sorted({c.gloss for c in clips})}
    for clip in clips:
        counts[clip.gloss][parts.get(clip.id, "")] += 1
    found = []
    single = [gloss for gloss, count in counts.items() if count.total() == 1]
    if single:
        found.append(f"{_listed(single)} with one sample only, which cannot be both trained on and tested")
    for part, use in (("train", "training"), ("test", "test")):
        if lacking := [g for g, count in counts.items() if count[part] == 0 and count.total() > 1]:
            found.append(f"{_listed(lacking)} without {use} clips")
    if found and not allow_missing:
        raise SplitError(
            f"the split leaves {'; '.join(found)}. Group by another column, change the shares,"
            " or go on all the same with --allow-missing"
        )
    return found


def write_split(store: str | Path, name: str, parts: Mapping[str, str]) -> Path:
    """Keep a split in a store, as `splits/NAME.csv`, whole or not at all.

    Raises:
        SplitError: a name that is no file name, or the disk is full.
    """
    if not name or Path(name).name != name or name.startswith("."):
        raise SplitError(f"a split cannot be called {name!r}: letters, digits, - and _ are safe")
    path = Path(store) / "splits" / f"{name}.csv"
    try:
        with write_beside(path) as part, part.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow(["id", "split"])
            writer.writerows(parts.items())
    except OSError as error:
        raise SplitError(f"{path}: cannot be written: {error.strerror or error}") from error
    return path


def _assign_groups(
    clips: Sequence[Clip], groups: Sequence[str], shares: NDArray[np.float64], rng: np.random.Generator
) -> dict[str, int]:
    """Group name to part number, so that part p has about shares[p] of each class's clips."""
    names, group_at = np.unique(groups, return_inverse=True)
    glosses, gloss_at = np.unique([clip.gloss for clip in clips], return_inverse=True)
    if len(names) < len(shares):
        raise SplitError(f"{len(names)} group(s) for {len(shares)} parts: group by another column or ask for fewer")
    counts = np.zeros((len(names), len(glosses)))
    np.add.at(counts, (group_at, gloss_at), 1)
    wanted = shares[:, None] * counts.sum(0)  # (parts, K)
    have = np.zeros_like(wanted)
    part_of = np.zeros(len(names), np.int64)
    order = rng.permutation(len(names))
    for group in order[np.argsort(-counts[order].sum(1), kind="stable")]:
        mine = counts[group]
        cost = ((2 * (have - wanted) * mine + mine**2) / wanted).sum(1)  # growth of the squared miss
        part_of[group] = int(cost.argmin())
        have[part_of[group]] += mine
    for part in range(len(shares)):
        if not (part_of == part).any():  # the smallest group of the part that has most of them
            crowded = np.bincount(part_of, minlength=len(shares)).argmax()
            own = np.flatnonzero(part_of == crowded)
            part_of[own[counts[own].sum(1).argmin()]] = part
    return dict(zip(names.tolist(), part_of.tolist(), strict=True))


def _part_in_turn(place: int, tested: int, groups: int, validate: bool) -> str:
    if place == tested:
        return "test"
    return "validation" if validate and place == (tested + 1) % groups else "train"


def _by_gloss(clips: Sequence[Clip]) -> dict[str, list[Clip]]:
    found: dict[str, list[Clip]] = defaultdict(list)
    for clip in clips:
        found[clip.gloss].append(clip)
    return found


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
    return f"{'class' if len(names) == 1 else 'classes'} {shown}"
