"""A drawn figure and a clip with lines: nothing is drawn while nothing moves, and at once when something does."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from in_browser import COUNT, Open, barriers, opener, tracker_script


@pytest.fixture
def open_page(browser: Browser, desk_service, book) -> Iterator[Open]:
    with opener(browser, desk_service.url) as begin:
        yield lambda page: begin(page, tracker_script(book) + COUNT)


def rests(page: Page) -> bool:
    page.wait_for_timeout(300)
    before = page.evaluate("pictures")
    page.wait_for_timeout(500)
    return page.evaluate("pictures") == before


def is_drawn_anew(page: Page, canvas: str, change: Callable[[], None]) -> bool:
    drawn = f"document.querySelector('{canvas}').toDataURL()"
    before = page.evaluate(drawn)
    change()
    page.wait_for_function(f"(before) => {drawn} !== before", arg=before)
    return rests(page)


def test_a_figure(open_page):
    page = open_page("dictionary")
    page.fill("#query", "book")
    page.locator("#entries button", has_text="Book").first.click()
    signer = page.locator(".signer")
    expect(signer).to_have_attribute("data-playing", "true", timeout=20_000)
    expect(signer).to_have_attribute("data-playing", "false", timeout=20_000)
    assert rests(page)
    canvas = ".signer canvas"
    assert is_drawn_anew(page, canvas, lambda: signer.get_by_label("Place").fill("0.4"))
    assert is_drawn_anew(page, canvas, lambda: page.set_viewport_size({"width": 800, "height": 700}))
    signer.get_by_role("button", name="Play").click()
    assert not rests(page)


def test_a_clip(open_page):
    page = open_page("recognize")
    page.click("#sample")
    play = page.get_by_role("button", name="Play or pause")
    expect(play).to_have_attribute("aria-pressed", "true", timeout=45_000)
    assert not rests(page)
    play.click()
    page.wait_for_function("() => document.querySelector('#film').paused")
    assert rests(page)
    assert barriers(page) == []
    place = page.get_by_label("Place in the clip")
    far = "0.8" if float(place.input_value()) < 0.5 else "0.2"
    assert is_drawn_anew(page, "#skeleton", lambda: place.fill(far))
    assert is_drawn_anew(page, "#skeleton", lambda: page.click("#bones"))
    assert is_drawn_anew(page, "#skeleton", lambda: page.click("#bones"))
    assert is_drawn_anew(page, "#skeleton", lambda: page.set_viewport_size({"width": 800, "height": 700}))
    play.click()
    assert not rests(page)
