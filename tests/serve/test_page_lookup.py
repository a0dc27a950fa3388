"""The dictionary in reverse, in the browser: what it finds is what the service finds, and it needs no network."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from answered import landmarks_of
from chereme.bundle import find_bundle
from chereme.produce import Decoder
from chereme.serve import lookup
from in_browser import ROOT, Open, barriers, opener, tracker_script
from made_up import made_up_signer

WEB = ROOT / "web"


def test_the_browser_finds_what_the_service_finds(serve, tmp_path):
    """In the same order, of the same clips: words of the lexicons that ship, and a sign with several examples."""
    vitest = WEB / "node_modules" / "vitest" / "vitest.mjs"
    if not (shutil.which("node") and vitest.is_file()):
        pytest.skip("no Node, or `make page` has not been run")
    service = serve()
    taught = [made_up_signer(20 + 5 * i, np.random.default_rng(i)) for i in range(3)]
    sign = {"gloss": "mesa", "language": "xxx", "landmarks": [landmarks_of(one) for one in taught[:2]]}
    assert service.client.post("/api/v1/lexicon", json=sign).status_code == 201
    decoder = Decoder.load()
    clips = {gloss: decoder.produce(gloss, 25.0, (640, 480)) for gloss in decoder.glosses[::9]}
    clips |= {f"somebody {i}": one for i, one in enumerate(taught)}
    told = [
        {
            "name": name,
            "fps": clip.fps,
            "size": list(clip.size),
            "points": [[None if np.isnan(x) else float(x) for x in frame.ravel()] for frame in clip.points],
        }
        for name, clip in clips.items()
    ]
    asked = tmp_path / "asked.json"
    model = str(Path(find_bundle("asl1700")) / "model.onnx")
    asked.write_text(json.dumps({"url": service.url, "model": model, "clips": told}), encoding="utf-8")
    done = subprocess.run(
        ["node", vitest, "run", "tests/lexicons.test.ts"],
        cwd=WEB,
        env={**os.environ, "CHEREME_LOOKED_UP": str(asked)},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert f"{len(clips) + 2} passed" in done.stdout


@pytest.fixture
def open_page(browser: Browser, desk_service, book) -> Iterator[Open]:
    """Pages that see somebody sign “Book” again and again."""
    script = tracker_script(book)
    with opener(browser, desk_service.url) as begin:
        yield lambda **given: begin("dictionary", script, **given)


def sign_to(page: Page) -> list[str]:
    """What is posted from then on."""
    posted: list[str] = []
    page.on("request", lambda request: posted.append(request.url) if request.method == "POST" else None)
    page.click("#by-sign")
    page.get_by_role("button", name="Turn on the camera").click()
    return posted


def found_book(page: Page) -> bool:
    expect(page.locator("#entries button").first).to_contain_text("alike", timeout=40_000)
    return "Book" in [gloss.strip() for gloss in page.locator("#entries .gloss").all_inner_texts()[:5]]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_sign_is_looked_up_in_the_browser(open_page, theme):
    page = open_page(color_scheme=theme, reduced_motion="reduce")
    posted = sign_to(page)
    assert found_book(page)
    expect(page.locator("#times")).to_have_text(re.compile(r"^Compared in your browser in \d+\.\d\d s$"))
    assert posted == []
    assert barriers(page) == []


def test_a_large_dictionary_is_searched_by_the_service(open_page, monkeypatch):
    monkeypatch.setattr(lookup, "MOST_EMBEDDINGS", 3)
    page = open_page()
    posted = sign_to(page)
    assert found_book(page)
    expect(page.locator("#times")).to_have_text(re.compile(r"^Compared by the chereme program in \d+\.\d\d s$"))
    assert posted != []
    assert all(address.endswith("/lexicon/search") for address in posted)


def test_a_service_elsewhere_is_asked_only_with_leave(browser, desk_service, book, monkeypatch):
    monkeypatch.setattr(lookup, "MOST_EMBEDDINGS", 3)
    camera = """
        Object.defineProperty(globalThis, "isSecureContext", { value: true }); // a camera is given over https alone
        Object.defineProperty(navigator, "mediaDevices", { value: { getUserMedia: async () => {
            const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 48 });
            const pen = canvas.getContext("2d");
            setInterval(() => pen.fillRect(Math.random() * 64, 0, 2, 2), 30);
            return canvas.captureStream(25);
        } } });
    """
    with opener(browser, desk_service.url.replace("127.0.0.1", "desk.example")) as begin:
        page = begin("dictionary", camera + tracker_script(book))
        posted = sign_to(page)
        expect(page.locator("#ask")).to_contain_text("desk.example", timeout=40_000)
        assert posted == []
        page.get_by_role("button", name="Let it compare").click()
        assert found_book(page)
        assert posted != []


def test_it_is_searched_without_a_network_after_the_first_time(open_page):
    page = open_page(offline_use=True)
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    page.reload()
    sign_to(page)
    assert found_book(page)
    page.wait_for_function(
        """async () => (await Promise.all(["lexicon/embeddings", "bundles/asl1700/model.onnx"].map((path) =>
            caches.match(`/api/v1/${path}`, { ignoreSearch: true })))).every(Boolean)"""
    )
    page.context.set_offline(True)
    page.reload()
    sign_to(page)
    assert found_book(page)
    expect(page.locator("#times")).to_contain_text("Compared in your browser")
