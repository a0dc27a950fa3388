"""A crawl from begin to end: settings, manners, and what was found."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chereme import __version__
from chereme.collect.site import Site
from chereme.collect.state import Counts, State
from chereme.collect.tables import write_tables
from chereme.errors import CollectError

__all__ = ["CrawlConfig", "collect"]


@dataclass(frozen=True)
class CrawlConfig:
    """How a site is asked."""

    contact: str
    """Where the crawl's owner can be reached: an address of mail or web, sent with every request."""
    clips: str = "no"
    """`no`: metadata alone; `check`: whether each clip answers; `store`: fetch them."""
    delay: float = 1.0
    """Seconds between two requests to a host; one is under way at a time. More where robots.txt asks for it."""
    tries: int = 5
    """How often a page is asked for before it counts as failed."""
    backoff: float = 2.0
    """Seconds before the second try; twice as long before each further one."""
    timeout: float = 60.0
    """Seconds that an answer may take."""
    wait: float = 15.0
    """Seconds that a page in a browser has to fill itself."""
    limit: int = 0
    """Pages at most in this run; 0: all."""
    refresh: bool = False
    """Ask for every page again, not only for lists and what is new."""

    def __post_init__(self) -> None:
        if "@" not in self.contact and "://" not in self.contact:
            raise CollectError("name an address of mail or web at which you can be reached with --contact")
        if self.clips not in ("no", "check", "store"):
            raise CollectError(f"clips can be no, check or store, not {self.clips!r}")
        if self.delay < 0 or self.backoff < 0 or self.timeout <= 0 or self.tries < 1 or self.wait <= 0:
            raise CollectError("delay, tries, backoff, timeout and wait are positive numbers")


def collect(
    site: Site,
    folder: str | Path,
    config: CrawlConfig,
    watch: Callable[[Counts], None] | None = None,
) -> Counts:
    """Collect a site into a folder, from where the last crawl of it stopped; tables are written at the end.

    Scrapy runs once in a process: call it once, or in a process of its own.

    Args:
        site: what to read.
        folder: several sites may share one.
        config: manners.
        watch: called every second with how far it is.

    Raises:
        CollectError: another process collects into the folder.
    """
    from scrapy.crawler import AsyncCrawlerProcess  # loads what no other verb needs

    from chereme.collect.spider import CollectSpider

    begun = time.time()
    with State(folder) as state:
        state.begin(site.name, site.language, site.start(), site.lists, config.refresh)
        process = AsyncCrawlerProcess(_settings(config))
        process.crawl(CollectSpider, site=site, state=state, clips=config.clips, limit=config.limit)
        if watch is not None:
            from twisted.internet.task import LoopingCall

            LoopingCall(lambda: watch(state.counts(site.name, begun))).start(1.0, now=False)
        process.start()
        write_tables(state)
        return state.counts(site.name, begun)


def _settings(config: CrawlConfig) -> dict[str, Any]:
    ours = "chereme.collect"
    return {
        "USER_AGENT": f"chereme/{__version__} (+{config.contact})",
        "ROBOTSTXT_OBEY": True,
        "ROBOTSTXT_PARSER": f"{ours}.polite.RobotsWithDelay",
        "DOWNLOAD_DELAY": config.delay,
        "DOWNLOAD_DELAY_JITTER": 0,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
        "DOWNLOAD_TIMEOUT": config.timeout,
        "RETRY_TIMES": config.tries - 1,
        "RETRY_GIVE_UP_LOG_LEVEL": "INFO",
        "COLLECT_BACKOFF": config.backoff,
        "COLLECT_BROWSER_WAIT": config.wait,
        "HTTPCACHE_ENABLED": True,
        "HTTPCACHE_POLICY": "scrapy.extensions.httpcache.RFC2616Policy",
        "HTTPCACHE_STORAGE": f"{ours}.polite.KeptBodies",
        "HTTPCACHE_ALWAYS_STORE": True,
        "DOWNLOADER_MIDDLEWARES": {
            "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
            f"{ours}.polite.GrowingPauses": 550,
            f"{ours}.browser.BrowserPages": 950,
        },
        "COOKIES_ENABLED": False,
        "TELNETCONSOLE_ENABLED": False,
        "LOG_LEVEL": "WARNING",
    }
