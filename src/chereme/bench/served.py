"""A service in a process of its own, to be measured from outside."""

import base64
import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chereme.bundle import Bundle, find_bundle
from chereme.errors import CheremeError
from chereme.export import made_up_clips
from chereme.types import PoseSequence

__all__ = ["Served", "ask", "body_of", "clip_of", "served"]

_PATIENCE = 120
_IDLE = 0.1
"""Seconds of processor time in two seconds by the clock: less is idle."""
_ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)/")
RECOGNITIONS = "/api/v1/recognitions"


@dataclass(frozen=True)
class Served:
    """A service that answers."""

    pid: int
    port: int
    ready: float
    """Seconds from its start until `GET /api/v1/ready` said so."""

    def connection(self) -> http.client.HTTPConnection:
        """A connection that is kept from request to request."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=_PATIENCE)

    def metric(self, name: str) -> float:
        """One of the numbers that it tells of itself."""
        connection = self.connection()
        connection.request("GET", "/api/v1/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
        return next(float(line.split()[1]) for line in text.splitlines() if line.startswith(f"{name} "))

    def settle(self) -> None:
        """Wait until it has loaded what it loads after it became ready, and works on nothing."""
        until, before = time.perf_counter() + _PATIENCE, -1.0
        while (now := self.metric("process_cpu_seconds_total")) - before > _IDLE and time.perf_counter() < until:
            before = now
            time.sleep(2)


@contextmanager
def served(bundle: str | Path, **environment: str) -> Iterator[Served]:
    """`chereme serve` at a free port, with a lexicon of its own, until the block ends.

    Raises:
        CheremeError: it ended, or was not ready in two minutes.
    """
    with tempfile.TemporaryDirectory() as folder:
        settings = {"CHEREME_SERVE_LEXICON": str(Path(folder) / "own.sqlite"), **environment}
        command = [sys.executable, "-m", "chereme", "serve", "--no-open", "--port", "0", "--bundle", str(bundle)]
        begun = time.perf_counter()
        with subprocess.Popen(
            command, cwd=folder, env={**os.environ, **settings}, stdout=subprocess.PIPE, text=True, bufsize=1
        ) as process:
            try:
                port = _port(process)
                while not _is_ready(port):
                    if process.poll() is not None or time.perf_counter() - begun > _PATIENCE:
                        raise CheremeError("the service did not become ready; see what `chereme serve` says")
                    time.sleep(0.005)
                yield Served(process.pid, port, time.perf_counter() - begun)
            finally:
                process.terminate()
                process.wait(_PATIENCE)


def clip_of(bundle: str | Path, frames: int) -> PoseSequence:
    """A made-up clip of so many frames with the landmarks that a bundle reads."""
    layout = Bundle.load(find_bundle(bundle)).layout
    clip = next(c for c in made_up_clips(layout, 100, np.random.default_rng(0)) if len(c) >= frames)
    return clip.with_points(clip.points[:frames])


def body_of(clip: PoseSequence, packed: bool = False) -> bytes:
    """What a recognition is asked for with: lists of numbers as a page sends them, or float32 in base64."""
    points: object = base64.b64encode(clip.points.astype("<f4").tobytes()).decode()
    if not packed:
        places = np.round(clip.points.astype(float), 4).tolist()
        points = [
            [place if there else None for place, there in zip(*frame, strict=True)]
            for frame in zip(places, clip.seen.tolist(), strict=True)
        ]
    landmarks = {"layout": clip.layout.name, "fps": clip.fps, "size": clip.size, "points": points}
    return json.dumps({"landmarks": landmarks}).encode()


def ask(connection: http.client.HTTPConnection, body: bytes) -> float:
    """Seconds from sending a recognition's body to the last byte of its answer.

    Raises:
        CheremeError: it was refused.
    """
    begun = time.perf_counter()
    connection.request("POST", RECOGNITIONS, body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    content = answer.read()
    took = time.perf_counter() - begun
    if answer.status != 200:
        raise CheremeError(f"the service answered {answer.status}: {content[:200].decode(errors='replace')}")
    return took


def _port(process: "subprocess.Popen[str]") -> int:
    """Where it says that it listens."""
    assert process.stdout is not None, "a pipe"
    for line in process.stdout:
        if found := _ADDRESS.search(line):
            threading.Thread(target=process.stdout.read, daemon=True).start()  # what else it says must go somewhere
            return int(found[1])
    raise CheremeError("the service ended before it said where it listens; see what `chereme serve` says")


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)
    try:
        connection.request("GET", "/api/v1/ready")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
