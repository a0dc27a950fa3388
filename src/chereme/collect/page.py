"""What goes into a parser and what comes out of it: plain values, so that a parser is tested with a string.

Nothing here fetches. A parser is given a `Page` and yields `Entry`s (clips that the page tells of) and `Visit`s
(pages to look at next).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin

from parsel import Selector, SelectorList

from chereme.errors import MarkupError

__all__ = ["Entry", "Page", "Step", "Visit", "clean"]


@dataclass(frozen=True)
class Step:
    """One thing that a browser does on a page before it is read, where a page fills itself by script."""

    do: str
    """`click` or `choose` (an option of a drop-down)."""
    css: str
    """Of the elements that are clicked, or of the drop-down."""
    text: str
    """Text of the one that is meant, spaces at its ends aside."""
    nth: int = 0
    """Which of several with that text."""
    fills: tuple[str, ...] = ()
    """What the script fills in answer. It is emptied before, so that nothing can be read that was there earlier."""


@dataclass(frozen=True)
class Visit:
    """A page to look at."""

    url: str
    """Known by this in the state of a crawl; a fragment tells states of one page apart."""
    kind: str
    """Name of the parser: `list` is read by the site's `parse_list`."""
    context: Mapping[str, str] = field(default_factory=dict)
    """What the page before knew and this one may not tell: the word, the category."""
    steps: tuple[Step, ...] = ()
    """Done in a browser before the page is read; none: the page as the server gives it."""


@dataclass(frozen=True)
class Entry:
    """One clip that a site tells of, in the site's own words."""

    key: str
    """Tells it from all others of its site, and stays the same when the site is read again."""
    word: str
    """As written there, digits and case and all."""
    page_url: str
    video_url: str = ""
    """Absolute; empty where the site names none."""
    video_fallback: str = ""
    """Where else the clip may be when `video_url` is dead: a guess."""
    signer: str = ""
    """The site's own number or name."""
    variant: str = ""
    """The site's own number of the sign, where it gives one apart from the word."""
    category: str = ""
    definition: str = ""
    example: str = ""
    """A sentence in the written language."""
    example_gloss: str = ""
    """The same as glosses."""
    word_class: str = ""
    origin: str = ""
    handshape_url: str = ""


@dataclass(frozen=True)
class Page:
    """The text of a response and how it came to be asked for."""

    visit: Visit
    text: str

    @property
    def url(self) -> str:
        """Of the page, as asked for."""
        return self.visit.url

    @property
    def root(self) -> Selector:
        """The page as a tree."""
        return Selector(text=self.text or "<html/>", type="html")

    def all(self, css: str) -> SelectorList[Selector]:
        """Every element that matches.

        Raises:
            MarkupError: there is none.
        """
        found = self.root.css(css)
        if not found:
            raise self.lacks(css)
        return found

    def lacks(self, selector: str) -> MarkupError:
        """The error that says what was not found here."""
        return MarkupError(
            f"{self.url}: nothing matches {selector!r}; the site may have changed: look at the page, mend the selector"
            f" in parse_{self.visit.kind}, then run the same command again"
        )

    def link(self, href: str) -> str:
        """A link of this page as an absolute one."""
        return urljoin(self.url, href.strip())


def clean(found: SelectorList[Selector] | Selector) -> str:
    """The text of elements, its white space brought to single spaces."""
    return re.sub(r"\s+", " ", " ".join(found.xpath(".//text()").getall())).strip()
