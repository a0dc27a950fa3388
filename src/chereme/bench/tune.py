"""Bench `tune`: a search of 20 short trials with pruning, killed with SIGKILL half-way and resumed.

What counts is trials lost (never ended) and trials done twice: begun again from their first epoch although they had a
checkpoint, run again after they had ended, or of the same settings as another. The peer is Optuna's own loop,
`study.optimize` on a SQLite file with a seeded random sampler, killed and started again with the trials that are
missing; its objective sleeps instead of training.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import optuna
from optuna.trial import TrialState

from chereme.bench import BenchResult
from chereme.dataset.importers import IMPORTERS
from chereme.dataset.protocols import isl43
from chereme.dataset.split import write_split
from chereme.dataset.store import pack
from chereme.errors import CheremeError
from chereme.places import data_folder

__all__ = ["Tally", "measure", "tally"]

TRIALS = 20
RECIPE = """
[preprocess]
layout = "upper_body_55"
[sampling]
most = 16
frames_at_unit = 12
[features]
velocities = [1]
[augment]
swap_hands = 0.0
[model]
kind = "gru"
width = 32
layers = 1
[train]
epochs = 4
batch = 64
validate_every = 1
average = 0.9
[tune]
trials = 20
[tune.space]
"train.rate" = { low = 1e-4, high = 3e-2, log = true }
"model.width" = [16, 32, 48]
"model.dropout" = { low = 0.0, high = 0.6 }
"""
PEER = """
import sys, time, optuna
optuna.logging.set_verbosity(optuna.logging.ERROR)
study = optuna.create_study(storage=sys.argv[1], study_name="peer", load_if_exists=True,
                            sampler=optuna.samplers.RandomSampler(seed=0))
def objective(trial):
    trial.suggest_float("rate", 1e-4, 3e-2, log=True)
    time.sleep(0.1)
    return 0.0
ended = len(study.get_trials(states=(optuna.trial.TrialState.COMPLETE,)))
study.optimize(objective, n_trials=int(sys.argv[2]) - ended)
"""
_PATIENCE = 900.0
"""Seconds after which a search that does not get half-way is given up."""

Settings = Sequence[Any]


def measure(data: str | Path | None = None) -> BenchResult:
    """Trials lost or done twice; about five minutes on one core.

    Args:
        data: folder of the public data sets.

    Raises:
        CheremeError: a search fails, or ends before it can be killed.
    """
    name = "isl_include43_poses"
    with tempfile.TemporaryDirectory(prefix="chereme-bench-") as work:
        folder = Path(work)
        store = pack(IMPORTERS[name](data_folder(data) / name), folder / "store")
        write_split(store.folder, "isl43", isl43(store.clips)["isl43"])
        (folder / "short.toml").write_text(RECIPE, encoding="utf-8")
        began = time.perf_counter()
        ours, details = _ours(folder)
        details["seconds"] = round(time.perf_counter() - began)
        peer = _peer(folder)
    value, peer_value = ours["lost"] + ours["twice"], peer["lost"] + peer["twice"]
    return BenchResult(
        "tune",
        value,
        "trials lost or done twice",
        "study.optimize of Optuna on the same kind of study, killed and started again",
        peer_value,
        value / peer_value if peer_value else float("nan"),
        TRIALS,
        {**ours, **details, "peer_lost": peer["lost"], "peer_twice": peer["twice"], "goal": 0},
    )


Tally = dict[str, int]


def tally(wanted: int, ended: Sequence[Settings], begun: Sequence[int], ended_before: Sequence[int]) -> Tally:
    """Trials lost and done twice.

    Args:
        wanted: trials asked for.
        ended: the settings of each trial that came to an end.
        begun: numbers of the trials that began with their first epoch, over both sittings.
        ended_before: numbers of the trials that had ended before the kill, of those that ran after it.
    """
    again = sum(count - 1 for count in Counter(begun).values())
    same = sum(count - 1 for count in Counter(map(tuple, ended)).values())
    return {"lost": wanted - len(ended), "twice": again + same + len(ended_before)}


def _ours(folder: Path) -> tuple[Tally, dict[str, Any]]:
    out = folder / "search"
    command = [
        sys.executable, "-m", "chereme", "tune", str(folder / "short.toml"), "--data", str(folder / "store"),
        "--split", "isl43", "-o", str(out),
    ]  # fmt: skip
    half = out / f"trial-{TRIALS // 2:03d}" / "checkpoints" / "last.ckpt"
    _kill_when(command, half.exists)
    study = f"sqlite:///{out / 'study.db'}"
    before = _trials(study)
    cut = [trial.number for trial in before if trial.state == TrialState.RUNNING]
    unsaved = {n for n in cut if not (out / f"trial-{n:03d}" / "checkpoints" / "last.ckpt").exists()}
    killed_at = len((out / "journal.jsonl").read_text(encoding="utf-8").splitlines())
    _run([*command, "--resume"])
    events = [json.loads(line) for line in (out / "journal.jsonl").read_text(encoding="utf-8").splitlines()]
    ended_before = {t.number for t in before if t.state.is_finished()}
    trials = [t for t in _trials(study) if t.state in (TrialState.COMPLETE, TrialState.PRUNED)]
    begun = [event["trial"] for event in events if event["event"] == "begins" and event["trial"] not in unsaved]
    found = tally(
        TRIALS,
        [tuple(sorted(trial.params.items())) for trial in trials],
        begun,
        [e["trial"] for e in events[killed_at:] if e["trial"] in ended_before],
    )
    pruned = sum(trial.state == TrialState.PRUNED for trial in trials)
    return found, {"running_when_killed": len(cut), "ended_before": len(ended_before), "pruned": pruned}


def _peer(folder: Path) -> Tally:
    study = f"sqlite:///{folder / 'peer.db'}"
    command = [sys.executable, "-c", PEER, study, str(TRIALS)]
    _kill_when(command, lambda: len(_trials(study, "peer")) > TRIALS // 2)
    before = _trials(study, "peer")
    _run(command)
    after = _trials(study, "peer")
    ended = [t for t in after if t.state == TrialState.COMPLETE]
    lost = sum(t.state == TrialState.RUNNING for t in after)
    found = tally(TRIALS, [tuple(t.params.items()) for t in ended], [t.number for t in after], [])
    assert len(before) > TRIALS // 2
    return {**found, "lost": lost}


def _kill_when(command: Sequence[str], half_way: Callable[[], bool]) -> None:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=os.environ)
    end = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < end:
        if half_way():
            process.send_signal(signal.SIGKILL)
            process.wait()
            return
        time.sleep(0.05)
    process.kill()
    _, told = process.communicate()
    raise CheremeError(
        f"{' '.join(command[1:4])}: ended before it was half-way: {told.decode(errors='replace')[-500:]}"
    )


def _run(command: Sequence[str]) -> None:
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise CheremeError(f"{' '.join(command[1:4])}: {run.stderr[-500:]}")


def _trials(storage: str, name: str = "chereme") -> list[optuna.trial.FrozenTrial]:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        return optuna.load_study(study_name=name, storage=storage).get_trials(deepcopy=False)
    except (KeyError, optuna.exceptions.StorageInternalError):  # not yet begun
        return []
