"""`make bench`: every figure as a ratio within this run, in one table, and as JSON.

The parts can be named: python -m tests.bench small middle sockets lens opening large. `large` (Llama-3.2-1B's
shape, 2.5 GB of weights) runs only when it is named.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import torch

from tests.bench import engine_rows as rows
from tests.bench import lens, opening, socket_rows
from tests.bench.rows import Row
from tests.bench.serving import Bench
from tests.bench.shapes import LARGE_BF16, MIDDLE, MIDDLE_BF16, SMALL


def small() -> Iterator[Row]:
    bench = Bench(SMALL, 1)  # what threads "auto" means below 20 M parameters
    yield from rows.throughput(bench, 12, 25, 100)
    yield from rows.whole_step(bench, 1.08)
    yield from rows.packed_against_plain(bench)
    yield from rows.differing_bits(bench)


def middle() -> Iterator[Row]:
    cores = os.cpu_count() or 1
    for shape, alone in ((MIDDLE_BF16, 12), (MIDDLE, 8)):
        bench = Bench(shape, cores)
        yield from rows.throughput(bench, alone, 15, 24)
        yield from rows.whole_step(bench, 1.04)
        yield from rows.packed_against_plain(bench)
        yield from rows.eight_probes(bench)
        yield from rows.branch(bench)
        yield from rows.nudge(bench)
        if shape is MIDDLE:
            yield from rows.differing_bits(bench)


def large() -> Iterator[Row]:
    bench = Bench(LARGE_BF16, os.cpu_count() or 1)
    yield from rows.sixteen_against_one(bench)


def sockets() -> Iterator[Row]:
    yield from socket_rows.rows()


PARTS: dict[str, Callable[[], Iterator[Row]]] = {
    "small": small,
    "middle": middle,
    "large": large,
    "sockets": sockets,
    "lens": lens.rows,
    "opening": opening.rows,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; default: all but large")
    parser.add_argument("--json", type=Path, default=Path("var/bench.json"), help="where the JSON goes")
    options = parser.parse_args()
    chosen = options.parts or ["small", "middle", "sockets", "lens", "opening"]
    if unknown := [part for part in chosen if part not in PARTS]:
        sys.exit(f"There is no part {unknown[0]}: choose of {', '.join(PARTS)}.")
    found: list[Row] = []
    print(f"{platform.machine()}, {os.cpu_count()} cores, torch {torch.__version__}", flush=True)
    for part in chosen:
        for row in PARTS[part]():
            found.append(row)
            print(row.as_line(), flush=True)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps([asdict(row) | {"met": row.met} for row in found], indent=1) + "\n")
    print(f"{sum(row.met for row in found)} of {len(found)} targets met; figures in {options.json}")


if __name__ == "__main__":
    main()
