"""Letters as landmarks: the public sets as their pages say they are."""

import io
import tarfile
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from chereme.dataset.importers import IMPORTERS
from chereme.dataset.importers.letters import SHAPES
from chereme.errors import ManifestError
from chereme.layout import HAND_21

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
FACING = "BDFLVWY"
"""Letters that show the palm: the thumb of a right hand is then on the right of the picture."""


@pytest.fixture(scope="module")
def sets(data):
    return {
        name: list(IMPORTERS[name](data / name))
        for name in ("asl_letters_handlandmarks", "fingerspelling_poses", "fingerspell_transitions_asl")
    }


def palm(points):
    return np.linalg.norm(points[:, 9] - points[:, 0], axis=-1)


@pytest.mark.parametrize(
    ("name", "clips", "letters"),
    [
        ("asl_letters_handlandmarks", 10508, LETTERS),
        ("fingerspelling_poses", 503, None),
        ("fingerspell_transitions_asl", 1272, "ABCDEFGHIKLMNOPQRSTUVWXY"),
    ],
)
def test_every_clip_is_a_hand_with_a_letter(sets, name, clips, letters):
    items = sets[name]
    assert len(items) == len({clip.id for clip, _ in items}) == clips
    assert all(sequence.layout == HAND_21 and len(sequence) for _, sequence in items)
    assert all(clip.gloss and clip.language and clip.signer and clip.source and clip.licence for clip, _ in items)
    assert not any(np.isnan(sequence.points).all() for _, sequence in items)
    if letters:
        assert {clip.gloss for clip, _ in items} == set(letters)


@pytest.mark.parametrize("name", ["asl_letters_handlandmarks", "fingerspelling_poses", "fingerspell_transitions_asl"])
def test_hands_are_right_ones_upright(sets, name):
    """Palms that face the camera have the thumb's side on the right, and fingers above the wrist."""
    for clip, sequence in sets[name]:
        if clip.gloss in FACING and clip.language in ("ase", "bzs", "gsg", "sgg"):
            seen = sequence.points[~np.isnan(sequence.points[:, 0, 0])]
            assert (seen[:, 5, 0] > seen[:, 17, 0]).mean() > 0.75, clip.id
            assert (seen[:, 9, 1] < seen[:, 0, 1]).mean() > 0.75, clip.id


def test_webcam_frames_are_in_picture_heights(sets):
    points = np.concatenate([sequence.points for _, sequence in sets["asl_letters_handlandmarks"]])
    assert 0 < points[..., 0].min() < points[..., 0].max() < 16 / 9
    assert 0 < points[..., 1].min() < points[..., 1].max() < 1
    bones = np.linalg.norm(points[:, 5] - points[:, 0], axis=-1) / np.linalg.norm(points[:, 17] - points[:, 0], axis=-1)
    assert np.median(bones) == pytest.approx(1, abs=0.2)  # true proportions


def test_webcam_blocks_are_stretches_of_frame_numbers(sets):
    blocks = {}
    for clip, _ in sets["asl_letters_handlandmarks"]:
        _, letter, number = clip.id.split("/")
        blocks.setdefault((letter, clip.source), []).append(int(number))
    assert len(blocks) == 26 * 5
    for letter in LETTERS:
        ranges = sorted((min(n), max(n)) for (of, _), n in blocks.items() if of == letter)
        assert all(before[1] < after[0] for before, after in pairwise(ranges))
    assert max(map(len, blocks.values())) < 2 * min(map(len, blocks.values()))


def test_poses_are_one_clip_a_letter_and_language(sets):
    items = sets["fingerspelling_poses"]
    languages = Counter(clip.language for clip, _ in items)
    assert (languages["ase"], languages["bzs"], languages["sgg"], languages["gsg"]) == (26, 27, 32, 30)
    assert not {"fsl", "tsm", "csq", "cse"} & set(languages)
    assert {clip.gloss for clip, _ in items if clip.language == "ase"} == set(LETTERS)
    assert {clip.gloss for clip, _ in items if clip.language == "bzs"} == {*LETTERS, "Ç"}
    assert all(clip.signer == f"{clip.language} signer" for clip, _ in items)
    assert all(24 <= sequence.fps <= 30 and 0.2 < sequence.seconds < 11 for _, sequence in items)


def test_depth_is_there_only_where_the_set_kept_it(sets):
    for clip, sequence in sets["fingerspelling_poses"]:
        points = sequence.points[~np.isnan(sequence.points[:, 0, 0])]
        depth = points[..., 2]
        if clip.language in ("ase", "bzs", "sgg", "gsg"):
            spread = np.median(np.ptp(depth, 1)) / np.median(palm(points))
            assert 0.1 < spread < 4, clip.id
        else:
            assert np.abs(depth).max() == 0, clip.id


def test_animations_give_the_ends_of_each_transition(sets):
    items = sets["fingerspell_transitions_asl"]
    assert set(Counter(clip.gloss for clip, _ in items).values()) == {53}  # 26 from it, 26 to it, and one hold
    assert Counter(len(sequence) for _, sequence in items) == {1: 1248, 8: 24}
    holds = {clip.gloss: sequence.points[0] for clip, sequence in items if len(sequence) == 8}
    for clip, sequence in items:  # both ends are named as what they are: nearest to the hold of that letter
        if len(sequence) == 1 and clip.gloss in "BFLY":
            off = {g: np.abs((sequence.points[0] - sequence.points[0, 0]) - (h - h[0])).max() for g, h in holds.items()}
            assert min(off, key=off.__getitem__) == clip.gloss, clip.id


def test_letters_of_a_set_made_by_hand(tmp_path):
    """Three webcam frames: x is turned round and both x and z are stretched to picture heights."""
    points = np.zeros((3, 21, 3), np.float32)
    points[:, 0] = [0.25, 0.5, 0.1]
    np.savez(
        tmp_path / "landmarks.npz",
        X=points.reshape(3, 63),
        y=np.array(["A", "A", "B"]),
        frame=np.array(["frame_0.npy", "frame_9.npy", "frame_3.npy"]),
    )
    items = list(IMPORTERS["asl_letters_handlandmarks"](tmp_path))
    assert [clip.id for clip, _ in items] == [f"asl_letters_handlandmarks/{n}" for n in ("A/0", "A/9", "B/3")]
    assert [clip.source[-7:] for clip, _ in items] == ["block 0", "block 4", "block 3"]
    np.testing.assert_allclose(items[0][1].points[0, 0], [0.75 * 16 / 9, 0.5, 0.1 * 16 / 9], rtol=1e-6)


def test_a_torn_archive_is_named(tmp_path):
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w:xz") as tar:
        member = tarfile.TarInfo("poses/rest.pose")
        member.size = 5000
        tar.addfile(member, io.BytesIO(np.random.default_rng(0).bytes(5000)))
    for torn in (b"torn", whole.getvalue()[:2000]):
        (tmp_path / "poses.tar.xz").write_bytes(torn)
        with pytest.raises(ManifestError, match=r"poses\.tar\.xz: cannot be read .*get the data set again"):
            list(IMPORTERS["fingerspell_transitions_asl"](tmp_path))


def test_moving_letters_and_rest_are_no_animated_shape():
    assert sorted(SHAPES.values()) == sorted(set(LETTERS) - {"J", "Z"})
