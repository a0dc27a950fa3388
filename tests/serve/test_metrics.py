"""What the service does in numbers, how far a request is, and an end to it."""

import asyncio
import gc
import re
import socket
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from answered import refused, until, waited
from chereme.poses import pose_to_bytes
from chereme.serve import recognitions
from chereme.serve.service import Service
from chereme.serve.workers import AbandonedError, Work, Workers


def counted(service) -> dict[tuple[str, str, str], float]:
    """Method, route and status to how many."""
    families = {f.name: f for f in text_string_to_metric_families(service.client.get("/api/v1/metrics").text)}
    return {
        (s.labels["method"], s.labels["route"], s.labels["status"]): s.value
        for s in families["chereme_requests"].samples
        if s.name.endswith("_total")
    }


def test_requests_are_counted_by_route_and_status(serve, signer):
    service = serve()
    for _ in range(3):
        service.recognize("my name.pose", pose_to_bytes(signer))
    service.recognize("x.txt", b"x")
    service.client.get("/api/v1/lexicon/own.77/pose")
    service.client.get("/no/such/page")
    service.client.get("/api/v1/models", headers={"Origin": "https://evil.example"})
    found = counted(service)
    assert found["POST", "/recognitions", "200"] == 3
    assert found["POST", "/recognitions", "415"] == 1
    assert found["GET", "/lexicon/{id}/pose", "404"] == 1
    assert found["GET", "page", "404"] == 1
    assert found["GET", "refused", "403"] == 1
    text = service.client.get("/api/v1/metrics").text
    assert "my name" not in text
    assert "own.77" not in text
    assert "chereme_work 0.0" in text
    assert "process_resident_memory_bytes" in text


def test_a_fault_of_ours_is_told_and_counted_as_one(serve, monkeypatch):
    service = serve()
    monkeypatch.setattr(Service, "models", lambda _: 1 / 0)
    answer = service.client.get("/api/v1/models")
    refused(answer, 500, "internal")
    assert answer.headers["content-security-policy"]
    assert counted(service)["GET", "/models", "500"] == 1


class Slow:
    """Stands in for the heavy part: is a quarter done, then waits for its end."""

    def __init__(self) -> None:
        self.began = threading.Event()
        self.let_go = threading.Event()

    def __call__(self, upload: Any, judge: Any, settings: Any, work: Work) -> dict[str, Any]:
        work.check(0.25)
        self.began.set()
        while not self.let_go.wait(0.02):
            work.check()
        return {"file": upload.name, "predictions": [], "unknown": True, "seconds": {}, "bundle": "small"}


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    made = Slow()
    monkeypatch.setattr(recognitions, "answer", made)
    return made


def ask(service, name: str):
    headers = {"X-Work": name}
    return service.client.post("/api/v1/recognitions", files={"file": ("x.mp4", b"film")}, headers=headers)


def at_work(service) -> float:
    return float(re.search(r"^chereme_work (.+)$", service.client.get("/api/v1/metrics").text, re.MULTILINE)[1])


def left_waiting(service) -> socket.socket:
    """A client that has sent its film, and goes away when it is closed."""
    host, port = service.url.removeprefix("http://").split(":")
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\nfilm\r\n--x--\r\n'
    head = (
        f"POST /api/v1/recognitions HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: {len(body)}\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
    )
    made = socket.create_connection((host, int(port)))
    made.sendall(head.encode() + body)
    return made


def test_a_request_tells_how_far_it_is(serve, slow):
    service = serve(workers=1)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(ask, service, "one")
        assert slow.began.wait(5)
        second = pool.submit(ask, service, "two")
        while (waits := service.client.get("/api/v1/work/two")).status_code == 404:
            pass
        assert service.client.get("/api/v1/work/one").json() == {"state": "running", "share": 0.25}
        assert waits.json() == {"state": "waiting", "share": 0}
        assert "chereme_work 2.0" in service.client.get("/api/v1/metrics").text
        refused(ask(service, "one"), 400, "form")  # a name is one request's
        slow.let_go.set()
        assert [first.result().status_code, second.result().status_code] == [200, 200]
    refused(service.client.get("/api/v1/work/one"), 404, "no_work")


def test_a_request_can_be_cancelled_while_it_runs_or_waits(serve, slow):
    service = serve(workers=1)
    with ThreadPoolExecutor(2) as pool:
        running = pool.submit(ask, service, "one")
        assert slow.began.wait(5)
        waiting = pool.submit(ask, service, "two")
        while service.client.delete("/api/v1/work/two").status_code == 404:
            pass
        assert service.client.delete("/api/v1/work/one").status_code == 204
        for one in (running, waiting):
            refused(one.result(), 409, "cancelled")
    assert service.uploads() == []
    refused(service.client.delete("/api/v1/work/one"), 404, "no_work")


def test_who_goes_away_while_waiting_gives_up_the_place_at_once(serve, slow):
    """The thread is busy all the while: nobody need wait for it to find out that nobody waits."""
    service = serve(workers=1, waiting=1)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(ask, service, "one")
        assert slow.began.wait(5)
        for _ in range(3):
            with left_waiting(service):
                assert until(lambda: at_work(service) == 2)
                assert len(service.uploads()) == 2
            assert until(lambda: at_work(service) == 1)
            assert len(service.uploads()) == 1
        assert until(lambda: counted(service).get(("POST", "/recognitions", "499")) == 3)
        second = pool.submit(ask, service, "two")  # there is room for it again
        while service.client.delete("/api/v1/work/two").status_code == 404:
            pass
        refused(second.result(5), 409, "cancelled")  # told at once, too
        assert not first.done()
        slow.let_go.set()
        assert first.result().status_code == 200
    assert ask(service, "three").status_code == 200


def test_what_was_given_up_is_not_kept_until_a_thread_is_free():
    """Else who comes and goes could fill the memory with pictures."""

    class Picture:
        pass

    async def come_and_go(workers: Workers) -> weakref.ref[Picture]:
        picture, own = Picture(), Work()
        asking = asyncio.create_task(workers.run(lambda _, picture=picture: picture, "x", own))
        await asyncio.sleep(0)
        own.set()
        with pytest.raises(AbandonedError):
            await asyncio.wait_for(asking, 5)
        return weakref.ref(picture)

    workers, let_go = Workers(1, 1), threading.Event()
    busy = workers._pool.submit(let_go.wait)
    try:
        kept = waited(come_and_go(workers))
        gc.collect()
        assert kept() is None
        assert not busy.done()
    finally:
        let_go.set()
        workers.close()


def test_films_tell_how_far_they_are(service, film, monkeypatch):
    shares: list[float] = []
    check = Work.check

    def told(self: Work, share: float | None = None) -> None:
        check(self, share)
        shares.append(self.share)

    monkeypatch.setattr(Work, "check", told)
    assert service.recognize("x.mp4", film).status_code == 200
    assert shares == sorted(shares)
    assert len(set(shares)) >= 16
    assert shares[-1] > 0.8
