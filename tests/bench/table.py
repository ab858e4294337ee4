"""Takes measurement after measurement: one that fails is a line of the table, and the others go on."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path

from tests.bench.rows import Failed, Row

Measure = tuple[str, Callable[[], Iterable[Row]]]  # what it is called where it fails
Parts = dict[str, Callable[[], Iterator[Measure]]]
Found = list[Row | Failed]


def fill(parts: Parts, chosen: list[str], file: Path) -> Found:
    """Prints each line as it comes. The JSON has what was found so far, whatever ends this."""
    found: Found = []
    try:
        for part in chosen:
            for line in _lines(part, parts[part]):
                found.append(line)
                print(line.as_line(), flush=True)
    finally:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps([asdict(line) | {"met": line.met} for line in found], indent=1) + "\n")
    return found


def _lines(part: str, measures: Callable[[], Iterator[Measure]]) -> Iterator[Row | Failed]:
    name = part
    try:
        for name, measure in measures():
            try:
                yield from measure()
            except (Exception, SystemExit) as error:
                yield _failed(name, error)
            name = part
    except (Exception, SystemExit) as error:
        yield _failed(name, error)


def _failed(name: str, error: BaseException) -> Failed:
    traceback.print_exception(error)
    return Failed(name, f"{type(error).__name__}: {error}".partition("\n")[0])


def summary(found: Found) -> str:
    rows = [line for line in found if isinstance(line, Row)]
    failures = len(found) - len(rows)
    said = f"{sum(row.met for row in rows)} of {len(rows)} targets met"
    return f"{said}, {failures} measured nothing" if failures else said
