"""Many clips to `.pose` files, in several processes, from where an earlier run stopped.

Each worker process takes one clip at a time and sends its landmarks back; only the parent writes. A worker may
therefore crash or be killed at any moment: it costs the clip in its hands, no file is left half written, and
another worker takes its place.
"""

import csv
import hashlib
import json
import os
import unicodedata
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path

from chereme import __version__
from chereme.errors import CheremeError, ManifestError
from chereme.files import write_beside
from chereme.landmarks.clip import extract_clip
from chereme.landmarks.extractor import ExtractConfig
from chereme.landmarks.picture import PICTURES
from chereme.landmarks.processes import Crash, cores, crash_line, fault, in_processes
from chereme.landmarks.video import VIDEOS
from chereme.poses import write_pose
from chereme.types import PoseSequence

__all__ = ["FAILED", "SETTINGS", "Job", "Outcome", "Task", "plan_job", "run_job"]

SETTINGS = "extract.json"
"""In the output folder: how its landmarks were made."""
FAILED = "failed.csv"
"""In the output folder: path and error of each clip of the last run that gave none."""


@dataclass(frozen=True)
class Task:
    """One file to read and the `.pose` to write."""

    source: Path
    output: Path


@dataclass(frozen=True)
class Job:
    """What there is to do."""

    out: Path
    config: ExtractConfig
    tasks: tuple[Task, ...]
    finished: tuple[Task, ...]
    """Made by an earlier run with the same settings."""


@dataclass(frozen=True)
class Outcome:
    """What became of one file: landmarks, written to the task's output, or an error."""

    task: Task
    sequence: PoseSequence | None = None
    error: str = ""


def plan_job(
    paths: Iterable[str | Path], out: str | Path, config: ExtractConfig | None = None, redo: bool = False
) -> Job:
    """Find the clips and what an earlier run has left to do, and note the settings in the output folder.

    The output folder mirrors the input: `DIR/casa/1.mp4` gives `OUT/casa/1.pose`. Files of one folder that differ
    in their suffix alone keep it (`1.mp4.pose`, `1.mov.pose`). Of several folders, each gets one of its own name;
    files named one by one keep the folders below the one that they share.

    Args:
        paths: files, or folders that are searched for videos and pictures; hidden files are passed over.
        out: folder for the `.pose` files.
        config: settings; None: the defaults.
        redo: make everything anew, whatever is there.

    Raises:
        ManifestError: a folder holds no clip, two clips would get one name, or `out` was made with other settings.
    """
    config = config or ExtractConfig()
    out = Path(out)
    tasks = _tasks([Path(p) for p in paths], out)
    existing = [t for t in tasks if t.output.exists()]
    made_with = _settings(config)
    if redo:
        for task in existing:
            task.output.unlink()
        existing = []
    elif existing and (differs := _differs(out / SETTINGS, made_with)):
        raise ManifestError(f"{out}: {differs}; use another folder, or --redo to make all anew")
    _write(out / SETTINGS, json.dumps({**made_with, "chereme": __version__}, indent=2))
    finished = [t for t in existing if _newer(t.output, t.source)]
    done = set(finished)
    return Job(out, config, tuple(t for t in tasks if t not in done), tuple(finished))


def run_job(job: Job, workers: int | None = None) -> Iterator[Outcome]:
    """Do what is left, yielding each outcome as it comes; `failed.csv` names the failures at the end.

    Args:
        job: from `plan_job`.
        workers: processes; None: one per core. A single task runs in this process.

    Raises:
        ManifestError: an output cannot be written (disk full): what was finished stays, and the same command
            goes on from there.
    """
    failed: list[tuple[str, str]] = []
    count = min(workers or cores(), len(job.tasks))
    outcomes = _in_processes(job, count) if len(job.tasks) > 1 else (_extract(task, job.config) for task in job.tasks)
    try:
        for outcome in outcomes:
            if outcome.sequence is not None:
                try:
                    write_pose(outcome.sequence, outcome.task.output)
                except OSError as error:
                    raise _not_written(outcome.task.output, error) from error
            else:
                failed.append((str(outcome.task.source), outcome.error))
            yield outcome
    finally:
        outcomes.close()
        _write_failed(job.out / FAILED, failed)


def _tasks(paths: list[Path], out: Path) -> list[Task]:
    several = sum(p.is_dir() for p in paths) > 1
    files = [p for p in paths if not p.is_dir()]
    above = Path(os.path.commonpath([p.absolute().parent for p in files])) if files else Path()
    found = [(p, p.absolute().relative_to(above)) for p in files]  # source, place under out
    for path in paths:
        if not path.is_dir():
            continue
        inside = sorted(_clips_in(path))
        if not inside:
            raise ManifestError(f"{path}: no video or picture in it ({' '.join(sorted(VIDEOS | PICTURES))})")
        prefix = Path(path.resolve().name) if several else Path()
        found += [(file, prefix / file.relative_to(path)) for file in inside]
    stems = Counter(_same(place.with_suffix("")) for _, place in found)
    tasks: dict[str, Task] = {}
    for source, place in found:
        alone = stems[_same(place.with_suffix(""))] == 1
        output = out / (place.with_suffix(".pose") if alone else place.with_name(place.name + ".pose"))
        other = tasks.setdefault(_same(output), Task(source, output))
        if other.source != source:
            raise ManifestError(f"{source} and {other.source} would both become {output}; extract them to two folders")
    return list(tasks.values())


def _clips_in(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.suffix.lower() in VIDEOS | PICTURES and not any(
            part.startswith(".") for part in path.relative_to(folder).parts
        ):
            yield path


def _same(path: Path) -> str:
    """What some file systems take for the same name: case and the way accents are written do not count."""
    return unicodedata.normalize("NFC", str(path)).casefold()


def _newer(output: Path, source: Path) -> bool:
    try:
        return output.stat().st_mtime >= source.stat().st_mtime
    except OSError:
        return False  # the source is gone: reading it will say so


def _settings(config: ExtractConfig) -> dict[str, object]:
    settings = asdict(config)
    for name in ("task", "encoder"):
        if settings[name]:
            settings[name] = hashlib.sha256(Path(settings[name]).read_bytes()).hexdigest()
    if not settings["encoder"]:
        del settings["encoder"]  # folders of landmarks made before there were encoders stay as good as they were
    else:
        return {"settings": settings, "engine": f"onnxruntime {version('onnxruntime')}"}
    return {"settings": settings, "engine": f"mediapipe {version('mediapipe')}"}


def _differs(file: Path, made_with: dict[str, object]) -> str:
    """How the folder's settings differ from ours, in words; empty when they do not."""
    try:
        before = json.loads(file.read_text(encoding="utf-8"))
        then, now = {**before["settings"], "engine": before["engine"]}, made_with
    except (OSError, ValueError, KeyError, TypeError):
        return f"holds .pose files but no {SETTINGS} that says how they were made"
    assert isinstance(now["settings"], dict)
    now = {**now["settings"], "engine": now["engine"]}
    changed = [f"{k} {then.get(k)!r}, not {now.get(k)!r}" for k in {**then, **now} if then.get(k) != now.get(k)]
    return f"was made with other settings ({'; '.join(changed)})" if changed else ""


def _write(path: Path, text: str) -> None:
    try:
        with write_beside(path) as part:
            # a file name that is no valid UTF-8 goes out byte for byte as it came in
            part.write_text(text, encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        raise _not_written(path, error) from error


def _write_failed(path: Path, failed: list[tuple[str, str]]) -> None:
    if not failed:
        with suppress(OSError):
            path.unlink()
        return
    with (
        suppress(OSError),  # the disk is full: that is said already
        write_beside(path) as part,
        part.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file,
    ):
        csv.writer(file).writerows([("path", "error"), *failed])


def _not_written(path: Path, error: OSError) -> CheremeError:
    return ManifestError(
        f"{path}: cannot be written: {error.strerror or error}; what is finished stays, and the same command goes on"
    )


def _extract(task: Task, config: ExtractConfig) -> Outcome:
    try:
        return Outcome(task, extract_clip(task.source, config))
    except CheremeError as error:
        return Outcome(task, error=str(error))
    except Exception as error:
        return Outcome(task, error=fault(task.source, error))


def _begin(config: ExtractConfig) -> Callable[[Task], Outcome]:
    return lambda task: _extract(task, config)


def _in_processes(job: Job, count: int) -> Generator[Outcome, None, None]:
    with closing(in_processes(job.tasks, partial(_begin, job.config), count)) as done:
        for task, outcome in done:
            if isinstance(outcome, Crash):
                outcome = Outcome(task, error=crash_line(task.source, outcome))
            yield outcome
