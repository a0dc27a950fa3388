"""Change training clips as another signer, camera or day would have, without changing the sign.

Whole batches at once: points (B, T, J, 3), aligned, NaN where nothing was seen. Every change is drawn once
per clip, not per frame, from a generator that the caller seeds.
"""

from chereme.augment.blends import cutmix, mask_spans, mixup
from chereme.augment.config import AugmentConfig
from chereme.augment.points import augment_points, mask_frames, mirror_clips, swap_hands
from chereme.augment.tempo import augment_frames

__all__ = [
    "AugmentConfig",
    "augment_frames",
    "augment_points",
    "cutmix",
    "mask_frames",
    "mask_spans",
    "mirror_clips",
    "mixup",
    "swap_hands",
]
