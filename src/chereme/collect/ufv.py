"""The dictionary of UFV (Viçosa): categories, a carousel of words in each, a page for each word."""

from collections.abc import Iterable, Iterator

from parsel import Selector

from chereme.collect.page import Entry, Page, Visit, clean
from chereme.collect.site import Site

__all__ = ["Ufv"]

_SELECTED = ("rgb(0,146,167)", "rgb(255,255,255)")
"""Background and text of the category that a word belongs to; written into the element's own style."""


class Ufv(Site):
    """All pages of a carousel are in the page that holds it, whichever is in view, so nothing needs to be clicked."""

    name = "ufv"
    title = "Dicionário de Libras, Universidade Federal de Viçosa"
    language = "bzs"
    address = "https://sistemas.cead.ufv.br/capes/dicionario/"
    lists = frozenset({"start", "category"})
    scripted = True

    def start(self) -> Iterable[Visit]:
        yield Visit(self.root, "start")

    def parse_start(self, page: Page) -> Iterator[Entry | Visit]:
        """The categories."""
        for link in page.all(".categories a[href]"):
            yield Visit(page.link(link.attrib["href"]), "category", {"category": clean(link)})

    def parse_category(self, page: Page) -> Iterator[Entry | Visit]:
        """The words of every carousel page, each once. The carousel's own arrows are links as well: no words."""
        (inner, *_) = page.all(".carousel-inner")
        seen = set()
        for link in inner.css(".item a[href]"):
            url = page.link(link.attrib["href"])
            if link.attrib.get("role") == "button" or link.attrib["href"].startswith("#") or url in seen:
                continue
            seen.add(url)
            yield Visit(url, "word", {"word": clean(link), **page.visit.context})

    def parse_word(self, page: Page) -> Iterator[Entry | Visit]:
        """One clip. A word that stands in two categories has one page, on which both are marked."""
        marked = [clean(a) for a in page.all("a.result") if _is_selected(a)]
        root = page.root
        source = root.css("video::attr(src)").get(root.css("video source::attr(src)").get("")).strip()
        picture = root.css(".pull-right img::attr(src)").get("")
        yield Entry(
            key=page.url,
            word=page.visit.context["word"],
            page_url=page.url,
            video_url=page.link(source) if source else "",
            category="; ".join(marked) or page.visit.context.get("category", ""),
            example=_after_heading(root, "Exemplo em português"),
            example_gloss=_after_heading(root, "Exemplo em libras"),
            handshape_url=page.link(picture) if picture else "",
        )


def _is_selected(link: Selector) -> bool:
    style = link.attrib.get("style", "").replace(" ", "")
    return all(colour in style for colour in _SELECTED)


def _after_heading(root: Selector, heading: str) -> str:
    return clean(root.xpath("(//h3[contains(., $heading)]/following-sibling::h4)[1]", heading=heading))
