"""Writes requirements.lock: what pip chooses for pyproject.toml in a virtual environment made for it."""

import json
import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# What torch brings along depends on the machine: its builds for GPUs pin these themselves.
LEFT_TO_TORCH = re.compile(r"nvidia-|cuda-|triton$|pip$")
HEAD = "# Made by `make lock` from pyproject.toml: change that and run it again.\n"


def requirements() -> list[str]:
    """All that pyproject.toml asks for, extras included."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras: dict[str, list[str]] = project["optional-dependencies"]
    return sorted([*project["dependencies"], *(one for extra in extras.values() for one in extra)])


def resolved(wanted: list[str]) -> dict[str, str]:
    """Name and version of everything that pip installs for them, newest versions throughout."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        pip = [f"{folder}/bin/python", "-m", "pip", "--disable-pip-version-check"]
        install = [*pip, "install", "--upgrade", "--upgrade-strategy", "eager", *wanted]
        subprocess.run(install, check=True)
        listed = subprocess.run(
            [*pip, "list", "--format", "json"], check=True, capture_output=True, text=True
        )
    return {one["name"].lower().replace("_", "-"): one["version"] for one in json.loads(listed.stdout)}


def main() -> int:
    versions = resolved(requirements())
    lines = [
        # 2.13.0+cpu is the same release as 2.13.0, built for this machine.
        f"{name}=={version.partition('+')[0]}\n"
        for name, version in sorted(versions.items())
        if not LEFT_TO_TORCH.match(name)
    ]
    (ROOT / "requirements.lock").write_text(HEAD + "".join(lines))
    print(f"requirements.lock: {len(lines)} packages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
