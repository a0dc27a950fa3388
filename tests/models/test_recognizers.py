import numpy as np
import onnxruntime
import pytest
import torch

from chereme.bundle.write import write_onnx
from chereme.errors import RecipeError
from chereme.models import RECOGNIZERS, ModelConfig, NearestClips, build_recognizer
from chereme.models.layers import masked_mean, reverse_in_time

INPUTS, CLASSES = 30, 7
VARIANTS = {
    "conv-transformer halved": {"halve_time": True},
    "conv-transformer by angles": {"classifier": "cosine"},
    "encoder as in the Libras system": {"norm": "after", "activation": "relu", "norm_inputs": False},
    "encoder as in the INCLUDE system": {"head": 8},
    "spoter as published": {"norm": "after", "activation": "relu", "width": 30, "heads": 5},
    "knn warped": {"distance": "dtw"},
}
KINDS = [*RECOGNIZERS, *VARIANTS]


def build(kind: str) -> torch.nn.Module:
    torch.manual_seed(0)
    settings = {"width": 16, "embedding": 24, "feed": 32, "frames": 8, **VARIANTS.get(kind, {})}
    model = build_recognizer(INPUTS, CLASSES, ModelConfig(kind=kind.partition(" ")[0], **settings))
    if isinstance(model, NearestClips):
        model.remember(*clips([12, 9, 30, 11, 10, 12, 9, 12, 14]), torch.arange(9) % CLASSES)
    return model.eval()


def clips(lengths: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(1)
    mask = torch.arange(max(lengths))[None] < torch.tensor(lengths)[:, None]
    return torch.randn(len(lengths), max(lengths), INPUTS) * mask[..., None], mask


@pytest.mark.parametrize("kind", KINDS)
def test_padding_does_not_matter(kind):
    model = build(kind)
    values, mask = clips([17, 9])
    with torch.no_grad():
        together = model(values, mask)
        alone = model(values[1:, :9], mask[1:, :9])
    torch.testing.assert_close(together[1:], alone, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_order_in_time_matters(kind):
    model = build(kind)
    values, mask = clips([16])
    with torch.no_grad():
        assert (model(values, mask) - model(values.flip(1), mask)).abs().max() > 1e-4


@pytest.mark.parametrize("kind", KINDS)
def test_onnx_gives_what_torch_gives(kind, tmp_path):
    model = build(kind)
    write_onnx(model, INPUTS, tmp_path / "m.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "m.onnx", providers=["CPUExecutionProvider"])
    for lengths in ([1], [23], [8, 5, 11]):
        values, mask = clips(lengths)
        with torch.no_grad():
            expected = model(values, mask).numpy()
        given, *embedding = session.run(None, {"features": values.numpy(), "mask": mask.numpy()})
        np.testing.assert_allclose(given, expected, atol=1e-5)
        assert len(embedding) == kind.startswith(("conv-transformer", "islr-first", "spoter"))
        for some in embedding:
            with torch.no_grad():
                wanted = model.place(model.embed(values, mask)).numpy()
            np.testing.assert_allclose(some, wanted, atol=1e-5)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not kind.startswith("knn")])
def test_every_weight_learns(kind):
    model = build(kind).train()
    values, mask = clips([12, 12, 12, 12])
    torch.nn.functional.cross_entropy(model(values, mask), torch.tensor([0, 1, 2, 3])).backward()
    silent = [n for n, p in model.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    assert silent == []


def test_mean_and_reversal_leave_padding_out():
    values = torch.tensor([[[1.0], [2.0], [9.0]]])
    mask = torch.tensor([[True, True, False]])
    assert masked_mean(values, mask).item() == 1.5
    assert reverse_in_time(values, mask).flatten().tolist() == [2.0, 1.0, 9.0]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [({"kind": "rnn"}, "'rnn' is not known"), ({"width": 30}, "multiple of heads"), ({"dropout": 1.0}, "below 1")],
)
def test_settings_out_of_range(wrong, message):
    with pytest.raises(RecipeError, match=message):
        ModelConfig(**wrong)
