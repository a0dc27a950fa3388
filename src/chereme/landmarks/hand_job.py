"""A folder of pictures of hands to a packed store, in several processes, from where an earlier run stopped.

What is found goes to a journal picture by picture; the store is packed from it when all are done, whole or not at all.
"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

from chereme.dataset.picture_folder import read_picture_folder
from chereme.dataset.store import Store, check_replaceable, digest_of, pack
from chereme.errors import ManifestError, StoreError
from chereme.landmarks.hand_pictures import Picture, find_hands
from chereme.landmarks.hands import HandConfig
from chereme.landmarks.journal import Journal, stamp_of
from chereme.landmarks.picture import PICTURES
from chereme.landmarks.processes import cores
from chereme.types import Clip, PoseSequence

__all__ = ["JOURNAL", "STORE", "HandJob", "HandOutcome", "pack_hand_job", "plan_hand_job", "run_hand_job", "sides_of"]

STORE = "store"
"""In the output folder: the packed landmarks."""
JOURNAL = "journal.jsonl"
"""In the output folder: the settings and what was found so far."""


@dataclass(frozen=True)
class HandJob:
    """What there is to do, and what has been done."""

    out: Path
    config: HandConfig
    items: tuple[tuple[Clip, Path], ...]
    """Clips with their pictures' files."""
    journal: Journal
    left: tuple[tuple[Clip, Path], ...]
    """Those that no earlier run has looked at with these settings."""


@dataclass(frozen=True)
class HandOutcome:
    """What became of one picture: one frame of layout `hands_42`, NaN where no hand was found, or an error."""

    clip: Clip
    file: Path
    sequence: PoseSequence | None = None
    error: str = ""


def plan_hand_job(folder: str | Path, out: str | Path, config: HandConfig | None = None, redo: bool = False) -> HandJob:
    """Find the pictures and what an earlier run has left to do.

    Args:
        folder: see `chereme.dataset.picture_folder.read_picture_folder`.
        out: folder for store and journal.
        config: settings; None: the defaults.
        redo: look at everything anew, whatever is there.

    Raises:
        ManifestError: the folder holds no pictures or contradicts itself, `out` lies in it, or was made with other
            settings.
        StoreError: `out` holds something else where the store should go.
    """
    config, out = config or HandConfig(), Path(out)
    if Path(folder).resolve() in (out.resolve(), *out.resolve().parents):
        raise ManifestError(
            f"{out}: lies in the folder of pictures, where what is written would be taken for classes of pictures;"
            " give a folder beside it with -o"
        )
    items = read_picture_folder(folder, PICTURES)
    check_replaceable(out / STORE)
    made_with = {**asdict(config), "engine": f"mediapipe {version('mediapipe')}"}
    journal = Journal(out / JOURNAL, made_with, redo)
    left = tuple(
        (clip, file)
        for clip, file in items
        if clip.id not in journal.found or journal.found[clip.id][0] != stamp_of(file)
    )
    return HandJob(out, config, items, journal, left)


def run_hand_job(job: HandJob, workers: int | None = None) -> Iterator[HandOutcome]:
    """Look at what is left, yielding each outcome as it comes.

    Args:
        job: from `plan_hand_job`.
        workers: processes; None: one per core.

    Raises:
        ManifestError: the journal cannot be written (disk full): the same command goes on from there.
    """
    items = {str(file): (clip, file) for clip, file in job.left}
    if not items:
        return
    # taken before a file is read: one that changes meanwhile is looked at again next time
    stamps = {name: stamp_of(file) or (0, 0) for name, (_, file) in items.items()}
    count = min(workers or cores(), len(items))
    with job.journal, closing(find_hands(map(Picture, items), job.config, count)) as done:
        for picture, found in done:
            clip, file = items[picture.name]
            if isinstance(found, str):
                job.journal.found.pop(clip.id, None)  # of a picture that stood there before
                yield HandOutcome(clip, file, error=found)
            else:
                job.journal.add(clip.id, stamps[picture.name], found)
                yield HandOutcome(clip, file, found)


def pack_hand_job(job: HandJob) -> Store:
    """Pack what was found: a clip per picture that could be read, NaN where it shows no hand.

    A store that holds just this already is left as it is, with its splits.

    Raises:
        ManifestError: no picture could be read.
        StoreError: see `chereme.dataset.store.pack`.
    """
    found = [(clip, job.journal.found[clip.id][1]) for clip, _ in job.items if clip.id in job.journal.found]
    if not found:
        raise ManifestError(f"{job.out}: none of {len(job.items)} pictures could be read, so there is nothing to pack")
    try:
        store = Store.open(job.out / STORE)
    except StoreError:
        return pack(found, job.out / STORE)
    same = store.clips == tuple(clip for clip, _ in found) and store.digests == tuple(
        digest_of(sequence.points) for _, sequence in found
    )
    return store if same else pack(found, job.out / STORE)


def sides_of(store: Store) -> dict[str, str]:
    """Clip id to whose hands were found, `left`, `right` or `both`; empty where none was."""
    seen = np.stack([~np.isnan(store.points[:, store.layout.groups[f"{s}_hand"].start, 0]) for s in ("left", "right")])
    names = {(False, False): "", (True, False): "left", (False, True): "right", (True, True): "both"}
    return {
        clip.id: names[tuple(seen[:, start:stop].any(1).tolist())]
        for clip, start, stop in zip(store.clips, store.offsets[:-1], store.offsets[1:], strict=True)
    }
