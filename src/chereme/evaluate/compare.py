"""Runs beside each other on the same clips: paired differences, and whether they can be told apart at all.

Two recognizers that answered the same clips are compared clip by clip: what was hard for both says nothing of
which is better. Signers are drawn with all their clips where there are enough of them, else clips.
"""

import csv
import itertools
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chereme.errors import CheremeError
from chereme.evaluate.metrics import Interval, bootstrap, macro_f1_of
from chereme.files import write_folder_beside
from chereme.types import Bools

__all__ = ["Answers", "Comparison", "Difference", "RunScores", "compare", "read_answers", "write_comparison"]

COLUMNS = ("id", "signer", "gloss", "answer", "rank")
RESAMPLES = 10_000
CERTAINTY = 0.95


@dataclass(frozen=True, eq=False)
class Answers:
    """One run's answers to N clips, in the order of their ids."""

    name: str
    folder: Path
    ids: tuple[str, ...]
    signers: tuple[str, ...]
    glosses: tuple[str, ...]
    """What was signed."""
    answers: tuple[str, ...]
    """What was answered; empty where nothing was."""
    ranks: NDArray[np.int64]
    """(N,) place of the right gloss, from 1; beyond any where there is no answer."""

    @property
    def right(self) -> Bools:
        """(N,) whether the first answer was right."""
        return np.equal(self.ranks, 1)


@dataclass(frozen=True)
class RunScores:
    """A run's row of the table."""

    run: str
    n: int
    top1: float
    top1_ci95: Interval
    top5: float
    macro_f1: float
    macro_f1_ci95: Interval


@dataclass(frozen=True)
class Difference:
    """How much better `run` is than `other` on the same clips; top-1."""

    run: str
    other: str
    difference: float
    ci95: Interval
    only_run: int
    """Clips that `run` alone got right."""
    only_other: int
    sign_test: float
    """Chance of clips that one alone got right falling so unevenly, were both equally good."""
    told_apart: bool
    """Whether the difference is beyond chance, all pairs of this comparison considered."""


@dataclass(frozen=True)
class Comparison:
    """Runs, best first, and every pair of them."""

    runs: tuple[RunScores, ...]
    pairs: tuple[Difference, ...]
    resampled: str
    """What the intervals draw: `signers` or `clips`."""

    def as_json(self) -> dict[str, Any]:
        """For machines."""

        def plain(row: RunScores | Difference) -> dict[str, Any]:
            shown = asdict(row)
            return {k: [v["low"], v["high"]] if k.endswith("ci95") else v for k, v in shown.items()}

        return {
            "n": self.runs[0].n,
            "resampled": self.resampled,
            "runs": [plain(run) for run in self.runs],
            "pairs": [plain(pair) for pair in self.pairs],
        }

    def as_text(self) -> str:
        """For people: the table, then a sentence for each pair with the best run, and those that stay equal."""
        width = max(len(run.run) for run in self.runs)
        lines = [f"{'':{width}}   top-1  95 %             top-5  macro F1  95 %"]
        for r in self.runs:
            top1, f1 = f"{r.top1:6.3f}  {_shown(r.top1_ci95)}", f"{r.macro_f1:8.3f}  {_shown(r.macro_f1_ci95)}"
            lines.append(f"{r.run:{width}}  {top1}  {r.top5:6.3f}  {f1}")
        lines += ["", f"{self.runs[0].n} clips; intervals by paired bootstrap over {self.resampled}", ""]
        for p in self.pairs:
            gain = f"{p.difference:+.3f} [{p.ci95.low:+.3f}, {p.ci95.high:+.3f}]"
            verdict = f"is better than {p.other}" if p.told_apart else f"and {p.other} cannot be told apart"
            lines.append(f"{p.run} {verdict}: {gain}, right alone {p.only_run} : {p.only_other}")
        if len(self.pairs) > 1:
            lines += ["", f"verdicts allow for {len(self.pairs)} pairs being looked at (Bonferroni); intervals do not"]
        return "\n".join(lines) + "\n"


def read_answers(run: str | Path) -> Answers:
    """The answers of a report folder of `chereme evaluate`, or of the report in a run's folder.

    Raises:
        CheremeError: there are none, or they are no answers.
    """
    run = Path(run)
    path = next((p for p in (run / "answers.csv", run / "report" / "answers.csv") if p.is_file()), None)
    if path is None:
        raise CheremeError(
            f"{run}: no answers.csv in it; score it first: chereme evaluate {run}/bundle --data STORE -o {run}/report"
        )
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            if not set(COLUMNS) <= set(reader.fieldnames or ()):
                raise CheremeError(
                    f"{path}: not written by `chereme evaluate`: columns {', '.join(COLUMNS)} are needed"
                )
            rows = sorted(reader, key=lambda row: row["id"])
        ranks = np.array([int(row["rank"]) if row["rank"] else np.iinfo(np.int64).max for row in rows], np.int64)
    except (OSError, UnicodeDecodeError, csv.Error, ValueError, TypeError) as error:
        raise CheremeError(f"{path}: cannot be read: {error}") from error
    ids = tuple(row["id"] for row in rows)
    if not ids:
        raise CheremeError(f"{path}: no clips in it")
    if twice := [a for a, b in itertools.pairwise(ids) if a == b]:
        raise CheremeError(f"{path}: clip {twice[0]} stands in it twice")
    columns = ({key: tuple(row[key] for row in rows)} for key in ("signer", "gloss", "answer"))
    signers, glosses, answers = (next(iter(column.values())) for column in columns)
    return Answers(run.resolve().name, run, ids, signers, glosses, answers, ranks)


def compare(runs: Sequence[Answers], rng: np.random.Generator | None = None) -> Comparison:
    """Score runs on their common clips and test each pair.

    Two runs are told apart when the bootstrap interval of their difference leaves out zero and, where clips are
    drawn, an exact sign test over the clips that one alone got right agrees: with few such clips the bootstrap by
    itself is too sure. Both at a level that allows for all pairs.

    Args:
        runs: at least two.
        rng: draws the resamples; seed 0 when not given.

    Raises:
        CheremeError: fewer than two runs, one twice, or runs on different clips.
    """
    runs = _named(runs)
    first = runs[0]
    for other in runs[1:]:
        _check_same(first, other)
    runs = sorted(runs, key=lambda run: -run.right.mean())
    weights, resampled = bootstrap(len(first.ids), first.signers, RESAMPLES, rng or np.random.default_rng(0))
    totals = weights.sum(1)
    shares = [weights @ run.right / totals for run in runs]
    pairs = list(itertools.combinations(range(len(runs)), 2))
    level = (1 - CERTAINTY) / len(pairs)
    found = []
    for a, b in pairs:
        difference = shares[a] - shares[b]
        alone = int((runs[a].right & ~runs[b].right).sum())
        other_alone = int((runs[b].right & ~runs[a].right).sum())
        chance = sign_test(alone, other_alone)
        outside = _interval(difference, level)
        apart = outside.low > 0 or outside.high < 0
        if resampled == "clips":
            apart = apart and chance < level
        gain = float(runs[a].right.mean() - runs[b].right.mean())
        names = runs[a].name, runs[b].name
        found.append(Difference(*names, gain, _interval(difference), alone, other_alone, chance, apart))
    rows = tuple(_scores(run, share, weights) for run, share in zip(runs, shares, strict=True))
    return Comparison(rows, tuple(found), resampled)


def sign_test(one: int, other: int) -> float:
    """Two-sided exact probability of a split at least as uneven as `one` to `other`, heads and tails being alike."""
    n = one + other
    ways = sum(math.comb(n, k) for k in range(max(one, other), n + 1))
    return float(min(1.0, 2 * ways / 2**n))


def write_comparison(found: Comparison, folder: str | Path) -> None:
    """Write comparison.json, comparison.txt, runs.csv, pairs.csv and two plots, whole or not at all.

    Raises:
        CheremeError: `folder` holds something that is no comparison.
    """
    from chereme.evaluate.compare_plots import draw_differences, draw_scores  # matplotlib takes a second to load

    folder = Path(folder)
    holds = folder.exists() and (not folder.is_dir() or any(folder.iterdir()))
    if holds and not (folder / "comparison.json").is_file():
        raise CheremeError(f"{folder}: exists and is no comparison; give another place with -o, or move it away first")
    shown = found.as_json()
    with write_folder_beside(folder) as part:
        (part / "comparison.json").write_text(json.dumps(shown, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        (part / "comparison.txt").write_text(found.as_text(), encoding="utf-8")
        for name in ("runs", "pairs"):
            with (part / f"{name}.csv").open("w", encoding="utf-8", newline="") as out:
                writer = csv.DictWriter(out, list(_flat(shown[name][0])))
                writer.writeheader()
                writer.writerows(_flat(row) for row in shown[name])
        draw_scores(found, part / "runs.png")
        draw_differences(found, part / "differences.png")


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in row.items():
        flat |= {f"{key}_low": value[0], f"{key}_high": value[1]} if isinstance(value, list) else {key: value}
    return {k: round(v, 5) if isinstance(v, float) else v for k, v in flat.items()}


def _named(runs: Sequence[Answers]) -> list[Answers]:
    """The runs, under as many parts of their paths as it takes to tell their names apart."""
    if len(runs) < 2:
        raise CheremeError("a comparison needs two runs or more")
    paths = [run.folder.resolve() for run in runs]
    if twice := [path for path in paths if paths.count(path) > 1]:
        raise CheremeError(f"{twice[0]}: named twice")
    depth = 1
    while len({path.parts[-depth:] for path in paths}) < len(paths):
        depth += 1
    return [
        replace(run, name="/".join(path.parts[-depth:]) if depth > 1 else run.name)
        for run, path in zip(runs, paths, strict=True)
    ]


def _check_same(one: Answers, other: Answers) -> None:
    if one.ids != other.ids:
        only = [sorted(set(a.ids) - set(b.ids)) for a, b in ((one, other), (other, one))]
        told = "; ".join(
            f"{len(ids)} only in {run.name} (as {ids[0]})" for ids, run in zip(only, (one, other), strict=True) if ids
        )
        raise CheremeError(
            f"{one.name} and {other.name} were scored on different clips: {told}."
            " Evaluate both on the same data, split and part; a bundle leaves out clips of words that it does not know"
        )
    for clip, gloss, theirs in zip(one.ids, one.glosses, other.glosses, strict=True):
        if gloss != theirs:
            raise CheremeError(f"clip {clip} is {gloss!r} in {one.name} and {theirs!r} in {other.name}: other data")


def _scores(run: Answers, shares: NDArray[np.float64], weights: NDArray[np.float64]) -> RunScores:
    names = sorted({*run.glosses, *filter(None, run.answers)})
    place = {name: k for k, name in enumerate(names)} | {"": -1}
    truth, answered = (np.array([place[g] for g in column], np.int64) for column in (run.glosses, run.answers))
    whole = macro_f1_of(np.ones((1, len(truth))), answered, truth, len(names))
    drawn = macro_f1_of(weights, answered, truth, len(names))
    return RunScores(
        run.name, len(truth), float(run.right.mean()), _interval(shares), float((run.ranks <= 5).mean()),
        float(whole[0]), _interval(drawn),
    )  # fmt: skip


def _interval(values: NDArray[np.float64], level: float = 1 - CERTAINTY) -> Interval:
    low, high = np.quantile(values, [level / 2, 1 - level / 2])
    return Interval(float(low), float(high))


def _shown(interval: Interval) -> str:
    return f"[{interval.low:.3f}, {interval.high:.3f}]"
