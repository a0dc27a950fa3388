import base64
import json
import os
import re
import shutil
import zlib

import numpy as np
import pytest

from chereme.errors import ClipError
from chereme.layout import HOLISTIC_543
from chereme.render.viewer import write_viewer
from chereme.types import PoseSequence

BROWSERS = (os.environ.get("CHEREME_BROWSER", ""), "chromium", "chromium-browser", "google-chrome")


def page_of(path, *sequences, names=None, title="a sign"):
    write_viewer(sequences, names or [f"s{i}" for i in range(len(sequences))], path, title)
    text = path.read_text(encoding="utf-8")
    return text, json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.S)[1])


def unpacked(clip):
    """The points (T, J, 2) that a page holds, by the arithmetic that its script does."""
    low, high = np.frombuffer(zlib.decompress(base64.b64decode(clip["points"])), np.uint8).reshape(2, -1)
    change = (low.astype(np.uint16) | high.astype(np.uint16) << 8).reshape(clip["frames"], -1, 2)
    steps = np.cumsum(change, 0, dtype=np.uint16)
    left, top, *span = clip["box"]
    return np.where(steps == 4095, np.nan, np.array([left, top]) + steps / 4094 * np.array(span))


def test_the_page_holds_the_landmarks(tmp_path, signing):
    points = signing.points.copy()
    points[7, 33:54] = np.nan
    text, (clip,) = page_of(tmp_path / "a.html", signing.with_points(points))
    found = unpacked(clip)
    np.testing.assert_array_equal(np.isnan(found[..., 0]), np.isnan(points[..., 0]))
    np.testing.assert_allclose(found, points[..., :2], atol=1e-3)
    assert clip["aspect"] == pytest.approx(16 / 9, abs=1e-3)
    assert (clip["fps"], clip["frames"]) == (25, 50)
    assert clip["sides"][15:17] == "LR"
    assert not re.search(r"https?://|src=|@import|url\(", text)  # no network


def test_three_seconds_with_the_whole_face_stay_small(tmp_path, rng):
    place = rng.uniform(0.2, 0.8, (1, 543, 3)) + np.cumsum(rng.normal(0, 0.004, (90, 543, 3)), 0)
    sequence = PoseSequence(place.astype(np.float32), HOLISTIC_543, 30, (500, 500))
    write_viewer([sequence], ["noise"], tmp_path / "a.html", "noise")
    assert (tmp_path / "a.html").stat().st_size < 300_000


def test_names_cannot_break_out_of_the_page(tmp_path, signing):
    wicked = "</script><script>alert(1)</script><!-- & \"'"
    text, (clip,) = page_of(tmp_path / "a.html", signing, names=[wicked], title=wicked)
    assert clip["name"] == wicked
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert text.count("</script>") == 2


def test_nothing_to_show_is_said(tmp_path, signing):
    with pytest.raises(ClipError, match="no frames"):
        write_viewer([], [], tmp_path / "a.html", "")
    with pytest.raises(ClipError, match="no landmark seen"):
        write_viewer([signing.with_points(np.full_like(signing.points, np.nan))], [""], tmp_path / "a.html", "")
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not any(map(shutil.which, filter(None, BROWSERS))), reason="no browser here (scripts/browser.sh)")
def test_a_browser_plays_it_by_keyboard(tmp_path, signing):
    from playwright.sync_api import expect, sync_playwright

    page_of(tmp_path / "a.html", signing, signing.with_points(signing.points[:10]), names=["água", "b"])
    program = next(filter(None, map(shutil.which, filter(None, BROWSERS))))
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(reduced_motion="reduce")
        problems = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("request", lambda request: request.url.startswith("http") and problems.append(request.url))
        page.goto((tmp_path / "a.html").as_uri())
        time, play = page.locator("output"), page.get_by_role("button")
        expect(time).to_have_text("0.00 / 2.00 s")
        expect(page.locator("figcaption")).to_have_text(["água", "b"])
        expect(play).to_have_text("Play")  # who wants no motion is asked first
        drawn = "c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(value => value > 0)"
        assert page.locator("canvas").first.evaluate(drawn)
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        expect(time).to_have_text("0.08 / 2.00 s")
        page.keyboard.press("ArrowLeft")
        expect(time).to_have_text("0.04 / 2.00 s")
        page.keyboard.press("End")
        expect(time).to_have_text("1.96 / 2.00 s")
        page.keyboard.press("ArrowDown")
        expect(page.get_by_label("Speed")).to_have_value("0.5")
        page.keyboard.press("Home")
        page.keyboard.press("Space")
        expect(play).to_have_text("Pause")
        page.wait_for_function("now > 0.1")
        page.keyboard.press("Space")
        expect(play).to_have_text("Play")
        page.get_by_label("Moment").fill("1.5")
        expect(time).to_have_text("1.50 / 2.00 s")
        assert problems == []
        browser.close()
