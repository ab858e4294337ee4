"""Stories of guests: in with one click, and nothing lost when they get an account."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import VIEWS, View, expect_logged_in, log_in
from tests.browser.order import assert_in_order
from tests.browser.site import PASSWORD

WIDE = pytest.mark.parametrize("view", VIEWS[:1], indirect=True, ids=str)
WIDE_AND_NARROW = pytest.mark.parametrize("view", VIEWS[::2], indirect=True, ids=str)


def come_in(page: Page) -> None:
    page.goto("/")
    page.get_by_role("button", name="Try as a guest").click()
    expect(page.get_by_role("img", name="ready")).to_be_visible()
    expect(page.get_by_text("You are a guest.")).to_be_visible()


def ask(page: Page, prompt: str) -> str:
    """The address of the study."""
    page.get_by_placeholder("What can I help you with?").fill(prompt)
    page.keyboard.press("Enter")
    expect(page.locator(".note")).to_contain_text("100 tokens")
    expect(page).to_have_url(re.compile(r"/studies/[\w-]+/$"))
    return page.url


def test_a_guest_signs_up_and_keeps_the_study(page: Page, new_name: str) -> None:
    come_in(page)
    assert_in_order(page)
    study = ask(page, "A harbour.")
    page.get_by_role("link", name="Sign up to keep your studies").click()
    expect(page.get_by_text("What you made as a guest stays yours.")).to_be_visible()
    assert_in_order(page)
    page.get_by_label("Name").fill(new_name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    expect_logged_in(page, new_name)
    page.goto(study)
    expect(page.locator(".token")).to_have_count(100)


@WIDE_AND_NARROW
def test_a_guest_logs_in_and_the_study_goes_along(page: Page, account: str, view: View) -> None:
    come_in(page)
    study = ask(page, "A harbour.")
    log_in(page, account, "a wrong password")
    expect(page.get_by_role("alert")).to_be_visible()
    page.goto(study)
    expect(page.locator(".token")).to_have_count(100)
    log_in(page, account)
    expect_logged_in(page, account)
    expect(page.get_by_text("What you made as a guest is among your studies.")).to_be_visible()
    if view.width < 1000:
        page.get_by_role("button", name="Studies").click()
    page.get_by_role("navigation", name="Studies").get_by_role("link", name="A harbour.").click()
    expect(page.locator(".token")).to_have_count(100)


@WIDE
def test_a_second_window_of_a_guest_who_signed_up_goes_on(page: Page, new_name: str) -> None:
    come_in(page)
    study = ask(page, "A harbour.")
    other = page.context.new_page()
    other.goto("/accounts/signup/")
    other.get_by_label("Name").fill(new_name)
    other.get_by_label("Password").fill(PASSWORD)
    other.get_by_role("button", name="Sign up").click()
    expect_logged_in(other, new_name)
    other.close()
    page.goto(study)
    expect_logged_in(page, new_name)
    ask(page, "Another.")


@WIDE
def test_leaving_says_what_is_lost(page: Page) -> None:
    come_in(page)
    page.get_by_role("link", name="Leave").click()
    expect(page.get_by_text("you can’t come back to your studies")).to_be_visible()
    assert_in_order(page)
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("button", name="Try as a guest")).to_be_visible()


@WIDE
def test_an_example_of_the_first_page_comes_along(page: Page) -> None:
    page.goto("/")
    example = page.get_by_role("list", name="Examples").get_by_role("button").first
    prompt = example.inner_text()
    example.click()
    expect(page.get_by_text("You are a guest.")).to_be_visible()
    expect(page.locator(".note")).to_contain_text("100 tokens")
    expect(page.locator(".prompt")).to_have_text(prompt)
