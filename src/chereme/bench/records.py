"""What benches found earlier: a JSON file each in `benchmarks/results` of the repository."""

import json
import os
import platform
import subprocess
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from chereme.errors import CheremeError
from chereme.files import write_beside

__all__ = ["RESULTS", "read_record", "write_record"]

RESULTS = Path(__file__).parents[3] / "benchmarks" / "results"
"""Beside `src` in a clone; an installed package has none."""


def read_record(name: str) -> dict[str, Any]:
    """What was last recorded of a bench.

    Raises:
        CheremeError: no record, or this chereme is no clone of the repository.
    """
    try:
        record = json.loads((_results() / f"{name}.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CheremeError(f"no record yet; make one with `chereme bench {name} --record`") from None
    except (OSError, ValueError) as error:
        raise CheremeError(f"{RESULTS / name}.json: cannot be read: {error}") from error
    assert isinstance(record, dict)
    return record


def write_record(name: str, result: Mapping[str, Any]) -> Path:
    """Keep a result, with the command, commit, day and machine that it comes from.

    Raises:
        CheremeError: this chereme is no clone of the repository.
    """
    path = _results() / f"{name}.json"
    record = {
        **result,
        "command": f"chereme bench {name}",
        "commit": _commit(),
        "day": date.today().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
    }
    with write_beside(path) as part:
        part.write_text(json.dumps(record, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return path


def _results() -> Path:
    if not (RESULTS.parents[1] / "pyproject.toml").is_file():
        raise CheremeError("records are kept in a clone of the repository, and this is an installed package")
    return RESULTS


def _commit() -> str:
    """The commit that was measured, marked when files differ from it; empty where git cannot say."""
    say = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"],
        cwd=RESULTS.parents[1], capture_output=True, text=True, check=False,
    )  # fmt: skip
    return say.stdout.strip()
