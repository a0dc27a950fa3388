"""Handshape models: the portal's two as it describes them, ours, and what all must do."""

import math

import pytest
import torch
from torch import nn

from chereme.errors import RecipeError
from chereme.models.handshape import HANDSHAPES, HandshapeConfig, build_handshape


def count(model):
    return sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize(
    ("kind", "hidden", "classes", "parameters"),
    [
        pytest.param("v1", (256, 128, 64), 26, 65_498, id="v1, letters"),
        pytest.param("v1", (256, 128, 64), 29, 65_693, id="v1, letters and del, nothing, space"),
        pytest.param("v2", (512, 256, 128), 26, 377_114, id="v2 at its class's sizes"),
        pytest.param("v2", (256, 128, 64), 26, 106_650, id="v2 at the trainer's sizes"),
        pytest.param("v2", (64, 64), 26, 84 * 64 + 64 + 2 * 64 + 64 * 64 + 64 + 2 * 64 + 64 * 26 + 26, id="no skip"),
        pytest.param("v1", (10,), 2, 84 * 10 + 10 + 20 + 10 * 2 + 2, id="one layer"),
    ],
)
def test_as_many_parameters_as_the_portals(kind, hidden, classes, parameters):
    assert count(build_handshape(84, classes, HandshapeConfig(kind, hidden))) == parameters


@pytest.mark.parametrize("kind", ["v1", "v2"])
def test_weights_start_as_the_portals(kind):
    torch.manual_seed(0)
    model = build_handshape(84, 26, HandshapeConfig(kind, (512, 256, 128)))
    linears = [module for module in model.modules() if isinstance(module, nn.Linear)]
    assert len(linears) == {"v1": 4, "v2": 6}[kind]
    for linear in linears:
        assert not linear.bias.any()
        he = math.sqrt(2 / linear.in_features)
        assert linear.weight.std().item() == pytest.approx(he, rel=0.05)
        assert linear.weight.abs().max() > 2.5 * he  # normal, not uniform: that would end at 1.73
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm1d)]
    assert len(norms) == 3
    assert all((norm.weight == 1).all() and not norm.bias.any() for norm in norms)
    drops = [module.p for module in model.modules() if isinstance(module, nn.Dropout)]
    assert drops == [0.3] * 3


def test_v1_is_the_layers_of_its_description():
    model = build_handshape(84, 26, HandshapeConfig("v1", (256, 128, 64), 0.4))
    kinds = [type(module).__name__ for module in model.modules() if not list(module.children())]
    assert kinds == [*["Linear", "BatchNorm1d", "ReLU", "Dropout"] * 3, "Linear"]
    assert {module.p for module in model.modules() if isinstance(module, nn.Dropout)} == {0.4}


def test_v2_adds_what_it_skips():
    torch.manual_seed(0)
    model = build_handshape(84, 5, HandshapeConfig("v2", (16, 8, 8))).eval()
    values = torch.randn(3, 84)
    first, equal = model.hidden_layers
    skip = model.skip_connections[0]
    x = torch.relu(model.input_layer[1](model.input_layer[0](values)))
    x = torch.relu(first[1](first[0](x))) + x @ skip.weight.T + skip.bias
    x = torch.relu(equal[1](equal[0](x))) + x  # of equal sizes nothing is learned: what goes in is added
    expected = x @ model.output_layer.weight.T + model.output_layer.bias
    torch.testing.assert_close(model(values), expected)


@pytest.mark.parametrize("kind", HANDSHAPES)
class TestEveryKind:
    def config(self, kind):
        return HandshapeConfig(kind, (32, 32), 0.5)

    def test_a_batch_of_any_size(self, kind):
        model = build_handshape(314, 24, self.config(kind)).eval()
        values = torch.randn(7, 314)
        together = model(values)
        assert together.shape == (7, 24)
        torch.testing.assert_close(model(values[3:4]), together[3:4])

    def test_the_same_seed_gives_the_same_weights(self, kind):
        def build(seed):
            with torch.random.fork_rng():
                torch.manual_seed(seed)
                return build_handshape(84, 26, self.config(kind)).state_dict()

        first, second, other = build(1), build(1), build(2)
        assert all(torch.equal(first[key], second[key]) for key in first)
        assert any(not torch.equal(first[key], other[key]) for key in first)

    def test_dropout_is_in_training_only(self, kind):
        torch.manual_seed(0)
        model = build_handshape(84, 26, self.config(kind))
        values = torch.randn(16, 84)
        assert not torch.equal(model.train()(values), model(values))
        assert torch.equal(model.eval()(values), model(values))

    def test_every_parameter_learns(self, kind):
        torch.manual_seed(0)
        model = build_handshape(84, 6, HandshapeConfig(kind, (32, 32), 0.0)).train()
        model(torch.randn(64, 84)).square().sum().backward()
        unmoved = [
            name
            for name, p in model.named_parameters()
            if p.grad is None or (not p.grad.abs().sum() and not name.endswith("bias"))
        ]
        assert unmoved == []

    def test_it_can_learn_letters(self, kind):
        torch.manual_seed(0)
        centres = torch.randn(4, 84)
        truth = torch.arange(256) % 4
        values = centres[truth] + 0.3 * torch.randn(256, 84)
        model = build_handshape(84, 4, HandshapeConfig(kind, (32, 32), 0.1)).train()
        adam = torch.optim.Adam(model.parameters(), lr=0.01)
        for _ in range(40):
            adam.zero_grad()
            nn.functional.cross_entropy(model(values), truth).backward()
            adam.step()
        assert (model.eval()(values).argmax(1) == truth).float().mean() > 0.98


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param({"kind": "v3"}, "'v3' is not known; known: v1, v2, residual", id="a kind"),
        pytest.param({"hidden": ()}, r"at least 1, got \[\]", id="no layer"),
        pytest.param({"hidden": (32, 0)}, r"at least 1, got \[32, 0\]", id="an empty layer"),
        pytest.param({"hidden": (32, 16)}, "of one size", id="residual layers of several sizes"),
        pytest.param({"dropout": 1.0}, "below 1, got 1.0", id="all dropped"),
        pytest.param({"dropout": -0.1}, "from 0", id="less than none dropped"),
    ],
)
def test_settings_that_cannot_be(settings, message):
    with pytest.raises(RecipeError, match=message):
        HandshapeConfig(**settings)
