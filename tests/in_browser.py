"""A real browser with a camera that plays a drawn signer, and pages that may complain of nothing."""

import io
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from chereme.render import draw_signer
from chereme.serve.page_files import PAGE
from chereme.types import PoseSequence

ROOT = Path(__file__).parents[1]
CANDIDATES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PAGES = ("recognize", "desk", "dictionary", "teach", "practice", "about")

expect.set_options(timeout=20_000)  # a page may take its time while other tests run beside this one

AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"


def barriers(page: Page) -> list[str]:
    """What axe finds to keep somebody from using the page as it is shown."""
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: `make page` does, where Node is there")
    if not page.evaluate("'axe' in globalThis"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run()")["violations"]
    return [f"{one['id']}: {one['nodes'][0]['target']} {one['nodes'][0]['failureSummary']}" for one in found]


COUNT = """
    globalThis.pictures = 0;
    const ask = requestAnimationFrame;
    globalThis.requestAnimationFrame = (draw) => { pictures += 1; return ask(draw); };
    undefined; // so that an evaluation does not call it
"""
"""Counts from then on how often a page asked to draw before the screen's next picture."""

NOTES = ("Failed to load resource", "Canvas2D", "The Cross-Origin-Opener-Policy header has been ignored")
"""Chromium's own, of refusals, of how tests read the canvas, and of plain http: no complaints."""

Open = Callable[..., Page]


def mjpeg(frames: list[Any], path: Path) -> None:
    """Frames as the film that Chromium plays for a camera, 30 a second."""
    with path.open("wb") as out:
        for frame in frames:
            picture = io.BytesIO()
            Image.fromarray(frame).save(picture, "JPEG", quality=90)
            out.write(picture.getvalue())


def with_rests(signed: PoseSequence, seconds: float) -> PoseSequence:
    """A sign with its first and last posture held before and after."""
    held = round(seconds * signed.fps)
    points = np.concatenate(
        [np.repeat(signed.points[:1], held, 0), signed.points, np.repeat(signed.points[-1:], held, 0)]
    )
    return PoseSequence(points, signed.layout, signed.fps, signed.size, np.ones(points.shape[:2], np.float32))


@contextmanager
def chromium(signed: PoseSequence, folder: Path) -> Iterator[Browser]:
    """Headless Chromium whose camera shows a signer, each frame twice: the tracker is slow without a graphics card.

    Skips the test, with the reason, where there is no browser or the page has not been built.
    """
    wanted = os.environ.get("CHEREME_BROWSER")
    found = next(filter(None, map(shutil.which, [wanted] if wanted else CANDIDATES)), None)
    if found is None:
        pytest.skip("no Chromium here; `sh scripts/browser.sh` says how to get it")
    if not (PAGE / "sw.js.gz").is_file():
        pytest.skip("the page has not been built: `make page` does, where Node is there")
    camera = folder / "camera.mjpeg"
    mjpeg([frame for frame in draw_signer(signed, size=360) for _ in range(2)], camera)
    with sync_playwright() as driver:
        launched = driver.chromium.launch(
            executable_path=found,
            args=[
                "--no-sandbox",  # there is no other way as root, in a container
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-video-capture={camera}",
                "--host-resolver-rules=MAP desk.example 127.0.0.1",  # another machine, as far as pages can tell
            ],
        )
        yield launched
        launched.close()


@contextmanager
def opener(browser: Browser, url: str) -> Iterator[Open]:
    """Opens pages in English with the camera allowed; in the end they must have asked nothing of another origin and
    complained of nothing."""
    elsewhere: list[str] = []
    complaints: list[str] = []

    with ExitStack() as stack:

        def begin(page: str = "recognize", script: str = "", offline_use: bool = False, **given: Any) -> Page:
            usual = {"locale": "en-GB", "permissions": ["camera"], "viewport": {"width": 1200, "height": 800}}
            context = browser.new_context(base_url=url, **{**usual, **given})
            stack.callback(context.close)
            if not offline_use:  # would fetch all that recognizing needs, for each test anew
                context.add_init_script("delete Navigator.prototype.serviceWorker")
            if script:
                context.add_init_script(script)
            opened = context.new_page()
            opened.on("request", lambda r: None if r.url.startswith((url, f"blob:{url}")) else elsewhere.append(r.url))
            opened.on("pageerror", lambda error: complaints.append(str(error)))
            opened.on("console", lambda m: None if m.text.startswith(NOTES) else complaints.append(m.text))
            opened.goto(f"/#/{page}")
            expect(opened.locator("main h1")).to_be_visible()
            return opened

        yield begin
    assert not elsewhere, elsewhere
    assert not complaints, complaints


def tracker_script(signed: PoseSequence) -> str:
    """Puts these landmarks in the place of the tracker, in a loop at their own pace."""
    frames = [[None if np.isnan(x) else round(float(x), 5) for x in frame.ravel()] for frame in signed.points]
    return f"""
        const frames = {json.dumps(frames)}.map((frame) => Float32Array.from(frame, (x) => x ?? NaN));
        let begun = Infinity;
        globalThis.cheremeTracker = {{
            async track(picture, time) {{
                picture.close();
                begun = Math.min(begun, time); // another clip begins where time jumps back
                await new Promise((done) => setTimeout(done, 20));
                const points = frames[Math.floor((time - begun) * {signed.fps}) % frames.length];
                return {{ points: points.slice(), time }};
            }},
        }};
    """


def intercept(page: Page, pattern: str, handler: Callable[[Route], object]) -> None:
    """Requests of an opened page go to a handler, from now on.

    `page.route` alone returns before the page itself knows of it: of a busy machine's next requests some go through.
    """
    page.route(pattern, handler)
    page.route("**/is-intercepted", lambda route: route.fulfill(body="yes"))
    page.evaluate(
        """async () => {
            const answer = () => fetch("/is-intercepted").then((found) => found.text());
            while ((await answer()) !== "yes") await new Promise((done) => setTimeout(done, 10));
        }"""
    )
