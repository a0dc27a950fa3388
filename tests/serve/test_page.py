"""The page in a real browser: its frame, its languages, its themes, keyboard, readers, and use without a network."""

import gzip
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from starlette.applications import Starlette

from answered import waited
from chereme.serve.page_files import PAGE, PageFiles
from in_browser import PAGES, ROOT, Open, barriers, opener

WORDS = ROOT / "web" / "src" / "words"


@pytest.fixture
def open_page(browser: Browser, desk_service) -> Iterator[Open]:
    with opener(browser, desk_service.url) as begin:
        yield begin


@pytest.fixture
def page(open_page: Open) -> Page:
    opened = open_page()
    expect(opened.locator("#known")).to_be_visible()
    return opened


def go_to(page: Page, name: str) -> None:
    """To one of the pages, until it shows what it asked the service for."""
    page.evaluate("(name) => { location.hash = `#/${name}`; }", name)
    first = {"dictionary": ".entry", "practice": "#start", "about": "#models article", "desk": ".phrase"}
    expect(page.locator(first.get(name, "main h1")).first).to_be_visible()


def test_words_and_limits_are_on_the_page(page):
    expect(page.locator("footer")).to_contain_text("Nothing leaves this device.")
    expect(page.locator("footer")).to_contain_text("No interpreter.")
    page.get_by_text("All 43 words it knows").click()
    assert "Newspaper" in page.locator("#words li").all_inner_texts()


def test_portuguese_is_spoken_and_remembered(page):
    page.get_by_role("button", name="Português").click()
    expect(page.get_by_role("heading", name="Mostre um sinal, veja a palavra")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "pt-BR"
    assert page.title().startswith("Reconhecer")
    page.reload()
    expect(page.get_by_role("link", name="Praticar")).to_be_visible()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("link", name="Practice")).to_be_visible()


def test_the_browsers_language_is_taken(open_page):
    opened = open_page("about", locale="pt-BR")
    expect(opened.get_by_role("heading", name="Não é intérprete")).to_be_visible()


def test_every_refusal_has_words_in_both_languages():
    from chereme.serve.refusals import ADVICE

    of_letters = {"no_file", "no_speller"}
    of_other_callers = {
        "json",
        "token",
        "not_here",
        "shipped",
        "unknown_host",
        "elsewhere",
        "unknown_bundle",
        "no_sample",
    }
    of_programs = {"no_work", "known", "cancelled", "query", "no_address", "no_method"}
    expected = set(ADVICE) - of_letters - of_other_callers - of_programs
    for language in ("en", "pt"):
        text = (WORDS / f"{language}.ts").read_text(encoding="utf-8")
        known = set(re.findall(r"^    (\w+): (?:\[\"|[A-Z_]+,)", text[text.index("  wrong: {") :], re.MULTILINE))
        assert expected - known == set(), language


def test_by_keyboard_alone(page):
    """Every control is reached by Tab, in the order in which they stand, with a name."""
    names = []
    for _ in range(15):
        page.keyboard.press("Tab")
        names.append(
            page.evaluate(
                """() => {
                    const at = document.activeElement;
                    return (at.getAttribute("aria-label") ?? at.labels?.[0]?.textContent ?? at.textContent).trim();
                }"""
            )
        )
    assert names[0] == "To the content"
    assert names[1:4] == ["EN English", "PT Português", "Colours: As the device"]
    assert names[4:10] == ["Recognize", "Desk", "Dictionary", "Teach", "Practice", "About"]
    assert [name[:14] for name in names[10:14]] == [
        "Use the camera",
        "Choose a video",
        "Try a sampleA ",
        "My video is mi",
    ]


def test_pages_by_their_links(page):
    for name, heading in (("Desk", "A desk for two"), ("Practice", "Practice fingerspelling"), ("About", "About")):
        page.get_by_role("link", name=name, exact=True).click()
        expect(page.get_by_role("heading", name=heading, level=1)).to_be_focused()
        assert page.title() == f"{name} · chereme"
    page.go_back()
    expect(page.get_by_role("heading", name="Practice fingerspelling")).to_be_visible()


def test_about_says_what_it_is_and_is_not(open_page):
    opened = open_page("about")
    expect(opened.get_by_role("heading", name="This is no interpreter")).to_be_visible()
    expect(opened.locator("#models article").first).to_contain_text("43 Indian Sign Language words")
    opened.locator("#models summary").first.click()
    expect(opened.locator("#models article").first).to_contain_text("it is no interpreter")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_barrier_that_axe_knows(open_page, theme):
    opened = open_page(color_scheme=theme, reduced_motion="reduce")
    found = {}
    for name in PAGES:
        go_to(opened, name)
        found[name] = barriers(opened)
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize("width", [320, 390, 768, 1024])
def test_a_narrow_screen_needs_no_sideways_scrolling_and_has_large_targets(open_page, width):
    opened = open_page(viewport={"width": width, "height": 800})
    for name in PAGES:
        go_to(opened, name)
        assert opened.evaluate("document.documentElement.scrollWidth") <= width, name
        small = opened.evaluate(
            """() => [...document.querySelectorAll("button, select, nav a, .tile, input[type=text], textarea")]
                .filter((one) => one.checkVisibility())
                .map((one) => [one.textContent.trim() || one.id, one.getBoundingClientRect()])
                .filter(([, box]) => box.height < 43.5 || box.width < 43.5).map(([name]) => name)"""
        )
        assert small == [], name


def test_a_theme_can_be_chosen(page):
    ground = "getComputedStyle(document.body).backgroundColor"
    page.locator("#theme").click()
    light = page.evaluate(ground)
    page.locator("#theme").click()
    expect(page.locator("#theme")).to_have_accessible_name("Colours: Dark")
    page.wait_for_function(f"light => {ground} !== light", arg=light)
    page.reload()
    expect(page.locator("#theme")).to_have_accessible_name("Colours: Dark")


def test_a_service_without_a_recognizer_is_named(browser, serve):
    lame = serve(bundle="nowhere")
    with opener(browser, lame.url) as begin:
        expect(begin().get_by_role("heading", name="There is no recognizer here")).to_be_visible()


def test_a_worker_is_another_for_whatever_changes():
    """A page whose index.html alone changed would else be shown from the old cache for ever."""
    worker = PAGE / "sw.js.gz"
    if not worker.is_file():
        pytest.skip("the page has not been built: `make page` does, where Node is there")
    text = gzip.decompress(worker.read_bytes()).decode()
    files = {path.relative_to(PAGE).as_posix(): path.read_bytes() for path in PAGE.rglob("*") if path.is_file()}
    whole = {n.removesuffix(".gz"): gzip.decompress(c) if n.endswith(".gz") else c for n, c in files.items()}
    del whole["sw.js"]
    kept = json.loads(re.search(r'addAll\((\["[^]]*\])', text)[1])
    assert sorted(kept) == sorted(whole)
    assert hashlib.sha256(b"".join(whole[name] for name in kept)).hexdigest()[:16] in text


def page_file(folder: Path, path: str, **headers: str) -> httpx.Response:
    """What the files of a page in a folder answer."""
    app = Starlette()
    app.mount("/", PageFiles(folder))

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://page") as client:
            return await client.get(path, headers=headers)

    return waited(ask())


def test_the_page_without_a_build_says_how_to_get_it(tmp_path):
    answer = page_file(tmp_path, "/")
    assert answer.status_code == 200
    assert "has not been built" in answer.text
    assert "/api/v1/openapi.json" in answer.text


def test_files_are_packed_once_and_whole_for_others(tmp_path: Path):
    (tmp_path / "index.html").write_text("<p>page")
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "app-1.js.gz").write_bytes(gzip.compress(b"let app"))
    packed = page_file(tmp_path, "/assets/app-1.js", **{"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["content-type"].startswith("text/javascript")
    assert "immutable" in packed.headers["cache-control"]
    whole = page_file(tmp_path, "/assets/app-1.js", **{"Accept-Encoding": "identity"})
    assert "content-encoding" not in whole.headers
    assert whole.text == packed.text == "let app"
    page = page_file(tmp_path, "/")
    assert page.headers["cache-control"] == "no-cache"
    assert page_file(tmp_path, "/", **{"If-None-Match": page.headers["etag"]}).status_code == 304
    assert page_file(tmp_path, "/nothing.js").status_code == 404
