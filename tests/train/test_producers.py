"""Producers on a small made-up set in the shape of iSign: sentences, source videos, unseen points."""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from chereme.bundle import Card
from chereme.dataset.split import hold_out
from chereme.dataset.store import Store, pack
from chereme.errors import BundleError, CheremeError, RecipeError, SplitError, TrainingError
from chereme.evaluate.production import ndtw_mje
from chereme.features.body_frame import ISIGN_76
from chereme.models.gloss_to_pose import PAD, build_producer
from chereme.produce.generate import Generator
from chereme.recipe import Recipe, find_recipe
from chereme.train.batches import EpochBatches
from chereme.train.producer import ProducerTraining, fit_producer, frames_of, train_producer
from chereme.train.producer_config import ProducerRecipe
from chereme.train.producer_data import ProducerBatches, Tokens, make_pairs
from chereme.train.producer_select import select_producer
from chereme.types import Clip
from made_up import made_up_signer

SMALL = ["model.embed=16", "model.hidden=32", "model.layers=1", "train.epochs=3"]
CARD = Card("t", "s", ("made up",), "ours", "open", ())
TEXTS = ("house rain", "rain", "House big rain")


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def lifted(frames, height, seed):
    """A made-up signer whose right hand goes up by `height`."""
    sequence = made_up_signer(frames, np.random.default_rng(seed))
    points = sequence.points.copy()
    points[:, [16, *range(54, 75)], 1] -= height * np.sin(np.linspace(0, np.pi, frames))[:, None] ** 2
    points[3:5, 33:54] = np.nan
    return sequence.with_points(points)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    clips = [
        (Clip(f"v{i // 3}-{i % 3}", "", TEXTS[i % 3], "ins", source=f"v{i // 3}"), lifted(16 + i, 0.3 * (i % 3), i))
        for i in range(15)
    ]
    return pack(clips, tmp_path_factory.mktemp("producers") / "store")


@pytest.fixture(scope="module")
def split(store):
    parts, _ = hold_out(store.clips, ["source"], test=0.2, validation=0), None
    return {i: "validation" if part == "test" else part for i, part in parts.items()}


def recipe(name, *changes):
    return ProducerRecipe.read(find_recipe(name).changed([*SMALL, *changes]))


def loaded(bundle, pairs, settings):
    """The bundle's weights in torch."""
    from safetensors.torch import load_file

    model = build_producer(len(pairs.tokens), settings.pose.size, torch.from_numpy(pairs.mean), settings.model)
    model.load_state_dict(load_file(bundle / "model.safetensors"))
    return model.eval()


@pytest.mark.parametrize("name", ["gloss-gru", "gloss-transformer", "gloss-pose"])
def test_a_recipe_becomes_a_bundle_that_says_in_onnx_what_torch_says(name, store, split, tmp_path):
    settings = recipe(name, "train.own_frames=0.5")
    bundle = train_producer(settings, store, split, tmp_path / "run", CARD, split_name="source")
    generator = Generator.load(bundle)
    assert generator.glosses == tuple(sorted(TEXTS[:2] + TEXTS[2:]))
    pairs = make_pairs(store, split, settings)
    model = loaded(bundle, pairs, settings)
    with torch.no_grad():
        read = model.read(torch.tensor([pairs.tokens("rain house")]))
        frames = frames_of(model.log_seconds(read), settings.pose)
        expected = model.produce(read, frames)[0, :, : settings.pose.size].numpy()
    made = generator.produce("rain HOUSE")
    assert len(made) == len(expected) == int(frames)
    times = np.linspace(0, 1, len(made), dtype=np.float32)[None]
    found, seen = generator._all_frames(np.array([pairs.tokens("rain house")]), times)
    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert seen.shape == (len(made), 2)
    assert made.layout.name == settings.pose.points
    scores = json.loads((bundle / "scores.json").read_text(encoding="utf-8"))
    assert scores["validation_clips"] == 3
    assert scores["epochs"] <= 3
    assert {p.suffix for p in bundle.iterdir()} == {".json", ".md", ".toml", ".onnx", ".safetensors"}


def test_numbers_a_frame_are_those_of_the_source(store, split):
    settings = recipe("gloss-gru")
    assert (settings.pose.size, settings.text.max_length, settings.pose.max_frames) == (152, 16, 96)
    assert (settings.train.epochs, settings.train.patience) == (3, 8)
    assert find_recipe("gloss-gru").tables["train"]["epochs"] == 60
    pairs = make_pairs(store, split, settings)
    assert pairs.values[0].shape[1] == 152
    face = [i for i, name in enumerate(ISIGN_76.names) if name.startswith("face/")]
    assert np.isnan(pairs.values[0].reshape(-1, 76, 2)[:, face]).all()  # the made-up signer has no face: unseen, not 0
    assert np.isfinite(pairs.mean).all()


def test_what_is_masked_changes_nothing(store, split):
    settings = recipe("gloss-pose", "model.dropout=0.0")
    pairs = make_pairs(store, split, settings)
    torch.manual_seed(0)
    model = build_producer(len(pairs.tokens), settings.pose.size, torch.from_numpy(pairs.mean), settings.model)
    module = ProducerTraining(model, settings.train, 10, settings.pose)
    tokens, poses, frames = ProducerBatches(pairs, pairs.chosen("train"))[(0, 0, np.arange(4))]
    read = model.read(tokens)
    times = torch.arange(poses.shape[1]) / (frames[:, None] - 1)
    made = model.decode(read, times.clamp(max=1), module._before(poses))
    loss = module._distance(made, poses, frames)
    elsewhere = made.clone()
    elsewhere[..., : settings.pose.size][poses.isnan()] += 100
    seen_logits = made[..., settings.pose.size :]
    elsewhere[..., settings.pose.size :] = seen_logits
    # bones and motion with an unseen end count for nothing either
    assert module._distance(elsewhere, poses, frames).item() == pytest.approx(loss.item(), rel=1e-5)
    padded = torch.nn.functional.pad(tokens, (0, 3), value=PAD)
    torch.testing.assert_close(model.read(padded)[0][:, : tokens.shape[1]], read[0], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("name", ["gloss-gru", "gloss-transformer"])
def test_no_frame_looks_at_a_later_one(name, store, split):
    settings = recipe(name, "model.dropout=0.0")
    pairs = make_pairs(store, split, settings)
    model = build_producer(len(pairs.tokens), settings.pose.size, torch.from_numpy(pairs.mean), settings.model).eval()
    read = model.read(torch.tensor([[2, 3]]))
    before = torch.randn(1, 9, settings.pose.size)
    times = torch.linspace(0, 1, 9)[None]
    changed = before.clone()
    changed[:, 6:] += 1
    with torch.no_grad():
        one, other = (model.decode(read, times, poses) for poses in (before, changed))
    torch.testing.assert_close(one[:, :6], other[:, :6])
    assert not torch.allclose(one[:, 6:], other[:, 6:])


def test_producing_is_given_nothing_true(store, split, tmp_path):
    """The same weights make the same sign, whatever the validation clips look like and however long they are."""
    settings = recipe("gloss-pose")
    pairs = make_pairs(store, split, settings)
    kept = fit_producer(pairs, settings, tmp_path / "run")
    tokens = torch.tensor([pairs.tokens("rain")])
    with torch.no_grad():
        read = kept.model.read(tokens)
        frames = frames_of(kept.model.log_seconds(read), settings.pose)
        again = frames_of(kept.model.log_seconds(kept.model.read(tokens)), settings.pose)
    assert frames == again
    assert 2 <= int(frames) <= 96


def test_ours_learns_where_each_word_goes(store, split, tmp_path):
    longer = ["train.epochs=60", "train.patience=0", "train.rate=3e-3", "train.batch=4", "train.average=0.0"]
    settings = recipe("gloss-pose", *longer, "train.validate_every=60", "model.hidden=48", "model.dropout=0.0")
    bundle = train_producer(settings, store, split, tmp_path / "run", CARD, split_name="source")
    generator = Generator.load(bundle)
    references = {text: store.sequence(i) for i, text in enumerate(TEXTS)}
    for text, reference in references.items():
        apart = {other: ndtw_mje(generator.produce(other), reference) for other in TEXTS}
        assert min(apart, key=apart.get) == text
    lengths = {text: generator.produce(text).seconds for text in TEXTS}
    assert all(0.5 < seconds < 1.5 for seconds in lengths.values())


def test_a_run_that_was_broken_off_ends_the_same(store, split, tmp_path):
    settings = recipe("gloss-gru", "train.own_frames=0.5")
    pairs = make_pairs(store, split, settings)
    whole = fit_producer(pairs, settings, tmp_path / "whole")
    fit_producer(pairs, settings, tmp_path / "broken", stop_after=1)
    resumed = fit_producer(pairs, settings, tmp_path / "broken", resume=True)
    assert resumed.validation_top1 == pytest.approx(whole.validation_top1, rel=1e-6)
    for name, value in whole.model.state_dict().items():
        torch.testing.assert_close(resumed.model.state_dict()[name], value)


def test_bf16_trains(store, split, tmp_path):
    settings = recipe("gloss-pose", "train.precision=bf16-mixed", "train.epochs=1")
    kept = fit_producer(make_pairs(store, split, settings), settings, tmp_path / "run")
    assert np.isfinite(kept.validation_top1)


def test_patience_ends_a_run(store, split, tmp_path):
    settings = recipe("gloss-gru", "train.epochs=12", "train.patience=1", "train.rate=0.3", "train.gradient_norm=0.0")
    kept = fit_producer(make_pairs(store, split, settings), settings, tmp_path / "run")
    rows = (tmp_path / "run" / "progress.csv").read_text(encoding="utf-8").splitlines()
    assert kept.epochs < len(rows) - 1 < 12


def test_padded_errors_are_learnt_as_many_do(store, split):
    settings = recipe("gloss-gru", "train.padded=true")
    pairs = make_pairs(store, split, settings)
    model = build_producer(len(pairs.tokens), settings.pose.size, torch.from_numpy(pairs.mean), settings.model)
    module = ProducerTraining(model, settings.train, 1, settings.pose)
    poses = torch.full((1, 4, 152), torch.nan)
    poses[:, :2] = 2.0
    made = torch.zeros(1, 4, 154)
    assert module._distance(made, poses, torch.tensor([2])).item() == pytest.approx(2 * 4 / 96)


def test_selection_is_a_table_best_first(store, split, tmp_path):
    chosen = [recipe("gloss-gru"), recipe("gloss-pose"), recipe("gloss-bert-gru", "model.encoder=nowhere")]
    found = select_producer(chosen, store, split, tmp_path / "select", split_name="source", epochs=2)
    assert [one.recipe for one in found][-1] == "gloss-bert-gru"
    assert found[-1].failed
    assert found[0].validation_loss <= found[1].validation_loss
    table = (tmp_path / "select" / "selection.csv").read_text(encoding="utf-8").splitlines()
    assert table[0] == "recipe,validation_loss,epochs,weights,failed"
    assert len(table) == 4
    with pytest.raises(SplitError, match="no validation clips"):
        select_producer(chosen, store, dict.fromkeys(split, "train"), tmp_path / "x", split_name="none")


def tiny_reader(folder: Path) -> Path:
    """A BERT of a few random weights and a vocabulary of letters, as transformers writes them."""
    transformers = pytest.importorskip("transformers")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "house", "rain", "big"]
    folder.mkdir()
    (folder / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    transformers.BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
    config = transformers.BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16
    )
    transformers.BertModel(config).save_pretrained(folder)
    return folder


@pytest.mark.filterwarnings("ignore")
def test_a_pretrained_reader(store, split, tmp_path):
    """Random weights here; `$CHEREME_READER` names a folder with real ones, which are then tested instead."""
    reader = Path(os.environ.get("CHEREME_READER") or tiny_reader(tmp_path / "bert"))
    settings = recipe("gloss-bert-gru", f"model.encoder='{reader}'", "train.rate=1e-3", "train.epochs=2")
    pairs = make_pairs(store, split, settings)
    before = build_producer(0, 152, torch.from_numpy(pairs.mean), settings.model).reader.model.state_dict()
    bundle = train_producer(settings, store, split, tmp_path / "run", CARD, split_name="source")
    after = loaded(bundle, pairs, settings).reader.model.state_dict()
    assert any(not torch.equal(before[name], after[name]) for name in before)
    generator = Generator.load(bundle)
    assert generator.knows("a text that it was never taught")
    model = loaded(bundle, pairs, settings)
    with torch.no_grad():
        read = model.read(torch.tensor([pairs.tokens("big house")]))
        expected = model.produce(read, frames_of(model.log_seconds(read), settings.pose))[0, :, :152]
    frames, _ = generator._all_frames(np.array([generator._tokens("big house")]), np.zeros((1, len(expected)), "f4"))
    np.testing.assert_allclose(frames, expected, atol=1e-4)
    with pytest.raises(CheremeError, match="pieces of words"):
        generator.produce("big " * 40)
    frozen = replace(settings, model=replace(settings.model, freeze=True))
    kept = fit_producer(pairs, frozen, tmp_path / "frozen")
    still = kept.model.reader.model.state_dict()
    assert all(torch.equal(before[name], still[name]) for name in before if "pooler" not in name)


def test_words_never_taught_are_said(store, split, tmp_path):
    settings = recipe("gloss-pose", "train.epochs=1")
    generator = Generator.load(train_producer(settings, store, split, tmp_path / "run", CARD, split_name="source"))
    with pytest.raises(CheremeError, match="did you mean 'house'"):
        generator.produce("hous")
    with pytest.raises(CheremeError, match="no words"):
        generator.produce("  ")
    with pytest.raises(CheremeError, match="17 words"):
        generator.produce("rain " * 17)
    assert generator.produce("rain", fps=50).fps == 50
    weights = tmp_path / "run" / "bundle" / "producer.onnx"
    weights.write_bytes(weights.read_bytes() + b"x")
    with pytest.raises(BundleError, match="not the file"):
        Generator.load(tmp_path / "run" / "bundle")


def test_two_runs_are_not_mixed(store, split, tmp_path):
    settings = recipe("gloss-pose", "train.epochs=1")
    train_producer(settings, store, split, tmp_path / "run", CARD, split_name="source")
    with pytest.raises(TrainingError, match="--resume"):
        train_producer(settings, store, split, tmp_path / "run", CARD, split_name="source")


def test_refit_learns_from_validation_clips_too(store, split, tmp_path):
    settings = recipe("gloss-pose", "train.epochs=2")
    bundle = train_producer(settings, store, split, tmp_path / "run", CARD, split_name="source", refit=True)
    scores = json.loads((bundle / "scores.json").read_text(encoding="utf-8"))
    assert (scores["refit_on_validation"], scores["train_clips"]) == (True, 15)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("[pose]\npoints='all'", "isign_76", id="points"),
        pytest.param("[pose]\ndims=4", "2 or 3", id="dims"),
        pytest.param("[pose]\n[model]\nkind='bert-gru'", "needs model.encoder", id="no reader"),
        pytest.param("[pose]\n[model]\nhidden=30", "multiple", id="heads"),
        pytest.param("[pose]\n[train]\nown_frames=2.0", "share", id="own frames"),
        pytest.param("[pose]\n[train]\nvelocity=-1.0", "below 0", id="weight"),
        pytest.param("[pose]\n[text]\nmax_length=0", "at least 1", id="no words"),
        pytest.param("[pose]\n[trian]\nrate=1", "did you mean 'train'", id="table"),
    ],
)
def test_recipes_that_make_no_sense(text, said):
    with pytest.raises(RecipeError, match=said):
        ProducerRecipe.read(Recipe.from_text(text))


def test_long_texts_are_cut_and_counted(store, split):
    settings = recipe("gloss-pose", "text.max_length=2")
    pairs = make_pairs(store, split, settings)
    assert pairs.cut == 5
    assert len(pairs.tokens("house big rain")) == 2
    assert Tokens(("rain",), settings.text)("rain snow") == [2, 1]


def test_a_split_without_training_clips_is_said(store):
    with pytest.raises(SplitError, match="no clip to train on"):
        make_pairs(store, dict.fromkeys((c.id for c in store.clips), "test"), recipe("gloss-pose"))


def test_batches_are_of_the_clips_asked_for(store, split):
    pairs = make_pairs(store, split, recipe("gloss-pose"))
    data = ProducerBatches(pairs, pairs.chosen("train"))
    keys = list(EpochBatches(len(data), 5, 0))
    tokens, poses, frames = data[keys[0]]
    assert len(tokens) == len(poses) == len(frames) == 5
    assert poses.shape[1] == frames.max()
    assert poses[frames.argmin(), frames.min() :].isnan().all()
    assert isinstance(store, Store)
