"""Evaluate a recognizer or speller on a part of a split, and write what was found as a folder of tables and plots."""

import csv
import json
import logging
import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, fields
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from chereme.bundle import Bundle, clip_digest
from chereme.dataset.detection import detection_by_class
from chereme.dataset.store import Store
from chereme.errors import CheremeError, SplitError
from chereme.evaluate.calibration import reliability
from chereme.evaluate.metrics import (
    ClassScores,
    Scores,
    averages,
    class_table,
    confusion,
    predicted_classes,
    score,
    truth_ranks,
)
from chereme.files import write_folder_beside
from chereme.types import Bools, Floats, PoseSequence, Prediction

__all__ = ["ALL", "Evaluation", "Recognizes", "evaluate_recognizer", "split_title", "write_report"]

ALL = "all"
"""A part that holds every clip of the store, whatever its splits say."""

SPELL = "spell"


class Recognizes(Protocol):
    """What is evaluated: `chereme.recognize.Recognizer`, `chereme.spell.Speller`, or anything that answers so."""

    bundle: Bundle

    def recognize(self, sequence: PoseSequence) -> Prediction:
        """Rank the bundle's words or letters for one clip; an empty ranking says that no hand was seen."""
        ...


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Answers of one bundle to N held-out clips whose glosses it knows, and their scores."""

    task: str
    """`recognize`: words of clips; `spell`: letters of pictures."""
    bundle: str
    split: str
    """As shown: a random split is called optimistic."""
    part: str
    labels: tuple[str, ...]
    ids: tuple[str, ...]
    signers: tuple[str, ...]
    truth: NDArray[np.int64]
    """(N,) places in `labels`."""
    probabilities: Floats
    """(N, K); NaN where a clip could not be recognized."""
    declined: Bools
    """(N,): answered "unknown"; of a speller "not sure"."""
    undetected: Bools
    """(N,): no hand was seen, so there is no answer, which counts as wrong."""
    failed: Mapping[str, str]
    """Clip id to the reason why there is no answer."""
    strangers: int
    """Clips of glosses that the bundle does not know: they cannot be right, so they stand in no score."""
    strangers_declined: int
    """Of those, how many were rightly answered "unknown"."""
    moving: int
    """Clips of letters that a speller knows as moving: no picture can show them, so they stand in no score."""
    trained_on: int
    """Clips here that the bundle was trained on: their scores say nothing of new signing."""
    scores: Scores
    found_only: bool = False
    """Of a speller: no clip of the whole store is without a hand, as in a set of landmarks; so the detection rate says
    nothing."""

    @property
    def detection_rate(self) -> float:
        """Share of the clips in which a hand was seen."""
        return float(1 - self.undetected.mean())

    @property
    def top1_detected(self) -> float:
        """Share of right answers among the clips in which a hand was seen; NaN when there is none.

        Times the detection rate it is top-1.
        """
        right = predicted_classes(self.probabilities) == self.truth
        return float(right[~self.undetected].mean()) if not self.undetected.all() else math.nan

    @property
    def table(self) -> list[ClassScores]:
        """Precision, recall and F1 of every gloss, in class order."""
        return class_table(self.probabilities, self.truth, self.labels)

    @property
    def warnings(self) -> list[str]:
        """What a reader must know before quoting a number."""
        found = []
        if self.trained_on:
            clips = f"{self.trained_on} of {len(self.ids)} clips"
            found.append(f"{clips} were in the bundle's training data; this is no held-out score")
        if "optimistic" in self.split:
            found.append("a random split puts clips of one recording on both sides; quote a signer or block split")
        if self.moving:
            found.append(f"{self.moving} clips of letters that move are left out of the scores: no picture shows them")
        if self.found_only:
            found.append("a hand was seen in every clip; a set of landmarks has no pictures in which none was found")
        if self.strangers:
            found.append(f"{self.strangers} clips of glosses that the bundle does not know are left out of the scores")
        if self.failed:
            found.append(f"{len(self.failed)} clips could not be recognized and count as wrong")
        return found

    def as_json(self) -> dict[str, Any]:
        """For machines; NaN becomes null."""
        scores = asdict(self.scores)
        intervals = {k: [v["low"], v["high"]] for k, v in scores.items() if k.endswith("_ci95")}
        return {
            "task": self.task,
            "bundle": self.bundle,
            "split": self.split,
            "part": self.part,
            **{k: _plain(v) for k, v in (scores | intervals).items()},
            **(self._detection() if self.task == SPELL else {}),
            "classes": len(self.labels),
            "declined": int(self.declined.sum()),
            "strangers": self.strangers,
            "strangers_declined": self.strangers_declined,
            "trained_on": self.trained_on,
            "signers": self.top1_by_signer(),
            "per_class": {
                c.gloss: {
                    "precision": _plain(c.precision),
                    "recall": _plain(c.recall),
                    "f1": _plain(c.f1),
                    "n": c.support,
                }
                for c in self.table
                if c.support
            },
            "failed": dict(self.failed),
            "warnings": self.warnings,
        }

    def as_text(self) -> str:
        """For people: a few lines."""
        s = self.scores
        present = len(self.labels) - len(s.absent)
        clips, word = ("pictures", "letter") if self.task == SPELL else ("clips", "word")
        detection = [("hand seen", self.detection_rate, None), ("top-1 of these", self.top1_detected, None)]
        lines = [
            f"{self.bundle} on {self.split} / {self.part}: {s.n} {clips} of {present} {word}s",
            "",
            *(_line(name, value, interval) for name, value, interval in (
                ("top-1", s.top1, s.top1_ci95),
                *(detection if self.task == SPELL else ()),
                ("top-2", s.top2, None),
                ("top-3", s.top3, None),
                ("top-5", s.top5, s.top5_ci95),
                ("macro F1", s.macro_f1, s.macro_f1_ci95),
                ("weighted F1", s.weighted_f1, None),
                ("ECE", s.ece, None),
                ("NLL", s.nll, None),
            )),
            "",
            f"95 % intervals by bootstrap over {s.resampled}; ECE over 15 equal-mass bins",
        ]  # fmt: skip
        if self.task == SPELL:
            lines.append(
                f"no hand seen: {int(self.undetected.sum())} of {s.n}, which count as wrong in all but ECE, NLL"
            )
        lines.append(f"answered {'not sure' if self.task == SPELL else 'unknown'}: {int(self.declined.sum())} of {s.n}")
        if s.absent:
            lines.append(f"{len(s.absent)} {word}s have no clip here and stand in no mean: {', '.join(s.absent[:10])}")
        if self.strangers:
            lines.append(f"{word}s it does not know: {self.strangers_declined} of {self.strangers} answered unknown")
        return "\n".join([*lines, *(f"warning: {w}" for w in self.warnings)]) + "\n"

    def table_as_text(self) -> str:
        """For people: a line per gloss that has clips or was answered, and the averages."""
        rows = [c for c in self.table if c.support or c.predicted]
        width = max(len(c.gloss) for c in (*rows, *averages(self.table)))
        head = f"{'':{width}}  precision  recall     F1  clips  answered so  no answer"
        lines = [
            f"{c.gloss:{width}}  {_three(c.precision):>9}  {_three(c.recall):>6}  {_three(c.f1):>5}  {c.support:5}"
            f"  {c.predicted:11}  {c.unanswered:9}"
            for c in (*rows, *averages(self.table))
        ]
        return "\n".join([head, *lines[:-2], "", *lines[-2:]]) + "\n"

    def top1_by_signer(self) -> dict[str, dict[str, float]]:
        """Clips and top-1 of each signer; empty unless every clip names one."""
        if not all(self.signers):
            return {}
        right: dict[str, list[bool]] = defaultdict(list)
        for signer, hit in zip(self.signers, predicted_classes(self.probabilities) == self.truth, strict=True):
            right[signer].append(bool(hit))
        return {s: {"n": len(hits), "top1": sum(hits) / len(hits)} for s, hits in sorted(right.items())}

    def _detection(self) -> dict[str, Any]:
        return {
            "detection_rate": _plain(self.detection_rate),
            "top1_detected": _plain(self.top1_detected),
            "undetected": int(self.undetected.sum()),
            "moving": self.moving,
        }


def split_title(name: str) -> str:
    """The name of a split as it may be shown beside a score."""
    if name == "random":
        return "random (optimistic)"
    return f"{name}: random (optimistic)" if "random" in name.lower() else name


def evaluate_recognizer(
    recognizer: Recognizes, store: Store, split: str = "", part: str = "test", *, progress: bool = False
) -> Evaluation:
    """Recognize every clip of a part and score the answers.

    A clip in which a speller sees no hand counts as wrong, so top-1 is accuracy times detection rate. Clips of
    letters that its recipe calls moving are left out: a picture cannot show them.

    Args:
        recognizer: with its bundle, a recognizer's or a speller's.
        store: packed clips.
        split: name of one of the store's splits; not read when part is `all`.
        part: `test`, `validation`, `train` or `all`.
        progress: draw a bar on stderr.

    Raises:
        SplitError: no such split, or no clip in that part that the bundle could know.
    """
    parts = {} if part == ALL else store.split(split)
    chosen = [i for i, clip in enumerate(store.clips) if part == ALL or parts.get(clip.id) == part]
    bundle = recognizer.bundle
    position = _positions(bundle, {clip.gloss for clip in store.clips})
    moves = {bundle.labels.index(letter) for letter in _moving(bundle) if letter in bundle.labels}
    moving = [i for i in chosen if position.get(store.clips[i].gloss) in moves]
    chosen = [i for i in chosen if position.get(store.clips[i].gloss) not in moves]
    known = [i for i in chosen if store.clips[i].gloss in position]
    if not known:
        what = f"{store.folder}, {part}" if part == ALL else f"{store.folder}, split {split!r}, part {part}"
        word = "letter that a picture can show and" if moving else "letter that" if _spells(bundle) else "word that"
        there = len(chosen) + len(moving)
        why = f"none of its {there} clips shows a {word} {bundle.name} knows" if there else "no clip"
        raise SplitError(f"{what}: {why}; look at it with `chereme dataset stats`")
    probabilities = np.full((len(known), len(bundle.labels)), np.nan, np.float32)
    declined, undetected = np.zeros(len(known), bool), np.zeros(len(known), bool)
    strangers_declined = 0
    failed: dict[str, str] = {}
    place = {label: k for k, label in enumerate(bundle.labels)}
    rows = {i: row for row, i in enumerate(known)}
    for i in tqdm(chosen, desc="evaluate", unit="clip", disable=not progress):
        try:
            prediction = recognizer.recognize(store.sequence(i))
        except CheremeError as error:
            if i in rows:
                failed[store.clips[i].id] = str(error)
            continue
        if i not in rows:
            strangers_declined += prediction.unknown
            continue
        if not prediction.ranked:
            undetected[rows[i]] = True
            continue
        declined[rows[i]] = prediction.unknown
        probabilities[rows[i]] = 0  # letters that move stand in no ranking
        for ranked in prediction.ranked:
            probabilities[rows[i], place[ranked.gloss]] = ranked.probability
    for clip_id, reason in failed.items():
        logging.getLogger(__name__).warning("%s: %s", clip_id, reason)
    clips = [store.clips[i] for i in known]
    signers = tuple(c.signer for c in clips)
    truth = np.array([position[c.gloss] for c in clips], np.int64)
    return Evaluation(
        task=SPELL if _spells(bundle) else "recognize",
        bundle=bundle.name,
        split="all clips" if part == ALL else split_title(split),
        part=part,
        labels=bundle.labels,
        ids=tuple(c.id for c in clips),
        signers=signers,
        truth=truth,
        probabilities=probabilities,
        declined=declined,
        undetected=undetected,
        failed=failed,
        strangers=len(chosen) - len(known),
        strangers_declined=strangers_declined,
        moving=len(moving),
        trained_on=sum(clip_digest(c.id) in bundle.trained_on for c in clips),
        scores=score(probabilities, truth, bundle.labels, signers),
        found_only=_spells(bundle) and all(c.detected == c.pictures for c in detection_by_class(store)),
    )


def write_report(
    evaluation: Evaluation, folder: str | Path, more: Callable[[Path], None] = lambda folder: None
) -> None:
    """Write report.json, results.txt, per_class.csv, answers.csv and three plots, whole or not at all.

    An earlier report at `folder` is replaced. `more` writes further files beside them.

    Raises:
        CheremeError: `folder` holds something that is no report.
    """
    from chereme.evaluate.plots import draw_confusion, draw_f1, draw_reliability  # matplotlib takes a second to load

    folder = Path(folder)
    check_replaceable(folder)
    found = evaluation
    table, word = found.table, "letter" if found.task == SPELL else "word"
    answered = ~np.isnan(found.probabilities).any(1)
    confidence = found.probabilities[answered].max(1).astype(np.float64)
    right = predicted_classes(found.probabilities)[answered] == found.truth[answered]
    with write_folder_beside(folder) as part:
        text = json.dumps(found.as_json(), ensure_ascii=False, indent=2)
        (part / "report.json").write_text(text + "\n", encoding="utf-8")
        (part / "results.txt").write_text(found.as_text() + "\n" + found.table_as_text(), encoding="utf-8")
        _write_csv(part / "per_class.csv", [f.name for f in fields(ClassScores)], [astuple(c) for c in table])
        columns = ("id", "signer", "gloss", "answer", "probability", "rank", "unknown")
        _write_csv(part / "answers.csv", columns, _answers(found))
        unanswered = np.array([c.unanswered for c in table])
        counts = confusion(found.probabilities, found.truth)
        draw_confusion(counts, found.labels, part / "confusion.png", word, unanswered)
        draw_reliability(reliability(confidence, right), found.scores.ece, part / "reliability.png")
        draw_f1(table, part / "per_class.png", word)
        more(part)


def check_replaceable(folder: Path) -> None:
    """Refuse a folder that exists, is not empty and is no report: replacing it would lose somebody's files."""
    if folder.exists() and not (folder / "report.json").is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise CheremeError(f"{folder}: exists and is not a report; give another place with -o, or move it away first")


def _spells(bundle: Bundle) -> bool:
    return bundle.kind == "speller"


def _moving(bundle: Bundle) -> Mapping[str, Any]:
    """Letters that the recipe says are drawn in the air; see `chereme.spell.motion`."""
    table = bundle.recipe.tables.get("motions", {}) if _spells(bundle) else {}
    return table if isinstance(table, Mapping) else {}


def _positions(bundle: Bundle, glosses: set[str]) -> dict[str, int]:
    """Each gloss that the bundle knows, to its class; letters in either case, unless the case tells two apart."""
    position = {label: k for k, label in enumerate(bundle.labels)}
    folded = {label.casefold(): k for label, k in position.items()}
    if not _spells(bundle) or len(folded) < len(position):
        return position
    return position | {gloss: folded[gloss.casefold()] for gloss in glosses if gloss.casefold() in folded}


def _answers(found: Evaluation) -> list[list[Any]]:
    """A row per clip: the answer, its probability, and at which place the true gloss stood, from 1."""
    rows: list[list[Any]] = []
    ranks, predicted = truth_ranks(found.probabilities, found.truth), predicted_classes(found.probabilities)
    for n, clip_id in enumerate(found.ids):
        row = [clip_id, found.signers[n], found.labels[found.truth[n]]]
        if predicted[n] < 0:
            rows.append([*row, "", "", "", ""])
            continue
        probability = f"{found.probabilities[n, predicted[n]]:.4f}"
        rows.append([*row, found.labels[predicted[n]], probability, int(ranks[n]) + 1, bool(found.declined[n])])
    return rows


def _write_csv(path: Path, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(columns)
        writer.writerows([["" if v is None else v for v in map(_plain, row)] for row in rows])


def _plain(value: Any) -> Any:
    """Numbers as JSON and CSV can hold them: four decimals, no NaN."""
    if isinstance(value, float):
        return None if math.isnan(value) else round(value, 4)
    return [_plain(v) for v in value] if isinstance(value, list | tuple) else value


def _line(name: str, value: float, interval: Any) -> str:
    shown = f"{name:<14}{value:7.3f}"
    return shown if interval is None else f"{shown}  [{interval.low:.3f}, {interval.high:.3f}]"


def _three(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"
