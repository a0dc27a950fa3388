"""What was collected as tables: `entries.csv` for people and `curate`, `dead.csv`, and a manifest of the clips."""

import csv
import time
from collections.abc import Iterable, Sequence
from dataclasses import astuple, fields
from pathlib import Path

from chereme.collect.page import Entry
from chereme.collect.state import Kept, State
from chereme.dataset.manifest import nfc, write_manifest
from chereme.files import write_beside
from chereme.types import Clip

__all__ = ["DEAD", "ENTRIES", "MANIFEST", "write_tables"]

ENTRIES, DEAD, MANIFEST = "entries.csv", "dead.csv", "manifest.csv"
_FOUND = ("source", "language")
_STATE = ("clip_status", "clip_url", "clip", "sha256", "error", "first_seen", "listed")


def write_tables(state: State) -> list[Path]:
    """Write the tables into the folder of a collection; the manifest only when clips are there."""
    kept = list(state.kept())
    names = tuple(f.name for f in fields(Entry))
    written = [state.folder / ENTRIES, state.folder / DEAD]
    _write(written[0], (*_FOUND, *names, *_STATE), (_row(k) for k in kept))
    _write(written[1], ("source", "url", "why"), state.dead_links())
    clips = [
        Clip(f"{k.source}/{k.entry.key}", k.path, k.entry.word, k.language, k.entry.signer, k.source, k.entry.variant)
        for k in kept
        if k.status == "stored"
    ]
    if clips:
        written.append(state.folder / MANIFEST)
        write_manifest(clips, written[2])
    return written


def _row(kept: Kept) -> Sequence[object]:
    seen = time.strftime("%Y-%m-%d", time.gmtime(kept.first_seen))
    about = (kept.status, kept.url, kept.path, kept.sha256, kept.error, seen, "yes" if kept.listed else "no")
    return (kept.source, kept.language, *map(nfc, astuple(kept.entry)), *about)


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with write_beside(path) as part, part.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
