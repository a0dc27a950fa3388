"""Still pictures: formats, orientation, transparency, size, damage."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from chereme.errors import ClipError
from chereme.landmarks.picture import decode_picture, fit, read_picture


def drawn(width=40, height=20):
    """Blue, its left upper quarter red."""
    image = np.zeros((height, width, 3), np.uint8)
    image[..., 2] = 255
    image[: height // 2, : width // 2] = 255, 0, 0
    return Image.fromarray(image)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "bmp", "tiff"])
@pytest.mark.parametrize("mode", ["RGB", "L", "P"])
def test_formats_and_colour_modes_come_as_rgb(tmp_path, suffix, mode):
    path = tmp_path / f"a.{suffix}"
    (drawn().convert(mode) if (suffix, mode) != ("jpg", "P") else drawn()).save(path)
    image, size = read_picture(path)
    assert size == (40, 20)
    assert image.shape == (20, 40, 3)
    assert image.dtype == np.uint8
    if mode == "RGB":
        np.testing.assert_allclose(image[4, 8], (255, 0, 0), atol=12)


def test_exif_orientation_is_honoured(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned clockwise by a quarter
    drawn().save(tmp_path / "a.jpg", exif=exif)
    image, size = read_picture(tmp_path / "a.jpg")
    assert size == (20, 40)
    assert image.shape == (40, 20, 3)
    np.testing.assert_allclose(image[5, 15], (255, 0, 0), atol=12)  # red is now on the upper right
    np.testing.assert_allclose(image[5, 4], (0, 0, 255), atol=12)


def test_transparent_parts_become_white(tmp_path):
    Image.new("RGBA", (8, 8), (255, 0, 0, 0)).save(tmp_path / "a.png")
    assert (read_picture(tmp_path / "a.png")[0] == 255).all()


def test_a_large_picture_is_scaled_down_and_its_true_size_told(tmp_path):
    drawn(4800, 2400).save(tmp_path / "a.jpg")
    image, size = read_picture(tmp_path / "a.jpg")
    assert size == (4800, 2400)
    assert image.shape == (960, 1920, 3)


@pytest.mark.parametrize("side", [10_000, 100_000])
def test_a_huge_picture_is_refused_before_it_is_unpacked(tmp_path, side):
    path = tmp_path / "a.png"
    drawn().save(path)
    content = bytearray(path.read_bytes())
    content[16:24] = struct.pack(">II", side, side)  # what the header promises, with its checksum
    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    path.write_bytes(content)
    with pytest.raises(ClipError) as caught:
        read_picture(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert str(caught.value).endswith("64,000,000 pixels that are read; scale it down first")


def test_a_picture_cut_short_is_said(tmp_path):
    Image.effect_noise((200, 200), 80).save(tmp_path / "a.jpg")
    content = (tmp_path / "a.jpg").read_bytes()
    (tmp_path / "a.jpg").write_bytes(content[: len(content) // 2])
    with pytest.raises(ClipError, match="damaged or cut short"):
        read_picture(tmp_path / "a.jpg")


def test_what_is_no_picture_is_said(tmp_path):
    (tmp_path / "a.png").write_text("hello")
    with pytest.raises(ClipError, match="not a picture that can be read"):
        read_picture(tmp_path / "a.png")


@pytest.mark.parametrize(
    ("size", "to"), [((640, 360), (640, 360)), ((3840, 2160), (1920, 1080)), ((9000, 2), (1920, 1))]
)
def test_fit(size, to):
    assert fit(*size) == to


def test_postscript_by_a_pictures_name_is_not_run(tmp_path):
    drawn().save(tmp_path / "a.jpg", format="EPS")
    with pytest.raises(ClipError, match="not a picture that can be read"):
        read_picture(tmp_path / "a.jpg")


def test_broken_exif_is_damage():
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112], exif[0x011A] = 6, 72.0
    drawn().save(out, "JPEG", exif=exif)
    content = bytearray(out.getvalue())
    at = content.index(b"Exif\0\0") + 6
    entry = content.index(b"\x01\x1a", at)  # the resolution, a fraction, called a text from here on
    content[entry + 3] = 2
    with pytest.raises(ClipError, match=r"^x\.jpg: damaged"):
        decode_picture(bytes(content), "x.jpg")
