"""`train`, `tune --select` and `evaluate` where signs are made, not recognized."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from chereme.cli.evaluate import command as evaluate
from chereme.cli.produce import command as produce
from chereme.cli.train import command as train
from chereme.cli.tune import command as tune
from chereme.dataset.split import write_split
from chereme.dataset.store import pack
from chereme.errors import CheremeError, SplitError, TrainingError
from chereme.places import BUNDLES
from chereme.poses import write_pose
from chereme.produce import open_bundle
from chereme.types import Clip
from made_up import made_up_signer

SMALL = ["--set", "model.embed=16", "--set", "model.hidden=32", "--set", "model.layers=1", "--set", "train.epochs=1"]


def run(verb, *arguments):
    return CliRunner().invoke(verb, [str(a) for a in arguments], catch_exceptions=False)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    rng = np.random.default_rng(0)
    glosses = ("Peace", "War")
    clips = [Clip(f"{gloss}/{i}", "", gloss, "ins", source=f"block{i}") for gloss in glosses for i in range(6)]
    folder = tmp_path_factory.mktemp("cli-producers") / "store"
    pack(((clip, made_up_signer(16, rng)) for clip in clips), folder)
    parts = ["train"] * 3 + ["validation"] + ["test"] * 2
    write_split(folder, "fair", {clip.id: parts[i % 6] for i, clip in enumerate(clips)})
    return folder


@pytest.fixture(scope="module")
def made(store, tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli-producers-run") / "run"
    done = run(train, "gloss-pose", "--data", store, "--split", "fair", "-o", folder, *SMALL, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout), folder


def test_a_recipe_becomes_a_producer(made):
    answer, folder = made
    assert answer["bundle"] == str(folder / "bundle")
    assert (answer["train_clips"], answer["validation_clips"]) == (6, 2)
    assert "gloss to pose" in (folder / "bundle" / "card.md").read_text(encoding="utf-8")


def test_a_producer_is_scored_beside_its_floors(made, store):
    done = run(evaluate, made[0]["bundle"], "--data", store, "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert (found["task"], found["n"], found["split"], found["trained_on"]) == ("produce", 4, "fair", 0)
    assert found["ndtw_mje"] > 0
    assert {"mean pose", "mean sequence", "gloss mean", "medoid copy", "wrong gloss"} <= set(found["floors"])
    assert "points:49" in found["signature"]
    text = run(evaluate, made[0]["bundle"], "--data", store, "--no-floors").stdout
    assert "nDTW-MJE|points:49" in text
    assert "medoid" not in text


def test_a_recognizer_says_what_it_reads_and_whether_it_may(store):
    done = run(
        evaluate, "isl43_producer", "--data", store, "--split", "fair", "--no-floors", "--recognizer", "isl43", "--json"
    )
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["back_recognition"] == 1
    assert found["judge_trained_on_the_same"] == 369
    text = run(evaluate, "isl43_producer", "--data", store, "--no-floors", "--recognizer", "isl43").stdout
    assert "was trained on 369 of the producer's clips too" in text


def test_words_that_it_was_never_taught_cannot_be_scored(store):
    with pytest.raises(SplitError, match="each of its 4 clips holds words that ase_letters_producer was never taught"):
        run(evaluate, "ase_letters_producer", "--data", store, "--split", "fair")


def test_what_is_for_recognizers_alone_is_refused(made, store):
    assert run(evaluate, made[0]["bundle"], "--data", store, "--part", "all").exit_code == 2
    assert run(train, "gloss-pose", "--data", store, "--folds", 3).exit_code == 2
    assert run(tune, "gloss-pose", "--data", store, "--split", "fair").exit_code == 2
    assert run(tune, "gru", "--data", store).exit_code == 2
    mixed = run(tune, "gloss-pose", "--select", "gru", "--data", store, "--split", "fair")
    assert mixed.exit_code == 2
    assert "gru: --select compares producers" in mixed.output


def test_producers_are_selected_by_short_runs(store, tmp_path):
    several = ["gloss-gru", "--select", "gloss-pose", "--select", "gloss-transformer"]
    done = run(tune, *several, "--data", store, "--split", "fair", "-o", tmp_path / "s", "--epochs", 1, *SMALL)
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["recipe", "validation", "loss", "epochs", "weights"]
    losses = [float(line.split()[1]) for line in lines[1:4]]
    assert losses == sorted(losses)
    assert lines[-1] == f"table: {tmp_path / 's' / 'selection.csv'}"


def test_one_without_its_reader_fails_and_the_others_go_on(store, tmp_path):
    several = ["gloss-pose", "--select", "gloss-bert-gru"]
    done = run(
        tune, *several, "--data", store, "--split", "fair", "-o", tmp_path / "s", "--epochs", 1, *SMALL, "--json"
    )
    assert done.exit_code == 1
    first, last = json.loads(done.stdout)["candidates"]
    assert first["validation_loss"] > 0
    assert last["recipe"] == "gloss-bert-gru"
    assert last["failed"]


def test_a_csv_with_poses_is_trained_on_by_source_video(tmp_path, rng):
    rows = [f"vid{video}-{number},The text {number}" for video in range(5) for number in range(2)]
    for row in rows:
        write_pose(made_up_signer(14, rng), tmp_path / "poses" / f"{row.partition(',')[0]}.pose")
    table = tmp_path / "pairs.csv"
    table.write_text("\n".join(["uid,text", *rows]), encoding="utf-8")
    where = ["--data", table, "--poses", tmp_path / "poses", "--val-split", 0.2, "-o", tmp_path / "run"]
    done = run(train, "gloss-gru", *where, *SMALL, "--json")
    assert done.exit_code == 0, done.output
    answer = json.loads(done.stdout)
    assert (answer["split"], answer["train_clips"], answer["validation_clips"]) == ("source", 8, 2)
    again = run(train, "gloss-gru", *where, *SMALL, "--resume")
    assert "8 clips, 1 epoch:" in again.stdout
    generator = open_bundle(answer["bundle"])
    assert generator.glosses == ("The text 0", "The text 1")
    assert generator.produce("the text 1").layout.name == "isign_76"
    signed = run(produce, "The text 1", "text 0", "--bundle", answer["bundle"], "-o", tmp_path / "o.pose", "--json")
    assert [span["gloss"] for span in json.loads(signed.stdout)["spans"]] == ["The text 1", "text 0"]
    with pytest.raises(CheremeError, match="'house': this producer was never taught it"):
        run(produce, "the house", "--bundle", answer["bundle"], "-o", tmp_path / "o.pose")


def test_typical_signs_become_a_producer_too(store, tmp_path):
    few = ["--set", "decoder.steps=20", "--set", "decoder.demo=[]", "--seed", 1]
    done = run(train, "isl43-producer", "--data", store, "--split", "fair", "-o", tmp_path / "run", *few, "--json")
    assert done.exit_code == 0, done.output
    answer = json.loads(done.stdout)
    assert (answer["glosses"], answer["clips"]) == (2, 6)
    assert open_bundle(answer["bundle"]).produce("Peace").seconds > 0.4
    found = json.loads(run(evaluate, answer["bundle"], "--data", store, "--part", "train", "--json").stdout)
    assert found["trained_on"] == found["n"] == 6
    with pytest.raises(TrainingError, match="is there already"):
        run(train, "isl43-producer", "--data", store, "--split", "fair", "-o", tmp_path / "run", *few)


def test_references_with_words_never_taught_are_left_out_and_counted(made, tmp_path, rng):
    clips = [Clip(f"{i}", "", gloss, "ins") for i, gloss in enumerate(("Peace War", "Peace Rain", "War"))]
    pack(((clip, made_up_signer(16, rng)) for clip in clips), tmp_path / "store")
    write_split(tmp_path / "store", "all", {clip.id: "test" for clip in clips})
    done = run(evaluate, made[0]["bundle"], "--data", tmp_path / "store", "--no-floors", "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert (found["n"], found["never_taught"]) == (2, 1)


def test_letters_that_ship_have_their_shape():
    for name, letters in (("ase_letters_producer", 26), ("bzs_letters_producer", 27)):
        producer = open_bundle(BUNDLES / name)
        assert len(producer.glosses) == letters
        sign = producer.produce("B")
        tips = sign.group("right_hand")[len(sign) // 2, [8, 12, 16, 20]]
        knuckles = sign.group("right_hand")[len(sign) // 2, [5, 9, 13, 17]]
        assert (tips[:, 1] < knuckles[:, 1]).all()  # four fingers up
        assert np.isnan(sign.group("left_hand")).all()
