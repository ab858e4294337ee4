"""Two answers against each other."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import VIEWS, View
from tests.browser.dialogs import dialogs_of
from tests.browser.lens import Reader
from tests.browser.order import assert_in_order
from tests.browser.site import Site

WIDE = pytest.mark.parametrize("view", VIEWS[:1], indirect=True, ids=str)
WIDE_AND_NARROW = pytest.mark.parametrize("view", VIEWS[::2], indirect=True, ids=str)


@pytest.fixture(scope="module")
def account(site: Site) -> str:
    site.create_account("weigher")
    return "weigher"


def compare(page: Page, view: View) -> Locator:
    if view.width < 1200:
        page.get_by_role("button", name="Details").click()
    page.get_by_role("tab", name="Compare").click()
    return page.get_by_role("tabpanel", name="Compare")


def two_answers(page: Page, account: str, prompt: str = "Tell me about cats.", at: int = 5) -> Reader:
    reader = Reader(page, account)
    reader.set(Max_new_tokens="20")
    reader.ask(prompt)
    reader.token(at).click()
    other = reader.popover.locator("li:not(.taken) button").first
    other.click()
    expect(page.locator(".fork")).to_have_text("‹2/2›")
    reader.is_ready()
    return reader


def test_two_answers_stand_side_by_side_and_as_a_difference(page: Page, account: str, view: View) -> None:
    two_answers(page, account)
    shown = page.locator(".answer .token").all_text_contents()
    panel = compare(page, view)
    expect(panel).to_contain_text("They part at token 6.")
    sides = panel.locator(".compare-two section")
    expect(sides).to_have_count(2)
    # What is under each path: every token of it, with its probability.
    assert sides.first.locator(".compare-token").all_text_contents() == shown
    expect(sides.first.locator(".compare-token").first).to_have_attribute("title", re.compile(r": [\d.]+ %$"))
    expect(panel.locator(".parting")).to_have_count(2)
    assert_in_order(page)

    panel.get_by_role("button", name="Difference").click()
    expect(panel.locator(".compare-one .parting")).to_have_count(1)
    expect(panel.locator("del small").first).to_have_text(re.compile("%"))
    kept = panel.locator(".compare-token:not(ins *)").evaluate_all(
        "all => all.map((one) => one.firstChild?.textContent ?? '')"
    )
    assert kept == shown  # what is the same, and what was taken out, is A
    assert_in_order(page)


@WIDE
def test_by_key_alone(page: Page, account: str, view: View) -> None:
    reader = two_answers(page, account)
    shown = reader.text()
    page.get_by_role("tab", name="Tree").focus()
    page.keyboard.press("End")
    expect(page.get_by_role("tab", name="Compare")).to_be_focused()
    first, second = (page.locator(".compare-two section .compare-text").nth(n) for n in (0, 1))
    expect(first).to_have_text(shown)
    for name in ("Wide", "Close the details"):
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name=name)).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_label("A", exact=True)).to_be_focused()
    for _ in range(4):
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Swap")).to_be_focused()
    page.keyboard.press("Enter")
    expect(second).to_have_text(shown)
    expect(first).not_to_have_text(shown)


@WIDE
def test_the_tree_chooses_what_is_compared(page: Page, account: str, view: View) -> None:
    reader = two_answers(page, account)
    reader.token(9).click()
    reader.popover.get_by_role("button", name="Sample again from here").click()
    expect(page.locator(".fork")).to_have_count(2)
    reader.is_ready()
    page.get_by_role("tree").focus()
    for key in ("Home", "ArrowDown", "ArrowDown", "ArrowLeft"):
        page.keyboard.press(key)
    page.get_by_role("button", name="Compare", exact=True).click()
    panel = page.get_by_role("tabpanel", name="Compare")
    expect(panel.get_by_label("B", exact=True).locator("option:checked")).to_have_text(re.compile("^1: "))
    expect(panel).to_contain_text("They part at token 6.")


@WIDE
def test_the_guard_is_switched_with_the_same_seed(page: Page, account: str, view: View) -> None:
    reader = Reader(page, account)
    reader.set(Max_new_tokens="20")
    reader.ask("A guarded question.")
    panel = compare(page, view)
    panel.get_by_role("button", name="Write A again without the guard").click()
    expect(panel.locator(".compare-two section")).to_have_count(2)
    expect(page.locator(".fork")).to_have_text("‹2/2›")
    expect(panel.locator(".compare-settings")).not_to_contain_text("seed")
    runs = page.evaluate("async () => (await (await fetch(location.pathname + 'tree.json')).json()).runs")
    first, second = runs
    left = {"guard": False, "tau": None}  # without a guard there is no line
    assert first["settings"] | left == second["settings"] | left
    assert (second["parent"], second["at"]) == (first["id"], 0)


@WIDE
def test_where_no_guard_is_there_it_isn_t_offered(page: Page, account: str, view: View) -> None:
    reader = Reader(page, account)
    page.evaluate("document.getElementById('setting-guard').removeAttribute('data-site')")
    reader.set(Max_new_tokens="20")
    reader.ask("Tell me about cats.")
    reader.is_ready()
    panel = compare(page, view)
    expect(panel.locator("#compare-empty")).to_be_visible()
    expect(panel.locator("#compare-guard")).to_be_hidden()


@WIDE_AND_NARROW
def test_hostile_words_are_compared_as_text(page: Page, account: str, view: View) -> None:
    dialogs = dialogs_of(page)
    two_answers(page, account, "Something hostile.", at=2)
    panel = compare(page, view)
    expect(panel.locator(".compare-text").first).to_contain_text("<img src=x onerror=alert(1)>")
    panel.get_by_role("button", name="Difference").click()
    expect(panel.locator(".compare-one")).to_contain_text("</script><script>alert(1)</script>")
    assert page.locator("#side img").count() == 0
    assert_in_order(page)
    assert dialogs == []


@WIDE
def test_a_question_is_asked_otherwise_beside_the_old_one(page: Page, account: str) -> None:
    reader = Reader(page, account)
    reader.set(Max_new_tokens="8")
    reader.ask("First question.")
    reader.ask("Second question.")
    edit = page.locator(".turn").first.get_by_role("button", name="Ask otherwise")
    edit.focus()
    page.keyboard.press("Enter")
    box = page.get_by_label("The question, asked otherwise")
    expect(box).to_be_focused()
    expect(box).to_have_value("First question.")
    page.keyboard.press("Escape")
    expect(edit).to_be_focused()
    page.keyboard.press("Enter")
    box.fill("Another question.")
    page.keyboard.press("Enter")
    expect(page.locator(".turn")).to_have_count(1)
    expect(page.locator(".prompt")).to_have_text("Another question.")
    expect(page.locator(".turn-fork")).to_contain_text("2/2")
    reader.is_ready()
    assert_in_order(page)
    page.get_by_role("button", name="Show the way before").click()
    expect(page.locator(".prompt").first).to_have_text("First question.")
    expect(page.locator(".turn")).to_have_count(2)
