"""A store of made-up letters, and a speller that was trained on it."""

import numpy as np
import pytest

from chereme.bundle import Bundle
from chereme.dataset.store import Store, pack
from chereme.train.letters import Hands, gather_hands, train_speller
from made_up_letters import CARD, LETTERS, clip, hand, picture, recipe


@pytest.fixture(scope="session")
def store(tmp_path_factory) -> Store:
    """Twelve pictures of each letter, every third of a left hand, and one more A without any hand."""
    rng = np.random.default_rng(0)
    items = [
        (clip(letter, i), picture(hand(letter, rng), "left" if i % 3 == 0 else "right"))
        for letter in LETTERS
        for i in range(12)
    ]
    return pack([*items, (clip("A", 12), picture(None))], tmp_path_factory.mktemp("letters") / "store")


@pytest.fixture(scope="session")
def split(store) -> dict[str, str]:
    return {c.id: "validation" if c.signer == "s3" else "train" for c in store.clips}


@pytest.fixture(scope="session")
def hands(store) -> Hands:
    return gather_hands(store, range(len(store)), recipe().letters)


@pytest.fixture(scope="session")
def learnt(store, split, tmp_path_factory) -> Bundle:
    folder = tmp_path_factory.mktemp("learnt") / "run"
    chosen = recipe("letters.epochs=40", "letters.rate=1e-2", "letters.validate_every=10")
    return train_speller(chosen, store, split, folder, CARD, split_name="s3 out")
