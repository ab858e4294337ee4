"""What holds for every page, in every view."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import expect_logged_in, log_in
from tests.browser.order import assert_in_order
from tests.browser.watch import Watch

OPEN_TO_ALL = ["/", "/accounts/signup/", "/accounts/login/", "/accounts/password/reset/"]
OF_AN_ACCOUNT = [
    "/",
    "/accounts/password/change/",
    "/accounts/email/",
    "/accounts/2fa/",
    "/accounts/tokens/",
    "/shares/",
    "/studies/",
]


@pytest.mark.parametrize("path", OPEN_TO_ALL)
def test_a_page_is_in_order_for_a_visitor(page: Page, path: str) -> None:
    page.goto(path)
    assert_in_order(page)


def test_the_pages_of_an_account_are_in_order(page: Page, account: str) -> None:
    log_in(page, account)
    expect_logged_in(page, account)
    for path in OF_AN_ACCOUNT:
        page.goto(path)
        assert_in_order(page)


def test_an_address_that_is_wrong_says_so_in_order(page: Page, watch: Watch) -> None:
    watch.expect_status(404)
    page.goto("/there/is/nothing")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing here")
    assert_in_order(page)
