"""A study taken along as a file: it opens from a disk, asks nobody, and plays all that was there."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from tests.browser.conftest import VIEWS, View
from tests.browser.dialogs import dialogs_of
from tests.browser.lens import Reader
from tests.browser.order import assert_in_order
from tests.browser.playing import NUDGE, NUDGED, WITHDRAWN
from tests.browser.site import Site
from tests.browser.test_sharing import Link
from tests.browser.watch import Watch

WIDE = pytest.mark.parametrize("view", VIEWS[:1], indirect=True, ids=str)
WIDE_AND_NARROW = pytest.mark.parametrize("view", VIEWS[::2], indirect=True, ids=str)


@pytest.fixture(scope="module")
def account(site: Site) -> str:
    site.create_account("traveller")
    return "traveller"


class Elsewhere:
    """A browser without a connection, in which the file is opened from the disk."""

    def __init__(self, browser: Browser, view: View, file: Path) -> None:
        self.context = browser.new_context(
            viewport={"width": view.width, "height": view.height},
            color_scheme=view.scheme,
            has_touch=view.width < 1000,
            reduced_motion="reduce",
            offline=True,
        )
        self.page = self.context.new_page()
        self.address = file.as_uri()
        self.watch = Watch(self.page, self.address)
        self.watch.origin = self.address.removesuffix("/" + file.name)
        self.asked: list[str] = []
        self.page.on("request", self._asks)
        self.page.goto(self.address)
        expect(self.page.locator("#loading")).to_have_count(0)

    def _asks(self, request: Request) -> None:
        if not request.url.startswith("data:"):
            self.asked.append(request.url)

    def end(self) -> None:
        assert self.watch.complaints == []
        assert self.asked == [self.address]
        self.context.close()


def taken(page: Page, folder: Path) -> Path:
    """By the button in the dialog that shares."""
    page.get_by_role("button", name="Share").click()
    dialog = page.get_by_role("dialog", name="Share")
    with page.expect_download() as download:
        dialog.get_by_role("link", name="Take it along").click()
    assert download.value.suggested_filename.endswith(".html")
    file = folder / "taken.html"
    download.value.save_as(file)
    dialog.get_by_role("button", name="Close sharing").click()
    return file


def test_it_is_read_and_played_without_the_site(
    page: Page, account: str, browser: Browser, view: View, tmp_path: Path
) -> None:
    reader = Reader(page, account)
    reader.set(Max_new_tokens="30")
    reader.ask("A harbour.")
    reader.token(4).click()
    reader.popover.locator("li:not(.taken) button").first.click()
    expect(page.locator(".fork")).to_have_text("‹2/2›")
    reader.is_ready()
    said = reader.text()
    file = taken(page, tmp_path)

    there = Elsewhere(browser, view, file)
    copy = there.page
    expect(copy).to_have_title("A harbour. · SafeLens")
    expect(copy.locator(".token")).to_have_count(34)
    assert "".join(copy.locator(".token").all_text_contents()) == said
    expect(copy.locator(".token.t2, .token.t3, .token.t4").first).to_be_visible()
    expect(copy.get_by_role("button", name="Go on from here")).to_have_count(0)
    assert_in_order(copy)

    copy.locator(".token").nth(4).click()
    popover = copy.get_by_role("dialog", name="Token")
    expect(popover).to_contain_text("put here by you")
    expect(popover.get_by_role("listitem")).to_have_count(10)
    expect(popover.get_by_role("button", name="Sample again from here")).to_be_hidden()
    assert_in_order(copy)
    copy.keyboard.press("Escape")

    copy.get_by_role("button", name="Show the way before").click()
    expect(copy.locator(".fork")).to_have_text("‹1/2›")
    expect(copy.locator(".token")).to_have_count(30)

    copy.get_by_role("button", name="Replay", exact=True).click()
    box = copy.get_by_role("group", name="Replay")
    box.get_by_role("button", name="One token back").click()
    box.get_by_role("slider").fill("12")
    expect(box.locator(".token")).to_have_count(12)
    box.get_by_role("button", name="One token on").click()
    expect(box.locator(".token")).to_have_count(13)
    box.get_by_label("Speed").select_option("16×")
    box.get_by_role("button", name="Play", exact=True).click()
    expect(box.get_by_role("button", name="Play again")).to_be_visible()
    expect(box.locator(".token")).to_have_count(30)
    assert_in_order(copy)
    there.end()


@WIDE_AND_NARROW
def test_what_the_guard_did_plays_there_and_what_it_took_back_is_not_in_it(
    page: Page, account: str, browser: Browser, view: View, tmp_path: Path
) -> None:
    reader = Reader(page, account)
    reader.set(Max_new_tokens="60")
    reader.ask("Something guarded and withdrawn.")
    there = Elsewhere(browser, view, taken(page, tmp_path))
    copy = there.page
    expect(copy.locator(".nudge-block")).to_have_attribute("data-label", "guard · 0.57 ≥ 0.50")
    first, last = WITHDRAWN
    expect(copy.locator(".token[hidden]")).to_have_count(last - first + 1)
    copy.get_by_role("button", name="Replay", exact=True).click()
    box = copy.get_by_role("group", name="Replay")
    box.get_by_role("button", name="One token back").click()  # it stands still from here on
    box.get_by_role("slider").fill(str(NUDGED + 1))
    expect(box.locator("output")).to_contain_text("the guard put words in")
    box.get_by_role("slider").fill(str(NUDGED + len(NUDGE)))
    expect(box.locator(".nudge-block")).to_have_text("".join(NUDGE), use_inner_text=False)
    told = []
    for at in range(last + 1, int(box.get_by_role("slider").get_attribute("max") or "0") + 1):
        box.get_by_role("slider").fill(str(at))
        told.append(box.locator("output").inner_text())
    assert sum("the guard took words back" in one for one in told) == 1
    there.end()


@WIDE_AND_NARROW
def test_hostile_words_are_text_there(
    page: Page, account: str, browser: Browser, view: View, tmp_path: Path
) -> None:
    reader = Reader(page, account)
    reader.set(Max_new_tokens="30")
    reader.ask("</script><script>alert(1)</script><img src=x onerror=alert(1)> hostile \u202e")
    file = taken(page, tmp_path)
    there = Elsewhere(browser, view, file)
    dialogs = dialogs_of(there.page)
    there.page.reload()
    expect(there.page.locator(".token").nth(9)).to_be_attached()
    expect(there.page.get_by_role("heading", level=1)).to_contain_text("</script><script>alert(1)")
    there.page.locator(".token[data-i='0']").click()
    expect(there.page.get_by_role("dialog", name="Token")).to_be_visible()
    there.page.keyboard.press("Escape")
    there.page.get_by_role("button", name="Replay", exact=True).click()
    assert there.page.locator("main img").count() == 0
    assert_in_order(there.page)
    assert dialogs == []
    there.asked.pop()
    there.end()


@WIDE
def test_whoever_has_a_link_takes_it_along_too(
    page: Page, account: str, browser: Browser, site: Site, view: View, tmp_path: Path
) -> None:
    reader = Reader(page, account)
    reader.set(Max_new_tokens="10")
    reader.ask("A harbour.")
    link = Link(page)
    context = browser.new_context(base_url=site.url)
    visitor = context.new_page()
    visitor.goto(link.address)
    with visitor.expect_download() as download:
        visitor.get_by_role("link", name="Take it along").click()
    file = tmp_path / "linked.html"
    download.value.save_as(file)
    context.close()
    there = Elsewhere(browser, view, file)
    expect(there.page.locator(".token")).to_have_count(10)
    there.end()


@WIDE
def test_a_file_that_was_cut_short_says_so(
    page: Page, account: str, browser: Browser, view: View, tmp_path: Path
) -> None:
    reader = Reader(page, account)
    reader.set(Max_new_tokens="5")
    reader.ask("A harbour.")
    file = taken(page, tmp_path)
    text = file.read_text()
    file.write_text(text[: text.index('<script type="application/json" id="run-') + 200])
    context = browser.new_context(viewport={"width": view.width, "height": view.height})
    copy = context.new_page()
    copy.goto(file.as_uri())
    expect(copy.get_by_text("This file isn’t whole")).to_be_visible()
    context.close()
