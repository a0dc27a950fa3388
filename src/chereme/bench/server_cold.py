"""`server-cold`: how long the service takes to be ready, beside what it takes only to import torch."""

import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from chereme.bench import BenchResult
from chereme.bench.served import served
from chereme.bundle import find_bundle
from chereme.errors import CheremeError
from chereme.recognize import DEFAULT_BUNDLE

__all__ = ["measure"]


def measure(data: str | Path | None = None, *, bundle: str | Path = DEFAULT_BUNDLE, runs: int = 7) -> BenchResult:
    """Median wall seconds from starting `chereme serve` until it says that it can recognize; processes turn about.

    Args:
        data: not read.
        bundle: what it recognizes with.
        runs: of each, after one of each that is not counted, which fills the disk cache.

    Raises:
        CheremeError: a process failed.
    """
    folder = find_bundle(bundle)
    pairs = [(_ready(folder), _import_torch()) for _ in range(runs + 1)][1:]
    ours, peer = (median(pair[side] for pair in pairs) for side in (0, 1))
    return BenchResult(
        name="server-cold",
        value=round(ours, 4),
        unit="s",
        peer='python -c "import torch"',
        peer_value=round(peer, 4),
        ratio=round(ours / peer, 4),
        n=runs,
        details={
            "goal": "ratio <= 1",
            "ratio_of_pairs": [round(ready / torch, 4) for ready, torch in pairs],
            "bundle": folder.name,
        },
    )


def _ready(bundle: Path) -> float:
    with served(bundle) as service:
        return service.ready


def _import_torch() -> float:
    begun = time.perf_counter()
    run = subprocess.run([sys.executable, "-c", "import torch"], capture_output=True, text=True, check=False)
    if run.returncode:
        raise CheremeError(f"server-cold: torch cannot be imported: {run.stderr.strip()}")
    return time.perf_counter() - begun
