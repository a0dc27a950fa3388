"""The bench of time to accuracy: same clips for both, the clock stops where ours is as good, never is an error."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from chereme.bench import train_time
from chereme.bench.train_time import FRAMES, UPPER, rocket_series, split_by_signer
from chereme.dataset.store import pack
from chereme.errors import CheremeError, MissingExtraError
from chereme.layout import KINECT_20
from chereme.recipe import find_recipe
from chereme.train.answers import split_parts
from chereme.train.config import RecognizerRecipe
from chereme.types import Clip, PoseSequence

SMALL = ("model.width=16", "train.epochs=2", "train.batch=4")


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Two signs of ten signers: the right hand goes up, or to the side."""
    rng = np.random.default_rng(0)
    rest = rng.normal(0, 0.3, (20, 3))
    rest[[2, 3]] = (-0.2, 0.4, 2), (0.2, 0.4, 2)
    hand, items = KINECT_20.index("body/right_hand"), []
    for signer in range(1, 11):
        for gloss, axis in (("up", 1), ("aside", 0)):
            points = np.repeat(rest[None], 18, 0)
            points[:, hand, axis] += np.linspace(0, 1, 18)
            points += rng.normal(0, 0.01, points.shape)
            clip = Clip(f"s{signer:02d}/{gloss}", "", gloss, "ins", f"s{signer:02d}")
            items.append((clip, PoseSequence(points.astype(np.float32), KINECT_20, 30.0, (1, 1))))
    return pack(items, tmp_path_factory.mktemp("bench") / "store")


@pytest.fixture(scope="module")
def parts(store):
    split = split_by_signer({clip.id: clip.signer for clip in store.clips})
    return split_parts(store, split, RecognizerRecipe.read(find_recipe("isl30-quick")))


class Classic:
    """Answers by the first sign; some are wrong."""

    def __init__(self, **settings):
        assert settings["n_jobs"] == 1

    def fit(self, series, classes):
        assert series.shape == (12, 3 * UPPER, FRAMES)
        return self

    def predict(self, series):
        return np.zeros(len(series), np.int64)


def test_six_signers_train_and_the_seventh_validates(store):
    split = split_by_signer({clip.id: clip.signer for clip in store.clips})
    assert {i.partition("/")[0]: part for i, part in split.items()} == {
        **{f"s{n:02d}": "train" for n in range(1, 7)},
        "s07": "validation",
    }


def test_series_are_the_clip_from_its_first_frame_to_its_last(parts):
    series = rocket_series(parts, parts.validation)
    clips = parts.clips
    for row, i in zip(series, parts.validation, strict=True):
        points = clips.points[clips.starts[i] : clips.starts[i] + clips.lengths[i], :UPPER]
        np.testing.assert_array_equal(row[:, 0].reshape(UPPER, 3), np.nan_to_num(points[0]))
        np.testing.assert_array_equal(row[:, -1].reshape(UPPER, 3), np.nan_to_num(points[-1]))


def test_a_figure_is_the_median_over_seeds(store, monkeypatch):
    spent = iter([(2.0, 0.5), (1.0, 0.5), (4.0, 0.5)])
    ours = iter([2.0, 3.0, 2.0])
    monkeypatch.setattr(train_time, "packed", lambda *_: store)
    monkeypatch.setattr(train_time, "rocket_class", lambda: Classic)
    monkeypatch.setattr(train_time, "_time_rocket", lambda *_: next(spent))
    monkeypatch.setattr(train_time, "_time_ours", lambda *_: {"cpu_seconds": next(ours), "epochs": 1, "top1": 0.5})
    found = train_time.measure(changes=SMALL)
    assert [row["ratio"] for row in found.details["by_seed"]] == [1.0, 3.0, 0.5]
    assert (found.ratio, found.value, found.peer_value) == (1.0, 2.0, 2.0)
    assert found.n == 12


def test_both_are_timed_and_ours_stops_once_it_is_as_good(parts):
    seconds, top1 = train_time._time_rocket(Classic, parts, 0)
    assert top1 == 0.5
    assert seconds >= 0
    recipe = RecognizerRecipe.read(find_recipe("isl30-quick").changed(["model.width=16", "train.batch=4"]))
    found = train_time._time_ours(parts, recipe, top1)
    assert found["top1"] >= top1
    assert found["epochs"] <= recipe.train.epochs
    assert found["cpu_seconds"] > 0


def test_never_as_good_is_an_error(parts):
    recipe = RecognizerRecipe.read(find_recipe("isl30-quick").changed(SMALL))
    with pytest.raises(CheremeError, match=r"isl30-quick, seed 0: .* in 2 epochs, where the classic has 1\.1000"):
        train_time._time_ours(parts, recipe, 1.1)


def test_without_aeon_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "aeon.classification.convolution_based", None)
    with pytest.raises(MissingExtraError, match=r"chereme\[bench\]"):
        train_time.rocket_class()


def test_the_peer_is_compiled_before_it_is_timed(monkeypatch):
    used = []

    class Watched(Classic):
        def fit(self, series, classes):
            used.append(series.shape[1:])
            return self

    module = SimpleNamespace(MiniRocketClassifier=Watched)
    for name in ("aeon", "aeon.classification"):
        monkeypatch.setitem(sys.modules, name, SimpleNamespace(__path__=[]))
    monkeypatch.setitem(sys.modules, "aeon.classification.convolution_based", module)
    assert train_time.rocket_class() is Watched
    assert used == [(6, FRAMES)]
