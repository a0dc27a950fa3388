"""The portal's data file as a packed store."""

import numpy as np
import pytest

from chereme.dataset.npz import FeatureTable, store_from_npz, write_npz
from chereme.errors import ManifestError
from chereme.features.hand import hand_84
from chereme.layout import HAND_21
from made_up import made_up_hands


def test_hands_come_back_but_for_place_and_size(tmp_path, rng):
    features = hand_84(made_up_hands(5, rng))
    table = FeatureTable(features, np.array([2, 0, 2, 2, 0]), ("A", "B", "nothing"))
    write_npz(table, tmp_path / "letters.npz")
    store = store_from_npz(tmp_path / "letters.npz", tmp_path / "store")
    assert store.layout == HAND_21
    assert [clip.gloss for clip in store.clips] == ["nothing", "A", "nothing", "nothing", "A"]
    assert store.points.shape == (5, 21, 3)
    assert set(store.lengths.tolist()) == {1}
    np.testing.assert_allclose(hand_84(store.points), features, atol=1e-6)


def test_a_hand_keeps_its_id_under_any_file_name_and_in_any_row(tmp_path, rng):
    features = hand_84(made_up_hands(4, rng))
    for name, rows in (("features", [0, 1, 2]), ("renamed", [2, 0, 1]), ("others/features", [3, 1, 1, 1])):
        write_npz(FeatureTable(features[rows], np.zeros(len(rows), np.int64), ("A",)), tmp_path / f"{name}.npz")
    own, renamed, others = (
        [clip.id for clip in store_from_npz(tmp_path / f"{name}.npz", tmp_path / f"store{i}").clips]
        for i, name in enumerate(("features", "renamed", "others/features"))
    )
    assert len(set(own)) == 3
    assert renamed == [own[2], own[0], own[1]]
    assert others[0] not in own
    assert others[1:] == [own[1], f"{own[1]}-2", f"{own[1]}-3"]


def test_names_are_never_guessed(tmp_path, rng):
    np.savez(tmp_path / "old.npz", features=hand_84(made_up_hands(2, rng)), labels=np.array([0, 1]))
    with pytest.raises(ManifestError, match="no label_names"):
        store_from_npz(tmp_path / "old.npz", tmp_path / "store")
    assert not (tmp_path / "store").exists()


def test_a_file_without_rows(tmp_path):
    write_npz(FeatureTable(np.zeros((0, 84), np.float32), np.zeros(0, np.int64), ("A",)), tmp_path / "none.npz")
    with pytest.raises(ManifestError, match="no hand in it"):
        store_from_npz(tmp_path / "none.npz", tmp_path / "store")
