"""What tests of the service say to it and look for in its answers."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import httpx

from chereme.types import PoseSequence

T = TypeVar("T")


def refused(answer: httpx.Response, status: int, code: str) -> str:
    """The one line of an answer that must be this refusal."""
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text[:500]
    detail = answer.json()["detail"]
    assert isinstance(detail, str)
    assert detail.count("\n") == 0
    assert "; " in detail  # what next
    return detail


def until(true: Callable[[], Any], seconds: float = 5) -> bool:
    """Whether it becomes true in that time."""
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.02)
    return bool(true())


def waited(asked: Coroutine[Any, Any, T]) -> T:
    """What it comes to, in a loop and a thread of its own: where a browser was opened, its loop runs in ours."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, asked).result()


def landmarks_of(sequence: PoseSequence, digits: int = 5) -> dict[str, Any]:
    """A clip as the JSON in which landmarks are sent."""
    return {
        "layout": sequence.layout.name,
        "fps": sequence.fps,
        "size": list(sequence.size),
        "points": [
            [[round(float(x), digits) for x in place] if there else None for place, there in zip(*frame, strict=True)]
            for frame in zip(sequence.points, sequence.seen, strict=True)
        ],
    }
