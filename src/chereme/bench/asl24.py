"""`asl24`: real videos of 24 ASL words through our own extractor, looked up by one example each of another signer."""

from collections.abc import Sequence
from pathlib import Path

from filelock import FileLock

from chereme.bench import BenchResult
from chereme.bench.digests import code_digest
from chereme.bench.embeddings import (
    WORK,
    Gallery,
    embed_all,
    encoder,
    one_shot_encoders,
    retrieval_result,
    sequences_of,
    wlasl_store,
)
from chereme.dataset.importers import VIDEO_SETS
from chereme.dataset.store import Store, pack
from chereme.errors import CheremeError
from chereme.landmarks import ExtractConfig
from chereme.landmarks.job import plan_job, run_job
from chereme.places import data_folder
from chereme.poses import read_pose
from chereme.recognize import hand_seen
from chereme.types import Clip

__all__ = ["extracted", "measure", "signer_galleries"]

DATA = "asl24_videos"


def measure(
    data: str | Path | None = None,
    only: str | None = None,
    changes: Sequence[str] = (),
    work: Path = WORK,
    landmarks: Path = Path("runs/bench/asl24"),
) -> BenchResult:
    """Recall@1, recall@5 and mean reciprocal rank with the encoders of `one-shot`, each signer's takes as examples.

    Args:
        data: folder of the public data sets.
        only: see `train_all`.
        changes: to the recipe.
        work: folder in which trainings are kept.
        landmarks: folder in which those of the videos are kept.
    """
    videos = extracted(data_folder(data) / DATA, landmarks)
    store, folder = wlasl_store(data, work)
    runs = one_shot_encoders(store, folder, work, only, changes)
    drawn = signer_galleries(videos.clips)
    sequences = sequences_of(videos, (clip.id for clip in videos.clips))
    details = {
        "split": "the first take of each word by one signer as example, all takes of the other signers look it up,"
        " each signer in turn; signer labels are the packer's; nothing of this set in training",
        "videos_without_a_hand": sum(not hand_seen(sequence) for sequence in sequences.values()),
    }
    vectors = [embed_all(encoder(run), sequences) for run in runs]
    return retrieval_result("asl24", drawn, sequences, runs, vectors, details, further=5)


def signer_galleries(clips: Sequence[Clip]) -> list[Gallery]:
    """One gallery per signer: the first take of each word, looked up by all takes of the others.

    Raises:
        CheremeError: a signer lacks a word, so that galleries would not compare.
    """
    glosses = {clip.id: clip.gloss for clip in clips}
    found = []
    for signer in sorted({clip.signer for clip in clips}):
        takes: dict[str, list[str]] = {}
        for clip in clips:
            if clip.signer == signer:
                takes.setdefault(clip.gloss, []).append(clip.id)
        if lacking := sorted(set(glosses.values()) - set(takes)):
            raise CheremeError(f"signer {signer} has no take of {', '.join(lacking)}")
        queries = [clip.id for clip in clips if clip.signer != signer]
        found.append(Gallery.of({gloss: min(ids) for gloss, ids in takes.items()}, queries, glosses))
    return found


def extracted(videos: Path, work: Path) -> Store:
    """The landmarks of a set of videos, found once; a video without a hand stays in, to be got wrong.

    Raises:
        CheremeError: a video gave none.
    """
    folder = work / f"landmarks-{code_digest(('landmarks',))}"
    work.mkdir(parents=True, exist_ok=True)
    with FileLock(work / "landmarks.lock"):
        if not (folder / "store" / "store.json").is_file():
            job = plan_job([videos], folder / "poses", ExtractConfig(keep_handless=True))
            if failed := [outcome.error for outcome in run_job(job, 1) if outcome.error]:
                raise CheremeError(f"{len(failed)} videos gave no landmarks: {failed[0]}")
            clips = list(VIDEO_SETS[DATA](videos))
            poses = (folder / "poses" / Path(clip.path).with_suffix(".pose") for clip in clips)
            pack(((clip, read_pose(pose)) for clip, pose in zip(clips, poses, strict=True)), folder / "store")
    return Store.open(folder / "store")
