"""Which words stay, and which criterion dropped each of the others."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from chereme.curate.config import Criteria, list_path
from chereme.curate.labels import gloss_of
from chereme.curate.rows import Row
from chereme.errors import RecipeError

__all__ = ["CRITERIA", "Word", "judge", "read_words"]

CRITERIA = (
    *("words", "without", "dead_count", "problems_count", "reviewed", "homographs"),
    *("min_sources", "min_videos", "max_videos"),
)
"""In the order in which they are asked."""


@dataclass(frozen=True)
class Word:
    """A word and what became of it."""

    gloss: str
    labels: tuple[str, ...]
    """As written by the sources."""
    sources: tuple[str, ...]
    """Which have a clip that counts."""
    clips: int
    """Of all sources."""
    counting: tuple[Row, ...]
    senses: int
    """Meanings that some source defines; 0: none does."""
    variants: int
    """Most signs that one source gives for it."""
    dropped_by: str = ""
    """The criterion; empty: it stays."""
    why: str = ""


def judge(rows: Iterable[Row], criteria: Criteria, beside: Path | None = None) -> list[Word]:
    """Every word, in order, with the first criterion that drops it.

    Args:
        rows: all clips.
        criteria: of the recipe.
        beside: folder to which paths of lists of words may be relative.

    Raises:
        RecipeError: a list of words cannot be read.
    """
    wanted, unwanted = (
        {word for name in names for word in read_words(list_path(name, beside))}
        for names in (criteria.words, criteria.without)
    )
    words: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        words[row.gloss].append(row)
    return [_judged(gloss, words[gloss], criteria, wanted, unwanted) for gloss in sorted(words)]


def read_words(path: Path) -> list[str]:
    """Words of a list, one a line; what follows a colon or `#` is a remark.

    Raises:
        RecipeError: it cannot be read.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path}: no list of words: {error}") from error
    found = (gloss_of(line.partition("#")[0].partition(":")[0]) for line in lines)
    return [word for word in found if word]


def _judged(gloss: str, rows: list[Row], criteria: Criteria, wanted: set[str], unwanted: set[str]) -> Word:
    alive = rows if criteria.dead_count else [r for r in rows if r.status != "dead"]
    sound = alive if criteria.problems_count else [r for r in alive if not r.problem and not r.copy_of]
    chosen = [r for r in sound if r.chosen == "keep" or (not criteria.reviewed and r.chosen != "drop")]
    counting = _one_each(chosen) if criteria.variants == "one" else chosen
    sources = tuple(sorted({r.source for r in counting}))
    senses = len({r.sense for r in rows if r.sense})
    signs = defaultdict(set)
    for row in rows:
        signs[row.source].add(row.variant)

    failed, why = "", ""
    if wanted and gloss not in wanted:
        failed, why = "words", "in none of the lists of words"
    elif gloss in unwanted:
        failed, why = "without", "in a list of words to leave out"
    elif not alive:
        failed, why = "dead_count", f"no clip of {len(rows)} answers"
    elif not sound:
        first = next(iter(r.problem or "shows the same recording as another" for r in alive))
        failed, why = "problems_count", f"all {len(alive)} clips have a problem, as: {first}"
    elif not chosen:
        failed, why = "reviewed", f"none of {len(sound)} clips was chosen by a person"
    elif criteria.homographs == "drop" and senses > 1 and not any(r.chosen for r in rows):
        failed, why = "homographs", f"{senses} meanings, and nobody chose one"
    elif len(sources) < criteria.min_sources:
        failed, why = "min_sources", f"in {len(sources)} of {criteria.min_sources} sources: {', '.join(sources)}"
    elif len(counting) < criteria.min_videos:
        failed, why = "min_videos", f"{len(counting)} of {criteria.min_videos} clips"
    elif criteria.max_videos and len(counting) > criteria.max_videos:
        failed, why = "max_videos", f"{len(counting)} clips, {criteria.max_videos} at most"
    return Word(
        gloss=gloss,
        labels=tuple(sorted({r.label.strip() for r in rows})),
        sources=sources,
        clips=len(rows),
        counting=tuple(counting),
        senses=senses,
        variants=max(map(len, signs.values())),
        dropped_by=failed,
        why=why,
    )


def _one_each(rows: Sequence[Row]) -> list[Row]:
    """Of each signer of each source the clip with the lowest number."""
    first: dict[tuple[str, str], Row] = {}
    for row in sorted(rows, key=lambda row: row.variant.zfill(3)):
        first.setdefault((row.source, row.signer), row)
    return [row for row in rows if first[row.source, row.signer] is row]
