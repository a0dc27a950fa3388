"""Train what a hand does between two fingerspelled letters, and measure it on pairs it was not shown."""

import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from chereme.errors import RecipeError, TrainingError
from chereme.evaluate.production import dtw
from chereme.models.transition import HandTransition
from chereme.poses import pose_from_bytes
from chereme.types import Floats

__all__ = [
    "Transitions",
    "TransitionConfig",
    "blend_distances",
    "read_transitions",
    "train_transitions",
    "transition_split",
]

FRAMES = 24
"""Frames of a transition; longer ones are brought to as many."""


@dataclass(frozen=True)
class TransitionConfig:
    """How transitions are learnt."""

    code: int = 8
    """Size of a handshape's code."""
    hidden: int = 256
    harmonics: int = 4
    drop: float = 0.1
    """Share of the hidden units left out in training."""
    epochs: int = 300
    """At most so many passes over the pairs."""
    patience: int = 40
    """Stop after so many without a better validation distance."""
    batch: int = 64
    rate: float = 2e-3
    """Highest learning rate; falls to zero along a cosine."""
    weight_decay: float = 0.01
    seed: int = 0

    def __post_init__(self) -> None:
        if min(self.code, self.hidden, self.harmonics, self.epochs, self.patience, self.batch) < 1:
            raise RecipeError("transitions: code, hidden, harmonics, epochs, patience and batch must be at least 1")
        if not self.rate > 0 or not 0 <= self.drop < 1:
            raise RecipeError("transitions: rate must be above 0, drop a share from 0 to below 1")


@dataclass(frozen=True, eq=False)
class Transitions:
    """All pairs of a set, in palm lengths."""

    shapes: tuple[str, ...]
    begin: NDArray[np.int64]
    """(N,) index of the shape that each leaves."""
    end: NDArray[np.int64]
    hands: Floats
    """(N, T, 21, 3)."""

    def __len__(self) -> int:
        return len(self.begin)


def read_transitions(folder: Path) -> Transitions:
    """Pairs of `fingerspell_transitions_asl`: `poses.tar.xz` with `poses/FROM-TO.pose`; holds are left out.

    Raises:
        TrainingError: no pair in it.
    """
    pairs: dict[tuple[str, str], Floats] = {}
    with tarfile.open(folder / "poses.tar.xz") as members:
        for member in members:
            pair = Path(member.name).stem.split("-")
            file = members.extractfile(member) if len(pair) == 2 and member.name.endswith(".pose") else None
            if file is not None:
                hand = pose_from_bytes(file.read(), member.name).points
                at = np.rint(np.linspace(0, len(hand) - 1, FRAMES)).astype(np.int64)
                pairs[pair[0], pair[1]] = hand[at]
    if not pairs:
        raise TrainingError(f"{folder}: no transition between two handshapes in it")
    names = sorted(pairs)
    shapes = tuple(sorted({shape for pair in names for shape in pair}))
    hands = np.stack([pairs[name] for name in names])
    palm = np.median(np.linalg.norm(hands[:, :, 9] - hands[:, :, 0], axis=-1))
    begin, end = (np.array([shapes.index(name[side]) for name in names]) for side in range(2))
    return Transitions(shapes, begin, end, (hands / palm).astype(np.float32))


def transition_split(count: int, seed: int = 0) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Pairs to train on, 10 % to validate on, 20 % to test on: drawn by the seed, in the order of their names."""
    order = np.random.default_rng(seed).permutation(count)
    tested, validated = round(0.2 * count), round(0.1 * count)
    return np.sort(order[tested + validated :]), np.sort(order[tested : tested + validated]), np.sort(order[:tested])


def train_transitions(
    data: Transitions,
    train: NDArray[np.int64],
    validation: NDArray[np.int64],
    config: TransitionConfig | None = None,
) -> tuple[HandTransition, float]:
    """Learn from some pairs; of the epochs, the one with the smallest distance on validation pairs is kept.

    How each shape looks where a transition begins and ends is the mean over the training pairs alone.

    Returns:
        The network, and its mean distance on the validation pairs, in palm lengths.

    Raises:
        TrainingError: a shape of the pairs begins, or ends, no training pair.
    """
    config = config or TransitionConfig()
    shapes = torch.from_numpy(_ends(data, train))
    batch = [torch.from_numpy(values) for values in (data.begin, data.end, data.hands)]
    time = torch.linspace(0, 1, data.hands.shape[1])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        network = HandTransition(
            shapes, code=config.code, hidden=config.hidden, harmonics=config.harmonics, drop=config.drop
        )
        return _fit(network, batch, time, train, validation, config)


def _fit(
    network: HandTransition,
    data: Sequence[Tensor],
    time: Tensor,
    train: NDArray[np.int64],
    validation: NDArray[np.int64],
    config: TransitionConfig,
) -> tuple[HandTransition, float]:
    begin, end, hands = data
    steps = max(1, len(train) // config.batch)
    optimizer = torch.optim.AdamW(network.parameters(), lr=config.rate, weight_decay=config.weight_decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, config.epochs * steps)
    rng = np.random.default_rng(config.seed)
    best, kept, waited = np.inf, network.state_dict(), 0
    for _ in range(config.epochs):
        network.train()
        for some in np.array_split(rng.permutation(train), steps):
            chosen = torch.from_numpy(some)
            made = network(begin[chosen], end[chosen], time.expand(len(chosen), -1))
            loss = F.smooth_l1_loss(made, hands[chosen], beta=0.02)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        network.eval()
        with torch.no_grad():
            made = network(begin[validation], end[validation], time.expand(len(validation), -1))
        distance = float((made - hands[validation]).norm(dim=-1).mean())
        waited += 1
        if distance < best:
            best, waited = distance, 0
            kept = {name: value.clone() for name, value in network.state_dict().items()}
        if waited >= config.patience:
            break
    network.load_state_dict(kept)
    return network.eval(), best


def _ends(data: Transitions, train: NDArray[np.int64]) -> Floats:
    """(S, 2, 21, 3): the mean first and last frame of each shape's training pairs."""
    found = np.full((len(data.shapes), 2, *data.hands.shape[2:]), np.nan, np.float32)
    for side, (owner, frame) in enumerate(((data.begin, 0), (data.end, -1))):
        for shape in range(len(data.shapes)):
            own = train[owner[train] == shape]
            if len(own):
                found[shape, side] = data.hands[own, frame].mean(0)
    used = np.concatenate([data.begin, len(data.shapes) + data.end])
    missing = np.isnan(found[:, :, 0, 0]).T.ravel()[np.unique(used)]
    if missing.any():
        raise TrainingError(f"{int(missing.sum())} handshapes begin or end no training pair")
    return np.nan_to_num(found)


def blend_distances(
    data: Transitions, chosen: NDArray[np.int64], network: HandTransition | None = None
) -> Mapping[str, NDArray[np.float64]]:
    """Distance by time warping, in palm lengths, of each pair to what is made for it.

    Returns:
        `blend of own ends`: a straight line between the pair's own first and last frame, which nobody has beforehand;
        `blend of known ends` and `ours`: from what the network knows of the two shapes; without one, the first alone.
    """
    time = np.linspace(0, 1, data.hands.shape[1], dtype=np.float32)[:, None, None]
    made: dict[str, Floats] = {}
    hands = data.hands[chosen]
    made["blend of own ends"] = hands[:, :1] + (hands[:, -1:] - hands[:, :1]) * time
    if network is not None:
        shapes = network.shapes.numpy()
        first, last = shapes[data.begin[chosen], 0][:, None], shapes[data.end[chosen], 1][:, None]
        made["blend of known ends"] = first + (last - first) * time
        with torch.no_grad():
            moments = torch.from_numpy(time[:, 0, 0]).expand(len(chosen), -1)
            begin, end = (torch.from_numpy(values[chosen]) for values in (data.begin, data.end))
            made["ours"] = network(begin, end, moments).numpy()
    return {
        name: np.array([dtw(one, [true])[0] for one, true in zip(sequences, hands, strict=True)])
        for name, sequences in made.items()
    }
