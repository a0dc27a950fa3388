"""How the signs of a lexicon are told and drawn."""

import sys
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from chereme.lexicon import Hit, Lexicon, Sign
    from chereme.types import PoseSequence

__all__ = [
    "card_lines",
    "card_of",
    "count",
    "folder_for",
    "imported",
    "pictures",
    "ranking",
    "told",
    "told_hit",
    "told_use",
    "watched",
]

T = TypeVar("T")


def pictures(lexicon: "Lexicon", clip: "PoseSequence", hits: "Sequence[Hit]", folder: Path) -> list[Path | None]:
    """Draw the clip, and of each sign its nearest example; one that has no landmarks gives way to another that has."""
    from chereme.cli._drawing import draw_to
    from chereme.lexicon.exchange import safe_name

    drawn: list[Path | None] = []
    draw_to(clip, folder / "query.png", 240)
    for rank, hit in enumerate(hits, 1):
        sign = hit.sign
        examples = lexicon.entries(sign.gloss, sign.language, sign.variant, sign.sense)
        drawable = [entry.id for entry in examples if entry.has_pose]
        if not drawable:
            drawn.append(None)
            continue
        path = folder / f"{rank:02}-{safe_name(sign.gloss)}.png"
        draw_to(lexicon.pose(hit.entry if hit.entry in drawable else drawable[0]), path, 240)
        drawn.append(path)
    return drawn


def folder_for(clip: Path | str, taken: dict[str, int]) -> str:
    """A folder of its own for each clip, by the clip's name."""
    from chereme.lexicon.exchange import safe_name

    name = safe_name(clip.stem) if isinstance(clip, Path) else f"webcam-{safe_name(clip)}"
    taken[name] = taken.get(name, 0) + 1
    return name if taken[name] == 1 else f"{name}-{taken[name]}"


def told(sign: "Sign") -> dict[str, str]:
    """A sign as JSON: its gloss, and what keeps it apart where that was said."""
    parts = {"gloss": sign.gloss, "language": sign.language, "variant": sign.variant, "sense": sign.sense}
    return {key: value for key, value in parts.items() if value}


def told_hit(hit: "Hit") -> dict[str, Any]:
    """A sign that was found, as JSON."""
    return {**told(hit.sign), "similarity": hit.similarity, "entry": hit.entry, "examples": hit.examples}


def ranking(answer: dict[str, Any]) -> str:
    """One clip for people: its nearest signs, a line each."""
    from chereme.lexicon import Sign

    lines = [f"{answer['file']}:"]
    for rank, hit in enumerate(answer["signs"], 1):
        sign = Sign(*(hit.get(part, "") for part in ("gloss", "language", "variant", "sense")))
        lines.append(f"  {rank:2}. {hit['similarity']:.2f}  {sign}")
    if "picture" in answer:
        lines.append(f"  pictures in {Path(answer['picture']).parent}")
    return "\n".join(lines)


def imported(answer: dict[str, Any]) -> str:
    """An import for people."""
    failed = f", {len(answer['failed'])} failed" if answer["failed"] else ""
    return f"{answer['file']}: {answer['added']} added, {answer['skipped']} there already{failed}"


def card_of(lexicon: "Lexicon") -> dict[str, Any]:
    """A lexicon as JSON: its card, where it has one, and how much it holds."""
    signs, card = lexicon.signs(), lexicon.card
    return {
        "lexicon": lexicon.name,
        **({} if card is None else asdict(card)),
        "languages": sorted({sign.language for sign in signs if sign.language}),
        "signs": len(signs),
        "examples": sum(map(len, signs.values())),
        "bundle": lexicon.encoder_name,
    }


def card_lines(found: dict[str, Any]) -> list[str]:
    """The same for people."""
    of = f" of {', '.join(found['languages'])}" if found["languages"] else ""
    held = f"{count(found['signs'], 'sign')}{of}, {count(found['examples'], 'example')}"
    by = f"; looked up with the bundle {found['bundle']}" if found["bundle"] else ""
    if "title" not in found:
        return [f"{found['lexicon']}: {held}{by}"]
    return [
        f"{found['lexicon']}: {found['title']}",
        *(f"  {line}" for line in textwrap.wrap(found["summary"], 100)),
        f"  {held}{by}",
        f"  use: {told_use(found['use'])}; made from {', '.join(found['data'])}",
        f"  licence of the data: {found['licence']}",
        *(f"  limit: {limit}" for limit in found["limits"]),
    ]


def told_use(use: str) -> str:
    """What a card allows, in words."""
    return {"open": "any use, with credit", "research": "research and demonstration only"}.get(use, use)


def count(number: int, what: str) -> str:
    """A number and what it counts."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def watched(items: list[T], unit: str, as_json: bool) -> Iterable[T]:
    """Things to go through, with a bar in a terminal."""
    from tqdm import tqdm

    bar: Iterable[T] = tqdm(items, unit=unit, disable=as_json or len(items) < 2 or not sys.stderr.isatty())
    return bar
