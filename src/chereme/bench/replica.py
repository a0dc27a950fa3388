"""A web server on localhost for replicas of sites; it notes every request. Tests of `collect` use it, too."""

import hashlib
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

__all__ = ["MP4", "Answer", "Pages", "Replica", "served"]

MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + b"\x00" * 200
"""Begins as a film does, and holds none."""


@dataclass
class Answer:
    """What the server says."""

    body: str | bytes
    status: int = 200
    kind: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    after: float = 0.0
    """Seconds before it comes."""


@dataclass
class Replica:
    """A server whose pages are a function of path and query; a test may change them at any time."""

    pages: "Pages"
    address: str = ""
    asked: list[tuple[float, str, str]] = field(default_factory=list)
    """Time, method and path with query of each request."""
    agents: set[str] = field(default_factory=set)
    special: dict[str, list[Answer]] = field(default_factory=dict)
    """Path to answers that are given first, one after the other."""
    robots: str = ""
    etags: bool = True

    def count(self, path: str = "") -> int:
        """Requests for a path; without one, for all but robots.txt."""
        paths = Counter(unquote(asked) for _, _, asked in self.asked)
        return paths[path] if path else sum(paths.values()) - paths["/robots.txt"]

    def twice(self) -> list[str]:
        """Paths asked for more than once."""
        return [path for path, n in Counter(a for _, _, a in self.asked).items() if n > 1 and path != "/robots.txt"]


Pages = Callable[[Replica, str, dict[str, str]], Answer | None]
"""A site: replica, path and query to an answer; None: not there."""


@contextmanager
def served(pages: Pages, robots: str = "") -> Iterator[Replica]:
    """A replica while the block runs."""
    replica = Replica(pages, robots=robots)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1  # head and body in one piece

        def do_GET(self) -> None:
            replica.asked.append((time.monotonic(), self.command, self.path))
            replica.agents.add(self.headers["User-Agent"])
            answer = self._answer()
            body = answer.body.encode() if isinstance(answer.body, str) else answer.body
            headers = dict(answer.headers)
            if replica.etags and answer.status == 200 and answer.kind.startswith("text/html"):
                headers["ETag"] = f'"{hashlib.md5(body).hexdigest()}"'
                if self.headers.get("If-None-Match") == headers["ETag"]:
                    answer, body = Answer("", 304), b""
            time.sleep(answer.after)
            self.send_response(answer.status)
            for name, value in {"Content-Type": answer.kind, "Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_HEAD = do_GET  # noqa: N815

        def _answer(self) -> Answer:
            if replica.special.get(self.path):
                return replica.special[self.path].pop(0)
            if self.path == "/robots.txt":
                return Answer(replica.robots, 200 if replica.robots else 404, "text/plain")
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            return replica.pages(replica, unquote(parts.path), query) or Answer("not here", 404)

        def log_message(self, *args: object) -> None:
            pass

    server = _Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    replica.address = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield replica
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # whoever asked was killed
            super().handle_error(request, client_address)
