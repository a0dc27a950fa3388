"""Replicas of four dictionary sites with made-up words, in the structure and with the quirks that the real ones had.

Nothing here was copied from a site. Addresses are as on the sites, and begin at the replica's own.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from chereme.bench.replica import MP4, Answer, Pages, Replica

__all__ = ["UfvWord", "html", "ines", "signbank", "signbank_clip", "slug", "ufv", "vlibrasil", "vlibrasil_clip"]


def html(body: str) -> str:
    """A page around its body."""
    return f"<!doctype html><html><head><meta charset='utf-8'><title>Réplica</title></head><body>{body}</body></html>"


# V-Librasil: list pages of words, a page for each sign


def vlibrasil(words: dict[int, str], per_page: int = 4, signers: Callable[[int], str] = lambda sign: "312") -> Pages:
    """Pages of signs `id → word`. Signers stand in the order that `signers` gives."""

    def pages(replica: Replica, path: str, query: dict[str, str]) -> Answer | None:
        if path == "/" and "page" in query:
            start = (int(query["page"]) - 1) * per_page
            rows = "".join(
                f'<tr><td><a href="{replica.address}sign/{i}">{words[i]} </a></td></tr>'
                for i in list(words)[start : start + per_page]
            )
            return Answer(html(f'<table class="table"><tbody>{rows}</tbody></table>'))
        if found := re.fullmatch(r"/sign/(\d+)", path):
            sign = int(found[1])
            if sign not in words:
                return None
            blocks = "".join(
                f"<div><h2>Articulador {s}</h2><video controls><source"
                f' src="{replica.address}storage/videos/{vlibrasil_clip(sign, s)}"></video></div>'
                for s in signers(sign)
            )
            return Answer(html(f'<section class="page-section"><div class="container">{blocks}</div></section>'))
        if path.startswith("/storage/videos/"):
            return Answer(MP4 + path.encode(), kind="video/mp4")
        return None

    return pages


def vlibrasil_clip(sign: int, signer: str) -> str:
    """Name of a clip; one ends in a dot, as happened there."""
    return f"2021_{sign:04d}{signer}" + ("." if (sign, signer) == (3, "2") else ".mp4")


# SignBank: cards by letter and page, a page for each sign; drawn by script when `scripted`


def signbank(labels: dict[str, list[str]], per_page: int = 3, scripted: bool = False) -> Pages:
    """Pages of labels by letter."""

    def shown(body: str) -> Answer:
        if not scripted:
            return Answer(html(body))
        draw = f"document.getElementById('app').innerHTML = {json.dumps(body)}"
        return Answer(html(f"<div id='app'></div><script>setTimeout(() => {{ {draw} }}, 60)</script>"))

    def pages(replica: Replica, path: str, query: dict[str, str]) -> Answer | None:
        if path == "/search-signs/words":
            mine = labels.get(query["letter"], [])
            start = (int(query["page"]) - 1) * per_page
            cards = "".join(
                f'<div id="sign-item-card"><div><img alt=""></div><div><span>{label}</span>'
                f'<a target="_blank" href="/sign/{quote(label)}">Ver</a></div></div>'
                for label in mine[start : start + per_page]
            )
            last = -(-len(mine) // per_page)
            numbers = [1, 2, "…", last] if last > 3 else range(1, last + 1)
            pager = "".join(f"<li><button>{n}</button></li>" for n in ["Anterior", *numbers, "Próximo"])
            nav = f"<nav><ul>{pager}</ul></nav>" if last > 1 else ""
            return shown(f'<div id="page-search-signs-words"><div></div><div></div><div>{cards}{nav}</div></div>')
        if path.startswith("/sign/"):
            source = signbank_clip(replica.address, path.removeprefix("/sign/"))
            return shown(
                f'<div id="signs-full-card"><div></div><div><video><source src="{source}"></video></div></div>'
            )
        if path.startswith("/SignBank/"):
            return Answer(MP4 + path.encode(), kind="video/mp4")
        return None

    return pages


def signbank_clip(address: str, label: str) -> str:
    """Most clips percent-encoded, one raw, one of another kind, one on a host that is gone, one not found."""
    match label:
        case "ÁGUA":
            return f"{address}SignBank/Vídeos/ÁGUA.mp4#t=0.5"
        case "BOLO-2":
            return f"{address}SignBank/gerais/qwertyuiop.mov"
        case "BARCO":
            return f"{address}closed/asdf.mp4"
        case "FOLHA":
            return "URL_NOT_FOUND"
    return f"{address}SignBank/V%C3%ADdeos/{quote(label)}.mp4#t=0.5"


# UFV: categories, a carousel that wraps round, a page for each word


@dataclass(frozen=True)
class UfvWord:
    """What the page of a word holds."""

    name: str
    categories: tuple[str, ...]
    video: str = "709-palavra.mp4"
    example: str = "Um exemplo."
    gloss: str = "EXEMPLO UM"


def ufv(words: list[UfvWord], per_page: int = 3) -> Pages:
    """Pages of words by category."""
    categories = list(dict.fromkeys(c for word in words for c in word.categories))
    by_slug = {slug(word.name): word for word in words}

    def links(selected: tuple[str, ...]) -> str:
        style = ' style="background-color: rgb(0, 146, 167); color: rgb(255, 255, 255)"'
        return "".join(
            f'<a class="result" href="/categoria/{slug(c)}/"{style if c in selected else ""}>{c}</a>'
            for c in categories
        )

    def pages(replica: Replica, path: str, query: dict[str, str]) -> Answer | None:
        if path == "/":
            inside = "".join(f'<a href="/categoria/{slug(c)}/">{c}</a>' for c in categories)
            return Answer(html(f'<div class="categories">{inside}</div>'))
        if found := re.fullmatch(r"/categoria/([^/]+)/", path):
            mine = [w for w in words if found[1] in map(slug, w.categories)]
            items = "".join(
                f'<div class="item{" active" if i == 0 else ""}">'
                + "".join(f'<a href="/{slug(w.name)}/"> {w.name} </a>' for w in mine[i : i + per_page])
                + "</div>"
                for i in range(0, len(mine), per_page)
            )
            arrows = "".join(
                f'<a class="{side} carousel-control" role="button" href="#carousel">{name}</a>'
                for side, name in (("left", "PREVIOUS"), ("right", "NEXT"))
            )
            return Answer(html(f'<div class="carousel"><div class="carousel-inner">{items}{arrows}</div></div>'))
        if word := by_slug.get(path.strip("/")):
            video = f'<video controls src="/wp-content/uploads/2018/05/{word.video}"></video>' if word.video else ""
            gloss = f"<h3>Exemplo em libras:</h3><p></p><h4>{word.gloss}</h4>" if word.gloss else ""
            return Answer(
                html(
                    f"{links(word.categories)}{video}<h3>Exemplo em português:</h3><h4>{word.example}</h4>{gloss}"
                    '<div class="pull-right"><img src="/wp-content/uploads/2017/08/12.jpg"></div>'
                )
            )
        if path.startswith("/wp-content/"):
            return Answer(MP4 + path.encode(), kind="video/mp4")
        return None

    return pages


def slug(text: str) -> str:
    """As in an address."""
    return re.sub(r"\W+", "-", text.casefold())


_INES_SCRIPT = """
const words = WORDS;
let letter = '';
const at = id => document.getElementById(id);
function letterChosen(chosen) {
  letter = chosen;
  setTimeout(() => {
    at('input-palavras').innerHTML = '<option>-- SELECIONE --</option>' +
      words[chosen].map((w, i) => `<option value="${i}">${w[0]}</option>`).join('');
  }, LATE);
}
function wordChosen(select) {
  const word = words[letter][select.selectedIndex - 1];
  const name = word[0].toLowerCase().normalize('NFD').replace(/[\\u0300-\\u036f ]/g, '');
  // the texts come at once, the video late: it is that of the word before until then
  at('input-assunto').textContent = 'NENHUM';
  at('input-exemplo').textContent = 'Um exemplo com ' + word[0] + '.';
  at('input-libras').textContent = word[0] + ' EXEMPLO';
  at('input-classe').textContent = 'SUBSTANTIVO';
  at('input-origem').textContent = 'Nacional';
  setTimeout(() => {
    at('input-acepcao').textContent = word[1];
    at('input-video').innerHTML =
      `<video><source type="video/mp4" src="/public/media/palavras/videos/${name}Sm_Prog001.mp4"></video>`;
    at('input-mao').innerHTML = '<img src="/public/media/mao/cg07.jpg">';
  }, LATE);
}
"""


# INES: one page; letters and words are chosen, and a script fills the fields, late


def ines(words: dict[str, list[tuple[str, str]]], late: float = 0.15) -> Pages:
    """Pages of (word, definition) by letter. A clip that is missing answers 200 with a page."""
    script = _INES_SCRIPT.replace("WORDS", json.dumps(words)).replace("LATE", str(round(1000 * late)))

    def pages(replica: Replica, path: str, query: dict[str, str]) -> Answer | None:
        if path == "/":
            letters = "".join(
                f"<li><a href='javascript:void(0)' onclick=\"letterChosen('{x}')\"> {x} </a></li>" for x in words
            )
            fields = "".join(
                f'<div id="input-{name}"></div>'
                for name in ("video", "mao", "assunto", "acepcao", "exemplo", "libras", "classe", "origem")
            )
            return Answer(
                html(
                    f'<ul class="list-inline">{letters}</ul><select id="input-palavras" onchange="wordChosen(this)">'
                    f"<option>-- SELECIONE --</option></select>{fields}<script>{script}</script>"
                )
            )
        if path.endswith(".mp4"):
            gone = "perdida" in path
            return Answer("<p>Não encontrado</p>") if gone else Answer(MP4 + path.encode(), kind="video/mp4")
        if path.endswith(".jpg"):
            return Answer(b"\xff\xd8", kind="image/jpeg")
        return None

    return pages
