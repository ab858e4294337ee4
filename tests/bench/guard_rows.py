"""What guards cost: their probes, their words, and the tokens that they hold back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from statistics import median

import torch

from generation.engine import Action, Inject, Step
from generation.engine.control import Control
from generation.engine.forward import Span
from generation.engine.probes import Probe, ProbeBank
from guard.evidence.artifact import Home
from guard.policy.gate import Gate
from guard.policy.reading import read
from guard.policy.rung import Rung
from guard.policy.shipped import default
from guard.policy.token import Token
from guard.policy.watcher import Policy
from tests.bench.rows import Row
from tests.bench.serving import USERS, Bench, Rows, stop
from tests.bench.shapes import SMALL
from tests.bench.timing import no_collection, ratio, seconds
from tests.guard.evidence.made import architecture, artifact

HOLDS, ANSWER = (0, 8, 64), 100


def probes_for(bench: Bench, count: int) -> ProbeBank:
    """Half on the last layer, half on a middle one; of each four, one is a small MLP with a scaler."""
    width, middle = bench.shape.hidden, bench.shape.layers // 2
    home = Home("bench", "f" * 32, width, bench.shape.layers, None)
    linear, deep = architecture(width=width), architecture((32,), "relu", "standard", width=width)
    made = [
        artifact(f"probe-{number}", deep if number % 4 == 3 else linear, (place,), number, home)
        for number, place in enumerate((-1, middle) * count)
    ]
    return ProbeBank(tuple(Probe(one.name, one.module(), one.layers) for one in made[:count]))


def eight_probes(bench: Bench) -> Iterator[Row]:
    """The pass with eight probes (half on the last layer, half on a middle one) over the pass without."""
    engine = bench.engine()
    rows = Rows(bench, engine, USERS)
    bank = probes_for(bench, 8)

    def bare() -> None:
        engine.forward.watch(frozenset())
        rows.step()

    def probed() -> None:
        engine.forward.watch(bank.layers)
        forward = engine.forward
        heads = forward.run([Span(row, rows.position, [5], 1) for row in rows.rows])
        with torch.inference_mode():
            scores = bank.score(heads.hidden)
        assert scores is not None
        rows.position += 1

    figure = ratio(probed, bare, 100)
    most = 1.1 if bench.shape is SMALL else 1.01
    yield Row(f"{bench.shape.label}, 16 users: eight probes / decode step", figure, most)


def nudge(bench: Bench) -> Iterator[Row]:
    """Fifty tokens injected in mid-answer: the step that computes them against the ones before."""
    engine = bench.engine()
    quotients = []
    for _ in range(10):
        due = [False]

        def inject(step: Step, due: list[bool] = due) -> Inject | None:
            now, due[0] = due[0], False
            return Inject(tuple(bench.text(50))) if now else None

        control: Control = inject
        name = bench.submit(engine, bench.text(200), control=control, max_new=60)
        for _ in range(12):
            engine.steps()
        with no_collection():
            plain = median(seconds(engine.steps) for _ in range(8))
            due[0] = True
            engine.steps()
            quotients.append(seconds(engine.steps) / plain)
        stop(engine, [name])
    yield Row(f"{bench.shape.label}: 50-token nudge / decode step", median(quotients[2:]), 3.0)


class Held:
    """One run between engine and gate, as in the worker. `first`: its steps until a word left."""

    def __init__(self, guard: str, hold: int) -> None:
        # Random weights raise alarms too, and here they are to change nothing.
        spec = replace(read(default(guard, threshold=0.5)), hold=hold, ladder=(Rung("flag"),))
        self._gate: Gate[None] = Gate([Policy("bench", spec)], most=ANSWER)
        self.ahead = self._gate.ahead
        self.steps = self.first = self.left = 0

    def __call__(self, step: Step) -> tuple[Action, ...]:
        if step.end is not None:
            self.left += len(self._gate.close(step.scores).out)
            return ()
        self.steps += 1
        self.left += len(self._gate.take(Token(None, step.token, scores=step.scores)).out)
        self.first = self.first or (self.steps if self.left else 0)
        return ()


def hold(bench: Bench) -> Iterator[Row]:
    """Sixteen answers of 100 words each. What is held is made and judged, and a run that is cut off at its
    length makes as many more behind its end; one that ends by itself makes none."""
    bank = probes_for(bench, 1)
    taken: dict[int, list[float]] = {hold: [] for hold in HOLDS}
    firsts: dict[int, int] = {}
    for turn in range(4):
        for hold in HOLDS:
            engine = bench.engine(bank)
            runs = [Held(bank.names[0], hold) for _ in range(USERS)]
            for run in runs:
                most = ANSWER + run.ahead
                bench.submit(engine, bench.text(8), run, max_new=most, ahead=run.ahead, probes=bank.names)
            with no_collection():
                began = time.perf_counter()
                while engine.pause is not None:
                    engine.steps()
                spent = time.perf_counter() - began
            if {run.left for run in runs} != {ANSWER}:
                raise ValueError("Not every answer came whole.")
            firsts[hold] = max(run.first for run in runs)
            if turn:  # the first one warms up
                taken[hold].append(spent)
    for hold in HOLDS[1:]:
        what = f"{bench.shape.label}, 16 users, hold {hold}"
        yield Row(f"{what}: first word later by, steps", firsts[hold] - firsts[0], hold)
        slower = median(held / free for held, free in zip(taken[hold], taken[0], strict=True))
        bound = (ANSWER + hold) / ANSWER * 1.1  # as many steps more, and later ones read more
        note = f"{1 / slower:.0%} of the throughput; the whole answers took {median(taken[hold]):.2f} s"
        yield Row(f"{what}: 100 words, cut off there / hold 0", slower, round(bound, 3), unit=" ×", note=note)
