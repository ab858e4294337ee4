"""What a person reads when something is wrong: one plain sentence, where they look."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import servers
from tests.browser.conftest import VIEWS
from tests.browser.lens import Reader
from tests.browser.order import assert_in_order
from tests.browser.site import Site
from tests.browser.troubles import HOLD, SENTENCE
from tests.browser.watch import Watch

WIDE = pytest.mark.parametrize("view", VIEWS[:1], indirect=True, ids=str)
WIDE_AND_NARROW = pytest.mark.parametrize("view", VIEWS[::2], indirect=True, ids=str)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("troubles") / "data", ["-m", "tests.browser.troubles"])
    site.environment["SAFELENS_USER_RUNS_PER_HOUR"] = "4"
    with site:
        yield site


@WIDE_AND_NARROW
def test_a_run_that_fails_says_why_and_that_it_failed(page: Page, account: str) -> None:
    reader = Reader(page, account)
    reader.send("An unlucky question.")
    expect(page.get_by_role("alert").filter(has_text="Generation failed")).to_contain_text(SENTENCE)
    expect(reader.tokens).to_have_count(3)
    reader.is_ready()
    assert_in_order(page)
    page.reload()
    expect(page.get_by_text(f"Generation failed: {SENTENCE}")).to_be_visible()


@WIDE
def test_who_waits_is_told_their_place(page: Page, account: str, site: Site) -> None:
    hold = site.data / HOLD
    hold.touch()
    try:
        reader = Reader(page, account)
        reader.send("First.")
        expect(page.get_by_text("Waiting for the model …")).to_be_visible()
        other = page.context.new_page()
        other.goto("/")
        other.get_by_placeholder("What can I help you with?").fill("Second.")
        other.keyboard.press("Enter")
        expect(other.locator(".note")).to_have_text("1 before you.")
        expect(other.get_by_role("img", name="1 before you")).to_be_visible()
    finally:
        hold.unlink()
    for one in (page, other):
        expect(one.locator(".note")).to_contain_text("100 tokens")
    other.close()


@WIDE_AND_NARROW
def test_few_runs_left_are_told_and_none_too(page: Page, account: str) -> None:
    reader = Reader(page, account)
    left = page.locator("#allowance")
    expect(left).to_be_hidden()
    reader.set(Max_new_tokens="3")
    reader.ask("One.")
    reader.ask("Two.")
    expect(left).to_have_text(re.compile(r"^2 runs left, more at \d\d:\d\d\.$"))
    reader.ask("Three.")
    expect(left).to_have_text(re.compile(r"^1 run left, more at"))
    reader.ask("Four.")
    expect(left).to_have_text(re.compile(r"^No runs left, more at"))
    reader.send("Five.")
    expect(page.locator("#failure")).to_have_text(
        re.compile("You have started 4 runs in an hour; more in .* min.")
    )
    expect(page.get_by_placeholder("What can I help you with?")).to_have_value("Five.")
    assert_in_order(page)


@WIDE
def test_a_study_that_was_deleted_elsewhere_takes_no_more(page: Page, account: str, watch: Watch) -> None:
    reader = Reader(page, account)
    reader.set(Max_new_tokens="3")
    reader.ask("One.")
    other = page.context.new_page()
    other.goto(f"{page.url}edit/")
    other.get_by_role("button", name="Delete").click()
    expect(other.get_by_text("You can bring it back for 30 days.")).to_be_visible()
    other.close()
    reader.send("Two.")
    expect(page.locator("#failure")).to_have_text("There is no such study.")
    watch.expect_status(404)
    page.get_by_role("button", name="Rename this study").click()
    page.get_by_label("Title of this study").fill("Late")
    page.keyboard.press("Enter")
    expect(page.locator("#failure")).to_have_text("It isn't there any more: it was deleted.")


class Restarting:
    """A site in one of the forms, whose web process may go and come back at the same address."""

    def __init__(self, folder: Path, form: str) -> None:
        self.stack = ExitStack()
        self.engine: Site | None = None
        # Both forms with the scripted engine: in production it is a process beside the site.
        serve = ["-m", "tests.scripted", "serve"] if form == "embedded" else ["manage.py", "serve"]
        self.site = Site(folder / "data", serve)
        if form == "production":
            self.site.environment |= {
                "DATABASE_URL": self.stack.enter_context(servers.postgresql()),
                "REDIS_URL": self.stack.enter_context(servers.empty_redis()),
                "SECRET_KEY": "for tests alone, and as long as a real secret key has to be",
            }
        self.site.__enter__()
        self.site.environment["PORT"] = self.site.url.rsplit(":", 1)[1]
        if form == "production":
            self.engine_process = self.site._start("-m", "tests.scripted", "engine", stdout=-3)
            self.stack.callback(self.engine_process.wait, 20)
            self.stack.callback(self.engine_process.terminate)

    def end(self) -> None:
        self.site.__exit__()
        self.stack.close()


def forms() -> list[str]:
    try:
        with servers.postgresql(), servers.empty_redis():
            return ["embedded", "production"]
    except servers.NoServer:
        return ["embedded"]


@pytest.fixture(params=forms())
def restarting(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Restarting]:
    running = Restarting(tmp_path, request.param)
    yield running
    running.end()


def test_a_restart_in_mid_stream_loses_and_doubles_nothing(browser: Browser, restarting: Restarting) -> None:
    """Two windows and a phone see the same answer go on where it was."""
    site = restarting.site
    site.create_account("ann")
    context = browser.new_context(base_url=site.url, reduced_motion="reduce")
    phone = browser.new_context(base_url=site.url, viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    reader = Reader(page, "ann")
    reader.set(Max_new_tokens="120", Delay="0.05")
    reader.send("A long answer.")
    reader.has_streamed(5)
    second, third = context.new_page(), phone.new_page()
    Reader(third, "ann")
    windows = [page, second, third]
    for window in (second, third):
        window.goto(page.url)
        expect(window.locator(".token[data-i='5']")).to_be_attached()
    site.__exit__()
    for window in windows:
        expect(window.get_by_text("Trying again …")).to_be_visible()
    seen = page.locator(".token").count()
    assert 5 <= seen < 120
    site.__enter__()
    for window in windows:
        expect(window.locator(".note")).to_contain_text("120 tokens", timeout=60_000)
        expect(window.get_by_text("Trying again …")).to_be_hidden()
        shown = window.locator(".token").evaluate_all("all => all.map(one => Number(one.dataset.i))")
        assert shown == list(range(120))
    assert page.locator(".answer").inner_text() == second.locator(".answer").inner_text()
    assert page.locator(".answer").inner_text() == third.locator(".answer").inner_text()
    context.close()
    phone.close()
