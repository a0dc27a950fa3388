"""Nearest clips: the classic rule, and its distances against a plain double loop."""

from itertools import product

import numpy as np
import pytest
import torch

from chereme.models import ModelConfig, NearestClips


def remembering(rows: list[list[float]], classes: list[int], **settings: object) -> NearestClips:
    """A model of clips of one feature, each as long as its row, that are not standardised."""
    model = NearestClips(1, max(classes) + 1, ModelConfig("knn", **settings))
    model.remember(*padded(rows), torch.tensor(classes))
    model.clips = model.clips * model.scale + model.mean
    model.mean, model.scale = torch.zeros(1), torch.ones(1)
    return model.eval()


def padded(rows: list[list[float]], filling: float = 99.0) -> tuple[torch.Tensor, torch.Tensor]:
    longest = max(map(len, rows))
    values = torch.tensor([[*row, *[filling] * (longest - len(row))] for row in rows])
    mask = torch.tensor([[True] * len(row) + [False] * (longest - len(row)) for row in rows])
    return values.unsqueeze(-1), mask


@pytest.mark.parametrize(
    ("neighbours", "winner"),
    [pytest.param(1, 1, id="the nearest alone"), pytest.param(3, 0, id="two of three outvote the nearest")],
)
def test_the_nearest_vote(neighbours, winner):
    model = remembering([[0.1, 0.1], [0.2, 0.2], [0, 0], [9, 9]], [0, 0, 1, 2], neighbours=neighbours, frames=2)
    logits = model(*padded([[0.0, 0.0]]))[0]
    assert logits.argmax() == winner
    votes = logits.floor()
    assert votes.sum() <= neighbours + 1  # closeness is below 1, but for a clip that is the same
    assert logits[2] == logits.min()


def test_a_tie_goes_to_the_nearer():
    model = remembering([[0.0, 0], [1, 1]], [0, 1], neighbours=2, frames=2)
    assert model(*padded([[0.4, 0.4], [0.6, 0.6]])).argmax(1).tolist() == [0, 1]


def test_more_neighbours_than_clips_are_all_of_them():
    model = remembering([[0.0, 0], [1, 1], [1, 1]], [0, 1, 1], neighbours=50, frames=2)
    assert model(*padded([[0.0, 0.0]])).argmax() == 1


def test_clips_of_any_length_are_compared_at_the_same_share_of_their_time():
    model = remembering([[0.0, 1.0, 2.0, 3.0], [3.0, 2.0, 1.0, 0.0]], [0, 1], frames=4)
    np.testing.assert_allclose(model.clips[0, :, 0], [0, 1, 2, 3])
    at = model._at_fixed_frames(*padded([[0.0, 3.0], [0, 0.5, 1, 1.5, 2, 2.5, 3], [7.0]]))
    np.testing.assert_allclose(at[..., 0], [[0, 1, 2, 3], [0, 1, 2, 3], [7, 7, 7, 7]], atol=1e-6)


@pytest.mark.parametrize("distance", ["euclidean", "dtw"])
def test_distances_are_those_of_a_plain_loop(distance, rng):
    frames, reach = 6, 2
    config = ModelConfig("knn", frames=frames, distance=distance, band=0.4)
    model = NearestClips(3, 2, config)
    clips = torch.from_numpy(rng.normal(size=(20, frames, 3)).astype(np.float32))
    model.remember(clips, torch.ones(20, frames, dtype=torch.bool), torch.arange(20) % 2)
    ours = model.clips[:2]
    found = model._apart(ours).numpy()

    def plain(a: np.ndarray, b: np.ndarray) -> float:
        cost = ((a[:, None] - b[None]) ** 2).sum(-1)
        if distance == "euclidean":
            return float(np.trace(cost))
        best = np.full((frames + 1, frames + 1), np.inf)
        best[0, 0] = 0
        for i, j in product(range(frames), range(frames)):
            if abs(i - j) <= reach:
                best[i + 1, j + 1] = cost[i, j] + min(best[i, j], best[i, j + 1], best[i + 1, j])
        return float(best[-1, -1])

    for i, j in product(range(2), range(20)):
        expected = plain(ours[i].numpy(), model.clips[j].numpy()) / (frames * 3)
        assert found[i, j] == pytest.approx(expected, abs=1e-5)


def test_a_clip_made_slower_in_its_middle_is_warped_back():
    steady, late = [0.0, 1, 2, 3, 4, 5, 6, 7], [0.0, 0, 1, 2, 3, 4, 5, 7]
    apart = {
        distance: float(remembering([steady], [0], frames=8, distance=distance, band=0.3)._apart(padded([late])[0]))
        for distance in ("euclidean", "dtw")
    }
    assert apart["dtw"] < 0.3 * apart["euclidean"]


def test_a_feature_that_never_changes_does_no_harm():
    model = NearestClips(2, 2, ModelConfig("knn", frames=2))
    values = torch.tensor([[[5.0, 0.0], [5.0, 0.0]], [[5.0, 1.0], [5.0, 1.0]]])
    mask = torch.ones(2, 2, dtype=torch.bool)
    model.remember(values, mask, torch.tensor([0, 1]))
    logits = model(values, mask)
    assert torch.isfinite(logits).all()
    assert logits.argmax(1).tolist() == [0, 1]


def test_weights_say_how_many_clips_there_are():
    first = remembering([[0.0, 0], [1, 1], [2, 2]], [0, 1, 1], frames=2)
    second = NearestClips(1, 2, ModelConfig("knn", frames=2))
    second.load_state_dict(first.state_dict())
    values = padded([[0.3, 0.8]])
    torch.testing.assert_close(second(*values), first(*values))
    with pytest.raises(RuntimeError, match="size mismatch for clips"):
        NearestClips(1, 2, ModelConfig("knn", frames=3)).load_state_dict(first.state_dict())


def test_one_that_knows_no_clip_does_not_guess():
    with pytest.raises(AssertionError, match="has seen none"):
        NearestClips(1, 2, ModelConfig("knn", frames=2))(*padded([[0.0, 1.0]]))
