"""Other signers, cameras and views: the points of training clips moved, mirrored or not seen.

Turns and stretches are about the middle of the shoulders, where aligned points have their 0, in units that are the
same along x and y: a turn keeps every length.
"""

import numpy as np
from numpy.typing import NDArray

from chereme.augment.config import AugmentConfig
from chereme.augment.tempo import some_clips
from chereme.layout import Layout
from chereme.types import Bools, Floats

__all__ = ["augment_points", "mask_frames", "mirror_clips", "swap_hands"]

HEAD = tuple(f"pose/{p}" for p in ("nose", "left_eye", "right_eye", "mouth_left", "mouth_right"))
FINGERS = tuple(slice(1 + 4 * f, 5 + 4 * f) for f in range(5))


def augment_points(points: Floats, layout: Layout, config: AugmentConfig, rng: np.random.Generator) -> Floats:
    """Other proportions, another viewpoint, unseen fingers and hands: a new array of the same shape."""
    points = points.copy()
    batch, frames = points.shape[:2]
    hands = [layout.groups[g] for g in ("left_hand", "right_hand") if g in layout.groups]
    for at in hands:
        wrist = points[:, :, at.start : at.start + 1].copy()
        stretch = np.clip(1 + _drawn(config.hand_scale, (batch, 1, 3), config, rng), 0.6, 1.5)
        turn = _rotations(config.hand_rotate, np.ones(batch), 0.7, config, rng) * stretch.astype(np.float32)
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
        points[:, :, hands[0].start :] += _drawn(config.hand_shift, (batch, 1, 1, 3), config, rng).astype(np.float32)
    if head := [layout.index(name) for name in HEAD if layout.has(name)]:
        points[:, :, head] += _drawn(config.head_shift, (batch, 1, 1, 3), config, rng).astype(np.float32)
    wider = _drawn(config.scale, (batch, 1, 3), config, rng)
    wider *= some_clips(batch, config.scale_share, rng)[:, None, None]
    stretch = np.clip(1 + wider, 0.6, 1.5).astype(np.float32)
    turned = some_clips(batch, config.rotate_share, rng)
    points = _turn(points * stretch[:, :, None], _rotations(config.rotate, turned, config.rotate_depth, config, rng))
    points += _drawn(config.shift, (batch, 1, 1, 3), config, rng).astype(np.float32)
    noise = (config.noise * some_clips(batch, config.noise_share, rng)).astype(np.float32)
    points += rng.standard_normal(points.shape, dtype=np.float32) * noise[:, None, None, None]
    return points


def mirror_clips(
    points: Floats, layout: Layout, config: AugmentConfig, rng: np.random.Generator, either: Bools | None = None
) -> tuple[Floats, Bools]:
    """Mirror some clips, left landmarks in the places of right ones.

    Args:
        points: (B, T, J, 3).
        layout: names of the J landmarks.
        config: says how many clips.
        rng: draws which.
        either: (B,) which of them either hand may lead, see `chereme.preprocess.either_hand_leads`.

    Returns:
        The points, and which (B,) are mirrored.
    """
    share = np.full(len(points), config.mirror)
    if either is not None:
        share[either] = max(config.mirror, config.mirror_either)
    if not share.any():
        return points, np.zeros(len(points), bool)
    chosen = rng.random(len(points)) < share
    mirrored = points.copy()
    mirrored[chosen] = points[chosen][:, :, layout.mirrored_order()] * np.array([-1, 1, 1], np.float32)
    return mirrored, chosen


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


def mask_frames(points: Floats, mask: Bools, config: AugmentConfig, rng: np.random.Generator) -> Floats:
    """See nobody in some frames of a clip: points (B, T, J, 3) become NaN there, as where an extractor finds nothing.

    A share of the frames in `mask` (B, T), at least one; the model is told by the features that say what is seen.
    """
    if not config.mask_frames:
        return points
    lengths = mask.sum(1, keepdims=True)
    count = np.maximum(1, np.floor(lengths * config.mask_frames + 0.5))
    rank = np.argsort(np.argsort(np.where(mask, rng.random(mask.shape), 2.0), axis=1), axis=1)
    hidden = (rank < count) & (some_clips(len(mask), config.mask_frames_share, rng) > 0)[:, None]
    return np.where(hidden[..., None, None], np.float32(np.nan), points)


def _drawn(
    strength: float, shape: tuple[int, ...], config: AugmentConfig, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Numbers about 0, as `config.spread` says."""
    return rng.normal(0, strength, shape) if config.spread == "normal" else rng.uniform(-strength, strength, shape)


def _rotations(
    degrees: float, turned: NDArray[np.float64], depth: float, config: AugmentConfig, rng: np.random.Generator
) -> Floats:
    """(B, 3, 3) turns about x, y and z, smaller about x and y: a camera is more often askew than overhead."""
    batch = len(turned)
    x, y, z = _drawn(float(np.radians(degrees)), (3, batch), config, rng) * np.array([[depth], [depth], [1.0]]) * turned
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
