"""Stories of single tokens: how they are coloured, where they come from, how they are read."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import VIEWS
from tests.browser.lens import Reader
from tests.browser.order import assert_in_order
from tests.browser.playing import NUDGE, NUDGED, WITHDRAWN
from tests.browser.site import Site

WIDE = pytest.mark.parametrize("view", VIEWS[:1], indirect=True, ids=str)
WIDE_AND_NARROW = pytest.mark.parametrize("view", VIEWS[::2], indirect=True, ids=str)

# WCAG's contrast of two colours as the browser has computed them, the second one perhaps see-through.
CONTRAST = """element => {
  const luminance = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map(Number).map((one) => one / 255)
      .map((one) => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  let ground = element;
  while (/rgba\\(.*, 0\\)/.test(getComputedStyle(ground).backgroundColor)) ground = ground.parentElement;
  const [a, b] = [getComputedStyle(element).color, getComputedStyle(ground).backgroundColor].map(luminance);
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}"""


@pytest.fixture(scope="module")
def account(site: Site) -> str:
    site.create_account("token-reader")
    return "token-reader"


def tints(reader: Reader) -> list[str]:
    found = reader.tokens.evaluate_all(
        "all => all.map(one => one.className.match(/\\bt[1-4]\\b/)?.[0] ?? '')"
    )
    assert isinstance(found, list)
    return found


def legend(page: Page) -> Locator:
    return page.locator("#legend-strip li:visible")


def test_every_tint_can_be_read_and_the_legend_is_true_to_it(page: Page, account: str) -> None:
    reader = Reader(page, account)
    reader.set(Max_new_tokens="20")
    reader.ask("A guarded story.")
    for palette in ("default", "cividis", "contrast"):
        reader.display("Palette", palette)
        page.keyboard.press("Escape")
        expect(legend(page)).to_have_count(5)
        contrasts = [legend(page).nth(n).evaluate(CONTRAST) for n in range(5)]
        assert min(contrasts) >= (7 if palette == "contrast" else 4.5), (palette, contrasts)
        shown = legend(page).evaluate_all("all => all.map(one => getComputedStyle(one).backgroundColor)")
        assert len(set(shown)) == 5
        for n, token in enumerate(reader.tokens.all()):
            tint = re.search(r"\bt([1-4])\b", token.get_attribute("class") or "")
            if tint:
                ground = token.evaluate("one => getComputedStyle(one).backgroundColor")
                injected = NUDGED <= n < NUDGED + len(NUDGE)  # the guard's words have no tint
                assert (ground == shown[int(tint[1])]) is not injected, n
            assert token.evaluate(CONTRAST) >= 4.5
        assert_in_order(page)


@WIDE
def test_each_mode_colours_by_its_own_measure_and_is_kept(page: Page, account: str) -> None:
    reader = Reader(page, account)
    reader.set(Max_new_tokens="40")
    reader.ask("A guarded story.")
    sentences = set()
    found = {}
    for mode in ("probability", "surprisal", "entropy", "rank", "guard", "none"):
        reader.display("Colour by", mode)
        sentences.add(page.locator("#legend-sentence").inner_text())
        found[mode] = tints(reader)
    assert len(sentences) == 6
    assert set(found["none"]) == {""}
    expect(page.locator(".token.low").first).to_have_css("text-decoration-line", "none")
    assert set(found["entropy"]) == {"t1"}  # the script's is 1.5 bits everywhere
    scored = found["guard"]
    assert scored[:NUDGED] == ["", "", "", "", "", "", "", "t1", "t1", "t2", "t2", "t2"]
    assert found["rank"][NUDGED] == "t2"  # what the guard put in stands behind the first ten

    reader.display("Colour by", "probability")
    linear = tints(reader)
    reader.display("Scale", "quantile")
    assert tints(reader) != linear
    reader.display("Scale", "log")
    assert page.get_by_text("over 50 %").is_visible()
    reader.display("Palette", "cividis")
    page.reload()
    reader.is_ready()
    expect(page.locator("#display-scale")).to_have_value("log")
    expect(page.locator("html")).to_have_attribute("data-palette", "cividis")
    expect(reader.tokens).to_have_count(40)
    reader.display("Scale", "linear")
    assert tints(reader) == linear


@WIDE
def test_a_kept_choice_that_makes_no_sense_gives_way(page: Page, account: str) -> None:
    reader = Reader(page, account)
    for kept in ('{"mode": "sums", "palette": 7}', "[", "null", '"text"'):
        page.evaluate("kept => localStorage.setItem('safelens display', kept)", kept)
        page.reload()
        reader.is_ready()
        expect(page.locator("#display-mode")).to_have_value("probability")


@WIDE_AND_NARROW
def test_where_a_token_comes_from_is_seen_without_colour(page: Page, account: str) -> None:
    reader = Reader(page, account)
    reader.set(Max_new_tokens="60", Assistant_prefix="Sure, here")
    reader.ask("A guarded story, withdrawn.")
    expect(reader.token(0)).to_have_class(re.compile("prefix"))
    expect(reader.token(0)).to_have_css("border-left-width", "2px")
    block = page.get_by_role("group", name="Put here by the guard: score 0.57, threshold 0.50")
    expect(block).to_have_text("".join(NUDGE).strip())
    expect(block.locator(".token")).to_have_count(len(NUDGE))
    label = block.evaluate("one => getComputedStyle(one, '::before').content")
    assert label == '"guard · 0.57 ≥ 0.50"'
    for i in range(WITHDRAWN[0], WITHDRAWN[1] + 1):
        expect(reader.token(i)).to_be_hidden()
        expect(reader.token(i)).to_be_empty()
    reader.token(NUDGED + 1).click()
    expect(reader.popover).to_contain_text("put here by the guard: probe 0.57 ≥ 0.50")
    assert_in_order(page)
    page.keyboard.press("Escape")
    page.reload()
    reader.is_ready()
    expect(block.locator(".token")).to_have_count(len(NUDGE))
    expect(reader.token(WITHDRAWN[0])).to_be_hidden()
    assert_in_order(page)


@WIDE_AND_NARROW
def test_the_tokens_of_one_character_are_found_through_each_other(page: Page, account: str) -> None:
    reader = Reader(page, account)
    reader.set(Max_new_tokens="6")
    reader.ask("Some bytes.")
    assert reader.text() == " …🙂 fine"
    assert reader.tokens.all_text_contents() == ["", " …", "", "", "🙂", " fine"]
    reader.token(4).click()
    pieces = reader.popover.locator("#popover-pieces")
    expect(pieces).to_contain_text("🙂")
    expect(pieces.get_by_role("button")).to_have_text(["<F0 9F>", "<99>", "<82>"])
    pieces.get_by_role("button", name="<F0 9F>").click()
    expect(reader.popover.locator("#popover-word")).to_have_text("<F0 9F>")
    expect(pieces.get_by_role("button", name="<F0 9F>")).to_have_attribute("aria-pressed", "true")
    assert_in_order(page)


@WIDE
def test_white_space_is_shown_when_asked(page: Page, account: str) -> None:
    reader = Reader(page, account)
    reader.set(Max_new_tokens="30")
    reader.ask("A guarded story.")
    plain = reader.text()
    reader.display("White space", "shown")
    expect(reader.token(NUDGED)).to_have_text("↵↵\n\nWait,", use_inner_text=False)
    assert "␣" in reader.text()
    reader.display("White space", "hidden")
    assert reader.text() == plain


@WIDE
def test_the_line_over_the_answer_leads_to_its_tokens(page: Page, account: str) -> None:
    reader = Reader(page, account)
    reader.set(Max_new_tokens="40")
    reader.ask("Tell me something.")
    line = page.get_by_role(
        "img", name=re.compile("Line of surprisal over the answer: .* bit a token, at most")
    )
    box = line.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] - 1, box["y"] + 5)
    expect(line).to_contain_text("token 40:")
    line.click(position={"x": 1, "y": 5})
    expect(reader.token(0)).to_be_focused()
    expect(reader.popover).to_be_visible()


@WIDE
def test_what_is_copied_is_the_text_alone(page: Page, account: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    reader = Reader(page, account)
    reader.set(Max_new_tokens="600", Delay="0.002")
    reader.ask("A long story.")
    assert page.locator(".stretch").count() > 1
    plain = page.evaluate(
        "() => [...document.querySelectorAll('.token')].map(one => one.textContent).join('')"
    )
    assert plain.count(" ") < 600
    page.evaluate(
        "() => getSelection().setBaseAndExtent(document.querySelector('.answer'), 0,"
        " document.querySelector('.answer'), document.querySelector('.answer').childNodes.length)"
    )
    page.keyboard.press("Control+c")
    copied = page.evaluate("() => navigator.clipboard.readText()")
    page.reload()
    reader.is_ready()
    expect(reader.tokens).to_have_count(600)
    page.set_viewport_size({"width": 1300, "height": 900})  # lines break elsewhere: all in one piece again
    expect(page.locator(".stretch")).to_have_count(0)
    assert copied == reader.text()


@WIDE
def test_those_who_listen_hear_start_end_and_guard_and_no_token(page: Page, account: str) -> None:
    reader = Reader(page, account)
    page.evaluate(
        """() => {
          window.heard = [];
          const said = document.getElementById("said");
          new MutationObserver(() => heard.push(said.textContent)).observe(said, { childList: true });
        }"""
    )
    reader.set(Max_new_tokens="60", Delay="0.01")
    reader.ask("A guarded story, withdrawn.")
    heard = page.evaluate("() => heard")
    assert heard == [
        "The answer begins.",
        "The guard stepped in at token 13: score 0.57, threshold 0.50.",
        "The guard withdrew 5 tokens.",
        "The answer has ended: 60 tokens.",
    ]
    expect(page.get_by_role("log")).to_have_attribute("aria-live", "off")
