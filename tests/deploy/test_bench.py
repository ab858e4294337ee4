"""`make bench` goes on behind what fails, and says in table and JSON that it failed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench.rows import Failed, Row
from tests.bench.table import Measure, fill, summary


def good() -> Iterator[Row]:
    yield Row("speed", 3.0, 2.0, least=True)


def broken() -> Iterator[Row]:
    yield Row("the first of two", 1.0, 2.0)
    raise ValueError("no such shape\nand more of it")


def ends() -> list[Row]:
    raise SystemExit("The sockets could not be measured.")


def part() -> Iterator[Measure]:
    yield "bad", broken
    yield "gone", ends
    yield "fine", good


def unmade() -> Iterator[Measure]:
    raise MemoryError("no room for its weights")


def test_the_others_go_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "new" / "bench.json"
    found = fill({"part": part, "unmade": unmade}, ["unmade", "part"], file)
    assert [(line.what, line.met) for line in found] == [
        ("unmade", False),
        ("the first of two", True),
        ("bad", False),
        ("gone", False),
        ("speed", True),
    ]
    said = json.loads(file.read_text())
    assert [line.get("failed") for line in said] == [
        "MemoryError: no room for its weights",
        None,
        "ValueError: no such shape",
        "SystemExit: The sockets could not be measured.",
        None,
    ]
    assert summary(found) == "2 of 2 targets met, 3 measured nothing"
    printed = capsys.readouterr()
    assert printed.out.count("FAILED: ") == 3
    assert "ValueError: no such shape" in printed.err


def test_what_was_found_is_kept_when_somebody_ends_it(tmp_path: Path) -> None:
    def interrupted() -> list[Row]:
        raise KeyboardInterrupt

    def both() -> Iterator[Measure]:
        yield "fine", good
        yield "ended", interrupted

    with pytest.raises(KeyboardInterrupt):
        fill({"both": both}, ["both"], tmp_path / "bench.json")
    assert [line["what"] for line in json.loads((tmp_path / "bench.json").read_text())] == ["speed"]


def test_a_failure_stands_in_the_table() -> None:
    assert Failed("7 M fp32: nudge", "ValueError: no").as_line().endswith("FAILED: ValueError: no")
