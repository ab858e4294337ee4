"""The watch itself: each thing that it is there for makes it complain."""

from typing import Any, cast

import pytest
from playwright.sync_api import Browser

from tests.browser.site import Site
from tests.browser.watch import Watch

INLINE_STYLE = "document.body.insertAdjacentHTML('beforeend', '<p style=\"top:0\">')"
# What the page does, the event that tells when it is done, and how the complaint begins.
FAULTS = [
    ("console.error('mine')", "console", "console error: mine"),
    ("setTimeout(() => { throw new Error('mine') })", "pageerror", "uncaught: mine"),
    (INLINE_STYLE, "console", "console error: Applying inline style"),
    ("fetch('/there/is/nothing')", "console", "console error: Failed to load resource"),
    ("fetch('http://localhost:9/')", "console", "console error: Connecting to 'http://localhost:9/'"),
    ("location.href = 'http://localhost:9/'", "requestfailed", "asked another host: http://localhost:9/"),
]


@pytest.mark.parametrize(("script", "event", "complaint"), FAULTS)
def test_it_complains(browser: Browser, site: Site, script: str, event: str, complaint: str) -> None:
    page = browser.new_page(base_url=site.url)
    watch = Watch(page, site.url)
    page.goto("/")
    assert watch.complaints == []
    with page.expect_event(cast(Any, event)):
        page.evaluate(f"() => {{ {script} }}")
    page.close()
    assert any(one.startswith(complaint) for one in watch.complaints), watch.complaints
