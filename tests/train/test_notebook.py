"""The notebook for hosted services: valid, clean, and its cells run from top to bottom, twice."""

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import matplotlib
import pytest
from click.testing import CliRunner

from chereme.bundle import Bundle
from chereme.cli.train import command as train
from made_up_signs import made_up_store

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "chereme.ipynb"
TINY = ["train.epochs=2", "model.width=16", "model.embedding=16", "sampling.most=12", "model.layers=1"]


@pytest.fixture(scope="module")
def notebook() -> dict[str, Any]:
    return json.loads(NOTEBOOK.read_text(encoding="utf-8"))


def test_it_is_a_notebook_without_outputs(notebook):
    """What nbformat 4.5 demands; counted outputs and machine paths would be somebody's session."""
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    for cell in notebook["cells"]:
        keys = {"cell_type", "id", "metadata", "source"}
        assert cell.keys() == keys | ({"execution_count", "outputs"} if cell["cell_type"] == "code" else set())
        assert all(isinstance(line, str) for line in cell["source"])
        if cell["cell_type"] == "code":
            assert (cell["outputs"], cell["execution_count"]) == ([], None)
            compile("".join(cell["source"]), cell["id"], "exec")


def run(notebook: dict[str, Any], **parameters: Any) -> dict[str, Any]:
    """Execute the code cells in one namespace, the settings overwritten after their own cell."""
    names: dict[str, Any] = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), cell["id"], "exec"), names)
            if "parameters" in cell["metadata"].get("tags", []):
                assert parameters.keys() <= names.keys()
                names |= parameters
    return names


def test_it_installs_mounts_trains_and_goes_on(notebook, tmp_path, monkeypatch, capsys):
    matplotlib.use("Agg")
    monkeypatch.chdir(tmp_path)
    made_up_store(tmp_path / "kept" / "store")
    settings = {"STORAGE": "kept", "RECIPE": "conv-transformer", "CHANGES": TINY, "FOLDS": 3}
    names = run(notebook, **settings)
    bundle = Bundle.load(tmp_path / "kept" / "run" / "bundle")
    assert bundle.labels == ("down", "up")
    assert bundle.scores["split"] == "signers"
    with zipfile.ZipFile(tmp_path / "kept" / "run-bundle.zip") as taken:
        assert "model.onnx" in taken.namelist()
    shown = capsys.readouterr().out
    assert "top-1" in shown
    assert "mean top-1 of the folds" in shown
    assert list(names["progress"]["epoch"]) == [1, 2]

    # a later session, the storage mounted elsewhere, the training cut off before the bundle was written
    shutil.move(tmp_path / "kept", tmp_path / "mounted")
    shutil.rmtree(tmp_path / "mounted" / "run" / "bundle")
    (tmp_path / "mounted" / "run" / "finished.json").unlink()
    again = run(notebook, **(settings | {"STORAGE": "mounted"}))
    assert "--resume" in again["words"]
    assert list(again["progress"]["epoch"]) == [1, 2]
    weights = Bundle.load(tmp_path / "mounted" / "run" / "bundle").weights_path.read_bytes()
    assert weights == bundle_weights(tmp_path, notebook)


def bundle_weights(folder: Path, notebook: dict[str, Any]) -> bytes:
    """Of an unbroken run on the same store and split."""
    words = ["conv-transformer", "--data", folder / "mounted" / "store", "--split", "signers", "-o", folder / "whole"]
    changes = [x for change in TINY for x in ("--set", change)]
    CliRunner().invoke(train, [*map(str, words), *changes], catch_exceptions=False)
    return Bundle.load(folder / "whole" / "bundle").weights_path.read_bytes()
