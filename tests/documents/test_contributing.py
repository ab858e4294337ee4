"""The map in CONTRIBUTING.md is the tree, one and two levels deep, and that of the browser's modules too."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
# Made by the commands and ignored by git, or git's own.
NOT_OURS = re.compile(r"\.git|\.venv|node_modules|var|static-collected|__pycache__|\..*_cache|\.hypothesis")


def mapped(heading: str = "The map") -> list[str]:
    section = (ROOT / "CONTRIBUTING.md").read_text().split(f"## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `([^`]+)/` \|", section, re.MULTILINE)


def ours(folder: Path) -> list[Path]:
    """The folders in it that hold a file of ours."""
    return [
        one
        for one in sorted(folder.iterdir())
        if one.is_dir() and not NOT_OURS.fullmatch(one.name) and any(map(is_ours, one.rglob("*")))
    ]


def is_ours(path: Path) -> bool:
    return path.is_file() and "__pycache__" not in path.parts


def test_the_map_is_the_tree() -> None:
    top = ours(ROOT)
    folders = [*top, *(second for folder in top for second in ours(folder))]
    assert sorted(mapped()) == sorted(str(folder.relative_to(ROOT)) for folder in folders)


def test_no_folder_is_mapped_twice() -> None:
    assert len(mapped()) == len(set(mapped()))


def test_the_browser_s_modules_are_mapped_too() -> None:
    folder = ROOT / "frontend" / "static" / "safelens"
    assert sorted(mapped("The browser's modules")) == sorted(one.name for one in ours(folder))
    assert [one.name for one in folder.iterdir() if one.is_file()] == []  # each has its folder


def test_every_path_that_the_recipes_name_exists() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    named = set(re.findall(r"`((?:safelens_site|generation|guard|frontend|deploy|tests)/[\w./-]*)`", text))
    assert len(named) > 20
    assert sorted(name for name in named if not (ROOT / name).exists()) == []
