"""The dictionary of INES: one page with a drop-down of words for each letter, whose fields a script fills."""

from collections import Counter
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from parsel import Selector

from chereme.collect.page import Entry, Page, Step, Visit, clean
from chereme.collect.site import Site

__all__ = ["Ines"]

_WORDS = "select#input-palavras"
_FIELDS = {
    "category": "#input-assunto",
    "definition": "#input-acepcao",
    "example": "#input-exemplo",
    "example_gloss": "#input-libras",
    "word_class": "#input-classe",
    "origin": "#input-origem",
}
_VIDEO = '#input-video source[type="video/mp4"]'
_PICTURE = "#input-mao img"
PLACEHOLDER = "-- SELECIONE --"


class Ines(Site):
    """Letters and words are chosen in a browser; its words of equal text are told apart by their order."""

    name = "ines"
    title = "Dicionário da Língua Brasileira de Sinais, Instituto Nacional de Educação de Surdos"
    language = "bzs"
    address = "https://www.ines.gov.br/dicionario-de-libras/"
    lists = frozenset({"start", "letter"})
    scripted = True

    def start(self) -> Iterable[Visit]:
        yield Visit(self.root, "start")

    def parse_start(self, page: Page) -> Iterator[Entry | Visit]:
        """The letters."""
        for letter in map(clean, page.all("ul.list-inline li a")):
            if letter:
                yield Visit(f"{self.root}#{quote(letter)}", "letter", {"letter": letter}, (_choose_letter(letter),))

    def parse_letter(self, page: Page) -> Iterator[Entry | Visit]:
        """The words in the drop-down."""
        letter = page.visit.context["letter"]
        times: Counter[str] = Counter()
        for word in map(clean, page.all(f"{_WORDS} option")):
            if not word or word == PLACEHOLDER:
                continue
            nth = times[word]
            times[word] += 1
            choose = Step("choose", _WORDS, word, nth, fills=(_FIELDS["definition"], _VIDEO))
            yield Visit(
                f"{self.root}#{quote(letter)}/{quote(word)}/{nth + 1}",
                "word",
                {"letter": letter, "word": word},
                (_choose_letter(letter), choose),
            )

    def parse_word(self, page: Page) -> Iterator[Entry | Visit]:
        """One clip and what is told of its word."""
        root = page.root
        texts = {name: clean(page.all(css)[0]) for name, css in _FIELDS.items()}
        (area, *_) = page.all("#input-video")
        source = area.css('source[type="video/mp4"]::attr(src)').get("").strip()
        yield Entry(
            key=page.url.partition("#")[2],
            word=page.visit.context["word"],
            page_url=page.url,
            video_url=page.link(source) if source else "",
            handshape_url=_picture(page, root),
            **texts,
        )


def _choose_letter(letter: str) -> Step:
    return Step("click", "ul.list-inline li a", letter, fills=(_WORDS,))


def _picture(page: Page, root: Selector) -> str:
    source = root.css(f"{_PICTURE}::attr(src)").get("").strip()
    return page.link(source) if source else ""
