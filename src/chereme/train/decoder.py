"""Train a gloss-to-pose decoder and write it as a bundle: weights only, never a pose."""

import json
import logging
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from chereme.bundle import INDEX, Card, clip_digest, digest
from chereme.errors import RecipeError, TrainingError
from chereme.files import write_folder_beside
from chereme.layout import BODY_HANDS_75
from chereme.models.pose_decoder import HAND_CHAIN, PoseDecoder
from chereme.recipe import Recipe
from chereme.train.typical_sign import BODY_POINTS, TypicalSign, typical_sign
from chereme.types import Floats, PoseSequence

__all__ = ["DecoderConfig", "TrainedDecoder", "fit_decoder", "train_decoder", "write_decoder"]


@dataclass(frozen=True)
class DecoderConfig:
    """How a decoder is made."""

    words: tuple[str, ...] = ()
    """Glosses to learn; empty: all that there are."""
    demo: tuple[str, ...] = ()
    """Glosses that `chereme demo` shows when none is asked for; empty: the first three."""
    code: int = 16
    """Size of a word's code."""
    hidden: int = 128
    """Width of the hidden layers."""
    harmonics: int = 8
    """Half waves of time that the network hears."""
    steps: int = 1500
    """Steps of training, each over all frames."""
    learning_rate: float = 4e-3
    """At its highest; falls to zero along a cosine."""
    smoothness: float = 0.005
    """Weight of the penalty on acceleration."""
    arm_lengths: float = 0.01
    """Weight of the penalty on arms that change their length within a word."""
    seed: int = 0
    """Of the weights."""

    def __post_init__(self) -> None:
        for name in ("code", "hidden", "harmonics", "steps"):
            if getattr(self, name) < 1:
                raise RecipeError(f"decoder.{name} must be at least 1, got {getattr(self, name)}")
        if not self.learning_rate > 0:
            raise RecipeError(f"decoder.learning_rate must be above 0, got {self.learning_rate}")
        if self.words and (strange := set(self.demo) - set(self.words)):
            raise RecipeError(f"decoder.demo names {sorted(strange)[0]!r}, which is not among decoder.words")


@dataclass(frozen=True, eq=False)
class TrainedDecoder:
    """A decoder and what it needs beside its weights."""

    network: PoseDecoder
    glosses: tuple[str, ...]
    seconds: tuple[float, ...]
    """How long each sign takes: the median of its clips."""
    palm: float
    """Palm length in shoulder widths."""
    config: DecoderConfig
    scores: Mapping[str, float]
    """Mean distance to the clips' landmarks: `body` in shoulder widths, `hands` in palm lengths; `clips`, `frames`."""


@dataclass(frozen=True)
class _Frames:
    """All frames of all words: N moments; the body NaN where no clip shows it."""

    word: Tensor
    time: Tensor
    body: Tensor
    hands: Tensor
    """NaN replaced by 0 where `seen` is 0."""
    seen: Tensor


def train_decoder(clips: Mapping[str, Sequence[PoseSequence]], config: DecoderConfig | None = None) -> TrainedDecoder:
    """Learn each word as one movement from several clips of it.

    Each word's clips give its typical sign (see `typical_sign`), and one network is fitted to all of these at once
    with an absolute loss: who signed is dropped, the word and the moment remain.

    Args:
        clips: gloss to its training clips.
        config: see `DecoderConfig`; the same seed, clips and thread count give the same weights.

    Raises:
        TrainingError: a word has no usable clip.
    """
    config = config or DecoderConfig()
    glosses = config.words or tuple(clips)
    if missing := [g for g in glosses if not clips.get(g)]:
        raise TrainingError(f"no clip of {', '.join(missing)}; the data holds {', '.join(list(clips)[:8])} ...")
    return fit_decoder({gloss: typical_sign(clips[gloss], gloss) for gloss in glosses}, config)


def fit_decoder(typical: Mapping[str, TypicalSign], config: DecoderConfig | None = None) -> TrainedDecoder:
    """The second half of `train_decoder`: one network for typical signs that are there already.

    Raises:
        TrainingError: no hand is seen in any of them.
    """
    config = config or DecoderConfig()
    glosses, signs = tuple(typical), list(typical.values())
    frames = _frames(signs)
    bones = _bone_lengths(signs)
    palm = float(bones[HAND_CHAIN.index((0, 9))])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        rest = frames.body.nanmedian(0).values.nan_to_num().numpy()
        network = PoseDecoder(
            len(glosses), rest, bones, code=config.code, hidden=config.hidden, harmonics=config.harmonics
        )
        _fit(network, frames, config, palm)
        network.rest[frames.body.isnan().all(0)] = torch.nan  # what no clip shows is not produced
    scores = _scores(network, frames, palm) | {"clips": sum(s.clips for s in signs), "frames": len(frames.word)}
    return TrainedDecoder(network.eval(), glosses, tuple(s.seconds for s in signs), palm, config, scores)


def _frames(signs: Sequence[TypicalSign]) -> _Frames:
    def joined(parts: list[Floats]) -> Tensor:
        return torch.from_numpy(np.concatenate(parts).astype(np.float32))

    return _Frames(
        torch.from_numpy(np.concatenate([np.full(len(sign), word) for word, sign in enumerate(signs)])),
        joined([np.linspace(0, 1, len(sign), dtype=np.float32) for sign in signs]),
        joined([sign.body for sign in signs]),
        joined([sign.hands for sign in signs]).nan_to_num(),
        joined([sign.seen for sign in signs]),
    )


def _bone_lengths(signs: Sequence[TypicalSign]) -> Floats:
    """(20,) in shoulder widths: over the signs the median of each sign's own, both hands alike."""
    start, end = (list(joints) for joints in zip(*HAND_CHAIN, strict=True))
    lengths = []
    for hand in (sign.hands[:, side] for sign in signs for side in range(2)):
        hand = hand[np.isfinite(hand).all((1, 2))]
        if len(hand) >= 5:
            lengths.append(np.median(np.linalg.norm(hand[:, end] - hand[:, start], axis=-1), axis=0))
    if not lengths:
        raise TrainingError("no hand is seen for five frames in any clip")
    return np.median(lengths, axis=0).astype(np.float32)


def _fit(network: PoseDecoder, frames: _Frames, config: DecoderConfig, palm: float) -> None:
    optimizer = torch.optim.AdamW(network.parameters(), lr=config.learning_rate, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, config.steps)
    words = network.codes.num_embeddings
    grid = torch.linspace(0, 1, 48)
    grid_word = torch.arange(words).repeat_interleave(len(grid))
    grid_time = grid.repeat(words)
    shown = ~frames.body.isnan()
    for _ in range(config.steps):
        body, hands, seen = network(frames.word, frames.time)
        apart = torch.where(shown, body - frames.body, 0.0)
        loss = F.smooth_l1_loss(apart[..., :2], torch.zeros_like(apart[..., :2]), beta=0.02)
        loss = loss + 0.2 * F.smooth_l1_loss(apart[..., 2], torch.zeros_like(apart[..., 2]), beta=0.05)
        loss = loss + _hand_loss(hands, frames, palm)
        loss = loss + 0.05 * F.binary_cross_entropy_with_logits(seen, frames.seen)
        even_body, even_hands, _ = network(grid_word, grid_time)
        loss = loss + config.smoothness * _acceleration(even_body, even_hands, words, palm)
        loss = loss + config.arm_lengths * _arm_spread(even_body.unflatten(0, (words, -1)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()


def _hand_loss(hands: Tensor, frames: _Frames, palm: float) -> Tensor:
    """Distance in palm lengths over the hands that were seen; depth, which MediaPipe guesses, counts half."""
    apart = (hands - frames.hands) / palm * torch.tensor([1.0, 1.0, 0.5])
    per_hand = F.smooth_l1_loss(apart, torch.zeros_like(apart), beta=0.05, reduction="none").mean((2, 3))
    return (per_hand * frames.seen).sum() / frames.seen.sum().clamp(min=1)


def _acceleration(body: Tensor, hands: Tensor, words: int, palm: float) -> Tensor:
    tracks = torch.cat([body.flatten(1), hands.flatten(1) / palm], 1).unflatten(0, (words, -1))
    return (tracks[:, 2:] - 2 * tracks[:, 1:-1] + tracks[:, :-2]).abs().mean() * 48


def _arm_spread(body: Tensor) -> Tensor:
    """How much an arm's two bones change their length (in space) over a sign; body (K, T, B, 3)."""
    at = [BODY_POINTS.index(i) for i in (11, 13, 15, 12, 14, 16)]
    left, right = body[:, :, at[:3]], body[:, :, at[3:]]
    lengths = torch.cat([(arm[:, :, 1:] - arm[:, :, :-1]).norm(dim=-1) for arm in (left, right)], -1)
    return lengths.std(1).mean()


@torch.no_grad()
def _scores(network: PoseDecoder, frames: _Frames, palm: float) -> dict[str, float]:
    body, hands, _ = network(frames.word, frames.time)
    body_error = (body - frames.body)[..., :2].norm(dim=-1).nanmean()
    per_hand = (hands - frames.hands)[..., :2].norm(dim=-1).mean(-1) / palm
    hand_error = (per_hand * frames.seen).sum() / frames.seen.sum()
    return {"body": round(float(body_error), 4), "hands": round(float(hand_error), 4)}


def write_decoder(
    folder: str | Path,
    decoder: TrainedDecoder,
    recipe: Recipe,
    card: Card,
    language: str,
    trained_on: Iterable[str] = (),
) -> Path:
    """Write a decoder's bundle, whole or not at all: ONNX weights, recipe, card, scores, and what binds them.

    `trained_on` are the ids of its clips: kept as digests, they tell when a recognizer that judges it has seen them.
    """
    folder = Path(folder)
    with write_folder_beside(folder) as part:
        _write_onnx(decoder.network, part / "decoder.onnx")
        (part / "recipe.toml").write_text(recipe.text, encoding="utf-8")
        (part / "card.md").write_text(_card_page(folder.name, decoder, card), encoding="utf-8")
        about = {
            "format": 1,
            "kind": "decoder",
            "name": folder.name,
            "language": language,
            "layout": BODY_HANDS_75.name,
            "body": [BODY_HANDS_75.names[i] for i in BODY_POINTS],
            "glosses": list(decoder.glosses),
            "seconds": [round(s, 2) for s in decoder.seconds],
            "demo": list(decoder.config.demo or decoder.glosses[:3]),
            "card": asdict(card),
            "scores": dict(decoder.scores),
            "trained_on": sorted(map(clip_digest, trained_on)),
            "files": {p.name: digest(p) for p in sorted(part.iterdir())},
        }
        (part / INDEX).write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return folder


def _write_onnx(network: PoseDecoder, path: Path) -> None:
    class Exported(torch.nn.Module):
        """The decoder with probabilities instead of logits."""

        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, word: Tensor, time: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            body, hands, seen = self.network(word, time)
            return body, hands, seen.sigmoid()

    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # the tracing exporter is old but needs no further package
        outputs = ["body", "hands", "seen"]
        torch.onnx.export(
            Exported().eval(),
            (torch.zeros(4, dtype=torch.int64), torch.linspace(0, 1, 4)),
            str(path),
            input_names=["word", "time"],
            output_names=outputs,
            dynamic_axes={name: {0: "frames"} for name in ("word", "time", *outputs)},
            opset_version=17,
            dynamo=False,
        )


def _card_page(name: str, decoder: TrainedDecoder, card: Card) -> str:
    lines = [f"# {card.title}", "", card.summary, "", f"- **Bundle**: `{name}` (kind: decoder, gloss to pose)"]
    lines += [f"- **Trained on**: {', '.join(card.data)}", f"- **Licence of the data**: {card.licence}"]
    use = {"open": "any use, with credit", "research": "research and demonstration only"}[card.use]
    lines += [f"- **The weights may be used for**: {use}"]
    lines += [f"- **Limits**: {limit}" for limit in card.limits]
    lines += ["", "## Fit to its training clips (no test of quality)", ""]
    fit = decoder.scores
    lines += [
        f"- mean distance from the landmarks of its {fit['clips']} clips ({fit['frames']} frames):"
        f" body {fit['body']} shoulder widths, hands {fit['hands']} palm lengths"
    ]
    lines += ["", f"## Its {len(decoder.glosses)} words", ""]
    lines += [f"- {gloss}, {seconds:.2f} s" for gloss, seconds in zip(decoder.glosses, decoder.seconds, strict=True)]
    return "\n".join([*lines, ""])
