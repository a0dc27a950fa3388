import numpy as np
import pytest

from chereme.errors import RecipeError, TrainingError
from chereme.train.transitions import (
    TransitionConfig,
    Transitions,
    blend_distances,
    read_transitions,
    train_transitions,
    transition_split,
)

FAST = TransitionConfig(epochs=40, patience=40, hidden=32, drop=0.0, rate=5e-3)


@pytest.fixture(scope="module")
def pairs():
    """Hands that go from shape to shape along an arc: a bend that every pair shares."""
    rng = np.random.default_rng(0)
    shapes = rng.normal(size=(6, 21, 3)).astype(np.float32)
    time = np.linspace(0, 1, 12, dtype=np.float32)[:, None, None]
    begin, end = (np.array(some) for some in zip(*[(a, b) for a in range(6) for b in range(6) if a != b], strict=True))
    hands = shapes[begin][:, None] * (1 - time) + shapes[end][:, None] * time
    hands[..., 1] += 2 * (time * (1 - time))[..., 0]
    return Transitions(tuple("abcdef"), begin, end, hands.astype(np.float32))


def test_the_bend_of_known_pairs_serves_an_unknown_one(pairs):
    train, validation, test = transition_split(len(pairs))
    assert (len(train), len(validation), len(test)) == (21, 3, 6)
    assert len({*train, *validation, *test}) == 30
    network, best = train_transitions(pairs, train, validation, FAST)
    found = blend_distances(pairs, test, network)
    assert found["ours"].mean() < 0.5 * found["blend of own ends"].mean()
    np.testing.assert_allclose(found["blend of known ends"], found["blend of own ends"], rtol=1e-3)
    assert best < found["blend of own ends"].mean()


def test_it_begins_and_ends_in_its_shapes(pairs):
    import torch

    network, _ = train_transitions(pairs, *transition_split(len(pairs))[:2], TransitionConfig(epochs=1, hidden=8))
    with torch.no_grad():
        made = network(torch.tensor([0]), torch.tensor([1]), torch.tensor([[0.0, 0.5, 1.0]]))[0]
    torch.testing.assert_close(made[0], network.shapes[0, 0])
    torch.testing.assert_close(made[2], network.shapes[1, 1])


def test_the_same_seed_makes_the_same(pairs):
    train, validation, test = transition_split(len(pairs))
    quick = TransitionConfig(epochs=3, hidden=8)
    one, other = (blend_distances(pairs, test, train_transitions(pairs, train, validation, quick)[0]) for _ in range(2))
    np.testing.assert_array_equal(one["ours"], other["ours"])


def test_a_shape_that_no_training_pair_shows_is_said(pairs):
    with pytest.raises(TrainingError, match="begin or end no training pair"):
        train_transitions(pairs, np.flatnonzero(pairs.begin != 2), np.arange(3), FAST)


def test_settings_that_make_no_sense():
    with pytest.raises(RecipeError, match="at least 1"):
        TransitionConfig(epochs=0)
    with pytest.raises(RecipeError, match="drop a share"):
        TransitionConfig(drop=1.0)


def test_the_public_set(data):
    pairs = read_transitions(data / "fingerspell_transitions_asl")
    assert len(pairs) == 704
    assert len(pairs.shapes) == 27
    train, validation, test = transition_split(len(pairs))
    assert (len(train), len(validation), len(test)) == (493, 70, 141)
    palms = np.linalg.norm(pairs.hands[:, :, 9] - pairs.hands[:, :, 0], axis=-1)
    assert np.median(palms) == pytest.approx(1, abs=0.01)
