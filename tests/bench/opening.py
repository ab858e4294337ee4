"""The row of a large study: how long a page with 2,000 runs takes until its answer and its tree stand there.

A study of one short run is opened in the same browser: what that costs is the machine's and the page's, and
the difference is what 2,000 runs cost.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from playwright.sync_api import Page, expect, sync_playwright

from tests.bench.rows import Row
from tests.browser import chromium
from tests.browser.conftest import expect_logged_in, log_in
from tests.browser.site import ROOT, Site

RUNS, TRIES = 2000, 5
PATIENCE = 120_000  # milliseconds
DRAWN = """() => new Promise((resolve) => {
  const look = () => {
    const canvas = document.getElementById("tree-canvas");
    const tree = canvas && !canvas.parentElement.hidden && canvas.width > 300;
    if (tree && document.querySelector(".note")?.textContent.includes("tokens")) resolve(performance.now());
    else requestAnimationFrame(look);
  };
  look();
})"""
PAN = """() => new Promise((resolve) => {
  const canvas = document.getElementById("tree-canvas");
  const box = canvas.getBoundingClientRect();
  const begin = { view: window, bubbles: true, clientX: box.x + 100, clientY: box.y + 100 };
  canvas.dispatchEvent(new MouseEvent("mousedown", begin));
  const times = [];
  let [before, moved] = [performance.now(), 0];
  const next = (now) => {
    times.push(now - before);
    before = now;
    if (++moved > 60) {
      window.dispatchEvent(new MouseEvent("mouseup", { view: window }));
      resolve(times.slice(1).sort((a, b) => a - b));
      return;
    }
    const to = { ...begin, clientX: begin.clientX + 3 * moved, clientY: begin.clientY + moved };
    window.dispatchEvent(new MouseEvent("mousemove", to));
    requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
})"""


def rows() -> Iterator[Row]:
    path = chromium.find()
    if path is None:
        print(f"opening: left out, {chromium.MISSING}.", flush=True)
        return
    with (
        tempfile.TemporaryDirectory(prefix="safelens-bench-") as folder,
        Site(Path(folder) / "data", ["-m", "tests.scripted", "serve"]) as site,
        sync_playwright() as playwright,
    ):
        site.create_account("reader")
        small, large = (_study(site, count) for count in (1, RUNS))
        browser = playwright.chromium.launch(executable_path=path, args=chromium.FLAGS)
        expect.set_options(timeout=PATIENCE)
        context = browser.new_context(base_url=site.url, viewport={"width": 1440, "height": 900})
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        log_in(page, "reader")
        expect_logged_in(page, "reader")
        plain = median(_opened(page, small) for _ in range(TRIES))
        opened = median(_opened(page, large) for _ in range(TRIES))
        yield Row(
            f"A study of {RUNS:,} runs opens: answer and tree stand there", opened / 1000, 1, unit=" s",
            note=f"a study of one run: {plain / 1000:.2f} s",
        )  # fmt: skip
        page.get_by_role("button", name="All", exact=True).click()
        frames = page.evaluate(PAN)
        middle, slowest = frames[len(frames) // 2], frames[int(len(frames) * 0.95)]
        yield Row(
            f"A frame while the tree of {RUNS:,} runs is moved", middle, 34, unit=" ms",
            note=f"one in twenty takes {slowest:.0f} ms or more",
        )  # fmt: skip
        browser.close()


def _opened(page: Page, study: str) -> float:
    """Milliseconds from the request until all is drawn."""
    page.goto("about:blank")
    page.goto(f"/studies/{study}/")
    return float(page.evaluate(DRAWN))


def _study(site: Site, runs: int) -> str:
    command = [sys.executable, "-m", "tests.bench.large_study", "reader", str(runs)]
    made = subprocess.run(
        command, cwd=ROOT, env=site.environment, capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()
