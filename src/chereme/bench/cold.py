"""`cold`: what one recognition from a cold start costs, beside what it costs only to import torch."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

import numpy as np

from chereme.bench import BenchResult
from chereme.bundle import Bundle, find_bundle
from chereme.errors import CheremeError
from chereme.export import made_up_clips
from chereme.poses import write_pose
from chereme.recognize import DEFAULT_BUNDLE

__all__ = ["measure"]

_LAUNCH = """
import json, os, sys, time
begun = time.perf_counter()
quiet = os.open(os.devnull, os.O_WRONLY)
child = os.posix_spawn(sys.executable, [sys.executable, *sys.argv[1:]], os.environ,
                       file_actions=[(os.POSIX_SPAWN_DUP2, quiet, 1)])
_, status, usage = os.wait4(child, 0)
took = time.perf_counter() - begun
mebibytes = usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
print(json.dumps([os.waitstatus_to_exitcode(status), took, mebibytes]))
"""
"""Runs a Python command and tells exit code, wall seconds and peak MiB. It is a process of its own because the
peak that the system reports of a child includes the parent's size at the time of the fork."""


def measure(
    data: str | Path | None = None, *, bundle: str | Path = DEFAULT_BUNDLE, runs: int = 7, frames: int = 60
) -> BenchResult:
    """Median wall time of `chereme recognize x.pose` and of `python -c "import torch"`, new processes turn about.

    Args:
        data: not read; the `.pose` is made up.
        bundle: what recognizes.
        runs: of each, after one of each that is not counted, which fills the disk cache.
        frames: of the `.pose`.

    Raises:
        CheremeError: a command failed.
    """
    folder = find_bundle(bundle)
    clip = next(c for c in made_up_clips(Bundle.load(folder).layout, 100, np.random.default_rng(0)) if len(c) >= frames)
    with tempfile.TemporaryDirectory() as place:
        pose = Path(place) / "x.pose"
        write_pose(clip.with_points(clip.points[:frames]), pose)
        ours = ["-m", "chereme", "recognize", str(pose), "--bundle", str(folder)]
        pairs = [(_launch(ours), _launch(["-c", "import torch"])) for _ in range(runs + 1)][1:]
    (wall, memory), (peer_wall, peer_memory) = (
        [median(run[side][what] for run in pairs) for what in (0, 1)] for side in (0, 1)
    )
    return BenchResult(
        name="cold",
        value=wall,
        unit="s",
        peer='python -c "import torch"',
        peer_value=peer_wall,
        ratio=wall / peer_wall,
        n=runs,
        details={
            "goal": "ratio <= 0.5, rss_ratio <= 0.8",
            "rss_mib": round(memory, 1),
            "peer_rss_mib": round(peer_memory, 1),
            "rss_ratio": memory / peer_memory,
            "frames": frames,
            "help_imports": _loaded_by_help(),
        },
    )


def _launch(arguments: list[str]) -> tuple[float, float]:
    """Wall seconds and peak MiB of a Python command."""
    done = subprocess.run([sys.executable, "-I", "-S", "-c", _LAUNCH, *arguments], capture_output=True, text=True)
    if done.returncode:
        raise CheremeError(f"cold: the launcher failed: {done.stderr.strip()}")
    code, seconds, mebibytes = json.loads(done.stdout)
    if code:
        raise CheremeError(f"cold: python {' '.join(arguments)} failed: {done.stderr.strip()}")
    return seconds, mebibytes


def _loaded_by_help() -> list[str]:
    """Which of the heavy packages `chereme --help` loads: none, if all is well."""
    code = (
        "import sys; sys.argv = ['chereme', '--help']\n"
        "from chereme.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(*{name.partition('.')[0] for name in sys.modules} & {'numpy', 'torch', 'onnxruntime', 'mediapipe'})"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return sorted(told.stdout.splitlines()[-1].split())
