"""Every test, suite by suite: `python -m tests.run [javascript] [embedded] [production] [browser]`.

The suites:
- javascript: tests/javascript, the browser's modules that compute, in Node's own test runner;
- embedded: everything outside tests/browser, on SQLite and the bus in the process;
- production: the same on PostgreSQL and Redis, without what needs neither (`ONCE`, and the marker `once`);
- browser: tests/browser, a real process seen through Chromium.

What can't be run here is said at the end; with CI=true it counts as failed. The last line is
`N passed, N failed` (with `, N skipped` where there are any), the exit status 1 if anything failed.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests import servers
from tests.browser import chromium

ROOT = Path(__file__).resolve().parent.parent
# Folders whose tests touch neither database nor bus: they run in the first suite alone.
ONCE = (
    "tests/deploy",
    "tests/documents",
    "tests/generation/engine",
    "tests/generation/sandbox",
    "tests/generation/text",
)
# Tests of whole processes, killed and restarted, meet a machine that is busy with other things. Up to so many
# that failed get a second try, and are named for it.
FEW = 20
OF_PROCESSES = ("tests.browser.", "tests.generation.chaos.", "tests.generation.socket.")
# tests/settings.py sees to the program's other variables; make's are for the commands that a test starts.
NOT_FROM_THE_SHELL = ("DATABASE_URL", "REDIS_URL", "MAKEFLAGS", "MAKEOVERRIDES", "MFLAGS")


@dataclass(frozen=True, slots=True)
class Outcome:
    suite: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0
    left_out: str = ""


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


def embedded() -> Outcome:
    return run_pytest("embedded", ["tests"], {})


def production() -> Outcome:
    try:
        with servers.postgresql() as database, servers.empty_redis() as bus:
            settings = {"DATABASE_URL": database, "REDIS_URL": bus}
            ignored = [f"--ignore={folder}" for folder in ONCE]
            return run_pytest("production", ["tests", "-m", "not once", *ignored], settings)
    except servers.NoServer as reason:
        return Outcome("production", left_out=str(reason))


def browser() -> Outcome:
    path = chromium.find() or chromium.install()
    if path is None:
        return Outcome("browser", left_out=chromium.MISSING)
    return run_pytest("browser", ["tests/browser"], {chromium.VARIABLE: str(path)})


SUITES: dict[str, Callable[[], Outcome]] = {
    "javascript": javascript,
    "embedded": embedded,
    "production": production,
    "browser": browser,
}


def run_pytest(suite: str, arguments: list[str], settings: dict[str, str]) -> Outcome:
    """Runs pytest in a process of its own, whose output appears as it comes."""
    print(f"\n=== {suite} ===", flush=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="safelens-tests-") as folder:
        report = Path(folder) / "report.xml"
        cache = ["-o", f"cache_dir={folder}/cache"]
        command = [sys.executable, "-m", "pytest", f"--junitxml={report}", *cache, *arguments]
        inherited = {name: value for name, value in os.environ.items() if name not in NOT_FROM_THE_SHELL}
        environment = inherited | {"PYTHONUNBUFFERED": "1"} | settings
        status = subprocess.run(
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, check=False
        ).returncode
        passed, failed, skipped = counted(report)
        if 0 < failed <= FEW and failures_are_of_processes(report):
            print(f"\n--- {suite}: the tests that failed, once more ---", flush=True)
            again = subprocess.run(
                [*command, "--last-failed", "--last-failed-no-failures=none"],
                cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, check=False,
            ).returncode  # fmt: skip
            steadied = 0
            if again in (0, 1):
                steadied, failed, _ = counted(report)
                passed += steadied
            if steadied:
                print(f"UNSTEADY: {steadied} passed only at the second try; mend them.", flush=True)
            status = status if failed else 0
    if status and not failed:
        failed = 1  # it ended before it could report: an error while collecting, a crash, nothing collected
    return Outcome(suite, passed, failed, skipped, time.monotonic() - began)


def failures_are_of_processes(report: Path) -> bool:
    """Whether nothing else failed: any other test has one try."""
    cases = ElementTree.parse(report).getroot().iter("testcase")  # noqa: S314 (our own pytest wrote it)
    bad = [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
    return all(case.get("classname", "").startswith(OF_PROCESSES) for case in bad)


def counted(report: Path) -> tuple[int, int, int]:
    """Passed, failed and skipped of a JUnit report; nothing of one that is missing or cut short."""
    try:
        suite = ElementTree.parse(report).getroot().find("testsuite")  # noqa: S314 (our own pytest wrote it)
    except (OSError, ElementTree.ParseError):
        return 0, 0, 0
    if suite is None:
        return 0, 0, 0
    tests, failures, errors, skipped = (
        int(suite.get(name, "0")) for name in ("tests", "failures", "errors", "skipped")
    )
    return max(0, tests - failures - errors - skipped), failures + errors, skipped


def counted_cases(report: Path) -> tuple[int, int, int]:
    """The same of Node's report, which has no totals. Prints which tests failed, and why."""
    try:
        cases = list(ElementTree.parse(report).getroot().iter("testcase"))  # noqa: S314 (our own Node wrote it)
    except (OSError, ElementTree.ParseError):
        return 0, 0, 0
    failures = [case for case in cases if case.find("failure") is not None]
    for case in failures:
        print(f"FAILED {case.get('file', '')}: {case.get('name')}\n{case.findtext('failure')}", flush=True)
    skipped = sum(case.find("skipped") is not None for case in cases)
    return len(cases) - len(failures) - skipped, len(failures), skipped


def summary(outcomes: list[Outcome], strict: bool) -> tuple[list[str], int]:
    """The last lines, and the exit status. A suite left out counts as one failure where `strict`."""
    lines = [""]
    for one in outcomes:
        if one.left_out:
            lines.append(f"{one.suite}: left out, {one.left_out}.")
        else:
            lines.append(
                f"{one.suite}: {one.passed} passed, {one.failed} failed, {one.skipped} skipped"
                f" in {one.seconds:.0f} s"
            )
    passed, failed, skipped = (
        sum(getattr(one, name) for one in outcomes) for name in ("passed", "failed", "skipped")
    )
    if strict and (missing := sum(bool(one.left_out) for one in outcomes)):
        lines.append("With CI=true a suite that is left out counts as a failure.")
        failed += missing
    closing = f"{passed} passed, {failed} failed"
    lines.append(f"{closing}, {skipped} skipped" if skipped else closing)
    return lines, 1 if failed or not passed else 0


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in SUITES]
    if unknown:
        print(f"There is no suite named {unknown[0]}: choose from {', '.join(SUITES)}.", file=sys.stderr)
        return 2
    outcomes = [SUITES[name]() for name in names or SUITES]
    lines, status = summary(outcomes, strict=os.environ.get("CI", "").lower() in ("true", "1", "yes"))
    print("\n".join(lines), flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
