"""What tests of the service say to it and look for in its answers."""

import time
from collections.abc import Callable
from typing import Any

import httpx

from chereme.types import PoseSequence


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
