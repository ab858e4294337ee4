"""What holds for every page in every view: it is open to everybody, and nothing sticks out."""

from pathlib import Path

from playwright.sync_api import Locator, Page, expect

SOURCE = Path(__file__).resolve().parent.parent.parent / "node_modules" / "axe-core" / "axe.min.js"


def assert_in_order(page: Page) -> None:
    """Nothing that axe finds, one heading of the first level, and nothing that sticks out sideways."""
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    found = violations(page)
    assert not found, "\n".join(found)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def violations(page: Page) -> list[str]:
    """One line for each rule of axe-core that the page breaks; its best practices count too."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(SOURCE.read_text())
    found = page.evaluate("async () => (await axe.run(document)).violations")
    return [
        f"{one['id']} ({one['impact']}): {one['help']}: {[node['html'][:200] for node in one['nodes']]}"
        for one in found
    ]


def assert_beside(one: Locator, other: Locator) -> None:
    """The first lies wholly above the second, or wholly below."""
    first, second = one.bounding_box(), other.bounding_box()
    assert first is not None
    assert second is not None
    assert first["y"] >= second["y"] + second["height"] or first["y"] + first["height"] <= second["y"]


def assert_all_is_in_sight(box: Locator) -> None:
    """Nothing that it says is cut off at its sides."""
    hidden = box.evaluate(
        """(box) => {
          const { left, right } = box.getBoundingClientRect();
          const isCut = (one) => {
            const side = one.getBoundingClientRect();
            return side.width > 1 && (side.left < left || side.right > right);
          };
          const leaves = [...box.querySelectorAll("*")].filter((one) => !one.children.length);
          return leaves.filter((one) => one.textContent && isCut(one)).map((one) => one.textContent);
        }"""
    )
    assert hidden == []
