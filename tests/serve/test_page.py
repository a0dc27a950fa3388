"""The page in a real browser: from a clip to its words, by every way in, and nothing asked of another origin."""

import io
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from chereme.poses import pose_to_bytes
from chereme.render import draw_signer

CANDIDATES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def mjpeg(frames: list[object], path: Path) -> None:
    """Frames as the film that Chromium plays for a camera."""
    with path.open("wb") as out:
        for frame in frames:
            picture = io.BytesIO()
            Image.fromarray(frame).save(picture, "JPEG", quality=90)
            out.write(picture.getvalue())


@pytest.fixture(scope="module")
def browser(signer, tmp_path_factory) -> Iterator[Browser]:
    wanted = os.environ.get("CHEREME_BROWSER")
    found = next(filter(None, map(shutil.which, [wanted] if wanted else CANDIDATES)), None)
    if found is None:
        pytest.skip("no Chromium here; `sh scripts/browser.sh` says how to get it")
    camera = tmp_path_factory.mktemp("camera") / "camera.mjpeg"
    mjpeg(list(draw_signer(signer, size=320)), camera)
    with sync_playwright() as driver:
        launched = driver.chromium.launch(
            executable_path=found,
            args=[
                "--no-sandbox",  # there is no other way as root, in a container
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-video-capture={camera}",
            ],
        )
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser, service) -> Iterator[Page]:
    """The page, opened in English; at the end it must have asked nothing elsewhere and complained of nothing."""
    context: BrowserContext = browser.new_context(
        base_url=service.url, locale="en-GB", permissions=["camera"], viewport={"width": 1200, "height": 800}
    )
    opened = context.new_page()
    elsewhere: list[str] = []
    complaints: list[str] = []
    opened.on("request", lambda r: None if r.url.startswith((service.url, "blob:")) else elsewhere.append(r.url))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    # Chromium's own notes of an answer that is an error, and on how these tests read the canvas, are none
    ours = ("Failed to load resource", "Canvas2D")
    opened.on("console", lambda m: None if m.text.startswith(ours) else complaints.append(m.text))
    opened.goto("/")
    expect(opened.locator("#known")).to_be_visible()
    yield opened
    context.close()
    assert elsewhere == []
    assert complaints == []


def send(page: Page, name: str, content: bytes, kind: str = "") -> None:
    page.set_input_files("#file", {"name": name, "mimeType": kind, "buffer": content})


def expect_result(page: Page) -> None:
    expect(page.locator("body")).to_have_attribute("data-view", "result", timeout=30_000)


def inked(page: Page) -> dict[str, int]:
    """Pixels on the canvas that are nearly the colour of the left and of the right hand."""
    return page.evaluate(
        """() => new Promise((done) => requestAnimationFrame(() => setTimeout(() => {
            const canvas = document.getElementById("skeleton");
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            const near = (i, r, g, b) =>
                Math.abs(data[i] - r) + Math.abs(data[i + 1] - g) + Math.abs(data[i + 2] - b) < 30 && data[i + 3] > 200;
            const count = { left: 0, right: 0 };
            for (let i = 0; i < data.length; i += 4) {
                count.left += near(i, 255, 180, 84);
                count.right += near(i, 79, 224, 203);
            }
            done(count);
        }, 50)))"""
    )


def test_a_film_becomes_words_and_a_skeleton(page, film):
    send(page, "casa.mp4", film, "video/mp4")
    expect_result(page)
    expect(page.locator("#ranked li")).to_have_count(3)
    shares = page.locator("#ranked .share").all_inner_texts()
    assert all("%" in share for share in shares)
    assert page.locator("#word").inner_text() in ("casa", "pai", "água", "No word stands out")
    ink = inked(page)
    assert ink["left"] > 30
    assert ink["right"] > 30
    assert page.evaluate("document.getElementById('film').videoWidth") == 320
    assert "Finding body and hands" in page.locator("#times").inner_text()
    expect(page.locator("#said")).to_contain_text("%")
    page.click("#bones")
    assert inked(page) == {"left": 0, "right": 0}
    page.click("#again")
    expect(page.get_by_role("heading", name="Show a sign, see the word")).to_be_visible()


def test_the_skeleton_stands_where_the_landmarks_are(page, signer):
    """A hand that is not seen is not drawn, and the left hand is on the side where the signer has it."""
    points = signer.points.copy()
    points[:, signer.layout.groups["right_hand"]] = float("nan")
    points[:, [i for i, name in enumerate(signer.layout.names) if "right" in name]] = float("nan")
    send(page, "left.pose", pose_to_bytes(signer.with_points(points)))
    expect_result(page)
    ink = inked(page)
    assert ink["left"] > 30
    assert ink["right"] == 0
    expect(page.locator("#seen .right")).to_have_text("Right hand seen in 0 %")
    place = page.evaluate(
        """() => {
            const canvas = document.getElementById("skeleton");
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            let sum = 0, count = 0;
            for (let i = 0; i < data.length; i += 4) {
                if (data[i + 3] < 200) continue;
                sum += (i / 4) % canvas.width;
                count += 1;
            }
            return sum / count / canvas.width;
        }"""
    )
    assert 0.5 < place < 0.65  # of a 16:9 picture, where x is around 1 picture height


def test_the_camera_records_what_it_sees(page):
    page.click("#camera")
    expect(page.locator("#live")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.getElementById('live')).transform") == "matrix(-1, 0, 0, 1, 0, 0)"
    page.click("#record")
    expect(page.locator("#stop")).to_be_visible(timeout=10_000)
    page.wait_for_timeout(900)
    with page.expect_request("**/api/v1/recognitions") as asked:
        page.click("#stop")
    sent = asked.value.headers["content-type"]
    assert sent.startswith("multipart/form-data")
    expect_result(page)
    expect(page.locator("#retake")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.getElementById('film')).transform") == "none"
    ink = inked(page)
    assert ink["left"] > 30
    assert ink["right"] > 30
    assert page.evaluate("document.getElementById('live').srcObject") is None  # the camera is let go


def test_an_error_is_a_line_with_what_next(page):
    send(page, "notes.mp4", b"not a video", "video/mp4")
    expect(page.get_by_role("heading", name="This file cannot be played")).to_be_focused()
    expect(page.locator("#remedy")).to_contain_text("MP4")
    expect(page.locator("#said")).to_contain_text("This file cannot be played")
    page.get_by_text("What exactly was wrong").click()
    expect(page.locator("#exactly")).to_contain_text("notes.mp4: not a video")
    page.get_by_role("button", name="Try another clip").click()
    expect(page.get_by_text("Choose a video")).to_be_visible()


def test_too_large_is_said_before_sending(page):
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate(
        """() => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(65_000_000)], "big.mp4", { type: "video/mp4" }));
            dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
        }"""
    )
    expect(page.get_by_role("heading", name="This clip is too large")).to_be_visible()
    expect(page.locator("#remedy")).to_contain_text("64 MB")
    assert asked == []


def test_words_and_limits_are_on_the_page(page):
    expect(page.locator("footer")).to_contain_text("Nothing leaves this machine.")
    expect(page.locator("footer")).to_contain_text("No interpreter.")
    expect(page.locator("#sample")).to_be_hidden()  # this bundle's words are none that the decoder signs
    page.get_by_text("The 3 words it knows").click()
    assert page.locator("#words li").all_inner_texts() == ["água", "casa", "pai"]


def test_portuguese(page):
    page.get_by_role("button", name="Português").click()
    expect(page.get_by_role("heading", name="Mostre um sinal, veja a palavra")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "pt-BR"
    send(page, "x.txt", b"palavras", "text/plain")
    expect(page.get_by_role("heading", name="Não conheço este tipo de arquivo")).to_be_visible()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="This is no kind of file I know")).to_be_visible()


def test_both_languages_say_the_same_things(page):
    keys = page.evaluate(
        """async (codes) => {
            const { speak, text, wrong } = await import("/words.js");
            const used = [...document.querySelectorAll("[data-t], [data-t-label]")].flatMap(
                (node) => [node.dataset.t, node.dataset.tLabel].filter(Boolean));
            const missing = [];
            for (const language of ["en", "pt"]) {
                speak(language);
                for (const key of used) if (!text(key)) missing.push(`${language} ${key}`);
                const internal = wrong("internal")[0];
                for (const code of codes) if (wrong(code)[0] === internal) missing.push(`${language} ${code}`);
            }
            return missing;
        }""",
        sorted(_codes_a_page_can_meet()),
    )
    assert keys == []


def _codes_a_page_can_meet() -> set[str]:
    from chereme.serve.refusals import ADVICE

    of_letters = {"no_file", "no_speller", "no_engine"}
    return set(ADVICE) - {"internal", "unknown_host", "elsewhere", "no_sample"} - of_letters


def test_by_keyboard_alone(page, film):
    """Every control is reached by Tab, in the order in which they stand, with a name."""
    names = []
    for _ in range(8):
        page.keyboard.press("Tab")
        names.append(
            page.evaluate(
                """() => {
                    const at = document.activeElement;
                    return at.getAttribute("aria-label") ?? at.labels?.[0]?.textContent ?? at.textContent.trim();
                }"""
            )
        )
    assert names[:3] == ["To the video", "English", "Português"]
    assert [name.strip() for name in names[3:7]] == [
        "Choose a video",
        "Use the camera",
        "My video is mirrored, as selfie cameras store it",
        "The 3 words it knows",
    ]


@pytest.mark.parametrize("width", [320, 390, 768])
def test_a_narrow_screen_needs_no_sideways_scrolling(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_contrast_of_text(page):
    """WCAG AA: 4.5 to 1 for the text colours on the card and on the paper, in both schemes."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        ratios = page.evaluate(
            """() => {
                const style = getComputedStyle(document.documentElement);
                const light = (name) => {
                    const hex = style.getPropertyValue(name).trim().slice(1);
                    const [r, g, b] = [0, 2, 4].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255)
                        .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
                    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
                };
                const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
                return [["--ink", "--card"], ["--ink", "--paper"], ["--soft", "--card"], ["--soft", "--paper"],
                    ["--brand-ink", "--brand"], ["--brand", "--brand-soft"], ["--wrong", "--card"]]
                    .map(([text, ground]) => [text, ground, ratio(light(text), light(ground))]);
            }"""
        )
        assert [found for found in ratios if found[2] < 4.5] == []


def test_a_service_that_ended_is_named(page, film):
    page.route("**/api/v1/recognitions", lambda route: route.abort())
    send(page, "casa.mp4", film, "video/mp4")
    expect(page.get_by_role("heading", name="The program does not answer")).to_be_visible(timeout=10_000)
