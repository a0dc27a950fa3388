"""Checkpoints as the alphabet portal writes them, made into bundles that answer as their models do."""

import os
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn

from chereme.bundle import Bundle
from chereme.errors import BundleError, CheremeError
from chereme.export.portal import convert_checkpoint, layers_of, read_checkpoint
from chereme.features.hand import hand_84
from chereme.spell import Speller
from made_up import made_up_hands

LETTERS = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
SHAPES = (*LETTERS, "del", "nothing", "space")


class V1(nn.Module):
    """The portal's plain network, written again from its description."""

    def __init__(self, hidden=(256, 128, 64), classes=26, inputs=84, dropout=0.3):
        super().__init__()
        layers = []
        for a, b in pairwise((inputs, *hidden)):
            layers += [nn.Linear(a, b), nn.BatchNorm1d(b), nn.ReLU(), nn.Dropout(dropout)]
        self.network = nn.Sequential(*layers, nn.Linear(hidden[-1], classes))

    def forward(self, x):
        return self.network(x)


class Block(nn.Module):
    def __init__(self, a, b, dropout):
        super().__init__()
        self.block = nn.Sequential(nn.Linear(a, b), nn.BatchNorm1d(b), nn.ReLU(), nn.Dropout(dropout))
        self.skip = nn.Linear(a, b) if a != b else nn.Identity()

    def forward(self, x):
        return self.block(x) + self.skip(x)


class V2(nn.Module):
    """The portal's network with skips."""

    def __init__(self, hidden=(512, 256, 128), classes=26, inputs=84, dropout=0.4):
        super().__init__()
        self.input_proj = nn.Sequential(
            nn.Linear(inputs, hidden[0]), nn.BatchNorm1d(hidden[0]), nn.ReLU(), nn.Dropout(dropout)
        )
        self.blocks = nn.ModuleList(Block(a, b, dropout) for a, b in pairwise(hidden))
        self.output = nn.Linear(hidden[-1], classes)

    def forward(self, x):
        x = self.input_proj(x)
        for block in self.blocks:
            x = block(x)
        return self.output(x)


def trained(model):
    """Weights and batch statistics as after training: none at its first value."""
    torch.manual_seed(1)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.BatchNorm1d):
                module.weight.uniform_(0.5, 1.5)
                module.bias.normal_(0, 0.3)
                module.running_mean.normal_(0, 0.5)
                module.running_var.uniform_(0.3, 2)
                module.num_batches_tracked.fill_(7)
            elif isinstance(module, nn.Linear):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                module.bias.normal_(0, 0.3)
    return model.eval()


def saved(path, model, labels=SHAPES, **changes):
    """What the portal's trainer writes, the type that it always gives and its NumPy labels included."""
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
    checkpoint = {
        "epoch": 87,
        "model_state_dict": model.state_dict(),
        "optimizer_state_dict": optimizer.state_dict(),
        "val_accuracy": 99.34,
        "model_config": {"model_type": "v1", "input_size": 84, "num_classes": len(labels)},
        "label_mapping": dict(enumerate(np.array(labels))),
    }
    torch.save({**checkpoint, **changes}, path)
    return path


@pytest.mark.parametrize(
    ("model", "kind", "hidden"),
    [
        pytest.param(V1(classes=29), "v1", (256, 128, 64), id="v1 as the portal trains it"),
        pytest.param(V1((40,), 29), "v1", (40,), id="v1 of one layer"),
        pytest.param(V1((64, 64, 64), 29), "v1", (64, 64, 64), id="v1 of equal layers"),
        pytest.param(V2(classes=29), "v2", (512, 256, 128), id="v2 as its class has it"),
        pytest.param(V2((256, 128, 64), 29), "v2", (256, 128, 64), id="v2 at the trainer's sizes"),
        pytest.param(V2((64, 64, 64), 29), "v2", (64, 64, 64), id="v2 without a linear skip"),
        pytest.param(V2((96, 96, 32, 32), 29), "v2", (96, 96, 32, 32), id="v2 with both kinds of skip"),
        pytest.param(V2((29, 29), 29), "v2", (29, 29), id="v2 of as many units as labels"),
        pytest.param(V2((48,), 29), "v2", (48,), id="v2 without a block"),
        pytest.param(nn.DataParallel(V2((48, 24), 29)), "v2", (48, 24), id="names with a prefix"),
        pytest.param(V1((48, 24), 29).network, "v1", (48, 24), id="names without one"),
    ],
)
def test_a_bundle_answers_as_the_model_that_was_saved(model, kind, hidden, tmp_path, rng):
    bundle = convert_checkpoint(saved(tmp_path / "best_model.pt", trained(model)), tmp_path / "mine")
    handshape = bundle.recipe.tables["handshape"]
    assert (handshape["kind"], tuple(handshape["hidden"]), handshape["dropout"]) == (kind, hidden, 0.3)
    hands = rng.normal(0, 1, (50, 21, 3)).astype(np.float32)
    with torch.inference_mode():
        theirs = model(torch.from_numpy(hand_84(hands))).numpy()
    ours = Speller(bundle).logits(hands)
    assert np.ptp(theirs, axis=0).max() > 0.1  # the answers differ from hand to hand, so that equality says something
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_labels_card_and_scores(tmp_path, rng):
    path = saved(tmp_path / "best_model.pt", trained(V1((32, 16), 29)))
    bundle = convert_checkpoint(path, tmp_path / "mine", hidden=(32, 16), dropout=0.5, language="bzs")
    assert bundle.labels == SHAPES
    assert (bundle.kind, bundle.language, bundle.name) == ("speller", "bzs", "mine")
    assert bundle.recipe.tables["handshape"]["dropout"] == 0.5
    assert bundle.scores["portal"] == {"epoch": 87, "validation_percent": 99.34, "split": "random (optimistic)"}
    assert bundle.card.use == "research"
    assert any("measure it" in limit for limit in bundle.card.limits)
    assert "best_model.pt" in bundle.card.title
    speller = Speller(bundle)
    assert speller.still.all()  # J and Z were trained on stills, so they are answered from stills
    assert speller.probabilities(made_up_hands(3, rng)).shape == (3, 29)


def test_plain_labels_and_no_accuracy(tmp_path):
    path = saved(
        tmp_path / "a.pth", trained(V1((16,), 3)), label_mapping={2: "C", 0: "A", 1: "B"}, val_accuracy=None, epoch=None
    )
    found = read_checkpoint(path)
    assert (found.labels, found.epoch, found.val_accuracy) == (("A", "B", "C"), None, None)


class WritesFile:
    """Unpickled as usual, it would make a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


class SmuggledInScalar(WritesFile):
    """The same inside a NumPy scalar that holds an object."""

    def __reduce__(self):
        return type(np.str_("A"))("A").__reduce__()[0], (np.dtype("O"), WritesFile(self.path))


@pytest.mark.parametrize("evil", [WritesFile, SmuggledInScalar])
def test_code_in_a_checkpoint_is_refused_and_not_run(evil, tmp_path):
    mark = tmp_path / "mark"
    path = saved(tmp_path / "evil.pt", trained(V1((16,), 29)), val_accuracy=evil(mark))
    with pytest.raises(BundleError, match=r"evil\.pt: not read, for it (would run .*mkdir|holds code)"):
        convert_checkpoint(path, tmp_path / "mine")
    assert not mark.exists()
    assert not (tmp_path / "mine").exists()


def test_torch_is_as_strict_afterwards_as_before(tmp_path):
    path = saved(tmp_path / "a.pt", trained(V1((16,), 29)))
    before = set(torch.serialization.get_safe_globals())
    read_checkpoint(path)
    assert set(torch.serialization.get_safe_globals()) == before


def other(weights, **changes):
    return {**weights, **changes}


V = trained(V2((24, 16), 3)).state_dict()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"model_state_dict": None}, "no model_state_dict", id="no weights"),
        pytest.param({"model_state_dict": {}}, "neither the portal's v1 nor its v2: none", id="no layer"),
        pytest.param({"model_state_dict": {"epoch": 3}}, "no model_state_dict", id="weights that are none"),
        pytest.param({"label_mapping": None}, "no label_mapping", id="no labels"),
        pytest.param({"label_mapping": {0: "A", 1: "B"}}, "3 classes, but label_mapping names 2", id="too few labels"),
        pytest.param({"label_mapping": {0: "A", 1: "B", 3: "C"}}, "from 0 on", id="a gap in the labels"),
        pytest.param({"label_mapping": {0: "A", 1: "A", 2: "C"}}, "each by another name", id="a label twice"),
        pytest.param({"label_mapping": {"x": "A"}}, "a name to each number", id="labels by name"),
        pytest.param(
            {"model_state_dict": other(V, **{"output.weight": torch.zeros(3, 17)})}, "do not fit together", id="a shape"
        ),
        pytest.param(
            {"model_state_dict": {k: v for k, v in V.items() if "running_var" not in k}},
            "do not fit together",
            id="a statistic missing",
        ),
        pytest.param(
            {"model_state_dict": {k: v for k, v in V.items() if "skip" not in k}}, "do not fit together", id="no skip"
        ),
        pytest.param(
            {"model_state_dict": other(V, **{"output.bias": torch.full((3,), torch.nan)})}, "infinite or no", id="NaN"
        ),
        pytest.param(
            {"model_state_dict": nn.LSTM(84, 8).state_dict()}, "neither the portal's v1 nor its v2", id="an LSTM"
        ),
        pytest.param(
            {"model_state_dict": nn.Conv1d(84, 8, 3).state_dict()}, "neither the portal's v1 nor", id="a convolution"
        ),
        pytest.param(
            {"model_state_dict": V1((16,), 3, inputs=63).state_dict()}, "reads 63 numbers of a hand", id="no edges"
        ),
    ],
)
def test_what_is_no_portal_checkpoint(changes, message, tmp_path):
    path = saved(tmp_path / "a.pt", trained(V2((24, 16), 3)), ("A", "B", "C"), **changes)
    with pytest.raises(BundleError, match=message):
        convert_checkpoint(path, tmp_path / "mine")
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(None, "No such file", id="no file"),
        pytest.param(b"", "no checkpoint of torch", id="empty"),
        pytest.param(b"not a checkpoint at all", "not read|no checkpoint", id="text"),
        pytest.param(b"PK\x03\x04" + b"\0" * 200, "no checkpoint of torch", id="a broken archive"),
    ],
)
def test_what_is_no_checkpoint(content, message, tmp_path):
    path = tmp_path / "a.pt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BundleError, match=message):
        read_checkpoint(path)


def test_a_cut_checkpoint(tmp_path):
    path = saved(tmp_path / "a.pt", trained(V1((16,), 29)))
    path.write_bytes(path.read_bytes()[:-3000])
    with pytest.raises(BundleError, match=r"a\.pt"):
        read_checkpoint(path)


def test_other_sizes_than_asked_for(tmp_path):
    path = saved(tmp_path / "a.pt", trained(V1((16,), 29)))
    with pytest.raises(BundleError, match=r"of sizes \[16\], not \[32\]"):
        convert_checkpoint(path, tmp_path / "mine", hidden=(32,))


def test_a_folder_that_is_no_bundle_is_left_alone(tmp_path):
    path = saved(tmp_path / "a.pt", trained(V1((16,), 29)))
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.txt").write_text("mine")
    with pytest.raises(CheremeError, match="is not a bundle"):
        convert_checkpoint(path, tmp_path / "home")
    assert (tmp_path / "home" / "thesis.txt").read_text() == "mine"
    convert_checkpoint(path, tmp_path / "mine")
    convert_checkpoint(path, tmp_path / "mine")  # an earlier bundle is replaced
    assert Bundle.load(tmp_path / "mine", "speller").labels == SHAPES


def test_layers_of_v2():
    kind, layers, output = layers_of(V2((24, 24, 16), 5).state_dict())
    assert (kind, [layer.size for layer in layers], output["weight"].shape) == ("v2", [24, 24, 16], (5, 16))
    assert [layer.skip is None for layer in layers] == [True, True, False]
