"""What the service does, in numbers, for Prometheus: no word, no name and no address of anybody is in them."""

from time import perf_counter

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chereme.serve.workers import Workers

__all__ = ["CONTENT_TYPE_LATEST", "Counted", "Metrics"]

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """The numbers of one application.

    Args:
        workers: how many requests are let in is read off them.
    """

    def __init__(self, workers: Workers) -> None:
        self.registry = registry = CollectorRegistry()
        self.requests = Counter(
            "chereme_requests", "Requests answered.", ["method", "route", "status"], registry=registry
        )
        self.seconds = Histogram(
            "chereme_request_seconds", "From request to answer.", ["route"], buckets=_SECONDS, registry=registry
        )
        self.streams = Gauge("chereme_streams", "Streams that are open.", registry=registry)
        self.signs = Counter("chereme_stream_signs", "Signs that ended in a stream.", registry=registry)
        Gauge("chereme_work", "Requests worked on or waiting.", registry=registry).set_function(lambda: workers.let_in)
        ProcessCollector(registry=registry)

    def text(self) -> bytes:
        """All of them as Prometheus reads them."""
        return generate_latest(self.registry)


class Counted:
    """Counts what passes through it, by route and never by address.

    Args:
        app: what is counted.
        metrics: where.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app, self.metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = perf_counter()
        status = 499  # unless an answer is begun

        async def send_counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, send_counted)
        finally:
            route = getattr(scope.get("route"), "path", "page" if status != 403 else "refused")
            route = route.removeprefix("/api/v1")  # some versions of FastAPI name a route with it, some without
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self.metrics.requests.labels(method, route, str(status)).inc()
            self.metrics.seconds.labels(route).observe(perf_counter() - begun)


_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "POST"})
