"""Nothing is kept, nothing goes elsewhere, nobody elsewhere gets in; and a crowd does no harm."""

import re
import socket
import stat
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from answered import until
from chereme.poses import pose_to_bytes
from chereme.serve import recognitions as serving
from chereme.serve.guard import HEADERS
from chereme.serve.workers import AbandonedError


class Work:
    """Stands in for the heavy part: says when it began, ends when let go or told to stop."""

    def __init__(self) -> None:
        self.began, self.let_go, self.stopped = threading.Event(), threading.Event(), threading.Event()
        self.upload: Any = None
        self.mode = 0

    def __call__(self, upload: Any, recognizer: Any, settings: Any, stop: threading.Event) -> dict[str, Any]:
        self.upload = upload
        self.mode = stat.S_IMODE(upload.path.stat().st_mode)
        self.began.set()
        while not self.let_go.wait(0.02):
            if stop.is_set():
                self.stopped.set()
                raise AbandonedError
        return {"file": upload.name, "predictions": [], "unknown": True, "seconds": {}, "bundle": "small"}


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    made = Work()
    monkeypatch.setattr(serving, "answer", made)
    return made


def gone(path: Path) -> bool:
    return until(lambda: not path.exists())


def test_an_upload_is_private_under_a_random_name_and_goes(serve, work):
    service = serve()
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(service.recognize, "my name.mp4", b"film")
        assert work.began.wait(5)
        path = work.upload.path
        assert path.read_bytes() == b"film"
        assert path.suffix == ".mp4"
        assert "name" not in path.name
        assert work.mode == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert path.is_relative_to(service.folder)
        work.let_go.set()
        assert asked.result().status_code == 200
    assert service.uploads() == []


def open_in(folder: Path) -> list[str]:
    """Files there that this process holds open, also those without a name."""
    links = []
    for link in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # closed meanwhile
            links.append(str(link.readlink()))
    return [link for link in links if link.startswith(str(folder))]


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="open files are read off /proc")
@pytest.mark.parametrize("gone", [False, True], ids=["whole", "who sends goes away"])
def test_a_large_upload_lies_in_the_services_own_folder_while_it_arrives(serve, work, gone):
    """Above a megabyte it is written to a file without a name; that, too, goes with the request."""
    service = serve()
    host, port = service.url.removeprefix("http://").split(":")
    film = bytes(2_000_000)
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n'
    tail = b"\r\n--x--\r\n"
    about = (
        f"POST /api/v1/recognitions HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n"
        f"Content-Length: {len(head + film + tail)}\r\nContent-Type: multipart/form-data; boundary=x\r\n\r\n"
    )
    work.let_go.set()
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(about.encode() + head + film)
        assert until(lambda: open_in(service.folder))
        if not gone:
            connection.sendall(tail)
            assert connection.recv(100).startswith(b"HTTP/1.1 200")
            assert work.upload.path.is_relative_to(service.folder)
    assert until(lambda: not open_in(service.folder))
    assert service.uploads() == []


def test_nothing_is_written_to_the_systems_folder(serve, film, monkeypatch):
    """It may be small, shared, or not to be written; what the setting names is used instead."""
    service = serve(bundle="isl43", asl={})
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere/at/all")
    with pytest.raises(FileNotFoundError):
        tempfile.mkstemp()
    large = film + bytes(2_000_000)  # what follows a film's last box is not read
    for answer in (
        service.recognize("a.mp4", large),
        service.recognize("a.mp4", large, answer="overlay"),
        service.client.get("/api/v1/samples/Book.mp4"),
        service.client.post("/api/v1/productions?format=mp4&size=64", json={"glosses": ["Book"], "speed": 9}),
        service.client.post("/api/v1/lexicon", files={"file": ("a.mp4", large)}, data={"gloss": "a"}),
        service.client.get("/api/v1/lexicon/export"),
    ):
        assert answer.is_success, answer.text[:300]
    assert service.spell(bytes(2_000_000)).json()["code"] == "damaged"
    assert service.uploads() == []


def test_a_failure_leaves_nothing(service, wall):
    assert service.recognize("wall.mp4", wall).status_code == 422
    assert service.recognize("x.mp4", b"nonsense").status_code == 400
    assert service.uploads() == []


def test_a_fault_of_ours_leaves_nothing_and_tells_nothing(serve, monkeypatch, signer):
    def broken(*_: Any) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr(serving, "answer", broken)
    service = serve()
    answer = service.recognize("x.pose", pose_to_bytes(signer))
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal"
    assert "secret" not in answer.text
    assert answer.headers["content-security-policy"] == HEADERS["Content-Security-Policy"]
    assert service.uploads() == []


def test_who_goes_away_stops_the_work(serve, work):
    service = serve()
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\nfilm\r\n--x--\r\n'
    host, port = service.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        head = (
            f"POST /api/v1/recognitions HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: {len(body)}\r\n"
            "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
        )
        connection.sendall(head.encode() + body)
        assert work.began.wait(5)
    assert work.stopped.wait(5)
    assert gone(work.upload.path)


def test_who_goes_away_in_mid_upload_leaves_nothing(serve, work):
    service = serve()
    host, port = service.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        head = (
            f"POST /api/v1/recognitions HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 5000000\r\n"
            "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
            '--x\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n'
        )
        connection.sendall(head.encode() + bytes(2_000_000))
    work.let_go.set()
    assert service.recognize("b.mp4", b"film").status_code == 200  # its place was given back
    assert service.uploads() == []


def test_a_crowd_is_told_to_come_back(serve, work):
    service = serve(workers=1, waiting=1)
    with ThreadPoolExecutor(2) as pool:
        let_in = [pool.submit(service.recognize, f"{i}.mp4", b"film") for i in range(2)]
        assert work.began.wait(5)
        refused = service.recognize("late.mp4", b"film")
        while refused.status_code == 200 or not refused.headers.get("retry-after"):  # the second may be on its way
            refused = service.recognize("late.mp4", b"film")
        assert refused.status_code == 429
        assert refused.json()["code"] == "busy"
        assert service.client.get("/api/v1/health").status_code == 200  # the event loop is free meanwhile
        work.let_go.set()
        assert [one.result().status_code for one in let_in] == [200, 200]
    assert service.recognize("again.mp4", b"film").status_code == 200


def test_the_service_ends_while_somebody_waits(small_bundle, work, tmp_path):
    """Its folder goes with it, and what was in it."""
    from chereme.serve import ServeSettings, create_app

    settings = ServeSettings(_env_file=None, bundle=str(small_bundle), temporary=tmp_path)
    service = create_app(settings).state.service
    (service.folder / "upload.mp4").write_bytes(b"film")
    service.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", ["/", "/page.js", "/api/v1/models", "/api/v1/openapi.json", "/nothing"])
def test_every_answer_keeps_the_page_to_itself(service, path):
    answer = service.client.get(path)
    own = ("/", "/page.js", "/api/v1/models")  # the page's files, and lists that are asked again with their ETag
    kept = {"Cache-Control"} if path in own else set()
    assert {name: answer.headers[name] for name in HEADERS.keys() - kept} == {
        name: HEADERS[name] for name in HEADERS.keys() - kept
    }
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy.replace("'wasm-unsafe-eval'", "")
    assert "http" not in policy


def test_the_page_holds_no_script_or_style_of_its_own(service):
    page = service.client.get("/").text
    tags = re.findall(r"<[a-zA-Z][^>]*>", page)
    assert tags
    for tag in tags:
        assert not tag.startswith("<style")
        assert not re.search(r"\s(style|on\w+)\s*=", tag), tag
        if tag.startswith(("<script", "<link")):
            where = re.search(r'\s(?:src|href)="([^"]+)"', tag)
            assert where, tag
            assert not where[1].startswith(("http", "//", "data:")), tag


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        pytest.param({"Host": "evil.example"}, "unknown_host", id="another name for this machine"),
        pytest.param({"Host": "127.0.0.1.evil.example:80"}, "unknown_host", id="a name that begins like ours"),
        pytest.param({"Origin": "https://evil.example"}, "elsewhere", id="a page elsewhere"),
        pytest.param({"Origin": "null"}, "elsewhere", id="a page without an origin"),
        pytest.param({"Sec-Fetch-Site": "cross-site"}, "elsewhere", id="by the browser's word"),
        pytest.param({"Sec-Fetch-Site": "same-site"}, "elsewhere", id="another port of this machine"),
    ],
)
def test_other_sites_do_not_get_in(service, signer, headers, code):
    files = {"file": ("x.pose", pose_to_bytes(signer))}
    for answer in (
        service.client.post("/api/v1/recognitions", files=files, headers=headers),
        service.client.get("/api/v1/models", headers=headers),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, code)


@pytest.mark.parametrize("host", ["localhost:80", "127.0.0.1", "[::1]:8765"])
def test_this_machine_gets_in_by_each_of_its_names(service, host):
    assert service.client.get("/", headers={"Host": host}).status_code == 200


def test_a_link_may_lead_to_the_page(service):
    followed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert service.client.get("/", headers=followed).status_code == 200


def test_further_names_are_a_setting(serve):
    service = serve(hosts="desk.example, other")
    assert service.client.get("/", headers={"Host": "desk.example:8765"}).status_code == 200
    assert service.client.get("/", headers={"Host": "evil.example"}).status_code == 403
    assert serve(hosts="*").client.get("/", headers={"Host": "any.example"}).status_code == 200
