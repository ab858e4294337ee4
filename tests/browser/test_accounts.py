"""What a newcomer does first."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import VIEWS, expect_logged_in, log_in
from tests.browser.order import assert_in_order
from tests.browser.site import PASSWORD, Site
from tests.browser.watch import Watch


def test_sign_up_log_out_log_in_and_change_the_password(page: Page, new_name: str) -> None:
    page.goto("/")
    page.get_by_role("link", name="Sign up").click()
    page.get_by_label("Name").fill(new_name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    expect_logged_in(page, new_name)

    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("banner").get_by_role("link", name="Log in")).to_be_visible()

    log_in(page, new_name)
    expect_logged_in(page, new_name)

    page.get_by_role("banner").get_by_role("link", name=f"Account of {new_name}").click()
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_label("New password", exact=True).fill(f"{PASSWORD}, and gulls")
    page.get_by_label("New password again").fill(f"{PASSWORD}, and gulls")
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_role("status")).to_contain_text("assword")

    page.get_by_role("button", name="Log out").click()
    log_in(page, new_name, f"{PASSWORD}, and gulls")
    expect_logged_in(page, new_name)


def test_a_wrong_password_says_one_sentence(page: Page, account: str) -> None:
    log_in(page, account, "a lighthouse in the desert")
    alert = page.get_by_role("alert")
    expect(alert).to_have_count(1)
    expect(alert.get_by_role("paragraph")).to_have_count(1)
    expect(page.get_by_label("Password")).to_have_value("")
    assert_in_order(page)


@pytest.mark.parametrize("view", VIEWS[:1], indirect=True)  # too many wrong passwords would be throttled
def test_a_name_that_nobody_has_says_the_same(page: Page, account: str) -> None:
    log_in(page, account, "a lighthouse in the desert")
    known = page.get_by_role("alert").inner_text()
    log_in(page, f"{account}-nobody", "a lighthouse in the desert")
    expect(page.get_by_role("alert")).to_have_text(known)


def test_the_admin_opens_for_the_first_account(page: Page, site: Site) -> None:
    log_in(page, "admin", site.admin_password())
    page.goto("/admin/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.get_by_role("link", name="Users").first.click()
    expect(page.get_by_role("link", name="admin", exact=True)).to_be_visible()


def test_the_admin_is_closed_to_a_reader(page: Page, account: str, watch: Watch) -> None:
    watch.expect_status(403)
    log_in(page, account)
    page.goto("/admin/")
    expect(page.get_by_role("link", name="Users")).to_have_count(0)
