"""Torch files of image encoders to ONNX, without running what a stranger put into them."""

import io
import os
import subprocess
import sys
import warnings
import zipfile

import numpy as np
import pytest
import torch
from torch import nn

from chereme.errors import BundleError, RecipeError
from chereme.export.image_encoder import convert_encoder
from chereme.landmarks.image_features import ImageEncoder, network_input
from made_up import colour_encoder

MEAN, STD = (0.1, 0.2, 0.3), (0.5, 0.6, 0.7)


@pytest.fixture(scope="module")
def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 14, 3, 2, 1), nn.AdaptiveAvgPool2d(1)
    ).eval()


def save(network, form, folder):
    path = folder / {"script": "n.pt", "export": "n.pt2"}[form]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if form == "script":
            torch.jit.trace(network, torch.zeros(1, 3, 32, 32)).save(path)
        else:
            torch.export.save(torch.export.export(network, (torch.zeros(1, 3, 32, 32),)), path)
    return path


@pytest.mark.parametrize("form", ["script", "export"])
def test_the_file_gives_what_the_network_gives(network, form, tmp_path, rng):
    source = save(network, form, tmp_path)
    assert convert_encoder(source, tmp_path / "e.onnx", 32, MEAN, STD) == 14
    image = rng.integers(0, 255, (48, 64, 3), dtype=np.uint8)
    encoder = ImageEncoder(tmp_path / "e.onnx")
    assert encoder.size == 32
    picture = network_input(image, 32, np.array(MEAN, np.float32), np.array(STD, np.float32))
    with torch.no_grad():
        expected = network(torch.from_numpy(picture)).flatten().numpy()
    np.testing.assert_allclose(encoder.encode(image), expected, atol=1e-5)


def test_an_onnx_file_gets_its_settings(tmp_path):
    colour_encoder(tmp_path / "plain.onnx")
    assert convert_encoder(tmp_path / "plain.onnx", tmp_path / "e.onnx", 16, MEAN, STD) == 4
    encoder = ImageEncoder(tmp_path / "e.onnx")
    assert encoder.size == 16
    np.testing.assert_allclose(encoder.std, STD, atol=1e-7)


class Bomb:
    def __reduce__(self):
        return os.mkdir, ("exploded",)


def test_nothing_pickled_is_opened(network, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save(network, "whole.pt")
    torch.save(network.state_dict(), "weights.pt")
    for name in ("whole.pt", "weights.pt"):
        with pytest.raises(BundleError, match="holds weights or pickled objects, no network"):
            convert_encoder(name, "e.onnx", 32)
    bomb = io.BytesIO()
    torch.save(Bomb(), bomb)
    with zipfile.ZipFile(save(network, "export", tmp_path)) as given, zipfile.ZipFile("evil.pt2", "w") as evil:
        for name in given.namelist():
            evil.writestr(name, bomb.getvalue() if name.endswith("sample_inputs/model.pt") else given.read(name))
    with pytest.raises(BundleError, match="pickled objects where tensors belong"):
        convert_encoder("evil.pt2", "e.onnx", 32)
    assert not (tmp_path / "exploded").exists()
    assert not (tmp_path / "e.onnx").exists()
    assert "TORCH_FORCE_WEIGHTS_ONLY_LOAD" not in os.environ


def test_what_is_no_network_is_said(network, tmp_path):
    (tmp_path / "text.pt").write_text("no archive")
    with pytest.raises(BundleError, match="cannot be read as a torch file"):
        convert_encoder(tmp_path / "text.pt", tmp_path / "e.onnx")
    (tmp_path / "text.onnx").write_text("no model")
    with pytest.raises(BundleError, match="not an ONNX file"):
        convert_encoder(tmp_path / "text.onnx", tmp_path / "e.onnx")
    source = save(nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 5)).eval(), "script", tmp_path)
    with pytest.raises(BundleError, match="cannot be written as ONNX for pictures of 16 pixels"):
        convert_encoder(source, tmp_path / "e.onnx", 16)
    with pytest.raises(RecipeError, match="settings that cannot be"):
        convert_encoder(save(network, "script", tmp_path), tmp_path / "e.onnx", 32, std=(0, 1, 1))
    assert not (tmp_path / "e.onnx").exists()


def test_the_command(network, tmp_path):
    source = save(network, "script", tmp_path)
    command = [sys.executable, "-m", "chereme.export.image_encoder"]
    words = [*command, str(source), str(tmp_path / "e.onnx"), "--size", "32"]
    run = subprocess.run(words, capture_output=True, text=True, check=True)
    assert 'layout = "image_14"' in run.stdout
    failed = subprocess.run([*command, "none.pt", "e.onnx"], capture_output=True, text=True, check=False)
    assert failed.returncode == 1
    assert failed.stderr.startswith("error: none.pt: cannot be read")
