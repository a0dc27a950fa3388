"""Many clips: names, resuming, failures, crashes, and nothing half written."""

import csv
import errno
import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest

from chereme.errors import ClipError, ManifestError
from chereme.landmarks import ExtractConfig, job, processes
from chereme.landmarks.job import FAILED, SETTINGS, plan_job, run_job
from chereme.poses import read_pose
from made_up import made_up_signer


@pytest.fixture
def folder(tmp_path):
    """Writes empty files: planning looks at names alone."""

    def make(*names: str) -> Path:
        for name in names:
            path = tmp_path / "in" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        return tmp_path / "in"

    return make


@pytest.fixture
def extracted(monkeypatch):
    """In this process, instead of an engine: the names of what was asked for; `bad` in a name is an error."""
    asked: list[str] = []

    def extract(path, config):
        asked.append(path.name)
        if "bad" in path.name:
            raise ClipError(f"{path}: no hand seen in any of 3 frames; drop it")
        if "bug" in path.name:
            raise ZeroDivisionError("division by zero")
        return made_up_signer(3, np.random.default_rng(0))

    monkeypatch.setattr(job, "extract_clip", extract)
    monkeypatch.setattr(job, "_in_processes", lambda j, _: (job._extract(t, j.config) for t in j.tasks))
    return asked


def outputs(out):
    return sorted(str(p.relative_to(out)) for p in out.rglob("*") if p.is_file())


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        pytest.param(["casa/1.mp4", "pai/1.mov"], ["casa/1.pose", "pai/1.pose"], id="the folders are mirrored"),
        pytest.param(["1.mp4", "1.mov"], ["1.mov.pose", "1.mp4.pose"], id="one stem, two suffixes"),
        pytest.param(["a.mp4", "A.mov"], ["A.mov.pose", "a.mp4.pose"], id="nor where case does not count"),
        pytest.param(["1.mp4", "1.txt", ".1.mp4", ".x/2.mp4"], ["1.pose"], id="other and hidden files are passed over"),
        pytest.param(["1.JPG", "2.MKV"], ["1.pose", "2.pose"], id="pictures too, in capitals too"),
        pytest.param(["caf\u00e9.mp4", "cafe\u0301.mov"], ["cafe\u0301.mov.pose", "caf\u00e9.mp4.pose"], id="two é"),
    ],
)
def test_names(folder, tmp_path, names, expected):
    plan = plan_job([folder(*names)], tmp_path / "out")
    assert sorted(str(t.output.relative_to(tmp_path / "out")) for t in plan.tasks) == expected


def test_several_folders_get_one_each_and_files_keep_what_they_do_not_share(folder, tmp_path):
    root = folder("a/1.mp4", "b/1.mp4")
    out = tmp_path / "out"
    for paths in ([root / "a", root / "b"], [root / "a/1.mp4", root / "b/1.mp4"]):
        assert [t.output for t in plan_job(paths, out).tasks] == [out / "a/1.pose", out / "b/1.pose"]


def test_two_sources_of_one_output_are_said(folder, tmp_path):
    root = folder("x/a/1.mp4", "y/a/1.mp4")
    with pytest.raises(ManifestError, match="would both become"):
        plan_job([root / "x/a", root / "y/a"], tmp_path / "out")


def test_a_folder_without_clips_is_said(folder, tmp_path):
    with pytest.raises(ManifestError, match="no video or picture in it"):
        plan_job([folder("readme.txt")], tmp_path / "out")


def test_what_is_finished_is_not_made_again(folder, tmp_path, extracted):
    source, out = folder("1.mp4", "2.mp4", "3bad.mp4"), tmp_path / "out"
    list(run_job(plan_job([source], out)))
    assert outputs(out) == ["1.pose", "2.pose", SETTINGS, FAILED]
    extracted.clear()
    folder("4.mp4")
    plan = plan_job([source], out)
    assert sorted(t.source.name for t in plan.finished) == ["1.mp4", "2.mp4"]
    list(run_job(plan))
    assert extracted == ["3bad.mp4", "4.mp4"]


def test_a_newer_source_is_made_again(folder, tmp_path, extracted):
    source, out = folder("1.mp4"), tmp_path / "out"
    list(run_job(plan_job([source], out)))
    later = (out / "1.pose").stat().st_mtime + 10
    os.utime(source / "1.mp4", (later, later))
    assert len(plan_job([source], out).tasks) == 1


def test_other_settings_are_an_error_or_redone(folder, tmp_path, extracted):
    source, out = folder("1.mp4"), tmp_path / "out"
    list(run_job(plan_job([source], out)))
    other = ExtractConfig(stride=2)
    with pytest.raises(ManifestError, match=r"out: was made with other settings \(stride 1, not 2\); .*--redo"):
        plan_job([source], out, other)
    plan = plan_job([source], out, other, redo=True)
    assert not (out / "1.pose").exists()  # an unfinished redo must not pass for a finished one
    list(run_job(plan))
    assert json.loads((out / SETTINGS).read_text())["settings"]["stride"] == 2
    assert plan_job([source], out, other).tasks == ()


def test_poses_of_unknown_settings_are_not_taken_for_ours(folder, tmp_path):
    source, out = folder("1.mp4"), tmp_path / "out"
    out.mkdir()
    (out / "1.pose").touch()
    with pytest.raises(ManifestError, match=r"holds \.pose files but no extract\.json"):
        plan_job([source], out)


def test_each_bad_file_is_named_and_the_rest_goes_on(folder, tmp_path, extracted):
    source, out = folder("1.mp4", "2bad.mp4", "3bug.mp4", "4.mp4"), tmp_path / "out"
    outcomes = list(run_job(plan_job([source], out)))
    assert [o.sequence is not None for o in outcomes] == [True, False, False, True]
    with (out / FAILED).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [Path(r["path"]).name for r in rows] == ["2bad.mp4", "3bug.mp4"]
    assert rows[0]["error"] == f"{source / '2bad.mp4'}: no hand seen in any of 3 frames; drop it"
    assert "ZeroDivisionError: division by zero" in rows[1]["error"]
    assert "please report it" in rows[1]["error"]

    (source / "2bad.mp4").unlink()
    (source / "3bug.mp4").unlink()
    list(run_job(plan_job([source], out)))
    assert not (out / FAILED).exists()


def test_a_missing_file_fails_alone(folder, tmp_path, extracted):
    source, out = folder("1.mp4"), tmp_path / "out"
    outcomes = list(run_job(plan_job([source / "1.mp4", source / "bad_gone.mp4"], out)))
    assert [bool(o.error) for o in outcomes] == [False, True]


def test_written_landmarks_are_those_found(folder, tmp_path, extracted):
    out = tmp_path / "out"
    (outcome,) = run_job(plan_job([folder("1.mp4")], out))
    np.testing.assert_allclose(read_pose(out / "1.pose").points, outcome.sequence.points, atol=1e-6)


@pytest.mark.parametrize(
    ("interruption", "raised", "says"),
    [
        pytest.param(KeyboardInterrupt(), KeyboardInterrupt, None, id="Ctrl-C"),
        pytest.param(
            OSError(errno.ENOSPC, "No space left on device"),
            ManifestError,
            r"1\.pose: cannot be written: No space left on device; what is finished stays",
            id="disk full",
        ),
    ],
)
def test_an_interruption_in_mid_write_leaves_nothing_half_written(
    folder, tmp_path, extracted, monkeypatch, interruption, raised, says
):
    source, out = folder("0.mp4", "1.mp4"), tmp_path / "out"
    write = Path.write_bytes
    written = []

    def half(path, content):
        written.append(path)
        if len(written) == 1:
            return write(path, content)
        write(path, content[: len(content) // 2])
        raise interruption

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", half)
        with pytest.raises(raised, match=says):
            list(run_job(plan_job([source], out)))
    assert outputs(out) == ["0.pose", SETTINGS]
    list(run_job(plan_job([source], out)))
    assert outputs(out) == ["0.pose", "1.pose", SETTINGS]
    assert extracted == ["0.mp4", "1.mp4", "1.mp4"]


def noise(film, count):
    """Films in which nobody is: each is an error once the engine has looked."""
    return film("in/0.mp4", frames=12).parent, [film(f"in/{i}.mp4", frames=12) for i in range(count)]


def test_worker_processes_take_turns(film, tmp_path):
    source, films = noise(film, 4)
    outcomes = list(run_job(plan_job([source], tmp_path / "out"), workers=2))
    assert sorted(o.task.source for o in outcomes) == films
    assert all("nobody seen in any of 12 frames" in o.error for o in outcomes)


def test_a_crashed_worker_costs_its_clip_and_no_more(film, tmp_path):
    source, films = noise(film, 3)
    crashed = []
    original = processes._Worker.begin

    def begin(worker, task):
        original(worker, task)
        if task.source == films[1]:
            os.kill(worker.process.pid, signal.SIGKILL)
            crashed.append(worker)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(processes._Worker, "begin", begin)
        outcomes = {o.task.source: o.error for o in run_job(plan_job([source], tmp_path / "out"), workers=1)}
    assert len(crashed) == 1
    assert "the engine crashed on it (exit code -9)" in outcomes[films[1]]
    assert all("nobody seen" in outcomes[f] for f in (films[0], films[2]))


def test_stopping_ends_the_workers(film, tmp_path):
    source, _ = noise(film, 3)
    workers = []
    original = processes._Worker.begin

    def begin(worker, task):
        workers.append(worker)
        original(worker, task)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(processes._Worker, "begin", begin)
        running = run_job(plan_job([source], tmp_path / "out"), workers=2)
        next(running)
        with pytest.raises(KeyboardInterrupt):
            running.throw(KeyboardInterrupt())
    assert workers
    assert not any(w.process.is_alive() for w in workers)
    with (tmp_path / "out" / FAILED).open() as file:
        assert len(file.readlines()) == 2  # the header and what had failed by then
