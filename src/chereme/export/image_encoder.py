"""An image encoder as one ONNX file that says itself how pictures are brought to it.

`python -m chereme.export.image_encoder resnet18.pt encoder.onnx` takes a TorchScript file, a `torch.export` file (.pt2)
or an ONNX file. No file with pickled objects is opened: weights alone say nothing of the network, and whole pickled
networks run whatever code their author put in.
"""

import argparse
import logging
import os
import pickle
import sys
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import onnx
import torch
from onnx import helper
from torch import nn

from chereme.errors import BundleError, CheremeError
from chereme.files import write_beside
from chereme.landmarks.image_features import MEAN, SIZE, STD, ImageEncoder

__all__ = ["convert_encoder"]

ONLY_TENSORS = "TORCH_FORCE_WEIGHTS_ONLY_LOAD"
"""Torch's own name of the switch."""


def convert_encoder(
    source: str | Path,
    out: str | Path,
    size: int = SIZE,
    mean: Sequence[float] = MEAN,
    std: Sequence[float] = STD,
) -> int:
    """Write an encoder as ONNX with its settings, and try it on a picture.

    Args:
        source: TorchScript, `torch.export` (.pt2) or ONNX file; pictures (N, 3, H, W) in, features out.
        out: the ONNX file.
        size: side of the pictures that it reads, in pixels.
        mean: of red, green and blue, 0 to 1; subtracted.
        std: of the same; divided by.

    Returns:
        How many features it gives.

    Raises:
        BundleError: the file is none of these, or holds pickled objects.
        RecipeError: what it holds is no image encoder.
    """
    source = Path(source)
    with write_beside(out) as part:
        if source.suffix.lower() == ".onnx":
            try:
                model = onnx.load(source)
            except Exception as error:  # protobuf's and onnx's exceptions share no base of their own
                raise BundleError(f"{source}: not an ONNX file that can be read: {error}") from error
        else:
            _export(_network(source), size, part)
            model = onnx.load(part)
        settings = {"size": str(size), "mean": ",".join(map(str, mean)), "std": ",".join(map(str, std))}
        helper.set_model_props(model, {f"chereme.{key}": value for key, value in settings.items()})
        onnx.save(model, part)
        with ImageEncoder(part) as encoder:
            return encoder.count


def _network(path: Path) -> nn.Module:
    """The network of a torch file that carries its own code in a form that torch alone runs."""
    try:
        with zipfile.ZipFile(path) as file:
            names = [name.partition("/")[2] or name for name in file.namelist()]
    except (OSError, zipfile.BadZipFile) as error:
        raise BundleError(f"{path}: cannot be read as a torch file: {error}") from error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TorchScript is old, but it is what most networks are passed on as
        try:
            if any(name.startswith("code/") for name in names):
                return torch.jit.load(path, map_location="cpu").eval()  # type: ignore[no-any-return, no-untyped-call]
            if any(name.startswith(("models/", "archive_format", "serialized_exported_program")) for name in names):
                with _only_tensors():
                    return torch.export.load(path).module()
        except pickle.UnpicklingError as error:
            raise BundleError(f"{path}: holds pickled objects where tensors belong; do not open such a file") from error
        except Exception as error:
            raise BundleError(f"{path}: torch cannot load it: {error}") from error
    raise BundleError(
        f"{path}: holds weights or pickled objects, no network; where it was made, save it with"
        " `torch.jit.trace(network, picture).save(...)` or `torch.export.save(torch.export.export(network, ...), ...)`"
    )


@contextmanager
def _only_tensors() -> Iterator[None]:
    """`torch.export.load` would unpickle whatever a file holds where tensors are expected; this variable forbids it."""
    before = os.environ.get(ONLY_TENSORS)
    os.environ[ONLY_TENSORS] = "1"
    try:
        yield
    finally:
        os.environ.pop(ONLY_TENSORS)
        if before is not None:
            os.environ[ONLY_TENSORS] = before


def _export(network: nn.Module, size: int, path: Path) -> None:
    picture = torch.zeros(1, 3, size, size)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        try:
            if not isinstance(network, torch.jit.ScriptModule):
                network = torch.jit.trace(network, picture)  # type: ignore[no-untyped-call]
            torch.onnx.export(
                network,
                (picture,),
                str(path),
                input_names=["picture"],
                output_names=["features"],
                opset_version=17,
                dynamo=False,
            )
        except Exception as error:
            raise BundleError(f"it cannot be written as ONNX for pictures of {size} pixels: {error}") from error


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m chereme.export.image_encoder", description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, help="TorchScript, torch.export (.pt2) or ONNX file")
    parser.add_argument("out", type=Path, help="the ONNX file to write")
    parser.add_argument("--size", type=int, default=SIZE, help="side of its pictures (%(default)s)")
    parser.add_argument("--mean", type=float, nargs=3, default=MEAN, help="of red, green, blue, 0 to 1")
    parser.add_argument("--std", type=float, nargs=3, default=STD)
    options = parser.parse_args()
    try:
        count = convert_encoder(options.source, options.out, options.size, options.mean, options.std)
    except CheremeError as error:
        sys.exit(f"error: {error}")
    print(f'{options.out}: {count} features a picture; in the recipe: layout = "image_{count}"')


if __name__ == "__main__":
    main()
