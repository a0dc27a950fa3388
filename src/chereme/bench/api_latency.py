"""`api-latency`: landmarks to words over HTTP with several clients at once, beside the same calls in process."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from chereme.bench import BenchResult
from chereme.bench.served import ask, body_of, clip_of, served
from chereme.bundle import find_bundle
from chereme.recognize import DEFAULT_BUNDLE, Recognizer

__all__ = ["measure"]

WORKERS = 2
"""Threads that recognize, in the service and beside it."""


def measure(
    data: str | Path | None = None,
    *,
    bundle: str | Path = DEFAULT_BUNDLE,
    clients: int = 8,
    requests: int = 96,
    frames: int = 60,
    rounds: int = 12,
) -> BenchResult:
    """p50 and p99 of one recognition among so many at once, each client asking again as soon as it is answered.

    The peer is the same recognizer called from as many threads of one process, with the landmarks in hand: what is on
    top of it is JSON, HTTP, a second process, and waiting for one of the service's workers. Beside it, in `shared_*`,
    the callers share as many workers as the service has. All take turns, so that other work on the machine meets them
    alike.

    Args:
        data: not read; the clip is made up.
        bundle: what recognizes.
        clients: at once.
        requests: of a round, all clients together.
        frames: of the clip.
        rounds: of both.

    Raises:
        CheremeError: a request was refused.
    """
    folder = find_bundle(bundle)
    clip = clip_of(folder, frames)
    recognizer, body, packed = Recognizer.load(folder), body_of(clip), body_of(clip, packed=True)
    ours: list[float] = []
    theirs: list[float] = []
    shared: list[float] = []
    small: list[float] = []
    waiting = {"CHEREME_WORKERS": str(WORKERS), "CHEREME_WAITING": str(clients)}
    with served(folder, **waiting) as service, ThreadPoolExecutor(WORKERS) as pool:
        service.settle()
        connections = [service.connection() for _ in range(clients)]

        def over_http(number: int, body: bytes = body) -> float:
            return ask(connections[number], body)

        def in_process(_: int) -> float:
            begun = time.perf_counter()
            recognizer.recognize(clip)
            return time.perf_counter() - begun

        def by_workers(_: int) -> float:
            begun = time.perf_counter()
            pool.submit(recognizer.recognize, clip).result()
            return time.perf_counter() - begun

        for call in (over_http, in_process, by_workers):
            _at_once(call, clients, 4 * clients)
        alone, peer_alone = (float(np.median([call(0) for _ in range(30)])) for call in (over_http, in_process))
        for _ in range(rounds):
            theirs += _at_once(in_process, clients, requests)
            shared += _at_once(by_workers, clients, requests)
            ours += _at_once(over_http, clients, requests)
            small += _at_once(lambda number: over_http(number, packed), clients, requests)
        for connection in connections:
            connection.close()
    (p50, p99), (peer50, peer99), (shared50, shared99), (small50, small99) = (
        np.percentile(times, [50, 99]) * 1000 for times in (ours, theirs, shared, small)
    )
    return BenchResult(
        name="api-latency",
        value=round(float(p50), 3),
        unit="ms",
        peer=f"the same recognizer called by {clients} threads of one process",
        peer_value=round(float(peer50), 3),
        ratio=round(float(p50 / peer50), 4),
        n=len(ours),
        details={
            "goal": "ratio <= 2, ratio_p99 <= 6",
            "p99_ms": round(float(p99), 3),
            "peer_p99_ms": round(float(peer99), 3),
            "ratio_p99": round(float(p99 / peer99), 4),
            "shared_p50_ms": round(float(shared50), 3),
            "shared_p99_ms": round(float(shared99), 3),
            "ratio_shared": round(float(p50 / shared50), 4),
            "ratio_shared_p99": round(float(p99 / shared99), 4),
            "workers": WORKERS,
            "clients": clients,
            "frames": frames,
            "bundle": folder.name,
            "body_bytes": len(body),
            "base64_p50_ms": round(float(small50), 3),
            "base64_p99_ms": round(float(small99), 3),
            "base64_body_bytes": len(packed),
            "alone_ms": round(1000 * alone, 3),
            "peer_alone_ms": round(1000 * peer_alone, 3),
        },
    )


def _at_once(call: Callable[[int], float], clients: int, requests: int) -> list[float]:
    """What each call took, made by so many threads that share the requests."""
    took: list[list[float]] = [[] for _ in range(clients)]
    failed: list[Exception] = []
    together = threading.Barrier(clients)

    def client(number: int) -> None:
        together.wait()
        try:
            for _ in range(requests // clients):
                took[number].append(call(number))
        except Exception as error:  # raised below, where it is seen
            failed.append(error)

    threads = [threading.Thread(target=client, args=[number]) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return [one for times in took for one in times]
