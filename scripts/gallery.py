"""Draw what each augmentation and each way of sampling does, for docs/augment.md (`make docs`).

The signer is the decoder behind `chereme demo`: drawn from words, no person's landmarks.
"""

import sys
from dataclasses import fields
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from chereme.augment import (
    AugmentConfig,
    augment_frames,
    augment_points,
    cutmix,
    mask_frames,
    mask_spans,
    mirror_clips,
    mixup,
    swap_hands,
)
from chereme.features import SamplingConfig, clip_samples, frame_counts, frame_positions
from chereme.layout import UPPER_BODY_55
from chereme.preprocess import PreprocessConfig, preprocess
from chereme.produce import Decoder
from chereme.types import Floats

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
WORDS = ("Newspaper", "Photograph")
BEFORE, AFTER, OTHER, INK = "#b4bac2", "#1f6fb2", "#d9822b", "#22303c"
HIDDEN = "#f6d9b8"

SHOWN = {
    "points": {
        "rotate": {"rotate": 10.0, "rotate_depth": 0.0},
        "rotate_depth": {"rotate": 12.0, "rotate_depth": 1.0},
        "scale": {"scale": 0.2},
        "shift": {"shift": 0.15},
        "noise": {"noise": 0.02},
        "mirror": {"mirror": 1.0},
        "head_shift": {"head_shift": 0.12},
        "hand_rotate": {"hand_rotate": 20.0},
        "hand_scale": {"hand_scale": 0.25},
        "hand_shift": {"hand_shift": 0.12},
        "swap_hands": {"swap_hands": 1.0},
        "drop_finger": {"drop_finger": 1.0},
        "drop_hand": {"drop_hand": 1.0},
        "drop_left_hand": {"drop_left_hand": 1.0},
    },
    "time": {
        "rate": {"rate": 1.5},
        "crop": {"crop": 0.15},
        "warp": {"warp": 0.6},
        "shift_time": {"shift_time": 0.15},
        "resample": {"resample": 1.0, "resample_most": 6.0},
        "mask_frames": {"mask_frames": 0.15},
        "mask_time": {"mask_time": 1.0},
        "mixup": {"mixup": 1.0, "mixup_alpha": 5.0},
        "cutmix": {"cutmix": 1.0},
    },
}
"""Settings that show a change plainly, a little stronger than one would train with."""

SAMPLINGS = (
    SamplingConfig(),
    SamplingConfig(kind="rate", per_second=10),
    SamplingConfig(kind="uniform"),
    SamplingConfig(kind="uniform", samples=3),
    SamplingConfig(kind="random"),
    SamplingConfig(kind="random", spacing=3),
    SamplingConfig(kind="multiple-uniform"),
    SamplingConfig(kind="exhaustive"),
)


def off() -> dict[str, float]:
    """Settings that change nothing."""
    numbers = [f.name for f in fields(AugmentConfig) if f.default not in (1.0, 3.0) and isinstance(f.default, float)]
    return dict.fromkeys(numbers, 0.0) | {"rate": 1.0, "mixup_alpha": 0.4}


def clips() -> list[Floats]:
    """Aligned points (T, 55, 3) of some words."""
    decoder = Decoder.load()
    form = PreprocessConfig(layout="upper_body_55", dominant=False)
    return [preprocess(decoder.produce(word), form).points for word in WORDS]


def skeleton(axes: Axes, points: Floats, colour: str, wide: float) -> None:
    """One frame (55, 3), without the hips."""
    for a, b in UPPER_BODY_55.bones:
        names = UPPER_BODY_55.names[a] + UPPER_BODY_55.names[b]
        if "hip" not in names:
            width = wide * (0.8 if "hand" in names else 1.3)
            axes.plot(points[[a, b], 0], points[[a, b], 1], color=colour, linewidth=width, solid_capstyle="round")


def body_panel(axes: Axes, points: Floats, partner: Floats, name: str, settings: dict[str, float]) -> None:
    """A frame before, in grey, and after."""
    config = AugmentConfig(**(off() | settings))
    many = points[None].repeat(24, axis=0)
    if name == "swap_hands":
        other = partner[np.linspace(0, len(partner) - 1, len(points)).round().astype(int)]
        made = swap_hands(many, other[None].repeat(24, axis=0), UPPER_BODY_55, config, np.random.default_rng(0))
    else:
        rng = np.random.default_rng(2)
        made, _ = mirror_clips(augment_points(many, UPPER_BODY_55, config, rng), UPPER_BODY_55, config, rng)
    moved = np.nan_to_num(np.abs(made - many)).sum((2, 3)) + np.isnan(made).any(3).sum(2)
    row = int(np.argsort(np.median(moved, axis=1))[-6])
    frame = int(np.argmax(moved[row])) if name in ("drop_hand", "mirror") else int(len(points) * 0.45)
    zoomed = name.startswith(("hand_", "swap", "drop_finger"))
    skeleton(axes, points[frame], BEFORE, 4 if zoomed else 3)
    skeleton(axes, made[row, frame], AFTER, 1.4)
    right = points[frame, UPPER_BODY_55.groups["right_hand"], :2]
    x, y, half = (*np.nanmean(right, axis=0), 0.4) if zoomed else (0, 0, 1.08)
    axes.set(xlim=(x - half, x + half), ylim=(y + half, y - half), xticks=[], yticks=[], aspect="equal")


def wrist(points: Floats) -> Floats:
    """Height of the right wrist (T,) in shoulder widths, up positive."""
    return -points[:, UPPER_BODY_55.groups["right_hand"].start, 1]


def time_panel(axes: Axes, points: Floats, partner: Floats, name: str, settings: dict[str, float]) -> None:
    """What the model reads of the right wrist's height over the frames that it sees, before and after."""
    config = AugmentConfig(**(off() | settings))
    sampling = SamplingConfig(kind="rate", per_second=20)
    rng = np.random.default_rng(3)
    length = np.array([len(points)])
    count = frame_counts(length / 25, sampling)
    places, mask = frame_positions(length, count, int(count[0]))
    axes.plot(wrist(points[nearest(places[0])]), "o-", color=BEFORE, markersize=3, linewidth=2.5)
    if name == "rate":
        for rate in (1 / config.rate, config.rate):
            slower, _ = frame_positions(length, counts := frame_counts(length / 25, sampling, rate), int(counts[0]))
            axes.plot(wrist(points[nearest(slower[0])]), "o-", color=AFTER, markersize=3, linewidth=1.2)
    elif name in ("crop", "warp", "shift_time", "resample"):
        many = places.repeat(24, axis=0)
        moved = augment_frames(many, length.repeat(24), config, rng)
        row = int(np.argsort(np.abs(moved - many).max(1))[-3])
        axes.plot(wrist(points[nearest(moved[row])]), "o-", color=AFTER, markersize=3, linewidth=1.2)
    elif name == "mask_frames":
        seen = mask_frames(points[nearest(places)], mask, config, rng)
        axes.plot(wrist(seen[0]), "o-", color=AFTER, markersize=4, linewidth=1.4)
        for at in np.flatnonzero(np.isnan(wrist(seen[0]))):
            axes.axvspan(at - 0.5, at + 0.5, color=HIDDEN)
    else:
        theirs = partner[np.linspace(0, len(partner) - 1, int(count[0])).round().astype(int)]
        values = np.stack([wrist(points[nearest(places[0])]), wrist(theirs)])[..., None]
        both, targets = mask.repeat(2, axis=0), np.eye(2, dtype=np.float32)
        blend_panel(axes, values, both, targets, config, name)
    axes.set(xticks=[], yticks=[])


def blend_panel(
    axes: Axes, values: Floats, mask: np.ndarray, targets: Floats, config: AugmentConfig, name: str
) -> None:
    """Hidden stretches and blends, from the first seed that shows them plainly."""
    for seed in range(200):
        rng = np.random.default_rng(seed)
        if name == "mask_time":
            made, share = mask_spans(values, mask, config, rng), 0.75
            plain = (made[0] == 0).mean() > 0.2
        elif name == "mixup":
            made, _, blended = mixup(values, mask, targets, config, rng)
            share, plain = float(blended[0, 0]), 0.55 < blended[0, 0] < 0.65
        else:
            made, blended = cutmix(values, mask, targets, config, rng)
            share, plain = float(blended[0, 0]), 0.6 < blended[0, 0] < 0.7
        if plain:
            break
    if name != "mask_time":
        axes.plot(values[1, :, 0], color=OTHER, linewidth=1.2, linestyle=":")
        axes.set_xlabel(f"targets {share:.2f} and {1 - share:.2f}", fontsize=9, color=INK)
    if name != "mixup":
        changed = np.flatnonzero(made[0] != values[0])
        axes.axvspan(changed[0] - 0.5, changed[-1] + 0.5, color=HIDDEN)
    axes.plot(made[0, :, 0], "o-", color=AFTER, markersize=3, linewidth=1.2)


def nearest(places: np.ndarray) -> np.ndarray:
    """Frame numbers."""
    return np.floor(places + 0.5).astype(int)


def sheet(family: str, columns: int, heading: str) -> Figure:
    """All panels of one family."""
    points, partner = clips()
    shown = SHOWN[family]
    rows = -(-len(shown) // columns)
    figure = Figure(figsize=(2.6 * columns, (2.7 if family == "points" else 2.2) * rows + 0.5), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, (name, settings) in zip(grid, shown.items(), strict=False):
        panel = body_panel if family == "points" else time_panel
        panel(axes, points, partner, name, settings)
        text = "\n".join(f"{key} = {value:g}" for key, value in settings.items())
        axes.set_title(text, fontsize=10, family="monospace", color=INK)
    for axes in grid[len(shown) :]:
        axes.axis("off")
    figure.suptitle(heading, fontsize=12, color=INK)
    return figure


def samplings(frames: int = 66, fps: float = 25.0) -> Figure:
    """Which frames of one clip each way takes."""
    figure = Figure(figsize=(10, 5.4), layout="constrained")
    axes = figure.add_subplot()
    y, ticks, names = 0.0, [], []
    for config in SAMPLINGS:
        drawn = clip_samples(frames, frames / fps, config)
        ticks.append(y + (len(drawn) - 1) / 2)
        told = [k for k in ("samples", "spacing") if getattr(config, k) != getattr(SamplingConfig(), k)]
        told += ["per_second"] if config.kind == "rate" else []
        names.append("\n".join([f'kind = "{config.kind}"', *(f"{k} = {getattr(config, k):g}" for k in told)]))
        for sample in drawn:
            axes.plot([0, frames - 1], [y, y], color="#e4e8ec", linewidth=1, zorder=0)
            axes.plot(sample, [y] * len(sample), "o", markersize=4.5, color=AFTER)
            y += 1
        y += 0.9
    axes.set_yticks(ticks, names, fontsize=9, family="monospace")
    axes.set(ylim=(y - 0.5, -1), xlim=(-1, frames))
    axes.set_xlabel(
        f"frames of a clip of {frames} frames, {frames / fps:.1f} s; a line of dots is one sample", color=INK
    )
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    return figure


def draw(folder: Path) -> None:
    """Write the three pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    grey = "grey: before; blue: after"
    curves = f"height of the right wrist, frame by frame\n({grey}; dotted: another clip; shaded: hidden or replaced)"
    made = {
        "augment-points": sheet("points", 5, f"Other signers, cameras and views ({grey})"),
        "augment-time": sheet("time", 3, f"Other times, and blends: {curves}"),
        "sampling": samplings(),
    }
    for name, figure in made.items():
        figure.savefig(folder / f"{name}.png", dpi=80, metadata={"Software": None})


if __name__ == "__main__":
    draw(Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURES)
