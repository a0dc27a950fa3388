"""A newer page, with several windows of the old one open."""

import gzip
import re
import shutil

from playwright.sync_api import Page, expect

from chereme.serve import app
from chereme.serve.page_files import PAGE, PageFiles
from in_browser import opener


def reloaded(page: Page) -> bool:
    return page.evaluate("globalThis.old === undefined")


def test_every_window_loads_it_but_not_over_unsaved_words(browser, serve, monkeypatch, tmp_path):
    built = tmp_path / "page"
    shutil.copytree(PAGE, built)
    monkeypatch.setattr(app, "PageFiles", lambda: PageFiles(built))
    with opener(browser, serve().url) as begin:
        asks = begin("about", offline_use=True)
        asks.evaluate("navigator.serviceWorker.ready.then(() => null)")
        asks.reload()
        idle, desk = asks.context.new_page(), asks.context.new_page()
        idle.goto("/#/practice")
        desk.goto("/#/desk")
        desk.fill("#sentence", "Where does it hurt?")
        for page in (asks, idle, desk):
            page.wait_for_function("() => navigator.serviceWorker.controller !== null")
            page.evaluate("globalThis.old = true")

        worker = built / "sw.js.gz"
        text = gzip.decompress(worker.read_bytes()).decode()
        worker.write_bytes(gzip.compress(re.sub(r"page [0-9a-f]{16}", "page 0123456789abcdef", text).encode()))
        asks.evaluate("navigator.serviceWorker.getRegistration().then((one) => one.update()).then(() => null)")
        for page in (asks, idle, desk):
            expect(page.locator(".newer")).to_contain_text("A newer version is ready.", timeout=20_000)
        expect(desk.locator(".newer button")).to_have_count(0)
        expect(desk.locator(".newer")).to_contain_text("once you have finished or cleared")

        asks.get_by_role("button", name="Load it").click()
        for page in (asks, idle):
            page.wait_for_function("() => globalThis.old === undefined")
        desk.wait_for_timeout(500)
        assert not reloaded(desk)
        expect(desk.locator("#sentence")).to_have_value("Where does it hurt?")
        desk.click("#clear")
        desk.wait_for_function("() => globalThis.old === undefined")
        expect(desk.locator("main h1")).to_have_text("A desk for two")
        assert asks.evaluate("caches.keys()").count("page 0123456789abcdef") == 1
