"""What a mirror costs: the clips that are mirrored, and the difference counted clip by clip."""

import numpy as np
import pytest

from chereme.bench import mirror
from chereme.bench.mirror import PEER, loss_of, measure, mirrored_tests
from chereme.bundle import Bundle, clip_digest
from chereme.dataset.store import pack
from chereme.errors import CheremeError
from chereme.recipe import find_recipe
from chereme.train.config import RecognizerRecipe
from chereme.types import Clip
from made_up import made_up_signer

TINY = ("model.width=16", "model.layers=1", "train.epochs=2", "train.batch=4", "train.patience=0")


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Two words of the small bundle, one block each to train, validate and test."""
    rng = np.random.default_rng(0)
    ids = [(gloss, take) for gloss in ("casa", "pai") for take in range(3)]
    clips = [Clip(f"{gloss}/{take}", "", gloss, "bzs", source=f"block{take}") for gloss, take in ids]
    return pack([(clip, made_up_signer(14, rng)) for clip in clips], tmp_path_factory.mktemp("mirror") / "store")


def test_the_peer_knows_no_sides():
    recipe = RecognizerRecipe.read(find_recipe(PEER.recipe).changed(PEER.changes))
    assert not recipe.preprocess.dominant
    assert recipe.augment.mirror == 0


def test_test_clips_stand_twice(store, tmp_path):
    both = mirrored_tests(store, {"casa/2": "test", "pai/1": "train"}, tmp_path / "both")
    assert len(both) == len(store) + 1
    before, after = (both.sequence(both.positions[i]) for i in ("casa/2", "casa/2/mirrored"))
    np.testing.assert_allclose(after.mirrored().points, before.points, atol=1e-6)


def test_a_bundle_that_mirrors_by_itself_loses_nothing(store, small_bundle):
    """`dominant` brings a mirrored clip back to the same side, so the answer is the same where it is clear."""
    found = loss_of(Bundle.load(small_bundle), store, {clip.id: "test" for clip in store.clips})
    assert found["n"] == 6
    assert found["lost"] == pytest.approx(found["top1"] - found["top1_mirrored"], abs=1e-4)
    low, high = found["lost_ci95"]
    assert low <= found["lost"] <= high


def test_clips_that_were_learnt_are_no_test(store, small_bundle, monkeypatch):
    bundle = Bundle.load(small_bundle)
    object.__setattr__(bundle, "trained_on", frozenset([clip_digest("casa/2")]))
    with pytest.raises(CheremeError, match="was trained on 1 of these 2 test clips"):
        loss_of(bundle, store, {"casa/2": "test", "pai/2": "test"})


def test_measure(store, small_bundle, monkeypatch, tmp_path):
    monkeypatch.setattr(mirror, "packed", lambda *_: store)
    result = measure(tmp_path, "", TINY, tmp_path / "work", (small_bundle, "no-such-bundle"))
    shown = result.as_json()
    assert result.n == 2
    assert [row["seed"] for row in shown["peer_by_seed"]] == [0, 1, 2]
    assert {row["n"] for row in shown["peer_by_seed"]} == {2}
    assert result.peer_value == pytest.approx(np.mean([row["lost"] for row in shown["peer_by_seed"]]), abs=1e-3)
    assert "neither a bundle's folder" in shown["no-such-bundle"]["left_out"]


def test_the_difference_is_taken_clip_by_clip():
    plain, mirrored = np.array([True] * 8 + [False] * 2), np.array([True] * 6 + [False] * 4)
    found = mirror._difference(plain, mirrored)
    assert (found["top1"], found["top1_mirrored"], found["lost"]) == (0.8, 0.6, 0.2)
    low, high = found["lost_ci95"]
    assert 0 <= low < 0.2 < high < 0.6
