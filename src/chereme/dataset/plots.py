"""Pictures of what is in a data set: clips of each class and person, times, sizes, hands that were not seen."""

import math
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from chereme.dataset.stats import Row, Stats, unseen_frames
from chereme.dataset.store import Store
from chereme.files import write_beside

__all__ = ["plot_stats"]

MOST = 60
"""Bars that can be named and stay readable; of more classes only the curve is drawn, of more groups the largest."""

INK, SOFT = "#22303c", "#8b97a3"
PLAIN, LEFT, RIGHT = "#2f6f9f", "#d98a1f", "#1fa592"
"""Left and right hands as on the pages: amber and teal."""


def plot_stats(store: Store, found: Stats, folder: str | Path) -> list[Path]:
    """Draw a data set as PNG files in `folder`; a plot of what is not known, such as signers, is left out.

    Args:
        store: the clips.
        found: what `stats` says of them.
        folder: made if it is not there.

    Returns:
        The files, in the order in which one would look at them.
    """
    drawn: list[tuple[str, Callable[[], Figure]]] = [
        ("classes", lambda: _classes(found.classes)),
        ("signers", lambda: _groups(found.signers, "signer")),
        ("sources", lambda: _groups(found.sources, "source")),
        ("durations", lambda: _durations(store, found)),
        ("rates", lambda: _counted(found.rates, "Frame rates", "frames per second")),
        ("sizes", lambda: _counted(found.sizes, "Sizes of the pictures", "width × height in pixels")),
        ("missing", lambda: _missing(store)),
        ("missing-by-signer", lambda: _missing_by(found.signers)),
    ]
    empty = {name for name, rows in (("signers", found.signers), ("sources", found.sources)) if not rows}
    if len(found.signers) < 2 or not _hands(found.signers[0]):
        empty.add("missing-by-signer")
    written = []
    for name, draw in drawn:
        if name in empty:
            continue
        written.append(Path(folder) / f"{name}.png")
        with write_beside(written[-1]) as part, warnings.catch_warnings():
            # a script that matplotlib's own font lacks is drawn as boxes; the tables beside hold the words
            warnings.filterwarnings("ignore", message="Glyph .* missing from")
            draw().savefig(part, dpi=130, metadata={"Software": None})
    return written


def _figure(title: str, across: str, up: str, size: tuple[float, float] = (7, 3.6)) -> tuple[Figure, Axes]:
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(title, fontsize=11, color=INK, loc="left")
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    for axis, said in ((axes.xaxis, across), (axes.yaxis, up)):
        if said.startswith("clips"):  # there is no quarter of a clip
            axis.set_major_locator(MaxNLocator(integer=True))
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _bars(names: Sequence[str], values: Sequence[float], title: str, across: str) -> Figure:
    """A lying bar for each name, with its value at its end."""
    figure, axes = _figure(title, across, "", (7, 1.2 + 0.24 * len(names)))
    at = np.arange(len(names))
    axes.barh(at, values, color=PLAIN, height=0.72)
    most = max(values)
    for i, value in enumerate(values):
        axes.text(value + most * 0.008, i, f"{value:g}", va="center", fontsize=8, color=INK)
    axes.set_yticks(at, [_short(name) for name in names], fontsize=8)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlim(0, most * 1.06)
    axes.tick_params(axis="y", length=0)
    return figure


def _short(name: str, letters: int = 40) -> str:
    return name if len(name) <= letters else name[: letters - 1] + "…"


def _classes(rows: Sequence[Row]) -> Figure:
    ordered = sorted(rows, key=lambda row: (-row["clips"], row["gloss"]))
    counts = [row["clips"] for row in ordered]
    span = f"{counts[-1]} to {counts[0]}, median {np.median(counts):g}" if counts[-1] < counts[0] else f"{counts[0]}"
    title = f"Clips of each of {len(rows)} classes: {span}"
    if len(rows) <= MOST:
        return _bars([row["gloss"] for row in ordered], counts, title, "clips")
    figure, axes = _figure(title, "class, most clips first", "clips")
    axes.fill_between(np.arange(len(counts) + 1), [*counts, counts[-1]], step="post", color=PLAIN, linewidth=0)
    axes.set_xlim(0, len(counts))
    axes.set_ylim(bottom=0)
    return figure


def _groups(rows: Sequence[Row], column: str) -> Figure:
    ordered = sorted(rows, key=lambda row: (-row["clips"], row[column]))
    title = f"Clips of each of {len(rows)} {column}s"
    if len(rows) > MOST:
        title += f" (the {MOST} with most)"
    shown = ordered[:MOST]
    return _bars([row[column] for row in shown], [row["clips"] for row in shown], title, "clips")


def _durations(store: Store, found: Stats) -> Figure:
    title = f"Durations: median {found.seconds['median']:g} s, longest {found.seconds['longest']:g} s"
    figure, axes = _figure(title, "seconds", "clips")
    axes.hist(store.lengths / store.fps, bins=40, color=PLAIN)
    axes.axvline(found.seconds["median"], color=INK, linewidth=1, linestyle="--")
    return figure


def _counted(rows: Sequence[Row], title: str, across: str) -> Figure:
    """Clips of each value; of many, the most frequent, in the order given."""
    often = sorted(range(len(rows)), key=lambda i: -rows[i]["clips"])[:MOST]
    if len(rows) > MOST:
        title += f" (the {MOST} most frequent of {len(rows)})"
    shown = [rows[i] for i in sorted(often)]
    names = [" × ".join(f"{value:g}" for name, value in row.items() if name != "clips") for row in shown]
    return _bars(names, [row["clips"] for row in shown], title, f"clips, by {across}")


def _missing(store: Store) -> Figure:
    shares: dict[str, Any] = {g: unseen_frames(store, at) / store.lengths for g, at in store.layout.groups.items()}
    hands = {group: share for group, share in shares.items() if "hand" in group} or shares
    title = "Frames without " + ", ".join(f"{_said(g)}: {np.mean(share):.0%}" for g, share in hands.items())
    figure, axes = _figure(f"{title} (means over clips)", "share of the clip's frames", "clips")
    colours = [LEFT if "left" in g else RIGHT if "right" in g else PLAIN for g in hands]
    axes.hist(list(hands.values()), bins=20, range=(0, 1), label=[_said(g) for g in hands], color=colours)
    axes.legend(frameon=False)
    return figure


def _missing_by(rows: Sequence[Row]) -> Figure:
    """A person whose hands are seen less than others' is known worse, whatever model it is."""
    hands = _hands(rows[0])
    ordered = sorted(rows, key=lambda row: (-max(row[hand] for hand in hands), row["signer"]))[:MOST]
    figure, axes = _figure(
        "Share of frames without a hand, by signer", "share of frames", "", (7, 1.4 + 0.34 * len(ordered))
    )
    at, wide = np.arange(len(ordered)), 0.76 / len(hands)
    for i, hand in enumerate(hands):
        colour = LEFT if "left" in hand else RIGHT if "right" in hand else PLAIN
        axes.barh(at + i * wide, [row[hand] for row in ordered], height=wide, color=colour, label=_said(hand[3:]))
    axes.set_yticks(at + wide * (len(hands) - 1) / 2, [_short(row["signer"]) for row in ordered], fontsize=8)
    axes.set_ylim(len(ordered) - 0.2, -0.6)
    top = max(row[hand] for row in ordered for hand in hands)
    axes.set_xlim(0, min(1.0, max(0.05, math.ceil(top * 20) / 20)))
    axes.legend(frameon=False, loc="lower right")
    return figure


def _hands(row: Row) -> list[str]:
    return [column for column in row if column.startswith("no ") and "hand" in column]


def _said(group: str) -> str:
    return group.replace("_", " ")
