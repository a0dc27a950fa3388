"""`chereme review` from the command line: served, merged, compared, written for `curate`."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result

from chereme.cli.review import command
from chereme.poses import write_pose
from chereme.review import Decision, Decisions, read_clips
from made_up import made_up_signer


@pytest.fixture
def folder(tmp_path, rng) -> Path:
    """Landmarks of two words, two clips each."""
    for gloss in ("casa", "pai"):
        for take in (1, 2):
            write_pose(made_up_signer(5, rng), tmp_path / "poses" / gloss / f"{take}.pose")
    return tmp_path / "poses"


def reviewed(path: Path, name: str, folder: Path, *verdicts: str) -> Path:
    decisions = Decisions(path, create=True)
    with decisions.present(name) as kept:
        for clip, verdict in zip(read_clips(folder), verdicts, strict=True):
            decisions.add(clip, kept, Decision(verdict))
    return path


def review(*words: object) -> Result:
    return CliRunner().invoke(command, [str(word) for word in words])


def test_two_people_are_brought_together_compared_and_written(folder, tmp_path):
    reviewed(folder / "review.sqlite", "Ana", folder, "accept", "reject", "accept", "reject")
    bia = reviewed(tmp_path / "bia.sqlite", "Bia", folder, "accept", "reject", "accept", "accept")
    words = (folder, "--merge", bia, "--agreement", "--export", tmp_path / "chosen.csv")
    found = review(*words, "--manifest", tmp_path / "kept.csv", "--json")
    assert found.exit_code == 0, found.output
    told = json.loads(found.output)
    assert told["merged"] == {str(bia): 4}
    assert told["reviewers"] == {"Ana": 4, "Bia": 4}
    (pair,) = told["agreement"]
    assert (pair["agreed"], pair["kappa"], pair["differ"]) == (0.75, 0.5, [["pai/2", "reject", "accept"]])
    assert told["undecided"] == [{"clip": "pai/2", "Ana": "reject", "Bia": "accept"}]
    with (tmp_path / "chosen.csv").open(encoding="utf-8") as lines:
        assert [row["decision"] for row in csv.DictReader(lines)] == ["keep", "drop", "keep"]
    assert told["manifest"]["clips"] == 2
    text = review(*words).output
    assert "Ana and Bia: 4 clips in common, 75% agreed, Cohen's kappa 0.50" in text
    assert "as many said one thing as another of pai/2" in text


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        pytest.param(["--bundle", "isl43", "--encoder", "asl1700"], 2, "name one", id="two ways to doubt"),
        pytest.param(["--rename", "Ana=Bia"], 2, "name it with --merge", id="rename nothing"),
        pytest.param(["--merge", "x.sqlite", "--rename", "Ana"], 2, "write OLD=NEW", id="half a name"),
        pytest.param(["--agreement"], 1, "no decisions here; `chereme review` begins them", id="nothing decided yet"),
    ],
)
def test_what_cannot_be_asked(folder, words, code, message):
    found = review(folder, *words)
    said = found.output + str(found.exception or "")
    assert message in said
    assert found.exit_code == code


def test_it_serves_until_it_is_told_to_stop(folder):
    """A process of its own, asked by a client and ended; what was decided is on the disk."""
    words = [sys.executable, "-m", "chereme", "review", str(folder), "--port", "0", "--no-open", "--reviewer", "Ana"]
    run = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    assert run.stdout is not None
    try:
        told = run.stdout.readline() + run.stdout.readline()
        found = re.search(r"4 clips of 2 words; Ana reviews at (http://127\.0\.0\.1:\d+)/", told)
        assert found, told
        assert "4 of 4 clips have no film here" in told
        answer = httpx.post(f"{found[1]}/api/v1/decisions", json={"clip": 1, "verdict": "reject"}, timeout=30)
        assert answer.status_code == 200
    finally:
        run.send_signal(signal.SIGINT)
        run.communicate(timeout=30)
    assert run.returncode == 0
    assert Decisions(folder / "review.sqlite").of("Ana")["casa/2"].verdict == "reject"
