"""`join-speed`: four dictionary signs joined into phrases, beside spoken-to-signed's concatenation of the same clips.

The clips are those of that project's own Swiss German lexicon, which have two frame rates. As fast is worth little when
it looks worse, so what comes out is measured too; for one of the measures there is a truth: a clip that is cut in two,
with a quarter of a second taken out, and joined again.
"""

import contextlib
import io
import itertools
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from chereme.bench import BenchResult
from chereme.errors import MissingExtraError, StoreError
from chereme.evaluate.production import SIGNATURE, bone_length_drift, compared, ndtw_mje
from chereme.layout import BODY_HANDS_75
from chereme.lexicon.sign import cut
from chereme.places import data_folder
from chereme.poses import pose_from_bytes, pose_to_bytes
from chereme.produce import join_signs
from chereme.types import PoseSequence

__all__ = ["measure"]

SIGNS = ("kleine", "kinder", "essen", "pizza")
TAKEN_OUT = 250
"""Milliseconds."""

Joiner = Callable[[Sequence[bytes]], PoseSequence]
Timed = Callable[[Sequence[bytes]], tuple[float, int]]


def measure(data: str | Path | None = None, *, rounds: int = 5, phrases: int = 24) -> BenchResult:
    """Milliseconds per frame that comes out, median over rounds of all phrases; ours and the peer's take turns.

    Reading the files counts for neither; the processor time of one thread does. A phrase is the four signs in one of
    their orders.

    Args:
        data: folder of the public data sets.
        rounds: each joins every phrase once.
        phrases: how many of the 24 orders.

    Raises:
        MissingExtraError: spoken-to-signed is not installed.
        StoreError: the clips are not there.
    """
    folder = data_folder(data) / "pose_format_samples"
    try:
        clips = {name: (folder / f"sgg__{name}.pose").read_bytes() for name in SIGNS}
    except OSError as error:
        raise StoreError(f"{folder}: the four signs of spoken-to-signed are not all there ({error})") from error
    orders = list(itertools.permutations(SIGNS))[:phrases]
    texts = [[clips[name] for name in order] for order in orders]
    ours, theirs = _ours(), _theirs()
    with threadpool_limits(1):
        times = [[_per_frame(timed, texts) for timed in (ours[1], theirs[1])] for _ in range(rounds)]
    mine, peer = (median(pair[i][0] for pair in times) for i in range(2))
    whole = [median(pair[i][1] for pair in times) for i in range(2)]
    frames = [times[0][i][2] for i in range(2)]
    return BenchResult(
        "join-speed",
        round(mine, 4),
        "ms per frame that comes out",
        "spoken-to-signed 0.4: concatenate_poses of the same clips",
        round(peer, 4),
        round(mine / peer, 4),
        frames[0],
        {
            "goal": "<= 0.1, at no worse a measure",
            "ms_per_phrase": [round(value, 2) for value in whole],
            "ratio_per_phrase": round(whole[0] / whole[1], 4),
            "frames": frames,
            "pairs": "ours, then the peer",
            **_quality(ours[0], theirs[0], list(clips.values()), texts),
            "signature": SIGNATURE,
        },
    )


def _per_frame(timed: Timed, texts: Sequence[Sequence[bytes]]) -> tuple[float, float, int]:
    """Milliseconds per frame, per phrase, and how many frames."""
    found = [timed(text) for text in texts]
    seconds, frames = sum(second for second, _ in found), sum(count for _, count in found)
    return 1000 * seconds / frames, 1000 * seconds / len(found), frames


def _ours() -> tuple[Joiner, Timed]:
    def read(clips: Sequence[bytes]) -> list[tuple[str, PoseSequence]]:
        return [("", pose_from_bytes(clip)) for clip in clips]

    def timed(clips: Sequence[bytes]) -> tuple[float, int]:
        signs = read(clips)
        start = time.process_time()
        made = join_signs(signs)
        return time.process_time() - start, len(made.sequence)

    return lambda clips: join_signs(read(clips)).sequence, timed


def _theirs() -> tuple[Joiner, Timed]:
    """The peer as its own command line runs it, without what it prints.

    Source: https://github.com/sign-language-processing/spoken-to-signed-translation (MIT)
    """
    try:
        from pose_format import Pose
        from spoken_to_signed.gloss_to_pose.concatenate import concatenate_poses
    except ImportError as error:
        raise MissingExtraError("bench", "the peer spoken-to-signed") from error

    def run(clips: Sequence[bytes]) -> tuple[float, bytes, int]:
        poses = [Pose.read(clip) for clip in clips]
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            start = time.process_time()
            made = concatenate_poses(poses)
            seconds = time.process_time() - start
        out = io.BytesIO()
        made.write(out)
        return seconds, out.getvalue(), len(made.body.data)

    def timed(clips: Sequence[bytes]) -> tuple[float, int]:
        seconds, _, frames = run(clips)
        return seconds, frames

    return lambda clips: pose_from_bytes(run(clips)[1]), timed


def _quality(
    ours: Joiner, theirs: Joiner, clips: Sequence[bytes], texts: Sequence[Sequence[bytes]]
) -> dict[str, object]:
    """How smooth hands move, whether their bones keep their lengths, and how near a clip comes that was cut in two."""
    made = [[joiner(text) for text in texts[:: max(1, len(texts) // 6)]] for joiner in (ours, theirs)]
    halved = [(pose_from_bytes(clip), halves) for clip in clips for halves in _halves(clip)]
    mended = [
        [
            ndtw_mje(joiner(halves).with_missing(BODY_HANDS_75), clip.with_missing(BODY_HANDS_75))
            for clip, halves in halved
        ]
        for joiner in (ours, theirs)
    ]
    return {
        "hand_jerk": [round(float(np.mean([_jerk(x) for x in some])), 1) for some in made],
        "hand_jerk_by": "mean third difference of wrists and index tips ÷ mean speed, per s²",
        "bone_length_drift": [round(float(np.mean([bone_length_drift(x) for x in some])), 4) for some in made],
        "wrist_apart": [round(float(np.mean([_wrists_apart(x) for x in some])), 5) for some in made],
        "mended_ndtw_mje": [round(float(np.mean(some)), 4) for some in mended],
        "mended": f"{len(halved)} clips cut in two at a third, half and two thirds, {TAKEN_OUT} ms taken out",
    }


def _halves(clip: bytes) -> list[list[bytes]]:
    """A clip without a quarter of a second, in two parts, three times."""
    sequence = pose_from_bytes(clip)
    total = round(1000 * sequence.seconds)
    found = []
    for share in (1 / 3, 1 / 2, 2 / 3):
        at = round(total * share)
        parts = cut(sequence, 0, at - TAKEN_OUT // 2), cut(sequence, at + TAKEN_OUT // 2, 0)
        found.append([pose_to_bytes(part) for part in parts])
    return found


def _jerk(sequence: PoseSequence) -> float:
    """Third difference in time over the speed, so that a slower phrase does not look smoother."""
    points = compared(sequence.with_missing(BODY_HANDS_75)).points
    hands = points[:, [7, 15, 28, 36]]  # wrists and index tips
    speed = np.linalg.norm(np.diff(hands, axis=0), axis=-1).mean()
    third = np.linalg.norm(np.diff(hands, n=3, axis=0), axis=-1).mean()
    return float(third / speed * sequence.fps**2)


def _wrists_apart(sequence: PoseSequence) -> float:
    """Shoulder widths between the body's wrist and the hand's, where both are there."""
    points = compared(sequence.with_missing(BODY_HANDS_75)).points
    return float(np.linalg.norm(points[:, [5, 6]] - points[:, [7, 28]], axis=-1).mean())
