"""Change training clips as another signer, camera or day would have, without changing the sign.

Whole batches at once: points (B, T, J, 3), aligned, NaN where nothing was seen. Every change is drawn once
per clip, not per frame, from a generator that the caller seeds.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chereme.errors import RecipeError
from chereme.layout import Layout
from chereme.types import Bools, Floats

__all__ = ["AugmentConfig", "augment_frames", "augment_points", "mask_spans", "mixup", "swap_hands"]

HEAD = tuple(f"pose/{p}" for p in ("nose", "left_eye", "right_eye", "mouth_left", "mouth_right"))
FINGERS = tuple(slice(1 + 4 * f, 5 + 4 * f) for f in range(5))


@dataclass(frozen=True)
class AugmentConfig:
    """How far training clips are changed. Lengths are in shoulder widths, angles in degrees."""

    rate: float = 1.5
    """A clip is stretched or squeezed by up to this factor."""
    crop: float = 0.15
    """Up to this share is cut from either end, each in half of the clips."""
    warp: float = 0.15
    """How unevenly time may run inside a clip."""
    rotate: float = 10.0
    """Standard deviation of a turn of the whole signer."""
    scale: float = 0.12
    """Standard deviation of a stretch of the whole signer, per axis."""
    shift: float = 0.06
    noise: float = 0.003
    """Standard deviation of the jitter of each point in each frame."""
    hand_rotate: float = 12.0
    """Standard deviation of a turn of each hand about its wrist."""
    hand_scale: float = 0.15
    hand_shift: float = 0.06
    """Standard deviation of a shift of both hands against the body."""
    head_shift: float = 0.08
    """Standard deviation of a shift of the face against the shoulders: necks and postures differ."""
    swap_hands: float = 0.3
    """Share of clips that borrow handshapes from another clip of the same gloss, each hand with probability 0.6."""
    drop_finger: float = 0.15
    """Share of clips in which one finger of a hand is never seen."""
    drop_hand: float = 0.2
    """Share of clips in which the left hand is out of view for a while; the right in half as many."""
    drop_left_hand: float = 0.08
    """Share of clips in which the left hand is never seen."""
    mask_time: float = 0.3
    """Share of clips in which a stretch of up to 30 % is hidden from the model."""
    mixup: float = 0.3
    """Share of batches in which clips are blended in pairs."""
    mirror: float = 0.0
    """Share of clips that are mirrored."""

    def __post_init__(self) -> None:
        if self.rate < 1:
            raise RecipeError(f"augment.rate is a factor of 1 or more, got {self.rate}")
        spreads = "warp rotate scale shift noise hand_rotate hand_scale hand_shift head_shift"
        for name in spreads.split():
            if not getattr(self, name) >= 0:
                raise RecipeError(f"augment.{name} must not be below 0, got {getattr(self, name)}")
        shares = "crop swap_hands drop_finger drop_hand drop_left_hand mask_time mixup mirror"
        for name in shares.split():
            if not 0 <= getattr(self, name) <= 1:
                raise RecipeError(f"augment.{name} is a share from 0 to 1, got {getattr(self, name)}")


def augment_frames(
    places: NDArray[np.float64], lengths: NDArray[np.int64], config: AugmentConfig, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Cut the ends off and let time run unevenly: other places (B, T) in clips of `lengths` (B,) frames."""
    batch = len(places)
    last = np.maximum(lengths[:, None] - 1, 1)
    share = places / last
    share = share + rng.uniform(-config.warp, config.warp, (batch, 1)) * np.sin(np.pi * share) * share * (1 - share) * 2
    cut = rng.uniform(0, config.crop, (2, batch, 1)) * (rng.random((2, batch, 1)) < 0.5)
    return np.asarray((cut[0] + share * (1 - cut[0] - cut[1])) * (lengths[:, None] - 1))


def augment_points(points: Floats, layout: Layout, config: AugmentConfig, rng: np.random.Generator) -> Floats:
    """Other proportions, another viewpoint, unseen fingers and hands: a new array of the same shape."""
    points = points.copy()
    batch, frames = points.shape[:2]
    hands = [layout.groups[g] for g in ("left_hand", "right_hand") if g in layout.groups]
    for at in hands:
        wrist = points[:, :, at.start : at.start + 1].copy()
        stretch = np.clip(1 + rng.normal(0, config.hand_scale, (batch, 1, 3)), 0.6, 1.5)
        turn = _rotations(batch, config.hand_rotate, rng) * stretch.astype(np.float32)
        points[:, :, at] = _turn(points[:, :, at] - wrist, turn) + wrist
    for at in hands:
        for clip in np.flatnonzero(rng.random(batch) < config.drop_finger):
            points[clip, :, at][:, FINGERS[rng.integers(5)]] = np.nan
    time = np.arange(frames)[None] / frames
    for at, share in zip(hands, (config.drop_hand, config.drop_hand / 2), strict=False):
        start, span = rng.random((batch, 1)) * 0.8, rng.random((batch, 1)) * 0.5
        hidden = (rng.random((batch, 1)) < share) & (time >= start) & (time < start + span)
        points[:, :, at][hidden] = np.nan
    if hands:
        points[rng.random(batch) < config.drop_left_hand, :, hands[0]] = np.nan
        points[:, :, hands[0].start :] += rng.normal(0, config.hand_shift, (batch, 1, 1, 3)).astype(np.float32)
    if head := [layout.index(name) for name in HEAD if layout.has(name)]:
        points[:, :, head] += rng.normal(0, config.head_shift, (batch, 1, 1, 3)).astype(np.float32)
    stretch = np.clip(1 + rng.normal(0, config.scale, (batch, 1, 3)), 0.6, 1.5).astype(np.float32)
    points = _turn(points * stretch[:, :, None], _rotations(batch, config.rotate, rng))
    points += rng.normal(0, config.shift, (batch, 1, 1, 3)).astype(np.float32)
    points += rng.standard_normal(points.shape, dtype=np.float32) * np.float32(config.noise)
    if config.mirror:
        chosen = rng.random(batch) < config.mirror
        flipped = points[chosen][:, :, layout.mirrored_order()]
        flipped[..., 0] *= -1
        points[chosen] = flipped
    return points


def swap_hands(
    points: Floats, partner: Floats, layout: Layout, config: AugmentConfig, rng: np.random.Generator
) -> Floats:
    """Give some clips the handshapes of another clip of their gloss, on their own wrists.

    Args:
        points: (B, T, J, 3).
        partner: the same shape: another clip of each gloss at the same share of its time.
        layout: names of the J landmarks.
        config: says in how many clips.
        rng: draws which.
    """
    chosen = rng.random(len(points)) < config.swap_hands
    if not chosen.any() or "left_hand" not in layout.groups:
        return points
    points = points.copy()
    for at in (layout.groups["left_hand"], layout.groups["right_hand"]):
        clips = np.flatnonzero(chosen & (rng.random(len(points)) < 0.6))
        wrist = points[clips, :, at.start : at.start + 1]
        theirs = partner[clips, :, at.start : at.start + 1]
        points[clips, :, at] = partner[clips, :, at] - theirs + wrist
    return points


def mask_spans(values: Floats, mask: Bools, config: AugmentConfig, rng: np.random.Generator) -> Floats:
    """Hide a stretch of some clips: features (B, T, F) become 0 there."""
    batch, frames = mask.shape
    time = np.arange(frames)[None]
    start = rng.random((batch, 1)) * mask.sum(1, keepdims=True)
    span = rng.random((batch, 1)) * 0.3 * mask.sum(1, keepdims=True)
    hidden = (rng.random((batch, 1)) < config.mask_time) & (time >= start) & (time < start + span)
    return np.where(hidden[..., None], np.float32(0), values)


def mixup(
    values: Floats, mask: Bools, targets: Floats, config: AugmentConfig, rng: np.random.Generator
) -> tuple[Floats, Bools, Floats]:
    """Blend the clips of a batch in pairs, features (B, T, F) and targets (B, K) alike (Zhang et al. 2018)."""
    if rng.random() >= config.mixup:
        return values, mask, targets
    other = rng.permutation(len(values))
    share = np.float32(rng.beta(0.4, 0.4))
    return (
        share * values + (1 - share) * values[other],
        mask | mask[other],
        share * targets + (1 - share) * targets[other],
    )


def _rotations(batch: int, degrees: float, rng: np.random.Generator) -> Floats:
    """(B, 3, 3) turns about x, y and z, smaller about x and y: a camera is more often askew than overhead."""
    x, y, z = rng.normal(0, np.radians(degrees), (3, batch)) * np.array([[0.7], [0.7], [1.0]])
    zero, one = np.zeros(batch), np.ones(batch)

    def matrix(*rows: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.stack(rows, axis=-1).reshape(batch, 3, 3)

    about_x = matrix(one, zero, zero, zero, np.cos(x), -np.sin(x), zero, np.sin(x), np.cos(x))
    about_y = matrix(np.cos(y), zero, np.sin(y), zero, one, zero, -np.sin(y), zero, np.cos(y))
    about_z = matrix(np.cos(z), -np.sin(z), zero, np.sin(z), np.cos(z), zero, zero, zero, one)
    return (about_x @ about_y @ about_z).astype(np.float32)


def _turn(points: Floats, matrices: Floats) -> Floats:
    """Points (B, T, n, 3) times (B, 3, 3)."""
    batch, frames, count, _ = points.shape
    return (points.reshape(batch, -1, 3) @ matrices).reshape(batch, frames, count, 3)
