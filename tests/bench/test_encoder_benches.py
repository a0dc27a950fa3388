"""The benches of the sign encoder from end to end, on drawn signs and with a network for a test."""

import numpy as np
import pytest

from chereme.bench import (
    BENCHES,
    acc_wlasl100,
    acc_wlasl1700,
    asl24,
    embeddings,
    one_shot,
    one_shot_cross,
    recipes,
    train_cost,
    unknown,
)
from chereme.bench.embeddings import encoder
from chereme.bench.recipes import Training
from chereme.dataset.store import pack
from chereme.recipe import find_recipe
from chereme.train.config import RecognizerRecipe
from chereme.types import Clip
from made_up import made_up_signer

TINY = (
    "model.width=16", "model.layers=1", "model.convolutions=1", "model.embedding=16", "sampling.most=12",
    "sampling.frames_at_unit=10", "train.epochs=2", "train.batch=8", "train.precision=32-true",
)  # fmt: skip
TRAINED, UNSEEN = ("all", "both", "calm", "deep"), ("late", "mild", "near")
PARTS = ("train", "train", "validation", "test")


def sign(number, rng):
    """The right hand goes off in a direction of the gloss's own."""
    sequence = made_up_signer(int(rng.integers(12, 18)), rng)
    points = sequence.points.copy()
    way = np.linspace(0, 0.3, len(points))[:, None] * np.array([np.cos(number), np.sin(number)])
    points[:, [*range(54, 75), 16], :2] += way[:, None]
    return sequence.with_points(points)


def packed_signs(glosses, folder, parts=PARTS):
    """A clip of each gloss for each part, in recording blocks of their own and by a signer each."""
    rng = np.random.default_rng(0)
    clips = [
        Clip(f"{gloss}/s{i}_1", "", gloss, "ase", f"s{i}", f"block{i}", split=part)
        for gloss in glosses
        for i, part in enumerate(parts)
    ]
    return pack([(clip, sign(glosses.index(clip.gloss), rng)) for clip in clips], folder)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Data folder, work folder and stores by the name of the set; `asl24` is 3 words by 4 signers."""
    root = tmp_path_factory.mktemp("encoder")
    stores = {
        "wlasl_hands": packed_signs(TRAINED + UNSEEN, root / "wlasl"),
        "isl_include43_poses": packed_signs(("ek", "do", "teen", "char", "panch"), root / "isl", ("", "", "")),
        "asl24_videos": packed_signs(("dad", "eat", "milk"), root / "videos", ("", "", "", "")),
    }
    folder = root / "data" / "wlasl_hands"
    folder.mkdir(parents=True)
    (folder / "dev_unseen_glosses.txt").write_text("\n".join(UNSEEN) + "\n")
    twins = {"late/s0_1": "1", "late/s1_1": "1", "all/s3_1": "2", "both/s0_1": "2"}
    rows = [
        f"{clip.id},{clip.gloss},{(TRAINED + UNSEEN).index(clip.gloss)},{twins.get(clip.id, '')}"
        for clip in stores["wlasl_hands"].clips
    ]
    (folder / "index.csv").write_text("\n".join(["video_id,gloss,class_id,same_video_group", *rows]) + "\n")
    return root / "data", root / "work", stores


@pytest.fixture(autouse=True)
def made_up_sets(world, monkeypatch):
    for module in (embeddings, one_shot_cross, unknown):
        monkeypatch.setattr(module, "packed", lambda data, name, work: world[2][name])
    monkeypatch.setattr(asl24, "extracted", lambda videos, work: world[2]["asl24_videos"])
    (world[0] / "asl24_videos").mkdir(exist_ok=True)


def measured(module, world, **more):
    data, work, _ = world
    return module.measure(data, "", TINY, work, **more)


def test_one_shot(world):
    result = measured(one_shot, world)
    shown = result.as_json()
    assert result.n == 12
    assert shown["glosses"] == 3
    assert shown["galleries"] == 5
    assert [row["seed"] for row in shown["by_seed"]] == [0, 1, 2]
    for name in ("recall1", "recall10", "mrr"):
        low, high = shown[f"{name}_ci95"]
        assert low <= shown[name] <= high
    assert shown["recall1"] == shown["value"]
    assert shown["recall10"] == 1  # of three glosses
    assert shown["peer_scores"]["recall1"] == shown["peer_value"]
    assert set(shown["untrained_net"]) == {n for m in ("recall1", "recall10", "mrr") for n in (m, f"{m}_ci95")}
    assert len(shown["cpu_minutes_each"]) == 3


def test_a_query_of_the_examples_own_video_is_not_asked(world, monkeypatch):
    drawn = []
    monkeypatch.setattr(one_shot, "retrieval_result", lambda name, galleries, *_: drawn.extend(galleries))
    measured(one_shot, world)
    pair = {"late/s0_1", "late/s1_1"}
    for gallery in drawn:
        shows_it = pair & set(gallery.examples)
        assert len(pair & set(gallery.queries)) == (0 if shows_it else 2)
        assert len(gallery.queries) == (8 if shows_it else 9)


def test_the_encoders_never_saw_what_they_are_asked(world):
    data, work, stores = world
    runs = embeddings.one_shot_encoders(stores["wlasl_hands"], data / "wlasl_hands", work, "", TINY)
    for run in runs:
        assert run.labels == TRAINED
        assert encoder(run).bundle.labels == TRAINED
        assert run.clips == ()


def test_other_benches_use_the_same_trainings(world, monkeypatch):
    measured(one_shot, world)
    monkeypatch.setattr(recipes, "fit", lambda *_, **__: pytest.fail("trained again"))
    cross = measured(one_shot_cross, world).as_json()
    assert cross["n"] == 5  # the last block of five words
    assert cross["glosses"] == 5
    assert 0 <= cross["standardised_on_unlabelled_clips"]["recall1"] <= 1
    videos = measured(asl24, world, landmarks=world[1]).as_json()
    assert (videos["n"], videos["galleries"], videos["recall5"]) == (12, 4, 1)
    assert videos["videos_without_a_hand"] == 0
    cost = measured(train_cost, world)
    assert cost.details["clips"] == 16
    assert cost.details["epochs"] == 2
    assert cost.details["gflop_per_clip_forwards"] > 0
    assert cost.details["gflop_per_second_matrices"] > 1


def test_accuracy_on_official_clips(world):
    result = measured(acc_wlasl1700, world)
    shown = result.as_json()
    assert result.n == 6  # one a gloss, less `all/s3_1`, whose twin trains
    assert shown["with_twins"]["n"] == 7
    assert shown["seeds"] == [0, 1, 2]
    assert shown["value"] == pytest.approx(np.mean(shown["top1_by_seed"]), abs=1e-3)
    assert set(shown["peers"]) == {"LDA", "1-NN by cosine"}
    assert result.peer_value == max(row["top1"] for row in shown["peers"].values())
    assert shown["ensemble"]["n"] == 6
    assert shown["top5"] >= shown["value"]


def test_accuracy_on_the_first_glosses_shares_the_trainings(world, monkeypatch):
    measured(acc_wlasl1700, world)
    monkeypatch.setattr(recipes, "fit", lambda *_, **__: pytest.fail("trained again"))
    monkeypatch.setattr(acc_wlasl100, "CLASSES", 3)
    result = measured(acc_wlasl100, world)
    assert result.n == 3
    assert result.details["without_twins"]["n"] == 2
    assert result.details["top5"] == 1  # three answers are allowed


def test_other_glosses_are_no_answers():
    logits = np.array([[9, 1, 2], [9, 4, 3], [0, 0, 9]], np.float32)
    run = Training("x", "s", 0, logits, np.array([2, 1, 0]), ("a", "b", "c"), ("p", "q", "r"), 1.0, 1, 1, 1)
    kept = acc_wlasl100.only_glosses(run, {"b", "c"})
    assert kept.labels == ("b", "c")
    assert kept.clips == ("p", "q")
    assert kept.truth.tolist() == [1, 0]
    assert kept.logits.argmax(1).tolist() == [1, 0]


def test_unknown(world):
    data, work, _ = world
    result = unknown.measure(data, "", (*TINY, "train.start=''"), work)
    shown = result.as_json()
    assert (shown["known_clips"], shown["unseen_clips"]) == (15, 15)  # of each word, three times and once
    assert len(shown["auroc_by_turn"]) == 4
    assert set(shown["auroc_by_score"]) == {"max_probability", "max_logit", "nearness"}
    assert shown["value"] == shown["auroc_by_score"][unknown.CHOSEN]
    low, high = shown["auroc_ci95"]
    assert 0 <= low <= shown["value"] <= high <= 1


def test_declined_at_keeps_the_known_ones():
    known = np.arange(100, dtype=np.float32)
    assert unknown.declined_at(known, np.array([-1, 3, 50, 200], np.float32)) == 0.5


def test_the_recipe_is_the_encoders():
    recipe = RecognizerRecipe.read(find_recipe("asl1700"))
    assert recipe.preprocess.layout == "hands_42"
    assert recipe.model.classifier == "cosine"
    assert recipe.train.patience == 0  # the number of epochs is fixed before


def test_all_benches_of_the_encoder_are_listed():
    wanted = "acc-wlasl1700 acc-wlasl100 one-shot one-shot-cross asl24 mirror unknown train-cost infer-roofline"
    assert set(wanted.split()) | {"lexicon-search"} <= set(BENCHES)
