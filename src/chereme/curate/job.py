"""A curation from begin to end, and the files that it leaves."""

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chereme.curate.config import CurateConfig
from chereme.curate.criteria import CRITERIA, Word, judge
from chereme.curate.decisions import apply_decisions, read_decisions
from chereme.curate.rows import COLUMNS, Row, read_rows
from chereme.curate.senses import tell_senses
from chereme.files import write_beside

__all__ = ["CLIPS", "WORDS", "Curated", "curate", "write_curated"]

CLIPS, WORDS, FUNNEL, MANIFEST = "clips.csv", "words.csv", "funnel.json", "manifest.csv"


@dataclass(frozen=True)
class Curated:
    """What came of it."""

    rows: tuple[Row, ...]
    words: tuple[Word, ...]
    left_out: dict[str, int]
    """Reason to lines that are in no table."""
    idle: int
    """Decisions that fit no clip."""

    @property
    def kept(self) -> tuple[Word, ...]:
        """Words that fulfil all criteria."""
        return tuple(word for word in self.words if not word.dropped_by)

    def funnel(self) -> dict[str, Any]:
        """How many rows, clips and words are left after each step."""
        dropped = Counter(word.dropped_by for word in self.words)
        left, steps = len(self.words), {}
        for criterion in CRITERIA:
            left -= dropped[criterion]
            steps[criterion] = {"dropped": dropped[criterion], "words": left}
        return {
            "lines": len(self.rows) + sum(self.left_out.values()),
            "left_out": self.left_out,
            "clips": len(self.rows),
            "by_source": dict(sorted(Counter(row.source for row in self.rows).items())),
            "dead": sum(row.status == "dead" for row in self.rows),
            "problems": dict(Counter(row.problem.partition(":")[0] for row in self.rows if row.problem)),
            "links_of_several_words": sum(len(words) > 1 for words in _words_of_links(self.rows).values()),
            "copies": sum(bool(row.copy_of) for row in self.rows),
            "mirrored": sum(bool(row.mirrored) for row in self.rows),
            "homographs": sum(word.senses > 1 for word in self.words),
            "words_with_variants": sum(word.variants > 1 for word in self.words),
            "words": len(self.words),
            "criteria": steps,
            "kept": len(self.kept),
            "kept_clips": sum(len(word.counting) for word in self.kept),
            "decisions_without_a_clip": self.idle,
        }


def _words_of_links(rows: Iterable[Row]) -> dict[str, set[str]]:
    """Address of a clip to the words that it stands for: with several, one at least is wrong, or they are synonyms."""
    words: dict[str, set[str]] = {}
    for row in rows:
        if row.url:
            words.setdefault(row.url, set()).add(row.gloss)
    return words


def curate(
    places: Sequence[str | Path],
    config: CurateConfig | None = None,
    decisions: Sequence[str | Path] = (),
    beside: Path | None = None,
    look: Callable[[list[Row]], None] | None = None,
) -> Curated:
    """Merge sources into one table of clips, and say which words are good enough.

    Args:
        places: folders of collections, or of the tables that the recipe names.
        config: the recipe; None: keep every word with a clip.
        decisions: files of what people chose.
        beside: folder to which the recipe's lists of words may be relative.
        look: looks at the films, and marks rows whose film has a problem; see `chereme.curate.look`.

    Raises:
        CollectError: a place or a file of decisions cannot be read.
        RecipeError: a list of words cannot be read.
    """
    config = config or CurateConfig()
    rows, left_out = read_rows(map(Path, places), config)
    tell_senses(rows)
    chosen = [decision for path in decisions for decision in read_decisions(Path(path))]
    idle = apply_decisions(rows, chosen)
    if look is not None:
        look(rows)
    return Curated(tuple(rows), tuple(judge(rows, config.criteria, beside)), left_out, len(idle))


def write_curated(found: Curated, folder: str | Path) -> list[Path]:
    """Write the table of clips, the table of words with reasons, the funnel, and a manifest of the films that stay."""
    from chereme.curate.manifest import write_kept  # loads the data set's side, which few runs need

    folder = Path(folder)
    written = [folder / name for name in (CLIPS, WORDS, FUNNEL)]
    reason = {word.gloss: word.dropped_by for word in found.words}
    counts = {id(row) for word in found.kept for row in word.counting}
    _write(
        written[0],
        (*COLUMNS, "kept", "word_dropped_by"),
        (
            (*(getattr(row, name) for name in COLUMNS), "yes" if id(row) in counts else "no", reason[row.gloss])
            for row in found.rows
        ),
    )
    _write(
        written[1],
        ("gloss", "labels", "sources", "clips", "counting", "senses", "variants", "kept", "dropped_by", "why"),
        (
            (
                *(word.gloss, " / ".join(word.labels), " ".join(word.sources), word.clips, len(word.counting)),
                *(word.senses, word.variants, "no" if word.dropped_by else "yes", word.dropped_by, word.why),
            )
            for word in found.words
        ),
    )
    with write_beside(written[2]) as part:
        part.write_text(json.dumps(found.funnel(), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    if any(row.path for word in found.kept for row in word.counting):
        written.append(write_kept(found.kept, folder / MANIFEST))
    return written


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with write_beside(path) as part, part.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
