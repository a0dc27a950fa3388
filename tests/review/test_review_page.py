"""The page of a review: its API with the guards of the service, and a run of the keyboard in a real browser."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from chereme.serve.guard import HEADERS
from in_browser import COUNT, NOTES, intercept

CANDIDATES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def test_answers_carry_the_guards_of_the_service(page_of):
    answer = page_of.client.get("/")
    assert answer.status_code == 200
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert page_of.client.get("/api/v1/review", headers={"Host": "evil.example"}).status_code == 403
    elsewhere = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert page_of.client.post("/api/v1/decisions", json={"clip": 0}, headers=elsewhere).status_code == 403
    assert page_of.decisions.reviewers() == {"Ana": 0}


def test_films_and_landmarks_are_sent(page_of):
    film = page_of.client.get("/api/v1/clips/0/film")
    assert (film.status_code, film.headers["content-type"]) == (200, "video/mp4")
    part = page_of.client.get("/api/v1/clips/0/film", headers={"Range": "bytes=0-9"})
    assert (part.status_code, part.content) == (206, film.content[:10])
    landmarks = page_of.client.get("/api/v1/clips/0/landmarks").json()
    assert (landmarks["layout"], len(landmarks["points"])) == ("body_hands_75", 20)


@pytest.mark.parametrize(
    ("path", "said", "message"),
    [
        pytest.param("clips/2/film", None, "not there any more", id="a missing film"),
        pytest.param("clips/2/landmarks", None, "no landmarks", id="no landmarks"),
        pytest.param("clips/99/film", None, "no clip 99", id="no such clip"),
        pytest.param("words/9", None, "no word 9", id="no such word"),
        pytest.param("decisions", {"clip": 99}, "no clip 99", id="a decision on no clip"),
        pytest.param("decisions", {"clip": 0, "verdict": "maybe"}, "verdict", id="no such verdict"),
        pytest.param("decisions", {"clip": 0, "verdict": "variant"}, "which other sign", id="which variant"),
        pytest.param("decisions", {"clip": 0, "start": 2, "end": 1}, "cannot last", id="end before start"),
        pytest.param("decisions", {"clip": 0, "who": "Bia"}, "who", id="in another's name"),
    ],
)
def test_what_is_refused(page_of, path, said, message):
    url = f"/api/v1/{path}"
    answer = page_of.client.get(url) if said is None else page_of.client.post(url, json=said)
    assert answer.status_code == 422
    assert message in answer.json()["detail"]


def test_others_decisions_are_not_shown(page_of, clips):
    from chereme.review import Decision

    with page_of.decisions.present("Bia") as name:
        page_of.decisions.add(clips[0], name, Decision("reject"))
    shown = page_of.client.get("/api/v1/words/0").text
    assert "reject" not in shown
    assert "Bia" not in shown


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    wanted = os.environ.get("CHEREME_BROWSER")
    found = next(filter(None, map(shutil.which, [wanted] if wanted else CANDIDATES)), None)
    if found is None:
        pytest.skip("no Chromium here; `sh scripts/browser.sh` says how to get it")
    with sync_playwright() as driver:
        launched = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def page(browser, page_of) -> Iterator[Page]:
    """The page, opened; at the end it must have asked nothing elsewhere and complained of nothing."""
    context = browser.new_context(base_url=page_of.url, locale="en-GB", viewport={"width": 1200, "height": 800})
    opened = context.new_page()
    elsewhere: list[str] = []
    complaints: list[str] = []
    opened.on("request", lambda r: None if r.url.startswith(page_of.url) else elsewhere.append(r.url))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda m: None if m.text.startswith(NOTES) else complaints.append(m.text))
    opened.goto("/")
    yield opened
    context.close()
    assert elsewhere == []
    assert complaints == []


def held(page: Page, path: str) -> list[Route]:
    """Answers that wait to be let go."""
    waiting: list[Route] = []
    intercept(page, f"**/api/v1/{path}", lambda route: waiting.append(route))
    return waiting


def let_go(page: Page, waiting: list[Route]) -> None:
    assert waiting
    for route in waiting:
        route.continue_()
    page.unroute_all(behavior="ignoreErrors")
    page.wait_for_timeout(400)


def current(page: Page):
    return page.locator(".clip[aria-current=true]")


def test_a_review_by_keyboard(page, page_of, clips):
    mine = lambda i: page_of.decisions.of("Ana").get(clips[i].key)  # noqa: E731
    expect(page.locator("#who")).to_have_text("Ana reviews; most doubtful first")
    expect(page.locator("#gloss")).to_have_text("pai")  # what the model doubts most
    expect(page.locator(".note")).to_have_text("doubt 90 %")
    page.wait_for_function("() => document.querySelector('.clip video').videoWidth > 0")
    page.wait_for_function(  # the skeleton is drawn over the film
        """() => {
            const canvas = document.querySelector('.clip .bones');
            return canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((v) => v > 0);
        }"""
    )
    page.keyboard.press("a")
    expect(page.locator("#gloss")).to_have_text("casa")  # the next in doubt, with all clips of its word beside it
    assert mine(3).verdict == "accept"
    expect(page.locator(".clip")).to_have_count(3)
    expect(current(page)).to_contain_text("ufv")
    expect(current(page)).to_contain_text("small: 100x80")
    page.keyboard.press("m")
    expect(current(page).locator(".verdict")).to_have_text("mirrored")
    page.keyboard.press("v")
    page.keyboard.press("v")
    expect(page.locator("#said")).to_have_text("Saved: Another sign (C), mirrored")
    assert (mine(1).verdict, mine(1).other, mine(1).mirrored) == ("variant", "C", True)
    page.keyboard.press("u")
    expect(page.locator("#said")).to_have_text("Saved: Another sign (B), mirrored")
    assert mine(1).other == "B"

    page.keyboard.press("n")
    expect(current(page)).to_contain_text("ines")
    page.keyboard.press("Space")  # stop, so that frames can be counted
    page.wait_for_function("() => document.querySelector('.clip[aria-current=true] video').paused")
    page.evaluate("document.querySelector('.clip[aria-current=true] video').currentTime = 0.2")
    page.keyboard.press("[")
    for key in (".", ".", ".", ",", "]"):
        page.keyboard.press(key)
    expect(page.locator("#said")).to_have_text("Saved: 0.20 to 0.28 s")
    expect(current(page).locator(".stretch")).to_be_visible()
    page.keyboard.press("[")  # where it ends
    expect(page.locator("#said")).to_have_text("The sign must end after it begins: not changed.")
    page.keyboard.press("r")
    expect(current(page)).to_contain_text("The film is not here")
    assert (mine(0).verdict, mine(0).start, mine(0).end) == ("reject", 0.2, 0.28)
    page.keyboard.press("r")
    expect(page.locator("#said")).to_have_text("All clips are decided.")
    expect(page.locator("#count")).to_have_text("4 of 4 clips")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#gloss")).to_have_text("pai")
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.reload()
    expect(page.locator("#count")).to_have_text("4 of 4 clips")


def test_nothing_is_drawn_while_nothing_moves(page):
    expect(page.locator("#gloss")).to_have_text("pai")
    page.wait_for_function("() => document.querySelector('.clip video').videoWidth > 0")
    page.keyboard.press("Space")
    page.wait_for_function("() => document.querySelector('.clip video').paused")
    page.evaluate(COUNT)
    page.wait_for_timeout(300)
    before = page.evaluate("pictures")
    page.wait_for_timeout(500)
    assert page.evaluate("pictures") == before

    drawn = "document.querySelector('.clip .bones').toDataURL() + document.querySelector('.clip .seek').value"
    for change in (
        lambda: page.keyboard.press("."),
        lambda: page.keyboard.press("k"),
        lambda: page.keyboard.press("k"),
        lambda: page.set_viewport_size({"width": 700, "height": 800}),
    ):
        shown = page.evaluate(drawn)
        change()
        page.wait_for_function(f"(shown) => {drawn} !== shown", arg=shown)
    page.keyboard.press("Space")
    shown = page.evaluate(drawn)
    page.wait_for_function(f"(shown) => {drawn} !== shown", arg=shown)


def test_of_two_words_asked_for_the_last_is_shown(page):
    expect(page.locator("#gloss")).to_have_text("pai")
    waiting = held(page, "words/0")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowDown")
    page.wait_for_timeout(300)
    let_go(page, waiting)
    expect(page.locator("#gloss")).to_have_text("pai")
    expect(page.locator("#words [aria-current=true]")).to_contain_text("pai")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#gloss")).to_have_text("casa")


def test_a_decision_is_on_the_clip_on_the_screen(page, page_of, clips):
    expect(page.locator("#gloss")).to_have_text("pai")
    waiting = held(page, "words/0")
    page.keyboard.press("ArrowUp")  # its answer is still under way
    page.keyboard.press("a")
    expect(page.locator("#said")).to_have_text("Saved: Accepted")
    assert set(page_of.decisions.of("Ana")) == {clips[3].key}
    let_go(page, waiting)
    expect(current(page)).to_contain_text("ufv")  # the next in doubt, which was asked for last


def test_who_goes_elsewhere_meanwhile_is_not_taken_to_the_next_in_doubt(page):
    expect(page.locator("#gloss")).to_have_text("pai")
    waiting = held(page, "next*")
    page.keyboard.press("a")
    expect(page.locator("#said")).to_have_text("Saved: Accepted")
    page.keyboard.press("ArrowUp")
    expect(current(page)).to_contain_text("ines")
    let_go(page, waiting)
    expect(current(page)).to_contain_text("ines")


def test_what_is_taken_back_is_the_clip_that_was_decided(page, page_of, clips):
    expect(page.locator("#gloss")).to_have_text("pai")
    page.keyboard.press("a")
    expect(page.locator("#gloss")).to_have_text("casa")
    waiting = held(page, "words/1")
    page.keyboard.press("u")
    page.wait_for_timeout(300)
    page.keyboard.press("ArrowUp")
    expect(current(page)).to_contain_text("ines")
    let_go(page, waiting)
    assert {key: one.verdict for key, one in page_of.decisions.of("Ana").items()} == {clips[3].key: "accept"}
    page.keyboard.press("u")
    expect(page.locator("#gloss")).to_have_text("pai")
    expect(page.locator("#count")).to_have_text("0 of 4 clips")


def test_a_decision_that_could_not_be_kept_is_taken_back_and_told(page, page_of):
    expect(page.locator("#gloss")).to_have_text("pai")
    intercept(page, "**/api/v1/decisions", lambda route: route.abort())
    page.keyboard.press("a")
    expect(page.locator("#wrong")).to_contain_text("does not answer")
    expect(current(page).locator(".verdict")).to_have_text("")
    expect(page.locator("#count")).to_have_text("0 of 4 clips")
    assert page_of.decisions.reviewers() == {"Ana": 0}


def test_a_decision_that_is_kept_stays_shown_when_what_comes_next_fails(page, page_of, clips):
    expect(page.locator("#gloss")).to_have_text("pai")
    intercept(page, "**/api/v1/next*", lambda route: route.abort())
    page.keyboard.press("a")
    expect(page.locator("#wrong")).to_contain_text("The program does not answer")
    expect(current(page).locator(".verdict")).to_have_text("Accepted")
    assert "accept" in [decision.verdict for decision in page_of.decisions.of("Ana").values()]
