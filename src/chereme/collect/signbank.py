"""SignBank (UFSC): a list of cards for each letter, in pages, and a page for each sign."""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, unquote

from chereme.collect.page import Entry, Page, Visit, clean
from chereme.collect.site import Site

__all__ = ["SignBank"]

LETTERS = "abcdefghijklmnopqrstuvxyz"
"""No list for W."""
VIDEOS = "https://videos.nals.cce.ufsc.br/SignBank/Vídeos/"
"""Host of most clips, each named by its label."""


class SignBank(Site):
    """Letter and page stand in the list's address, so nothing needs to be clicked; scripts may draw the cards."""

    name = "signbank"
    title = "SignBank Libras, Universidade Federal de Santa Catarina"
    language = "bzs"
    address = "https://signbank.libras.ufsc.br/pt/"
    scripted = True

    def __init__(self, root: str = "") -> None:
        super().__init__(root)
        self.videos = f"{self.root}SignBank/Vídeos/" if root else VIDEOS  # a mirror has the clips, too

    def start(self) -> Iterable[Visit]:
        for letter in LETTERS:
            yield self._list(letter, 1)

    def parse_list(self, page: Page) -> Iterator[Entry | Visit]:
        """The cards of one page; the first page of a letter also leads to all its others."""
        (container, *_) = page.all("#page-search-signs-words")
        letter, number = page.visit.context["letter"], page.visit.context["page"]
        cards = container.css('[id="sign-item-card"]')  # one id for all cards
        for card in cards:
            link = card.xpath(".//a[@href]")
            label = card.xpath(".//div[a[@href]]/span")
            if not link or not clean(label):
                raise page.lacks('[id="sign-item-card"] with div > span and a[href]')
            yield Visit(page.link(link[0].attrib["href"]), "sign", {"label": clean(label[0])})
        if number == "1":
            # Previous, 1, 2, ..., last, Next; a letter with one page has no pager
            numbers = [int(n) for n in re.findall(r"\d+", clean(container.css("nav ul li")))]
            if not cards and numbers:
                raise page.lacks('[id="sign-item-card"]')
            for other in range(2, max(numbers, default=1) + 1):
                yield self._list(letter, other)

    def parse_sign(self, page: Page) -> Iterator[Entry | Visit]:
        """One clip; `#t=…` after its address only says where to begin."""
        (card, *_) = page.all("#signs-full-card")
        source = card.css("video source::attr(src)").get(card.css("video::attr(src)").get("")).partition("#")[0].strip()
        label = page.visit.context["label"]
        video = page.link(source) if source and source != "URL_NOT_FOUND" else ""
        guess = self.videos + re.sub(r"-(\d)$", r"\1", label) + ".mp4"
        usual = unquote(video).startswith(self.videos)
        yield Entry(
            key=page.url,
            word=label,
            page_url=page.url,
            video_url=video,
            video_fallback="" if usual else quote(guess, safe=":/"),
        )

    def _list(self, letter: str, number: int) -> Visit:
        url = f"{self.root}search-signs/words?page={number}&letter={letter}"
        return Visit(url, "list", {"letter": letter, "page": str(number)})
