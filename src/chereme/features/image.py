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


def _image(frame: Frame) -> Floats:
    if not (count := image_count(frame.layout)):
        raise LayoutError('it holds landmarks; for an encoder of 512 features write `layout = "image_512"`')
    return np.asarray(frame.points.reshape(*frame.shape, -1)[..., :count])


def _names(layout: Layout) -> list[str]:
    return [str(i) for i in range(image_count(layout))]


IMAGE_BLOCK = Block(_image, _names, moving=False)
