"""What came of a suite, as its report says, and the lines that tell it at the end."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Outcome:
    suite: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0
    left_out: str = ""


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


def together(suite: str, parts: Sequence[Outcome], seconds: float) -> Outcome:
    """A suite of several parts. One that is left out for any of them is left out."""
    left_out = next((part.left_out for part in parts if part.left_out), "")
    passed, failed, skipped = (
        sum(getattr(part, name) for part in parts) for name in ("passed", "failed", "skipped")
    )
    return Outcome(suite, passed, failed, skipped, seconds, left_out)


def summary(outcomes: Sequence[Outcome], strict: bool) -> tuple[list[str], int]:
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
