"""Desk, dictionary, teaching and practice in the browser; landmarks stand in for the tracker, all else is real."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from in_browser import ROOT, Open, intercept, opener, tracker_script
from made_up import walking_by

WEB = ROOT / "web"


@pytest.fixture
def open_page(browser: Browser, desk_service, book) -> Iterator[Open]:
    """Pages that see somebody sign “Book” again and again."""
    script = tracker_script(book)
    with opener(browser, desk_service.url) as begin:
        yield lambda page, **given: begin(page, script, **given)


def turn_on(page: Page) -> None:
    page.get_by_role("button", name="Turn on the camera").click()


def moves(page: Page) -> bool:
    """Whether the drawn signer is another one a moment later."""
    if page.locator(".signer").get_attribute("data-playing") == "false":  # it has come to its end meanwhile
        page.locator(".signer .round").click()
    drawn = "document.querySelector('.signer canvas').toDataURL()"
    before = page.evaluate(drawn)
    page.wait_for_timeout(400)
    return page.evaluate(drawn) != before


def test_a_desk_for_two(open_page):
    page = open_page("desk")
    posted: list[str] = []
    page.on("request", lambda request: posted.append(request.url) if request.method == "POST" else None)
    turn_on(page)
    word = page.locator("#line button").first
    expect(word).to_have_text("Book", timeout=30_000)
    assert posted == []  # what was signed is read here

    word.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    other = page.locator(".others button .gloss, .others button span:first-child").nth(1).inner_text()
    page.locator(".others button").nth(1).click()
    expect(word).to_have_text(other)
    word.click()
    page.get_by_label("Another word").fill("Library")
    page.get_by_role("button", name="Use it").click()
    expect(word).to_have_text("Library")
    expect(word).to_be_focused()
    page.get_by_role("button", name="Turn the camera off").click()
    page.click("#say")
    expect(page.locator("#turns")).to_contain_text("Library")

    page.fill("#sentence", "Book newspaper unicorn")
    page.keyboard.press("Enter")
    expect(page.locator(".signer canvas")).to_be_visible(timeout=20_000)
    assert moves(page)
    expect(page.locator(".spans")).to_contain_text("Book", ignore_case=True)
    expect(page.locator("#turns .written")).to_contain_text("Book newspaper unicorn")
    page.get_by_role("button", name="0.5×").click()
    expect(page.get_by_role("button", name="0.5×")).to_have_attribute("aria-pressed", "true")

    page.click("#clear")
    expect(page.locator("#turns")).to_have_count(0)
    assert "unicorn" not in page.content()
    kept = page.evaluate("JSON.stringify([localStorage, sessionStorage])")
    assert "Library" not in kept
    assert "unicorn" not in kept


def test_who_walks_by_the_desk_says_nothing(browser, desk_service, book):
    walker = walking_by(book)
    both = book.with_points(np.concatenate([walker.points, book.points]))
    with opener(browser, desk_service.url) as begin:
        page = begin("desk", tracker_script(both))
        turn_on(page)
        expect(page.locator("#line button").first).to_have_text("Book", timeout=30_000)


@pytest.mark.parametrize(
    ("turned_off", "at_once"),
    [pytest.param("on", 1, id="once it is on"), pytest.param("loading", 0, id="while the tracker is still awaited")],
)
def test_a_camera_that_is_turned_off_stays_off_and_is_watched_once_when_it_is_on_again(
    browser, desk_service, turned_off, at_once
):
    """Were two watching, each sign would be named twice."""
    counting = """
        globalThis.atOnce = globalThis.most = globalThis.lasts = 0;
        const counted = {
            async track(picture, time) {
                picture.close();
                globalThis.most = Math.max(globalThis.most, ++globalThis.atOnce);
                await new Promise((done) => setTimeout(done, globalThis.lasts));
                globalThis.atOnce -= 1;
                return { points: new Float32Array(3 * 75).fill(NaN), time };
            },
        };
        const loaded = new Promise((done) => (globalThis.letGo = done));
        counted.then = (done) => { delete counted.then; void loaded.then(() => done(counted)); };
        globalThis.cheremeTracker = counted;
    """
    with opener(browser, desk_service.url) as begin:
        page = begin("desk", counting)
        live = page.locator(".live")
        turn_on(page)
        if turned_off == "on":
            page.evaluate("letGo()")
        expect(live).to_have_attribute("data-state", turned_off, timeout=15_000)
        page.wait_for_timeout(300)
        assert page.evaluate("most") == at_once
        page.get_by_role("button", name="Turn the camera off").click()
        page.evaluate("letGo(); lasts = 100")
        page.wait_for_timeout(300)
        expect(live).to_have_attribute("data-state", "asking")
        turn_on(page)
        expect(live).to_have_attribute("data-state", "on", timeout=15_000)
        page.wait_for_timeout(1000)
        assert page.evaluate("most") == 1


def test_what_is_under_way_when_all_is_cleared_is_dropped_too(open_page):
    page = open_page("desk")
    expect(page.locator(".phrase").first).to_be_visible()
    waiting = []
    intercept(page, "**/api/v1/productions", lambda route: waiting.append(route))
    page.fill("#sentence", "Book")
    page.keyboard.press("Enter")
    expect(page.locator("#sign")).to_contain_text("Making the signs")
    page.fill("#sentence", "unicorn")
    page.click("#clear")
    expect(page.locator("#sentence")).to_have_value("")
    expect(page.locator("#sign")).to_contain_text("Sign it")
    for route in waiting:
        route.abort()
    page.wait_for_timeout(300)
    expect(page.locator("#turns")).to_have_count(0)
    expect(page.locator(".failure")).to_have_count(0)


def test_a_phrase_is_picked(open_page):
    page = open_page("desk")
    expect(page.locator("#phrases button").first).to_be_visible()
    page.get_by_placeholder("Find a phrase").fill("NURSE")
    page.get_by_role("button", name="Hello, I am a nurse.").click()
    expect(page.locator("#turns .written")).to_contain_text("Hello, I am a nurse.", timeout=20_000)


def test_a_sign_is_looked_up_by_its_word(open_page):
    page = open_page("dictionary")
    page.fill("#query", "book")
    entry = page.locator("#entries button", has_text="Book").first
    expect(entry).to_be_visible()
    expect(page.locator("#total")).to_contain_text("sign")
    entry.click()
    expect(page.get_by_role("heading", name="Book", level=2)).to_be_visible()
    expect(page.locator(".signer canvas")).to_be_visible(timeout=20_000)
    assert moves(page)
    page.fill("#query", "qqqq")
    expect(page.get_by_role("heading", name="No sign with that word")).to_be_visible()


def test_a_sign_is_looked_up_by_signing_it(open_page):
    page = open_page("dictionary")
    page.click("#by-sign")
    turn_on(page)
    expect(page.locator("#entries button").first).to_contain_text("alike", timeout=40_000)
    glosses = page.locator("#entries .gloss").all_inner_texts()
    assert "Book" in [gloss.strip() for gloss in glosses[:5]]


def test_a_sign_that_is_like_none_is_said_to_be(open_page):
    page = open_page("dictionary")
    hit = {"id": "x.1", "gloss": "unicorn", "language": "ins", "score": 0.2, "lexicon": "x", "how": None}
    intercept(page, "**/lexicon/embeddings", lambda route: route.fulfill(status=413, json={"code": "too_many"}))
    told = {"entries": [hit], "unknown": True, "seconds": 0.1}
    intercept(page, "**/lexicon/search", lambda route: route.fulfill(json=told))
    page.click("#by-sign")
    turn_on(page)
    expect(page.get_by_role("heading", name="Nothing in the dictionary looks much like it.")).to_be_visible(
        timeout=40_000
    )
    expect(page.locator(".played")).to_contain_text("There is nothing to play for this sign.")


def test_an_entry_that_nobody_signs_is_said_to_be_one(open_page):
    page = open_page("dictionary")
    gone = {"code": "no_pose", "detail": "book: was kept without its landmarks"}
    intercept(page, "**/lexicon/*/pose?format=json", lambda route: route.fulfill(status=404, json=gone))
    page.fill("#query", "book")
    page.locator("#entries button", has_text="Book").first.click()
    expect(page.locator(".played")).to_contain_text("There is nothing to play for this sign.")


def test_signs_of_one_language_are_listed_and_the_address_keeps_what_was_asked(open_page):
    page = open_page("dictionary")
    tongue = page.get_by_label("Signed language")
    expect(tongue.locator("option")).to_have_text(["All", "Libras (Brazil)", "Indian Sign Language"])
    expect(page.locator("#total")).to_have_text("67 signs")
    tongue.select_option("bzs")
    expect(page.locator("#total")).to_have_text("24 signs")
    page.fill("#query", "banan")
    expect(page.locator("#total")).to_have_text("1 sign")
    assert page.url.endswith("#/dictionary?q=banan&language=bzs")
    page.reload()
    expect(page.locator("#total")).to_have_text("1 sign")
    expect(page.locator("#query")).to_have_value("banan")
    expect(tongue).to_have_value("bzs")
    page.click("#by-sign")
    page.click("#by-word")
    expect(page.locator("#query")).to_have_value("banan")
    page.get_by_role("link", name="Dictionary").click()
    expect(page.locator("#total")).to_have_text("67 signs")
    page.evaluate("location.hash = '#/dictionary?q=book&language=xyz'")
    expect(page.locator("#entries button", has_text="Book").first).to_be_visible()
    expect(tongue).to_have_value("")


def test_where_there_is_one_language_none_is_asked_for(open_page):
    page = open_page("about")

    def of_one(route):
        found = route.fetch()
        route.fulfill(response=found, json=found.json() | {"languages": ["ins"]})

    intercept(page, "**/api/v1/lexicon?*", of_one)
    page.get_by_role("link", name="Dictionary").click()
    expect(page.locator("#total")).to_be_visible()
    expect(page.locator("#tongue")).to_have_count(0)


def test_a_search_can_be_tried_again(open_page):
    page = open_page("dictionary")
    expect(page.locator("#total")).to_be_visible()
    intercept(page, "**/api/v1/lexicon?*", lambda route: route.abort())
    page.fill("#query", "boo")
    expect(page.get_by_role("heading", name="The program does not answer")).to_be_visible()
    page.unroute("**/api/v1/lexicon?*")
    page.fill("#query", "book")
    expect(page.locator("#entries button", has_text="Book").first).to_be_visible()


def test_a_sign_is_taught_recognized_saved_and_loaded(open_page, tmp_path):
    page = open_page("teach")
    posted: list[str] = []
    page.on("request", lambda request: posted.append(request.url) if request.method == "POST" else None)
    page.fill("#name", "my sign")
    turn_on(page)
    expect(page.locator(".steps [data-done=true]").first).to_be_visible(timeout=40_000)
    page.click("#save")
    expect(page.locator("#saved")).to_contain_text("my sign")
    expect(page.locator("#tried")).to_contain_text("my sign", timeout=40_000)
    page.get_by_role("button", name="Turn the camera off").click()
    with page.expect_download() as saving:
        page.click("#export")
    saved = tmp_path / "signs.json"
    saving.value.save_as(saved)
    held = json.loads(saved.read_text(encoding="utf-8"))
    (sign,) = held["signs"]
    assert sign["gloss"] == "my sign"
    count = len(sign["examples"])  # while the encoder was loading, the camera's signer may have signed twice
    held_of_it = re.compile(rf"my sign\s*{count} example{'s' if count > 1 else ''}\b")

    page.get_by_role("link", name="Recognize").click()
    page.click("#camera")
    expect(page.locator("#heard #word")).to_have_text("my sign", timeout=40_000)
    assert posted == []

    page.get_by_role("link", name="Teach").click()
    page.get_by_role("button", name="Play my sign").click()
    assert moves(page)
    page.get_by_role("button", name="Remove my sign").click()
    expect(page.locator("#signs")).to_have_count(0)
    page.set_input_files("#import", saved)
    expect(page.locator("#signs li")).to_contain_text(held_of_it)
    page.set_input_files("#import", saved)  # the same again
    expect(page.locator("#said")).to_have_text(re.compile("loaded\\.\u00a0"))  # said a second time
    expect(page.locator("#signs li")).to_contain_text(held_of_it)
    page.set_input_files("#import", {"name": "x.json", "mimeType": "application/json", "buffer": b"{}"})
    expect(page.get_by_role("heading", name="This file holds no signs I can use")).to_be_visible()


HELD = """
    globalThis.held = null;
    globalThis.Worker = class extends Worker {
        postMessage(...given) {
            if (held) held.push(() => super.postMessage(...given));
            else super.postMessage(...given);
        }
    };
    undefined; // so that an evaluation does not call the class
"""
"""Once `held` is a list, what the page asks of its threads waits there."""


def test_a_sign_still_looked_at_when_it_is_saved_is_none_of_the_next(open_page):
    page = open_page("teach")
    page.evaluate(HELD)
    page.fill("#name", "my sign")
    turn_on(page)
    expect(page.locator(".steps [data-done=true]").first).to_be_visible(timeout=40_000)
    page.evaluate("held = []")
    page.wait_for_function("() => held.length > 0")
    page.click("#save")
    expect(page.locator("#saved")).to_contain_text("my sign")
    page.evaluate("for (const ask of held.splice(0)) ask(); held = null;")
    expect(page.locator("#tried")).to_contain_text("my sign", timeout=20_000)
    expect(page.locator(".steps [data-done=true]")).to_have_count(0)


def test_letters_are_practised(browser, desk_service, held_letter):
    """A hand that holds one letter all the while: that letter counts, others do not."""
    letter, place, signed = held_letter
    with opener(browser, desk_service.url) as begin:
        page = begin("practice", tracker_script(signed))
        page.get_by_text("Single letters").click()
        page.evaluate("(first) => { const left = [first]; Math.random = () => left.shift() ?? 0; }", place)
        page.click("#start")
        expect(page.locator("#letters li").first).to_contain_text(letter)
        expect(page.locator("#see")).to_contain_text(f"I see {letter}", timeout=40_000)
        expect(page.locator("#letters [data-state=right]")).to_have_count(1, timeout=20_000)
        page.wait_for_timeout(1500)
        expect(page.locator("#letters [data-state=right]")).to_have_count(1)
        while page.locator("#skip").count():
            page.click("#skip")
        expect(page.locator("#finished")).to_contain_text("1 of 6 letters")
        page.evaluate("document.querySelector('video').dataset.same = 'yes'")
        page.click("#next")
        expect(page.locator("#letters [data-state=now]")).to_have_count(1)
        expect(page.locator("video")).to_have_attribute("data-same", "yes")  # the camera goes on


def test_the_browsers_numbers_of_a_hand_are_those_of_python(tmp_path):
    from chereme.features.hand import hand_geometry
    from made_up import made_up_hands

    vitest = WEB / "node_modules" / "vitest" / "vitest.mjs"
    if not (shutil.which("node") and vitest.is_file()):
        pytest.skip("no Node, or `make page` has not been run")
    hands = made_up_hands(5, np.random.default_rng(3))
    golden = tmp_path / "hands.json"
    golden.write_text(
        json.dumps({"hands": hands.tolist(), "features": hand_geometry(hands).tolist()}), encoding="utf-8"
    )
    done = subprocess.run(
        ["node", vitest, "run", "tests/letters.test.ts"],
        cwd=WEB,
        env={**os.environ, "CHEREME_GOLDEN_HANDS": str(golden)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:]


def test_the_pages_own_tests_pass():
    """Those of web/tests that need nothing from Python."""
    vitest = WEB / "node_modules" / "vitest" / "vitest.mjs"
    if not (shutil.which("node") and vitest.is_file()):
        pytest.skip("no Node, or `make page` has not been run")
    done = subprocess.run(["node", vitest, "run"], cwd=WEB, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
