"""The known architectures are what their sources are: SPOTER beside torch's layers, the contest's by its traits."""

import copy

import pytest
import torch
from torch import nn

from chereme.features import FeaturePlan
from chereme.layout import layout_named
from chereme.models import ModelConfig, build_recognizer
from chereme.models.islr import IslrConvBlock, IslrFirst
from chereme.models.spoter import Spoter
from chereme.recipe import find_recipe
from chereme.train.config import RecognizerRecipe

WIDTH, HEADS, FEED, LAYERS = 12, 3, 20, 2


class ReferenceLayer(nn.TransformerDecoderLayer):
    """As SPOTER describes it: torch's decoder layer, where the query is added to itself instead of attending to it."""

    def forward(self, query, memory, padding):
        query = self.norm1(query + self.dropout1(query))
        seen, _ = self.multihead_attn(query, memory, memory, key_padding_mask=padding)
        query = self.norm2(query + self.dropout2(seen))
        return self.norm3(query + self._ff_block(query))


def reference_of(model: Spoter):
    """torch's layers with the weights of ours."""
    encoder = [nn.TransformerEncoderLayer(WIDTH, HEADS, FEED, batch_first=True) for _ in range(LAYERS)]
    decoder = [ReferenceLayer(WIDTH, HEADS, FEED, batch_first=True) for _ in range(LAYERS)]
    for theirs, ours in zip(encoder, model.encode, strict=True):
        copy_weights(
            ours,
            {
                "project": (theirs.self_attn.in_proj_weight, theirs.self_attn.in_proj_bias),
                "out": theirs.self_attn.out_proj,
                "feed.0": theirs.linear1,
                "feed.3": theirs.linear2,
                "attention_norm": theirs.norm1,
                "feed_norm": theirs.norm2,
            },
        )
    for theirs, ours in zip(decoder, model.decode, strict=True):
        weight, bias = theirs.multihead_attn.in_proj_weight, theirs.multihead_attn.in_proj_bias
        copy_weights(
            ours,
            {
                "ask": (weight[:WIDTH], bias[:WIDTH]),
                "answer": (weight[WIDTH:], bias[WIDTH:]),
                "out": theirs.multihead_attn.out_proj,
                "feed.0": theirs.linear1,
                "feed.3": theirs.linear2,
                "query_norm": theirs.norm1,
                "attention_norm": theirs.norm2,
                "feed_norm": theirs.norm3,
            },
        )

    def run(frames, padding):
        memory = frames + model.every_frame
        for layer in encoder:
            memory = layer.eval()(memory, src_key_padding_mask=padding)
        memory = model.encode_norm(memory)
        query = model.query.expand(len(frames), 1, -1)
        for layer in decoder:
            query = layer.eval()(query, memory, padding)
        return model.classify(model.decode_norm(query))[:, 0]

    return run


def copy_weights(module, theirs):
    for name, layer in theirs.items():
        own = module.get_submodule(name)
        weight, bias = layer if isinstance(layer, tuple) else (layer.weight, layer.bias)
        with torch.no_grad():
            weight.copy_(own.weight)
            bias.copy_(own.bias)


def spoter(**settings) -> Spoter:
    torch.manual_seed(0)
    sizes = {"width": WIDTH, "heads": HEADS, "feed": FEED, "layers": LAYERS, "norm": "after", "activation": "relu"}
    model = build_recognizer(WIDTH, 5, ModelConfig(kind="spoter", dropout=0.1, **{**sizes, **settings}))
    assert isinstance(model, Spoter)
    return model.eval()


def test_spoter_without_positions_is_what_its_authors_made_of_torchs_layers():
    model = spoter()
    for norm in (model.encode_norm, model.decode_norm):
        nn.init.uniform_(norm.weight)
        nn.init.uniform_(norm.bias)
    reference = reference_of(model)
    nn.init.zeros_(model.position_weight)
    frames = torch.randn(3, 9, WIDTH)
    padding = torch.arange(9)[None] >= torch.tensor([9, 5, 7])[:, None]
    with torch.no_grad():
        torch.testing.assert_close(model(frames, ~padding), reference(frames, padding), atol=1e-5, rtol=1e-4)


def test_defect_spoter_reads_frames_in_any_order():
    model = spoter()
    frames, mask = torch.randn(1, 9, WIDTH), torch.ones(1, 9, dtype=torch.bool)
    with torch.no_grad():
        assert (model(frames, mask) - model(frames.flip(1), mask)).abs().max() > 1e-4
        blind = copy.deepcopy(model)
        nn.init.zeros_(blind.position_weight)
        torch.testing.assert_close(blind(frames, mask), blind(frames.flip(1), mask))


def test_no_convolution_of_the_contests_sees_a_later_frame():
    torch.manual_seed(0)
    block = IslrConvBlock(4, 5, 0.2).eval()
    values, mask = torch.randn(1, 12, 4), torch.ones(1, 12, dtype=torch.bool)
    changed = values.clone()
    changed[:, 8] += 1.0
    before, after = (block.over_time(v.transpose(1, 2).unsqueeze(2).repeat(1, 2, 1, 1)) for v in (values, changed))
    moved = (before - after).abs().amax((0, 1, 2)) > 1e-6
    assert moved.tolist() == [False] * 8 + [True] * 4
    assert block(values, mask).shape == values.shape


def test_attention_of_the_contests_is_scaled_by_the_whole_width():
    torch.manual_seed(0)
    model = build_recognizer(6, 3, ModelConfig(kind="islr-first", width=8, heads=2, layers=1, embedding=10)).eval()
    assert isinstance(model, IslrFirst)
    attention = model.stages[0][-1]
    values, mask = torch.randn(1, 7, 8), torch.ones(1, 7, dtype=torch.bool)
    with torch.no_grad():
        normed = attention.norm(values[0])
        query, key, value = (part.view(7, 2, 4).transpose(0, 1) for part in attention.project(normed).chunk(3, -1))
        shares = (query @ key.transpose(1, 2) / 8**0.5).softmax(-1)
        attended = values[0] + attention.out((shares @ value).transpose(0, 1).reshape(7, 8))
        expected = attended + attention.feed(attention.feed_norm(attended))
        torch.testing.assert_close(attention(values, mask)[0], expected)


@pytest.mark.parametrize(
    ("name", "inputs", "parameters"),
    [
        # Dense layers by hand: 282 x 192 into it, per stage 3 x (192 x 384 + 384 + 384 x 17 + 5 + 384 x 192 + 192) and
        # 8 x 192 x 192, 192 x 384 + 384 out of it, 385 for each gloss; batch norms 2 x (192 + 6 x 384 + 4 x 192).
        pytest.param("islr-first", 282, 1_668_553, id="islr-first"),
        pytest.param("spoter", 108, 5_911_160, id="spoter: 5.9 million, as its paper says"),
    ],
)
def test_parameters_with_43_glosses(name, inputs, parameters):
    recipe = RecognizerRecipe.read(find_recipe(name))
    plan = FeaturePlan(layout_named(recipe.preprocess.layout), recipe.features)
    model = build_recognizer(len(plan.names), 43, recipe.model)
    assert len(plan.names) == inputs
    assert sum(weight.numel() for weight in model.parameters()) == parameters
