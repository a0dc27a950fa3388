"""What an image encoder sees in each frame, instead of landmarks: the numbers that a network for pictures ends in.

The encoder is a local ONNX file: a picture (N, 3, H, W) in, features out, as `python -m chereme.export.image_encoder`
makes it of a TorchScript or `torch.export` file. How a picture is brought to it stands in the file itself, so that
training and recognizing cannot differ. Its numbers travel where landmarks do, three to a point: see `image_layout`.
"""

from contextlib import suppress
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime

from chereme.errors import RecipeError
from chereme.landmarks.extractor import Closing, Image
from chereme.layout import Layout, image_layout
from chereme.types import Floats

__all__ = ["MEAN", "SIZE", "STD", "ImageEncoder", "check_encoder", "network_input"]

SIZE = 224
"""Side of the picture where neither the file's settings nor its input say another."""
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of the red, green and blue of ImageNet's pictures, 0 to 1, which most encoders were trained on."""


class ImageEncoder(Closing):
    """An `Extractor` whose points are an image encoder's features; one thread, so that a file gives the same twice.

    Args:
        path: of the ONNX file. Its metadata `chereme.size`, `chereme.mean` and `chereme.std` say how a picture is
            brought to it; without them `SIZE` (or the size of its input), `MEAN` and `STD` hold.

    Raises:
        RecipeError: no such file, no ONNX model, or not one that reads pictures.
    """

    layout: Layout
    count: int
    """How many features."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        if not self.path.is_file():
            raise RecipeError(f"image encoder {path}: no such file; name an ONNX file on this machine")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session: Any = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's exceptions share no base of their own
            raise RecipeError(
                f"image encoder {path}: not an ONNX model that can be run ({error}); make one of a torch file with"
                " `python -m chereme.export.image_encoder`"
            ) from error
        self.size, self.mean, self.std = self._settings()
        with np.errstate(all="ignore"):
            self.count = len(self._run(np.zeros((1, 3, self.size, self.size), np.float32)))
        self.layout = image_layout(self.count)

    def _settings(self) -> tuple[int, Floats, Floats]:
        inputs = self._session.get_inputs()
        shape = inputs[0].shape
        if len(inputs) != 1 or len(shape) != 4 or shape[1] != 3 or inputs[0].type != "tensor(float)":
            raise RecipeError(
                f"image encoder {self.path}: reads {shape} of {inputs[0].type}, not float pictures (N, 3, H, W)"
            )
        about = self._session.get_modelmeta().custom_metadata_map
        sides = {side for side in shape[2:] if isinstance(side, int)}
        try:
            size = int(about.get("chereme.size") or (min(sides) if sides else SIZE))
            mean, std = (
                np.array([float(v) for v in about[key].split(",")] if key in about else usual, np.float32)
                for key, usual in (("chereme.mean", MEAN), ("chereme.std", STD))
            )
        except ValueError as error:
            raise RecipeError(f"image encoder {self.path}: its settings cannot be read: {error}") from error
        if len(sides - {size}) or size < 8 or mean.shape != (3,) or std.shape != (3,) or not (std > 0).all():
            raise RecipeError(
                f"image encoder {self.path}: settings that cannot be: size {size} for an input {shape},"
                f" mean {mean.tolist()}, std {std.tolist()}"
            )
        return size, mean, std

    def encode(self, image: Image) -> Floats:
        """The features (F,) of a picture (height, width, 3) RGB."""
        values = self._run(network_input(image, self.size, self.mean, self.std))
        if not np.isfinite(values).all():
            raise RecipeError(f"image encoder {self.path}: gives numbers that are none; is it the right mean and std?")
        return values

    def _run(self, picture: Floats) -> Floats:
        try:
            values = np.asarray(self._session.run(None, {self._session.get_inputs()[0].name: picture})[0], np.float32)
        except Exception as error:
            raise RecipeError(f"image encoder {self.path}: fails on a picture: {error}") from error
        if values.ndim == 4:  # feature maps (1, F, h, w)
            values = values.mean((2, 3))
        elif values.ndim == 3:  # patches (1, patches, F)
            values = values.mean(1)
        if values.ndim != 2 or len(values) != 1:
            raise RecipeError(f"image encoder {self.path}: gives {values.shape} for one picture, not (1, F)")
        return np.asarray(values[0])

    def look(self, image: Image) -> tuple[Floats, Floats]:
        """See `Extractor.look`: the features three to a point (J, 3), zeros after the last; all of them seen."""
        points = np.zeros((len(self.layout), 3), np.float32)
        points.reshape(-1)[: self.count] = self.encode(image)
        return points, np.ones(len(points), np.float32)

    def close(self) -> None:
        """Let go of the model; a second call does nothing."""
        with suppress(AttributeError):
            del self._session


def network_input(image: Image, size: int, mean: Floats, std: Floats) -> Floats:
    """A picture (height, width, 3) as (1, 3, size, size), standardised.

    Proportions stay and nothing is cut off, for a hand may be at the edge: the rest is filled with the mean colour.
    """
    height, width = image.shape[:2]
    scale = size / max(height, width)
    small = cv2.resize(
        image,
        (max(1, round(width * scale)), max(1, round(height * scale))),
        interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR,
    )
    canvas = np.zeros((size, size, 3), np.float32)
    top, left = (size - small.shape[0]) // 2, (size - small.shape[1]) // 2
    canvas[top : top + small.shape[0], left : left + small.shape[1]] = (small / np.float32(255) - mean) / std
    return np.ascontiguousarray(canvas.transpose(2, 0, 1)[None])


def check_encoder(path: str | Path, layout: Layout) -> None:
    """Raises RecipeError when an encoder does not give what a layout of features holds."""
    with ImageEncoder(path) as encoder:
        if encoder.layout.name != layout.name:
            raise RecipeError(
                f"image encoder {path}: gives {encoder.count} features, but the recipe's layout is {layout.name};"
                f' write `[preprocess] layout = "{encoder.layout.name}"`'
            )
