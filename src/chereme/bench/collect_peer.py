"""The peer of `collect-replica`: a Scrapy spider as its tutorial has it, to be run with a JOBDIR and a feed."""

from collections.abc import Iterator
from typing import Any

import scrapy
from scrapy.http import Response

__all__ = ["Words"]


class Words(scrapy.Spider):
    """List pages, sign pages, a clip for each signer."""

    name = "words"

    def __init__(self, root: str = "", **rest: Any) -> None:
        super().__init__(**rest)
        self.start_urls = [f"{root}?page=1"]

    def parse(self, response: Response, **kwargs: Any) -> Iterator[Any]:
        """A list page."""
        links = response.css("table.table tbody tr td a")
        for link in links:
            yield response.follow(
                link.attrib["href"], self.parse_sign, cb_kwargs={"word": link.css("::text").get("").strip()}
            )
        if links:
            number = int(response.url.rpartition("=")[2])
            yield response.follow(f"?page={number + 1}", self.parse)

    def parse_sign(self, response: Response, **kwargs: Any) -> Iterator[Any]:
        """A sign page."""
        for block in response.css("section.page-section div.container > div"):
            signer = block.css("h2::text").get("").split()[1]
            yield {
                "word": kwargs["word"],
                "page": response.url,
                "signer": signer,
                "video": block.css("source").attrib["src"],
            }
