"""Landmarks over a WebSocket: a word whenever a sign has come to its end."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

import chereme.serve.stream
from answered import landmarks_of, until
from chereme.types import PoseSequence
from made_up import made_up_swings


@pytest.fixture(scope="module")
def signs_twice() -> PoseSequence:
    return made_up_swings(2)


@contextmanager
def opened(service, **more: Any) -> Iterator[ClientConnection]:
    with connect(f"{service.url.replace('http', 'ws')}/api/v1/stream", open_timeout=10, **more) as socket:
        yield socket


def start(clip: PoseSequence, **more: Any) -> dict[str, Any]:
    return {"type": "start", "layout": clip.layout.name, "fps": clip.fps, "size": list(clip.size), **more}


def sign_once(socket: ClientConnection, clip: PoseSequence) -> None:
    """Landmarks up to where the first sign is over."""
    socket.send(json.dumps(start(clip)))
    socket.send(json.dumps({"type": "frames", "points": landmarks_of(clip.with_points(clip.points[:66]))["points"]}))
    socket.send(json.dumps({"type": "end"}))


def heard(socket: ClientConnection) -> list[dict[str, Any]]:
    """All messages until the end."""
    told = []
    while not told or told[-1]["type"] not in ("end", "refused"):
        message = socket.recv(timeout=20)
        told.append(json.loads(message) if isinstance(message, str) else msgspec.msgpack.decode(message))
    return told


@pytest.mark.parametrize("form", ["json", "msgpack"])
def test_two_signs_get_two_answers(service, signs_twice, form):
    encode = (lambda told: json.dumps(told)) if form == "json" else msgspec.msgpack.encode
    with opened(service) as socket:
        socket.send(encode(start(signs_twice, top=2)))
        for i in range(0, len(signs_twice), 3):
            part = signs_twice.with_points(signs_twice.points[i : i + 3])
            points = landmarks_of(part)["points"] if form == "json" else part.points.astype("<f4").tobytes()
            socket.send(encode({"type": "frames", "points": points}))
        socket.send(encode({"type": "end"}))
        told = heard(socket)
    assert told[0] == {"type": "ready", "bundle": "small", "layout": "body_hands_75"}
    assert [one["type"] for one in told[1:]] == ["signing", "signing", "sign", "signing", "signing", "sign", "end"]
    assert [one["signing"] for one in told if one["type"] == "signing"] == [True, False, True, False]
    signs = [one for one in told if one["type"] == "sign"]
    for sign, begins in zip(signs, (1.5, 4.2), strict=True):
        assert len(sign["predictions"]) == 2
        assert sign["start"] == pytest.approx(begins, abs=0.5)
        assert sign["end"] == pytest.approx(begins + 1.2, abs=0.5)
        assert sign["bundle"] == "small"
    text = service.client.get("/api/v1/metrics").text
    assert "chereme_streams 0.0" in text


def test_a_sign_under_way_ends_with_the_stream(service, signs_twice):
    with opened(service) as socket:
        sign_once(socket, signs_twice)
        assert [one["type"] for one in heard(socket)] == ["ready", "signing", "signing", "sign", "end"]


def test_who_goes_away_while_a_sign_waits_gives_up_the_place(serve, signs_twice, monkeypatch):
    """The one thread is busy all the while with somebody else's."""
    began, let_go = threading.Event(), threading.Event()

    def slow(*_: Any) -> dict[str, Any]:
        began.set()
        assert let_go.wait(20)
        return {"file": "sign", "predictions": []}

    def asked(streams: int, signs: int) -> bool:
        text = service.client.get("/api/v1/metrics").text
        return f"chereme_streams {streams}.0" in text and f"chereme_work {signs}.0" in text

    monkeypatch.setattr(chereme.serve.stream, "answer_landmarks", slow)
    service = serve(workers=1, waiting=1)
    try:
        with opened(service) as first:
            sign_once(first, signs_twice)
            assert began.wait(5)
            for _ in range(3):
                with opened(service) as second:
                    sign_once(second, signs_twice)
                    assert until(lambda: asked(2, 2))
                assert until(lambda: asked(1, 1))
            let_go.set()
            assert [one["type"] for one in heard(first)] == ["ready", "signing", "signing", "sign", "end"]
    finally:
        let_go.set()


def test_nobody_signs_nothing_is_said(service, signs_twice):
    with opened(service) as socket:
        socket.send(json.dumps(start(signs_twice)))
        still = landmarks_of(signs_twice.with_points(signs_twice.points[:30]))["points"]
        for _ in range(4):
            socket.send(json.dumps({"type": "frames", "points": still}))
        socket.send(json.dumps({"type": "end"}))
        assert [one["type"] for one in heard(socket)] == ["ready", "end"]


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        pytest.param(["nonsense"], "json", id="no JSON"),
        pytest.param([b"\xc1"], "json", id="no msgpack"),
        pytest.param(['{"type": "end"}'], "json", id="no start"),
        pytest.param(['{"type": "start", "size": [640, 480], "top": 0}'], "json", id="no answer wanted"),
        pytest.param(['{"type": "start", "size": [640, 480], "layout": "x"}'], "json", id="no such layout"),
        pytest.param(
            ['{"type": "start", "size": [640, 480], "layout": "hand_21"}'], "landmarks_missing", id="a hand alone"
        ),
        pytest.param(['{"type": "start", "size": [640, 480]}'] * 2, "json", id="started twice"),
        pytest.param(
            ['{"type": "start", "size": [640, 480]}', '{"type": "frames", "points": [[null]]}'],
            "json",
            id="too few landmarks",
        ),
        pytest.param(
            [
                '{"type": "start", "size": [640, 480]}',
                json.dumps({"type": "frames", "points": [[None] * 75], "times": [1, 2]}),
            ],
            "json",
            id="more times than frames",
        ),
    ],
)
def test_what_cannot_be_read_ends_it(service, messages, code):
    with opened(service) as socket:
        for message in messages:
            socket.send(message)
        refused = heard_refused(socket)
        assert refused["code"] == code
        assert "; " in refused["detail"]
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=5)


def heard_refused(socket: ClientConnection) -> dict[str, Any]:
    told = heard(socket)[-1]
    assert told["type"] == "refused"
    return told


def test_frames_too_fast(serve, signs_twice):
    service = serve(max_seconds=1000)
    with opened(service) as socket:
        socket.send(json.dumps(start(signs_twice)))
        flat = signs_twice.points[:1].repeat(3000, 0)
        flat[:, 15, 0] += np.linspace(0, 300, 3000)
        for i in range(0, 3000, 1000):
            message = {
                "type": "frames",
                "points": flat[i : i + 1000].astype("<f4").tobytes(),
                "times": [1e-5 * t for t in range(i, i + 1000)],
            }
            socket.send(msgspec.msgpack.encode(message))
        assert heard_refused(socket)["code"] == "too_long"


def test_a_silent_one_is_closed(serve):
    service = serve(stream_idle=0.2)
    with opened(service) as socket:
        assert heard_refused(socket)["code"] == "slow_upload"


def test_only_so_many_at_once(serve, signs_twice):
    service = serve(streams=1)
    with opened(service) as first:
        first.send(json.dumps(start(signs_twice)))
        assert json.loads(first.recv(timeout=5))["type"] == "ready"
        assert "chereme_streams 1.0" in service.client.get("/api/v1/metrics").text
        with opened(service) as second:
            assert heard_refused(second)["code"] == "busy"


def test_without_a_recognizer(serve, tmp_path):
    service = serve(bundle=str(tmp_path / "nowhere"))
    with opened(service) as socket:
        assert heard_refused(socket)["code"] == "no_bundle"


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_pages_elsewhere_open_none(service, headers):
    origin = headers.pop("Origin", None)
    with pytest.raises(InvalidStatus) as refused, opened(service, additional_headers=headers, origin=origin):
        pass
    assert refused.value.response.status_code == 403
