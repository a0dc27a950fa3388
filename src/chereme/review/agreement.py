"""How well people agree on clips."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

from chereme.review.decisions import Decision, Decisions

__all__ = ["Agreement", "agreements", "kappa"]


@dataclass(frozen=True)
class Agreement:
    """Of two people, on the clips on which both have decided."""

    reviewers: tuple[str, str]
    clips: int
    agreed: float
    """Share of the clips with one verdict; NaN where there are none."""
    kappa: float
    """Cohen's kappa of the verdicts: 1 full agreement, 0 as by chance; NaN where both always say the same one thing."""
    differ: tuple[tuple[str, str, str], ...]
    """Clip, and what each says."""

    def as_json(self) -> dict[str, Any]:
        """For machines; what is not defined is null."""
        numbers = {"agreed": self.agreed, "kappa": self.kappa}
        return {
            **asdict(self),
            **{name: None if value != value else round(value, 4) for name, value in numbers.items()},
        }


def agreements(decisions: Decisions) -> list[Agreement]:
    """Of each two people who decided on some clip."""
    given = {name: _verdicts(decisions.of(name)) for name in decisions.reviewers()}
    return [_agreement((a, b), given[a], given[b]) for a, b in combinations(given, 2)]


def _agreement(names: tuple[str, str], first: Mapping[str, str], second: Mapping[str, str]) -> Agreement:
    both = sorted(first.keys() & second.keys())
    pairs = [(first[clip], second[clip]) for clip in both]
    agreed = sum(a == b for a, b in pairs) / len(pairs) if pairs else float("nan")
    differ = tuple((clip, a, b) for clip, (a, b) in zip(both, pairs, strict=True) if a != b)
    return Agreement(names, len(both), agreed, kappa(pairs), differ)


def kappa(pairs: list[tuple[str, str]]) -> float:
    """Cohen's kappa: agreement beyond that of two people who answer at random, each with their own habits.

    scikit-learn has it, and is an extra that nobody needs who only looks at clips.

    Source: J. Cohen, A coefficient of agreement for nominal scales, 1960.
    """
    count = len(pairs)
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    by_chance = sum(first[verdict] * second[verdict] for verdict in first) / max(count, 1) ** 2
    if count == 0 or by_chance == 1:
        return float("nan")
    return (sum(a == b for a, b in pairs) / count - by_chance) / (1 - by_chance)


def _verdicts(decisions: Mapping[str, Decision]) -> dict[str, str]:
    return {clip: decision.verdict for clip, decision in decisions.items() if decision.verdict}
