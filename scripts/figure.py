"""A figure of the README and the bench page: what its cells say of a record, and the goal that it is held against."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Goal:
    """What a figure should reach."""

    text: str
    met: Callable[[float], bool]


def at_least(bound: str) -> Goal:
    """A bound as it is printed; reached by itself."""
    return Goal(f"≥ {bound}", lambda found: found >= float(bound))


def at_most(bound: str) -> Goal:
    """A bound as it is printed; reached by itself."""
    return Goal(f"≤ {bound}", lambda found: found <= float(bound))


@dataclass(frozen=True)
class Figure:
    """A row of the table, made of the record of a bench."""

    bench: str
    what: str
    ours: Callable[[Record], str]
    peer: Callable[[Record], str]
    found: Callable[[Record], float]
    goal: Goal


def accuracy(record: Record) -> str:
    """Top-1 with its interval, and what it was drawn from."""
    low, high = record["top1_ci95"]
    seeds = len(record["seeds"])
    drawn = f"{record['n']} clips, {seeds} seed{'s' if seeds > 1 else ''}, over {record['resampled']}"
    return f"**{record['value']:.3f}** (95 % {low:.3f}–{high:.3f}: {drawn})"


def peer_accuracy(record: Record) -> str:
    """Top-1 of each peer."""
    return ", ".join(f"{name} {top1:.3f}" for name, top1 in record["peers"].items())


def letters(record: Record) -> str:
    """Detection times accuracy with its interval."""
    low, high = record["top1_ci95"]
    drawn = f"{record['n']} pictures, {len(record['by_seed'])} seeds, over {record['resampled']}"
    return f"**{record['value']:.3f}** (95 % {low:.3f}–{high:.3f}: {drawn}; hands found {record['detection_rate']:.3f})"


def portal(record: Record) -> str:
    """The portal's first model on the same pictures."""
    hands = "the three signers alone" if "alone" in record["peer"] else "the same hands"
    return f"the portal's v1 on {hands} {record['peer_value']:.3f}"


def recall(record: Record) -> str:
    """Recall@1 with its interval, and what else was found."""
    low, high = record["recall1_ci95"]
    further = next(key for key in record if key.startswith("recall") and key not in ("recall1", "recall1_ci95"))
    rest = f"recall@{further.removeprefix('recall')} {record[further]:.3f}, MRR {record['mrr']:.3f}"
    drawn = f"{record['n']} clips, {len(record['seeds'])} seeds, over glosses"
    return f"**{record['value']:.3f}** (95 % {low:.3f}–{high:.3f}: {drawn}; {rest})"


def warping(record: Record) -> str:
    """Looking up by time warping, and by the net before it learnt."""
    theirs, untrained = record["peer_scores"], record["untrained_net"]
    return (
        f"time warping {theirs['recall1']:.3f}, MRR {theirs['mrr']:.3f}; the net untrained {untrained['recall1']:.3f}"
    )


def classics(record: Record) -> str:
    """Top-1 of each classic."""
    return ", ".join(f"{name} {row['top1']:.3f}" for name, row in record["peers"].items())


def with_interval(key: str, more: Callable[[Record], str] = lambda record: "") -> Callable[[Record], str]:
    """A value with the interval that `key` holds, and `more` of the record."""
    return lambda record: (
        f"**{record['value']:.3f}** (95 % {record[key][0]:.3f}–{record[key][1]:.3f}: {record['n']} clips{more(record)})"
    )


def value(record: Record) -> float:
    """The value of the bench."""
    return float(record["value"])


def ours_of(unit: str, digits: int = 1) -> Callable[[Record], str]:
    """Our value with its unit."""
    return lambda record: f"{record['value']:.{digits}f} {unit}"


def peer_of(unit: str, digits: int = 1) -> Callable[[Record], str]:
    """The peer's value with its unit."""
    return lambda record: f"{record['peer_value']:.{digits}f} {unit}"


def ratio(record: Record) -> float:
    """Ours over the peer's."""
    return float(record["ratio"])
