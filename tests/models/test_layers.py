"""Layers that stand in for torch's own."""

import pytest
import torch

from chereme.models.layers import Dropout


def dropped(share: float, values: torch.Tensor, seed: int = 0) -> torch.Tensor:
    torch.manual_seed(seed)
    return Dropout(share).train()(values)


class TestDropout:
    @pytest.mark.parametrize("share", [0.1, 0.5, 0.8])
    @pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
    def test_leaves_out_that_share_and_makes_up_for_it(self, share, kind):
        values = dropped(share, torch.ones(400, 1001, dtype=kind))
        assert values.dtype == kind
        kept = values != 0
        assert 1 - kept.float().mean() == pytest.approx(share, abs=4 * (share * (1 - share) / kept.numel()) ** 0.5)
        assert values[kept].unique().item() == pytest.approx(1 / (1 - share), rel=0.005)

    def test_which_numbers_is_for_the_seed_to_say(self):
        one, same, other = (dropped(0.5, torch.ones(3, 333), seed) for seed in (1, 1, 2))
        assert torch.equal(one, same)
        assert not torch.equal(one, other)

    def test_neighbours_are_left_out_independently(self):
        """Four of them share what is drawn at once."""
        left_out = (dropped(0.2, torch.ones(400_000)) == 0).view(-1, 4).float()
        together = torch.corrcoef(left_out.T) - torch.eye(4)
        assert together.abs().max() < 0.02

    def test_gradients_go_where_values_went(self):
        values = torch.ones(7, 11, requires_grad=True)
        found = dropped(0.5, values)
        found.sum().backward()
        torch.testing.assert_close(values.grad, found.detach())

    @pytest.mark.parametrize("share", [0.0, 1e-6])
    def test_none_of_them(self, share):
        values = torch.randn(5, 3)
        assert dropped(share, values) is values

    def test_all_stay_once_it_is_trained(self):
        values = torch.randn(5, 3)
        assert Dropout(0.9).eval()(values) is values

    def test_nearly_all(self):
        assert (dropped(0.999999, torch.ones(1000)) == 0).float().mean() > 0.99
