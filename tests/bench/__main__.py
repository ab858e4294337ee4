"""`make bench`: every figure as a ratio within this run, in one table, and as JSON.

The parts can be named: python -m tests.bench small middle memory sockets lens opening guards large. Two run
only when they are named: `guards` (what guards cost, out of the others, in about a minute) and `large`
(Llama-3.2-1B's shape, 2.5 GB of weights). What fails while it is measured is said to have failed, in the
table and in the JSON, and the others go on.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import torch

from tests.bench import engine_rows as rows
from tests.bench import guard_rows, lens, opening, socket_rows
from tests.bench.rows import Failed, Row
from tests.bench.serving import Bench
from tests.bench.shapes import LARGE_BF16, MIDDLE, MIDDLE_BF16, SMALL
from tests.bench.table import Measure, Parts, fill, summary


def small() -> Iterator[Measure]:
    bench = Bench(SMALL, 1)  # what threads "auto" means below 20 M parameters
    yield _of(bench, rows.throughput, 12, 25, 100)
    yield _of(bench, rows.whole_step, 1.08)
    yield _of(bench, rows.packed_against_plain)
    yield from _guarded(bench)
    yield _of(bench, rows.differing_bits)


def middle() -> Iterator[Measure]:
    for shape, alone in ((MIDDLE_BF16, 12), (MIDDLE, 8)):
        bench = Bench(shape, os.cpu_count() or 1)
        yield _of(bench, rows.throughput, alone, 15, 24)
        yield _of(bench, rows.whole_step, 1.04)
        yield _of(bench, rows.packed_against_plain)
        yield _of(bench, rows.branch)
        yield from _guarded(bench)
        if shape is MIDDLE:
            yield _of(bench, rows.differing_bits)


def guards() -> Iterator[Measure]:
    yield from _guarded(Bench(SMALL, 1))
    yield from _guarded(Bench(MIDDLE_BF16, os.cpu_count() or 1))
    yield "memory", socket_rows.memory


def _guarded(bench: Bench) -> Iterator[Measure]:
    yield _of(bench, guard_rows.eight_probes)
    yield _of(bench, guard_rows.nudge)
    if bench.shape is SMALL:
        yield _of(bench, guard_rows.hold)


def large() -> Iterator[Measure]:
    yield _of(Bench(LARGE_BF16, os.cpu_count() or 1), rows.sixteen_against_one)


def _of(bench: Bench, measure: Callable[..., Iterator[Row]], *more: float) -> Measure:
    return f"{bench.shape.label}: {measure.__name__.replace('_', ' ')}", partial(measure, bench, *more)


def _whole(name: str, measure: Callable[[], Iterator[Row]]) -> Callable[[], Iterator[Measure]]:
    return lambda: iter([(name, measure)])


PARTS: Parts = {
    "small": small,
    "middle": middle,
    "large": large,
    "guards": guards,
    "memory": _whole("memory", socket_rows.memory),
    "sockets": _whole("sockets", socket_rows.sockets),
    "lens": _whole("lens", lens.rows),
    "opening": _whole("opening", opening.rows),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; default: all but guards and large")
    parser.add_argument("--json", type=Path, default=Path("var/bench.json"), help="where the JSON goes")
    options = parser.parse_args()
    chosen = options.parts or ["small", "middle", "memory", "sockets", "lens", "opening"]
    if unknown := [part for part in chosen if part not in PARTS]:
        sys.exit(f"There is no part {unknown[0]}: choose of {', '.join(PARTS)}.")
    print(f"{platform.machine()}, {os.cpu_count()} cores, torch {torch.__version__}", flush=True)
    found = fill(PARTS, chosen, options.json)
    print(f"{summary(found)}; figures in {options.json}")
    if any(isinstance(line, Failed) for line in found):
        sys.exit(1)


if __name__ == "__main__":
    main()
