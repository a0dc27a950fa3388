"""Packed hands to the alphabet portal's table of features."""

import numpy as np

from chereme.dataset.npz import FeatureTable
from chereme.dataset.store import Store
from chereme.errors import UnseenError
from chereme.features.hand import hand_84, right_hands

__all__ = ["hand_84_table"]


def hand_84_table(store: Store) -> FeatureTable:
    """The 84 numbers of every hand of a store, left hands mirrored to right; frames without a hand are left out.

    Classes are the store's glosses, sorted; one of which no hand was seen keeps its name and has no row.

    Raises:
        UnseenError: no hand in the whole store.
        LayoutError: its layout has no whole hand.
    """
    names = sorted({clip.gloss for clip in store.clips})
    places = {name: i for i, name in enumerate(names)}
    hands = [right_hands(store.sequence(i))[0] for i in range(len(store))]
    points = np.concatenate(hands)
    labels = np.repeat([places[clip.gloss] for clip in store.clips], [len(hand) for hand in hands])
    seen = ~np.isnan(points).any((1, 2))
    if not seen.any():
        raise UnseenError(f"{store.folder}: no hand seen in any of {len(seen)} pictures, so there are no features")
    return FeatureTable(hand_84(points[seen]), labels[seen].astype(np.int64), tuple(names))
