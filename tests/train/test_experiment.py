"""Grouped folds, runs that go on elsewhere, and the defects of the Libras project's training loop."""

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from chereme.bundle import Bundle, Card
from chereme.dataset.store import Store
from chereme.errors import SplitError, TrainingError
from chereme.train import experiment
from chereme.train.answers import split_parts
from chereme.train.devices import DealtBatches
from chereme.train.experiment import grouped_folds, run_experiment
from chereme.train.module import RecognizerTraining
from chereme.train.run import fit, train_bundle
from chereme.types import Clip
from made_up_signs import RECIPE, made_up_store, recipe

CARD = Card("made up", "Made-up signs.", ("made up",), "none", "open")


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Store:
    return made_up_store(tmp_path_factory.mktemp("experiment") / "store")


@pytest.fixture(scope="module")
def done(store, tmp_path_factory):
    """Three folds by signer, and where."""
    folder = tmp_path_factory.mktemp("experiment") / "run"
    return run_experiment(recipe(), store, folder, CARD, by="signer", folds=3), folder


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(("by", "folds"), [("signer", 4), ("source", 3), ("block", 3), ("signer,source", 3)])
def test_no_group_stands_on_two_sides(store, by, folds):
    """Defect: a random split over shared signers and sources."""
    key = {
        "signer": lambda c: c.signer,
        "source": lambda c: c.source,
        "block": lambda c: (c.gloss, c.source),
        "signer,source": lambda c: (c.signer, c.source),
    }[by]
    splits = grouped_folds(store.clips, by, folds)
    tested = [i for split in splits for i, part in split.items() if part == "test"]
    assert sorted(tested) == sorted(c.id for c in store.clips)
    for split in splits:
        assert set(split) == {c.id for c in store.clips}
        sides: dict = {}
        for clip in store.clips:
            sides.setdefault(key(clip), set()).add(split[clip.id])
        assert all(len(parts) == 1 for parts in sides.values())
        assert {"train", "validation", "test"} == set().union(*sides.values())


def test_folds_are_stratified_and_do_not_depend_on_the_order_of_clips(store):
    """Defect: folds redrawn, with seed 42 + epoch, each epoch; order taken from a set."""
    splits = grouped_folds(store.clips, "signer", 4)
    assert splits == grouped_folds(store.clips[::-1], "signer", 4)
    assert splits != grouped_folds(store.clips, "signer", 4, seed=1)
    for split in splits:
        tested = [c.gloss for c in store.clips if split[c.id] == "test"]
        assert tested.count("up") == tested.count("down") == 4


@pytest.mark.parametrize(
    ("clips", "folds", "message"),
    [
        pytest.param([("a", "s1"), ("a", "s2"), ("a", "s3")], 2, "at least 3 are needed", id="two folds"),
        pytest.param([("a", "s1"), ("a", "s2")], 3, "2 groups by signer for 3 folds", id="too few groups"),
        pytest.param([("a", "s1"), ("a", ""), ("a", "s3")], 3, "cannot group by signer", id="a signer missing"),
        pytest.param(
            [(g, f"s{n}") for n in range(4) for g in "ab"] + [("rare", "s0")], 4, "trains on no clip of rare", id="rare"
        ),
    ],
)
def test_folds_that_cannot_be_made(clips, folds, message):
    made = [Clip(f"c{n}", "", gloss, "zxx", signer) for n, (gloss, signer) in enumerate(clips)]
    with pytest.raises(SplitError, match=message):
        grouped_folds(made, "signer", folds)


def test_each_fold_trains_a_fresh_model(store, done, tmp_path):
    """Defect: one model trained through all folds in turn, so that every validation clip had been trained on."""
    _, folder = done
    split = grouped_folds(store.clips, "signer", 3)[1]
    alone = train_bundle(recipe(), store, split, tmp_path / "alone", CARD, split_name="2")
    assert alone.weights_path.read_bytes() == (folder / "fold-2" / "bundle" / "model.safetensors").read_bytes()
    for number, one in enumerate(grouped_folds(store.clips, "signer", 3), 1):
        bundle = Bundle.load(folder / f"fold-{number}" / "bundle")
        assert len(bundle.trained_on) == sum(part == "train" for part in one.values())
        answers = rows(folder / f"fold-{number}" / "report" / "answers.csv")
        assert {row["id"] for row in answers} == {i for i, part in one.items() if part == "test"}


def test_all_folds_together(store, done):
    """Defects: samples counted, not clips; a confusion matrix whose shape depends on what is answered."""
    found, folder = done
    assert [f.fold for f in found.folds] == [1, 2, 3]
    assert sum(f.groups for f in found.folds) == 8
    assert sum(f.clips for f in found.folds) == found.pooled.scores.n == len(store)
    assert found.mean == pytest.approx(np.mean([f.top1 for f in found.folds]))
    assert found.pooled.labels == ("down", "up")
    assert found.pooled.scores.resampled == "groups"  # eight signers
    weighted = sum(f.top1 * f.clips for f in found.folds) / len(store)
    assert found.pooled.scores.top1 == pytest.approx(weighted, abs=1e-3)
    assert [float(row["top1"]) for row in rows(folder / "folds.csv")] == [f.top1 for f in found.folds]
    assert len(rows(folder / "report" / "answers.csv")) == len(store)
    assert "3 folds by signer" in (folder / "report" / "results.txt").read_text()
    assert "mean top-1 of the folds" in found.as_text()


def test_an_experiment_goes_on_fold_by_fold(store, done, tmp_path, monkeypatch):
    whole, _ = done
    begun: list[str] = []
    train = experiment.train_bundle

    def until_the_second(*args, **others):
        begun.append(args[3].name)
        if len(begun) == 2:
            raise KeyboardInterrupt
        return train(*args, **others)

    monkeypatch.setattr(experiment, "train_bundle", until_the_second)
    with pytest.raises(KeyboardInterrupt):
        run_experiment(recipe(), store, tmp_path, CARD, by="signer", folds=3)
    with pytest.raises(TrainingError, match="holds a run already"):
        run_experiment(recipe(), store, tmp_path, CARD, by="signer", folds=3)
    with pytest.raises(TrainingError, match="another recipe, split, data or seed"):
        run_experiment(recipe(), store, tmp_path, CARD, by="source", folds=3, resume=True)
    again = run_experiment(recipe(), store, tmp_path, CARD, by="signer", folds=3, resume=True)
    assert begun == ["fold-1", "fold-2", "fold-2", "fold-3"]
    assert again.folds == whole.folds
    np.testing.assert_array_equal(again.pooled.probabilities, whole.pooled.probabilities)


def test_early_stopping_is_told(store, tmp_path):
    """Defect: done.txt was rewritten, so that an early stop was reported as all epochs finished."""
    chosen = recipe("train.patience=1", "train.epochs=30", "train.rate=1e-9")
    found = run_experiment(chosen, store, tmp_path, CARD, by="signer", folds=3)
    assert [f.epochs for f in found.folds] == [1, 1, 1]
    assert [f.epochs_run for f in found.folds] == [2, 2, 2]
    before = {p: p.read_bytes() for p in tmp_path.glob("fold-*/finished.json")}
    again = run_experiment(chosen, store, tmp_path, CARD, by="signer", folds=3, resume=True)
    assert again.folds == found.folds
    assert {p: p.read_bytes() for p in tmp_path.glob("fold-*/finished.json")} == before


def test_the_best_weights_are_kept_not_the_last(store, tmp_path, monkeypatch):
    """Defect: the best state was a reference to the live weights, so the last epoch was tested."""
    scores = iter([0.9, 0.1, 0.1, 0.1])

    def told(self):
        self.log("validation_top1", next(scores))

    monkeypatch.setattr(RecognizerTraining, "on_validation_epoch_end", told)
    parts = split_parts(store, store.split("fair"), recipe())
    kept = fit(parts, parts.train, parts.validation, recipe(), tmp_path)
    best, last = (torch.load(tmp_path / "checkpoints" / f"{n}.ckpt", weights_only=True) for n in ("best", "last"))
    assert (kept.epochs, kept.validation_top1) == (1, pytest.approx(0.9))
    state = kept.model.state_dict()
    assert all(torch.equal(best["state_dict"][f"model.{name}"], value) for name, value in state.items())
    assert any(not torch.equal(last["state_dict"][f"model.{name}"], value) for name, value in state.items())


def test_the_loss_is_of_scores_not_of_probabilities():
    """Defect: cross entropy on what softmax had made, which cannot fall below 2.2 for 25 words."""
    certain = 50 * torch.eye(25)
    module = RecognizerTraining(torch.nn.Identity(), recipe("train.label_smoothing=0").train, 1)
    module.log = lambda *args, **others: None
    assert float(module.training_step((certain, torch.eye(25)), 0)) < 1e-6
    guess = float(module.training_step((torch.zeros(25, 25), torch.eye(25)), 0))
    assert guess == pytest.approx(np.log(25), abs=1e-5)


def test_a_run_goes_on_in_another_place_on_another_device(store, tmp_path, monkeypatch):
    """Moved to another folder, its checkpoint written by a GPU: the best epoch so far is still known."""
    chosen = recipe("train.epochs=6")
    parts = split_parts(store, store.split("fair"), chosen)
    whole = fit(parts, parts.train, parts.validation, chosen, tmp_path / "whole")
    fit(parts, parts.train, parts.validation, chosen, tmp_path / "begun", stop_after=4)
    last = tmp_path / "begun" / "checkpoints" / "last.ckpt"
    with monkeypatch.context() as elsewhere:
        kept = torch.load(last, weights_only=True)
        elsewhere.setattr(torch.serialization, "location_tag", lambda storage: "cuda:0")
        torch.save(kept, last)
    with pytest.raises(RuntimeError, match="CUDA"):
        torch.load(last, weights_only=True)
    shutil.move(tmp_path / "begun", tmp_path / "mounted" / "elsewhere")
    moved = recipe("train.epochs=6", "train.device=auto", "train.devices=1", "train.strategy=auto")
    again = fit(parts, parts.train, parts.validation, moved, tmp_path / "mounted" / "elsewhere", resume=True)
    assert (again.epochs, again.validation_top1) == (whole.epochs, whole.validation_top1)
    for name, value in whole.model.state_dict().items():
        assert torch.equal(again.model.state_dict()[name], value), name


def test_where_a_run_computes_may_change_and_nothing_else(store, tmp_path):
    split = store.split("fair")
    train_bundle(recipe("train.epochs=1"), store, split, tmp_path, CARD, split_name="fair")
    elsewhere = recipe("train.epochs=1", "train.device=auto", "train.threads=2")
    assert train_bundle(elsewhere, store, split, tmp_path, CARD, split_name="fair", resume=True).scores["epochs"] == 1
    with pytest.raises(TrainingError, match="another recipe"):
        train_bundle(
            recipe("train.epochs=1", "train.rate=1.0"), store, split, tmp_path, CARD, split_name="f", resume=True
        )


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU is here")
def test_a_device_that_is_not_here_is_said(store, tmp_path):
    parts = split_parts(store, store.split("fair"), recipe())
    for change, message in (("train.device=gpu", "torch sees none here"), ("train.strategy=magic", "strategy 'magic'")):
        with pytest.raises(TrainingError, match=message):
            fit(parts, parts.train, None, recipe(change), tmp_path)


def test_batches_are_dealt_to_processes(monkeypatch):
    class Batches(list):
        def set_epoch(self, epoch):
            self[:] = [(epoch, n) for n in range(7)]

    dealt = DealtBatches(Batches(), world=2)
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    given = {}
    for rank in (0, 1):
        monkeypatch.setattr(torch.distributed, "get_rank", lambda rank=rank: rank)
        dealt.set_epoch(5)
        given[rank] = list(dealt)
    assert given == {0: [(5, 0), (5, 2), (5, 4)], 1: [(5, 1), (5, 3), (5, 5)]}
    assert len(dealt) == 3


def test_two_processes_train_one_model(store, tmp_path):
    """Lightning's ddp on two processor processes: one run folder, one bundle, steps halved, all epochs."""
    (tmp_path / "small.toml").write_text(RECIPE + 'devices = 2\nstrategy = "ddp"\n')
    command = [
        sys.executable, "-m", "chereme", "train", "small.toml", "--data", store.folder, "--split", "fair", "-o", "run",
        "--json",
    ]  # fmt: skip
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["epochs"] in range(1, 5)
    assert [row["epoch"] for row in rows(tmp_path / "run" / "progress.csv")] == ["1", "2", "3", "4"]
    last = torch.load(tmp_path / "run" / "checkpoints" / "last.ckpt", weights_only=True)
    assert last["global_step"] == 4  # 20 clips make two batches of eight an epoch, one for each process
