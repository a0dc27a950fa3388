"""`web-size`: bytes sent for a first visit of the page, until it works offline, and for a second; how soon it shows."""

from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chereme.bench import BenchResult
from chereme.bench.browser import chromium, served
from chereme.errors import CheremeError
from chereme.serve.page_files import PAGE

__all__ = ["measure"]

_SETTLED = 3000
"""Milliseconds without which a page might still ask for something."""

_PAINTED = """() => new Promise((done) => {
    const told = (list) => list.getEntriesByName("first-contentful-paint").forEach(({ startTime }) => done(startTime));
    new PerformanceObserver(told).observe({ type: "paint", buffered: true });
})"""
"""Milliseconds from asking for the page to when the browser had drawn any of it."""


class _Counted:
    """Counts the bytes of every answer's body, packed as it is sent."""

    def __init__(self) -> None:
        self.app: ASGIApp
        self.sent: dict[str, int] = {}

    def wrap(self, app: ASGIApp) -> "_Counted":
        self.app = app
        return self

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def count(message: Message) -> None:
            if message["type"] == "http.response.body":
                path = scope["path"]
                self.sent[path] = self.sent.get(path, 0) + len(message.get("body", b""))
            await send(message)

        await self.app(scope, receive, count)

    def take(self) -> dict[str, int]:
        """What was sent since it was last taken, by path."""
        taken, self.sent = self.sent, {}
        return taken


def measure(data: str | Path | None = None) -> BenchResult:
    """A browser that was never here opens the page, waits until all is kept for offline use, and comes again.

    Args:
        data: not read.

    Raises:
        CheremeError: the page has not been built, or never says that it works offline.
    """
    if not (PAGE / "sw.js.gz").is_file():
        raise CheremeError("the page has not been built; run `make page` first")
    counted = _Counted()
    with served(wrap=counted.wrap) as url, chromium() as browser:
        context = browser.new_context(locale="en-GB")
        paints = [_visit(context, url, first=True)]
        first = counted.take()
        paints.append(_visit(context, url, first=False))
        second = counted.take()
        context.close()
    total, again = sum(first.values()), sum(second.values())
    largest = sorted(first, key=first.__getitem__, reverse=True)[:6]
    return BenchResult(
        "web-size",
        round(total / 1e6, 2),
        "MB at a first visit",
        "the same browser's second visit, MB",
        round(again / 1e6, 4),
        round(again / total, 5),
        1,
        {
            "goal": "<= 30 MB; <= 0.05 MB",
            "largest_mb": {path: round(first[path] / 1e6, 2) for path in largest},
            "seconds_to_first_paint": dict(zip(("first", "second"), paints, strict=True)),
            "second_bytes": {path: size for path, size in second.items() if size},
        },
    )


def _visit(context: Any, url: str, first: bool) -> float:
    """Look at two pages; seconds from asking for the first to when the browser had drawn any of it."""
    page = context.new_page()
    page.goto(f"{url}/#/about")
    paint = page.evaluate(_PAINTED) / 1000
    if first:
        page.get_by_text("it works offline").wait_for(timeout=180_000)
    page.goto(f"{url}/#/recognize")
    page.locator("#known").wait_for()
    page.wait_for_timeout(_SETTLED)
    page.close()
    return round(float(paint), 3)
