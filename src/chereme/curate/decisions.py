"""What people decided: which clips show the sign that is meant."""

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chereme.curate.labels import gloss_of, plain
from chereme.curate.rows import Row
from chereme.errors import CollectError

__all__ = ["apply_decisions", "read_decisions"]


@dataclass(frozen=True)
class Decision:
    """One choice; what is empty fits any clip."""

    source: str
    gloss: str
    variant: str
    signer: str
    url: str
    keep: bool
    path: str = ""
    mirrored: str = ""
    """`yes` or `no`, where a person said so."""
    start: str = ""
    """Seconds of the film at which the sign begins; empty: nobody said."""
    end: str = ""


def read_decisions(path: Path) -> list[Decision]:
    """Decisions from a table or from the files of an older review.

    - `.csv`: columns `source` and `gloss`, and as needed `variant`, `signer`, `url`, `path`, `decision` (`keep`,
      `drop`), and what a person said of the film: `mirrored` (`yes`, `no`), `start` and `end` in seconds. Other
      columns are passed over; `chereme review` writes such a table;
    - `.json`: a list of `dataset`, `word` and `chosen_video` (number of the sign; for V-Librasil the signer), or
      `video_match` (true: kept).

    Raises:
        CollectError: it is neither.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix.lower() == ".json":
            return [_from_json(one) for one in json.loads(text)]
        return [_from_csv(row) for row in csv.DictReader(text.splitlines())]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CollectError(f"{path}: no decisions that can be read: {type(error).__name__}: {error}") from error


def apply_decisions(rows: Iterable[Row], decisions: Iterable[Decision]) -> list[Decision]:
    """Mark each clip that was decided on; the last decision on a clip counts. Gives decisions that fit no clip.

    Clips that nobody decided on stay as they are; of a word with decisions on a source, that source's other clips are
    dropped: who chose one of several did not choose the others.
    """
    words: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        words.setdefault((plain(row.source), row.gloss), []).append(row)
    idle = []
    for decision in decisions:
        fitting = words.get((decision.source, decision.gloss), [])
        found = [row for row in fitting if _fits(decision, row)]
        if not found:
            idle.append(decision)
            continue
        if decision.keep:
            for row in fitting:
                row.chosen = row.chosen or "drop"
        for row in found:
            row.chosen = "keep" if decision.keep else "drop"
            row.start, row.end = decision.start, decision.end
            if decision.mirrored:
                row.mirrored = "a person says so" if decision.mirrored == "yes" else ""
    return idle


def _fits(decision: Decision, row: Row) -> bool:
    pairs = (
        (decision.variant, row.variant),
        (decision.signer, row.signer),
        (decision.url, row.url),
        (decision.path, row.path),
    )
    return all(not wanted or wanted == told for wanted, told in pairs)


def _from_csv(row: Mapping[str, str | None]) -> Decision:
    told = {name.strip(): (value or "").strip() for name, value in row.items() if name}
    decision = told.get("decision", "") or "keep"
    if decision not in ("keep", "drop"):
        raise ValueError(f"decision is {decision!r}; it can be keep or drop")
    mirrored = told.get("mirrored", "")
    if mirrored not in ("", "yes", "no"):
        raise ValueError(f"mirrored is {mirrored!r}; it can be yes or no")
    start, end = told.get("start", ""), told.get("end", "")
    if float(end or "inf") <= float(start or 0):
        raise ValueError(f"ends at {end} s, not after its start at {start or 0} s")
    return Decision(
        plain(told["source"]),
        gloss_of(told["gloss"]),
        told.get("variant", ""),
        told.get("signer", ""),
        told.get("url", ""),
        keep=decision == "keep",
        path=told.get("path", ""),
        mirrored=mirrored,
        start=start,
        end=end,
    )


def _from_json(one: Mapping[str, Any]) -> Decision:
    source, gloss = plain(one["dataset"]), gloss_of(one["word"])
    if "video_match" in one:
        return Decision(source, gloss, "", "", "", bool(one["video_match"]))
    number = str(one["chosen_video"])
    of_signer = source == "vlibrasil"
    return Decision(source, gloss, "" if of_signer else number, number if of_signer else "", "", True)
