"""Manners of the crawl that Scrapy leaves to us: growing pauses before a retry, Crawl-delay, answers kept."""

import asyncio
import email.utils
import json
import time
from typing import Any

from protego import Protego
from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.http import Headers, Response
from scrapy.responsetypes import responsetypes
from scrapy.robotstxt import RobotParser
from scrapy.settings import BaseSettings

from chereme.collect.state import State

__all__ = ["GrowingPauses", "KeptBodies", "RobotsWithDelay"]

LONGEST_PAUSE = 300.0


class GrowingPauses(RetryMiddleware):
    """Waits before it asks again: twice as long each time, and as long as the server asks for in `Retry-After`."""

    async def process_response(  # type: ignore[override]
        self, request: Request, response: Response, spider: Spider | None = None
    ) -> Request | Response:
        again = super().process_response(request, response)
        if isinstance(again, Request):
            await self._pause(again, _retry_after(response))
        return again

    async def process_exception(  # type: ignore[override]
        self, request: Request, exception: Exception, spider: Spider | None = None
    ) -> Request | Response | None:
        again = super().process_exception(request, exception)
        if isinstance(again, Request):
            await self._pause(again, 0.0)
        return again

    async def _pause(self, again: Request, at_least: float) -> None:
        first = self.crawler.settings.getfloat("COLLECT_BACKOFF")
        pause = first * 2 ** (again.meta["retry_times"] - 1)
        await asyncio.sleep(min(max(pause, at_least), LONGEST_PAUSE))


def _retry_after(response: Response) -> float:
    """Seconds that a server asks us to wait, given as such or as a date; 0 where it does not."""
    given = (response.headers.get("Retry-After") or b"").decode("latin-1").strip()
    if given.isdigit():
        return float(given)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(given).timestamp() - time.time())
    except (TypeError, ValueError):
        return 0.0


class RobotsWithDelay(RobotParser):
    """robots.txt by Protego, `Crawl-delay` and all: where it asks for more time than we leave, it gets it."""

    def __init__(self, body: bytes, crawler: Crawler) -> None:
        self._rules = Protego.parse(body.decode("utf-8", errors="replace"))
        delay = self._rules.crawl_delay(crawler.settings["USER_AGENT"])
        if delay and crawler.engine:
            for slot in crawler.engine.downloader.slots.values():
                slot.delay = max(slot.delay, float(delay))

    @classmethod
    def from_crawler(cls, crawler: Crawler, robotstxt_body: bytes) -> "RobotsWithDelay":
        return cls(robotstxt_body, crawler)

    def allowed(self, url: str | bytes, user_agent: str | bytes) -> bool:
        """Whether robots.txt lets us look at a page."""
        texts = [t.decode() if isinstance(t, bytes) else t for t in (url, user_agent)]
        return bool(self._rules.can_fetch(*texts))


class KeptBodies:
    """Every page as it came, in the state's file: what Scrapy's cache asks before it asks the server."""

    def __init__(self, settings: BaseSettings) -> None:
        self._state: State | None = None

    def open_spider(self, spider: Any) -> None:
        self._state = spider.kept_state

    def close_spider(self, spider: Any) -> None:
        self._state = None

    def retrieve_response(self, spider: Any, request: Request) -> Response | None:
        """The answer kept for this address."""
        assert self._state is not None
        kept = self._state.body(request.url)
        if kept is None:
            return None
        _, status, packed, body = kept
        headers = Headers(json.loads(packed))
        kind = responsetypes.from_args(headers=headers, url=request.url, body=body)
        return kind(url=request.url, headers=headers, status=status, body=body)

    def store_response(self, spider: Any, request: Request, response: Response) -> None:
        """Keep an answer."""
        assert self._state is not None
        headers = {
            name.decode("latin-1"): [value.decode("latin-1") for value in values]
            for name, values in response.headers.items()
        }
        self._state.keep_body(request.url, response.status, json.dumps(headers).encode(), response.body)
