"""Stories of the popover: when it opens and closes, where it stands, what it survives."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect

from tests.browser.conftest import VIEWS, View
from tests.browser.lens import Reader
from tests.browser.order import assert_in_order
from tests.browser.playing import HOSTILE
from tests.browser.site import Site

TURNED, ZERO_WIDTH = "\u202egnp.exe", " zero\u200bwidth"
WIDE = pytest.mark.parametrize("view", VIEWS[:1], indirect=True, ids=str)
WIDE_AND_NARROW = pytest.mark.parametrize("view", VIEWS[::2], indirect=True, ids=str)


@pytest.fixture(scope="module")
def account(site: Site) -> str:
    site.create_account("popover-reader")
    return "popover-reader"


def visible(text: str | None) -> str:
    return (text or "").replace(" ", "␣")


@WIDE_AND_NARROW
def test_a_popover_never_covers_its_token(page: Page, account: str, view: View) -> None:
    reader = Reader(page, account)
    reader.ask("hostile")
    for i in (0, 6, 16, 40, 66, 99):
        token = reader.token(i)
        token.scroll_into_view_if_needed()
        token.evaluate("one => one.click()")
        expect(reader.popover).to_be_visible()
        own, over = token.bounding_box(), reader.popover.bounding_box()
        assert own is not None
        assert over is not None
        apart = over["y"] >= own["y"] + own["height"] - 0.5 or over["y"] + over["height"] <= own["y"] + 0.5
        assert apart, (i, own, over)
        assert over["y"] >= 0
        assert over["y"] + over["height"] <= view.height
        page.keyboard.press("Escape")


@WIDE_AND_NARROW
def test_hostile_words_stay_words_wherever_a_token_is_shown(page: Page, account: str) -> None:
    dialogs: list[str] = []

    def note(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", note)
    page.add_init_script(
        "addEventListener('securitypolicyviolation', one => console.error(one.violatedDirective))"
    )
    reader = Reader(page, account)
    reader.set(Max_new_tokens="20")
    reader.ask("hostile")
    before, turned, after = (HOSTILE.index(word) for word in ('" onmouseover="alert(1)', TURNED, ZERO_WIDTH))
    ids = [HOSTILE.index(text) for text in reader.tokens.all_text_contents()]
    at = ids.index(turned)
    page.locator(".answer").evaluate("one => { one.style.width = '4000px'; one.style.whiteSpace = 'pre'; }")
    boxes = [reader.token(at + n).bounding_box() for n in (0, 1)]
    assert boxes[0] is not None
    assert boxes[1] is not None
    assert boxes[1]["x"] >= boxes[0]["x"] + boxes[0]["width"] - 1  # what comes behind stands behind
    page.locator(".answer").evaluate("one => one.removeAttribute('style')")

    for i in {ids.index(one) for one in (before, turned, after) if one in ids} | {0, 1}:
        reader.token(i).evaluate("one => one.click()")
        expect(reader.popover).to_be_visible()
        assert page.locator("#popover :is(img, script), #chosen :is(img, script)").count() == 0
        over = page.locator("#popover-word").bounding_box()
        assert over is not None
        assert over["height"] <= 80  # five hundred marks on one letter included
        page.keyboard.press("Escape")
    reader.display("White space", "shown")
    reader.display("Colour by", "rank")
    assert page.locator("main :is(img, [onmouseover])").count() == 0
    page.keyboard.press("Escape")
    assert_in_order(page)
    assert dialogs == []


@WIDE
def test_the_popover_keeps_its_times(page: Page, account: str) -> None:
    reader = Reader(page, account)
    reader.set(Max_new_tokens="20")
    reader.ask("Tell me something.")
    page.clock.install()
    reader.token(4).hover()
    page.clock.run_for(149)
    expect(reader.popover).to_be_hidden()
    page.clock.run_for(151)
    expect(reader.popover).to_be_visible()
    first = reader.popover.locator("#popover-word").text_content()
    assert first == visible(reader.token(4).text_content())
    reader.token(9).hover()
    page.clock.run_for(1)
    expect(reader.token(9)).to_have_class(re.compile("looked-at"))  # no delay from token to token
    page.mouse.move(4, 4)
    page.clock.run_for(79)
    expect(reader.popover).to_be_visible()
    page.clock.run_for(41)
    expect(reader.popover).to_be_hidden()

    reader.token(4).click()  # pinned: leaving doesn't close
    page.mouse.move(4, 4)
    page.clock.run_for(1000)
    expect(reader.popover).to_be_visible()
    page.locator(".prompt").click()
    expect(reader.popover).to_be_hidden()


def test_a_still_tap_toggles_and_a_moving_one_does_not(browser: Browser, site: Site, account: str) -> None:
    context = browser.new_context(
        base_url=site.url, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    reader = Reader(page, account)
    reader.ask("Tell me something.")
    reader.token(3).tap()
    expect(reader.popover).to_be_visible()
    reader.token(3).tap()
    expect(reader.popover).to_be_hidden()
    reader.token(3).tap()
    page.locator(".prompt").tap()
    expect(reader.popover).to_be_hidden()

    box = reader.token(40).bounding_box()
    assert box is not None
    fingers = context.new_cdp_session(page)
    x, y = box["x"] + 2, box["y"] + 5
    fingers.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for n in range(1, 8):
        moved = [{"x": x, "y": y - 12 * n}]
        fingers.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": moved})
    fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(reader.popover).to_be_hidden()
    context.close()
