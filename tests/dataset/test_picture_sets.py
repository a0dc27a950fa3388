"""Known sets of pictures: one made by hand, the real ones where they are, and how they are imported."""

import csv
import io
import tarfile
from collections import Counter
from itertools import islice

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from chereme.cli.dataset import command
from chereme.dataset.importers import PICTURE_SETS
from chereme.dataset.manifest import read_manifest
from chereme.dataset.store import Store
from chereme.errors import ManifestError
from chereme.poses import read_pose
from made_up import drawn_hand

COUNTS = {
    "asl_letters_users": (961, 24, 4),
    "asl_alphanum_massey": (2515, 36, 5),
    "libras_letters_univali": (900, 15, 1),
    "digits_ankara": (2059, 10, 1),
    "lsa16_handshapes": (800, 16, 10),
}
"""Pictures, glosses, signers (one: not known)."""


@pytest.fixture
def made(tmp_path):
    """A set called asl_letters_users of a drawn hand under `a` and a grey picture under `b`."""
    folder = tmp_path / "data/asl_letters_users"
    folder.mkdir(parents=True)
    with tarfile.open(folder / "images.tar", "w") as tar:
        for name, image in (("u/a.png", drawn_hand("left")), ("u/b.png", np.full((60, 80, 3), 99, np.uint8))):
            content = io.BytesIO()
            Image.fromarray(image).save(content, "png")
            about = tarfile.TarInfo(name)
            about.size = content.tell()
            content.seek(0)
            tar.addfile(about, content)
    (folder / "index.csv").write_text("file,label,signer\nu/b.png,b,user_2\nu/a.png,a,user_1\n")
    return folder


def run(*arguments):
    return CliRunner().invoke(command, [str(a) for a in arguments])


def test_pictures_come_in_the_order_of_the_index(made):
    (clip, content), (second, _) = PICTURE_SETS["asl_letters_users"](made)
    assert (clip.id, clip.gloss, clip.signer, clip.source) == ("u/b.png", "B", "user_2", "asl_letters_users")
    assert (clip.path, clip.language) == ("", "ase")
    assert "measuring only" in clip.licence
    assert second.gloss == "A"
    with Image.open(io.BytesIO(content)) as picture:
        assert picture.size == (80, 60)


def test_what_the_tar_lacks_is_said(made):
    with (made / "index.csv").open("a") as file:
        file.write("u/c.png,c,user_1\n")
    with pytest.raises(ManifestError, match=r"images\.tar holds no u/c\.png"):
        list(PICTURE_SETS["asl_letters_users"](made))
    (made / "images.tar").write_bytes(b"no tar")
    with pytest.raises(ManifestError, match=r"images\.tar cannot be read"):
        list(PICTURE_SETS["asl_letters_users"](made))


def test_a_set_is_packed_with_pictures_that_show_no_hand(made, tmp_path):
    result = run("pack", "asl_letters_users", "--data", made.parent, "-o", tmp_path / "store")
    assert result.exit_code == 0, result.output
    store = Store.open(tmp_path / "store")
    assert [c.gloss for c in store.clips] == ["B", "A"]
    assert np.isnan(store.sequence(0).points).all()
    assert not np.isnan(store.sequence(1).group("left_hand")).any()


def test_a_set_is_imported_as_poses(made, tmp_path):
    result = run("import", "asl_letters_users", "--data", made.parent, "-o", tmp_path / "poses")
    assert result.exit_code == 0, result.output
    clips = read_manifest(tmp_path / "poses/manifest.csv")
    assert [(c.gloss, c.signer) for c in clips] == [("B", "user_2"), ("A", "user_1")]
    assert [read_pose(tmp_path / "poses" / c.path).seen.any() for c in clips] == [False, True]
    refused = run("import", "asl_letters_users", "--data", made.parent, "-o", tmp_path / "x.csv")
    assert refused.exit_code == 2
    assert "is a set of pictures: name a folder" in refused.stderr


@pytest.mark.parametrize("name", PICTURE_SETS)
def test_the_real_sets(data, name):
    pictures, glosses, signers = COUNTS[name]
    with (data / name / "index.csv").open(encoding="utf-8", newline="") as lines:
        assert sum(1 for _ in csv.DictReader(lines)) == pictures
    clips = []
    for clip, content in islice(PICTURE_SETS[name](data / name), 0, None, 5):
        assert content[:2] in (b"\xff\xd8", b"\x89P")
        clips.append(clip)
    assert len({c.id for c in clips}) == len(clips) == -(-pictures // 5)
    assert len(Counter(c.gloss for c in clips)) == glosses
    assert len({c.signer for c in clips}) == signers
    assert all(c.gloss == c.gloss.upper() for c in clips) or name == "lsa16_handshapes"
    assert {c.source for c in clips} == {name}
    assert all(c.licence for c in clips)
