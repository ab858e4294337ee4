"""Every test, suite by suite: `python -m tests.run [javascript] [embedded] [production] [browser] [stories]`.

The suites:
- javascript: tests/javascript, the browser's modules that compute, in Node's own test runner;
- embedded: everything outside tests/browser, on SQLite and the bus in the process;
- production: the same on PostgreSQL and Redis, without what needs neither (`ONCE`, and the marker `once`);
- browser: tests/browser, a real process seen through Chromium, in the embedded form;
- stories: the first of them in the production form, with PostgreSQL, Redis and an engine beside the site.

Those of pytest are cut into parts (`tests.parts`) of which several run side by side, for most of them wait.
What a part prints comes when it has ended; with SIDE_BY_SIDE=1 they run one by one and print as they go.

What can't be run here is said at the end; with CI=true it counts as failed. The last line is
`N passed, N failed` (with `, N skipped` where there are any), the exit status 1 if anything failed.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests import parts
from tests.outcome import Outcome, counted_cases, summary, together
from tests.side_by_side import Played, Player

ROOT = Path(__file__).resolve().parent.parent
OF_PYTEST: dict[str, Callable[[], list[parts.Part]]] = {
    "embedded": parts.embedded,
    "production": parts.production,
    "browser": parts.browser,
    "stories": parts.stories,
}
SUITES = ("javascript", *OF_PYTEST)
AT_ONCE = "SIDE_BY_SIDE"


def javascript() -> Outcome:
    node = shutil.which(os.environ.get("NODE") or "node")
    if node is None:
        return Outcome(
            "javascript", left_out="there is no Node: install it, or name it with NODE=/path/to/node"
        )
    print("\n=== javascript ===", flush=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="safelens-tests-") as folder:
        report = Path(folder) / "report.xml"
        reporters = [
            "--test-reporter=dot",
            "--test-reporter-destination=stdout",
            "--test-reporter=junit",
            f"--test-reporter-destination={report}",
        ]
        files = [str(path) for path in sorted((ROOT / "tests" / "javascript").glob("*.test.js"))]
        status = subprocess.run(
            [node, "--test", *reporters, *files], cwd=ROOT, stdin=subprocess.DEVNULL, check=False
        ).returncode
        passed, failed, skipped = counted_cases(report)
    if status and not failed:
        failed = 1
    return Outcome("javascript", passed, failed, skipped, time.monotonic() - began)


def of_pytest(names: list[str], at_once: int) -> list[Outcome]:
    wanted = [part for name in names for part in OF_PYTEST[name]()]
    wanted.sort(key=lambda part: part.share, reverse=True)  # what takes longest begins first
    played = Player(at_once).play(wanted)
    return [_outcome(name, [one for one in played if one.part.suite == name]) for name in names]


def _outcome(suite: str, played: list[Played]) -> Outcome:
    seconds = max(one.ended for one in played) - min(one.began for one in played)
    return together(suite, [one.outcome for one in played], seconds)


def at_once() -> int:
    """Two even on one processor: they wait for processes, and not for each other."""
    return int(os.environ.get(AT_ONCE) or max(2, min(4, os.cpu_count() or 1)))


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in SUITES]
    if unknown:
        print(f"There is no suite named {unknown[0]}: choose from {', '.join(SUITES)}.", file=sys.stderr)
        return 2
    try:
        several = at_once()
    except ValueError:
        several = 0
    if several < 1:
        print(f"{AT_ONCE} must be a whole number, 1 or more.", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    wanted = names or list(SUITES)
    # Alone: it measures how work grows.
    outcomes = [javascript()] if "javascript" in wanted else []
    outcomes += of_pytest([name for name in OF_PYTEST if name in wanted], several)
    lines, status = summary(outcomes, strict=os.environ.get("CI", "").lower() in ("true", "1", "yes"))
    print("\n".join(lines), flush=True)
    return status


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
