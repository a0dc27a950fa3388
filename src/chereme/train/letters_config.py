"""Settings of a handshape model's training, and all tables of its recipe together."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from chereme.augment.hand import HandAugmentConfig
from chereme.errors import RecipeError
from chereme.features.hand import HandFeatureConfig
from chereme.models.handshape import HandshapeConfig
from chereme.recipe import Recipe
from chereme.train.config import last_included

__all__ = ["LettersConfig", "LettersRecipe"]


@dataclass(frozen=True)
class LettersConfig:
    """How long, how fast and on which hands a handshape model is trained."""

    epochs: int = 100
    batch: int = 256
    rate: float = 2e-3
    """Highest learning rate."""
    weight_decay: float = 0.05
    optimiser: Literal["adamw", "adam"] = "adamw"
    """`adam`: weight decay as part of the gradient, as the alphabet portal has it."""
    schedule: Literal["cosine", "steps", "plateau", "constant"] = "cosine"
    """As of `train.schedule`: `cosine`: a short rise, then down to 0; `steps`: a tenth every 30 epochs."""
    plateau_factor: float = 0.1
    """What the rate is multiplied by on a plateau."""
    plateau_patience: int = 3
    """Validations without a smaller loss that make one."""
    label_smoothing: float = 0.1
    average: float = 0.998
    """Decay per step of the moving average of the weights, which is what is validated and kept; 0: none."""
    gradient_norm: float = 2.0
    """Longer gradients are cut to it; 0: none are."""
    augment: bool = True
    """Change each hand by the table `hand_augment`."""
    balance: bool = True
    """Draw sources by their weights and letters evenly, instead of every hand once an epoch."""
    weights: Mapping[str, float] = field(default_factory=dict)
    """Share of each source (its name up to ` block`) against the others when balanced; 1 where not named."""
    hold: tuple[float, float] = (0.35, 0.7)
    """Of a clip of several frames, the stretch in which the letter is held, as shares of its length."""
    class_weights: bool = False
    """Weigh letters by the inverse of how many training hands they have; one without any weighs nothing."""
    patience: int = 0
    """Stop after so many epochs without a better validation score; 0: go on to the end."""
    validate_every: int = 1
    """Epochs between validations, or the next smaller number that divides `epochs`."""
    save_every: int = 10
    """Keep a checkpoint of its own every so many epochs; 0: the best and the last alone."""
    device: Literal["cpu", "gpu", "cuda", "mps", "auto"] = "cpu"
    """`gpu`: whichever there is; `auto`: that, or else the processor."""
    threads: int = 1
    """Processor threads for torch; with one, a run is the same bit for bit each time."""
    seed: int = 0

    def __post_init__(self) -> None:
        if min(self.epochs, self.threads, self.validate_every) < 1 or self.batch < 2:
            raise RecipeError("letters: epochs, threads and validate_every must be at least 1, batch at least 2")
        if min(self.seed, self.patience, self.save_every, self.weight_decay, self.gradient_norm) < 0:
            raise RecipeError("letters: seed, patience, save_every, weight_decay and gradient_norm must not be below 0")
        if not self.rate > 0:
            raise RecipeError(f"letters.rate must be above 0, got {self.rate}")
        if not (0 <= self.label_smoothing < 1 and 0 <= self.average < 1):
            raise RecipeError("letters: label_smoothing and average are shares from 0 to below 1")
        if not 0 <= self.hold[0] < self.hold[1] <= 1:
            raise RecipeError(f"letters.hold must be two rising shares from 0 to 1, got {list(self.hold)}")
        if not 0 < self.plateau_factor < 1 or self.plateau_patience < 0:
            raise RecipeError("letters: plateau_factor is a share between 0 and 1, plateau_patience not below 0")
        if any(weight <= 0 for weight in self.weights.values()):
            raise RecipeError("letters.weights must be above 0; leave the source out of the data instead")

    @property
    def validated_every(self) -> int:
        """Epochs between validations, so that the last epoch is among them."""
        return last_included(self.validate_every, self.epochs)


@dataclass(frozen=True)
class LettersRecipe:
    """Every table of a handshape model's recipe as settings."""

    source: Recipe
    features: HandFeatureConfig
    augment: HandAugmentConfig
    model: HandshapeConfig
    letters: LettersConfig

    @classmethod
    def read(cls, recipe: Recipe) -> "LettersRecipe":
        """Check the whole recipe but for `hands` and `motions`, which are checked where a speller reads them.

        Raises:
            RecipeError: an unknown table or key (the nearest is named), or a value out of range.
        """
        recipe.check_tables(("hands", "hand_features", "hand_augment", "handshape", "letters", "motions"))
        return cls(
            recipe,
            recipe.stage("hand_features", HandFeatureConfig),
            recipe.stage("hand_augment", HandAugmentConfig),
            recipe.stage("handshape", HandshapeConfig),
            recipe.stage("letters", LettersConfig),
        )
