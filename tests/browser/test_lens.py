"""Stories of the lens, told in four views: wide and narrow, light and dark."""

import re

import pytest
from playwright.sync_api import Dialog, Page, expect

from frontend.examples import EXAMPLES
from tests.browser.conftest import VIEWS, View
from tests.browser.lens import Reader
from tests.browser.order import assert_beside, assert_in_order
from tests.browser.playing import CAT, OTHER_CAT
from tests.browser.site import Site

WIDE = pytest.mark.parametrize("view", VIEWS[:1], indirect=True, ids=str)
WIDE_AND_NARROW = pytest.mark.parametrize("view", VIEWS[::2], indirect=True, ids=str)


@pytest.fixture(scope="module")
def account(site: Site) -> str:
    """One for all stories: each has a browser profile of its own, and begins a study of its own."""
    site.create_account("reader")
    return "reader"


def test_the_first_minute(page: Page, account: str) -> None:
    reader = Reader(page, account)
    assert_in_order(page)
    page.get_by_role("button", name="Tell me about Saturn.", exact=True).click()
    expect(reader.tokens).to_have_count(100)
    reader.is_ready()
    expect(page.get_by_role("heading", level=1)).to_have_text("Tell me about Saturn.")
    expect(page).to_have_url(re.compile(r"/studies/[\w-]+/$"))
    expect(page.get_by_text("How probable each token was to the model")).to_be_visible()
    expect(page.locator(".token.low").first).to_have_css("text-decoration-style", "dashed")

    before = reader.text()
    reader.token(8).click()
    expect(reader.popover).to_contain_text("drawn by chance")
    expect(reader.popover.get_by_role("listitem")).to_have_count(10)
    assert_in_order(page)
    reader.popover.locator("li:not(.taken) button").first.click()
    expect(page.locator(".fork")).to_have_text("‹2/2›")
    expect(reader.popover).to_be_hidden()
    reader.is_ready()
    assert reader.text() != before
    expect(reader.token(8)).to_have_class(re.compile("edit"))
    assert_in_order(page)

    page.get_by_role("button", name="Show the way before").click()
    expect(page.locator(".fork")).to_have_text("‹1/2›")
    assert reader.text() == before


@WIDE
def test_the_guard_s_example_brings_the_guard_s_tab_and_its_seed(page: Page, account: str) -> None:
    sent: list[str] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(str(frame))))
    reader = Reader(page, account)
    seeded = f'"seed":{EXAMPLES[-1].seed}'
    tab = page.get_by_role("tab", name="Guard")
    page.get_by_role("button", name="Close the details").click()
    page.get_by_role("button", name=re.compile("for the guard")).click()
    expect(tab).to_have_attribute("aria-selected", "true")
    reader.is_ready()
    assert any(seeded in frame for frame in sent)
    sent.clear()
    page.get_by_role("tab", name="Tree").click()
    reader.ask("And what else?")
    expect(tab).to_have_attribute("aria-selected", "false")
    assert not any("seed" in frame for frame in sent)


@WIDE_AND_NARROW
def test_a_token_of_equal_text_and_other_id_is_a_branch_of_its_own(page: Page, account: str) -> None:
    reader = Reader(page, account)
    reader.ask("Tell me about cats.")
    i = reader.tokens.all_text_contents().index(" cat")
    reader.token(i).click()
    cats = reader.popover.get_by_role("button", name=re.compile("␣cat"))
    expect(cats).to_have_count(2)
    taken = reader.popover.locator("li.taken button")
    own = int(taken.get_attribute("data-token") or "")
    assert own in (CAT, OTHER_CAT)
    other = OTHER_CAT if own == CAT else CAT
    reader.popover.locator(f"button[data-token='{other}']").click()
    expect(page.locator(".fork")).to_have_text("‹2/2›")
    reader.is_ready()
    expect(reader.token(i)).to_have_text(" cat")
    reader.token(i).click()
    expect(reader.popover).to_contain_text(f"token {other}")
    expect(reader.popover).to_contain_text("put here by you")


@WIDE_AND_NARROW
def test_a_reload_in_mid_stream_goes_on_where_it_was(page: Page, account: str) -> None:
    reader = Reader(page, account)
    reader.set(Max_new_tokens="4000", Delay="0.02")  # it is stopped when it has been seen to go on
    reader.send("Tell me a story.")
    reader.has_streamed(5)
    page.reload()
    reader.streams()
    reader.has_streamed(reader.tokens.count() + 5)
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".note")).to_contain_text("then stopped")
    indexes = page.eval_on_selector_all(".token", "all => all.map(one => Number(one.dataset.i))")
    assert indexes == list(range(len(indexes)))
    expect(page.get_by_role("heading", level=1)).to_have_text("Tell me a story.")


@WIDE
def test_stop_and_go_on(page: Page, account: str) -> None:
    reader = Reader(page, account)
    reader.set(Max_new_tokens="4000", Delay="0.02")
    reader.send("Tell me a long story.")
    reader.has_streamed(3)
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".note")).to_contain_text("then stopped")
    expect(page.get_by_role("button", name="Send")).to_be_visible()
    stopped = reader.tokens.count()
    assert stopped < 4000

    reader.set(Max_new_tokens="5", Delay="0")
    page.get_by_role("button", name="Go on from here").click()
    expect(reader.tokens).to_have_count(stopped + 5)
    expect(page.locator(".fork")).to_have_text("‹2/2›")


@WIDE_AND_NARROW
def test_hostile_words_are_shown_as_text(page: Page, account: str) -> None:
    dialogs: list[str] = []

    def note(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", note)
    reader = Reader(page, account)
    prompt = "<img src=x onerror=alert(1)> hostile \u202e" + "ź\u0301" * 50
    reader.set(Max_new_tokens="30")
    reader.ask(prompt)
    assert "<img src=x onerror=alert(1)>" in reader.text()
    assert "</script><script>alert(1)</script>" in reader.text()
    assert page.locator("main img").count() == 0
    for i in range(3):
        reader.token(i).click()
        expect(reader.popover).to_contain_text("drawn by chance")
        page.keyboard.press("Escape")
    reader.token(0).click()
    expect(reader.popover.get_by_text("<U+202E>gnp.exe")).to_be_visible()
    assert_in_order(page)
    page.keyboard.press("Escape")
    page.reload()
    reader.is_ready()
    expect(page.get_by_role("heading", level=1)).to_contain_text("<img src=x onerror=alert(1)>")
    assert_in_order(page)
    assert dialogs == []


@WIDE
def test_a_pointer_at_rest_opens_and_leaving_closes(page: Page, account: str) -> None:
    reader = Reader(page, account)
    reader.ask("Tell me something.")
    reader.token(4).hover()
    expect(reader.popover).to_be_visible()
    assert_beside(reader.popover, reader.token(4))
    page.mouse.move(4, 4)
    expect(reader.popover).to_be_hidden()


@WIDE
def test_everything_by_key(page: Page, account: str) -> None:
    reader = Reader(page, account)
    page.keyboard.type("Tell me something.")  # the input has the focus from the start
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("Please.")
    page.keyboard.press("Enter")
    expect(reader.tokens).to_have_count(100)
    expect(page.locator(".prompt")).to_have_text("Tell me something.\nPlease.")
    expect(page.locator(".token[tabindex]")).to_have_count(1)
    page.locator(".token[tabindex]").focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    expect(reader.token(1)).to_be_focused()
    page.keyboard.press("ArrowDown")
    below = page.locator(".token[tabindex]").bounding_box()
    above = reader.token(1).bounding_box()
    assert above is not None
    assert below is not None
    assert above["height"] <= below["y"] - above["y"] + 4 <= 2 * above["height"]
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("]")
    page.keyboard.press("Enter")
    expect(reader.popover).to_be_visible()
    expect(reader.popover.get_by_role("button").nth(1)).to_be_focused()
    page.keyboard.press("Escape")
    expect(reader.popover).to_be_hidden()
    expect(page.locator(".token[tabindex]")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".fork").first).to_be_visible()


@WIDE_AND_NARROW
def test_a_wrong_setting_is_told_beside_its_field(page: Page, account: str) -> None:
    Reader(page, account)
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("Top-p", exact=True).fill("3")
    expect(page.get_by_text("Top-p must be a number above 0, at most 1.")).to_be_visible()
    expect(page.get_by_label("Top-p", exact=True)).to_have_attribute("aria-invalid", "true")
    assert_in_order(page)
    page.get_by_role("button", name="Close", exact=True).click()
    page.get_by_placeholder("What can I help you with?").fill("Hello")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Top-p", exact=True)).to_be_focused()
    expect(page.locator(".turn")).to_have_count(0)


@WIDE_AND_NARROW
def test_the_studies_are_listed_searched_and_opened(
    page: Page, site: Site, new_name: str, view: View
) -> None:
    site.create_account(new_name)
    reader = Reader(page, new_name)
    reader.set(Max_new_tokens="8")
    reader.ask("A harbour at night.")
    first = reader.text()
    page.get_by_role("button", name="Clear").click()
    reader.is_ready()
    reader.ask("A mountain at noon.")
    if view.width < 1000:
        page.get_by_role("button", name="Studies").click()
    studies = page.get_by_role("navigation", name="Studies")
    expect(studies.get_by_role("link")).to_have_count(2)
    assert_in_order(page)
    studies.get_by_role("searchbox").fill("HARBOUR")
    expect(studies.get_by_role("link")).to_have_count(1)
    studies.get_by_role("link", name="A harbour at night.").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("A harbour at night.")
    expect(reader.tokens).to_have_count(8)
    assert reader.text() == first
    expect(page.locator("[aria-current=page]").first).to_contain_text("harbour")


@WIDE
def test_a_second_turn_follows_the_branch_that_is_shown(page: Page, account: str) -> None:
    reader = Reader(page, account)
    reader.set(Max_new_tokens="8")
    reader.ask("First.")
    reader.ask("Second.")
    expect(page.locator(".turn")).to_have_count(2)
    reader.page.locator(".turn").first.locator(".token[data-i='3']").click()
    reader.popover.get_by_role("button", name="Sample again from here").click()
    expect(page.locator(".turn")).to_have_count(1)
    page.get_by_role("button", name="Show the way before").click()
    expect(page.locator(".turn")).to_have_count(2)


@WIDE
def test_a_second_window_shows_the_same_running_answer(page: Page, account: str) -> None:
    reader = Reader(page, account)
    reader.set(Max_new_tokens="40", Delay="0.05")
    reader.send("Tell me a story.")
    reader.has_streamed(3)
    other = page.context.new_page()
    other.goto(page.url)
    for one in (page, other):
        expect(one.locator(".note")).to_contain_text("40 tokens")
        expect(one.locator(".token")).to_have_count(40)  # the page knew how many before it had them
    assert page.locator(".answer").inner_text() == other.locator(".answer").inner_text()
    other.close()


@WIDE
def test_whoever_logs_out_elsewhere_is_told(page: Page, account: str) -> None:
    Reader(page, account)
    other = page.context.new_page()
    other.goto("/accounts/password/change/")
    other.get_by_role("button", name="Log out").click()
    expect(page.get_by_text("You are logged out.")).to_be_visible()
    expect(page.get_by_role("link", name="Log in again")).to_be_visible()
    other.close()
