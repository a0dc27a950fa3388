"""The motion curve of a clip with its cut points, as a picture."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from chereme.errors import ClipError
from chereme.files import write_beside
from chereme.preprocess import Motion, Preprocessed, TrimConfig, gap_seconds
from chereme.preprocess.trim import turning_points

__all__ = ["draw_motion"]

_INK, _FAINT, _KEPT, _KEPT_LIGHT = "#1c1e24", "#9aa0a8", "#2f6f9f", "#dce9f3"
_SIDES = {"left_hand": "#ff8c1e", "right_hand": "#28aaff"}
_MEASURES = {"landmarks": "#7a5ea8", "difference": "#3a9d6e", "background": "#c8553d"}
_NAMES = {"landmarks": "landmarks", "difference": "frame difference", "background": "background"}


def draw_motion(done: Preprocessed, trim: TrimConfig, path: str | Path, title: str) -> None:
    """Draw how a clip moves, what of it was kept and why, and below it when each hand was seen.

    Args:
        done: a clip that was trimmed, or at least looked at for it.
        trim: how.
        path: of the PNG.
        title: of the clip.

    Raises:
        ClipError: there is no curve: the recipe does not trim, or the clip is a single frame.
    """
    if done.motion is None or not len(done.motion.curve):
        raise ClipError(
            f'{title}: no motion to draw; set trim.kind to "simple" or "complex", and give a clip of frames'
        )
    figure = Figure(figsize=(10, 4.8), layout="constrained")
    curve, hands = figure.subplots(2, 1, sharex=True, height_ratios=(6, 1))
    _draw_curve(curve, done, done.motion, trim)
    _draw_hands(hands, done)
    curve.set_title(title, loc="left", fontsize=14, color=_INK, pad=26)
    curve.text(0, 1.04, _weights(done.motion, trim), transform=curve.transAxes, fontsize=9, color="#6a7078")
    for axes in (curve, hands):
        axes.spines[["top", "right", "left", "bottom"]].set_visible(False)
        axes.tick_params(length=0, colors="#4a5058")
    with write_beside(path) as part:
        figure.savefig(part, dpi=130, format="png", facecolor="white")


def _draw_curve(axes: Axes, done: Preprocessed, motion: Motion, trim: TrimConfig) -> None:
    fps, signing = done.before.fps, done.signing
    at = (np.arange(len(motion.curve)) + 0.5) / fps  # a step lies between its two frames
    start, end = signing.start / fps, signing.end / fps
    axes.axvspan(start, end, color=_KEPT_LIGHT, linewidth=0)
    for name, values in motion.measures.items():
        axes.plot(at, values, color=_MEASURES[name], linewidth=0.9, alpha=0.55, label=_NAMES[name])
    axes.plot(at, motion.curve, color=_KEPT, linewidth=2.4, label="motion: mixed, smoothed")
    axes.fill_between(at, motion.curve, where=(at >= start) & (at <= end), color=_KEPT, alpha=0.18, linewidth=0)
    by_threshold = "threshold" in (signing.start_by, signing.end_by)
    if by_threshold:
        level = trim.threshold if trim.kind == "simple" else trim.fallback_threshold
        axes.axhline(level, color=_INK, linewidth=0.9, linestyle=(0, (4, 3)))
        beside = axes.get_yaxis_transform()
        axes.text(1.006, level, f"threshold\n{level:g}", transform=beside, va="center", fontsize=9, color="#4a5058")
    if trim.kind == "complex":
        peaks, steep = turning_points(motion.curve, fps, trim)
        axes.plot(at[peaks], motion.curve[peaks], "v", color=_INK, markersize=7, label="peak of motion")
        axes.plot(at[steep], motion.curve[steep], "D", color=_KEPT, markersize=5, label="steepest")
    for time, frame, by, where in (
        (start, signing.start, signing.start_by, "starts"),
        (end, signing.end, signing.end_by, "ends"),
    ):
        axes.axvline(time, color=_KEPT, linewidth=1.6)
        late = where == "ends"
        axes.annotate(
            f"{where} {time:.2f} s\nframe {frame}, by {by}",
            (time, 1.21),
            xytext=(-5 if late else 5, -2),
            textcoords="offset points",
            ha="right" if late else "left",
            va="top",
            fontsize=9,
            color=_KEPT,
        )
    axes.set_xlim(0, len(done.before) / fps)
    axes.set_ylim(0, 1.22)  # room for what the cuts say
    axes.set_yticks([0, 0.5, 1])
    axes.grid(axis="y", color="#eceff1", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.legend(loc="upper right", bbox_to_anchor=(1, 1.16), ncols=4, frameon=False, fontsize=9, labelcolor=_INK)


def _draw_hands(axes: Axes, done: Preprocessed) -> None:
    """A lane for each hand: filled where it was seen."""
    groups = [group for group in _SIDES if group in done.before.layout.groups]
    fps = done.before.fps
    for lane, group in enumerate(reversed(groups)):
        seen = gap_seconds(done.before, group) == 0
        edges = np.flatnonzero(np.diff(seen, prepend=False, append=False)).reshape(-1, 2)
        axes.broken_barh([(a / fps, (b - a) / fps) for a, b in edges], (lane - 0.28, 0.56), color=_SIDES[group])
    axes.set_yticks(range(len(groups)), [f"{g.partition('_')[0]} hand seen" for g in reversed(groups)], fontsize=9)
    axes.set_ylim(-0.6, len(groups) - 0.4)
    axes.set_xlabel("seconds", color="#4a5058")


def _weights(motion: Motion, trim: TrimConfig) -> str:
    parts = [f"{_NAMES[name]} {share:.0%}" for name, share in motion.weights.items()]
    text = f"{' + '.join(parts)}, {trim.combine} of all landmarks, smoothed over {trim.smoothing:g} s"
    if motion.left_out:
        text += f"; no pixels for {', '.join(_NAMES[name] for name in motion.left_out)}"
    return text
