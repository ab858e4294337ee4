"""Stories of the settings, their presets, and the theme."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import VIEWS, View
from tests.browser.lens import Reader
from tests.browser.order import assert_in_order

WIDE = pytest.mark.parametrize("view", VIEWS[:1], indirect=True, ids=str)
WIDE_AND_NARROW = pytest.mark.parametrize("view", VIEWS[::2], indirect=True, ids=str)
NAMES = [
    "Display uncertainty",
    "SafeNudge",
    "Random seed",
    "Max new tokens",
    "Delay",
    "Top-k",
    "Temperature",
    "Top-p",
    "Min-p",
    "Assistant prefix",
    "System prompt",
    "Tau",
    "Model",
]


def open_settings(page: Page) -> None:
    page.get_by_role("button", name="Settings").click()
    expect(page.get_by_role("dialog", name="For the next answer")).to_be_visible()


def test_every_setting_has_its_name(page: Page, account: str) -> None:
    Reader(page, account)
    open_settings(page)
    for name in NAMES:
        expect(page.get_by_label(name, exact=True)).to_be_visible()
    assert_in_order(page)


@WIDE_AND_NARROW
def test_a_preset_is_kept_used_overwritten_and_deleted(page: Page, account: str) -> None:
    Reader(page, account)
    open_settings(page)
    temperature = page.get_by_label("Temperature", exact=True)
    temperature.fill("0.3")
    page.get_by_label("System prompt").fill("Be brief.")
    page.get_by_label("Name of the preset").fill("Careful")
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.get_by_text("Kept as “Careful”.")).to_be_visible()
    assert_in_order(page)

    page.get_by_role("button", name="Back to the defaults").click()
    expect(temperature).to_have_value("1")
    page.reload()
    open_settings(page)
    page.get_by_label("Use a preset").select_option("Careful")
    expect(temperature).to_have_value("0.3")
    expect(page.get_by_label("System prompt")).to_have_value("Be brief.")
    temperature.fill("0")
    page.get_by_role("button", name="Overwrite").click()
    expect(page.get_by_text("Kept as “Careful”.")).to_be_visible()
    page.get_by_role("button", name="Back to the defaults").click()
    page.get_by_label("Use a preset").select_option("")
    page.get_by_label("Use a preset").select_option("Careful")
    expect(temperature).to_have_value("0")
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("“Careful” is deleted.")).to_be_visible()
    expect(page.get_by_label("Use a preset").get_by_role("option")).to_have_text(["None"])


@WIDE
def test_a_preset_without_a_name_is_asked_for_one(page: Page, account: str) -> None:
    Reader(page, account)
    open_settings(page)
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.get_by_text("Give the preset a name first.")).to_be_visible()
    expect(page.get_by_label("Name of the preset")).to_be_focused()
    page.get_by_label("Name of the preset").fill("<i>x</i>")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Use a preset").get_by_role("option")).to_have_text(["None", "<i>x</i>"])


@WIDE
def test_a_tau_that_would_loosen_the_guard_is_refused_beside_its_field(page: Page, account: str) -> None:
    reader = Reader(page, account)
    open_settings(page)
    tau = page.get_by_label("Tau", exact=True)
    tau.fill("1")
    page.get_by_role("button", name="Close", exact=True).click()
    reader.send("Hello.")
    expect(tau).to_be_focused()
    expect(tau).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#setting-tau-wrong")).not_to_be_empty()
    assert_in_order(page)
    expect(page.locator(".turn")).to_have_count(0)
    tau.fill("0.1")
    expect(page.locator("#setting-tau-wrong")).to_be_empty()
    page.get_by_role("button", name="Close", exact=True).click()
    page.get_by_placeholder("What can I help you with?").fill("")
    reader.ask("Hello.")


@WIDE
def test_an_optional_guard_is_switched_off_and_left_to_the_site_again(page: Page, account: str) -> None:
    reader = Reader(page, account)
    open_settings(page)
    guard = page.get_by_label("SafeNudge", exact=True)
    expect(guard).to_be_checked()
    guard.uncheck()
    page.get_by_role("button", name="Close", exact=True).click()
    reader.ask("Hello.")
    assert settings_of(page)["guard"] is False
    page.reload()
    open_settings(page)
    expect(guard).not_to_be_checked()
    page.get_by_role("button", name="Back to the defaults").click()
    expect(guard).to_be_checked()
    page.get_by_role("button", name="Close", exact=True).click()
    page.get_by_role("button", name="Clear").click()
    reader.is_ready()
    reader.ask("Hello.")
    assert settings_of(page)["guard"] is True


def settings_of(page: Page) -> dict[str, Any]:
    """Of the run that is shown, as the server has them."""
    tree = page.request.get(f"{page.url}tree.json").json()
    found: dict[str, Any] = tree["runs"][-1]["settings"]
    return found


@WIDE
def test_settings_stay_in_this_browser(page: Page, account: str) -> None:
    Reader(page, account)
    open_settings(page)
    page.get_by_label("Tau", exact=True).fill("0.25")
    page.get_by_label("Display uncertainty").uncheck()
    page.reload()
    open_settings(page)
    expect(page.get_by_label("Tau", exact=True)).to_have_value("0.25")
    expect(page.get_by_label("Display uncertainty")).not_to_be_checked()
    page.get_by_label("Tau", exact=True).fill("2")
    expect(page.get_by_text("Tau must be a number from 0 to 1.")).to_be_visible()


def ground(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


def test_the_theme_is_chosen_and_kept(page: Page, account: str, view: View) -> None:
    light, dark = "rgb(251, 250, 247)", "rgb(21, 21, 20)"
    Reader(page, account)
    own = light if view.scheme == "light" else dark
    assert ground(page) == own
    theme = page.get_by_role("button", name="Theme")
    theme.click()
    expect(page.get_by_role("button", name="Theme: light")).to_be_visible()
    assert ground(page) == light
    theme.click()
    assert ground(page) == dark
    assert_in_order(page)
    # Not even for a moment it is the other one: the first thing that is painted is dark.
    page.add_init_script(
        "addEventListener('DOMContentLoaded', () =>"
        " (window.first = getComputedStyle(document.body).backgroundColor))"
    )
    page.goto("/accounts/password/change/")
    assert page.evaluate("window.first") == dark
    other = page.context.new_page()
    other.goto("/accounts/password/change/")
    assert ground(other) == dark
    page.get_by_role("button", name="Theme").click()
    assert ground(page) == own
    expect(other.get_by_role("button", name=re.compile("as the system is"))).to_be_visible()
    assert ground(other) == own
    other.close()
