"""The Chromium that the browser tests drive: an installed one, else one that can be had without asking."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import sync_playwright

VARIABLE = "CHROMIUM"
# The shell, made for this, comes first: it does with less than half of a processor's time.
NAMES = (
    "chromium-headless-shell",
    "chromium",
    "google-chrome",
    "google-chrome-stable",
    "chromium-browser",
)
PACKAGES = ("chromium-headless-shell", "chromium")  # Debian's
MISSING = (
    "there is no Chromium and none could be installed: install it (on Debian: apt install chromium) "
    f"or name it with {VARIABLE}=/path/to/chromium"
)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find() -> Path | None:
    """The first that answers to its name, the one that the environment names before all others."""
    return next((Path(path) for path in _candidates() if path and _starts(path)), None)


def _candidates() -> Iterator[str | None]:
    yield os.environ.get(VARIABLE)
    yield from (shutil.which(name) for name in NAMES)
    yield _of_playwright()


def install() -> Path | None:
    """Tries Debian's package where that can be done without a question, then Playwright's own download."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        for package in PACKAGES:
            _try(["apt-get", "install", "-y", "--no-install-recommends", package])
            if found := find():
                return found
            _try(["apt-get", "update"])
    _try([sys.executable, "-m", "playwright", "install", "chromium"])
    return find()


def _try(command: list[str]) -> None:
    print(f"Getting Chromium: {' '.join(command)} …", flush=True)
    nothing = subprocess.DEVNULL
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        subprocess.run(command, env=environment, timeout=600, check=False, stdin=nothing, stdout=nothing)
    except (OSError, subprocess.TimeoutExpired) as reason:
        print(f"  {reason}", flush=True)


def _of_playwright() -> str:
    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def _starts(path: str) -> bool:
    # Ubuntu's chromium-browser may be a script that only says how to install the real one.
    try:
        said = subprocess.run(
            [path, "--version"], stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return said.returncode == 0
