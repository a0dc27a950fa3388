"""All tables of a producer's recipe: what goes in, what comes out, which model, how it is trained."""

from dataclasses import dataclass
from typing import Literal

from chereme.errors import RecipeError
from chereme.features.body_frame import PoseConfig
from chereme.models.gloss_to_pose import ProducerModelConfig
from chereme.recipe import Recipe
from chereme.train.config import last_included

__all__ = ["ProducerRecipe", "ProducerTrainConfig", "TextConfig"]


@dataclass(frozen=True)
class TextConfig:
    """How glosses or sentences become tokens."""

    max_length: int = 16
    """Tokens of a gloss sentence or text; longer ones are cut, which is said."""
    lower: bool = True
    """Upper and lower case are alike. A pretrained reader's own tokenizer decides this itself."""

    def __post_init__(self) -> None:
        if self.max_length < 1:
            raise RecipeError(f"text.max_length must be at least 1, got {self.max_length}")


@dataclass(frozen=True)
class ProducerTrainConfig:
    """How a producer is taught: by which distances, how fast, how long."""

    epochs: int = 60
    """At most so many."""
    patience: int = 8
    """Stop after so many epochs without a smaller validation loss; 0: go on to the end."""
    batch: int = 8
    """Clips per step."""
    rate: float = 1e-3
    """Highest learning rate."""
    optimiser: Literal["adamw", "adam"] = "adamw"
    """`adam`: weight decay as part of the gradient, of biases and norms as well."""
    schedule: Literal["cosine", "steps", "plateau", "constant"] = "constant"
    """How the rate falls: along a cosine to nothing, in steps, when validation no longer gets better, or not at all."""
    plateau_factor: float = 0.5
    """Of the schedule `plateau`: what the rate is multiplied by."""
    plateau_patience: int = 3
    """Of the schedule `plateau`: validations without a lower loss before that."""
    weight_decay: float = 0.01
    """Of the optimiser."""
    average: float = 0.0
    """Decay per step of the moving average of the weights, which is what is validated and kept; 0: none."""
    gradient_norm: float = 1.0
    """Gradients longer than this are shortened."""
    loss: Literal["mse", "l1"] = "mse"
    """`l1` draws to what most signers do, `mse` to their mean, which may be what none does."""
    padded: bool = False
    """Count padding and unseen landmarks as zeros, as many trainers do. For comparison: it prefers still hands."""
    hands: float = 1.0
    """Weight of the hands' landmarks."""
    velocity: float = 0.0
    """Weight of how landmarks move from frame to frame."""
    bones: float = 0.0
    """Weight of the lengths of hand and arm bones."""
    length: float = 0.1
    """Weight of the logarithm of the duration."""
    seen: float = 0.05
    """Weight of whether each hand is seen."""
    own_frames: float = 0.0
    """Scheduled sampling: at the last epoch, the share of frames before that are the producer's own; it rises evenly
    from 0. For decoders that go frame by frame."""
    noise: float = 0.0
    """Jitter on the frames before, in shoulder widths."""
    precision: Literal["32-true", "bf16-mixed"] = "32-true"
    """`bf16-mixed` is faster on processors that have it."""
    threads: int = 1
    """Of the processor; with 1 the same seed gives the same weights."""
    seed: int = 0
    """Of weights, order and what is left out."""
    validate_every: int = 1
    """Epochs between validations."""
    device: Literal["cpu", "gpu", "cuda", "mps", "auto"] = "cpu"
    """Where it is trained."""
    devices: int | str = 1
    """How many of them, or `auto`."""
    nodes: int = 1
    """Machines that train together."""
    strategy: str = "auto"
    """Lightning's, for several devices."""

    def __post_init__(self) -> None:
        if min(self.epochs, self.threads, self.validate_every, self.batch) < 1 or self.seed < 0 or self.patience < 0:
            raise RecipeError(
                "train: epochs, threads, validate_every and batch must be at least 1, seed, patience >= 0"
            )
        if not self.rate > 0 or self.weight_decay < 0 or not 0 <= self.average < 1:
            raise RecipeError("train: rate must be above 0, weight_decay not below 0, average a share below 1")
        if not 0 <= self.own_frames <= 1:
            raise RecipeError(f"train.own_frames is a share from 0 to 1, got {self.own_frames}")
        if min(self.hands, self.velocity, self.bones, self.length, self.seen, self.noise, self.gradient_norm) < 0:
            raise RecipeError("train: no weight may be below 0")
        if not 0 < self.plateau_factor < 1 or self.plateau_patience < 0:
            raise RecipeError("train: plateau_factor is a share between 0 and 1, plateau_patience not below 0")

    @property
    def validated_every(self) -> int:
        return last_included(self.validate_every, self.epochs)


@dataclass(frozen=True)
class ProducerRecipe:
    """Every table of a producer's recipe as settings."""

    source: Recipe
    text: TextConfig
    pose: PoseConfig
    model: ProducerModelConfig
    train: ProducerTrainConfig

    @classmethod
    def read(cls, recipe: Recipe) -> "ProducerRecipe":
        """Check the whole recipe.

        Raises:
            RecipeError: an unknown table or key (the nearest is named), or a value out of range.
        """
        recipe.check_tables(("text", "pose", "model", "train"))
        return cls(
            recipe,
            recipe.stage("text", TextConfig),
            recipe.stage("pose", PoseConfig),
            recipe.stage("model", ProducerModelConfig),
            recipe.stage("train", ProducerTrainConfig),
        )
