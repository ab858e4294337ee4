"""Same seed, same text: alone, in a crowd, put back, resumed, as a branch. And whose distribution it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from generation.engine import Request
from generation.engine.inprocess import Limits
from tests.generation.engine import oracle
from tests.generation.engine.driving import finish, of, start, tokens
from tests.generation.engine.kinds import Kind

CONTEXT = (5, 9, 17, 3, 40)
SETTINGS: tuple[dict[str, Any], ...] = (
    {},
    {"temperature": 0.6, "k": 12},
    {"temperature": 1.4, "top_p": 0.8},
    {"temperature": 2.0, "k": 50, "min_p": 0.1},
    {"temperature": 0.9, "k": 40, "top_p": 0.9, "min_p": 0.05},
    {"temperature": 1e-4},
    {"temperature": 1e6, "k": 3},
    {"top_p": 1e-6},
    {"min_p": 1.0},
)


def said_alone(kind: Kind, request: Request) -> list[int]:
    engine = kind.engine()
    engine.submit(request)
    return tokens(finish(engine))


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_a_run_is_sampled_as_hugging_face_would(kind: Kind, settings: dict[str, Any]) -> None:
    request = Request("a", CONTEXT, max_new=10, seed=77, **settings)
    engine = kind.engine()
    recorder = start(engine, request)
    steps = finish(engine)
    assert tokens(steps) == oracle.answer(kind.plain, request)
    for step, before in zip(recorder.steps[:-1], recorder.before, strict=False):
        chances = oracle.chances(kind.plain.after(before), request)
        np.testing.assert_allclose(step.top_p, chances[step.top_ids], atol=2e-4)
        np.testing.assert_allclose(step.p, chances[step.token], atol=2e-4)
        assert step.top_ids[step.rank] == step.token


def test_a_crowd_changes_nothing(kind: Kind) -> None:
    requests = [
        Request(
            str(n),
            CONTEXT[: 1 + n % 5] * (1 + n % 3),
            max_new=4 + n,
            seed=n,
            owner=f"owner {n % 3}",
            **SETTINGS[n % 5],
        )
        for n in range(16)
    ]
    crowd = kind.engine(Limits(prefill_tokens=8))
    out = []
    for request in requests:
        crowd.submit(request)
        out += crowd.steps()
    out += finish(crowd)
    for request in requests:
        assert tokens(out, request.id) == oracle.answer(kind.plain, request), request.id


def test_a_run_that_is_put_back_goes_on_as_if_nothing_had_been(kind: Kind) -> None:
    """Three runs of one owner fill the room; newcomers of another take places until they are done."""
    engine = kind.engine(Limits(max_runs=3, prefill_tokens=8))
    requests = [Request(f"a{n}", (*CONTEXT, n), max_new=12, seed=n, owner="a") for n in range(3)]
    for request in requests:
        engine.submit(request)
    out = engine.steps() + engine.steps() + engine.steps()
    newcomers = [Request(f"b{n}", (*CONTEXT, 8, n), max_new=5, seed=n, owner="b") for n in range(2)]
    for newcomer in newcomers:
        engine.submit(newcomer)
    out += finish(engine)
    assert engine.counters.put_back >= 1
    for request in requests + newcomers:
        assert tokens(out, request.id) == oracle.answer(kind.plain, request)
        mine = of(request.id, out)
        assert [step.position for step in mine] == list(
            range(len(request.context), len(request.context) + len(mine))
        )


def test_a_run_cut_into_requests_says_the_same(kind: Kind) -> None:
    request = Request("a", CONTEXT, max_new=10, seed=12)
    whole = said_alone(kind, request)
    engine = kind.engine()
    for cut in (1, 4, 9):
        engine.submit(
            replace(request, id=str(cut), context=(*CONTEXT, *whole[:cut]), max_new=10 - cut, seed=12)
        )
    steps = finish(engine)
    for cut in (1, 4, 9):
        assert tokens(steps, str(cut)) == whole[cut:]


def test_a_branch_with_the_same_words_says_the_same(kind: Kind) -> None:
    request = Request("a", CONTEXT, max_new=8, seed=12)
    engine = kind.engine()
    engine.submit(request)
    whole = tokens(finish(engine))
    for cut in (2, 5):  # from the retained row
        engine.submit(replace(request, id=f"b{cut}", context=(*CONTEXT, *whole[:cut]), max_new=8 - cut))
    steps = finish(engine)
    for cut in (2, 5):
        branch = of(f"b{cut}", steps)
        assert tokens(branch) == whole[cut:]
        if kind.forks:
            assert branch[0].reused == len(CONTEXT) + cut - 1
    assert whole == oracle.answer(kind.plain, request)


def test_another_seed_says_something_else(kind: Kind) -> None:
    request = Request("a", CONTEXT, max_new=20, temperature=1.5)
    assert said_alone(kind, request) != said_alone(kind, replace(request, seed=1))


def test_the_predecessors_draw_is_numpys_own(kind: Kind) -> None:
    request = Request("a", CONTEXT, max_new=15, k=20, temperature=0.8, seed=42, predecessor_draw=True)
    whole = oracle.answer(kind.plain, request)
    engine = kind.engine()
    engine.submit(request)
    engine.submit(replace(request, id="mixed", seed=42, top_p=0.5))  # which the predecessor didn't know
    engine.submit(
        replace(request, id="resumed", context=(*CONTEXT, *whole[:6]), max_new=9, drawn=6, forced=())
    )
    engine.submit(Request("other", CONTEXT, max_new=15, seed=42))
    steps = finish(engine)
    assert tokens(steps, "a") == tokens(steps, "mixed") == whole
    assert tokens(steps, "resumed") == whole[6:]
    assert tokens(steps, "other") == oracle.answer(kind.plain, Request("x", CONTEXT, max_new=15, seed=42))


@pytest.mark.parametrize("temperature", [1e-3, 1e4])
def test_the_predecessors_draw_stands_extreme_temperatures(kind: Kind, temperature: float) -> None:
    request = Request("a", CONTEXT, max_new=5, temperature=temperature, seed=3, predecessor_draw=True)
    assert said_alone(kind, request) == oracle.answer(kind.plain, request)


def test_a_temperature_too_small_for_single_precision_takes_the_favourite(kind: Kind) -> None:
    request = Request("a", CONTEXT, max_new=5, temperature=1e-44, seed=3, predecessor_draw=True)
    favourites = replace(request, temperature=0.0, predecessor_draw=False)
    for tiny in (request, replace(request, temperature=1e-60)):
        assert said_alone(kind, tiny) == oracle.answer(kind.plain, favourites)
