"""Pictures of an evaluation: what is taken for what, how honest the probabilities are, which words fail."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from chereme.evaluate.calibration import ReliabilityBin
from chereme.evaluate.metrics import ClassScores

if TYPE_CHECKING:
    from chereme.evaluate.importance import Importance

__all__ = ["MOST_CLASSES", "draw_confusion", "draw_f1", "draw_importance", "draw_reliability"]

MOST_CLASSES = 60
"""Words a plot can name and stay readable; of more, those with the most mistakes are drawn and the title says so."""

MOST_FEATURES = 20
"""Bars of features in a plot of importance; the table beside it has all."""

INK, RIGHT, WRONG = "#22303c", "#2f6f9f", "#c8553d"


def draw_confusion(
    counts: NDArray[np.int64],
    labels: Sequence[str],
    path: Path,
    word: str = "word",
    unanswered: NDArray[np.int64] | None = None,
) -> None:
    """Draw a confusion matrix: a row per true gloss, as shares of its clips, with the counts written in.

    Glosses that no clip shows and none was taken for are left out.

    Args:
        counts: (K, K), true gloss down, recognized gloss across.
        labels: K glosses.
        path: of the picture.
        word: what a gloss is: `word` or `letter`.
        unanswered: (K,) clips without an answer; where there are any they get a column of their own.
    """
    if unanswered is None:
        unanswered = np.zeros(len(labels), np.int64)
    mistakes = counts.sum(0) + counts.sum(1) - 2 * np.diag(counts) + unanswered
    involved = counts.sum(0) + counts.sum(1) + unanswered
    shown, note = _choose(involved, mistakes)
    counts = counts[np.ix_(shown, shown)]
    names = [labels[k] for k in shown]
    columns = names
    if unanswered[shown].any():
        counts, columns = np.column_stack([counts, unanswered[shown]]), [*names, "no answer"]
    share = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    side = max(4.0, 0.24 * len(names) + 2.2)
    figure = Figure(figsize=(side, side), layout="constrained")
    axes = figure.add_subplot()
    right = np.eye(len(names), len(columns), dtype=bool)
    axes.imshow(np.where(right, share, np.nan), cmap="Blues", vmin=0, vmax=1)
    axes.imshow(np.where(right | (counts == 0), np.nan, share), cmap="Reds", vmin=0, vmax=1)
    for row, column in zip(*np.nonzero(counts), strict=True):
        colour = "white" if share[row, column] > 0.55 else INK
        axes.text(column, row, str(counts[row, column]), ha="center", va="center", fontsize=7, color=colour)
    axes.set_xticks(range(len(columns)), columns, rotation=90, fontsize=8)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.set_xticks(np.arange(len(columns)) - 0.5, minor=True)
    axes.set_yticks(np.arange(len(names)) - 0.5, minor=True)
    axes.grid(which="minor", color="#e8edf1", linewidth=0.5)
    axes.tick_params(which="both", length=0)
    axes.set_xlabel("recognized as")
    axes.set_ylabel("signed")
    axes.set_title(f"Clips per {word}{note}", fontsize=11)
    _save(figure, path)


def draw_reliability(bins: Sequence[ReliabilityBin], ece: float, path: Path) -> None:
    """Draw how often answers are right against how sure they were; the diagonal is an honest recognizer."""
    figure = Figure(figsize=(4.6, 4.6), layout="constrained")
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color="#9aa7b2", linewidth=1, linestyle="--", label="says what it knows")
    confidence = [b.confidence for b in bins]
    axes.plot(confidence, [b.accuracy for b in bins], color=RIGHT, linewidth=1, alpha=0.5)
    area = [12 + 240 * b.n / max(sum(c.n for c in bins), 1) for b in bins]
    axes.scatter(confidence, [b.accuracy for b in bins], s=area, color=RIGHT, label="bin of answers", zorder=3)
    axes.set(xlim=(0, 1.02), ylim=(-0.02, 1.02), xlabel="mean probability of the answer", ylabel="share that is right")
    axes.set_title(f"Reliability, {len(bins)} equal-mass bins, ECE {ece:.3f}", fontsize=11)
    axes.legend(loc="upper left", frameon=False, fontsize=8)
    _save(figure, path)


def draw_f1(table: Sequence[ClassScores], path: Path, word: str = "word") -> None:
    """Draw a bar of F1 per gloss that has clips here, worst at the top, with its number of clips."""
    present = [c for c in table if c.support]
    worst = sorted(present, key=lambda c: (c.f1, c.gloss))[:MOST_CLASSES]
    note = f" (the {MOST_CLASSES} worst of {len(present)})" if len(present) > MOST_CLASSES else ""
    figure = Figure(figsize=(6, max(2.0, 0.19 * len(worst) + 1)), layout="constrained")
    axes = figure.add_subplot()
    places = range(len(worst))
    axes.barh(places, [c.f1 for c in worst], color=[WRONG if c.f1 < 0.5 else RIGHT for c in worst], height=0.7)
    for place, one in zip(places, worst, strict=True):
        axes.text(one.f1 + 0.01, place, f"{one.f1:.2f}, n = {one.support}", va="center", fontsize=7, color=INK)
    axes.set_yticks(places, [c.gloss for c in worst], fontsize=8)
    axes.set(xlim=(0, 1.18), ylim=(len(worst) - 0.4, -0.6), xlabel="F1")
    axes.tick_params(axis="x", labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.set_title(f"F1 per {word}{note}", fontsize=11)
    _save(figure, path)


def draw_importance(found: Sequence["Importance"], path: Path) -> None:
    """Draw what is lost without each family and each of the most needed features, with 95 % intervals."""
    panels = [[one for one in found if one.kind == kind][:MOST_FEATURES] for kind in ("family", "feature")]
    count = sum(one.kind == "feature" for one in found)
    note = f", the {MOST_FEATURES} most needed of {count}" if count > MOST_FEATURES else ""
    rows = [max(len(panel), 1) for panel in panels]
    figure = Figure(figsize=(8, 0.22 * sum(rows) + 2.2), layout="constrained")
    for axes, panel, title in zip(
        figure.subplots(2, 1, sharex=True, height_ratios=rows), panels, ("Families", f"Features{note}"), strict=True
    ):
        places = range(len(panel))
        axes.barh(places, [one.drop for one in panel], color=[RIGHT if one.low > 0 else "#9db4c4" for one in panel])
        for place, one in zip(places, panel, strict=True):
            axes.plot([one.low, one.high], [place, place], color=INK, linewidth=1)
        axes.set_yticks(places, [one.name for one in panel], fontsize=7)
        axes.axvline(0, color=INK, linewidth=0.5)
        axes.set_ylim(len(panel) - 0.4, -0.6)
        axes.set_title(title, fontsize=11)
        axes.tick_params(axis="y", length=0)
        axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel("top-1 lost when it is taken from another clip; pale: the 95 % interval holds 0")
    _save(figure, path)


def _choose(involved: NDArray[np.int64], mistakes: NDArray[np.int64]) -> tuple[list[int], str]:
    shown = np.flatnonzero(involved)
    if len(shown) <= MOST_CLASSES:
        return shown.tolist(), ""
    worst = shown[np.argsort(-mistakes[shown], kind="stable")[:MOST_CLASSES]]
    return sorted(worst.tolist()), f" (the {MOST_CLASSES} most confused of {len(shown)})"


def _save(figure: Figure, path: Path) -> None:
    with warnings.catch_warnings():
        # a script that matplotlib's own font lacks is drawn as boxes; the tables beside hold the words
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure.savefig(path, dpi=130, metadata={"Software": None})
