"""`api-load`: ten thousand requests of every kind: errors, and what memory the service keeps."""

import http.client
import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chereme.bench import BenchResult
from chereme.bench.served import Served, body_of, clip_of, served
from chereme.bundle import find_bundle
from chereme.poses import pose_to_bytes
from chereme.recognize import DEFAULT_BUNDLE
from chereme.types import PoseSequence

__all__ = ["measure"]

_API = "/api/v1"
_JSON = {"Content-Type": "application/json"}
_FORM = {"Content-Type": "multipart/form-data; boundary=x"}


def measure(
    data: str | Path | None = None,
    *,
    bundle: str | Path = DEFAULT_BUNDLE,
    requests: int = 10_000,
    clients: int = 4,
    frames: int = 40,
) -> BenchResult:
    """Answers that were not those expected, and growth of the resident memory after the first tenth.

    Requests are recognitions of landmarks and of `.pose` files, productions, searches of the lexicon, teaching and
    forgetting, lists, and requests that must be refused; the peer is the service's own memory after the first tenth.

    Args:
        data: not read; the clip is made up.
        bundle: what recognizes.
        requests: all together.
        clients: at once.
        frames: of the clip.
    """
    folder = find_bundle(bundle)
    kinds = _kinds(clip_of(folder, frames))
    with served(folder, CHEREME_WAITING=str(clients)) as service:
        service.settle()
        begun = time.perf_counter()
        first = _ask_all(service, kinds, requests // 10, clients)
        before = service.metric("process_resident_memory_bytes")
        rest = _ask_all(service, kinds, requests - requests // 10, clients)
        after = service.metric("process_resident_memory_bytes")
        seconds = time.perf_counter() - begun
    wrong = first.wrong + rest.wrong
    return BenchResult(
        name="api-load",
        value=round(after / 2**20, 1),
        unit="MiB",
        peer=f"the same service after {requests // 10} requests",
        peer_value=round(before / 2**20, 1),
        ratio=round(after / before, 4),
        n=first.asked + rest.asked,
        details={
            "goal": "errors = 0, growth <= 0.05",
            "errors": sum(wrong.values()),
            "wrong": {f"{kind}: {status}": count for (kind, status), count in wrong.items()},
            "growth": round(after / before - 1, 4),
            "requests_per_second": round((first.asked + rest.asked) / seconds, 1),
            "clients": clients,
            "kinds": [kind.name for kind in kinds],
            "bundle": folder.name,
        },
    )


@dataclass(frozen=True)
class _Kind:
    """One kind of request, and the status that it must get."""

    name: str
    verb: str
    path: str
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200


@dataclass
class _Answers:
    asked: int = 0
    wrong: "Counter[tuple[str, int]]" = field(default_factory=Counter)


def _kinds(clip: PoseSequence) -> list[_Kind]:
    landmarks = body_of(clip)
    teach = json.dumps({"gloss": "mesa", "landmarks": json.loads(landmarks)["landmarks"]}).encode()
    form = _form("clip.pose", pose_to_bytes(clip))
    produce = json.dumps({"glosses": ["Book", "Newspaper", "no such sign"]}).encode()
    return [
        _Kind("recognize landmarks", "POST", f"{_API}/recognitions", landmarks, _JSON),
        _Kind("recognize landmarks", "POST", f"{_API}/recognitions", body_of(clip, packed=True), _JSON),
        _Kind("recognize a .pose", "POST", f"{_API}/recognitions", form, _FORM),
        _Kind("produce", "POST", f"{_API}/productions", produce, _JSON),
        _Kind("look a sign up", "POST", f"{_API}/lexicon/search", landmarks, _JSON),
        _Kind("list signs", "GET", f"{_API}/lexicon?q=b&limit=20"),
        _Kind("teach and forget", "POST", f"{_API}/lexicon", teach, _JSON, 201),
        _Kind("models", "GET", f"{_API}/models"),
        _Kind("phrases", "GET", f"{_API}/phrases?language=eng"),
        _Kind("refused: no JSON", "POST", f"{_API}/recognitions", b"{", _JSON, 400),
        _Kind("refused: no film", "POST", f"{_API}/recognitions", _form("x.mp4", b"no film" * 999), _FORM, 400),
        _Kind("refused: no entry", "GET", f"{_API}/lexicon/own.999999/pose", status=404),
    ]


def _form(name: str, content: bytes) -> bytes:
    head = f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
    return head + content + b"\r\n--x--\r\n"


def _ask_all(service: Served, kinds: list[_Kind], requests: int, clients: int) -> _Answers:
    """All kinds in turn, by so many clients that share the requests."""
    found, lock = _Answers(), threading.Lock()
    left = iter(range(requests))
    teaching = threading.Lock()  # the sign is one: what one client teaches another would find known

    def client() -> None:
        connection = service.connection()
        while True:
            with lock:
                if (number := next(left, None)) is None:
                    break
            kind = kinds[number % len(kinds)]
            if kind.status == 201:
                with teaching:
                    status, told = _ask(connection, kind)
                    if status == 201:
                        _ask(connection, _Kind("forget", "DELETE", f"{_API}/lexicon/{told['added'][0]}"))
            else:
                status, _ = _ask(connection, kind)
            with lock:
                found.asked += 1
                if status != kind.status:
                    found.wrong[kind.name, status] += 1
        connection.close()

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def _ask(connection: http.client.HTTPConnection, kind: _Kind) -> tuple[int, Any]:
    """Status and JSON; 0 when the connection broke."""
    try:
        connection.request(kind.verb, kind.path, kind.body or None, kind.headers)
        answer = connection.getresponse()
        content = answer.read()
    except (OSError, http.client.HTTPException):
        connection.close()
        return 0, None
    is_json = answer.headers.get("content-type", "").startswith("application/json")
    return answer.status, json.loads(content) if is_json else None
