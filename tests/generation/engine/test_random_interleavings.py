"""Whatever is asked of an engine, in whatever order, each run says what it says alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from generation.engine import Action, End, Inject, Request, Rewind, Steer, Step, Stop
from generation.engine.directions import Direction, Directions
from generation.engine.inprocess import InProcessEngine, Limits
from generation.engine.probes import Probe, ProbeBank
from generation.engine.scripted import ScriptedForward
from tests.generation.engine import oracle
from tests.generation.engine.driving import Recorder, finish, start, worst_difference
from tests.generation.engine.kinds import Kind, kind
from tests.generation.engine.test_contract_probes import Sum

SEED = 20261120  # of all random plays here; another one finds other interleavings
Plan = dict[int, tuple[Action, ...]]  # after how many steps of a run what is done to it
PROBES = ProbeBank((Probe("mood", Sum(), (-1,)),))
TOKENS = st.integers(3, 94)
CONTEXTS = st.one_of(
    st.lists(TOKENS, min_size=1, max_size=12),
    # Beginnings that several runs share, so that prefixes are found.
    st.builds(
        lambda length, rest: [7, 8, 9, 10, 11, 12, 13, 14, 15, 16][:length] + rest,
        st.integers(1, 10),
        st.lists(TOKENS, max_size=8),
    ),
)
ACTIONS = st.one_of(
    st.builds(lambda tokens: (Inject(tuple(tokens)),), st.lists(TOKENS, max_size=9)),
    st.builds(lambda place: (Rewind(place),), st.integers(0, 30)),
    st.builds(
        lambda place, tokens: (Rewind(place), Inject(tuple(tokens))),
        st.integers(0, 30),
        st.lists(TOKENS, min_size=1, max_size=9),
    ),
    st.builds(
        lambda place, strength, tokens, layer: (*place, Steer("calm", strength, tokens, layer)),
        st.one_of(st.just(()), st.builds(lambda place: (Rewind(place),), st.integers(0, 30))),
        st.sampled_from([2.0, -4.0]),
        st.integers(1, 6),
        st.sampled_from([None, 0, 2, -1]),
    ),
    st.just((Stop(),)),
)


def directions(model: Kind) -> tuple[Direction, ...]:
    return (Direction("calm", torch.linspace(-1, 1, model.width), 1),)


@dataclass
class Submit:
    request: Request
    plan: Plan


@dataclass
class Branch:
    """Of the run with this number so far: from this far into its text, with another word, by somebody."""

    of: int
    share: float
    word: int
    seed: int
    plan: Plan


@dataclass
class Cancel:
    of: int


@dataclass
class Go:
    steps: int


PLANS = st.dictionaries(st.integers(0, 9), ACTIONS, max_size=3)
REQUESTS = st.builds(
    Request,
    id=st.just(""),
    context=CONTEXTS.map(tuple),
    max_new=st.integers(0, 9),
    k=st.integers(1, 50),
    temperature=st.sampled_from([0.0, 0.7, 1.0, 1.6]),
    top_p=st.sampled_from([1.0, 0.8]),
    min_p=st.sampled_from([0.0, 0.1]),
    seed=st.integers(0, 5),
    stop=st.frozensets(TOKENS, max_size=3),
    forced=st.lists(TOKENS, max_size=5).map(tuple),
    owner=st.sampled_from(["ann", "bob"]),
    probes=st.sampled_from([(), ("mood",)]),
)
EVENTS = st.lists(
    st.one_of(
        st.builds(Submit, REQUESTS, PLANS),
        st.builds(Submit, REQUESTS, PLANS),
        st.builds(Branch, st.integers(0, 9), st.floats(0, 1), TOKENS, st.integers(0, 5), PLANS),
        st.builds(Cancel, st.integers(0, 9)),
        st.builds(Go, st.integers(1, 6)),
    ),
    min_size=2,
    max_size=14,
)


def following(plan: Plan) -> Callable[[Step], tuple[Action, ...] | None]:
    """Does each planned thing once, after so many steps of the run."""
    left, count = dict(plan), 0

    def control(_: Step) -> tuple[Action, ...] | None:
        nonlocal count
        count += 1
        return left.pop(count - 1, None)

    return control


@dataclass
class Told:
    request: Request
    plan: Plan
    recorder: Recorder
    cancelled: bool = False
    ends: list[Step] = field(default_factory=list)


def play(engine: InProcessEngine, events: list[Any]) -> list[Told]:
    runs: list[Told] = []
    out: list[Step] = []

    def submit(request: Request, plan: Plan) -> None:
        request = replace(request, id=str(len(runs)))
        runs.append(Told(request, plan, start(engine, request, following(plan))))

    for event in events:
        if isinstance(event, Submit):
            submit(event.request, event.plan)
        elif isinstance(event, Branch) and event.of < len(runs):
            parent = runs[event.of]
            length = 1 + round(event.share * (len(parent.recorder.text) - 1))
            context = (*parent.recorder.text[:length], event.word)
            submit(replace(parent.request, context=context, seed=event.seed, forced=()), event.plan)
        elif isinstance(event, Cancel) and event.of < len(runs):
            engine.cancel(runs[event.of].request.id)
            runs[event.of].cancelled = True
        elif isinstance(event, Go):
            for _ in range(event.steps):
                out += engine.steps()
    out += finish(engine)
    for step in out:
        if step.end is not None:
            runs[int(step.id)].ends.append(step)
    return runs


def outline(recorder: Recorder) -> list[tuple[object, ...]]:
    """What must be the same to the letter."""
    return [(step.position, step.token, step.origin, step.rank, step.end) for step in recorder.steps]


def numbers(recorder: Recorder) -> list[float]:
    """What must be the same but for rounding."""
    return [number for step in recorder.steps for number in (step.logprob, step.p, *step.scores.values())]


def obeyed(runs: list[Told], alone: Callable[[Told], Recorder]) -> None:
    for told in runs:
        assert len(told.ends) == 1, "exactly one closing step"
        assert told.ends[0].end is not End.FAILED
        expected = alone(told)
        said, whole = outline(told.recorder), outline(expected)
        if told.cancelled and told.ends[0].end is End.CANCELLED:
            assert said == whole[: len(said)]
            told_so_far = numbers(told.recorder)
            assert told_so_far == pytest.approx(numbers(expected)[: len(told_so_far)], abs=1e-4)
        else:
            assert said == whole
            assert told.recorder.text == expected.text
            assert numbers(told.recorder) == pytest.approx(numbers(expected), abs=1e-4)


LIMITS = st.builds(
    Limits,
    max_runs=st.integers(1, 6),
    prefill_tokens=st.integers(1, 20),
    row_bytes=st.sampled_from([80, 150, 10_000]),
    retained_bytes=st.sampled_from([0, 40, 10_000]),
)


def in_bytes(limits: Limits, token_bytes: int) -> Limits:
    return replace(
        limits,
        row_bytes=limits.row_bytes * token_bytes,
        retained_bytes=limits.retained_bytes * token_bytes,
    )


def by_itself(model: Kind, room: int) -> Callable[[Told], Recorder]:
    def alone(told: Told) -> Recorder:
        token_bytes = model.forward().token_bytes
        limits = Limits(row_bytes=room * token_bytes, retained_bytes=0)
        engine = model.engine(limits, PROBES, directions=directions(model))
        recorder = start(engine, told.request, following(told.plan))
        finish(engine)
        return recorder

    return alone


@seed(SEED)
@settings(max_examples=120, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(EVENTS, LIMITS, st.integers(0, 12))
def test_runs_of_the_scripted_model_never_meet(events: list[Any], limits: Limits, failing: int) -> None:
    """Now and then a pass runs out of memory, too: somebody waits, nobody notices."""
    model = kind("scripted")
    passes = 0

    def fail(spans: Any) -> bool:
        nonlocal passes
        passes += 1
        return failing > 2 and len(spans) > 1 and passes % failing == 0

    forward = ScriptedForward(model.vocabulary, fail_when=fail)
    engine = InProcessEngine(
        forward,
        in_bytes(limits, forward.token_bytes),
        PROBES,
        directions=Directions(directions(model)),
    )
    runs = play(engine, events)
    obeyed(runs, by_itself(model, limits.row_bytes))
    held = sum(len(row.tokens) for row in forward.open_rows)
    assert held * forward.token_bytes == engine.retained_bytes, "only what is kept warm is still open"
    assert engine.pause is None


@pytest.mark.parametrize("name", ["packed", "packed windows", "sequential", "mamba"])
def test_runs_of_a_model_never_meet(name: str) -> None:
    model = kind(name)

    @seed(SEED)
    @settings(max_examples=30, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(EVENTS, LIMITS)
    def never_meet(events: list[Any], limits: Limits) -> None:
        known = directions(model)
        engine = model.engine(in_bytes(limits, model.forward().token_bytes), PROBES, directions=known)
        runs = play(engine, events)
        obeyed(runs, by_itself(model, limits.row_bytes))

    never_meet()


@seed(SEED)
@settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(REQUESTS)
def test_a_run_alone_is_what_the_model_says(request: Request) -> None:
    """So that the comparison above stands on firm ground: without control, by the slow and obvious way."""
    for name in ("scripted", "packed"):
        model = kind(name)
        engine = model.engine(probes=PROBES)
        recorder = start(engine, replace(request, id="a"))
        finish(engine)
        assert recorder.text[len(request.context) :] == oracle.answer(model.plain, request)
        assert worst_difference(recorder, model.plain) < 1e-4
