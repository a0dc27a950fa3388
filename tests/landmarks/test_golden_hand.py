"""From a picture to the numbers that models read, held against what was found when the golden file was written.

`make golden` writes it anew: after a change that is meant to alter landmarks or features, or of the drawn hand. Bundles
that were trained before then no longer fit.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from chereme.features.hand import HandFeatureConfig, hand_feature_names, hand_features, right_hands
from chereme.landmarks.hands import HandFinder, as_sequence
from made_up import drawn_hand

GOLDEN = Path(__file__).parents[1] / "golden" / "drawn_hand.json"
TOLERANCE = {"hand-84": 2e-3, "geometry": 1e-2}
"""Other processors add in another order. Of places in hand sizes; angles and directions of short bones amplify it."""


def find_features() -> dict[str, dict[str, float]]:
    """Each kind of features of the drawn right hand, by name."""
    image = drawn_hand("right")
    with HandFinder() as finder:
        points, sides = right_hands(as_sequence(finder.find(image), image))
    assert sides == ("right",)
    return {
        kind: dict(
            zip(hand_feature_names(kind), hand_features(points, HandFeatureConfig(kind))[0].tolist(), strict=True)
        )
        for kind in TOLERANCE
    }


@pytest.fixture(scope="module")
def found():
    return find_features()


@pytest.mark.parametrize("kind", TOLERANCE)
def test_a_picture_gives_the_features_that_it_gave(found, kind):
    expected = json.loads(GOLDEN.read_text(encoding="utf-8"))[kind]
    assert list(found[kind]) == list(expected)
    far = {
        name: (value, expected[name])
        for name, value in found[kind].items()
        if not np.isclose(value, expected[name], rtol=0, atol=TOLERANCE[kind])
    }
    assert far == {}, "landmarks or features changed; if they were meant to, `make golden`"


if __name__ == "__main__":
    rounded = {
        kind: {name: round(value, 5) for name, value in values.items()} for kind, values in find_features().items()
    }
    GOLDEN.write_text(json.dumps(rounded, indent=1) + "\n", encoding="utf-8")
