"""Every recipe of the word systems trains, writes a bundle, and the bundle answers as training did."""

import itertools
import json

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from chereme.bundle import Bundle
from chereme.bundle.write import load_model
from chereme.cli import _cli
from chereme.dataset.store import Store, pack
from chereme.errors import RecipeError
from chereme.export import LARGEST_DIFFERENCE, prove_bundle
from chereme.features import FeaturePlan
from chereme.layout import HOLISTIC_543
from chereme.models import NearestClips
from chereme.recipe import Recipe, find_recipe
from chereme.recognize import Recognizer
from chereme.train.answers import logits_of, split_parts
from chereme.train.batches import make_batch
from chereme.train.config import RecognizerRecipe, TrainConfig
from chereme.train.letters_config import LettersConfig
from chereme.train.module import RecognizerTraining
from chereme.train.run import fit
from chereme.types import Clip
from made_up import made_up_signer

RECIPES = [
    "libras-rnn", "libras-gru", "libras-lstm", "libras-transformer", "knn", "isl-transformer", "islr-first", "spoter",
]  # fmt: skip
NO_FACE = [
    "preprocess.layout=body_hands_75",
    'features.preset=""',
    'features.blocks=["pose_points_seen", "left_hand_points", "right_hand_points"]',
]
"""What docs/models.md says of the INCLUDE recipe on landmarks without a face."""


def raised(sequence, gloss):
    """`up` raises the right hand over the clip, `down` lowers it."""
    points = sequence.points.copy()
    path = np.linspace(0, -0.2 if gloss == "up" else 0.2, len(points))
    names = sequence.layout.names
    points[:, [i for i, n in enumerate(names) if n.startswith("right_hand/") or n == "pose/right_wrist"], 1] += path[
        :, None
    ]
    return sequence.with_points(points)


def make_store(folder, layout=None) -> Store:
    rng = np.random.default_rng(0)
    items = []
    for i, gloss in itertools.product(range(10), ("up", "down")):
        sequence = raised(made_up_signer(int(rng.integers(22, 34)), rng), gloss)
        items.append((Clip(f"{gloss}/{i}", "", gloss, "zxx"), sequence if layout is None else with_face(sequence, rng)))
    store = pack(items, folder)
    (folder / "splits").mkdir()
    rows = "".join(f"{c.id},{'validation' if c.id[-1] in '89' else 'train'}\n" for c in store.clips)
    (folder / "splits" / "some.csv").write_text(f"id,split\n{rows}", encoding="utf-8")
    return Store.open(folder)


def with_face(sequence, rng):
    whole = sequence.with_missing(HOLISTIC_543)
    points = whole.points.copy()
    face = whole.layout.groups["face"]
    points[:, face] = sequence.landmark("pose/nose")[:, None] + rng.normal(0, 0.03, (468, 3)).astype(np.float32)
    return whole.with_points(points)


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Store:
    return make_store(tmp_path_factory.mktemp("recipes") / "store")


@pytest.fixture(scope="module")
def face_store(tmp_path_factory) -> Store:
    return make_store(tmp_path_factory.mktemp("faces") / "store", HOLISTIC_543)


@pytest.mark.parametrize("recipe", [*RECIPES, "isl-transformer without a face"])
def test_a_recipe_trains_and_its_bundle_answers_alike(recipe, store, face_store, tmp_path):
    name, _, without = recipe.partition(" ")
    data = store if name != "isl-transformer" or without else face_store
    changes = ["train.epochs=2", *(NO_FACE if without else [])]
    if name.endswith(("transformer", "spoter")):
        changes += ["model.width=72", "model.feed=32"]  # the size is tested in tests/models
    arguments = ["train", name, "--data", str(data.folder), "--split", "some", "-o", str(tmp_path / "run"), "--json"]
    for change in changes:
        arguments += ["--set", change]
    run = CliRunner().invoke(_cli, arguments, catch_exceptions=False)
    assert run.exit_code == 0, run.output
    bundle = Bundle.load(json.loads(run.stdout)["bundle"])
    assert bundle.scores["validation_clips"] == 4
    settings = RecognizerRecipe.read(bundle.recipe)
    parts = split_parts(data, data.split("some"), settings)
    expected = logits_of(load_model(bundle), parts, parts.validation, settings)
    recognizer = Recognizer(bundle)
    given = [recognizer.logits(data.sequence(data.positions[parts.ids[i]])) for i in parts.validation]
    np.testing.assert_allclose(np.stack(given), expected, atol=1e-4)
    assert prove_bundle(bundle, data, clips=20).largest_difference <= LARGEST_DIFFERENCE


def test_knn_tells_signs_apart_and_keeps_its_clips(store, tmp_path):
    chosen = RecognizerRecipe.read(find_recipe("knn"))
    parts = split_parts(store, store.split("some"), chosen)
    kept = fit(parts, parts.train, parts.validation, chosen, tmp_path)
    assert isinstance(kept.model, NearestClips)
    assert len(kept.model.clips) == len(parts.train) == 16
    assert kept.validation_top1 == 1.0
    again = fit(parts, parts.train, None, chosen, tmp_path)
    assert again.validation_top1 is None
    assert (again.model.clips == kept.model.clips).all()


def test_defect_short_clips_padded_with_their_last_frame(face_store):
    """The INCLUDE system repeated the last frame up to 60, without a mask; here a short clip's frames are its own."""
    chosen = RecognizerRecipe.read(find_recipe("isl-transformer"))
    parts = split_parts(face_store, face_store.split("some"), chosen)
    plan = FeaturePlan(HOLISTIC_543, chosen.features)
    values, mask = make_batch(parts.clips, parts.validation, chosen, plan, None)
    assert values.shape == (4, 60, 408)
    assert mask.all()
    for row, clip in zip(values, parts.validation, strict=True):
        _, counts = np.unique(row, axis=0, return_counts=True)
        assert len(counts) == parts.clips.lengths[clip] < 60  # every frame of the clip, each about as often
        assert counts.max() <= counts.min() + 2


@pytest.mark.parametrize("validated", [True, False])
def test_the_rate_falls_on_a_plateau(store, tmp_path, validated):
    changes = ["model.width=8", "train.epochs=5", "train.plateau_patience=0", "train.plateau_factor=0.5"]
    changes += ["train.rate=1e9", "train.patience=0"]  # so far off that the loss goes up and down
    chosen = RecognizerRecipe.read(find_recipe("libras-rnn").changed(changes))
    parts = split_parts(store, store.split("some"), chosen)
    fit(parts, parts.train, parts.validation if validated else None, chosen, tmp_path)
    rows = (tmp_path / "progress.csv").read_text().splitlines()
    at = rows[0].split(",").index("rate")
    rates = [float(row.split(",")[at]) for row in rows[1:]]
    assert rates[0] == pytest.approx(1e9)
    assert rates[-1] < rates[0]
    assert set(np.round(np.log2(rates[0] / np.array(rates)), 3)) <= set(range(6))


def test_a_constant_rate_stays(store, tmp_path):
    chosen = RecognizerRecipe.read(
        find_recipe("libras-rnn").changed(["model.width=8", "train.epochs=2", "train.schedule=constant"])
    )
    parts = split_parts(store, store.split("some"), chosen)
    fit(parts, parts.train, parts.validation, chosen, tmp_path)
    rows = (tmp_path / "progress.csv").read_text().splitlines()
    assert {row.rsplit(",", 1)[1] for row in rows[1:]} == {"0.0001"}


def test_settings_of_the_plateau():
    with pytest.raises(RecipeError, match="plateau_factor"):
        RecognizerRecipe.read(Recipe.from_text("[train]\nplateau_factor = 1.0"))
    with pytest.raises(RecipeError, match="Invalid enum value 'stairs'"):
        RecognizerRecipe.read(Recipe.from_text("[train]\nschedule = 'stairs'"))


@pytest.mark.parametrize("config", [TrainConfig, LettersConfig])
def test_signs_and_letters_go_down_the_same_schedules(config):
    """Settings decide, not whose they are: a tenth of the rate every 30 epochs, with either optimiser."""
    model = torch.nn.Linear(2, 2)
    plan = RecognizerTraining(model, config(schedule="steps", optimiser="adam", rate=0.1), 100).configure_optimizers()
    optimiser, schedule = plan["optimizer"], plan["lr_scheduler"]["scheduler"]
    assert type(optimiser) is torch.optim.Adam
    rates = []
    for _ in range(61):
        rates.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        schedule.step()
    assert [rates[epoch] for epoch in (0, 29, 30, 59, 60)] == pytest.approx([0.1, 0.1, 0.01, 0.01, 0.001])
    falling = config(schedule="plateau", plateau_factor=0.5, plateau_patience=0)
    plateau = RecognizerTraining(model, falling, 100).configure_optimizers()["lr_scheduler"]
    assert (plateau["monitor"], plateau["scheduler"].factor) == ("validation_loss", 0.5)
