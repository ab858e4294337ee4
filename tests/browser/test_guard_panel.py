"""What the guard made of an answer: its scores against the line, and where another line would have fired."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import VIEWS, View
from tests.browser.lens import Reader
from tests.browser.order import assert_in_order
from tests.browser.playing import CLIMB, NUDGE, NUDGED
from tests.browser.site import Site

WIDE = pytest.mark.parametrize("view", VIEWS[:1], indirect=True, ids=str)


@pytest.fixture(scope="module")
def account(site: Site) -> str:
    site.create_account("guarded")
    return "guarded"


def guard(page: Page, view: View) -> Locator:
    if view.width < 1200:
        page.get_by_role("button", name="Details").click()
    page.get_by_role("tab", name="Guard").click()
    return page.get_by_role("tabpanel", name="Guard")


def judged(page: Page, account: str, **settings: str) -> Reader:
    reader = Reader(page, account)
    reader.set(Max_new_tokens="30", **settings)
    reader.ask("A guarded story.")
    reader.is_ready()
    return reader


def test_the_scores_climb_to_the_step_at_which_it_stepped_in(page: Page, account: str, view: View) -> None:
    judged(page, account)
    panel = guard(page, view)
    expect(panel.locator("#guard-said")).to_contain_text(f"It stepped in once, at token {NUDGED + 1}.")
    chart = panel.locator("svg.guard-chart")
    expect(chart).to_have_attribute("aria-label", re.compile("It stepped in once"))
    expect(chart.locator(".guard-fired")).to_have_count(1)
    expect(chart.locator(".guard-nudged")).to_have_count(1)
    dots = chart.locator(".guard-scores").get_attribute("d") or ""
    # A dot for every token that another one came behind, but for the injected words: nobody judged those.
    assert dots.count("M") == 30 - 1 - len(NUDGE)
    assert_in_order(page)


def test_another_line_says_where_it_would_have_fired(page: Page, account: str, view: View) -> None:
    judged(page, account)
    panel = guard(page, view)
    slider = panel.get_by_label("Where would it fire at")
    slider.fill("0.2")
    first = next(place for place, score in enumerate(CLIMB) if score >= 0.2)
    expect(panel.locator("#guard-said")).to_contain_text(f"At 0.20 it would have fired at token {first} ")
    expect(panel.locator(".guard-crossing")).to_have_count(1)
    slider.fill("0.9")
    expect(panel.locator("#guard-said")).to_have_text("At 0.90 it would not have fired on what is shown.")
    panel.get_by_role("button", name="Back to the threshold in force").click()
    expect(panel.locator("#guard-said")).to_contain_text("It stepped in once")
    panel.get_by_text("As a table").click()
    rows = panel.locator("tbody tr")
    expect(rows.nth(first - 1)).to_contain_text(f"{CLIMB[first]:.3f}")
    assert_in_order(page)


@WIDE
def test_a_point_shows_its_token_and_a_token_its_point(page: Page, account: str, view: View) -> None:
    reader = judged(page, account)
    panel = guard(page, view)
    chart = panel.locator("svg.guard-chart")
    box = chart.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] / 2)
    expect(page.locator(".token.pointed")).to_have_count(1)
    expect(panel.locator("#guard-pointed")).to_contain_text(
        re.compile(r"token \d+ “.+”: (\d\.\d{3}|not judged)")
    )
    page.mouse.move(5, 5)
    expect(page.locator(".token.pointed")).to_have_count(0)
    expect(chart.locator(".guard-cursor")).to_have_attribute("visibility", "hidden")
    reader.token(3).hover()
    expect(chart.locator(".guard-cursor")).to_have_attribute("visibility", "visible")
    chart.click(position={"x": box["width"] * 0.3, "y": 40})
    expect(reader.popover).to_be_visible()


@WIDE
def test_what_nobody_judged_is_said_so(page: Page, account: str, view: View) -> None:
    reader = Reader(page, account)
    reader.set(Max_new_tokens="10")
    reader.ask("Tell me about cats.")
    reader.is_ready()
    expect(guard(page, view)).to_contain_text("No guard has looked at this answer.")


@WIDE
def test_what_follows_the_guard_s_words_begins_its_line_without_a_space(page: Page, account: str) -> None:
    reader = judged(page, account, Random_seed="1")  # by which a word comes there, not the end of a sentence
    after = reader.token(NUDGED + len(NUDGE))
    expect(after).to_have_text(re.compile(r"^ \w"))
    word = after.evaluate(
        """(token) => {
          const range = document.createRange();
          range.setStart(token.firstChild, 1);
          range.setEnd(token.firstChild, 2);
          return range.getBoundingClientRect().left;
        }"""
    )
    answer = page.locator(".answer").bounding_box()
    assert answer is not None
    assert abs(word - answer["x"]) < 1
