"""V-Librasil (UFPE): numbered list pages, and a page for each sign with a clip of each of three signers."""

import re
from collections.abc import Iterable, Iterator

from chereme.collect.page import Entry, Page, Visit, clean
from chereme.collect.site import Site

__all__ = ["VLibrasil"]


class VLibrasil(Site):
    """Plain pages; the first list page without words is the last."""

    name = "vlibrasil"
    title = "V-Librasil, Universidade Federal de Pernambuco"
    language = "bzs"
    address = "https://libras.cin.ufpe.br/"

    def start(self) -> Iterable[Visit]:
        yield self._list(1)

    def parse_list(self, page: Page) -> Iterator[Entry | Visit]:
        """The words of one list page, and the next page."""
        (table, *_) = page.all("table.table")
        words = table.css("tbody tr td a[href]")
        for link in words:
            yield Visit(page.link(link.attrib["href"]), "sign", {"word": clean(link)})
        if words:
            yield self._list(int(page.visit.context["page"]) + 1)

    def parse_sign(self, page: Page) -> Iterator[Entry | Visit]:
        """A clip for each signer, in whatever order they stand."""
        for block in page.all("section.page-section > div.container > div:has(h2)"):
            heading = clean(block.css("h2")[0])
            number = re.search(r"\d+", heading)
            if number is None:
                raise page.lacks("h2 with the signer's number")
            source = block.css("source::attr(src)").get(block.css("video::attr(src)").get(""))
            yield Entry(
                key=f"{page.url}#{number[0]}",
                word=page.visit.context["word"],
                page_url=page.url,
                video_url=page.link(source) if source.strip() else "",
                signer=number[0],
            )

    def _list(self, number: int) -> Visit:
        return Visit(f"{self.root}?page={number}", "list", {"page": str(number)})
