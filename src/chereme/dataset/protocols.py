"""The fixed splits of the known data sets: one protocol for each test, so that scores can be compared."""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from chereme.dataset.split import Split, leave_one_out, official
from chereme.errors import SplitError
from chereme.types import Clip

__all__ = [
    "PROTOCOLS",
    "SET_PROTOCOLS",
    "galleries",
    "isl30",
    "isl43",
    "isl43_rotation",
    "isl43_words_out",
    "last_blocks",
    "one_shot",
    "one_shot_known",
    "one_shot_train",
    "validation_glosses",
    "wlasl",
    "wlasl_all_glosses",
]

TURNS = 4
"""Most blocks that a word of the 43 has, so turns in which each block is tested."""


def last_blocks(clips: Sequence[Clip], turn: int = 0) -> Split:
    """Test on one recording block of each word, the last one at turn 0, the one before at turn 1, and so on.

    A block stands for a signer. Validation is the last of the other blocks where a word has three or more,
    else the last of its other clips. A word of one block gives single clips instead. Words with fewer blocks
    than turns come round to their last block again.

    Raises:
        SplitError: a clip whose `source` is no block number.
    """
    words: dict[str, dict[int, list[Clip]]] = defaultdict(lambda: defaultdict(list))
    for clip in clips:
        number = re.fullmatch(r"block(\d+)", clip.source)
        if number is None:
            raise SplitError(f"clip {clip.id}: source {clip.source!r} is no block; this protocol is for another set")
        words[clip.gloss][int(number[1])].append(clip)
    parts: Split = {}
    for numbered in words.values():
        blocks = [numbered[number] for number in sorted(numbered)]
        if len(blocks) == 1:
            blocks = [[clip] for clip in blocks[0]]
        tested = blocks.pop(-1 - turn % len(blocks))
        others = [clip for block in blocks for clip in block]
        validated = blocks[-1] if len(blocks) > 1 else others[-1:]
        parts |= {clip.id: "train" for clip in others}
        parts |= {clip.id: "validation" for clip in validated}
        parts |= {clip.id: "test" for clip in tested}
    return parts


def isl43(clips: Sequence[Clip], folder: Path | None = None) -> dict[str, Split]:
    """The last block of each word: 146 test clips, 369 for training and validation."""
    return {"isl43": last_blocks(clips)}


def isl43_rotation(clips: Sequence[Clip], folder: Path | None = None) -> dict[str, Split]:
    """The same with each block tested in turn; turn 0 is `isl43`."""
    return {f"isl43-turn{turn}": last_blocks(clips, turn) for turn in range(TURNS)}


def isl43_words_out(clips: Sequence[Clip]) -> dict[str, Split]:
    """`isl43` four times, each without another quarter of the words: what it does not hold are signs never learnt."""
    words = sorted({clip.gloss for clip in clips})
    order = np.random.default_rng(0).permutation(len(words))
    parts = last_blocks(clips)
    found = {}
    for turn in range(TURNS):
        left_out = {words[i] for i in order[turn::TURNS]}
        found[f"isl43-words{turn}"] = {clip.id: parts[clip.id] for clip in clips if clip.gloss not in left_out}
    return found


def isl30(clips: Sequence[Clip], folder: Path | None = None) -> dict[str, Split]:
    """One signer of ten tested in turn, the next one validates (after the last, the first)."""
    return {f"isl30-{signer}": parts for signer, parts in leave_one_out(clips, ["signer"]).items()}


def wlasl(clips: Sequence[Clip], folder: Path | None = None) -> dict[str, Split]:
    """WLASL's own split; with the set's folder also `wlasl-distinct`, without test clips that have a twin in training.

    Signers stand on both sides, as they do in WLASL, and 870 of the 1,700 glosses have no test clip.
    """
    parts = official(clips)
    found = {"wlasl": parts}
    if folder is not None:
        from chereme.dataset.importers.wlasl import twin_groups

        twins = twin_groups(folder)
        trained = {twins[i] for i, part in parts.items() if part != "test" and i in twins}
        found["wlasl-distinct"] = {
            i: part for i, part in parts.items() if part != "test" or twins.get(i) not in trained
        }
    return found


def wlasl_all_glosses(clips: Sequence[Clip]) -> Split:
    """WLASL's own split for a recognizer of all 1,700 glosses: two of them have validation clips alone; those train."""
    parts = official(clips)
    trained = {clip.gloss for clip in clips if parts[clip.id] == "train"}
    return {clip.id: parts[clip.id] if clip.gloss in trained else "train" for clip in clips if parts.get(clip.id)}


def one_shot(clips: Sequence[Clip], folder: Path | None = None) -> dict[str, Split]:
    """`one-shot` (see `one_shot_train`) and `one-shot-known`.

    Raises:
        SplitError: the set's folder is not at hand.
    """
    if folder is None:
        raise SplitError("protocol one-shot reads the unseen glosses from the folder of wlasl_hands; set $CHEREME_DATA")
    return {"one-shot": one_shot_train(clips, folder), "one-shot-known": one_shot_known(clips, folder)}


def one_shot_train(clips: Sequence[Clip], folder: Path) -> Split:
    """Every clip of WLASL, whatever its official part, but those of the 200 unseen glosses and their twins.

    The unseen glosses are then recognized by one example each, see `galleries`. Their signers are not unseen.

    Args:
        clips: of `wlasl_hands`.
        folder: of the set, which names the glosses and the twins.
    """
    return dict.fromkeys(_apart_from_unseen(clips, folder), "train")


def one_shot_known(clips: Sequence[Clip], folder: Path) -> Split:
    """The same with the official test clips as tests: they show known glosses, those of the 200 unknown ones.

    Test clips that have a twin in training, or whose gloss has no training clip, are left out.
    """
    distinct = wlasl(clips, folder)["wlasl-distinct"]
    there = _apart_from_unseen(clips, folder)
    parts = {i: "test" if distinct[i] == "test" else "train" for i in there if i in distinct}
    trained = {there[i] for i, part in parts.items() if part == "train"}
    return {i: part for i, part in parts.items() if there[i] in trained}


def validation_glosses(clips: Sequence[Clip], folder: Path, count: int = 100) -> frozenset[str]:
    """Glosses to choose settings of one-shot recognition by: none of the 200 unseen ones, drawn with seed 11.

    Of those with five clips or more that share no video with another gloss.
    """
    from chereme.dataset.importers.wlasl import twin_groups, unseen_glosses

    twins = twin_groups(folder)
    shown: dict[str, set[str]] = defaultdict(set)
    clips_of: dict[str, int] = defaultdict(int)
    for clip in clips:
        clips_of[clip.gloss] += 1
        if clip.id in twins:
            shown[twins[clip.id]].add(clip.gloss)
    shared = {gloss for glosses in shown.values() if len(glosses) > 1 for gloss in glosses}
    eligible = sorted(g for g, n in clips_of.items() if n >= 5 and g not in shared | unseen_glosses(folder))
    return frozenset(np.random.default_rng(11).choice(eligible, count, replace=False).tolist())


def _apart_from_unseen(clips: Sequence[Clip], folder: Path) -> dict[str, str]:
    """Clip id to gloss, of clips that neither show one of the 200 glosses nor are a twin of one that does."""
    from chereme.dataset.importers.wlasl import twin_groups, unseen_glosses

    unseen, twins = unseen_glosses(folder), twin_groups(folder)
    theirs = {twins[clip.id] for clip in clips if clip.gloss in unseen and clip.id in twins}
    return {clip.id: clip.gloss for clip in clips if clip.gloss not in unseen and twins.get(clip.id) not in theirs}


def galleries(glosses: Mapping[str, Sequence[str]], seed: int) -> tuple[dict[str, str], list[str]]:
    """One example of each gloss, drawn at random, and the clips that are left to be looked up.

    Args:
        glosses: gloss to the ids of its clips.
        seed: 0 to 4 for what is published.

    Returns:
        Gloss to the id of its example; ids of all other clips.
    """
    rng = np.random.default_rng(seed)
    examples = {gloss: str(rng.choice(sorted(glosses[gloss]))) for gloss in sorted(glosses)}
    return examples, [i for gloss in sorted(glosses) for i in sorted(glosses[gloss]) if i != examples[gloss]]


PROTOCOLS: dict[str, Callable[[Sequence[Clip], Path | None], dict[str, Split]]] = {
    "isl43": isl43,
    "isl43-rotation": isl43_rotation,
    "isl30": isl30,
    "wlasl": wlasl,
    "one-shot": one_shot,
}
"""Protocol name to a function of clips and, where known, the set's folder; it gives one or more named splits."""

SET_PROTOCOLS: dict[str, tuple[str, ...]] = {
    "isl_include43_poses": ("isl43", "isl43-rotation"),
    "isl30_kinect": ("isl30",),
    "wlasl_hands": ("wlasl", "one-shot"),
}
"""Known set to the protocols that packing it writes at once."""
