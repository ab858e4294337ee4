"""A saved answer plays again as it came."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import VIEWS
from tests.browser.dialogs import dialogs_of
from tests.browser.lens import Reader
from tests.browser.order import assert_in_order
from tests.browser.playing import NUDGE, NUDGED, WITHDRAWN
from tests.browser.site import Site

WIDE = pytest.mark.parametrize("view", VIEWS[:1], indirect=True, ids=str)
WIDE_AND_NARROW = pytest.mark.parametrize("view", VIEWS[::2], indirect=True, ids=str)


@pytest.fixture(scope="module")
def account(site: Site) -> str:
    site.create_account("player")
    return "player"


class Playback:
    """Of an answer, stopped at its beginning."""

    def __init__(self, page: Page, account: str, prompt: str, **settings: str) -> None:
        self.page = page
        self.reader = Reader(page, account)
        self.reader.set(**settings)
        self.reader.ask(prompt)
        self.said = self.reader.text()
        page.get_by_role("button", name="Replay", exact=True).click()
        self.button("One token back").click()
        self.to(0)

    @property
    def box(self) -> Locator:
        return self.page.get_by_role("group", name="Replay")

    def button(self, name: str) -> Locator:
        return self.box.get_by_role("button", name=name, exact=True)

    def to(self, position: int) -> None:
        self.box.get_by_role("slider").fill(str(position))

    @property
    def text(self) -> str:
        return "".join(self.box.locator(".token:not([hidden])").all_text_contents())


def test_it_plays_pauses_steps_and_scrubs(page: Page, account: str) -> None:
    play = Playback(page, account, "Tell me about cats.", Max_new_tokens="30", Delay="0.05")
    expect(play.box.locator(".token")).to_have_count(0)
    assert_in_order(page)
    play.button("One token on").click()
    expect(play.box.locator(".token")).to_have_count(1)
    play.to(20)
    expect(play.box.locator(".token")).to_have_count(20)
    play.button("One token back").click()
    expect(play.box.locator(".token")).to_have_count(19)
    expect(play.box.locator("output")).to_contain_text("19 of 30 tokens")
    play.box.get_by_label("Speed").select_option("16×")
    play.button("Play").click()
    expect(play.button("Play again")).to_be_visible()
    expect(play.box.locator("output")).to_contain_text("30 of 30 tokens")
    assert play.text == play.said
    play.to(0)
    play.box.get_by_label("Speed").select_option("instantly")
    play.button("Play").click()
    expect(play.box.locator(".token")).to_have_count(30)
    assert_in_order(page)
    page.get_by_role("button", name="Close the replay").click()
    expect(play.box).to_have_count(0)
    expect(page.get_by_role("button", name="Replay", exact=True)).to_be_focused()
    assert play.reader.text() == play.said


@WIDE
def test_it_takes_the_time_that_it_took(page: Page, account: str) -> None:
    play = Playback(page, account, "Tell me slowly.", Max_new_tokens="10", Delay="0.2")
    took = page.evaluate(
        """() => new Promise((resolve) => {
          const box = document.querySelector(".replay");
          const began = performance.now();
          new MutationObserver((_, observer) => {
            if (!box.querySelector(".replay-play").textContent.includes("again")) return;
            observer.disconnect();
            resolve(performance.now() - began);
          }).observe(box, { childList: true, subtree: true, characterData: true });
          box.querySelector(".replay-play").click();
        })"""
    )
    end = page.evaluate(
        "() => Number(document.querySelector('.replay-told').textContent.match(/([\\d.]+) s/)[1]) * 1000"
    )
    assert end > 1500  # milliseconds: nine pauses of 0.2 s
    assert end - 100 < took < end + 1500
    assert play.text == play.said


@WIDE
def test_by_key_alone(page: Page, account: str) -> None:
    play = Playback(page, account, "Tell me about cats.", Max_new_tokens="12")
    play.box.get_by_role("slider").focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    expect(play.box.locator(".token")).to_have_count(5)
    expect(play.box.get_by_role("slider")).to_have_attribute("aria-valuetext", "5 of 12 tokens, 0.0 s")
    page.keyboard.press("End")
    expect(play.box.get_by_role("slider")).to_have_attribute(
        "aria-valuetext", "12 of 12 tokens, 0.0 s, the end"
    )
    page.keyboard.press("Escape")
    expect(play.box).to_have_count(0)
    expect(page.get_by_role("button", name="Replay", exact=True)).to_be_focused()


@WIDE_AND_NARROW
def test_what_the_guard_did_plays_too(page: Page, account: str) -> None:
    play = Playback(page, account, "Something guarded and withdrawn.", Max_new_tokens="60")
    slider = play.box.get_by_role("slider")
    play.to(NUDGED)
    expect(play.box.locator(".nudge-block")).to_have_count(0)
    play.to(NUDGED + 1)
    expect(play.box.locator("output")).to_contain_text("the guard put words in")
    play.to(NUDGED + len(NUDGE))
    expect(play.box.locator(".nudge-block")).to_have_text("".join(NUDGE))
    expect(play.box.locator(".nudge-block")).to_have_attribute("data-label", "guard · 0.57 ≥ 0.50")

    # What was withdrawn isn't kept: it plays as a gap, and when it was taken back is said.
    first, last = WITHDRAWN
    position = int(slider.get_attribute("max") or "0")
    told = []
    for at in range(last + 1, position + 1):
        play.to(at)
        told.append(play.box.locator("output").inner_text())
    assert sum("the guard took words back" in one for one in told) == 1
    expect(play.box.locator(".token[hidden]")).to_have_count(last - first + 1)
    assert play.text == play.said


@WIDE
def test_a_branch_s_shared_words_are_there_from_the_start(page: Page, account: str) -> None:
    reader = Reader(page, account)
    reader.set(Max_new_tokens="12")
    reader.ask("Tell me about cats.")
    reader.token(7).click()
    reader.popover.get_by_role("button", name="Sample again from here").click()
    expect(page.locator(".fork")).to_have_text("‹2/2›")
    reader.is_ready()
    page.get_by_role("button", name="Replay", exact=True).click()
    page.get_by_role("button", name="One token back").click()
    page.get_by_role("slider", name="Place in the replay").fill("0")
    expect(page.locator(".replay .token")).to_have_count(7)


@WIDE
def test_hostile_words_play_as_text(page: Page, account: str) -> None:
    dialogs = dialogs_of(page)
    play = Playback(page, account, "Something hostile.", Max_new_tokens="20")
    play.to(99)
    expect(play.box.locator(".answer")).to_contain_text("<img src=x onerror=alert(1)>")
    assert play.box.locator("img").count() == 0
    assert_in_order(page)
    assert dialogs == []


@WIDE
def test_another_way_ends_the_replay(page: Page, account: str) -> None:
    reader = Reader(page, account)
    reader.set(Max_new_tokens="8")
    reader.ask("Tell me about cats.")
    page.get_by_role("button", name="Replay", exact=True).click()
    reader.ask("And dogs?")
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_role("group", name="Replay")).to_have_count(0)
