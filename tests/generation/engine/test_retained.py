"""Warm prefixes: found by their owner only, never more bytes than allowed, and counted rightly."""

from __future__ import annotations

import pytest

from generation.engine import Request
from generation.engine.inprocess import InProcessEngine, Limits
from generation.engine.scripted import ScriptedForward
from tests.generation.engine import oracle
from tests.generation.engine.driving import finish, of, tokens
from tests.generation.engine.kinds import Kind

TOKEN = ScriptedForward.token_bytes
CONTEXT = tuple(range(10, 40))


def scripted(retained: int) -> tuple[InProcessEngine, ScriptedForward]:
    forward = ScriptedForward(96)
    return InProcessEngine(forward, Limits(retained_bytes=retained * TOKEN)), forward


def reused(engine: InProcessEngine, request: Request) -> int:
    engine.submit(request)
    steps = of(request.id, finish(engine))
    assert all(step.reused == 0 for step in steps[1:])
    return steps[0].reused


def test_a_branch_starts_from_the_longest_prefix_that_is_there(kind_here: Kind) -> None:
    engine = kind_here.engine(Limits(prefill_tokens=8))
    engine.submit(Request("a", CONTEXT, max_new=5, seed=1))
    said = tokens(finish(engine))
    expected = {
        "all but the last": (CONTEXT, 29),
        "with the answer": ((*CONTEXT, *said), 34),
        "one other word": ((*CONTEXT, *said[:2], 3), 32),
        "middle": ((*CONTEXT[:12], 5, 6, 7), 12),
        "nothing": ((5, 6, 7), 0),
        "one token": (CONTEXT[:1], 0),
    }
    for name, (context, length) in expected.items():
        request = Request(name, context, max_new=3, seed=2)
        if kind_here.forks:
            assert reused(engine, request) == length, name
        else:
            assert reused(engine, request) in (0, length), name
    request = Request("right", (*CONTEXT, *said[:2], 4), max_new=4, seed=2)
    engine.submit(request)
    assert tokens(finish(engine)) == oracle.answer(kind_here.plain, request)


def test_a_branch_of_a_running_run_starts_from_its_row(kind: Kind) -> None:
    engine = kind.engine()
    parent = Request("a", CONTEXT, max_new=9, seed=1)
    engine.submit(parent)
    said = tokens(engine.steps() + engine.steps() + engine.steps())
    branch = Request("b", (*CONTEXT, *said[:2], 3), max_new=4, seed=2)
    engine.submit(branch)
    steps = finish(engine)
    if kind.forks:
        assert of("b", steps)[0].reused == 32
    assert tokens(steps, "b") == oracle.answer(kind.plain, branch)
    assert said + tokens(steps, "a") == oracle.answer(kind.plain, parent)


@pytest.mark.parametrize("still_running", [False, True])
def test_nobody_elses_prefix_is_ever_used(still_running: bool) -> None:
    engine, _ = scripted(10_000)
    engine.submit(Request("a", CONTEXT, max_new=50 if still_running else 2, owner="ann"))
    engine.steps()
    if not still_running:
        finish(engine)
    engine.submit(Request("b", CONTEXT, max_new=1, owner="bob"))
    assert of("b", finish(engine))[0].reused == 0
    engine.submit(Request("c", CONTEXT, max_new=1, owner="ann"))
    assert of("c", finish(engine))[0].reused == 29


def test_the_least_recently_used_prefix_goes_first() -> None:
    engine, forward = scripted(retained=70)
    first, second, third = (tuple(range(start, start + 30)) for start in (0, 30, 60))
    reused(engine, Request("first", first, max_new=1))
    reused(engine, Request("second", second, max_new=1))
    assert engine.retained_bytes == 60 * TOKEN
    assert reused(engine, Request("touch", (*first[:4], 90), max_new=1)) == 4
    reused(engine, Request("third", third, max_new=1))
    assert engine.retained_bytes == (30 + 5 + 30) * TOKEN, "the second went, which nobody had used"
    assert reused(engine, Request("first again", first, max_new=0, forced=(5,))) == 29
    assert reused(engine, Request("second again", second, max_new=1)) == 0
    assert len(forward.open_rows) > 0


def test_the_limit_holds_whatever_comes() -> None:
    engine, forward = scripted(retained=100)
    for number in range(60):
        length = 1 + number * 7 % 64
        context = tuple((place * (number % 5 + 1)) % 96 for place in range(length))
        reused(engine, Request(str(number), context, max_new=number % 4))
        assert 0 <= engine.retained_bytes <= 100 * TOKEN
        held = sum(len(row.tokens) for row in forward.open_rows)
        assert held * TOKEN == engine.retained_bytes, "the books are right"


def test_nothing_is_kept_without_room_for_it() -> None:
    engine, forward = scripted(retained=0)
    reused(engine, Request("a", CONTEXT, max_new=2))
    assert reused(engine, Request("b", CONTEXT, max_new=2)) == 0
    assert forward.open_rows == set()


def test_a_longer_text_takes_the_place_of_its_own_beginning() -> None:
    engine, forward = scripted(retained=10_000)
    engine.submit(Request("a", CONTEXT, max_new=3))
    said = tokens(finish(engine))
    reused(engine, Request("b", (*CONTEXT, *said), max_new=3))
    assert len(forward.open_rows) == 1
