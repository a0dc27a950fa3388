"""`web-fps`: pictures a second that the recognize page looks at, beside a page that runs the landmark engine alone."""

import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from chereme.bench import BenchResult
from chereme.bench.browser import bench_pages, chromium, served, webcam_film
from chereme.errors import CheremeError
from chereme.produce import Decoder
from chereme.render import draw_signer

__all__ = ["measure"]

WARM = 5
"""Pictures that are looked at before any is counted."""
PATIENCE = 120
"""Seconds to wait for them: the engine has to be loaded first."""
_COUNT_ANSWERS = """
globalThis.looked = 0;
globalThis.Worker = class extends Worker {
    constructor(...given) {
        super(...given);
        this.addEventListener("message", ({ data }) => {
            if (data.answer instanceof Float32Array && data.answer.length === 225) globalThis.looked += 1;
        });
    }
};
"""
"""Counts the pictures that the page's tracker has found landmarks in; runs before any script of the page."""


def measure(data: str | Path | None = None, *, rounds: int = 3, seconds: float = 12.0, size: int = 480) -> BenchResult:
    """Median pictures a second of either, turn about, in one browser with the same film for a webcam.

    The bare page looks at the webcam's pictures in its own thread as fast as it can, and shows nothing. The recognize
    page draws what it finds, cuts signs out and names them.

    Args:
        data: not read; the film is drawn.
        rounds: of both.
        seconds: that each is counted for, once it has looked at its first pictures.
        size: longer side of the film's pictures.
    """
    decoder = Decoder.load()
    images = [image for gloss in decoder.demo for image in draw_signer(decoder.produce(gloss), size=size)]
    rates: dict[str, list[float]] = {"page": [], "bare": []}
    with tempfile.TemporaryDirectory() as place:
        pages, film = Path(place, "pages"), Path(place, "webcam.mjpeg")
        bench_pages(pages)
        webcam_film(images, film)
        with served(bench=pages) as url, chromium(film) as browser:
            for _ in range(rounds):
                for name, address in (("page", f"{url}/"), ("bare", f"{url}/bench/bare.html")):
                    rates[name].append(_rate(browser, address, seconds))
    ours, bare = median(rates["page"]), median(rates["bare"])
    return BenchResult(
        "web-fps",
        round(ours, 2),
        "pictures per second",
        "a page that runs the same engine on the same webcam and does nothing else",
        round(bare, 2),
        round(median(a / b for a, b in zip(rates["page"], rates["bare"], strict=True)), 3),
        rounds,
        {"goal": "ratio >= 0.9", "seconds": seconds, "rounds": {k: [round(v, 2) for v in r] for k, r in rates.items()}},
    )


def _rate(browser: Any, address: str, seconds: float) -> float:
    context = browser.new_context(permissions=["camera"], locale="en-GB")
    try:
        page = context.new_page()
        bare = address.endswith("bare.html")
        if not bare:
            page.add_init_script(_COUNT_ANSWERS)
        page.goto(address)
        if not bare:
            page.click("#camera")
        patience = time.monotonic() + PATIENCE
        while (page.evaluate("globalThis.looked") or 0) < WARM:  # what Playwright has for this, the page's CSP forbids
            if time.monotonic() > patience:
                raise CheremeError(f"{address}: looked at no {WARM} pictures in {PATIENCE} s")
            page.wait_for_timeout(200)
        first, begun = page.evaluate("looked"), time.perf_counter()
        page.wait_for_timeout(1000 * seconds)
        return float((page.evaluate("looked") - first) / (time.perf_counter() - begun))
    finally:
        context.close()
