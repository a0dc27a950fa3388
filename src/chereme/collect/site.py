"""What a source is: where it begins, and how each kind of its pages is read."""

import importlib
from collections.abc import Iterable, Iterator
from typing import ClassVar

from chereme.collect.page import Entry, Page, Visit
from chereme.errors import CollectError

__all__ = ["SITES", "Site", "find_site"]

SITES = {
    "ines": "chereme.collect.ines:Ines",
    "signbank": "chereme.collect.signbank:SignBank",
    "ufv": "chereme.collect.ufv:Ufv",
    "vlibrasil": "chereme.collect.vlibrasil:VLibrasil",
}
"""The sources that chereme knows, by name."""


class Site:
    """A source of clips. A new one is a subclass with a `start` and a `parse_KIND` for each kind of page.

    Parsers fetch nothing and keep nothing: the same page gives the same answer.

    Args:
        root: another address than the site's own, as of a mirror.
    """

    name: ClassVar[str]
    """Short; stands in the tables."""
    title: ClassVar[str] = ""
    language: ClassVar[str] = ""
    """ISO 639-3 code of the signed language."""
    address: ClassVar[str]
    """Where the site is; ends in a slash."""
    lists: ClassVar[frozenset[str]] = frozenset({"list"})
    """Kinds of page that are read again by every crawl, since new entries show there. Others are read once."""
    scripted: ClassVar[bool] = False
    """Its pages may need a browser: one is used where a page as the server gives it lacks what it should have."""

    def __init__(self, root: str = "") -> None:
        self.root = (root or self.address).rstrip("/") + "/"

    def start(self) -> Iterable[Visit]:
        """The pages to begin with."""
        raise NotImplementedError

    def parse(self, page: Page) -> Iterator[Entry | Visit]:
        """Entries on a page, and pages that it leads to.

        Raises:
            MarkupError: the page lacks what its kind is known to have.
        """
        yield from getattr(self, f"parse_{page.visit.kind}")(page)


def find_site(name: str, root: str = "") -> Site:
    """A source by its name, or by the place of its class: `package.module:Class`.

    Raises:
        CollectError: there is none.
    """
    place = SITES.get(name, name)
    module, colon, attribute = place.partition(":")
    if not colon:
        raise CollectError(f"no source is called {name!r}; known: {', '.join(SITES)}; or name a class: module:Class")
    try:
        kind = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise CollectError(f"{name}: no such source: {error}") from error
    if not (isinstance(kind, type) and issubclass(kind, Site)):
        raise CollectError(f"{name}: is no chereme.collect.Site")
    return kind(root)
