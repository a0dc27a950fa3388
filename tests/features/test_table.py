"""Packed hands to the portal's table."""

import numpy as np
import pytest

from chereme.dataset.store import pack
from chereme.errors import UnseenError
from chereme.features.hand import hand_84
from chereme.features.table import hand_84_table
from chereme.layout import HANDS_42
from chereme.types import Clip, PoseSequence
from made_up import made_up_hands


def packed(folder, hands):
    """A store of pictures; a hand is (gloss, side, points) or (gloss, "", None) where none was found."""

    def items():
        for i, (gloss, side, hand) in enumerate(hands):
            points = np.full((1, 42, 3), np.nan, np.float32)
            if side:
                points[0, HANDS_42.groups[f"{side}_hand"]] = hand
            yield Clip(str(i), "", gloss), PoseSequence(points, HANDS_42, 1.0, (10, 10))

    return pack(items(), folder)


def test_left_hands_are_mirrored_and_unseen_ones_left_out(tmp_path, rng):
    one, two = made_up_hands(2, rng)
    flipped = two * np.array([-1, 1, 1], np.float32)
    hands = [("B", "right", one), ("nothing", "", None), ("A", "right", two), ("A", "left", flipped), ("A", "", None)]
    table = hand_84_table(packed(tmp_path / "store", hands))
    assert table.label_names == ("A", "B", "nothing")
    assert table.labels.tolist() == [1, 0, 0]
    assert (table.features.dtype, table.labels.dtype) == (np.float32, np.int64)
    np.testing.assert_allclose(table.features, hand_84(np.stack([one, two, two])), atol=1e-6)


def test_no_hand_at_all(tmp_path):
    with pytest.raises(UnseenError, match="no hand seen in any of 2 pictures"):
        hand_84_table(packed(tmp_path / "store", [("A", "", None), ("B", "", None)]))
