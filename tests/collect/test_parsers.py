"""Parsers are pure: a string in, entries and visits out. Nothing here fetches."""

import pytest

from chereme.collect import Entry, Page, Site, Visit, find_site
from chereme.errors import CollectError, MarkupError


def parsed(site: str, kind: str, text: str, url: str = "http://x.test/p", **context: str) -> list[Entry | Visit]:
    return list(find_site(site, "http://x.test/").parse(Page(Visit(url, kind, context), text)))


def test_vlibrasil_list_leads_to_its_words_and_the_next_page():
    text = '<table class="table"><tbody><tr><td><a href="http://x.test/sign/7">  À noite </a></td></tr></tbody></table>'
    sign, following = parsed("vlibrasil", "list", text, page="4")
    assert sign == Visit("http://x.test/sign/7", "sign", {"word": "À noite"})
    assert following == Visit("http://x.test/?page=5", "list", {"page": "5"})


def test_vlibrasil_list_without_words_is_the_last():
    assert parsed("vlibrasil", "list", '<table class="table"><tbody></tbody></table>', page="4") == []


def test_vlibrasil_signers_come_in_any_order_and_number():
    block = "<div><h2>Articulador {0}</h2><video><source src='/v/{0}.mp4'></video></div>"
    text = f"<section class='page-section'><div class='container'>{block.format(3)}{block.format(1)}</div></section>"
    three, one = parsed("vlibrasil", "sign", text, word="Casa")
    assert (three.key, three.signer, three.video_url) == ("http://x.test/p#3", "3", "http://x.test/v/3.mp4")
    assert (one.word, one.signer) == ("Casa", "1")


def test_signbank_cards_share_an_id_and_a_long_pager_is_cut_short():
    card = '<div id="sign-item-card"><div></div><div><span>{0}</span><a href="/sign/{0}">Ver</a></div></div>'
    pager = "".join(f"<li><button>{n}</button></li>" for n in ("Anterior", 1, 2, "…", 6, "Próximo"))
    body = (
        f'<div id="page-search-signs-words">{card.format("ABA")}{card.format("ABA-2")}<nav><ul>{pager}</ul></nav></div>'
    )
    found = parsed("signbank", "list", body, letter="a", page="1")
    assert [v.context.get("label") for v in found[:2]] == ["ABA", "ABA-2"]
    assert [v.url for v in found[2:]] == [f"http://x.test/search-signs/words?page={n}&letter=a" for n in range(2, 7)]
    later = parsed("signbank", "list", body, letter="a", page="2")
    assert [v.kind for v in later] == ["sign", "sign"]  # only the first page leads to others


@pytest.mark.parametrize(
    ("source", "label", "video", "fallback"),
    [
        pytest.param("/SignBank/V%C3%ADdeos/SOL.mp4#t=0.5", "SOL", "/SignBank/V%C3%ADdeos/SOL.mp4", "", id="encoded"),
        pytest.param("/SignBank/Vídeos/SOL.mp4", "SOL", "/SignBank/Vídeos/SOL.mp4", "", id="raw accent"),
        pytest.param("/g/x.mov", "SOL-2", "/g/x.mov", "/SignBank/V%C3%ADdeos/SOL2.mp4", id="another host, numbered"),
        pytest.param("URL_NOT_FOUND", "SOL", None, "/SignBank/V%C3%ADdeos/SOL.mp4", id="not found"),
    ],
)
def test_signbank_clips(source, label, video, fallback):
    text = f'<div id="signs-full-card"><video><source src="{source}"></video></div>'
    (entry,) = parsed("signbank", "sign", text, label=label)
    assert entry.video_url == ("" if video is None else f"http://x.test{video}")
    assert entry.video_fallback == (f"http://x.test{fallback}" if fallback else "")


def test_ufv_carousel_arrows_are_no_words_and_a_word_comes_once():
    text = (
        '<div class="carousel-inner"><div class="item active">'
        '<a href="/gato/"> Gato </a><a href="/rato/">Rato</a></div>'
        '<div class="item"><a href="/gato/">Gato</a></div>'
        '<a class="left" role="button" href="#c">PREVIOUS</a><a class="right" role="button" href="#c">NEXT</a></div>'
    )
    found = parsed("ufv", "category", text, category="Animais")
    assert [(v.url, v.context) for v in found] == [
        ("http://x.test/gato/", {"word": "Gato", "category": "Animais"}),
        ("http://x.test/rato/", {"word": "Rato", "category": "Animais"}),
    ]


def test_ufv_word_page():
    marked = "background-color: rgb(0, 146, 167); color: rgb(255, 255, 255)"
    text = (
        f'<a class="result" style="{marked}">Natureza</a><a class="result" style="color: red">Escola</a>'
        f'<a class="result" style="{marked}">Alimentos</a><video src="/u/709-cogumelo.mp4"></video>'
        "<h3>Exemplo em português:</h3><p>-</p><h4>Gosto de\n cogumelo.</h4>"
        "<div class='pull-right'><img src='/12.jpg'></div>"
    )
    (entry,) = parsed("ufv", "word", text, word="Cogumelo", category="Natureza")
    assert entry == Entry(
        key="http://x.test/p",
        word="Cogumelo",
        page_url="http://x.test/p",
        video_url="http://x.test/u/709-cogumelo.mp4",
        category="Natureza; Alimentos",
        example="Gosto de cogumelo.",
        handshape_url="http://x.test/12.jpg",
    )


def test_ufv_word_without_a_clip_keeps_its_category():
    (entry,) = parsed("ufv", "word", '<a class="result">Escola</a>', word="Giz", category="Escola")
    assert (entry.video_url, entry.category) == ("", "Escola")


def test_ines_words_of_one_text_are_told_apart_and_the_placeholder_is_none():
    text = (
        '<select id="input-palavras"><option>-- SELECIONE --</option><option>ABA</option><option> ABA</option></select>'
    )
    first, second = parsed("ines", "letter", text, letter="A")
    assert (first.url, second.url) == ("http://x.test/#A/ABA/1", "http://x.test/#A/ABA/2")
    assert [step.do for step in second.steps] == ["click", "choose"]
    assert (second.steps[1].text, second.steps[1].nth) == ("ABA", 1)
    assert "#input-acepcao" in second.steps[1].fills  # emptied first: it may still show the word before


def test_ines_word_page():
    fields = {
        "assunto": "FRUTA",
        "acepcao": "Uma  fruta.",
        "exemplo": "E.",
        "libras": "S-U-C-O",
        "classe": "S",
        "origem": "N",
    }
    text = "".join(f'<div id="input-{name}">{value}</div>' for name, value in fields.items())
    text += '<div id="input-video"><video><source type="video/mp4" src="/v/caju2.mp4"></video></div>'
    (entry,) = parsed("ines", "word", text, "http://x.test/#C/CAJU2/1", letter="C", word="CAJU2")
    assert (entry.key, entry.word, entry.video_url) == ("C/CAJU2/1", "CAJU2", "http://x.test/v/caju2.mp4")
    assert (entry.category, entry.definition, entry.example_gloss) == ("FRUTA", "Uma fruta.", "S-U-C-O")


@pytest.mark.parametrize(
    ("site", "kind", "context", "selector"),
    [
        ("vlibrasil", "list", {"page": "1"}, "table.table"),
        ("vlibrasil", "sign", {"word": "x"}, "section.page-section"),
        ("signbank", "list", {"letter": "a", "page": "1"}, "#page-search-signs-words"),
        ("signbank", "sign", {"label": "x"}, "#signs-full-card"),
        ("ufv", "start", {}, ".categories a"),
        ("ufv", "category", {"category": "x"}, ".carousel-inner"),
        ("ufv", "word", {"word": "x"}, "a.result"),
        ("ines", "start", {}, "ul.list-inline"),
        ("ines", "letter", {"letter": "a"}, "select#input-palavras option"),
        ("ines", "word", {"letter": "a", "word": "x"}, "#input-assunto"),
    ],
)
@pytest.mark.parametrize("text", ["", "<html><body><div class='new-design'>…</div></body></html>"])
def test_changed_markup_names_the_page_and_the_selector(site, kind, context, selector, text):
    with pytest.raises(MarkupError) as error:
        parsed(site, kind, text, **context)
    assert "http://x.test/p" in str(error.value)
    assert selector in str(error.value)


def test_signs_without_numbers_or_links_are_changed_markup():
    block = "<section class='page-section'><div class='container'><div><h2>Maria</h2></div></div></section>"
    with pytest.raises(MarkupError, match="h2 with the signer's number"):
        parsed("vlibrasil", "sign", block, word="x")
    card = '<div id="page-search-signs-words"><div id="sign-item-card"><b>ABA</b></div></div>'
    with pytest.raises(MarkupError, match="sign-item-card"):
        parsed("signbank", "list", card, letter="a", page="1")


@pytest.mark.parametrize(
    ("name", "says"),
    [("inse", "known: ines, signbank"), ("nowhere:Site", "no such source"), ("json:loads", "no chereme.collect.Site")],
)
def test_unknown_sources(name, says):
    with pytest.raises(CollectError, match=says):
        find_site(name)


def test_a_source_of_ones_own_is_found_by_its_place():
    assert isinstance(find_site("chereme.collect.ufv:Ufv", "http://mirror.test/copy"), Site)
    assert find_site("ufv", "http://mirror.test/copy").root == "http://mirror.test/copy/"
