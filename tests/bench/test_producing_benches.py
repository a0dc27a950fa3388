"""The benches of producers on made-up signers: who is shown what, and what is counted."""

from types import SimpleNamespace

import numpy as np
import pytest

from chereme.bench import back_recognition, loop, produce_isl43, producing, transitions
from chereme.dataset.protocols import isl43
from chereme.dataset.store import pack
from chereme.errors import UnseenError
from chereme.evaluate.production_report import METRICS
from chereme.train.transitions import Transitions
from chereme.types import Clip
from made_up import made_up_signer

WORDS = ("high", "low")


def raising(height, seed):
    """A made-up signer whose right arm goes up by `height` and comes down again."""
    sequence = made_up_signer(24, np.random.default_rng(seed))
    points = sequence.points.copy()
    lift = height * np.sin(np.linspace(0, np.pi, 24)) ** 2
    for part in (slice(16, 17), slice(54, 75)):
        points[:, part, 1] -= lift[:, None]
    return sequence.with_points(points)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    clips = [
        (Clip(f"{word}/{i}", "", word, "ins", source=f"block{i // 2}"), raising(0.35 * (word == "high"), i))
        for word in WORDS
        for i in range(6)
    ]
    return pack(clips, tmp_path_factory.mktemp("producing") / "store")


@pytest.fixture
def here(store, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for bench in (produce_isl43, back_recognition, loop):
        monkeypatch.setattr(bench, "store_of", lambda data, work: store)
    quick = {"steps": 30, "hidden": 16, "code": 4, "harmonics": 3}
    usual = producing.find_recipe

    def few_steps(name):
        recipe = usual(name)
        return recipe.changed([f"decoder.{k}={v}" for k, v in quick.items()]) if "decoder" in recipe.tables else recipe

    monkeypatch.setattr(producing, "find_recipe", few_steps)
    (tmp_path / "runs" / "bench" / "back-recognition").mkdir(parents=True)
    return tmp_path


def parts_of(store):
    return isl43(store.clips)["isl43"]


def test_signs_are_of_the_parts_asked_for(store):
    counts = {part: list(parts_of(store).values()).count(part) for part in ("train", "validation", "test")}
    assert min(counts.values()) > 0
    signs = producing.signs_of(store, ("train",))
    assert sum(sign.clips for sign in signs.values()) == counts["train"]


def test_producer_and_judge_are_shown_different_clips(store, tmp_path, monkeypatch):
    shown = {}

    def remember(name):
        def train(recipe, store, split, folder, card, **how):
            shown[name] = set(split)
            folder.joinpath("bundle").mkdir(parents=True)

        return train

    monkeypatch.setattr(producing, "train_bundle", remember("judge"))
    monkeypatch.setattr(producing, "train_producer", remember("peer"))
    monkeypatch.setattr(producing, "Recognizer", lambda bundle: bundle)
    monkeypatch.setattr(producing, "Bundle", SimpleNamespace(load=lambda folder: folder))
    monkeypatch.setattr(producing, "Generator", SimpleNamespace(load=lambda folder: folder))
    producing.apart_judge(store, tmp_path / "judge")
    producing.padded_peer(store, tmp_path / "peer")
    part = parts_of(store)
    assert shown["peer"] == {i for i, name in part.items() if name == "train"}
    assert shown["judge"] == set(part) - shown["peer"]


def test_no_block_is_on_both_sides_where_a_word_has_two():
    clips = [Clip(f"two/{i}", "", "two", "ins", source=f"block{i // 3}") for i in range(6)]
    clips += [Clip(f"one/{i}", "", "one", "ins", source="block0") for i in range(4)]
    store = SimpleNamespace(clips=clips)
    part = parts_of(store)
    assert part["two/2"] == "validation"  # of the training block
    found, alone = producing.apart(store)
    assert found == {"two/3", "two/4", "two/5", "one/2", "one/3"}
    assert alone == ["one"]


def test_produce_isl43_learns_from_all_but_the_last_blocks(here, store, monkeypatch):
    asked = []
    usual = produce_isl43.signs_of
    monkeypatch.setattr(produce_isl43, "signs_of", lambda store, parts: asked.append(parts) or usual(store, parts))
    found = produce_isl43.measure().as_json()
    assert asked == [("train", "validation")]
    assert found["n"] == list(parts_of(store).values()).count("test")
    assert set(METRICS) <= set(found)
    assert found["ratio"] == pytest.approx(found["value"] / found["peer_value"], rel=1e-3)
    assert len(found["ndtw_mje_per_seed"]) == 3
    assert {"medoid copy", "wrong gloss", "another clip, same block"} <= set(found["floors"])
    assert found["floors"]["wrong gloss"]["ndtw_mje"] > found["floors"]["medoid copy"]["ndtw_mje"]


class Judge:
    """Reads `high` from everything but what cannot be read."""

    def recognize(self, sign):
        if sign is None:
            raise UnseenError("nobody there")
        return SimpleNamespace(ranked=[SimpleNamespace(gloss="high")], unknown=True)


def test_back_recognition_counts_the_best_word_though_declined(here, monkeypatch):
    nothing = SimpleNamespace(produce=lambda gloss: None)
    monkeypatch.setattr(back_recognition, "apart_judge", lambda store, folder: Judge())
    monkeypatch.setattr(back_recognition, "padded_peer", lambda store, folder: nothing)
    found = back_recognition.measure().as_json()
    assert (found["value"], found["peer_value"], found["n"]) == (0.5, 0, 2)
    assert found["misread"]["ours"] == {"low": "high"}
    assert "nobody there" in found["misread"]["padded-MSE GRU"]["low"]


def test_the_loop_goes_through_a_film(here, monkeypatch):
    filmed = []

    def film(pictures, path, fps):
        filmed.append(path.stem)

    monkeypatch.setattr(loop, "apart_judge", lambda store, folder: Judge())
    monkeypatch.setattr(loop, "write_video", film)
    monkeypatch.setattr(loop, "extract_clip", lambda path: None if path.stem == "high" else "a clip")
    found = loop.measure().as_json()
    assert filmed == ["high", "low"]
    assert (found["value"], found["peer_value"]) == (0, 0.5)
    assert found["misread"] == {"high": "nothing: nobody there", "low": "high"}


def test_transitions_are_of_pairs_not_shown(monkeypatch):
    rng = np.random.default_rng(0)
    shapes = rng.normal(size=(6, 21, 3)).astype(np.float32)
    time = np.linspace(0, 1, 12, dtype=np.float32)[:, None, None]
    begin, end = (np.array(some) for some in zip(*[(a, b) for a in range(6) for b in range(6) if a != b], strict=True))
    hands = shapes[begin][:, None] * (1 - time) + shapes[end][:, None] * time
    made = Transitions(tuple("abcdef"), begin, end, hands.astype(np.float32))
    shown = []
    usual = transitions.train_transitions

    def quick(pairs, train, validation, config):
        shown.append({*train, *validation})
        return usual(pairs, train, validation, transitions.TransitionConfig(epochs=2, hidden=8, seed=config.seed))

    monkeypatch.setattr(transitions, "read_transitions", lambda folder: made)
    monkeypatch.setattr(transitions, "data_folder", lambda data: transitions.Path("."))
    monkeypatch.setattr(transitions, "train_transitions", quick)
    found = transitions.measure().as_json()
    assert found["n"] == 6
    assert all(len(one) == 24 for one in shown)
    assert found["value"] == found["ratio"] > 0
    assert found["ratio_ci95"][0] <= found["value"] <= found["ratio_ci95"][1]
