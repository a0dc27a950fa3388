"""A browser for pages that fill themselves by script: one page at a time, read when it has what was asked for."""

import asyncio
import os
import shutil
import time
from itertools import takewhile
from typing import Any, Self

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.http import HtmlResponse, Response

from chereme.collect.page import Step, Visit
from chereme.errors import MissingExtraError

__all__ = ["BrowserPages", "ScriptedPage"]

_CANDIDATES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_EMPTY = """css => document.querySelectorAll(css).forEach(e => {
    if (e.options) e.options.length = 0;
    else if (e.hasAttribute('src')) e.removeAttribute('src');
    else e.textContent = '';
})"""
_FULL = """css => [...document.querySelectorAll(css)].some(
    e => e.options ? e.options.length > 0 : e.hasAttribute('src') || e.textContent.trim() !== '')"""
_CHOOSE = """([css, text, nth]) => {
    const select = document.querySelector(css);
    const alike = [...(select ? select.options : [])].filter(o => o.text.replace(/\\s+/g, ' ').trim() === text);
    if (nth >= alike.length) return false;
    select.selectedIndex = alike[nth].index;
    for (const type of ['input', 'change']) select.dispatchEvent(new Event(type, {bubbles: true}));
    return true;
}"""
_CLICK = """([css, text, nth]) => {
    const alike = [...document.querySelectorAll(css)].filter(
        e => e.textContent.replace(/\\s+/g, ' ').trim() === text);
    if (nth < alike.length) alike[nth].click();
    return nth < alike.length;
}"""


class ScriptedPage:
    """One page of a browser that goes from visit to visit, repeating no step that it has just done.

    Args:
        user_agent: how it names itself.
        delay: seconds between two things that may ask the server.
        wait: seconds that the page has to fill itself.
    """

    def __init__(self, user_agent: str, delay: float, wait: float) -> None:
        self._user_agent, self._delay, self._wait = user_agent, delay, wait
        self._driver: Any = None
        self._page: Any = None
        self._at: tuple[str, tuple[Step, ...]] = ("", ())
        self._last = 0.0
        self._one = asyncio.Lock()

    async def read(self, visit: Visit) -> str:
        """The page's HTML after the visit's steps.

        Raises:
            MissingExtraError: no playwright, or no browser of Chromium's family.
            OSError: the server does not answer, or a step finds nothing to click or choose.
        """
        async with self._one:
            page = await self._opened()
            url, steps = (visit.url.partition("#")[0] if visit.steps else visit.url), visit.steps
            there, done = self._at
            self._at = ("", ())  # after a failure the next visit begins anew
            same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(done, steps, strict=False)))
            try:
                if not steps or there != url:
                    await self._go(page, url)
                    same = 0
                for step in steps[min(same, len(steps) - 1) :] if steps else ():
                    await self._do(page, step)
                text = str(await page.content())
            except OSError:
                raise
            except Exception as error:  # playwright's own; its classes are there only with the extra
                raise OSError(f"{visit.url}: the browser says: {str(error).splitlines()[0]}") from error
            self._at = (url, steps)
            return text

    async def _go(self, page: Any, url: str) -> None:
        await self._be_patient()
        answer = await page.goto(url, wait_until="load", timeout=1000 * self._wait)
        if answer is not None and answer.status >= 400:
            raise OSError(f"{url}: answers {answer.status}")
        await page.wait_for_load_state("networkidle", timeout=1000 * self._wait)

    async def _do(self, page: Any, step: Step) -> None:
        await self._be_patient()
        for css in step.fills:
            await page.evaluate(_EMPTY, css)
        if not await page.evaluate(_CHOOSE if step.do == "choose" else _CLICK, [step.css, step.text, step.nth]):
            raise OSError(f"{page.url}: no {step.css!r} with the text {step.text!r} to {step.do}")
        until = time.monotonic() + self._wait
        for css in step.fills:
            while not await page.evaluate(_FULL, css) and time.monotonic() < until:
                await asyncio.sleep(0.05)
        await page.wait_for_load_state("networkidle", timeout=1000 * self._wait)

    async def _be_patient(self) -> None:
        await asyncio.sleep(max(0.0, self._last + self._delay - time.monotonic()))
        self._last = time.monotonic()

    async def _opened(self) -> Any:
        if self._page is None:
            try:
                from playwright.async_api import async_playwright
            except ImportError as error:
                raise MissingExtraError("collect", "a page that fills itself by script") from error
            wanted = os.environ.get("CHEREME_BROWSER")
            found = next(filter(None, map(shutil.which, [wanted] if wanted else _CANDIDATES)), None)
            self._driver = await async_playwright().start()
            # as root, in a container, there is no sandbox to be had
            arguments = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
            browser = await self._driver.chromium.launch(executable_path=found, args=arguments)
            self._page = await browser.new_page(user_agent=self._user_agent)
            await self._page.route("**/*", _without_media)
        return self._page

    async def close(self) -> None:
        """End the browser."""
        if self._driver is not None:
            await self._driver.stop()
            self._driver = self._page = None


async def _without_media(route: Any) -> None:
    """Pictures and films are not fetched: what counts here is their address."""
    if route.request.resource_type in ("media", "image", "font"):
        await route.abort()
    else:
        await route.continue_()


class BrowserPages:
    """The part of Scrapy's way to a page that takes those marked `browser` there instead of to the network."""

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        self._page = ScriptedPage(
            settings["USER_AGENT"], settings.getfloat("DOWNLOAD_DELAY"), settings.getfloat("COLLECT_BROWSER_WAIT")
        )
        crawler.signals.connect(self._closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_request(self, request: Request) -> Response | None:
        """Scrapy's hook."""
        if not request.meta.get("browser"):
            return None
        text = await self._page.read(request.meta["visit"])
        return HtmlResponse(request.url, body=text, encoding="utf-8", request=request)

    async def _closed(self) -> None:
        await self._page.close()
