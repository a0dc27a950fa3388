"""What the service does in numbers, how far a request is, and an end to it."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from answered import refused
from chereme.poses import pose_to_bytes
from chereme.serve import recognitions
from chereme.serve.service import Service
from chereme.serve.workers import Work


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
