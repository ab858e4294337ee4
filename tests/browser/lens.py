"""What a reader does on the lens, and what they look at."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import account_link, expect_logged_in, log_in

# Of those who have logged in by the form: the cookies by site and name.
_kept: dict[tuple[str, str], Any] = {}


class Reader:
    """Logged in, with the lens open."""

    def __init__(self, page: Page, name: str) -> None:
        self.page = page
        who = (page.context.request.get("/healthz").url, name)
        if who in _kept:
            page.context.add_cookies(_kept[who])
            page.goto("/")
        # Not yet, or not any more: a test may have logged its reader out.
        if who not in _kept or not account_link(page, name).count():
            log_in(page, name)
            expect_logged_in(page, name)
            _kept[who] = page.context.cookies()
        self.is_ready()

    def set(self, **settings: str) -> None:
        """By their labels, with _ for a space."""
        self.page.get_by_role("button", name="Settings").click()
        for label, value in settings.items():
            self.page.get_by_label(label.replace("_", " "), exact=True).fill(value)
        self.page.get_by_role("button", name="Close", exact=True).click()

    def display(self, label: str, value: str) -> None:
        """In the legend, whose rarer choices are folded."""
        field = self.page.locator("#legend").get_by_label(label, exact=True)
        if not field.is_visible():
            self.page.locator("#legend summary").click()
        field.select_option(value)

    def send(self, prompt: str) -> None:
        self.page.get_by_placeholder("What can I help you with?").fill(prompt)
        self.page.keyboard.press("Enter")

    def ask(self, prompt: str) -> None:
        """And waits for the whole answer."""
        before = self.page.locator(".note").filter(has_text="limit").count()
        self.send(prompt)
        expect(self.page.locator(".note").filter(has_text="limit")).to_have_count(before + 1)
        self.is_ready()

    def is_ready(self) -> None:
        expect(self.page.get_by_role("img", name="ready")).to_be_visible()

    def streams(self) -> None:
        expect(self.page.get_by_label("streaming")).to_be_visible()

    def has_streamed(self, least: int) -> None:
        expect(self.token(least - 1)).to_be_attached()

    @property
    def tokens(self) -> Locator:
        return self.page.locator(".token")

    def token(self, i: int) -> Locator:
        return self.page.locator(f".token[data-i='{i}']").last

    @property
    def popover(self) -> Locator:
        return self.page.get_by_role("dialog", name="Token")

    def text(self) -> str:
        """The answers, without the controls among them."""
        return "".join(self.tokens.all_text_contents())
