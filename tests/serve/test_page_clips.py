"""Recognizing in the browser, tracker and all: films, the camera, files that only the service can read."""

import re
from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from chereme.poses import pose_to_bytes
from in_browser import Open, intercept, opener, tracker_script
from made_up import hung, walking_by


@pytest.fixture
def open_page(browser: Browser, desk_service) -> Iterator[Open]:
    with opener(browser, desk_service.url) as begin:
        yield begin


@pytest.fixture
def page(open_page: Open) -> Page:
    return open_page()


def send(page: Page, name: str, content: bytes, kind: str = "") -> None:
    page.set_input_files("#file", {"name": name, "mimeType": kind, "buffer": content})


def expect_view(page: Page, name: str) -> None:
    expect(page.locator("main .recognize")).to_have_attribute("data-view", name, timeout=45_000)


def inked(page: Page) -> dict[str, float]:
    """Pixels on the canvas that are nearly the colour of the left and of the right hand, and where ink is across."""
    return page.evaluate(
        """() => new Promise((done) => requestAnimationFrame(() => setTimeout(() => {
            const canvas = document.getElementById("skeleton");
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            const near = (i, r, g, b) =>
                Math.abs(data[i] - r) + Math.abs(data[i + 1] - g) + Math.abs(data[i + 2] - b) < 30 && data[i + 3] > 200;
            const count = { left: 0, right: 0, across: 0 };
            let all = 0;
            for (let i = 0; i < data.length; i += 4) {
                count.left += near(i, 255, 180, 84);
                count.right += near(i, 79, 224, 203);
                if (data[i + 3] < 200) continue;
                count.across += ((i / 4) % canvas.width) / canvas.width;
                all += 1;
            }
            count.across /= all || 1;
            done(count);
        }, 50)))"""
    )


def test_a_film_becomes_words_in_the_browser_and_works_without_a_network(open_page, book_film):
    """Nothing is sent; after the first visit it all works offline, too."""
    page = open_page(offline_use=True)
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    page.goto("/#/about")
    expect(page.locator("#kept")).to_contain_text("it works offline", timeout=60_000)
    page.context.set_offline(True)
    page.goto("/#/recognize")
    page.reload()
    posted: list[str] = []
    page.on("request", lambda request: posted.append(request.url) if request.method == "POST" else None)
    send(page, "book.mp4", book_film, "video/mp4")
    expect_view(page, "result")
    expect(page.locator("#word")).to_have_text("Book")
    expect(page.locator("#word")).to_be_focused()
    expect(page.locator("#ranked li")).to_have_count(5)
    assert all("%" in share for share in page.locator("#ranked .share").all_inner_texts())
    expect(page.locator("#times")).to_contain_text("in your browser")
    expect(page.locator("#said")).to_contain_text("Book")
    assert posted == []
    page.locator(".round").click()
    page.locator(".tracks input").evaluate("(seek) => { seek.value = 0.5; seek.dispatchEvent(new Event('input')); }")
    page.wait_for_timeout(300)
    ink = inked(page)
    assert ink["left"] > 30
    assert ink["right"] > 30
    page.click("#bones")
    assert inked(page)["left"] == 0
    page.click("#again")
    expect(page.get_by_role("heading", name="Show a sign, see the word")).to_be_visible()
    page.goto("/#/practice")
    expect(page.locator("#start")).to_be_enabled(timeout=20_000)


def test_the_camera_is_explained_before_it_is_asked_for(open_page):
    page = open_page(permissions=[])
    page.click("#camera")
    expect(page.get_by_role("heading", name="May the page use the camera?")).to_be_visible()
    expect(page.locator(".camera-ask")).to_contain_text("None is sent, none is kept")
    page.get_by_role("button", name="Not now").click()
    expect(page.get_by_role("heading", name="Show a sign, see the word")).to_be_visible()


def test_the_camera_names_signs_as_they_are_made(page):
    """The real tracker follows the drawn signer; a word comes when the hands rest."""
    page.click("#camera")
    expect(page.locator("#live")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.getElementById('live')).transform") == "matrix(-1, 0, 0, 1, 0, 0)"
    expect(page.locator("#heard #word")).to_be_visible(timeout=60_000)
    closest = page.locator("#heard #ranked li").first
    shares = closest.locator(".share").all_inner_texts()  # none if it is unlike all words: pictures were missed
    expect(page.locator("#said")).to_contain_text(", ".join([closest.locator(".gloss").inner_text(), *shares]))
    page.get_by_role("button", name="Turn the camera off").click()
    expect(page.get_by_role("heading", name="Show a sign, see the word")).to_be_visible()


def test_the_recognizer_is_there_before_the_first_sign(open_page, signer):
    """Who only looks into the camera signs nothing, and yet it is loaded: the first sign need not wait for it."""
    page = open_page(script=tracker_script(signer.with_points(np.full_like(signer.points, np.nan))))
    with page.expect_response("**/api/v1/bundles/isl43/spec.json", timeout=30_000) as loaded:
        page.click("#camera")
    assert loaded.value.ok
    expect(page.locator(".mood")).to_contain_text("Step back")


def test_one_sign_can_be_recorded(open_page, book):
    """Landmarks stand in for the tracker, the camera and the recording are real."""
    page = open_page(script=tracker_script(book))
    page.click("#camera")
    expect(page.locator("#record")).to_be_visible(timeout=30_000)
    page.click("#record")
    expect(page.locator("#stop")).to_be_visible(timeout=10_000)
    page.wait_for_timeout(2500)  # a hand rises after the first
    page.click("#stop")
    expect_view(page, "result")
    expect(page.locator("#retake")).to_be_visible()
    page.wait_for_function("document.getElementById('film').videoWidth > 0")


def test_a_pose_file_goes_to_the_service_on_this_machine(page, signer):
    """A hand that is not seen is not drawn, and the left hand is on the side where the signer has it."""
    points = signer.points.copy()
    points[:, signer.layout.groups["right_hand"]] = float("nan")
    points[:, [i for i, name in enumerate(signer.layout.names) if "right" in name]] = float("nan")
    send(page, "left.pose", pose_to_bytes(signer.with_points(points)))
    expect_view(page, "result")
    expect(page.locator("#times")).to_contain_text("by the chereme program")
    ink = inked(page)
    assert ink["left"] > 30
    assert ink["right"] == 0
    expect(page.locator("#seen .right")).to_have_text("Right hand seen in 0 %")
    assert 0.5 < ink["across"] < 0.65  # of a 16:9 picture, where x is around 1 picture height


def test_elsewhere_the_service_is_asked_only_when_allowed(browser, desk_service, signer):
    """From another machine, without https: no camera, and a file is sent only after a question."""
    with opener(browser, desk_service.url.replace("127.0.0.1", "desk.example")) as begin:
        page = begin(permissions=[])
        posted: list[str] = []
        page.on("request", lambda request: posted.append(request.url) if request.method == "POST" else None)
        page.click("#camera")
        page.get_by_role("button", name="Turn on the camera").click()
        expect(page.get_by_role("heading", name="The camera needs a secure address")).to_be_visible()
        page.get_by_role("button", name="Not now").click()
        send(page, "some.pose", pose_to_bytes(signer))
        expect(page.get_by_role("heading", name="May the chereme program look at it?")).to_be_visible()
        assert posted == []
        page.get_by_role("button", name="Send it there").click()
        expect_view(page, "result")


def test_an_error_is_a_line_with_what_next(page):
    send(page, "notes.mp4", b"not a video", "video/mp4")
    expect(page.get_by_role("heading", name="This file cannot be played")).to_be_focused()
    expect(page.locator("#remedy")).to_contain_text("MP4")
    expect(page.locator("#said")).to_contain_text("This file cannot be played")
    page.get_by_text("What exactly was wrong").click()
    expect(page.locator("#exactly")).to_contain_text("notes.mp4: not a video")
    page.get_by_role("button", name="Try another clip").click()
    expect(page.get_by_text("Choose a video")).to_be_visible()


def test_a_wall_shows_nobody(open_page, signer, wall):
    page = open_page(script=tracker_script(signer.with_points(np.full_like(signer.points, np.nan))))
    send(page, "wall.mp4", wall, "video/mp4")
    expect(page.get_by_role("heading", name="I see nobody in it")).to_be_visible(timeout=30_000)


def test_a_busy_browser_whose_first_picture_is_late_is_waited_for(open_page, signer, wall):
    late = """
        const make = createImageBitmap;
        let left = 3;
        globalThis.createImageBitmap = async (...given) => {
            if (left-- > 0) throw new DOMException("The image source is not usable.", "InvalidStateError");
            return make(...given);
        };
    """
    page = open_page(script=late + tracker_script(signer))
    posted: list[str] = []
    page.on("request", lambda request: posted.append(request.url) if request.method == "POST" else None)
    send(page, "wall.mp4", wall, "video/mp4")
    expect_view(page, "result")
    expect(page.locator("#times")).to_contain_text("in your browser")
    assert posted == []


def test_hands_that_only_hang_show_no_sign(open_page, signer, wall):
    page = open_page(script=tracker_script(hung(signer, slice(None))))
    send(page, "idle.mp4", wall, "video/mp4")
    expect(page.get_by_role("heading", name="I see no hand that signs")).to_be_visible(timeout=30_000)


@pytest.mark.parametrize(
    ("because", "word", "shares"),
    [("unlike", "Unlike any word it knows", 0), ("unsure", "No word stands out", 5)],
)
def test_why_no_word_is_given(page, signer, because, word, shares):
    def doubtful(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(json=answer.json() | {"unknown": True, "unknown_because": because})

    intercept(page, "**/api/v1/recognitions", doubtful)
    send(page, "x.pose", pose_to_bytes(signer))
    expect_view(page, "result")
    expect(page.locator("#kicker")).to_have_text("Unknown")
    expect(page.locator("#word")).to_have_text(word)
    expect(page.locator("#said")).to_have_text(re.compile(rf"^{word}\. Closest: \w+{', .*%' if shares else ''}\s*$"))
    expect(page.locator("#verdict")).to_contain_text("none of the 43 words it knows. Closest to it:")
    expect(page.locator("#ranked .gloss")).to_have_count(5)
    expect(page.locator("#ranked .share")).to_have_count(shares)


def test_who_walks_by_is_told_that_no_hand_signed(open_page, signer):
    page = open_page(script=tracker_script(walking_by(signer)))
    page.click("#camera")
    expect(page.locator("#heard #word")).to_have_text("I see no hand that signs", timeout=30_000)
    expect(page.locator("#said")).to_contain_text("Raise at least one hand")
    expect(page.locator("#heard .ranked")).to_have_count(0)


def test_too_large_is_said_before_sending(page):
    posted: list[str] = []
    page.on("request", lambda request: posted.append(request.url) if request.method == "POST" else None)
    page.evaluate(
        """() => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(65_000_000)], "big.mp4", { type: "video/mp4" }));
            dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
        }"""
    )
    expect(page.get_by_role("heading", name="This clip is too large")).to_be_visible()
    expect(page.locator("#remedy")).to_contain_text("64 MB")
    assert posted == []


def test_a_service_that_ended_is_named(page, signer):
    intercept(page, "**/api/v1/recognitions", lambda route: route.abort())
    send(page, "some.pose", pose_to_bytes(signer))
    expect(page.get_by_role("heading", name="The program does not answer")).to_be_visible(timeout=10_000)
