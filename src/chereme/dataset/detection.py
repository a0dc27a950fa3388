"""How often a hand was found, class by class: a class that is found less often is a class that is read less often."""

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chereme.dataset.store import Store
from chereme.files import write_beside

__all__ = ["ClassDetection", "detection_by_class", "detection_text", "plot_detection", "write_detection"]


@dataclass(frozen=True)
class ClassDetection:
    """Found hands of one class."""

    name: str
    pictures: int
    detected: int

    @property
    def rate(self) -> float:
        """Share of the pictures in which a hand was found."""
        return self.detected / self.pictures


def detection_by_class(store: Store) -> tuple[ClassDetection, ...]:
    """For every gloss of a store, sorted: clips, and clips in which any landmark was seen in any frame."""
    seen = np.logical_or.reduceat(~np.isnan(store.points[..., 0]).all(1), store.offsets[:-1])
    pictures = Counter(clip.gloss for clip in store.clips)
    detected = Counter(clip.gloss for clip, found in zip(store.clips, seen, strict=True) if found)
    return tuple(ClassDetection(name, pictures[name], detected[name]) for name in sorted(pictures))


def write_detection(classes: Sequence[ClassDetection], path: Path) -> None:
    """Write class, pictures, detected and rate as CSV."""
    with write_beside(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [("class", "pictures", "detected", "rate")]
            + [(c.name, c.pictures, c.detected, f"{c.rate:.4f}") for c in classes]
        )


def detection_text(classes: Sequence[ClassDetection]) -> str:
    """The same as a table for people, with the total last."""
    total = ClassDetection("all", sum(c.pictures for c in classes), sum(c.detected for c in classes))
    width = max(len("class"), *(len(c.name) for c in classes))
    lines = [f"{'class':{width}}  pictures  detected   rate"]
    lines += [f"{c.name:{width}}  {c.pictures:8}  {c.detected:8}  {c.rate:5.3f}" for c in (*classes, total)]
    return "\n".join(lines)


def plot_detection(classes: Sequence[ClassDetection], path: Path) -> None:
    """Draw a bar per class, the share of its pictures in which a hand was found."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(max(5.0, 1.5 + 0.32 * len(classes)), 4), dpi=150, layout="constrained")
    axes = figure.add_subplot()
    pictures, detected = sum(c.pictures for c in classes), sum(c.detected for c in classes)
    axes.bar(range(len(classes)), [c.rate for c in classes], color=["C0" if c.rate >= 0.95 else "C1" for c in classes])
    axes.axhline(detected / pictures, color="0.3", linewidth=1, linestyle="--")
    long = max(len(c.name) for c in classes) > 3
    axes.set_xticks(range(len(classes)), [c.name for c in classes], rotation=90 if long else 0)
    axes.set(ylim=(0, 1.02), xlim=(-0.6, len(classes) - 0.4), ylabel="share of pictures")
    axes.set_title(f"A hand was found in {detected / pictures:.1%} of {pictures} pictures (dashed)")
    with write_beside(path) as part:
        figure.savefig(part)
