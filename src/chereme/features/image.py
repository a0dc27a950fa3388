"""Features of an image encoder as a block, for recipes whose layout holds those instead of landmarks."""

from dataclasses import dataclass

import numpy as np

from chereme.errors import LayoutError
from chereme.features.blocks import Block, Frame
from chereme.layout import Layout, image_count
from chereme.types import Floats

__all__ = ["IMAGE_BLOCK", "ImageConfig"]


@dataclass(frozen=True)
class ImageConfig:
    """The image encoder of a recipe whose layout is `image_512` or the like; others have no such table."""

    encoder: str = ""
    """Path of the ONNX file that the features were extracted with. A copy goes into the bundle, so that it recognizes
    videos; empty: it recognizes extracted features alone."""


def _count(layout: Layout) -> int:
    if not (count := image_count(layout)):
        raise LayoutError('it holds landmarks; write `layout = "image_512"` for an encoder of so many features')
    return count


def _image(frame: Frame) -> Floats:
    return np.asarray(frame.points.reshape(*frame.shape, -1)[..., : _count(frame.layout)])


IMAGE_BLOCK = Block(_image, lambda layout: [str(i) for i in range(_count(layout))], moving=False)
