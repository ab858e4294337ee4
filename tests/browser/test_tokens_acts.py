"""Stories of what is done about a token: written anew, stopped, sampled again, tried under other settings."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import VIEWS
from tests.browser.lens import Reader
from tests.browser.order import assert_in_order
from tests.browser.site import Site

WIDE = pytest.mark.parametrize("view", VIEWS[:1], indirect=True, ids=str)
WIDE_AND_NARROW = pytest.mark.parametrize("view", VIEWS[::2], indirect=True, ids=str)


@pytest.fixture(scope="module")
def account(site: Site) -> str:
    site.create_account("acting-reader")
    return "acting-reader"


@WIDE_AND_NARROW
def test_the_text_from_a_token_on_is_written_anew(page: Page, account: str) -> None:
    reader = Reader(page, account)
    reader.set(Max_new_tokens="20")
    reader.ask("Tell me something.")
    reader.token(5).click()
    reader.popover.get_by_role("button", name="Edit text from here").click()
    field = page.get_by_label("From here on the text is")
    expect(field).to_be_focused()
    assert field.input_value() == reader.token(5).text_content()
    assert_in_order(page)
    page.keyboard.press("Escape")
    expect(field).to_be_hidden()
    expect(reader.popover).to_be_visible()
    page.keyboard.press("Enter")
    field.fill(" <b>a red</b> boat")
    page.keyboard.press("Enter")
    expect(page.locator(".fork")).to_have_text("‹2/2›")
    reader.is_ready()
    expect(reader.token(5)).to_have_text(" <b>a red</b> boat")
    expect(reader.token(5)).to_have_class(re.compile("edit"))
    assert page.locator(".answer b").count() == 0


@WIDE
def test_a_running_answer_is_stopped_at_a_token_and_goes_on(page: Page, account: str) -> None:
    reader = Reader(page, account)
    reader.set(Max_new_tokens="2000", Delay="0.02")
    reader.send("Tell me a long story.")
    reader.has_streamed(8)
    reader.token(4).click()
    reader.popover.get_by_role("button", name="Stop here and go on").click()
    expect(page.locator(".fork")).to_have_text("‹2/2›")
    reader.has_streamed(12)
    page.get_by_role("button", name="Stop").click()
    reader.is_ready()
    page.get_by_role("button", name="Show the way before").click()
    expect(page.locator(".note")).to_contain_text("then stopped")
    reader.token(4).click()
    expect(reader.popover.get_by_role("button", name="Go on from here", exact=True)).to_be_visible()


@WIDE
def test_a_branch_keeps_its_parents_settings_but_for_what_was_changed(page: Page, account: str) -> None:
    reader = Reader(page, account)
    reader.set(Max_new_tokens="10", Temperature="0.5")
    reader.ask("Tell me something.")
    page.reload()
    page.evaluate("() => localStorage.clear()")
    page.reload()  # the panel has its defaults again, the answer has not
    reader.is_ready()
    reader.token(3).click()
    expect(reader.popover).to_contain_text("With temperature 0.5")
    expect(page.locator("#popover-changed")).to_be_hidden()
    reader.popover.get_by_role("button", name="Sample again from here").click()
    expect(reader.tokens).to_have_count(
        13
    )  # ten new ones behind three: the parent's limit, not the panel's 100
    reader.token(8).click()
    expect(reader.popover).to_contain_text("With temperature 0.5")
    page.keyboard.press("Escape")

    reader.set(Temperature="1.5")
    reader.token(8).click()
    expect(page.locator("#popover-changed")).to_contain_text("temperature 1.5")
    reader.popover.get_by_role("button", name="Sample again from here").click()
    expect(page.locator(".fork")).to_have_count(2)
    reader.is_ready()
    reader.token(8).click()
    expect(reader.popover).to_contain_text("With temperature 1.5")
    reader.token(1).click()
    expect(reader.popover).to_contain_text("With temperature 0.5")  # its own, as it came


@WIDE_AND_NARROW
def test_other_settings_are_tried_on_the_alternatives_at_once(page: Page, account: str) -> None:
    reader = Reader(page, account)
    reader.set(Max_new_tokens="20", **{"Top-k": "10"})
    reader.ask("Tell me something.")
    reader.token(5).click()
    reader.popover.get_by_role("button", name="Try other settings").click()
    chosen = page.get_by_role("region", name="The chosen token")
    rows = chosen.get_by_role("listitem")
    expect(rows).to_have_count(10)
    expect(chosen.locator(".cut")).to_have_count(0)
    slide(chosen, "Top-k", 3)
    expect(chosen.locator(".cut")).to_have_count(7)
    expect(rows.first.locator(".drawn")).to_have_text("57 %")  # a half of seven eighths
    slide(chosen, "Temperature", 0)
    expect(chosen.locator(".cut")).to_have_count(9)
    expect(rows.first.locator(".drawn")).to_have_text("100 %")
    slide(chosen, "Temperature", 1)
    slide(chosen, "Top-k", 20)
    expect(chosen).to_contain_text("Outside the list of 10: unknown")
    expect(rows.first.locator(".drawn")).to_have_text("≤ 50 %")
    chosen.get_by_role("button", name="Back to this answer’s settings").click()
    expect(chosen.locator(".cut")).to_have_count(0)

    before = rows.nth(1).locator(".bar-own").evaluate("one => one.style.width")
    chosen.get_by_label("Longest bar fills the width").check()
    expect(rows.first.locator(".bar-own")).to_have_attribute("style", re.compile("width: 100%"))
    assert rows.nth(1).locator(".bar-own").evaluate("one => one.style.width") != before
    slide(chosen, "Top-k", 2)
    chosen.get_by_role("button", name="Sample again with these").click()
    expect(page.locator(".fork")).to_be_attached()


def slide(chosen: Locator, label: str, value: float) -> None:
    chosen.get_by_label(f"Try {label}", exact=True).evaluate(
        "(input, value) => { input.value = value; input.dispatchEvent(new Event('input')); }",
        value,
    )
