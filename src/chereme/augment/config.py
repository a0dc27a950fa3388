"""How far training clips are changed: the recipe's table `augment`."""

from dataclasses import dataclass

from chereme.errors import RecipeError

__all__ = ["AugmentConfig"]

SPREADS = (
    "warp", "shift_time", "rotate", "rotate_depth", "scale", "shift", "noise", "hand_rotate", "hand_scale",
    "hand_shift", "head_shift",
)  # fmt: skip
SHARES = (
    "crop", "warp_share", "shift_time", "shift_time_share", "resample", "rotate_share", "scale_share", "noise_share",
    "swap_hands", "drop_finger", "drop_hand", "drop_left_hand", "mask_time", "mask_frames", "mask_frames_share",
    "mixup", "cutmix", "mirror", "mirror_either",
)  # fmt: skip


@dataclass(frozen=True)
class AugmentConfig:
    """How far training clips are changed. Lengths are in shoulder widths, angles in degrees.

    Each change is drawn once per clip, never per frame, from the seed of the run, the epoch and the batch.
    """

    rate: float = 1.5
    """A clip is stretched or squeezed by up to this factor, where its duration says how many frames are seen."""
    crop: float = 0.15
    """Up to this share is cut from either end, each in half of the clips."""
    warp: float = 0.15
    """How unevenly time may run inside a clip."""
    warp_share: float = 1.0
    """Share of clips in which it does."""
    shift_time: float = 0.0
    """A clip begins up to this share of its length early or late; its first or last frame is held meanwhile."""
    shift_time_share: float = 1.0
    """Share of clips in which it does."""
    resample: float = 0.0
    """Share of clips seen as by a slower camera, which repeats frames."""
    resample_most: float = 3.0
    """How many times slower it is at most."""
    spread: str = "normal"
    """Turns, stretches and shifts: `normal`, their numbers are standard deviations; `uniform`, they are bounds."""
    rotate: float = 10.0
    """Standard deviation of a turn of the whole signer."""
    rotate_share: float = 1.0
    """Share of clips that are turned."""
    rotate_depth: float = 0.7
    """Turns to the side and forwards, as a share of those in the picture; 0: in the picture alone."""
    scale: float = 0.12
    """Standard deviation of a stretch of the whole signer, per axis."""
    scale_share: float = 1.0
    """Share of clips that are stretched."""
    shift: float = 0.06
    noise: float = 0.003
    """Standard deviation of the jitter of each point in each frame."""
    noise_share: float = 1.0
    """Share of clips that jitter."""
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
    mask_frames: float = 0.0
    """Share of a clip's frames, here and there, in which nothing is seen: NaN as the extractor gives it, not 0."""
    mask_frames_share: float = 1.0
    """Share of clips with such frames."""
    mixup: float = 0.3
    """Share of batches in which clips are blended in pairs."""
    mixup_alpha: float = 0.4
    """Small: mostly one clip with a trace of the other; 1: any blend is as likely."""
    cutmix: float = 0.0
    """Share of batches in which each clip shows another one for a stretch of its time."""
    mirror: float = 0.0
    """Share of clips that are mirrored."""
    mirror_either: float = 0.0
    """The same of clips whose hands move about as far: `preprocess.dominant` turns round neither them nor their mirror
    images, and a left-handed signer's come mirrored."""

    def __post_init__(self) -> None:
        for name in ("rate", "resample_most"):
            if not 1 <= getattr(self, name) < 100:
                raise RecipeError(f"augment.{name} is a factor of 1 or more, got {getattr(self, name)}")
        for name in SPREADS:
            if not getattr(self, name) >= 0:
                raise RecipeError(f"augment.{name} must not be below 0, got {getattr(self, name)}")
        for name in SHARES:
            if not 0 <= getattr(self, name) <= 1:
                raise RecipeError(f"augment.{name} is a share from 0 to 1, got {getattr(self, name)}")
        if not self.mixup_alpha > 0:
            raise RecipeError(f"augment.mixup_alpha must be above 0, got {self.mixup_alpha}")
        if self.spread not in ("normal", "uniform"):
            raise RecipeError(f"augment.spread must be normal or uniform, got {self.spread!r}")
