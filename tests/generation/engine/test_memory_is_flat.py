"""Two thousand runs with branches, cancels, nudges and failures leave the process as large as it was."""

from __future__ import annotations

import ctypes
import gc
import os
from pathlib import Path
from typing import Any

import pytest

from generation.engine import Inject, Request, Step
from generation.engine.forward import Span
from generation.engine.inprocess import InProcessEngine, Limits
from generation.engine.probes import Probe, ProbeBank
from generation.engine.scripted import ScriptedForward, hashed_script
from tests.generation.engine.kinds import kind
from tests.generation.engine.test_contract_probes import Sum

RUNS = 2000
WARM_UP = 500
ALLOWED = 3 << 20  # bytes; a leak of 2 KiB a run would show
AT_ONCE = 12
MOST_LINES = 100  # in one pass: all that run, and the budget of prompt tokens


def resident() -> int:
    """Without what earlier tests freed but the allocator still holds: a leak could hide in it."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def nudge(step: Step) -> Inject | None:
    return Inject((7, 8)) if step.position == 12 and step.token != 8 else None


def serve(engine: InProcessEngine, first: int, last: int) -> None:
    """Ever a dozen at once: new ones, branches of ended ones, some nudged, some cancelled."""
    ended: list[tuple[int, ...]] = [(5, 6, 7)]
    contexts: dict[str, tuple[int, ...]] = {}
    number = first
    while number < last or contexts:
        while number < last and len(contexts) < AT_ONCE:
            context = ended[-1] if number % 3 else tuple((number + n) % 90 for n in range(1 + number % 9))
            run = str(number)
            contexts[run] = context
            probes = ("mood",) if number % 4 == 0 else ()
            request = Request(run, context, max_new=4, seed=number, probes=probes, owner=str(number % 5))
            engine.submit(request, nudge if number % 7 == 0 else None)
            if number % 11 == 0:
                engine.cancel(run)
            number += 1
        for step in engine.steps():
            if step.end is not None:
                ended = [(*contexts.pop(step.id), number % 90)[-20:]]


def scripted() -> InProcessEngine:
    forward = ScriptedForward(96, script=hashed_script(96))
    probes = ProbeBank((Probe("mood", Sum(), (-1,)),))
    return InProcessEngine(forward, Limits(retained_bytes=100 * forward.token_bytes), probes)


def packed() -> InProcessEngine:
    model = kind("packed")
    token_bytes = model.forward().token_bytes
    probes = ProbeBank((Probe("mood", Sum(), (-1, 1)),))
    engine = model.engine(Limits(retained_bytes=500 * token_bytes), probes)
    for lines in range(1, MOST_LINES):  # what the matrix kernels keep for each is there from now on
        row = engine.forward.open()
        engine.forward.run([Span(row, 0, [5] * lines, lines)])
        engine.forward.close(row)
    return engine


@pytest.mark.parametrize("build", [scripted, packed])
def test_two_thousand_runs_leave_nothing(build: Any, capsys: pytest.CaptureFixture[str]) -> None:
    engine: InProcessEngine = build()
    serve(engine, 0, WARM_UP)
    before = resident()
    serve(engine, WARM_UP, WARM_UP + RUNS)
    grown = resident() - before
    with capsys.disabled():
        print(f" {build.__name__}: {RUNS} runs grew the process by {grown / 1024:.0f} KiB ", end="")
    assert grown < ALLOWED
    assert engine.occupancy == (0, 0)
    assert engine.pause is None
