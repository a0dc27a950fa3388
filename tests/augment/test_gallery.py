"""The pictures of docs/augment.md: drawn by the code that trains, one of each setting."""

import re
import runpy
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from chereme.augment import AugmentConfig

ROOT = Path(__file__).parents[2]
HOW = {"spread", "resample_most", "mixup_alpha", "mirror_either"}
"""How a change is drawn, or of which clips; not a change of its own."""


@pytest.fixture(scope="module")
def gallery():
    return runpy.run_path(str(ROOT / "scripts" / "gallery.py"))


def test_each_change_is_drawn(gallery):
    drawn = {name for family in gallery["SHOWN"].values() for name in family}
    assert {f.name for f in fields(AugmentConfig) if not f.name.endswith("_share")} - HOW == drawn


def test_the_pictures_are_those_that_the_script_draws(gallery, tmp_path):
    gallery["draw"](tmp_path)
    for fresh in tmp_path.iterdir():
        kept = ROOT / "docs" / "pictures" / fresh.name
        assert kept.stat().st_size < 300_000
        ours, theirs = (np.asarray(Image.open(path).convert("L"), float) for path in (kept, fresh))
        assert ours.shape == theirs.shape
        assert np.abs(ours - theirs).mean() < 3, "run `make docs`"


def test_the_page_names_every_setting_and_shows_every_picture():
    page = (ROOT / "docs" / "augment.md").read_text(encoding="utf-8")
    assert [f.name for f in fields(AugmentConfig) if f"`{f.name}" not in page] == []
    shown = set(re.findall(r"\(pictures/([^)]+)\)", page))
    assert {"augment-points.png", "augment-time.png", "sampling.png"} == shown
    assert all((ROOT / "docs" / "pictures" / name).exists() for name in shown)
