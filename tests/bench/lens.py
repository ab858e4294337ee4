"""The rows of the lens: a real Chromium watches a real process whose engine plays a script.

Browser, site and engine share the machine's cores. An idle page is measured in the same run: what it misses
too is the machine's doing.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, CDPSession, Page, expect, sync_playwright

from tests.bench.rows import Row
from tests.browser import chromium
from tests.browser.lens import Reader
from tests.browser.site import Site

STEPS, PACE, ALTERNATIVES = 4096, 200, 30
RUNS = 10
FRAME, LATE = 1000 / 60, 50.0  # milliseconds
JITTER = 1.0  # milliseconds by which a frame's own clock may be off
PATIENCE = 120_000
PROBE = Path(__file__).with_suffix(".js")


@dataclass(frozen=True, slots=True)
class Frames:
    intervals: list[float]
    work: list[float]

    @property
    def over(self) -> float:
        """Share of the frames that took longer than a sixtieth of a second."""
        return sum(one > FRAME + JITTER for one in self.intervals) / len(self.intervals)

    def note(self) -> str:
        ordered = sorted(self.work)
        busy = sum(one > FRAME for one in ordered) / len(ordered)
        middle, most = ordered[len(ordered) // 2], ordered[-1]
        return f"work a frame: {middle:.1f} ms, at most {most:.1f} ms, {busy:.1%} over {FRAME:.1f} ms"


def rows() -> Iterator[Row]:
    path = chromium.find()
    if path is None:
        print(f"lens: left out, {chromium.MISSING}.", flush=True)
        return
    with (
        tempfile.TemporaryDirectory(prefix="safelens-bench-") as folder,
        Site(Path(folder) / "data", ["-m", "tests.scripted", "serve"]) as site,
        sync_playwright() as playwright,
    ):
        site.create_account("reader")
        browser = playwright.chromium.launch(executable_path=path, args=chromium.FLAGS)
        expect.set_options(timeout=PATIENCE)
        yield from _rows(browser, site)
        browser.close()


def _rows(browser: Browser, site: Site) -> Iterator[Row]:
    context = browser.new_context(base_url=site.url, viewport={"width": 1440, "height": 900})
    context.add_init_script(PROBE.read_text())
    page = context.new_page()
    protocol = context.new_cdp_session(page)
    # The thread's own time: others on the machine make frames late, not this.
    protocol.send("Performance.enable", {"timeDomain": "threadTicks"})
    reader = Reader(page, "reader")
    reader.set(Max_new_tokens=str(STEPS), Delay=str(1 / PACE), **{"Top-k": str(ALTERNATIVES)})

    _record(page)
    page.evaluate("() => new Promise((done) => setTimeout(done, 5000))")
    idle = _recorded(page)

    _record(page)
    before = _own_time(protocol)
    reader.send("Tell me everything.")
    _ended(page, 1)
    streaming = _recorded(page)
    own = (_own_time(protocol) - before) / (STEPS / PACE)
    seen = page.evaluate("() => bench.painted - bench.arrived")
    what = f"lens, {STEPS} tokens at {PACE} a second"
    # A frame that never came, on an idle page, is not the lens's.
    rest = max(0.0, max(idle.intervals) - FRAME)
    yield Row(
        f"{what}: longest frame", max(streaming.intervals) - rest, LATE, unit=" ms", note=streaming.note()
    )
    missed = f"page's thread busy {own:.0%}; idle page: {idle.over:.1%}, longest {max(idle.intervals):.0f} ms"
    yield Row(f"{what}: frames over 16.7 ms", (streaming.over - idle.over) * 100, 5, unit=" %", note=missed)
    yield Row("lens: first step painted after its arrival", seen, 100, unit=" ms")

    once = _memory(protocol)
    for run in range(1, RUNS):
        reader.token(0).click()
        reader.popover.get_by_role("button", name="Sample again from here").click()
        expect(page.locator(".fork").first).to_contain_text(f"{run + 1}/{run + 1}")
        _ended(page, 1)
    often = _memory(protocol)
    note = f"{once / 2**20:.1f} MiB, then {often / 2**20:.1f} MiB"
    yield Row(f"lens: memory after {RUNS} such runs / after one", often / once, 1.3, note=note)
    context.close()


def _ended(page: Page, count: int) -> None:
    expect(page.locator(".note").filter(has_text="limit")).to_have_count(count)
    expect(page.get_by_role("img", name="ready")).to_be_visible()


def _record(page: Page) -> None:
    page.evaluate("() => { bench.intervals = []; bench.work = []; bench.recording = true; }")


def _recorded(page: Page) -> Frames:
    page.evaluate("() => { bench.recording = false; }")
    intervals, work = page.evaluate("() => [bench.intervals, bench.work]")
    return Frames(intervals, work)


def _own_time(protocol: CDPSession) -> float:
    """Seconds that the page's thread has computed."""
    metrics = protocol.send("Performance.getMetrics")["metrics"]
    return next(float(one["value"]) for one in metrics if one["name"] == "TaskDuration")


def _memory(protocol: CDPSession) -> int:
    """Bytes of the page's scripts and what they hold."""
    for _ in range(3):
        protocol.send("HeapProfiler.collectGarbage")
    found = protocol.send("Runtime.getHeapUsage")
    return int(found["usedSize"]) + int(found.get("embedderHeapUsedSize", 0))


if __name__ == "__main__":
    for row in rows():
        print(row.as_line(), flush=True)
