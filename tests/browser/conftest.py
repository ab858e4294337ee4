"""Browser tests see the site from outside alone: through Chromium, and through its commands.

Every test that takes `page` runs in four views, wide and narrow, light and dark.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Literal

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests.browser import chromium
from tests.browser.site import PASSWORD, Site
from tests.browser.watch import Watch

NUMBERS = count(1)
AT_ONCE = 8  # accounts, for each command takes longer to start than to make one
# Chromium and the site share the processors with whatever else runs: long enough for the slowest machine.
PATIENCE_MS = 60_000


@dataclass(frozen=True, slots=True)
class View:
    width: int
    height: int
    scheme: Literal["light", "dark"]

    def __str__(self) -> str:
        return f"{self.width}-{self.scheme}"


VIEWS = [
    View(width, height, scheme) for width, height in ((1440, 900), (390, 844)) for scheme in ("light", "dark")
]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """With an engine that plays scripts in place of the model (`tests.browser.playing`).

    It is in the site's process, or beside it where the environment names a PostgreSQL and a Redis.
    """
    site = Site(tmp_path_factory.mktemp("site") / "data", ["-m", "tests.browser.playing", "serve"])
    servers = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL") if os.environ.get(name)}
    if not servers:
        with site:
            yield site
        return
    site.environment |= servers | {
        "SECRET_KEY": "for tests alone, and as long as a real secret key has to be"
    }
    with site, site.beside("-m", "tests.browser.playing", "engine"):
        yield site


@pytest.fixture(scope="session")
def warden(site: Site) -> str:
    """A member of staff."""
    site.create_account("warden", "--staff")
    return "warden"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium.find()
    assert path is not None, chromium.MISSING
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=chromium.FLAGS)
        yield browser
        browser.close()


@pytest.fixture(params=VIEWS, ids=str)
def view(request: pytest.FixtureRequest) -> View:
    view = request.param
    assert isinstance(view, View)
    return view


@pytest.fixture
def page(browser: Browser, site: Site, view: View) -> Iterator[Page]:
    """A fresh browser profile with one empty page, where `/` is the site's first page."""
    context = browser.new_context(
        base_url=site.url,
        viewport={"width": view.width, "height": view.height},
        color_scheme=view.scheme,
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


@pytest.fixture(autouse=True)
def watch(request: pytest.FixtureRequest, site: Site) -> Iterator[Watch | None]:
    """Fails the test whose page complained, whether or not the test asks for it."""
    if "page" not in request.fixturenames:
        yield None
        return
    watch = Watch(request.getfixturevalue("page"), site.url)
    yield watch
    assert watch.complaints == []


@pytest.fixture
def new_name() -> str:
    """A name that no account has."""
    return f"reader-{next(NUMBERS)}"


@pytest.fixture(scope="session")
def unused() -> dict[str, list[str]]:
    """Names of accounts that no test has had yet, by their site's address."""
    return {}


@pytest.fixture
def account(site: Site, unused: dict[str, list[str]]) -> str:
    """The name of a new account; its password is PASSWORD."""
    names = unused.setdefault(site.url, [])
    if not names:
        names += [f"reader-{next(NUMBERS)}" for _ in range(AT_ONCE)]
        site.create_accounts(*names)
    return names.pop()


def log_in(page: Page, name: str, password: str = PASSWORD) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Name or e-mail").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("main").get_by_role("button", name="Log in").click()


def account_link(page: Page, name: str) -> Locator:
    return page.get_by_role("banner").get_by_role("link", name=f"Account of {name}", exact=True)


def expect_logged_in(page: Page, name: str) -> None:
    expect(account_link(page, name)).to_be_visible()
