"""Teaching without a network, before the first sign was taught."""

import re

from playwright.sync_api import expect

from in_browser import barriers, opener, tracker_script


def test_what_teaching_needs_is_kept_when_asked_for(browser, desk_service, book):
    with opener(browser, desk_service.url) as begin:
        page = begin("teach", tracker_script(book), offline_use=True)
        offer = page.locator("#offline")
        expect(offer).to_have_text(
            re.compile(r"^Teaching without a network takes \d\.\d\sMB more\.Keep for offline use$"),
            timeout=30_000,
        )
        known = page.request.get("/api/v1/models").json()
        size = next(one["bytes"] for one in known if one["kind"] == "encoder") / 1e6
        expect(offer).to_contain_text(f"{size:.1f}\u00a0MB")
        assert barriers(page) == []

        page.context.set_offline(True)
        page.get_by_role("button", name="Keep for offline use").click()
        expect(offer).to_contain_text("It could not be kept", timeout=20_000)
        page.context.set_offline(False)
        page.get_by_role("button", name="Keep for offline use").click()
        expect(offer).to_contain_text("Kept on this device", timeout=30_000)
        expect(page.locator("#said")).to_contain_text("Kept on this device")
        expect(offer.get_by_role("button")).to_have_count(0)

        page.context.set_offline(True)
        page.reload()
        expect(offer).to_contain_text("Kept on this device")
        page.fill("#name", "my sign")
        page.get_by_role("button", name="Turn on the camera").click()
        expect(page.locator(".steps [data-done=true]").first).to_be_visible(timeout=40_000)


def test_what_was_used_once_is_kept(browser, desk_service, book):
    with opener(browser, desk_service.url) as begin:
        page = begin("teach", tracker_script(book), offline_use=True)
        page.wait_for_function("() => navigator.serviceWorker.controller !== null", timeout=30_000)
        expect(page.locator("#offline button")).to_be_visible(timeout=30_000)
        page.get_by_role("button", name="Turn on the camera").click()
        expect(page.locator(".steps [data-done=true]").first).to_be_visible(timeout=40_000)
        expect(page.locator("#offline")).to_contain_text("Kept on this device", timeout=20_000)


def test_without_a_worker_nothing_is_offered(browser, desk_service):
    with opener(browser, desk_service.url) as begin:
        page = begin("teach")
        expect(page.locator("#signs, #yours").first).to_be_visible()
        page.wait_for_timeout(500)
        expect(page.locator("#offline")).to_have_count(0)
