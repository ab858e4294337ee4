"""Stories of links: shared, read by a stranger, taken back."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import VIEWS, View
from tests.browser.lens import Reader
from tests.browser.order import assert_in_order
from tests.browser.site import Site
from tests.browser.watch import Watch

WIDE = pytest.mark.parametrize("view", VIEWS[:1], indirect=True, ids=str)
WIDE_AND_NARROW = pytest.mark.parametrize("view", VIEWS[::2], indirect=True, ids=str)


class Link:
    """Shares what the reader has open."""

    def __init__(self, page: Page, scope: str = "The whole study", named: bool = False) -> None:
        page.get_by_role("button", name="Share").click()
        dialog = page.get_by_role("dialog", name="Share")
        dialog.get_by_label(scope).check()
        dialog.get_by_label("With my name").set_checked(named)
        dialog.get_by_role("button", name="Make a link").click()
        field = dialog.get_by_label("Link to", exact=False).first
        expect(field).to_be_focused()
        assert_in_order(page)
        self.address = field.input_value()
        dialog.get_by_role("button", name="Close sharing").click()


class Stranger:
    """Somebody else's browser, watched as closely."""

    def __init__(self, browser: Browser, site: Site, view: View) -> None:
        self.context = browser.new_context(
            base_url=site.url,
            viewport={"width": view.width, "height": view.height},
            color_scheme=view.scheme,
            has_touch=view.width < 1000,
        )
        self.page = self.context.new_page()
        self.watch = Watch(self.page, site.url)

    def end(self) -> None:
        assert self.watch.complaints == []
        self.context.close()


def test_a_stranger_reads_what_is_shared_until_it_is_taken_back(
    page: Page, account: str, browser: Browser, site: Site, view: View
) -> None:
    reader = Reader(page, account)
    reader.set(Max_new_tokens="30")
    reader.ask("A harbour.")
    reader.token(4).click()
    reader.popover.locator("li:not(.taken) button").first.click()
    expect(page.locator(".fork")).to_have_text("‹2/2›")
    reader.is_ready()
    link = Link(page)

    stranger = Stranger(browser, site, view)
    there = stranger.page
    there.goto(link.address)
    expect(there.locator(".token")).to_have_count(34)
    assert "".join(there.locator(".token").all_text_contents()) == reader.text()
    expect(there.get_by_text("Shared, read only")).to_be_visible()
    expect(there.get_by_role("button", name="Go on from here")).to_have_count(0)
    assert_in_order(there)
    there.get_by_role("button", name="Show the way before").click()
    expect(there.locator(".fork")).to_have_text("‹1/2›")
    expect(there.locator(".token")).to_have_count(30)
    there.locator(".token").nth(6).click()
    popover = there.get_by_role("dialog", name="Token")
    expect(popover).to_contain_text("drawn by chance")
    expect(popover.get_by_role("listitem")).to_have_count(10)
    expect(popover.get_by_role("button", name="Sample again from here")).to_be_hidden()
    popover.locator("li:not(.taken) button").first.click(force=True)
    expect(there.locator(".token")).to_have_count(30)
    assert_in_order(there)
    there.keyboard.press("Escape")
    expect(popover).to_be_hidden()

    page.goto("/shares/")
    assert_in_order(page)
    page.get_by_role("button", name="Take back").first.click()
    stranger.watch.expect_status(404)
    there.reload()
    expect(there.get_by_role("heading", level=1)).to_have_text("This link opens nothing")
    assert_in_order(there)
    stranger.end()


@WIDE_AND_NARROW
def test_one_answer_is_shared_alone_and_with_a_name(
    page: Page, account: str, browser: Browser, site: Site, view: View
) -> None:
    reader = Reader(page, account)
    reader.set(Max_new_tokens="10")
    reader.ask("First.")
    link = Link(page, "The answer that is shown", named=True)
    reader.ask("Second.")
    stranger = Stranger(browser, site, view)
    stranger.page.goto(link.address)
    expect(stranger.page.locator(".token")).to_have_count(10)
    expect(stranger.page.locator(".turn")).to_have_count(1)
    expect(stranger.page.get_by_text(f"Shared by {account}")).to_be_visible()
    stranger.end()


@WIDE_AND_NARROW
def test_hostile_words_are_text_on_a_shared_page(
    page: Page, account: str, browser: Browser, site: Site, view: View
) -> None:
    reader = Reader(page, account)
    reader.set(Max_new_tokens="30")
    reader.ask("<img src=x onerror=alert(1)> hostile \u202e")
    link = Link(page)
    stranger = Stranger(browser, site, view)
    there = stranger.page
    there.on("dialog", lambda dialog: stranger.watch.complaints.append(dialog.message))
    there.goto(link.address)
    expect(there.locator(".token").nth(9)).to_be_attached()
    expect(there.get_by_role("heading", level=1)).to_contain_text("<img src=x")
    for i in (0, 1, 3):
        there.locator(f".token[data-i='{i}']").click()
        expect(there.get_by_role("dialog", name="Token")).to_be_visible()
        there.keyboard.press("Escape")
    assert there.locator("main img").count() == 0
    assert_in_order(there)
    stranger.end()


@WIDE
def test_a_link_is_copied_and_its_page_needs_no_pointer(
    page: Page, account: str, browser: Browser, site: Site, view: View
) -> None:
    reader = Reader(page, account)
    reader.set(Max_new_tokens="5")
    reader.ask("A harbour.")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    link = Link(page)
    page.goto("/shares/")
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == link.address
    stranger = Stranger(browser, site, view)
    there = stranger.page
    there.goto(link.address)
    there.locator(".token[tabindex]").focus()
    there.keyboard.press("ArrowRight")
    there.keyboard.press("Enter")
    expect(there.get_by_role("dialog", name="Token")).to_be_visible()
    there.keyboard.press("Escape")
    expect(there.locator(".token[tabindex]")).to_be_focused()
    stranger.end()


@WIDE
def test_a_page_that_loses_the_site_says_so(
    page: Page, account: str, browser: Browser, site: Site, view: View
) -> None:
    reader = Reader(page, account)
    reader.set(Max_new_tokens="5")
    reader.ask("A harbour.")
    link = Link(page)
    stranger = Stranger(browser, site, view)
    stranger.page.route(re.compile(r"/runs/"), lambda route: route.abort())
    stranger.page.goto(link.address)
    expect(stranger.page.get_by_role("alert")).to_have_text(
        "What is shared can't be loaded: load the page again."
    )
    stranger.context.close()


def test_tokens_are_made_shown_once_and_revoked(page: Page, account: str) -> None:
    Reader(page, account)
    page.goto("/accounts/tokens/")
    assert_in_order(page)
    page.get_by_label("Name", exact=True).fill("<i>laptop</i>")
    page.get_by_role("button", name="Make a token").click()
    field = page.get_by_label("Copy it now", exact=False)
    expect(field).to_be_focused()
    assert field.input_value().startswith("safelens_")
    assert_in_order(page)
    page.goto("/accounts/tokens/")
    expect(page.get_by_text("never shown again")).to_have_count(0)
    page.get_by_role("button", name="Revoke <i>laptop</i>").click()
    expect(page.get_by_text("The token is revoked")).to_be_visible()
