"""What came of a review: one verdict for each clip, as the tables that `curate` and `dataset` read."""

import csv
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from chereme.dataset.manifest import write_manifest
from chereme.errors import ReviewError
from chereme.files import write_beside
from chereme.review.clips import ReviewClip
from chereme.review.decisions import Decision, Decisions
from chereme.types import Clip

__all__ = ["Outcome", "outcomes", "write_decisions", "write_kept"]


@dataclass(frozen=True)
class Outcome:
    """What several people together say of a clip."""

    clip: ReviewClip
    decision: Decision
    """Of the most; verdict empty: as many said one thing as another."""
    votes: dict[str, str]
    """Person to verdict."""


def outcomes(decisions: Decisions, reviewers: Sequence[str] = ()) -> list[Outcome]:
    """One for each clip that anybody decided on.

    The verdict is that of the most. Among those who gave it, a clip is mirrored if more than half say so, and begins
    and ends at the median of what they set.

    Args:
        decisions: of all.
        reviewers: whose decisions count; empty: everybody's.

    Raises:
        ReviewError: nobody of that name reviews here.
    """
    known = decisions.reviewers()
    if unknown := [name for name in reviewers if name not in known]:
        raise ReviewError(
            f"{decisions.path}: nobody is called {unknown[0]!r}; here review {', '.join(known) or 'none'}"
        )
    given = {name: decisions.of(name) for name in reviewers or known}
    found = []
    for key, clip in decisions.clips().items():
        votes = {name: d[key] for name, d in given.items() if key in d and d[key].verdict}
        if votes:
            verdicts = {name: decision.verdict for name, decision in votes.items()}
            found.append(Outcome(clip, _joined(list(votes.values())), verdicts))
    return found


def _joined(votes: list[Decision]) -> Decision:
    counts = Counter((vote.verdict, vote.other) for vote in votes)
    verdicts = Counter(vote.verdict for vote in votes).most_common(2)
    if len(verdicts) > 1 and verdicts[0][1] == verdicts[1][1]:
        return Decision()
    verdict = verdicts[0][0]
    other = max((count, name) for (said, name), count in counts.items() if said == verdict)[1]
    mine = [vote for vote in votes if vote.verdict == verdict]
    starts = [vote.start for vote in mine if vote.start is not None]
    ends = [vote.end for vote in mine if vote.end is not None]
    start, end = (round(median(times), 3) if times else None for times in (starts, ends))
    if end is not None and end <= (start or 0):  # people who mean different stretches: the whole film is safer
        start = end = None
    return Decision(verdict, other, 2 * sum(vote.mirrored for vote in mine) > len(mine), start, end)


def write_decisions(found: Iterable[Outcome], path: str | Path, keep_variants: bool = False) -> int:
    """Write the table that `chereme curate --decisions` reads; clips without a verdict are left out.

    Args:
        found: outcomes.
        path: of the CSV.
        keep_variants: keep clips that show the word by another sign, too.

    Returns:
        How many clips are in it.
    """
    rows = []
    for one in found:
        clip, decision = one.clip, one.decision
        if not decision.verdict:
            continue
        keep = decision.verdict == "accept" or (keep_variants and decision.verdict == "variant")
        times = ("" if time is None else f"{time:g}" for time in (decision.start, decision.end))
        rows.append(
            (
                *(clip.source, clip.gloss, clip.variant, clip.signer, clip.url, clip.path, "keep" if keep else "drop"),
                *("yes" if decision.mirrored else "no", *times, decision.verdict, decision.other),
                "; ".join(f"{name}: {verdict}" for name, verdict in one.votes.items()),
            )
        )
    with write_beside(path) as part, part.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(
            ("source", "gloss", "variant", "signer", "url", "path", "decision", "mirrored", "start", "end", "verdict",
             "other_sign", "votes")
        )  # fmt: skip
        writer.writerows(rows)
    return len(rows)


def write_kept(found: Iterable[Outcome], clips: Iterable[ReviewClip], path: str | Path) -> tuple[int, list[str]]:
    """Write accepted clips that are there as a manifest, trimmed as people said.

    Args:
        found: outcomes.
        clips: of the table, with the places of their films.
        path: of the manifest (.csv or .parquet).

    Returns:
        How many clips are in it, and the paths of those that are mirrored, which a manifest cannot say.

    Raises:
        ReviewError: no accepted clip is there.
    """
    path = Path(path)
    decided = {one.clip.key: one.decision for one in found if one.decision.verdict == "accept"}
    kept, mirrored = [], []
    for clip in clips:
        file = clip.film or clip.pose
        decision = decided.get(clip.key)
        if decision is None or file is None:
            continue
        start = clip.start if decision.start is None else decision.start
        end = clip.end if decision.end is None else decision.end
        place = Path(os.path.relpath(file.resolve(), path.resolve().parent)).as_posix()
        kept.append(
            Clip(clip.key, place, clip.gloss, clip.language, clip.signer, clip.source, clip.variant, start, end)
        )
        if decision.mirrored:
            mirrored.append(place)
    if not kept:
        raise ReviewError(f"{path}: no accepted clip is there, so nothing was written; accept some first")
    write_manifest(kept, path)
    return len(kept), mirrored
