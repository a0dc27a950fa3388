"""Pictures of a comparison: each run with its interval, and each pair's difference against zero."""

from pathlib import Path

from matplotlib.figure import Figure

from chereme.evaluate.compare import Comparison

__all__ = ["draw_differences", "draw_scores"]

INK, APART, EQUAL = "#22303c", "#2f6f9f", "#9aa7b2"


def draw_scores(found: Comparison, path: Path) -> None:
    """Draw top-1 of each run, best at the top, with its 95 % interval."""
    rows = [(run.run, run.top1, run.top1_ci95.low, run.top1_ci95.high, APART) for run in found.runs]
    _draw(rows, path, f"top-1 of {found.runs[0].n} clips, 95 % over {found.resampled}")


def draw_differences(found: Comparison, path: Path) -> None:
    """Draw how much better the first of each pair is; pairs that cannot be told apart are grey."""
    rows = [
        (f"{p.run} − {p.other}", p.difference, p.ci95.low, p.ci95.high, APART if p.told_apart else EQUAL)
        for p in found.pairs
    ]
    _draw(rows, path, "difference in top-1, paired; grey: cannot be told apart", zero=True)


def _draw(rows: list[tuple[str, float, float, float, str]], path: Path, title: str, zero: bool = False) -> None:
    figure = Figure(figsize=(7, 0.36 * len(rows) + 1.4), layout="constrained")
    axes = figure.add_subplot()
    for place, (_, value, low, high, colour) in enumerate(rows):
        axes.plot([low, high], [place, place], color=colour, linewidth=2.5, solid_capstyle="round")
        axes.plot([value], [place], "o", color=colour, markersize=6)
        axes.annotate(f"{value:+.3f}" if zero else f"{value:.3f}", (value, place), (0, 6), textcoords="offset points",
                      ha="center", fontsize=8, color=INK)  # fmt: skip
    if zero:
        axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_yticks(range(len(rows)), [row[0] for row in rows], fontsize=9)
    axes.set_ylim(len(rows) - 0.5, -0.7)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.set_title(title, fontsize=10, loc="left")
    figure.savefig(path, dpi=130, metadata={"Software": None})
