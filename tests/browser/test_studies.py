"""Stories of the list of studies: name, tag, put away, delete, bring back, and find again."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import VIEWS, View, expect_logged_in, log_in
from tests.browser.lens import Reader
from tests.browser.order import assert_in_order
from tests.browser.watch import Watch

WIDE = pytest.mark.parametrize("view", VIEWS[:1], indirect=True, ids=str)
WIDE_AND_NARROW = pytest.mark.parametrize("view", VIEWS[::2], indirect=True, ids=str)


class List:
    """The list beside the lens, with studies of these prompts."""

    def __init__(self, page: Page, account: str, view: View, *prompts: str) -> None:
        self.page = page
        reader = Reader(page, account)
        reader.set(Max_new_tokens="3")
        for prompt in prompts:
            page.goto("/")
            reader.is_ready()
            reader.ask(prompt)
        if view.width < 1000:
            page.get_by_role("button", name="Studies").click()

    @property
    def place(self) -> Locator:
        return self.page.get_by_role("navigation", name="Studies")

    @property
    def links(self) -> Locator:
        return self.place.get_by_role("link")

    def change(self, title: str) -> Locator:
        """Opens the form of this study; its row."""
        self.place.get_by_role("button", name=f"Change {title}").click()
        row = self.place.locator("li").filter(has=self.page.get_by_label("New tag"))
        expect(row).to_have_count(1)
        # What is swapped in gets its fields' values a moment later.
        expect(self.page.locator(".htmx-swapping, .htmx-settling")).to_have_count(0)
        return row

    def filter(self) -> None:
        self.place.get_by_text("Filter", exact=True).click()


@WIDE_AND_NARROW
def test_a_study_is_renamed_in_the_list_and_the_heading_follows(page: Page, account: str, view: View) -> None:
    studies = List(page, account, view, "A harbour.")
    row = studies.change("A harbour.")
    expect(row.get_by_label("Title")).to_be_focused()
    assert_in_order(page)
    row.get_by_label("Title").fill("<b>Night</b>")
    row.get_by_role("button", name="Rename").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("<b>Night</b>")
    row.get_by_role("button", name="Done").click()
    expect(studies.links).to_have_count(1)
    expect(studies.links.first).to_contain_text("<b>Night</b>")
    assert page.locator("b").count() == 0


@WIDE_AND_NARROW
def test_the_heading_is_renamed_in_its_place_by_key(page: Page, account: str, view: View) -> None:
    studies = List(page, account, view, "A harbour.")
    page.get_by_role("button", name="Rename this study").press("Enter")
    field = page.get_by_label("Title of this study")
    expect(field).to_be_focused()
    expect(field).to_have_value("A harbour.")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Rename this study")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.type("A mountain")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("A mountain")
    expect(page).to_have_title("A mountain · SafeLens")
    expect(studies.links.first).to_contain_text("A mountain")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("A mountain")


@WIDE_AND_NARROW
def test_tags_are_added_taken_away_and_filtered_by(page: Page, account: str, view: View) -> None:
    studies = List(page, account, view, "A harbour.", "A mountain.")
    row = studies.change("A harbour.")
    row.get_by_label("New tag").fill("  sea  ")
    row.get_by_label("New tag").press("Enter")
    expect(row.get_by_role("list", name="Tags").get_by_role("listitem")).to_have_text([re.compile("sea")])
    row.get_by_label("New tag").fill("x")
    row.get_by_role("button", name="Add").click()
    row.get_by_role("button", name="Take the tag x away").click()
    expect(row.get_by_role("list", name="Tags").get_by_role("listitem")).to_have_count(1)
    assert_in_order(page)
    row.get_by_role("button", name="Done").click()
    expect(studies.links).to_have_count(2)
    studies.filter()
    studies.place.get_by_label("Tag", exact=True).select_option("sea")
    expect(studies.links).to_have_count(1)
    expect(studies.links.first).to_contain_text("A harbour.")
    assert_in_order(page)


@WIDE
def test_days_are_filtered_by(page: Page, account: str, view: View) -> None:
    studies = List(page, account, view, "A harbour.")
    expect(studies.place.get_by_text("Today")).to_be_visible()
    studies.filter()
    studies.place.get_by_label("To", exact=True).fill("2020-01-01")
    expect(studies.place.get_by_text("No study fits.")).to_be_visible()
    studies.place.get_by_label("To", exact=True).fill("")
    expect(studies.links).to_have_count(1)


@WIDE_AND_NARROW
def test_an_archived_study_is_in_the_archive(page: Page, account: str, view: View) -> None:
    studies = List(page, account, view, "A harbour.", "A mountain.")
    studies.change("A harbour.").get_by_role("button", name="Archive").click()
    expect(studies.place.get_by_text("“A harbour.” is in the archive.")).to_be_visible()
    expect(studies.place.get_by_role("button", name="Undo")).to_be_focused()
    expect(studies.links).to_have_count(1)
    studies.filter()
    studies.place.get_by_label("Which").select_option("archived")
    expect(studies.links).to_have_text([re.compile("A harbour")])


@WIDE_AND_NARROW
def test_a_deleted_study_is_undone_at_once_or_brought_back_later(
    page: Page, account: str, view: View
) -> None:
    studies = List(page, account, view, "A harbour.", "A mountain.")
    studies.change("A harbour.").get_by_role("button", name="Delete").click()
    expect(studies.place.get_by_text("You can bring it back for 30 days.")).to_be_visible()
    assert_in_order(page)
    studies.place.get_by_role("button", name="Undo").click()
    expect(studies.place.get_by_text("“A harbour.” is back.")).to_be_visible()
    page.reload()
    if view.width < 1000:
        page.get_by_role("button", name="Studies").click()
    expect(studies.links).to_have_count(2)
    studies.change("A harbour.").get_by_role("button", name="Delete").click()
    studies.filter()
    studies.place.get_by_label("Which").select_option("deleted")
    studies.place.get_by_role("button", name="Bring back A harbour.").click()
    studies.place.get_by_label("Which").select_option("current")
    expect(studies.links).to_have_count(2)


@WIDE
def test_deleting_what_is_open_leaves_it(page: Page, account: str, view: View) -> None:
    studies = List(page, account, view, "A harbour.")
    studies.change("A harbour.").get_by_role("button", name="Delete").click()
    expect(page).to_have_url(re.compile(r"/$"))
    expect(page.get_by_text("“A harbour.” is deleted. You can bring it back for 30 days.")).to_be_visible()
    assert_in_order(page)


@WIDE
def test_the_page_of_studies_is_the_same_list(page: Page, account: str, view: View) -> None:
    List(page, account, view, "A harbour.", "A mountain.")
    page.goto("/studies/")
    assert_in_order(page)
    page.get_by_label("Search your studies").fill("HARB")
    expect(page.locator(".study-link")).to_have_count(1)
    page.get_by_role("button", name="Change A harbour.").click()
    page.get_by_label("Title").fill("Renamed")
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_label("Title")).to_have_value("Renamed")


@WIDE
def test_what_is_gone_is_told_beside_the_list(page: Page, account: str, view: View, watch: Watch) -> None:
    studies = List(page, account, view, "A harbour.")
    row = studies.change("A harbour.")
    other = page.context.new_page()
    other.goto(f"{page.url}edit/")
    other.get_by_role("button", name="Delete").click()
    expect(other.get_by_text("You can bring it back")).to_be_visible()
    other.close()
    watch.expect_status(404)
    watch.expect_console("Response Status Error Code 404")
    row.get_by_role("button", name="Archive").click()
    expect(studies.place.get_by_role("alert").first).to_have_text("It isn't there any more: it was deleted.")


@WIDE
def test_a_log_in_elsewhere_spoils_no_form(page: Page, account: str, view: View, watch: Watch) -> None:
    watch.expect_status(401)  # the page may ask for something while nobody is logged in
    studies = List(page, account, view, "A harbour.")
    row = studies.change("A harbour.")
    other = page.context.new_page()
    other.goto("/")
    other.get_by_role("button", name="Log out").click()
    log_in(other, account)
    expect_logged_in(other, account)
    other.close()
    row.get_by_label("Title").fill("Still mine")
    row.get_by_role("button", name="Rename").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Still mine")
