"""Stories of the audit, as a member of staff sees it."""

from __future__ import annotations

import json
import re
from itertools import count

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import VIEWS, expect_logged_in, log_in
from tests.browser.order import assert_in_order
from tests.browser.site import Site
from tests.browser.watch import Watch

WIDE = pytest.mark.parametrize("view", VIEWS[:1], indirect=True, ids=str)
RUNS = count(1)


def judged(site: Site, *how: str) -> str:
    """A new run that a policy nudged."""
    run = f"judged-{next(RUNS)}"
    site.command("-m", "tests.browser.judged", run, *how)
    return run


def rows(page: Page, run: str) -> Locator:
    return page.locator("#verdicts tr").filter(has_text=re.compile(rf"{run}\b"))


def test_its_pages_are_in_order(page: Page, site: Site, warden: str) -> None:
    run = judged(site)
    log_in(page, warden)
    expect_logged_in(page, warden)
    page.get_by_role("banner").get_by_role("link", name="Audit").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Verdicts")
    assert_in_order(page)
    page.get_by_text("Filter", exact=True).click()
    expect(page.get_by_label("User")).to_be_visible()
    assert_in_order(page)
    page.get_by_role("link", name="Rates and drift").click()
    expect(page.locator(".drawing svg")).to_have_count(2)  # too few tokens for drift
    assert_in_order(page)
    page.goto(f"/audit/runs/{run}/")
    expect(page.locator(".drawing svg")).to_have_count(1)
    page.get_by_text("The same as a table").click()
    assert_in_order(page)
    page.get_by_role("button", name="Show prompt and text").click()
    expect(page.get_by_text("Sorry")).to_be_visible()
    assert_in_order(page)
    page.get_by_role("link", name="Staff’s actions").click()
    expect(page.get_by_role("cell", name="Text viewed").first).to_be_visible()
    assert_in_order(page)


@WIDE
def test_a_verdict_appears_by_itself_and_no_more_when_paused(page: Page, site: Site, warden: str) -> None:
    log_in(page, warden)
    expect_logged_in(page, warden)
    page.goto("/audit/")
    first = judged(site)
    expect(rows(page, first)).to_have_count(2)
    second = judged(site)
    expect(rows(page, second)).to_have_count(2)
    expect(rows(page, first)).to_have_count(2)
    newest = page.locator("#verdicts tr:visible").first
    expect(newest).to_contain_text(second)
    page.get_by_role("link", name="Pause").click()
    expect(page.get_by_text("Paused.")).to_be_visible()
    assert page.locator("#verdicts [hx-trigger]").count() == 0


@WIDE
def test_filters_find_and_say_what_is_wrong(page: Page, site: Site, warden: str) -> None:
    run = judged(site)
    log_in(page, warden)
    expect_logged_in(page, warden)
    page.goto("/audit/")
    page.get_by_text("Filter", exact=True).click()
    page.get_by_label("Run").fill(run)
    page.get_by_label("Action").select_option("Nudge")
    page.get_by_role("button", name="Show these").click()
    expect(rows(page, run)).to_have_count(2)
    expect(page.locator("#verdicts tr:visible")).to_have_count(2)
    page.get_by_label("User").fill("no such person")
    page.get_by_role("button", name="Show these").click()
    expect(page.get_by_role("alert")).to_have_text("Nobody here has this name.")
    assert_in_order(page)
    page.get_by_role("link", name="Show all").click()
    expect(rows(page, run)).to_have_count(2)


@WIDE
def test_a_plot_says_what_is_under_the_pointer(page: Page, site: Site, warden: str) -> None:
    run = judged(site)
    log_in(page, warden)
    expect_logged_in(page, warden)
    page.goto(f"/audit/runs/{run}/")
    plot = page.locator(".drawing svg")
    expect(plot).to_contain_text("line")
    expect(plot).to_contain_text("nudge")
    box = plot.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 49, box["y"] + 100)
    expect(page.locator(".readout")).to_have_text("Token 1: probe 0.050, classic of probe 0.050")
    page.set_viewport_size({"width": 400, "height": 800})
    expect(plot).to_have_attribute("viewBox", re.compile(r"^0 0 3\d\d "))


@WIDE
def test_another_line_is_asked_with_the_keyboard_alone(page: Page, site: Site, warden: str) -> None:
    run = judged(site)
    log_in(page, warden)
    expect_logged_in(page, warden)
    page.goto(f"/audit/runs/{run}/")
    expect(page.get_by_text("the same 1 decision, bit for bit")).to_be_visible()
    page.get_by_label("Line", exact=True).focus()
    page.keyboard.type("0.25")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("would have fired before token 5")
    page.get_by_role("button", name="False alarm").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("warden: false alarm")).to_be_visible()


@WIDE
def test_what_a_model_or_a_person_wrote_is_text(page: Page, site: Site, warden: str) -> None:
    run = judged(site, "hostile")
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog: {dialog.message}"))
    log_in(page, warden)
    expect_logged_in(page, warden)
    for path in ("/audit/", "/audit/rates/", "/audit/actions/", f"/audit/runs/{run}/"):
        page.goto(path)
        assert page.locator("img").count() == 0
        assert_in_order(page)
    page.get_by_role("button", name="Show prompt and text").click()
    expect(page.locator(".tape")).to_contain_text("<img src=x onerror=alert(1)>")
    assert page.locator("img").count() == 0
    assert_in_order(page)


@WIDE
def test_an_export_is_a_file_and_an_entry(page: Page, site: Site, warden: str) -> None:
    run = judged(site)
    log_in(page, warden)
    expect_logged_in(page, warden)
    page.goto(f"/audit/?run={run}")
    for form in ("CSV", "JSONL"):
        with page.expect_download() as download:
            page.get_by_role("button", name=f"Export {form}").click()
        assert download.value.suggested_filename.endswith(f".{form.lower()}")
        lines = download.value.path().read_text().splitlines()
        assert len(lines) == 2 + (form == "CSV")
    assert json.loads(lines[0])["run"] == run
    page.goto("/audit/actions/")
    expect(page.get_by_role("cell", name="Export").first).to_be_visible()


@WIDE
def test_for_others_there_is_no_such_page(page: Page, account: str, watch: Watch) -> None:
    log_in(page, account)
    expect_logged_in(page, account)
    expect(page.get_by_role("banner").get_by_role("link", name="Audit")).to_have_count(0)
    watch.expect_status(404)
    page.goto("/audit/")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing here")
