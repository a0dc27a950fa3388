"""What Lightning trains: loss, optimiser, schedule, moving average, progress."""

import csv
import math
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import WeightAveraging
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from chereme.files import write_beside
from chereme.train.config import TrainConfig
from chereme.train.letters_config import LettersConfig

__all__ = ["AverageWeights", "LateDropout", "Progress", "RecognizerTraining"]


class RecognizerTraining(LightningModule):
    """Trains a classifier with smoothed cross-entropy; validates by accuracy and loss.

    A batch is what the model reads, then the targets: shares of each class, or the class where it validates.
    """

    def __init__(
        self, model: nn.Module, config: TrainConfig | LettersConfig, steps: int, class_weights: Tensor | None = None
    ) -> None:
        super().__init__()
        self.model = model
        self.config = config
        self.steps = steps
        self.watched = "validation_loss"
        """What the schedule `plateau` looks at."""
        self.rates: tuple[float, ...] = ()
        """Learning rate of each epoch, instead of the schedule's: those of an earlier run."""
        self.lead = 0.0
        """How far the right class must be ahead, as a score."""
        self.labels: tuple[str, ...] = ()
        """In class order; where they are known, checkpoints name them, for another training that begins there."""
        self.register_buffer("class_weights", class_weights, persistent=False)
        self._right: list[Tensor] = []
        self._losses: list[Tensor] = []

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        if self.labels:
            checkpoint["labels"] = list(self.labels)

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        """Dropout depends on the step alone, so that a resumed run draws the same."""
        torch.manual_seed(self.config.seed * 1_000_003 + self.global_step)

    def training_step(self, batch: tuple[Tensor, ...], batch_idx: int) -> Tensor:
        *inputs, targets = batch
        logits = self.model(*inputs).float()
        if self.lead:
            logits = logits - self.lead * targets
        smoothed = targets * (1 - self.config.label_smoothing) + self.config.label_smoothing / targets.shape[1]
        loss = -(F.log_softmax(logits, 1) * smoothed).sum(1)
        if isinstance(self.class_weights, Tensor):
            loss = loss * (targets @ self.class_weights)
        mean = loss.mean()
        self.log("loss", mean, on_step=False, on_epoch=True, batch_size=len(targets))
        return mean

    def validation_step(self, batch: tuple[Tensor, ...], batch_idx: int) -> None:
        *inputs, classes = batch
        logits = self.model(*inputs).float()
        if len(logits) > len(classes):  # several samples of each clip: clips are scored, not samples
            shares = F.softmax(logits, 1).unflatten(0, (len(classes), -1)).mean(1)
            logits = shares.clamp(min=1e-38).log()
        self._right.append(logits.argmax(1) == classes)
        self._losses.append(F.cross_entropy(logits, classes, reduction="none"))

    def on_validation_epoch_end(self) -> None:
        self.log("validation_top1", torch.cat(self._right).float().mean())
        self.log("validation_loss", torch.cat(self._losses).mean())
        self._right.clear()
        self._losses.clear()

    def configure_optimizers(self) -> Any:
        """The recipe's optimiser and schedule; by default AdamW without decay of biases and norms, and a cosine."""
        if self.config.optimiser == "adam":
            optimiser: torch.optim.Optimizer = torch.optim.Adam(
                self.model.parameters(), lr=self.config.rate, weight_decay=self.config.weight_decay
            )
        else:
            matrices = [p for p in self.model.parameters() if p.ndim > 1]
            vectors = [p for p in self.model.parameters() if p.ndim <= 1]
            optimiser = torch.optim.AdamW(
                [
                    {"params": matrices, "weight_decay": self.config.weight_decay},
                    {"params": vectors, "weight_decay": 0.0},
                ],
                lr=self.config.rate,
                betas=(0.9, 0.98),
            )
        if self.config.schedule == "steps":
            steps = torch.optim.lr_scheduler.StepLR(optimiser, step_size=30, gamma=0.1)
            return {"optimizer": optimiser, "lr_scheduler": {"scheduler": steps, "interval": "epoch"}}
        if self.rates:
            again = torch.optim.lr_scheduler.LambdaLR(optimiser, self._as_before)
            return {"optimizer": optimiser, "lr_scheduler": {"scheduler": again, "interval": "epoch"}}
        if self.config.schedule == "constant":
            return optimiser
        if self.config.schedule == "plateau":
            plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(
                optimiser, factor=self.config.plateau_factor, patience=self.config.plateau_patience
            )
            # between validations there is no new loss to look at
            every = self.config.validated_every if self.watched == "validation_loss" else 1
            when = {"interval": "epoch", "frequency": every, "monitor": self.watched}
            return {"optimizer": optimiser, "lr_scheduler": {"scheduler": plateau, **when}}
        schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, self._rise_and_fall)
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def _as_before(self, epoch: int) -> float:
        return self.rates[min(epoch, len(self.rates) - 1)] / self.config.rate

    def _rise_and_fall(self, step: int) -> float:
        """Warm-up over 5 % of the steps, then a cosine to 0."""
        warm = min(1.0, (step + 1) / (0.05 * self.steps + 1))
        return warm * 0.5 * (1 + math.cos(math.pi * min(step, self.steps) / self.steps))


class AverageWeights(WeightAveraging):
    """Exponential moving average of weights and norm statistics, quick to follow at first."""

    def __init__(self, decay: float) -> None:
        def follow(average: list[Tensor], current: list[Tensor], count: Tensor | int) -> None:
            step = float(count)
            share = 1 - min(decay, (1 + step) / (10 + step))
            if torch.is_floating_point(average[0]):
                torch._foreach_lerp_(average, current, share)
            else:
                torch._foreach_copy_(average, current)

        super().__init__(multi_avg_fn=torch.no_grad()(follow))


class LateDropout(Callback):
    """Lets a dropout begin after some epochs, once there is something to drop.

    A high one leaves too little of untrained features to learn by. Source: first place of Google's ISLR contest
    (Kaggle, 2023).
    """

    def __init__(self, drop: nn.Dropout, begin: int) -> None:
        self.drop = drop
        self.share = drop.p
        self.begin = begin

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.drop.p = self.share if trainer.current_epoch >= self.begin else 0.0

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.drop.p = self.share


class Progress(Callback):
    """A line per epoch in progress.csv as the run goes, and a bar with the time that is left."""

    COLUMNS = ("epoch", "loss", "validation_top1", "validation_loss", "rate")

    def __init__(self, path: Path, epochs: int, show: bool) -> None:
        self.path = path
        self.rows: dict[int, dict[str, Any]] = {}
        self.rate = 0.0
        self.bar = tqdm(total=epochs, unit="epoch", disable=not show, desc="training")

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.bar.update(trainer.current_epoch - self.bar.n)
        if trainer.current_epoch and self.path.exists():  # resumed: epochs after the checkpoint are done again
            with self.path.open(newline="", encoding="utf-8") as file:
                rows = {int(row["epoch"]): row for row in csv.DictReader(file)}
            self.rows = {epoch: row for epoch, row in rows.items() if epoch <= trainer.current_epoch + 1}

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.rate = trainer.optimizers[0].param_groups[0]["lr"]  # at its end it is already that of the next epoch

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        metrics = {k: round(float(v), 5) for k, v in trainer.callback_metrics.items()}
        self.bar.set_postfix(metrics, refresh=False)
        self.bar.update()
        if "loss" not in metrics:  # a resumed run ends the checkpoint's epoch once more; its line is there
            return
        epoch = trainer.current_epoch + 1
        self.rows[epoch] = {"epoch": epoch, "rate": f"{self.rate:.3g}"}
        self.rows[epoch] |= {k: metrics[k] for k in self.COLUMNS if k in metrics}
        if not trainer.is_global_zero:
            return
        with write_beside(self.path) as part, part.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, self.COLUMNS)
            writer.writeheader()
            writer.writerows(self.rows.values())

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.bar.close()
