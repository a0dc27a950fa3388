"""Scrapy's side of a crawl: what is asked for, and where the answers go. Parsing and keeping are done elsewhere."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import scrapy
from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DontCloseSpider, IgnoreRequest
from scrapy.http import Response, TextResponse
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from chereme.collect.clips import clip_path, keep_clip, why_no_clip
from chereme.collect.page import Entry, Page, Visit
from chereme.collect.site import Site
from chereme.collect.state import State
from chereme.errors import MarkupError

__all__ = ["CollectSpider"]

GONE = (404, 410)
PAGES_FIRST = 10


class CollectSpider(scrapy.Spider):
    """Fetches the pages that wait, then, when all are done, the clips that are wanted.

    Args:
        site: what is read.
        state: where it is kept; open.
        clips: `no`, `check` (does a clip answer?) or `store`.
        limit: pages at most in this run; 0: all.
    """

    name = "collect"

    def __init__(self, site: Site, state: State, clips: str = "no", limit: int = 0, **rest: Any) -> None:
        super().__init__(site.name, **rest)
        self.site, self.kept_state, self.clips, self.limit = site, state, clips, limit
        self._asked = 0
        self._by_browser: set[str] = set()
        self._clips_begun = False

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> "CollectSpider":
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider._idle, signals.spider_idle)
        return spider

    async def start(self) -> AsyncIterator[Any]:
        """The pages that wait."""
        for request in self._pages(self.kept_state.waiting(self.site.name)):
            yield request

    def _pages(self, visits: list[Visit]) -> Iterator[Request]:
        for visit in visits:
            if self.limit and self._asked >= self.limit:
                return
            self._asked += 1
            yield self._page(visit, bool(visit.steps) or visit.kind in self._by_browser)

    def _page(self, visit: Visit, browser: bool) -> Request:
        return Request(
            visit.url,
            callback=self._read,
            errback=self._page_failed,
            dont_filter=True,  # the state knows what is new; a fragment tells pages apart
            priority=PAGES_FIRST,
            meta={"visit": visit, "browser": browser, "dont_cache": browser},
        )

    def _read(self, response: Response) -> Iterator[Request]:
        visit, name = response.meta["visit"], self.site.name
        page = Page(visit, response.text if isinstance(response, TextResponse) else "")
        try:
            found = list(self.site.parse(page))
        except MarkupError as error:
            if self.site.scripted and not response.meta["browser"]:
                self._by_browser.add(visit.kind)
                yield self._page(visit, browser=True)
            else:
                self.kept_state.fail(name, visit, "changed", str(error))
            return
        entries = [one for one in found if isinstance(one, Entry)]
        yield from self._pages(
            self.kept_state.finish(name, visit, entries, [one for one in found if isinstance(one, Visit)])
        )

    def _page_failed(self, failure: Failure) -> None:
        visit = failure.request.meta["visit"]  # type: ignore[attr-defined]
        status, why = _what_failed(failure)
        self.kept_state.fail(self.site.name, visit, status, why)

    def _idle(self) -> None:
        """All pages are done: now the clips."""
        if self.clips == "no" or self._clips_begun:
            return
        self._clips_begun = True
        wanted = self.kept_state.videos_wanted(self.site.name, self.clips == "store")
        assert self.crawler.engine is not None
        for url, entry in wanted.items():
            self.crawler.engine.crawl(self._clip(url, entry))
        if wanted:
            raise DontCloseSpider

    def _clip(self, url: str, entry: Entry, ranged: bool = False) -> Request:
        return Request(
            url,
            method="HEAD" if self.clips == "check" and not ranged else "GET",
            headers={"Range": "bytes=0-1023"} if ranged else {},
            callback=self._clip_answered,
            errback=self._clip_failed,
            dont_filter=True,
            meta={"clip": url, "entry": entry, "dont_cache": True, "ranged": ranged},
        )

    def _clip_answered(self, response: Response) -> Iterator[Request]:
        url, entry, name = response.meta["clip"], response.meta["entry"], self.site.name
        kind = (response.headers.get("Content-Type") or b"").decode("latin-1")
        why = why_no_clip(kind, None if self.clips == "check" else response.body)
        if why:
            self.kept_state.settle_video(name, url, "dead", error=why)
            yield from self._elsewhere(url, entry)
        elif self.clips == "check":
            self.kept_state.settle_video(name, url, "alive")
        else:
            path = clip_path(name, entry, url)
            digest = keep_clip(self.kept_state.folder / path, response.body)
            self.kept_state.settle_video(name, url, "stored", path=path, size=len(response.body), sha256=digest)

    def _clip_failed(self, failure: Failure) -> Iterator[Request]:
        meta = failure.request.meta  # type: ignore[attr-defined]
        url, entry = meta["clip"], meta["entry"]
        response = failure.value.response if isinstance(failure.value, HttpError) else None
        if response is not None and response.status in (403, 405, 501) and self.clips == "check" and not meta["ranged"]:
            yield self._clip(url, entry, ranged=True)  # some servers know no HEAD
            return
        status, why = _what_failed(failure)
        gone = status in ("dead", "refused")
        self.kept_state.settle_video(self.site.name, url, "dead" if gone else "failed", error=why)
        if gone:
            yield from self._elsewhere(url, entry)

    def _elsewhere(self, url: str, entry: Entry) -> Iterator[Request]:
        """Where else the clip may be."""
        if entry.video_fallback and url != entry.video_fallback:
            yield self._clip(entry.video_fallback, entry)


def _what_failed(failure: Failure) -> tuple[str, str]:
    """`dead`, `refused` or `failed`, and why."""
    error = failure.value
    if isinstance(error, HttpError):
        status = error.response.status
        return ("dead" if status in GONE else "failed"), f"answers {status}"
    if isinstance(error, IgnoreRequest):
        return "refused", "robots.txt forbids it"
    text = ""
    with contextlib.suppress(Exception):
        text = str(error).splitlines()[0]
    return "failed", f"{type(error).__name__}: {text}" if text else type(error).__name__
