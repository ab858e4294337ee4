"""What a guard took back: gone for a user, struck out for a member of staff."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import VIEWS
from tests.browser.lens import Reader
from tests.browser.order import assert_in_order
from tests.browser.playing import WITHDRAWN
from tests.browser.site import Site

WIDE_AND_NARROW = pytest.mark.parametrize("view", VIEWS[::2], indirect=True, ids=str)
WIDE = pytest.mark.parametrize("view", VIEWS[:1], indirect=True, ids=str)
FIRST, LAST = WITHDRAWN
COUNT = LAST - FIRST + 1


def answered(page: Page, name: str) -> Reader:
    """With the delay words are seen before they are taken back."""
    reader = Reader(page, name)
    reader.set(Max_new_tokens="40", Delay="0.02")
    reader.ask("Something withdrawn.")
    return reader


@WIDE_AND_NARROW
def test_a_member_of_staff_sees_it_struck_out_now_and_later(page: Page, site: Site, warden: str) -> None:
    reader = answered(page, warden)
    struck = page.locator(".token.retracted")
    expect(struck).to_have_count(COUNT)
    expect(struck.first).to_be_visible()
    expect(struck.first).to_have_css("text-decoration-line", "line-through")
    seen = struck.all_text_contents()
    assert all(text.strip() for text in seen)
    assert_in_order(page)
    struck.first.click()
    expect(reader.popover).to_be_hidden()
    page.evaluate("getSelection().selectAllChildren(document.querySelector('.answer'))")
    copied = page.evaluate(
        """() => {
          const data = new DataTransfer();
          const event = new ClipboardEvent("copy", { clipboardData: data, bubbles: true, cancelable: true });
          document.querySelector(".answer .token").dispatchEvent(event);
          return data.getData("text/plain");
        }"""
    )
    assert "".join(seen) not in copied
    assert copied.strip()

    run = page.locator(".answer").get_attribute("data-run") or ""
    site.command("-m", "tests.browser.judged", run, "withdrawn")
    page.reload()
    expect(struck).to_have_count(COUNT)
    assert struck.all_text_contents() == [f" taken{i}" for i in range(FIRST, LAST + 1)]
    reader.display("White space", "shown")
    expect(struck.first).to_have_text(f"␣taken{FIRST}")
    assert_in_order(page)
    page.goto("/audit/actions/")
    expect(page.get_by_role("cell", name="Text viewed").first).to_be_visible()


@WIDE
def test_for_a_user_it_is_gone_from_the_page_and_from_its_replay(page: Page, account: str) -> None:
    answered(page, account)
    expect(page.locator(".answer .token[hidden]")).to_have_count(COUNT)
    assert page.locator(".answer .token[hidden]").all_text_contents() == [""] * COUNT
    expect(page.locator(".retracted")).to_have_count(0)
    page.get_by_role("button", name="Replay", exact=True).click()
    box = page.get_by_role("group", name="Replay")
    for position in range(FIRST, LAST + 3):
        box.get_by_role("slider").fill(str(position))
        gap = box.locator(".token").nth(FIRST)
        if position > FIRST:
            assert gap.text_content() == ""
