"""What pyproject.toml and package.json ask for, and what the locks pin."""

import json
import re
import runpy
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent.parent
LINES = [line for line in (ROOT / "requirements.lock").read_text().splitlines() if not line.startswith("#")]
PINNED = dict(line.split("==") for line in LINES)


def test_every_line_pins_one_package_to_one_public_version() -> None:
    assert all(re.fullmatch(r"[a-z0-9.-]+==[0-9][0-9a-z.]*", line) for line in LINES)
    assert len(PINNED) == len(LINES)


def test_the_lock_satisfies_everything_that_pyproject_asks_for() -> None:
    asked = runpy.run_path(str(ROOT / "deploy" / "lock.py"))["requirements"]()
    assert len(asked) > 10
    for requirement in map(Requirement, asked):
        version = PINNED.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement.name} is not in the lock: run `make lock`"
        assert requirement.specifier.contains(version), f"{requirement} but {version}: run `make lock`"


def test_what_depends_on_the_machine_is_left_to_torch() -> None:
    assert PINNED["torch"] == "2.13.0"
    assert not [name for name in PINNED if name.startswith(("nvidia", "triton", "cuda"))]


def test_the_browser_lock_matches_its_package_and_names_no_registry() -> None:
    package = json.loads((ROOT / "package.json").read_text())
    text = (ROOT / "package-lock.json").read_text()
    lock = json.loads(text)["packages"]
    for name, version in (package["dependencies"] | package["devDependencies"]).items():
        assert lock[f"node_modules/{name}"]["version"] == version
    assert lock[""]["devDependencies"] == package["devDependencies"]
    assert "://" not in text
    assert all("integrity" in one for path, one in lock.items() if path)
