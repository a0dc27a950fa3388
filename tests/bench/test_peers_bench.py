"""The benches of peers: a classic trained on the same clips, and every row with its cost."""

from types import SimpleNamespace

import numpy as np
import pytest

from chereme.bench import peers, peers_isl30, peers_isl43, peers_wlasl100
from chereme.bench.peers import clip_milliseconds, peers_result, train_rocket
from chereme.bench.recipes import Entrant
from chereme.dataset.store import pack
from chereme.features import FeaturePlan
from chereme.layout import HANDS_42, layout_named
from chereme.recipe import find_recipe
from chereme.train.answers import split_parts
from chereme.train.config import RecognizerRecipe
from chereme.types import Clip, PoseSequence
from made_up import made_up_signer

TINY = ("train.epochs=2", "train.late_dropout_from=0", "model.width=16", "model.layers=1", "model.heads=2")
PART = {"a": "train", "b": "validation", "c": "test"}


class Ridge:
    """Stands for the classic: of two classes it says the second, of more the first."""

    def __init__(self, classes):
        self.estimator_ = SimpleNamespace(coef_=np.zeros((3, 5)), intercept_=np.zeros(3))
        self.pipeline_ = SimpleNamespace(decision_function=self.score)
        self.classes = classes

    def score(self, series):
        assert series.shape[2] == peers.FRAMES
        return np.zeros(len(series)) + 0.5 if self.classes == 2 else np.eye(self.classes)[np.zeros(len(series), int)]


@pytest.fixture
def classic(monkeypatch):
    given = []

    def fit(kind, series, classes, seed):
        given.append((series.shape, seed))
        return Ridge(len(np.unique(classes)))

    monkeypatch.setattr(peers, "fit_rocket", fit)
    monkeypatch.setattr(peers, "rocket_class", lambda: object)
    return given


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Two words, three signers, two takes of each."""
    rng = np.random.default_rng(0)
    clips = [(gloss, signer, take) for gloss in ("casa", "pai") for signer in "abc" for take in "12"]
    items = [
        (Clip("/".join(clip), "", clip[0], "bzs", clip[1]), made_up_signer(20 + i, rng)) for i, clip in enumerate(clips)
    ]
    return pack(items, tmp_path_factory.mktemp("peers") / "store")


@pytest.fixture
def split(store):
    return {clip.id: PART[clip.signer] for clip in store.clips}


def test_the_classic_learns_from_training_and_validation_clips(store, split, classic):
    parts = split_parts(store, split, RecognizerRecipe.read(find_recipe("isl43")))
    training, machine = train_rocket(object, parts, "s", 7)
    assert classic == [((8, 3 * 55, peers.FRAMES), 7)]
    assert training.clips == tuple(clip.id for clip in store.clips if clip.signer == "c")
    assert training.logits.argmax(1).tolist() == [1, 1, 1, 1]  # of two classes, the second one leads
    assert (training.parameters, training.inputs, training.seed) == (18, 165, 7)
    assert training.cpu_seconds >= 0
    assert isinstance(machine, Ridge)


def test_every_row_has_its_cost_and_ours_stands_beside_the_best(store, split, classic, tmp_path):
    entrants = [
        Entrant("islr-first", ("model.embedding=8",), "size", seeds=(0,)),
        Entrant("spoter", ("model.feed=8", 'features.blocks=["spoter_hands"]'), "a body", seeds=(0,)),
        Entrant("isl43", seeds=(0,), ours=True),
    ]
    result = peers_result("peers", entrants, store, {"s": split}, "a split", tmp_path, "", TINY)
    rows = {row["recipe"]: row for row in result.details["rows"]}
    assert set(rows) == {"islr-first", "spoter", "isl43", "minirocket"}
    for row in rows.values():
        assert row["ms_per_clip"] > 0
        assert row["cpu_seconds"] >= 0
        assert row["n"] == 4
        assert len(row["top1_ci95"]) == 2
    assert result.peer.endswith("the best of the peers, same splits and clips")
    assert rows["minirocket"]["top1"] == 0.5
    assert result.details["timed"].startswith("4 test clips, 5 times each")
    assert len(list(tmp_path.glob("*/bundle/model.onnx"))) == 3


def test_all_answer_one_clip_before_the_next():
    order = []
    ways = {name: [lambda name=name, i=i: order.append(f"{name}{i}") for i in range(2)] for name in "ab"}
    ms = clip_milliseconds(ways, rounds=1)
    assert order == ["a0", "b0", "a1", "b1"] * 2
    assert set(ms) == {"a", "b"}
    assert all(0 <= value < 100 for value in ms.values())


@pytest.mark.parametrize("bench", [peers_isl43, peers_isl30, peers_wlasl100])
def test_every_entrant_is_a_valid_recipe_and_says_what_it_leaves_out(bench):
    layouts = set()
    for entrant in bench.ENTRANTS:
        recipe = RecognizerRecipe.read(find_recipe(entrant.recipe).changed(entrant.changes))
        layouts.add(recipe.preprocess.layout)
        assert FeaturePlan(layout_named(recipe.preprocess.layout), recipe.features).names
        assert bool(entrant.changes) == bool(entrant.left_out)
        assert entrant.seeds == ((0,) if recipe.model.kind == "knn" else (0, 1, 2))
    assert [entrant.recipe for entrant in bench.ENTRANTS if not entrant.ours] == ["islr-first", "spoter", "knn"]
    wanted = {"peers_isl43": {"upper_body_55", "body_hands_75"}, "peers_isl30": {"kinect_20"}}
    assert layouts == wanted.get(bench.__name__.rpartition(".")[2], {"hands_42"})


def test_wlasl100_is_the_first_hundred_classes_in_their_official_parts(monkeypatch, tmp_path):
    rows = [("book", "train"), ("book", "test"), ("drink", "validation"), ("rare", "train")]
    hands = PoseSequence(np.ones((3, 42, 3), np.float32), HANDS_42, 30.0, (640, 480))
    clips = [(Clip(str(i), "", gloss, "ase", split=part), hands) for i, (gloss, part) in enumerate(rows)]
    store = pack(clips, tmp_path / "store")
    monkeypatch.setattr(peers_wlasl100, "first_glosses", lambda folder, count: frozenset({"book", "drink"}))
    assert peers_wlasl100.split_of(store, tmp_path) == {"0": "train", "1": "test", "2": "validation"}
