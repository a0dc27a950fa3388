"""Settings of a training run, and all tables of a recognizer's recipe together."""

from dataclasses import dataclass
from typing import Literal

from chereme.augment import AugmentConfig
from chereme.errors import LayoutError, RecipeError
from chereme.features import FeatureConfig, FeaturePlan, SamplingConfig
from chereme.features.image import ImageConfig
from chereme.layout import layout_named
from chereme.models import ModelConfig
from chereme.models.config import DROP_LAST
from chereme.preprocess import AlignConfig, PreprocessConfig, TrimConfig
from chereme.recipe import Recipe
from chereme.train.search import TuneConfig

__all__ = ["RecognizerRecipe", "TrainConfig", "last_included"]


def last_included(every: int, epochs: int) -> int:
    """The next smaller number of epochs that divides them all, so that the last one counts."""
    return next(n for n in range(every, 0, -1) if epochs % n == 0)


@dataclass(frozen=True)
class TrainConfig:
    """How long, how fast and how regularised a recognizer is trained."""

    epochs: int = 150
    batch: int = 32
    rate: float = 2e-3
    """Highest learning rate."""
    optimiser: Literal["adamw", "adam"] = "adamw"
    """`adam`: weight decay as part of the gradient, of biases and norms as well."""
    schedule: Literal["cosine", "steps", "plateau", "constant"] = "cosine"
    """`cosine`: the rate rises over the first 5 % of the steps and falls along a cosine. `steps`: a tenth every 30
    epochs. `plateau`: it falls to `plateau_factor` of itself when the validation loss (without validation clips, the
    training loss) has not come down for `plateau_patience` validations."""
    plateau_factor: float = 0.1
    """What the rate is multiplied by on a plateau."""
    plateau_patience: int = 3
    """Validations without a smaller loss that make one."""
    weight_decay: float = 0.05
    label_smoothing: float = 0.1
    margin: float = 0.0
    """Of a cosine classifier: the cosine with the right gloss must lead by so much (Wang et al. 2018)."""
    average: float = 0.998
    """Decay per step of the moving average of the weights, which is what is validated and kept; 0: none."""
    gradient_norm: float = 2.0
    patience: int = 0
    """Stop after so many epochs without a better validation score; 0: go on to the end."""
    late_dropout_from: int = 0
    """Epochs before the dropout in front of the classifier begins; 0: it is there from the first."""
    class_weights: bool = False
    """Weigh glosses by the inverse of how many training clips they have."""
    precision: str = "32-true"
    """`bf16-mixed` is faster on processors that have it."""
    threads: int = 1
    """Processor threads for torch; with one, a run is the same bit for bit each time."""
    start: str = ""
    """A recognizer's bundle, by folder or name, whose weights training begins from; empty: random ones."""
    seed: int = 0
    validate_every: int = 5
    """Epochs between validations, or the next smaller number that divides `epochs`: the last one always counts."""
    device: Literal["cpu", "gpu", "cuda", "mps", "auto"] = "cpu"
    """`gpu`: whichever there is; `auto`: that, or else the processor."""
    devices: int | str = 1
    """How many of them, or which, as Lightning reads it; every one computes a batch of its own at each step."""
    nodes: int = 1
    """Machines that train together."""
    strategy: str = "auto"
    """How several devices share the work, by Lightning's name for it; `auto` chooses `ddp`."""

    def __post_init__(self) -> None:
        if min(self.epochs, self.threads, self.validate_every) < 1 or self.batch < 2:
            raise RecipeError("train: epochs, threads and validate_every must be at least 1, batch at least 2")
        if self.seed < 0:
            raise RecipeError(f"train.seed must not be below 0, got {self.seed}")
        if not (0 <= self.label_smoothing < 1 and 0 <= self.average < 1):
            raise RecipeError("train: label_smoothing and average are shares from 0 to below 1")
        if not 0 <= self.margin < 1:
            raise RecipeError(f"train.margin is a cosine from 0 to below 1, got {self.margin}")
        if not self.rate > 0 or self.weight_decay < 0 or self.patience < 0:
            raise RecipeError("train: rate must be above 0, weight_decay and patience not below 0")
        if self.late_dropout_from < 0:
            raise RecipeError(f"train.late_dropout_from must not be below 0, got {self.late_dropout_from}")
        if not 0 < self.plateau_factor < 1 or self.plateau_patience < 0:
            raise RecipeError("train: plateau_factor is a share between 0 and 1, plateau_patience not below 0")
        if self.precision not in ("32-true", "bf16-mixed"):
            raise RecipeError(f"train.precision must be 32-true or bf16-mixed, got {self.precision!r}")
        if self.nodes < 1 or (isinstance(self.devices, int) and self.devices < 1 and self.devices != -1):
            raise RecipeError("train: nodes and devices must be at least 1; devices -1 means all")

    @property
    def validated_every(self) -> int:
        """Epochs between validations, so that the last epoch, where the rate has come down, is among them."""
        return last_included(self.validate_every, self.epochs)


@dataclass(frozen=True)
class RecognizerRecipe:
    """Every table of a recognizer's recipe as settings."""

    source: Recipe
    preprocess: PreprocessConfig
    trim: TrimConfig
    align: AlignConfig
    image: ImageConfig
    sampling: SamplingConfig
    features: FeatureConfig
    augment: AugmentConfig
    model: ModelConfig
    train: TrainConfig
    tune: TuneConfig

    @classmethod
    def read(cls, recipe: Recipe) -> "RecognizerRecipe":
        """Check the whole recipe.

        Raises:
            RecipeError: an unknown table or key (the nearest is named), or a value out of range.
        """
        recipe.check_tables(
            ("preprocess", "trim", "align", "image", "sampling", "features", "augment", "model", "train", "tune")
        )
        preprocess = recipe.stage("preprocess", PreprocessConfig)
        features = recipe.stage("features", FeatureConfig)
        try:
            plan = FeaturePlan(layout_named(preprocess.layout), features)
        except LayoutError as error:
            raise RecipeError(f"recipe {recipe.name}: {error}") from error
        mirrors = preprocess.dominant or recipe.stage("augment", AugmentConfig).mirror > 0
        if mirrors and any(name.startswith("face_points/") for name in plan.names):
            raise RecipeError(
                f"recipe {recipe.name}: mirrored clips would have the two sides of the face changed; set"
                " preprocess.dominant = false and augment.mirror = 0, or leave face_points out"
            )
        sampling = recipe.stage("sampling", SamplingConfig)
        if sampling.draws and recipe.tables.get("augment", {}).get("rate", 1) != 1:
            raise RecipeError(
                f"recipe {recipe.name}: augment.rate would change nothing, as sampling.kind = {sampling.kind!r} takes"
                " the same number of frames of every clip; leave it out, or bend time with augment.warp"
            )
        model, train = recipe.stage("model", ModelConfig), recipe.stage("train", TrainConfig)
        if train.late_dropout_from and model.kind not in DROP_LAST:
            raise RecipeError(
                f"recipe {recipe.name}: train.late_dropout_from puts off the dropout before the classifier, and"
                f" model.kind = {model.kind!r} has none; leave it out, or take one of {', '.join(DROP_LAST)}"
            )
        return cls(
            recipe,
            preprocess,
            recipe.stage("trim", TrimConfig),
            recipe.stage("align", AlignConfig),
            recipe.stage("image", ImageConfig),
            sampling,
            features,
            recipe.stage("augment", AugmentConfig),
            model,
            train,
            recipe.stage("tune", TuneConfig),
        )
