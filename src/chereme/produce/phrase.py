"""A phrase of glosses signed: each looked up, names and numbers spelled, and all joined."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from chereme.errors import CheremeError, LexiconError
from chereme.gloss import find_name, is_spelled, nearest
from chereme.gloss.names import spelled
from chereme.produce.generate import Generator
from chereme.produce.join import JoinConfig, Joined, Span, join_signs
from chereme.produce.producer import Producer, clip_of

__all__ = ["PhrasePlan", "PlannedWord", "missing_error", "plan_phrase", "sign_phrase"]


@dataclass(frozen=True, eq=False)
class PlannedWord:
    """One gloss, and the signs that make it."""

    gloss: str
    """As it was asked for."""
    signs: tuple[tuple[Producer, str], ...]
    """Who signs it and by which name; several when it is spelled."""
    spelled: bool


@dataclass(frozen=True, eq=False)
class PhrasePlan:
    """What would be signed."""

    words: tuple[PlannedWord, ...]
    missing: Mapping[str, tuple[str, ...]]
    """Each gloss that nobody can sign, with the nearest names there are."""


def plan_phrase(
    glosses: Iterable[str], producer: Producer, letters: Producer | None = None, spell_missing: bool = False
) -> PhrasePlan:
    """Look up each gloss.

    `J-O-A-O` says its letters and is spelled; a number that has no sign is signed digit by digit. A producer that reads
    sentences takes a gloss with spaces in it as one text, also one that is none of those it was taught.

    Args:
        glosses: in order.
        producer: who signs them.
        letters: who signs letters and digits; None: the producer, as far as it knows any.
        spell_missing: spell other glosses that are missing, too.

    Raises:
        CheremeError: no gloss at all.
    """
    glosses = [gloss for gloss in glosses if gloss.strip()]
    if not glosses:
        raise CheremeError("no gloss to sign; name at least one, or a sentence with --text")
    spellers = [producer] if letters is None else [letters, producer]
    names = {id(one): one.glosses for one in (producer, *spellers)}
    words: list[PlannedWord] = []
    missing: dict[str, tuple[str, ...]] = {}
    for gloss in glosses:
        name = find_name(gloss, names[id(producer)])
        if name is None and isinstance(producer, Generator) and (" " in gloss.strip() or producer.knows(gloss)):
            name = gloss
        if name is not None:
            words.append(PlannedWord(gloss, ((producer, name),), False))
            continue
        signs: list[tuple[Producer, str]] = []
        if spell_missing or is_spelled(gloss) or gloss.isdigit():
            parts = spelled(gloss).split("-")
            signs = [found for part in parts if (found := _letter(part, spellers, names)) is not None]
            signs = signs if len(signs) == len(parts) else []
        if signs:
            words.append(PlannedWord(gloss, tuple(signs), True))
        else:
            missing[gloss] = tuple(nearest(gloss, names[id(producer)]))
    return PhrasePlan(tuple(words), missing)


def _letter(letter: str, spellers: list[Producer], names: Mapping[int, tuple[str, ...]]) -> tuple[Producer, str] | None:
    """Who signs a letter or digit, and its name there; Ç is C only where nobody has a sign of its own for it."""
    for speller in spellers:
        if (name := next((n for n in names[id(speller)] if n.casefold() == letter.casefold()), None)) is not None:
            return speller, name
    for speller in spellers:
        if (name := find_name(letter, names[id(speller)])) is not None:
            return speller, name
    return None


def sign_phrase(
    glosses: Iterable[str],
    producer: Producer,
    letters: Producer | None = None,
    *,
    spell_missing: bool = False,
    skip_missing: bool = False,
    config: JoinConfig | None = None,
) -> Joined:
    """Sign glosses one after the other as one movement.

    Args:
        glosses: in order; see `plan_phrase`.
        producer: a lexicon's recorded signs, or a trained producer.
        letters: who signs letters and digits.
        spell_missing: spell what has no sign.
        skip_missing: leave out what has no sign and cannot be spelled; the phrase may then say something else.
        config: rate, picture, speed, duration.

    Returns:
        A span for each gloss; a spelled one has one for all of its letters.

    Raises:
        LexiconError: glosses are missing; all are named, with the nearest names.
        CheremeError: no gloss, or what the producer and `join_signs` raise.
    """
    plan = plan_phrase(glosses, producer, letters, spell_missing)
    if plan.missing and not (skip_missing and plan.words):
        raise missing_error(plan, producer.glosses, spell_missing)
    config = config or JoinConfig()
    clips = [
        (word.gloss, clip_of(who, name, config.fps, config.size)) for word in plan.words for who, name in word.signs
    ]
    joined = join_signs(clips, config)
    spans: list[Span] = []
    at = 0
    for word in plan.words:
        own = joined.spans[at : at + len(word.signs)]
        at += len(word.signs)
        spans.append(replace(own[0], end=own[-1].end, last=own[-1].last, spelled=word.spelled))
    return replace(joined, spans=tuple(spans))


def missing_error(plan: PhrasePlan, known: Sequence[str] = (), spell_missing: bool = False) -> LexiconError:
    """What to say of glosses that are missing: what is near them, else a few that there are; who could spell them."""
    told = [gloss + (f" (near it: {', '.join(near)})" if near else "") for gloss, near in plan.missing.items()]
    ways = ["add them"]
    if not spell_missing and any(not (is_spelled(gloss) or gloss.isdigit()) for gloss in plan.missing):
        ways.append("spell them with --spell-missing")
    if spell_missing or any(is_spelled(gloss) or gloss.isdigit() for gloss in plan.missing):
        ways.append("name who signs their letters and digits with --letters")
    known = [name for name in known if not {"#", "/"} & set(name)]
    there = "" if all(plan.missing.values()) or not known else f" (there are {', '.join(known[:8])}"
    there += there and (f" and {len(known) - 8} more)" if len(known) > 8 else ")")
    return LexiconError(
        f"no sign for {', '.join(told[:8])}{f' and {len(told) - 8} more' if len(told) > 8 else ''}{there};"
        f" {', '.join(ways)}, or leave them out with --skip-missing"
    )
