"""The fixed splits of the known data sets: one protocol for each test, so that scores can be compared."""

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

from chereme.dataset.split import Split, leave_one_out, official
from chereme.errors import SplitError
from chereme.types import Clip

__all__ = ["PROTOCOLS", "SET_PROTOCOLS", "isl30", "isl43", "isl43_rotation", "last_blocks", "wlasl"]

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


PROTOCOLS: dict[str, Callable[[Sequence[Clip], Path | None], dict[str, Split]]] = {
    "isl43": isl43,
    "isl43-rotation": isl43_rotation,
    "isl30": isl30,
    "wlasl": wlasl,
}
"""Protocol name to a function of clips and, where known, the set's folder; it gives one or more named splits."""

SET_PROTOCOLS: dict[str, tuple[str, ...]] = {
    "isl_include43_poses": ("isl43", "isl43-rotation"),
    "isl30_kinect": ("isl30",),
    "wlasl_hands": ("wlasl",),
}
"""Known set to the protocols that packing it writes at once."""
