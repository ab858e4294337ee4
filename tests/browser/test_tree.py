"""The tree on the side: how it grows, how one goes through it, and what is deleted and comes back."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import VIEWS, View
from tests.browser.dialogs import dialogs_of
from tests.browser.lens import Reader
from tests.browser.order import assert_in_order
from tests.browser.site import Site

WIDE = pytest.mark.parametrize("view", VIEWS[:1], indirect=True, ids=str)
WIDE_AND_NARROW = pytest.mark.parametrize("view", VIEWS[::2], indirect=True, ids=str)


@pytest.fixture(scope="module")
def account(site: Site) -> str:
    site.create_account("climber")
    return "climber"


class Tree:
    """Of a study with two answers that part at token 5, the second one shown."""

    def __init__(self, page: Page, account: str, view: View) -> None:
        self.page, self.view = page, view
        self.reader = Reader(page, account)
        self.reader.set(Max_new_tokens="12")
        self.reader.ask("Tell me about cats.")
        self.again_from(5)
        self.open()

    def again_from(self, i: int) -> None:
        forks = self.page.locator(".fork").count()
        self.reader.token(i).click()
        self.reader.popover.get_by_role("button", name="Sample again from here").click()
        expect(self.page.locator(".fork")).to_have_count(forks + 1)
        self.reader.is_ready()

    def open(self) -> None:
        if self.view.width < 1200:
            self.page.get_by_role("button", name="Details").click()
        expect(self.box).to_be_visible()

    @property
    def box(self) -> Locator:
        return self.page.get_by_role("tree", name="Tree of this study")

    @property
    def item(self) -> Locator:
        """On which the cursor is."""
        return self.box.get_by_role("treeitem")

    def press(self, *keys: str) -> None:
        self.box.focus()
        for key in keys:
            self.page.keyboard.press(key)

    def button(self, name: str) -> Locator:
        return self.page.locator("#panel-tree").get_by_role("button", name=name, exact=True)


def test_a_study_grows_into_a_tree(page: Page, account: str, view: View) -> None:
    tree = Tree(page, account, view)
    tree.press("Home")
    expect(tree.item).to_contain_text("Tell me about cats.. a question, 2 answers. shown")
    expect(tree.item).to_have_attribute("aria-level", "1")
    tree.press("ArrowDown")
    expect(tree.item).to_contain_text("5 tokens")
    expect(tree.item).to_have_attribute("aria-level", "2")
    tree.press("ArrowDown", "ArrowLeft")
    expect(tree.item).to_contain_text("7 tokens")
    expect(tree.item).to_have_attribute("aria-posinset", "1")
    assert_in_order(page)


@WIDE
def test_enter_goes_there_and_the_text_follows(page: Page, account: str, view: View) -> None:
    tree = Tree(page, account, view)
    second = tree.reader.text()
    tree.press("Home", "ArrowDown", "ArrowDown", "ArrowLeft", "Enter")
    expect(page.locator(".fork")).to_have_text("‹1/2›")
    first = tree.reader.text()
    assert first != second
    expect(tree.item).to_contain_text("shown")
    tree.press("ArrowRight", "Enter")
    expect(page.locator(".fork")).to_have_text("‹2/2›")
    assert tree.reader.text() == second
    expect(tree.box).to_be_focused()


@WIDE_AND_NARROW
def test_a_tap_on_a_box_goes_there(page: Page, account: str, view: View) -> None:
    tree = Tree(page, account, view)
    tree.button("All").click()
    # In a small tree that fits, the first answer's end stands left of the middle, in the lowest line.
    found = page.evaluate(
        """() => {
          const canvas = document.getElementById("tree-canvas");
          const box = canvas.getBoundingClientRect();
          return { x: box.x + box.width / 2 - 62, y: box.y + box.height / 2 + 44 };
        }"""
    )
    page.mouse.click(found["x"], found["y"])
    expect(page.locator(".fork")).to_have_text("‹1/2›")
    if view.width < 1200:
        expect(tree.box).to_be_hidden()
        expect(page.get_by_role("button", name="Details")).to_be_visible()


@WIDE
def test_a_pointer_at_rest_previews(page: Page, account: str, view: View) -> None:
    tree = Tree(page, account, view)
    tree.button("All").click()
    box = tree.box.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2 - 44)
    expect(page.locator("#tree-preview")).to_contain_text("Tell me about cats.")
    page.mouse.move(box["x"] + 4, box["y"] + 4)
    expect(page.locator("#tree-preview")).to_be_hidden()


@WIDE
def test_words_that_are_not_here_come_for_whoever_looks(page: Page, account: str, view: View) -> None:
    tree = Tree(page, account, view)
    page.get_by_role("button", name="Show the way before").click()
    rest = "".join(tree.reader.tokens.all_text_contents()[5:]).strip()
    page.get_by_role("button", name="Show the next way").click()
    page.reload()
    expect(page.locator(".fork")).to_have_text("‹2/2›")
    tree.press("Home", "ArrowDown", "ArrowDown", "ArrowLeft")
    expect(page.locator("#tree-preview bdi")).to_have_text(rest)
    expect(tree.item).to_contain_text(rest)


@WIDE_AND_NARROW
def test_a_branch_is_deleted_and_comes_back(page: Page, account: str, view: View) -> None:
    tree = Tree(page, account, view)
    address = page.url
    tree.press("Home", "ArrowDown", "ArrowDown", "ArrowLeft")
    tree.button("Delete …").click()
    expect(page.get_by_text("1 answer goes with it. It can be undone for 30 days.")).to_be_visible()
    tree.button("Keep").click()
    tree.button("Delete …").click()
    tree.button("Delete 1 answer").click()
    expect(page.get_by_text("1 answer deleted.")).to_be_visible()
    expect(page.locator(".fork")).to_have_count(0)
    assert_in_order(page)
    tree.button("Undo").click()
    expect(page.get_by_text("1 answer brought back.")).to_be_visible()
    expect(page.locator(".fork")).to_have_count(1)

    tree.press("Home")
    tree.button("Delete …").click()
    tree.button("Delete 2 answers").click()
    expect(page.locator(".turn")).to_have_count(0)
    page.goto(address)
    tree.reader.is_ready()
    expect(page.locator(".turn")).to_have_count(0)
    if view.width < 1200:
        page.get_by_role("button", name="Details").click()
    page.get_by_text("Deleted (1)").click()
    tree.button("Bring back").click()
    expect(page.locator(".fork").first).to_be_attached()
    expect(tree.box).to_be_visible()


@WIDE
def test_a_study_opens_on_its_favourite(page: Page, account: str, view: View) -> None:
    tree = Tree(page, account, view)
    tree.press("Home", "ArrowDown", "ArrowDown", "ArrowLeft")
    tree.button("Open here").click()
    expect(tree.button("Open here")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_text("The study opens here.")).to_be_visible()
    page.reload()
    expect(page.locator(".fork")).to_have_text("‹1/2›")


@WIDE
def test_what_was_written_elsewhere_is_unread_until_it_is_shown(page: Page, account: str, view: View) -> None:
    tree = Tree(page, account, view)
    tree.press("Home", "ArrowDown", "ArrowDown", "ArrowLeft")
    tree.button("Open here").click()
    expect(page.get_by_text("The study opens here.")).to_be_visible()
    # A program asks by the socket, and shows nothing to anybody.
    page.evaluate(
        """async (run) => {
          const socket = new WebSocket(`ws://${location.host}/ws/v1/`);
          await new Promise((resolve) => (socket.onmessage = ({ data }) => {
            const message = JSON.parse(data);
            const branch = { type: "branch", run, at: 5, settings: { seed: 77 } };
            if (message.type === "hello") socket.send(JSON.stringify(branch));
            if (message.type === "finished") resolve();
          }));
          socket.close();
        }""",
        page.locator(".answer").get_attribute("data-run"),
    )
    page.reload()
    expect(page.locator(".fork")).to_have_text("‹1/3›")
    tree.press("Home", "ArrowDown", "ArrowDown", "ArrowRight", "ArrowRight")
    expect(tree.item).to_contain_text("unread")
    with page.expect_response(re.compile("/seen$")):
        tree.press("Enter")
    page.reload()
    expect(page.locator(".fork")).to_have_text("‹1/3›")
    tree.press("Home", "ArrowDown", "ArrowDown", "ArrowRight", "ArrowRight")
    expect(tree.item).to_contain_text("12 tokens")
    expect(tree.item).not_to_contain_text("unread")


@WIDE
def test_siblings_stand_by_time_or_by_probability(page: Page, account: str, view: View) -> None:
    tree = Tree(page, account, view)
    for _ in range(3):
        tree.reader.token(5).click()
        tree.reader.popover.get_by_role("button", name="Sample again from here").click()
        tree.reader.is_ready()
    page.get_by_label("Order of siblings").select_option("probability")
    tree.press("Home", "ArrowDown", "ArrowDown", *["ArrowLeft"] * 9)
    said = []
    for _ in range(4):
        found = re.search(r"([<>\d.]+) % a token", tree.item.inner_text())
        assert found
        said.append(float(found.group(1).lstrip("<>")))
        tree.press("ArrowRight")
    assert said == sorted(said, reverse=True)


@WIDE
def test_hostile_words_in_the_tree_are_text(page: Page, account: str, view: View) -> None:
    dialogs = dialogs_of(page)
    reader = Reader(page, account)
    reader.set(Max_new_tokens="20")
    reader.ask("<img src=x onerror=alert(1)> hostile \u202e " + "ź\u0301" * 40)
    box = page.get_by_role("tree")
    box.focus()
    for key in ("Home", "ArrowDown"):
        page.keyboard.press(key)
    expect(page.locator("#tree-preview")).to_contain_text("<img src=x onerror=alert(1)>")
    assert page.locator("#side img").count() == 0
    assert_in_order(page)
    assert dialogs == []


@pytest.mark.parametrize("view", VIEWS[2:3], indirect=True, ids=str)
def test_on_a_phone_the_details_are_a_drawer(page: Page, account: str) -> None:
    Reader(page, account)
    button = page.get_by_role("button", name="Details")
    expect(page.get_by_role("tab", name="Tree")).to_be_hidden()
    button.click()
    tab = page.get_by_role("tab", name="Tree")
    expect(tab).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("tab", name="Compare")).to_be_focused()
    expect(page.get_by_role("tab", name="Compare")).to_have_attribute("aria-selected", "true")
    assert_in_order(page)
    page.keyboard.press("Escape")
    expect(tab).to_be_hidden()
    expect(button).to_be_focused()
    button.click()
    page.mouse.click(5, 400)
    expect(tab).to_be_hidden()


@WIDE
def test_the_panel_stays_as_it_was_left(page: Page, account: str) -> None:
    Reader(page, account)
    expect(page.get_by_role("tab", name="Tree")).to_be_visible()
    page.get_by_role("button", name="Close the details").click()
    expect(page.get_by_role("tab", name="Tree")).to_be_hidden()
    page.reload()
    expect(page.get_by_role("button", name="Details")).to_have_attribute("aria-expanded", "false")
    expect(page.get_by_role("tab", name="Tree")).to_be_hidden()
    page.get_by_role("button", name="Details").click()
    expect(page.get_by_role("tab", name="Tree")).to_be_visible()


@WIDE
def test_a_branch_that_has_just_grown_is_in_sight(page: Page, account: str, view: View) -> None:
    tree = Tree(page, account, view)
    for i in (7, 8):
        tree.again_from(i)
    tree.press("Home", "+", "+", "+")
    box = tree.box.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 20, box["y"] + box["height"] - 20)  # all of it out of sight
    page.mouse.up()
    assert in_sight(page) == []
    tree.again_from(9)
    new = "".join(tree.reader.tokens.all_text_contents()[9:]).strip()
    expect(tree.item).to_contain_text(new)
    expect(tree.item).to_contain_text("shown")
    assert new in in_sight(page)
    assert len(in_sight(page)) > 1  # what it grew from too


def in_sight(page: Page) -> list[str]:
    """What the boxes on the canvas say to a pointer over them."""
    found = page.evaluate(
        """() => {
          const canvas = document.getElementById("tree-canvas");
          const { x, y, width, height } = canvas.getBoundingClientRect();
          const said = new Set();
          for (let left = 4; left < width; left += 8) {
            for (let top = 4; top < height; top += 8) {
              canvas.dispatchEvent(new PointerEvent("pointermove", { clientX: x + left, clientY: y + top }));
              const preview = document.getElementById("tree-preview");
              if (!preview.hidden) said.add(preview.querySelector("bdi").textContent);
            }
          }
          canvas.dispatchEvent(new PointerEvent("pointerleave"));
          return [...said];
        }"""
    )
    assert isinstance(found, list)
    return found
