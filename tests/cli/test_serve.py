"""`chereme serve` as a process: it says where it is, answers there, and ends on Ctrl-C."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest


@contextmanager
def served(temporary: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """The running command, and its lines up to the one that says how to end it."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("CHEREME_")}
    env |= {"PYTHONUNBUFFERED": "1", "CHEREME_TEMPORARY": str(temporary)}
    process = subprocess.Popen(
        [sys.executable, "-m", "chereme", "serve", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=env,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        lines = []
        while not (lines and lines[-1].startswith("Ctrl-C")):
            line = process.stdout.readline()
            assert line, process.stderr.read()
            lines.append(line.strip())
        yield process, lines
    finally:
        process.kill()
        process.wait(10)
        process.stdout.close()
        process.stderr.close()


def address(lines: list[str]) -> str:
    return re.search(r"http://[^ ]+", " ".join(lines)).group()


@pytest.mark.skipif(os.name != "posix", reason="signals are sent as on Unix")
def test_it_answers_and_ends_on_ctrl_c(small_bundle, tmp_path):
    with served(tmp_path, "--port", "0", "--no-open", "--bundle", str(small_bundle)) as (process, lines):
        assert lines[0].startswith("chereme recognizes with small; the page and API are at http://127.0.0.1:")
        assert httpx.get(f"{address(lines)}api/v1/ready", timeout=20).json()["status"] == "ready"
        assert "<title>" in httpx.get(address(lines)).text
        assert len(list(tmp_path.iterdir())) == 1
        process.send_signal(signal.SIGINT)
        assert process.wait(15) == 0
        assert "Traceback" not in process.stderr.read()
    assert list(tmp_path.iterdir()) == []


def test_without_a_bundle_it_starts_and_says_so(tmp_path):
    with served(tmp_path, "--port", "0", "--bundle", str(tmp_path)) as (_, lines):
        assert lines[0].startswith(f"no recognizer: {tmp_path}")
        assert httpx.get(f"{address(lines)}api/v1/ready", timeout=20).status_code == 503


def test_a_port_that_is_taken(small_bundle):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        run = subprocess.run(
            [sys.executable, "-m", "chereme", "serve", "--port", port, "--bundle", str(small_bundle)],
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
    assert run.returncode == 1
    assert run.stderr.startswith("error: 127.0.0.1: port ")
    assert run.stderr.count("\n") == 1
