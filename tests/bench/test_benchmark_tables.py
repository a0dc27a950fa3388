"""The tables of recipes in docs/benchmarks.md say what the records say, and nothing where there are none."""

import json
import runpy
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "benchmarks.py"


@pytest.fixture
def table(monkeypatch, tmp_path):
    """The script's `table` for records of our own."""
    names = runpy.run_path(str(SCRIPT))
    monkeypatch.setitem(names["table"].__globals__, "RESULTS", tmp_path)

    def shown(record=None):
        if record:
            (tmp_path / "b.json").write_text(json.dumps(record), encoding="utf-8")
        return names["table"]("b")

    return shown


def row(recipe, top1, ours=False, left_out="", parameters=12345):
    ends = [top1 - 0.05, top1 + 0.05]
    return {
        "recipe": recipe, "ours": ours, "top1": top1, "top1_ci95": ends, "top5": top1, "top5_ci95": ends,
        "parameters": parameters, "cpu_minutes": 3.14, "seeds": [0, 1, 2], "left_out": left_out,
    }  # fmt: skip


def record(difference=0.2, ahead=True, **more):
    rows = [row("isl43", 0.8, ours=True), row("libras-lstm", 0.6, left_out="the face"), row("knn", 0.5, parameters=0)]
    return {
        "split": "a split", "n": 146, "resampled": "clips", "day": "2026-11-21", "commit": "abc", "rows": rows,
        "difference": difference, "difference_ci95": [difference - 0.1, difference + 0.1], "ahead": ahead, **more,
    }  # fmt: skip


def test_no_record_no_table(table):
    assert table() == ""


def test_a_recipe_is_a_row_with_its_intervals(table):
    text = table(record())
    assert "| **`isl43`**, ours | 0.800 (0.750–0.850) | 0.800 (0.750–0.850) | 12,345 | 3.1 | 3 |" in text
    assert "| `knn` | 0.500 (0.450–0.550) | 0.500 (0.450–0.550) | none: it keeps the clips | 3.1 | 3 |" in text
    assert "- `libras-lstm` without the face." in text
    assert "A split. 146 test clips, drawn as clips." in text
    assert "`chereme bench b`, 2026-11-21, commit abc." in text


@pytest.mark.parametrize(
    ("difference", "ahead", "said"),
    [
        pytest.param(0.2, True, "+0.200 (95 % +0.100 to +0.300), beyond what chance explains.", id="ahead"),
        pytest.param(0.05, False, "+0.050 (95 % -0.050 to +0.150), **which chance may explain**.", id="perhaps"),
        pytest.param(-0.2, False, "-0.200 (95 % -0.300 to -0.100), **so ours is not ahead**.", id="behind"),
    ],
)
def test_the_verdict_is_the_records(table, difference, ahead, said):
    assert f"`isl43` less `libras-lstm`, paired: {said}" in table(record(difference, ahead))


def test_the_encoder_is_named_where_pictures_are_read(table):
    about = record(encoder="weights drawn at random (seed 0)", peers={"RBF-SVM": 0.25, "ExtraTrees": 0.5})
    del about["ahead"]
    assert "Encoder: weights drawn at random (seed 0). On the same features: RBF-SVM 0.250, ExtraTrees 0.500." in table(
        about
    )


def test_where_clips_were_timed_a_row_says_seconds_and_milliseconds(table):
    about = record(timed="10 test clips")
    for number, one in enumerate(about["rows"]):
        one |= {"cpu_seconds": 1234.6, "ms_per_clip": 0.5 + number}
    text = table(about)
    assert "| CPU seconds a training | ms a clip | seeds |" in text
    assert "| **`isl43`**, ours | 0.800 (0.750–0.850) | 0.800 (0.750–0.850) | 12,345 | 1,235 | 0.50 | 3 |" in text
    assert "Ms a clip: 10 test clips." in text
    assert {line.count("|") for line in text.splitlines() if line.startswith("|")} == {8}
