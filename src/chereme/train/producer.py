"""Train a producer: glosses or text to poses."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Callback
from torch import Tensor

from chereme.bundle import Card
from chereme.dataset.store import Store
from chereme.errors import SplitError
from chereme.evaluate.production import PADDED_FRAMES
from chereme.features.body_frame import PoseConfig, produced_bones
from chereme.models.gloss_to_pose import GlossToPose, build_producer
from chereme.train.batches import EpochBatches
from chereme.train.devices import first_process, wait_for_all
from chereme.train.loop import Kept, Loop, run_loop
from chereme.train.module import RecognizerTraining
from chereme.train.producer_bundle import write_producer
from chereme.train.producer_config import ProducerRecipe, ProducerTrainConfig
from chereme.train.producer_data import Batch, Pairs, ProducerBatches, make_pairs, pair_batches
from chereme.train.run import claim, split_digest
from chereme.train.tracking import Tracking

__all__ = ["ProducerTraining", "fit_producer", "frames_of", "train_producer"]


def frames_of(log_seconds: Tensor, config: PoseConfig) -> Tensor:
    """Frames (B,) that a producer makes, from how long it takes the signing to be."""
    return (log_seconds.exp() * config.fps).round().long().clamp(2, config.max_frames)


class ProducerTraining(RecognizerTraining):
    """Trains a producer by masked distances of poses, motion, bones and duration.

    Validation lets it go on its own, at the length it predicts: the loss is the mean square on the reference's frames
    and seen landmarks, the last pose held where it is too short.
    """

    def __init__(self, model: GlossToPose, config: ProducerTrainConfig, steps: int, pose: PoseConfig) -> None:
        super().__init__(model, config, steps)  # type: ignore[arg-type]  # it has what the optimisers read
        self.producer = model
        self.taught = config
        self.pose = pose
        hands = [name.partition("/")[0].endswith("hand") for name in pose.layout.names]
        weight = torch.tensor([config.hands if hand else 1.0 for hand in hands]).repeat_interleave(pose.dims)
        self.register_buffer("weight", weight, persistent=False)
        bones = torch.tensor(produced_bones(pose))
        self.register_buffer("bones", bones.T.contiguous(), persistent=False)
        self._sides = [pose.layout.groups[f"{side}_hand"].start * pose.dims for side in ("left", "right")]
        self.weight: Tensor
        self.bones: Tensor

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:  # type: ignore[override]
        tokens, poses, frames = batch
        read = self.producer.read(tokens)
        times = torch.arange(poses.shape[1], device=poses.device) / (frames[:, None] - 1).clamp(min=1)
        before = self._before(poses)
        made = self.producer.decode(read, times.clamp(max=1), before)
        if self.producer.follows and (own := self._own_share()):
            made = self.producer.decode(read, times.clamp(max=1), self._mixed(before, made.detach(), own))
        loss = self._distance(made, poses, frames)
        log_true = (frames / self.pose.fps).log()
        loss = loss + self.taught.length * (self.producer.log_seconds(read) - log_true).square().mean()
        self.log("loss", loss, on_step=False, on_epoch=True, batch_size=len(frames))
        return loss

    def _before(self, poses: Tensor) -> Tensor:
        """The pose before each, the mean pose before the first; unseen landmarks where the mean pose has them."""
        mean = self.producer.mean.expand(len(poses), 1, -1)
        before = torch.cat([mean, poses[:, :-1]], 1)
        before = torch.where(before.isnan(), self.producer.mean, before)
        return before + self.taught.noise * torch.randn_like(before) if self.taught.noise else before

    def _own_share(self) -> float:
        return self.taught.own_frames * min(1.0, self.current_epoch / max(1, self.taught.epochs - 1))

    def _mixed(self, before: Tensor, made: Tensor, own: float) -> Tensor:
        """Some frames before replaced by what was made in their place (Mihaylova and Martins 2019: in two passes)."""
        shifted = torch.cat([before[:, :1], made[:, :-1, : self.producer.size]], 1)
        chosen = torch.rand(before.shape[:2], device=before.device).unsqueeze(-1) < own
        return torch.where(chosen, shifted, before)

    def _distance(self, made: Tensor, poses: Tensor, frames: Tensor) -> Tensor:
        config = self.taught
        made, seen_logits = made[..., : self.producer.size], made[..., self.producer.size :]
        if config.padded:
            return _padded_error(made, poses, frames, config.loss)
        seen = ~poses.isnan()
        true = poses.nan_to_num()
        weight = seen * self.weight
        loss = _mean(_error(made - true, config.loss), weight)
        if config.velocity:
            both = weight[:, 1:] * seen[:, :-1]
            apart = (made[:, 1:] - made[:, :-1]) - (true[:, 1:] - true[:, :-1])
            loss = loss + config.velocity * _mean(_error(apart, config.loss), both)
        if config.bones:
            lengths, there = self._lengths(made), self._lengths(true)
            both_ends = seen.unflatten(-1, (-1, self.pose.dims))[..., 0]
            shown = both_ends[..., self.bones[0]] & both_ends[..., self.bones[1]]
            loss = loss + config.bones * _mean(_error(lengths - there, config.loss), shown.to(made.dtype))
        if config.seen:
            inside = torch.arange(poses.shape[1], device=poses.device) < frames[:, None]
            target = seen[..., self._sides].to(made.dtype)
            hidden = torch.nn.functional.binary_cross_entropy_with_logits(seen_logits, target, reduction="none")
            loss = loss + config.seen * _mean(hidden, inside.unsqueeze(-1).to(made.dtype).expand_as(hidden))
        return loss

    def _lengths(self, poses: Tensor) -> Tensor:
        points = poses.unflatten(-1, (-1, self.pose.dims))
        return ((points[..., self.bones[0], :] - points[..., self.bones[1], :]).square().sum(-1) + 1e-8).sqrt()

    def validation_step(self, batch: Batch, batch_idx: int) -> None:  # type: ignore[override]
        tokens, poses, _ = batch
        read = self.producer.read(tokens)
        own = frames_of(self.producer.log_seconds(read), self.pose)
        made = self.producer.produce(read, own)[..., : self.producer.size]
        last = (own - 1)[:, None].clamp(max=made.shape[1] - 1)
        held = torch.minimum(torch.arange(poses.shape[1], device=own.device).expand(len(own), -1), last)
        made = made.gather(1, held.unsqueeze(-1).expand(-1, -1, made.shape[-1]))
        seen = (~poses.isnan()).to(made.dtype)
        error = ((made - poses.nan_to_num()).square() * seen).sum((1, 2)) / seen.sum((1, 2)).clamp(min=1)
        self._losses.append(error.float())

    def on_validation_epoch_end(self) -> None:
        self.log("validation_loss", torch.cat(self._losses).mean())
        self._losses.clear()


def _error(apart: Tensor, loss: str) -> Tensor:
    return apart.square() if loss == "mse" else apart.abs()


def _mean(values: Tensor, weight: Tensor) -> Tensor:
    return (values * weight).sum() / weight.sum().clamp(min=1e-6)


def _padded_error(made: Tensor, poses: Tensor, frames: Tensor, loss: str) -> Tensor:
    """The usual recipe: padding and what was not seen are zeros to be learnt, up to `PADDED_FRAMES`."""
    inside = (torch.arange(poses.shape[1], device=poses.device) < frames[:, None]).unsqueeze(-1)
    true = torch.where(inside, poses.nan_to_num(), 0.0)
    return _error(made - true, loss).mean() * min(1.0, poses.shape[1] / PADDED_FRAMES)


def fit_producer(
    pairs: Pairs,
    recipe: ProducerRecipe,
    folder: Path,
    *,
    resume: bool = False,
    show: bool = False,
    stop_after: int | None = None,
    watching: Sequence[Callback] = (),
    track: Tracking | None = None,
) -> Kept:
    """Train one producer; of its epochs, keep the one with the smallest validation loss, or the last without.

    Args:
        pairs: prepared clips.
        recipe: all settings.
        folder: progress.csv and checkpoints/ go here.
        resume: continue from last.ckpt, to the same weights as an unbroken run.
        show: a progress bar.
        stop_after: end early after so many epochs, as an interruption would.
        watching: Lightning callbacks that look on.
        track: where settings and losses go beside progress.csv.
    """
    config = recipe.train
    torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed)
    train, validation = pairs.chosen("train"), pairs.chosen("validation")
    model = build_producer(len(pairs.tokens), recipe.pose.size, torch.from_numpy(pairs.mean), recipe.model)
    with torch.no_grad():
        seconds = [len(pairs.values[i]) / recipe.pose.fps for i in train]
        model.duration[-1].bias.fill_(math.log(sum(seconds) / len(seconds)))  # type: ignore[operator]
    dataset = ProducerBatches(pairs, train)
    batches = EpochBatches(len(dataset), config.batch, config.seed)
    module = ProducerTraining(model, config, config.epochs * len(batches), recipe.pose)
    module.watched = "validation_loss" if len(validation) else "loss"
    return run_loop(
        module,
        model,
        dataset,
        batches,
        list(pair_batches(pairs, validation)) if len(validation) else None,
        folder,
        Loop.of(config, watched="validation_loss", best="min"),
        resume=resume,
        show=show,
        stop_after=stop_after,
        watching=watching,
        logger=None if track is None or not first_process() else track.logger(folder, recipe.source),
    )


def train_producer(
    recipe: ProducerRecipe,
    store: Store,
    split: Mapping[str, str],
    folder: Path,
    card: Card,
    *,
    split_name: str,
    refit: bool = False,
    resume: bool = False,
    show: bool = False,
    track: Tracking | None = None,
) -> Path:
    """Train, and write a bundle at `folder/bundle`.

    Args:
        recipe: all settings.
        store: packed clips.
        split: clip id to part; made by source video where sentences of one video could stand on both sides.
        folder: the run's folder, made when absent.
        card: goes into the bundle.
        split_name: recorded beside the scores.
        refit: after validation has chosen the number of epochs, train anew on training and validation clips together.
        resume: continue an interrupted run.
        show: a progress bar.
        track: where settings and losses go beside progress.csv.
    """
    pairs = make_pairs(store, split, recipe)
    if refit and not len(pairs.chosen("validation")):
        raise SplitError(f"split {split_name} has no validation clips, so there is nothing to fit anew on")
    about = {"recipe": recipe.source.text, "split": f"{split_name} {split_digest(store, split)}"}
    claim(folder, {**about, "seed": recipe.train.seed, "refit": refit}, resume)
    begun = resume and (folder / "checkpoints" / "last.ckpt").exists()
    trained = fit_producer(pairs, recipe, folder, resume=begun, show=show, track=track)
    scores: dict[str, Any] = {"split": split_name, "seed": recipe.train.seed, "epochs": trained.epochs}
    scores |= {"train_clips": len(pairs.chosen("train")), "cut_texts": pairs.cut}
    if trained.validation_top1 is not None:
        scores |= {"validation_clips": len(pairs.chosen("validation"))}
        scores |= {"validation_loss": round(trained.validation_top1, 5)}
    if refit:
        together = {i: "train" if part == "validation" else part for i, part in split.items()}
        pairs = make_pairs(store, together, recipe)
        again = replace(recipe, train=replace(recipe.train, epochs=trained.epochs))
        begun = resume and (folder / "refit" / "checkpoints" / "last.ckpt").exists()
        trained = fit_producer(pairs, again, folder / "refit", resume=begun, show=show, track=track)
        scores |= {"refit_on_validation": True, "train_clips": len(pairs.chosen("train"))}
    bundle = folder / "bundle"
    if first_process():
        languages = sorted({clip.language for clip in store.clips if clip.language})
        assert isinstance(trained.model, GlossToPose)
        write_producer(bundle, trained.model, recipe, pairs, card, scores, languages[0] if len(languages) == 1 else "")
    wait_for_all()
    return bundle
