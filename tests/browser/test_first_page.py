"""What a visitor meets before anything else."""

import re

import pytest
from playwright.sync_api import Page, expect

from frontend import recording
from tests.browser.conftest import VIEWS, View
from tests.browser.order import assert_all_is_in_sight, assert_beside, assert_in_order

WIDE = pytest.mark.parametrize("view", VIEWS[:1], indirect=True, ids=str)
WIDE_AND_NARROW = pytest.mark.parametrize("view", VIEWS[::2], indirect=True, ids=str)


def test_something_is_alive_at_once(page: Page) -> None:
    page.emulate_media(reduced_motion="no-preference")
    page.goto("/")
    tokens = page.locator("#recorded .token")
    expect(tokens.first).to_be_visible()
    assert page.evaluate("performance.now()") < 5000  # milliseconds since the visitor came
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(page.get_by_text("How probable each token was to the model")).to_be_visible()
    expect(page.get_by_text("the bundled sandbox model: ready")).to_be_visible()
    expect(page.get_by_role("button", name="Play again")).to_be_visible()
    said = "".join(step["text"] for step in recording.recorded()["steps"])
    assert "".join(tokens.all_text_contents()).rstrip("■") == said
    assert page.locator("#recorded .token.t2, #recorded .token.t3, #recorded .token.t4").count() >= 3
    assert_in_order(page)


@WIDE
def test_without_motion_it_is_whole_from_the_start(page: Page) -> None:
    page.goto("/")
    expect(page.locator("#recorded .token")).to_have_count(len(recording.recorded()["steps"]))
    expect(page.get_by_role("button", name="Play again")).to_be_visible()


@WIDE_AND_NARROW
def test_a_token_of_it_can_be_looked_at(page: Page) -> None:
    page.goto("/")
    token = page.locator("#recorded .token[data-i='1']")  # with long numbers
    token.click()
    popover = page.get_by_role("dialog", name="Token")
    expect(popover).to_be_visible()
    expect(popover.get_by_role("listitem")).to_have_count(recording.SHOWN)
    expect(
        popover.get_by_text("Sample again from here")
    ).to_be_hidden()  # nothing can be done about a recording
    expect(popover.locator(".cut")).to_have_count(0)
    assert_beside(popover, token)
    assert_all_is_in_sight(popover)
    assert_in_order(page)
    page.keyboard.press("Escape")
    expect(popover).to_be_hidden()


@WIDE
def test_by_key_alone(page: Page) -> None:
    page.goto("/")
    page.locator("#recorded .token[tabindex='0']").focus()
    page.keyboard.press("]")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Token")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Play again").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Pause")).to_be_focused()


@WIDE_AND_NARROW
def test_one_click_leads_to_an_answer_without_an_account(page: Page) -> None:
    page.goto("/")
    page.get_by_role("button", name="Tell me about Saturn.").click()
    expect(page.locator(".token")).to_have_count(100)
    expect(page.locator(".prompt")).to_have_text("Tell me about Saturn.")
    expect(page.get_by_placeholder("What can I help you with?")).to_have_value("")
    assert_in_order(page)
    page.goto("/")
    expect(page.get_by_role("img", name="ready")).to_be_visible()
    expect(page.get_by_placeholder("What can I help you with?")).to_have_value("")
    expect(page.locator(".token")).to_have_count(0)


@WIDE_AND_NARROW
def test_the_guard_s_example_brings_the_guard_s_tab(page: Page, view: View) -> None:
    page.goto("/")
    page.get_by_role("button", name=re.compile("for the guard")).click()
    expect(page.locator(".token")).to_have_count(100)
    tab = page.get_by_role("tab", name="Guard")
    if view.width < 1200:
        expect(tab).to_be_hidden()  # nothing lies over the words that come
        page.get_by_role("button", name="Details").click()
    expect(tab).to_be_visible()
    expect(tab).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("tabpanel", name="Guard")).to_be_visible()
